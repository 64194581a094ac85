package local

import "slices"

// brushwork is a way to paint with strokes: from broad to fine, each pass only where the last one is not yet right.
type brushwork struct {
	widths []float64 // thousandths of the shorter side
	long   int       // lengths in widths
	fault  int64     // how wrong a place must be to be painted again
	jitter int32     // how much strokes of one place differ
	relief int32     // how thick the paint is
}

// bristles is paint under way.
type bristles struct {
	*canvas
	brushwork
	flow   flow
	like   []ink       // what this pass paints after
	height []int32     // of the paint
	hairs  [1024]int32 // how thick each hair of the brushes paints, -128 to 127
}

// oil paints along the edges with loaded bristles, and lets light fall on the ridges they leave.
func oil(c *canvas, d dice) {
	c.recolor(func(_, _ int, k ink) ink { return k.saturated(290) })
	c.stroked(d, brushwork{widths: []float64{34, 17, 8.5, 5}, long: 5, fault: 300000, jitter: 4200, relief: 26})
}

// pastel is chalk: broad soft strokes that catch on rough, toned paper.
func pastel(c *canvas, d dice) {
	c.calm(c.px(4))
	c.recolor(func(_, _ int, k ink) ink { return mix(k.saturated(300), hex(0xffffff), 30) })
	like := slices.Clone(c.pix)
	c.stroked(d, brushwork{widths: []float64{24, 12, 6}, long: 5, fault: 260000, jitter: 6200})
	seed := uint32(d.Uint64())
	ground := hex(0xd9c9b4)
	c.recolor(func(x, y int, k ink) ink {
		k = mix(k, like[y*c.w+x], 60)
		streak := int32(noise((x+y)*256/c.px(30), (x-y)*256/c.px(4), seed)>>8) - 128
		bare := c.grain(x, y, 2)/170 + streak*2/3 - 52
		return mix(k, ground, min(max(bare, 0), 170)).lit(c.grain(x, y, 6) / 16)
	})
}

// stroked covers the canvas with strokes that follow its edges.
func (c *canvas) stroked(d dice, w brushwork) {
	source := slices.Clone(c.pix)
	b := &bristles{canvas: c, brushwork: w, height: make([]int32, len(c.pix))}
	for i := range b.hairs {
		b.hairs[i] = int32(d.IntN(256)) - 128
	}
	b.flow = c.streams(max(2, c.px(4)), 4)
	for pass, width := range w.widths {
		size := max(2, c.px(width))
		b.like = source
		if blur := size / 5; blur > 0 {
			soft := *c
			soft.pix = slices.Clone(source)
			soft.soften(blur, 2)
			b.like = soft.pix
		}
		b.pass(d, size, pass == 0)
		if c.dead() {
			return
		}
	}
	b.light()
}

// pass paints one size of brush, in an order that chance gives.
func (b *bristles) pass(d dice, size int, all bool) {
	step := max(2, size*4/5)
	var at [][2]int
	for y := step / 2; y < b.h+step; y += step {
		for x := step / 2; x < b.w+step; x += step {
			p := [2]int{min(x+d.IntN(step)-step/2, b.w-1), min(y+d.IntN(step)-step/2, b.h-1)}
			if all || b.wrong(p[0], p[1], step) {
				at = append(at, p)
			}
		}
	}
	d.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
	for n, p := range at {
		if n&63 == 0 && b.dead() {
			return
		}
		b.stroke(d, p[0], p[1], size)
	}
}

// wrong reports whether the paint is too far from the picture around a place.
func (b *bristles) wrong(x, y, step int) bool {
	sum := int64(0)
	for _, o := range [][2]int{{0, 0}, {-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
		px, py := min(max(x+o[0]*step/3, 0), b.w-1), min(max(y+o[1]*step/3, 0), b.h-1)
		sum += b.pix[py*b.w+px].far(b.like[py*b.w+px])
	}
	return sum/5 > b.fault
}

// stroke draws one, from a place both along the flow, until the color there is another.
func (b *bristles) stroke(d dice, x, y, size int) {
	own := b.like[y*b.w+x]
	k := own.lit(int32(d.IntN(int(2*b.jitter))) - b.jitter)
	k = ink{k.r + int32(d.IntN(2400)) - 1200, k.g, k.b + int32(d.IntN(2400)) - 1200}.clamped()
	salt := d.IntN(1024)
	long := size * b.long * (3 + d.IntN(3)) / 4
	px, py := x<<8, y<<8
	lx, ly := int32(0), int32(0)
	for n := range long {
		ix, iy := px>>8, py>>8
		if ix < 0 || iy < 0 || ix >= b.w || iy >= b.h {
			return
		}
		if n > size && n%4 == 0 && b.like[iy*b.w+ix].far(own) > 3*b.fault {
			return
		}
		dx, dy := b.flow.at(ix, iy)
		if dx*lx+dy*ly < 0 {
			dx, dy = -dx, -dy
		}
		if n > 0 {
			dx, dy = (dx+3*lx)/4, (dy+3*ly)/4
		}
		lx, ly = dx, dy
		b.row(px, py, -int(dy), int(dx), tapered(size, n, long), k, salt)
		px, py = px+int(dx), py+int(dy)
	}
}

// tapered is the width of a stroke at a place of its length.
func tapered(size, n, long int) int {
	head, tail := size/3+1, long/4+1
	switch {
	case n < head:
		return size * (2*head + n) / (3 * head)
	case n > long-tail:
		return max(1, size*(long-n)/tail)
	}
	return size
}

// row is one step of a stroke: a line of hairs across it.
func (b *bristles) row(px, py, nx, ny, size int, k ink, salt int) {
	for s := -size * 2 / 3; s <= size*2/3; s++ {
		x, y := (px+nx*s*3/4)>>8, (py+ny*s*3/4)>>8
		if x < 0 || y < 0 || x >= b.w || y >= b.h {
			continue
		}
		i := y*b.w + x
		hair := b.hairs[(s/2+salt)&1023]
		b.pix[i] = k.lit(hair * 14)
		b.height[i] = 128 + hair/2 - int32(s*s*60/(size*size+1))
	}
}

// light falls on the paint from the upper left.
func (b *bristles) light() {
	if b.relief == 0 {
		b.soften(1, 1)
		return
	}
	soft := b.blurred(plane{b.w, b.h, b.height}, 1, 1)
	b.soften(1, 1)
	b.recolor(func(x, y int, k ink) ink {
		slope := soft.get(x, y) - soft.get(x-1, y-2)
		return k.lit(max(min(slope, 60), -60) * b.relief * 3).clamped()
	})
}
