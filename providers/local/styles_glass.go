package local

// cells are a division of a small copy of a picture into pieces of one color each.
type cells struct {
	w, h, side int // side is how many pixels of the picture one of the copy stands for
	label      []int32
	count      int
}

// center is a cell under way: where it is and what color it has.
type center struct {
	x, y int32
	k    ink
}

// divide finds cells of about so many pixels of a copy 240 wide: colors and places, clustered together (SLIC).
func (c *canvas) divide(d dice, pitch int) cells {
	side := max(1, (max(c.w, c.h)+239)/240)
	g := cells{w: (c.w + side - 1) / side, h: (c.h + side - 1) / side, side: side}
	small := make([]ink, g.w*g.h)
	for i := range small {
		small[i] = c.meanOf(i%g.w*side, i/g.w*side, side)
	}
	var at []center
	for y := pitch / 2; y < g.h; y += pitch {
		for x := pitch / 2; x < g.w; x += pitch {
			px, py := min(max(x+d.IntN(pitch)-pitch/2, 0), g.w-1), min(max(y+d.IntN(pitch)-pitch/2, 0), g.h-1)
			at = append(at, center{int32(px), int32(py), small[py*g.w+px]})
		}
	}
	g.label, g.count = make([]int32, len(small)), len(at)
	for range 6 {
		if c.dead() {
			break
		}
		g.assign(small, at, pitch)
		g.settle(small, at)
	}
	g.whole(pitch * pitch / 5)
	return g
}

// assign gives every pixel to the center that is nearest in color and place.
func (g *cells) assign(small []ink, at []center, pitch int) {
	best := make([]int64, len(small))
	for i := range best {
		best[i] = 1 << 62
	}
	reach := pitch * 2
	for n, m := range at {
		for y := max(0, int(m.y)-reach); y < min(g.h, int(m.y)+reach); y++ {
			for x := max(0, int(m.x)-reach); x < min(g.w, int(m.x)+reach); x++ {
				i := y*g.w + x
				dx, dy := int64(x)-int64(m.x), int64(y)-int64(m.y)
				if v := small[i].far(m.k)/2 + (dx*dx+dy*dy)*16000; v < best[i] {
					best[i], g.label[i] = v, int32(n)
				}
			}
		}
	}
}

// settle moves the centers to the middle of what they got.
func (g *cells) settle(small []ink, at []center) {
	sums := make([][6]int64, len(at))
	for i, n := range g.label {
		s, k := &sums[n], small[i]
		s[0], s[1], s[2] = s[0]+int64(i%g.w), s[1]+int64(i/g.w), s[2]+1
		s[3], s[4], s[5] = s[3]+int64(k.r), s[4]+int64(k.g), s[5]+int64(k.b)
	}
	for n, s := range sums {
		if s[2] > 0 {
			at[n] = center{int32(s[0] / s[2]), int32(s[1] / s[2]), ink{int32(s[3] / s[2]), int32(s[4] / s[2]), int32(s[5] / s[2])}}
		}
	}
}

// whole gives pieces that are too small, or lie apart from their cell, to a neighbor.
func (g *cells) whole(least int) {
	done := make([]bool, len(g.label))
	var piece []int
	for start := range g.label {
		if done[start] {
			continue
		}
		piece = g.spread(piece[:0], start, done)
		if len(piece) >= least || start == 0 {
			continue
		}
		to := g.label[max(start-1, 0)] // what lies before it was looked at before
		if start >= g.w && start%g.w == 0 {
			to = g.label[start-g.w]
		}
		for _, i := range piece {
			g.label[i] = to
		}
	}
}

// spread collects what hangs together with a pixel.
func (g *cells) spread(piece []int, start int, done []bool) []int {
	n := g.label[start]
	piece, done[start] = append(piece, start), true
	for at := 0; at < len(piece); at++ {
		x, y := piece[at]%g.w, piece[at]/g.w
		for _, o := range [][2]int{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
			px, py := x+o[0], y+o[1]
			if i := py*g.w + px; px >= 0 && py >= 0 && px < g.w && py < g.h && !done[i] && g.label[i] == n {
				piece, done[i] = append(piece, i), true
			}
		}
	}
	return piece
}

// of is the cell of a pixel of the picture.
func (g *cells) of(x, y int) int32 { return g.label[y/g.side*g.w+x/g.side] }

// stainedGlass is lead and light: cells of pure color, brighter toward their middle, held by dark bars with a shine.
func stainedGlass(c *canvas, d dice) {
	c.calm(c.px(6))
	lines := c.contours(c.px(1.6), 12) // what is painted on the glass
	g := c.divide(d, 17)
	colors := c.glasses(&g)
	bars := c.bars(&g)
	lead := c.blurred(bars, max(1, g.side*3/5), 3)
	halo := c.blurred(bars, c.px(13), 2)
	seed := uint32(d.Uint64())
	c.recolor(func(x, y int, _ ink) ink {
		i := y*c.w + x
		n := g.of(x, y)
		k := colors[n]
		streak := int32(noise(x*256/c.px(34)+int(n)*999, y*256/c.px(9), seed)>>8) - 128
		seeds := c.grain(x, y, int(n)&7) / 400
		k = mix(k, hex(0xfffbe8), max(110-halo.v[i]*2, 0)*3/4)
		k = k.scale(256 + streak/7 + seeds/3 - min(halo.v[i], 150)/2).clamped()
		shine := lead.get(x, y) - lead.get(x-2, y-2)
		metal := hex(0x15151b).lit(min(max(shine, 0)*320, 16000))
		k = mix(k, hex(0x120c0a), lines.v[i]*3/4)
		return mix(k, metal, min(max((lead.v[i]-92)*6, 0), 256))
	})
	c.panel(hex(0x121217), hex(0x2c2d35), 12, 3)
}

// glasses are the colors of the cells: lit from behind, so never dark.
func (c *canvas) glasses(g *cells) []ink {
	sums := make([][4]int64, g.count)
	for y := 0; y < c.h; y += 2 {
		for x := 0; x < c.w; x += 2 {
			s, k := &sums[g.of(x, y)], c.pix[y*c.w+x]
			s[0], s[1], s[2], s[3] = s[0]+int64(k.r), s[1]+int64(k.g), s[2]+int64(k.b), s[3]+1
		}
	}
	out := make([]ink, g.count)
	for n, s := range sums {
		if s[3] == 0 {
			continue
		}
		k := ink{int32(s[0] / s[3]), int32(s[1] / s[3]), int32(s[2] / s[3])}.saturated(470)
		if l := k.luma(); l < 17000 {
			k = k.scale(256 * (9000 + l*8/17) / max(l, 900)).clamped()
		}
		turn := int32(hash2(n, 5, 11)>>20) - 2048
		out[n] = ink{k.r + turn, k.g - turn/2, k.b + turn*2}.clamped()
	}
	return out
}

// bars are the borders of the cells, as a mask.
func (c *canvas) bars(g *cells) plane {
	out := newPlane(c.w, c.h)
	wide := max(1, g.side*2/3)
	for y := range c.h {
		if y&63 == 0 && c.dead() {
			break
		}
		for x := range c.w {
			n := g.of(x, y)
			if n != g.of(min(x+wide, c.w-1), y) || n != g.of(x, min(y+wide, c.h-1)) ||
				n != g.of(max(x-wide, 0), y) || n != g.of(x, max(y-wide, 0)) {
				out.v[y*c.w+x] = 256
			}
		}
	}
	return out
}
