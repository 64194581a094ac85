package local

// brushInk is line and wash: a few tones of one ink that bleed into the paper, lines of a brush, and the one color that
// matters. A red seal says who did it.
func brushInk(c *canvas, d dice) {
	seed := uint32(d.Uint64())
	c.calm(c.px(7))
	c.calm(c.px(5))
	tone := c.blurred(c.stretched(70), c.px(4), 2)
	lines := c.contours(c.px(1.7), 14)
	bleed := c.newField(0, c.h, 1, func(x, y int) int {
		return fractal(x*256/c.px(46), y*256/c.px(46), 4, seed) - 32768
	})
	pools := c.newField(0, c.h, 2, func(x, y int) int {
		return fractal(x*256/c.px(230), y*256/c.px(230), 3, seed+1) - 32768
	})
	black, sheet := hex(0x1a2029), hex(0xf6f2e7)
	c.recolor(func(x, y int, k ink) ink {
		i := y*c.w + x
		v := tone.v[i] + int32(bleed.get(x, y)/6)
		wet := int32(0)
		for n, level := range []int32{36000, 23500, 13000, 6000} {
			wet += washed(level-v) * []int32{36, 50, 62, 70}[n] >> 8
		}
		wet = wet * (216 + int32(pools.get(x, y))/260) >> 8
		out := c.paperAt(sheet, 10, x, y)
		if warm := k.r - max(k.g, k.b); warm > 8000 { // the accent: what is red
			out = mix(out, mix(hex(0xd03a22), k, 70), min((warm-8000)/44, 215)-wet/2+c.grain(x, y, 4)/900)
		}
		out = mix(out, black, min(wet-wet*c.grain(x, y, 4)/90000, 222))
		dry := max((c.tooth(x, y, 9)+c.grain(x, y, 2))/130-max(lines.v[i]-120, 0), 0)
		return mix(out, black, max(lines.v[i]*5/4-dry, 0))
	})
	c.seal(d, hex(0xb8281e))
}

// washed is the tone of a wash by how far inside it a pixel is: soft at the rim, with a darker line where it dried.
func washed(in int32) int32 {
	if in <= 0 {
		return 0
	}
	t := min(in/9, 256)
	if in > 1100 && in < 4600 {
		t += 46 * (1750 - max(in-2850, 2850-in)) / 1750
	}
	return t
}

// seal is a small square with strokes left out of it, in a lower corner.
func (c *canvas) seal(d dice, k ink) {
	s := mul(c.u, 52)
	x, y := float64(c.w)-mul(s, 1.9), float64(c.h)-mul(s, 1.9)
	var box [][]pt
	box = append(box, []pt{{x, y}, {x + s, y + mul(s, 0.03)}, {x + mul(s, 0.98), y + s}, {x + mul(s, 0.02), y + mul(s, 0.97)}})
	c.fillAll(box, c.solid(k, 60, 6), 236)
	white := c.solid(hex(0xf4efe2), 20, 3)
	for i := range 3 {
		at := y + mul(s, 0.22+mul(float64(i), 0.27))
		a, b := pt{x + mul(s, d.in(0.14, 0.3)), at}, pt{x + mul(s, d.in(0.7, 0.86)), at + mul(s, d.in(-0.06, 0.06))}
		c.fill(stroke(a, b, mul(s, 0.08), mul(s, 0.06)), white, opaque)
	}
	up := x + mul(s, d.in(0.4, 0.6))
	c.fill(stroke(pt{up, y + mul(s, 0.13)}, pt{up + mul(s, 0.03), y + mul(s, 0.87)}, mul(s, 0.07), mul(s, 0.09)), white, opaque)
}

// pencil is graphite: outlines drawn twice, and hatching that gets denser and crosses as it gets darker.
func pencil(c *canvas, d dice) {
	seed := uint32(d.Uint64())
	c.calm(c.px(4))
	tone := c.blurred(c.stretched(80), c.px(2), 2)
	first := c.contours(c.px(1), 9)
	c.wobble(mul(c.u, 3), 60, seed)
	second := c.contours(c.px(1), 9)
	graphite, sheet := hex(0x32343a), hex(0xf6f3ea)
	along, across := c.px(46), max(c.px(2.6), 2)
	c.recolor(func(x, y int, _ ink) ink {
		i := y*c.w + x
		dark := int32(full) - tone.v[i]
		hatch := int32(0)
		for n, v := range [][2]int{{x + y, x - y}, {x*2 + y, y*2 - x}, {x - y, x + y}} {
			need := []int32{17000, 37000, 50000}[n]
			if dark < need {
				break
			}
			streak := int32(noise(v[0]*181/along, v[1]*181/across, seed+uint32(n)) >> 8)
			reach := min((dark-need)/84, 196)
			hatch += max(0, streak+reach-210) * 2 / 3
		}
		tooth := c.grain(x, y, 5) / 300
		smudge := dark / 2600
		line := first.v[i]*3/4 + second.v[i]/3
		v := min(hatch, 200)*(200+tooth)/256 + smudge + line*(220+tooth)/256
		return mix(c.paperAt(sheet, 12, x, y), graphite, min(v, 236))
	})
}

// woodcut is what a knife leaves: black, paper, and lines between them that swell as it gets darker. One more block adds
// the strongest color of the picture.
func woodcut(c *canvas, d dice) {
	seed := uint32(d.Uint64())
	c.calm(c.px(6))
	c.calm(c.px(4))
	tone := c.blurred(c.stretched(150), c.px(2.2), 2)
	lines := c.contours(c.px(2), 14)
	bold := boldest(c.inksOf(8))
	black, sheet := hex(0x17130f), hex(0xefe4cc)
	period := max(4, int(mul(c.u, 9.5)))
	bend := c.newField(0, c.h, 2, func(x, y int) int {
		return (fractal(x*256/c.px(190), y*256/c.px(120), 2, seed) - 32768) * c.px(60) >> 15
	})
	c.recolor(func(x, y int, k ink) ink {
		i := y*c.w + x
		v := tone.v[i]
		out := c.paperAt(sheet, 16, x, y)
		if k.chroma() > 15000 && k.saturated(400).far(bold.saturated(400)) < 4200000 {
			out = bold.saturated(300).over(out)
		}
		at := (y*256 + bend.get(x, y)*256 + int(v>>5)*period/5 + (x+y)*40) % (period * 256)
		wave := int32(max(at, period*256-at)*2-period*256) * 256 / int32(period*256) // 0 at the line, 256 between
		ragged := c.grain(x, y, 8) / 500
		ink := (full-v)/256*290/256 - 34 - wave + ragged
		return mix(out, black, min(max(ink*10, lines.v[i]*2, 0), opaque))
	})
}

// boldest is the most colorful ink.
func boldest(inks []ink) ink {
	best := inks[0]
	for _, k := range inks {
		if k.chroma() > best.chroma() {
			best = k
		}
	}
	return best
}
