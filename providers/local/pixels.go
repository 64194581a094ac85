package local

import "slices"

// recolor changes every pixel.
func (c *canvas) recolor(f func(x, y int, k ink) ink) {
	for y := range c.h {
		if y&31 == 0 && c.dead() {
			return
		}
		row := c.pix[y*c.w:][:c.w]
		for x, k := range row {
			row[x] = f(x, y, k)
		}
	}
}

// clamped keeps channels in their range.
func (c ink) clamped() ink {
	return ink{min(max(c.r, 0), full), min(max(c.g, 0), full), min(max(c.b, 0), full)}
}

// saturated moves a color away from its gray, or toward it; 256 leaves it as it is.
func (c ink) saturated(amount int32) ink {
	l := c.luma()
	away := func(v int32) int32 { return l + int32(int64(v-l)*int64(amount)>>8) }
	return ink{away(c.r), away(c.g), away(c.b)}.clamped()
}

// chroma is how far a color is from gray, 0 to full.
func (c ink) chroma() int32 { return max(c.r, c.g, c.b) - min(c.r, c.g, c.b) }

// over is what one transparent ink makes of another.
func (c ink) over(under ink) ink {
	times := func(a, b int32) int32 { return int32(int64(a) * int64(b) / full) }
	return ink{times(c.r, under.r), times(c.g, under.g), times(c.b, under.b)}
}

// far is the squared distance of two colors, as the eye weighs channels.
func (c ink) far(o ink) int64 {
	r, g, b := int64(c.r-o.r)>>4, int64(c.g-o.g)>>4, int64(c.b-o.b)>>4
	return 3*r*r + 5*g*g + 2*b*b
}

// screened adds light.
func (c ink) screened(light ink) ink {
	inverse := ink{full - c.r, full - c.g, full - c.b}.over(ink{full - light.r, full - light.g, full - light.b})
	return ink{full - inverse.r, full - inverse.g, full - inverse.b}
}

// sample is the color between pixels; coordinates are in 1/256 of a pixel.
func (c *canvas) sample(src []ink, x, y int) ink {
	x, y = min(max(x, 0), (c.w-1)<<8), min(max(y, 0), (c.h-1)<<8)
	fx, fy := int32(x&255), int32(y&255)
	i := y>>8*c.w + x>>8
	right, down := 1, c.w
	if x>>8 == c.w-1 {
		right = 0
	}
	if y>>8 == c.h-1 {
		down = 0
	}
	return mix(mix(src[i], src[i+right], fx), mix(src[i+down], src[i+down+right], fx), fy)
}

// wobble bends the picture: reach in pixels, size of the waves in thousandths of the shorter side.
func (c *canvas) wobble(reach, size float64, seed uint32) {
	src := slices.Clone(c.pix)
	scale := max(1, int(mul(c.u, size)))
	by := int(mul(reach, 512))
	dx := c.newField(0, c.h, 2, func(x, y int) int { return fractal(x*256/scale, y*256/scale, 2, seed) - 32768 })
	dy := c.newField(0, c.h, 2, func(x, y int) int { return fractal(x*256/scale, y*256/scale, 2, seed+1) - 32768 })
	c.recolor(func(x, y int, _ ink) ink {
		return c.sample(src, x<<8+dx.get(x, y)*by>>16, y<<8+dy.get(x, y)*by>>16)
	})
}

// stretched is brightness spread over the whole range, so that night scenes too have lights: half as it is, half so that
// every brightness is as frequent as any other.
func (c *canvas) stretched(share int64) plane {
	l := c.luma()
	var count [256]int64
	for _, v := range l.v {
		count[v>>8]++
	}
	var to [256]int32
	sum, n := int64(0), int64(len(l.v))
	low, high := quantile(count[:], n/50), quantile(count[:], n-n/50)
	for i := range to {
		sum += count[i]
		even := (sum - count[i]/2) * full / n
		line := min(max(int64(i)-low, 0)*full/max(high-low, 1), full)
		to[i] = int32((even*share + line*(256-share)) / 256)
	}
	for i, v := range l.v {
		a, b := to[v>>8], to[min(v>>8+1, 255)]
		l.v[i] = a + (b-a)*(v&255)>>8
	}
	return l
}

// widen gives a pale picture, such as fog makes, some of the range it lacks; others stay as they are.
func (c *canvas) widen() {
	var count [256]int64
	for _, k := range c.pix {
		count[k.luma()>>8]++
	}
	n := int64(len(c.pix))
	low, high := quantile(count[:], n/50), quantile(count[:], n-n/50)
	if high-low >= 140 {
		return
	}
	middle, gain := int32(low+high)*128, int32(256*140/max(high-low, 48))
	c.recolor(func(_, _ int, k ink) ink {
		l := k.luma()
		to := middle + int32(int64(l-middle)*int64(gain)>>8)
		return k.lit(min(max(to, 2000), full-2000) - l).clamped().saturated(256 + (gain-256)/2)
	})
}

// quantile is the first bin at which so many are reached.
func quantile(count []int64, n int64) int64 {
	sum := int64(0)
	for i, v := range count {
		if sum += v; sum > n {
			return int64(i)
		}
	}
	return int64(len(count))
}

// paperAt is paper of a color at a pixel.
func (c *canvas) paperAt(k ink, rough int32, x, y int) ink {
	return k.lit(c.grain(x, y, 21) * rough >> 8)
}

// inksOf finds n colors that make up a picture: means of clusters.
func (c *canvas) inksOf(n int) []ink {
	step := max(1, len(c.pix)/6000)
	var some []ink
	for i := 0; i < len(c.pix); i += step {
		some = append(some, c.pix[i])
	}
	inks := apart(some, n)
	for range 10 {
		if c.dead() {
			break
		}
		inks = centered(some, inks)
	}
	slices.SortFunc(inks, func(a, b ink) int { return int(b.luma() - a.luma()) })
	return inks
}

// apart starts with the mean and goes on with the color that is farthest from all chosen ones.
func apart(some []ink, n int) []ink {
	inks := []ink{{full / 2, full / 2, full / 2}}
	inks = centered(some, inks)
	for len(inks) < n {
		far, at := int64(-1), ink{}
		for _, k := range some {
			if d := k.far(inks[nearest(inks, k)]); d > far {
				far, at = d, k
			}
		}
		inks = append(inks, at)
	}
	return inks
}

// centered moves each ink to the mean of the colors it is nearest to.
func centered(some, inks []ink) []ink {
	sums, counts := make([][3]int64, len(inks)), make([]int64, len(inks))
	for _, k := range some {
		i := nearest(inks, k)
		sums[i] = [3]int64{sums[i][0] + int64(k.r), sums[i][1] + int64(k.g), sums[i][2] + int64(k.b)}
		counts[i]++
	}
	out := slices.Clone(inks)
	for i, s := range sums {
		if n := counts[i]; n > 0 {
			out[i] = ink{int32(s[0] / n), int32(s[1] / n), int32(s[2] / n)}
		}
	}
	return out
}

// nearest is the index of the ink that is most like a color.
func nearest(inks []ink, k ink) int {
	best, at := int64(1)<<62, 0
	for i, o := range inks {
		if d := k.far(o); d < best {
			best, at = d, i
		}
	}
	return at
}
