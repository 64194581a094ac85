package local

import "strconv"

// blueprint is a drawing in white on blue: outlines, hatched shadows, a grid, and the measures of what it shows.
func blueprint(c *canvas, d dice) {
	c.calm(c.px(5))
	tone := c.blurred(c.stretched(128), c.px(3), 2)
	fine := c.contours(c.px(1), 9)
	left, top, right, bottom := c.subjectBox()
	seed := uint32(d.Uint64())
	cell := max(8, c.px(25))
	stain := c.newField(0, c.h, 3, func(x, y int) int { return fractal(x*256/c.px(420), y*256/c.px(420), 4, seed) - 32768 })
	blue, pale := hex(0x14488c), hex(0xe8f2ff)
	hatch := max(4, c.px(7))
	c.recolor(func(x, y int, _ ink) ink {
		i := y*c.w + x
		out := mix(blue, hex(0x2a6cb8), 128+int32(stain.get(x, y)/200)).lit(c.grain(x, y, 2) / 34)
		if x%cell == 0 || y%cell == 0 {
			grid := int32(26)
			if x%(cell*4) == 0 || y%(cell*4) == 0 {
				grid = 58
			}
			out = mix(out, pale, grid)
		}
		if dark := full - tone.v[i]; dark > 44000 && (x+y)%hatch == 0 || dark > 56000 && (x-y+4*c.h)%hatch == 0 {
			out = mix(out, pale, 84)
		}
		out = mix(out, pale, max(tone.v[i]-26000, 0)/640)
		return mix(out, pale, min(fine.v[i], 236))
	})
	c.measures(left, top, right, bottom, pale)
	c.titleBlock(pale)
}

// subjectBox is around most of what has contrast.
func (c *canvas) subjectBox() (left, top, right, bottom int) {
	slope := c.blurred(c.slopes(c.px(2)), c.px(6), 1)
	columns, rows := make([]int64, c.w), make([]int64, c.h)
	for y := range c.h {
		for x := range c.w {
			v := int64(max(slope.v[y*c.w+x]-1500, 0))
			columns[x], rows[y] = columns[x]+v, rows[y]+v
		}
	}
	return most(columns, 18), most(rows, 18), most(columns, 82), most(rows, 82)
}

// most is where so many percent of a distribution are reached.
func most(v []int64, percent int64) int {
	total, sum := int64(0), int64(0)
	for _, n := range v {
		total += n
	}
	for i, n := range v {
		if sum += n; sum*100 >= total*percent {
			return i
		}
	}
	return len(v) - 1
}

// measures are two dimension lines with ticks and numbers.
func (c *canvas) measures(left, top, right, bottom int, k ink) {
	w, m := mul(c.u, 1.7), mul(c.u, 74)
	white := c.solid(k, 0, 0)
	line := func(x0, y0, x1, y1 float64) {
		c.fill(stroke(pt{x0, y0}, pt{x1, y1}, w, w), white, 235)
	}
	l, r, t, b := float64(left), float64(right), float64(top), float64(bottom)
	y, x, tick := float64(c.h)-m, m, mul(c.u, 9)
	line(l, y, r, y)
	line(x, t, x, b)
	for _, at := range []float64{l, r} {
		line(at, b, at, y+tick)
		line(at-tick, y+tick, at+tick, y-tick)
	}
	for _, at := range []float64{t, b} {
		line(l, at, x-tick, at)
		line(x-tick, at+tick, x+tick, at-tick)
	}
	size := mul(c.u, 20)
	c.digits(strconv.Itoa(right-left), (l+r)/2-size, y-mul(size, 1.7), size, k)
	c.digits(strconv.Itoa(bottom-top), x-mul(size, 2.6), (t+b)/2-size/2, size, k)
}

// titleBlock is the frame of the sheet, with marks at its middles and a field of ruled lines in the corner.
func (c *canvas) titleBlock(k ink) {
	m, w := mul(c.u, 22), mul(c.u, 2.4)
	fw, fh := float64(c.w), float64(c.h)
	white := c.solid(k, 0, 0)
	line := func(x0, y0, x1, y1, wide float64) { c.fill(stroke(pt{x0, y0}, pt{x1, y1}, wide, wide), white, 235) }
	rect := func(x0, y0, x1, y1, wide float64) {
		line(x0, y0, x1, y0, wide)
		line(x1, y0, x1, y1, wide)
		line(x1, y1, x0, y1, wide)
		line(x0, y1, x0, y0, wide)
	}
	rect(m, m, fw-m, fh-m, w)
	rect(mul(m, 1.4), mul(m, 1.4), fw-mul(m, 1.4), fh-mul(m, 1.4), w/2)
	line(fw/2, m/2, fw/2, mul(m, 1.8), w)
	line(fw/2, fh-m/2, fw/2, fh-mul(m, 1.8), w)
	line(m/2, fh/2, mul(m, 1.8), fh/2, w)
	line(fw-m/2, fh/2, fw-mul(m, 1.8), fh/2, w)
	bw, bh := mul(c.u, 210), mul(c.u, 84)
	x, y := fw-mul(m, 1.4)-bw, fh-mul(m, 1.4)-bh
	back := c.solid(hex(0x184c90), 20, 3)
	c.fill([]pt{{x, y}, {x + bw, y}, {x + bw, y + bh}, {x, y + bh}}, back, 230)
	rect(x, y, x+bw, y+bh, w)
	line(x, y+bh/3, x+bw, y+bh/3, w/2)
	line(x, y+mul(bh, 0.67), x+bw, y+mul(bh, 0.67), w/2)
	line(x+mul(bw, 0.62), y+bh/3, x+mul(bw, 0.62), y+bh, w/2)
	size := mul(c.u, 15)
	c.digits("1-100", x+mul(bw, 0.66), y+mul(bh, 0.42), size, k)
	c.digits(strconv.Itoa(c.w)+"-"+strconv.Itoa(c.h), x+mul(bw, 0.05), y+mul(bh, 0.09), size, k)
}

