package local

import "slices"

// step is one change of a picture. It works in place and may change the size.
type step func(c *canvas)

// tones are the changes of light and color that a word can ask for.
func tones() map[string]step {
	return map[string]step{
		"gray":     each(gray),
		"sepia":    duotone(hex(0x22160c), hex(0x9a7448), hex(0xfbf0d8), opaque),
		"warm":     each(func(k ink) ink { return ink{k.r + (full-k.r)/8 + 1500, k.g + 800, k.b * 13 / 16} }),
		"cold":     each(func(k ink) ink { return ink{k.r * 13 / 16, k.g, k.b + (full-k.b)/8 + 1500} }),
		"bright":   each(func(k ink) ink { return mix(k, k.scale(310).lit(4000), 220) }),
		"dark":     each(func(k ink) ink { return k.scale(150) }),
		"contrast": each(func(k ink) ink { return steeper(k, 350) }),
		"soft":     each(func(k ink) ink { return steeper(k, 176) }),
		"vivid":    each(func(k ink) ink { return k.saturated(400) }),
		"muted":    each(func(k ink) ink { return k.saturated(110) }),
		"invert":   each(func(k ink) ink { return ink{full - k.r, full - k.g, full - k.b} }),
		"sharp":    sharpen,
		"blur":     func(c *canvas) { c.soften(c.px(7), 3) },
	}
}

func gray(k ink) ink { l := k.luma(); return ink{l, l, l} }

// steeper moves channels away from the middle, or toward it below 256.
func steeper(k ink, amount int32) ink {
	away := func(v int32) int32 { return full/2 + int32(int64(v-full/2)*int64(amount)>>8) }
	return ink{away(k.r), away(k.g), away(k.b)}
}

// each changes every pixel by itself.
func each(f func(ink) ink) step {
	return func(c *canvas) {
		c.recolor(func(_, _ int, k ink) ink { return f(k).clamped() })
	}
}

// tintWith moves everything toward the hue of a color.
func tintWith(k ink) step { return each(func(c ink) ink { return tinted(c, k, 170) }) }

// duotone moves every pixel toward a gradient of three inks by how bright it is.
func duotone(dark, middle, light ink, amount int32) step {
	return each(func(k ink) ink {
		l := k.luma() * 512 / full
		to := mix(dark, middle, l)
		if l > 256 {
			to = mix(middle, light, l-256)
		}
		return mix(k, to, amount)
	})
}

// sharpen adds what a blur takes away.
func sharpen(c *canvas) {
	was := slices.Clone(c.pix)
	c.soften(c.px(1.6), 2)
	c.recolor(func(x, y int, soft ink) ink {
		k := was[y*c.w+x]
		return ink{k.r + (k.r - soft.r), k.g + (k.g - soft.g), k.b + (k.b - soft.b)}.clamped()
	})
}

// shake bends a picture a little and shifts its colors: amount is 0 to 256.
func shake(amount int, d dice) step {
	seed := uint32(d.Uint64())
	k := ink{int32(d.IntN(full)), int32(d.IntN(full)), int32(d.IntN(full))}
	return func(c *canvas) {
		c.wobble(mul(c.u, float64(amount)/7), 300, seed)
		c.recolor(func(_, _ int, was ink) ink { return tinted(was, k, int32(amount)/4) })
	}
}
