package local

import "slices"

// poster is a screen print: five inks, each from its own screen and none quite in place, with dots where one should be
// lighter than it is.
func poster(c *canvas, d dice) {
	c.widen()
	c.calm(c.px(8))
	c.calm(c.px(6))
	like := c.luma()
	c.recolor(func(_, _ int, k ink) ink { return k.saturated(310) })
	inks := c.inksOf(6)
	plates := c.plates(inks)
	period := max(4, c.px(9))
	sheet := hex(0xf5ecd7)
	shifts := make([][2]int, len(inks))
	for i := range shifts {
		shifts[i] = [2]int{d.IntN(2*c.px(2.5)+1) - c.px(2.5), d.IntN(2*c.px(2.5)+1) - c.px(2.5)}
	}
	c.recolor(func(x, y int, _ ink) ink {
		out := c.paperAt(sheet, 18, x, y)
		for n, k := range inks { // light inks first
			sx, sy := min(max(x+shifts[n][0], 0), c.w-1), min(max(y+shifts[n][1], 0), c.h-1)
			cover := plates[n].v[sy*c.w+sx]
			if cover == 0 {
				continue
			}
			light := (like.v[sy*c.w+sx] - k.luma()) / 42
			dot := dots(x, y, period, 45) // 0 in the middle of a dot
			if light > dot+46 {
				cover = cover / 3
			}
			flaw := max(c.grain(x, y, 3+n)/220-70, 0)
			out = mix(out, mix(k, k.over(out), 70), cover-flaw)
			if -light > dot+40 {
				out = mix(out, inks[len(inks)-1], cover/2)
			}
		}
		return out
	})
}

// plates are where each ink goes, with soft edges and a little more than it needs.
func (c *canvas) plates(inks []ink) []plane {
	out := c.masks(inks)
	for i := range out {
		soft := c.blurred(out[i], c.px(2), 2)
		for j, v := range soft.v {
			soft.v[j] = min(max((v-64)*5, 0), 256)
		}
		out[i] = soft
	}
	return out
}

// masks are the pixels each ink is nearest to.
func (c *canvas) masks(inks []ink) []plane {
	out := make([]plane, len(inks))
	for i := range out {
		out[i] = newPlane(c.w, c.h)
	}
	for y := range c.h {
		if y&31 == 0 && c.dead() {
			return out
		}
		for x := range c.w {
			i := y*c.w + x
			out[nearest(inks, c.pix[i])].v[i] = 256
		}
	}
	return out
}

// dots is a screen of round dots, turned: 0 in the middle of one, 256 and more in between.
func dots(x, y, period, degrees int) int32 {
	u, v := x+y, x-y // 45 degrees
	p := period * 141 / 100
	if degrees != 45 {
		u, v, p = 4*x+y, 4*y-x, period*412/100
	}
	p = max(p, 2)
	du, dv := ((u%p)+p)%p-p/2, ((v%p)+p)%p-p/2
	return int32((du*du + dv*dv) * 4 * 256 / (p * p))
}

// comic is ink and four-color print: bold outlines, flat bright colors, dots in the shadows, a panel around it.
func comic(c *canvas, d dice) {
	c.calm(c.px(7))
	c.calm(c.px(5))
	lines := c.contours(c.px(2), 11)
	tone := c.blurred(c.stretched(90), c.px(2), 2)
	period := max(4, c.px(8))
	c.recolor(func(x, y int, k ink) ink {
		i := y*c.w + x
		v := tone.v[i]
		k = k.saturated(420)
		lifted := k.scale(256 + (v-k.luma())/320)
		lifted = mix(bright(lifted.clamped()), hex(0xfff6e0), 26)
		dark := (full-v)/256 - 96
		if dark > dots(x, y, period, 45)*5/8 {
			lifted = mix(lifted, hex(0x24306a).over(lifted), 150)
		}
		solid := min(max((7200-v)/14, 0), 256) // the deepest shadows are plain black
		return mix(lifted, hex(0x0d0d14), max(min(lines.v[i]*3/2, 256), solid*230/256))
	})
	c.panel(hex(0xfbf7ec), hex(0x0d0d14), 26, 5)
}

// bright leaves few steps of each channel.
func bright(k ink) ink {
	step := func(v int32) int32 { return (v + 6553) / 13107 * 13107 }
	return mix(k, ink{step(k.r), step(k.g), step(k.b)}.clamped(), 200)
}

// panel leaves a margin of paper around the picture, with a line.
func (c *canvas) panel(sheet, line ink, margin, width float64) {
	m, w := c.px(margin), c.px(width)
	c.recolor(func(x, y int, k ink) ink {
		switch in := min(x, y, c.w-1-x, c.h-1-y); {
		case in < m:
			return c.paperAt(sheet, 12, x, y)
		case in < m+w:
			return line
		}
		return k
	})
}

// pixelArt is a true grid of few colors with ordered dithering, as on old machines.
func pixelArt(c *canvas, _ dice) {
	c.widen()
	c.calm(c.px(4))
	side := max(2, (max(c.w, c.h)+95)/96)
	w, h := (c.w+side-1)/side, (c.h+side-1)/side
	small := canvas{ctx: c.ctx, w: w, h: h, pix: make([]ink, w*h)}
	small.recolor(func(x, y int, _ ink) ink { return c.meanOf(x*side, y*side, side).saturated(330) })
	inks := small.inksOf(16)
	pattern := [16]int32{0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5}
	soft := slices.Clone(small.pix)
	small.recolor(func(x, y int, k ink) ink {
		around := soft[y*w+max(x-1, 0)].luma() + soft[y*w+min(x+1, w-1)].luma() +
			soft[max(y-1, 0)*w+x].luma() + soft[min(y+1, h-1)*w+x].luma()
		k = k.lit((k.luma()*4 - around) / 6).lit((pattern[y&3*4+x&3]*2 - 15) * 150)
		return inks[nearest(inks, k)]
	})
	c.recolor(func(x, y int, _ ink) ink { return small.pix[y/side*w+x/side] })
}

// meanOf is the mean of a square.
func (c *canvas) meanOf(x0, y0, side int) ink {
	var sum ink
	n := int32(0)
	for y := y0; y < min(y0+side, c.h); y++ {
		for _, k := range c.pix[y*c.w+x0 : y*c.w+min(x0+side, c.w)] {
			sum, n = ink{sum.r + k.r>>4, sum.g + k.g>>4, sum.b + k.b>>4}, n+1
		}
	}
	return ink{sum.r / n << 4, sum.g / n << 4, sum.b / n << 4}
}