// segments are the strokes of each digit, as bits: top, upper right, lower right, bottom, lower left, upper left, middle.
var segments = map[rune]int{
	'0': 0x3f, '1': 0x06, '2': 0x5b, '3': 0x4f, '4': 0x66, '5': 0x6d, '6': 0x7d, '7': 0x07, '8': 0x7f, '9': 0x6f, '-': 0x40,
}

// digits writes a number with straight strokes.
func (c *canvas) digits(s string, x, y, size float64, k ink) {
	white := c.solid(k, 0, 0)
	w, h, wide := mul(size, 0.5), size, mul(size, 0.12)
	ends := [7][4]float64{{0, 0, 1, 0}, {1, 0, 1, 0.5}, {1, 0.5, 1, 1}, {0, 1, 1, 1}, {0, 0.5, 0, 1}, {0, 0, 0, 0.5}, {0, 0.5, 1, 0.5}}
	for _, r := range s {
		for i, e := range ends {
			if segments[r]>>i&1 == 1 {
				a, b := pt{x + mul(w, e[0]), y + mul(h, e[1])}, pt{x + mul(w, e[2]), y + mul(h, e[3])}
				c.fill(stroke(a, b, wide, wide), white, 240)
			}
		}
		x += mul(size, 0.78)
	}
}

// neon is tubes of light along the edges, in the colors that were there, in the dark.
func neon(c *canvas, _ dice) {
	c.calm(c.px(6))
	c.calm(c.px(5))
	lines := c.contours(c.px(2), 9)
	night := hex(0x07060f)
	tubes := *c
	tubes.pix = make([]ink, len(c.pix))
	tubes.recolor(func(x, y int, _ ink) ink {
		i := y*c.w + x
		return ink{}.toward(c.tube(c.pix[i], x, y), lines.v[i])
	})
	c.recolor(func(_, _ int, k ink) ink { return mix(k.saturated(360).scale(58), night, 70) })
	core := tubes.pix
	for _, r := range []float64{3, 10, 30} {
		tubes.pix = append([]ink(nil), core...)
		tubes.soften(c.px(r), 2)
		c.recolor(func(x, y int, k ink) ink { return k.screened(tubes.pix[y*c.w+x].scale(520).clamped()) })
	}
	c.recolor(func(x, y int, k ink) ink {
		i := y*c.w + x
		return mix(k.screened(core[i]), hex(0xffffff), max(lines.v[i]-120, 0)*5/4)
	})
}

// toward is mix with the amount last, for chains.
func (c ink) toward(k ink, amount int32) ink { return mix(c, k, amount) }

// tube is the color of light for a color of paint: pure and bright; grays get one by where they are.
func (c *canvas) tube(k ink, x, y int) ink {
	if k.chroma() < 6000 {
		k = mix(hex(0x18c8ff), hex(0xff3ad0), int32((x+y)*256/(c.w+c.h)))
	}
	k = k.saturated(900)
	top := max(k.r, k.g, k.b, 1)
	return ink{k.r * 255 / top * 257, k.g * 255 / top * 257, k.b * 255 / top * 257}.clamped()
}

// vintage is an old print: faded, warm, scratched, with a light leak and a white border.
func vintage(c *canvas, d dice) {
	seed := uint32(d.Uint64())
	c.soften(c.px(1), 1)
	cx, cy := c.w/2, c.h/2
	rr := cx*cx + cy*cy
	leak := d.IntN(2) * c.w
	c.recolor(func(x, y int, k ink) ink {
		k = mix(k, k.saturated(120), 200)
		l := k.luma()
		to := mix(hex(0x2c2018), hex(0xa8865c), l*512/full)
		if l > full/2 {
			to = mix(hex(0xa8865c), hex(0xf6ead0), (l-full/2)*512/full)
		}
		k = mix(k, to, 168)
		dd := (x-cx)*(x-cx) + (y-cy)*(y-cy)
		k = mix(k, hex(0x1c120a), int32(dd*256/rr)*int32(dd*256/rr)*110>>16)
		off := max(x-leak, leak-x)
		k = mix(k, hex(0xff9a4a), int32(max(c.w*22/100-off, 0)*150/(c.w*22/100))*int32(80+noise(y*300/c.px(300), 0, seed)>>9)>>8)
		grain := int32(hash2(x, y, seed)>>16)&0xfff - 2048
		return k.lit(grain).lit(c.grain(x, y, 7) / 30).clamped()
	})
	white := c.solid(hex(0xf4e8cc), 0, 0)
	for range 14 {
		a := pt{mul(float64(c.w), d.Float64()), mul(float64(c.h), d.Float64())}
		b := pt{a.x + mul(c.u, d.in(-6, 6)), a.y + mul(c.u, d.in(20, 240))}
		c.fill(stroke(a, b, mul(c.u, 0.9), mul(c.u, 0.3)), white, 70)
		c.disk(mul(float64(c.w), d.Float64()), mul(float64(c.h), d.Float64()), mul(c.u, d.in(0.8, 2.6)), white, 110)
	}
	c.panel(hex(0xf3ecdc), hex(0xd9cdb4), 38, 2)
}
