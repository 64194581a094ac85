package local

// watercolor lets pigment lie in the valleys of the paper, gather at the edges of every wash, run, and end before the
// edge of the sheet.
func watercolor(c *canvas, d dice) {
	seed := uint32(d.Uint64())
	c.widen()
	c.wobble(mul(c.u, 12), 60, seed)
	c.calm(c.px(7))
	c.calm(c.px(5))
	c.soften(c.px(1), 1)
	rims := c.rims()
	flow := c.newField(0, c.h, 2, func(x, y int) int { return fractal(x*256/c.px(210), y*256/c.px(210), 4, seed+2) - 32768 })
	runs := c.newField(0, c.h, 1, func(x, y int) int { return fractal(x*256/c.px(150), y*256/c.px(150), 5, seed+3) - 32768 })
	edge := c.wet(seed + 4)
	sheet := hex(0xfbf8f0)
	c.recolor(func(x, y int, k ink) ink {
		k = mix(k.saturated(310), hex(0xffffff), 34)
		grain := c.grain(x, y, 11)
		dense := int32(206) + int32(flow.get(x, y))/250 + rims.v[y*c.w+x] - grain/900*(200-k.luma()/420)/100
		if run := int32(runs.get(x, y)) - 5200; run > 0 && run < 2600 { // where water pushed pigment aside
			dense += (1300 - max(run-1300, 1300-run)) / 36
		}
		e := edge(x, y)
		dense += rimOf(e)
		wet := min(max(e, 0), opaque)
		pigment := ink{full - k.r, full - k.g, full - k.b}.scale(max(dense, 40) * wet >> 8)
		paper := c.paperAt(sheet, 16, x, y)
		return ink{paper.r - pigment.r, paper.g - pigment.g, paper.b - pigment.b}.clamped()
	})
	c.splash(d)
}

// rims is how much pigment gathered: it went from the inside of a wash to its edge.
func (c *canvas) rims() plane {
	l := c.luma()
	wide := c.blurred(l, c.px(3), 3)
	for i, v := range wide.v {
		l.v[i] = min(max((v-l.v[i])/60, -14), 84)
	}
	return l
}

// wet is how far inside the painted part of the sheet a pixel is, in 1/256 of the soft edge; negative is dry paper.
func (c *canvas) wet(seed uint32) func(x, y int) int32 {
	margin, soft := c.px(36), c.px(6)
	ragged := c.newField(0, c.h, 1, func(x, y int) int {
		return (fractal(x*256/c.px(130), y*256/c.px(130), 4, seed) - 32768) * c.px(44) >> 15
	})
	return func(x, y int) int32 {
		in := min(x, y, c.w-1-x, c.h-1-y)
		return int32((in - margin + ragged.get(x, y)) * opaque / soft)
	}
}

// rimOf is the dark line at the end of a wash.
func rimOf(e int32) int32 {
	if e < 0 || e > 900 {
		return 0
	}
	return (900 - e) / 16
}

// splash leaves a few drops of the picture's own colors.
func (c *canvas) splash(d dice) {
	inks := c.inksOf(6)
	for range 26 {
		k := inks[1+d.IntN(len(inks)-1)]
		x, y := mul(float64(c.w), d.Float64()), mul(float64(c.h), d.Float64())
		r := mul(c.u, d.in(1.2, 5))
		c.disk(x, y, r, c.solid(k, 30, 3), 70)
		c.disk(x, y, mul(r, 0.7), c.solid(k.lit(5000).clamped(), 30, 4), 40)
	}
}
