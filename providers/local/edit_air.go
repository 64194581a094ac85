package local

import "slices"

// skyOf is how much of each pixel is sky, 0 to 256, and whether there is any: what hangs together with the upper edge
// without a step in color, and is light or blue.
func (c *canvas) skyOf() (plane, bool) {
	side := max(1, (max(c.w, c.h)+matteSide-1)/matteSide)
	s := &canvas{ctx: c.ctx, w: (c.w + side - 1) / side, h: (c.h + side - 1) / side}
	s.pix = make([]ink, s.w*s.h)
	s.recolor(func(x, y int, _ ink) ink { return c.meanOf(x*side, y*side, side) })
	mask := newPlane(s.w, s.h)
	var queue []int
	for x := range s.w {
		mask.v[x] = 256
		queue = append(queue, x)
	}
	for at := 0; at < len(queue); at++ {
		x, y := queue[at]%s.w, queue[at]/s.w
		for _, o := range [][2]int{{-1, 0}, {1, 0}, {0, 1}} {
			px, py := x+o[0], y+o[1]
			i := py*s.w + px
			if px < 0 || px >= s.w || py >= s.h*4/5 || mask.v[i] != 0 {
				continue
			}
			if k := s.pix[i]; k.far(s.pix[queue[at]]) < 420000 && skyLike(k) && !busy(s, px, py) {
				mask.v[i] = 256
				queue = append(queue, i)
			}
		}
	}
	share := covered(mask)
	return c.refined(s, mask, side), share > 8 && share < 85
}

// skyLike is what air looks like by day: light, or blue, or gray, never green.
func skyLike(k ink) bool {
	return k.b*10 > k.g*8 && (k.luma() > 20000 || k.b > k.r)
}

// busy reports whether colors change much around a pixel.
func busy(s *canvas, x, y int) bool {
	k, sum := s.pix[y*s.w+x], int64(0)
	for _, o := range [][2]int{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
		px, py := min(max(x+o[0], 0), s.w-1), min(max(y+o[1], 0), s.h-1)
		sum += k.far(s.pix[py*s.w+px])
	}
	return sum > 1600000
}

// tintSky colors the sky alone, where there is one.
func tintSky(k ink) step {
	return func(c *canvas) {
		sky, ok := c.skyOf()
		if !ok {
			tintWith(k)(c)
			return
		}
		c.recolor(func(x, y int, was ink) ink {
			return mix(was, mix(tinted(was, k, 230), k, 70), sky.v[y*c.w+x]).clamped()
		})
	}
}

// overlay is a painting on top of a picture, with the light of an hour.
func overlay(c *canvas, seed int64, s scene) *painting {
	s.words = "overlay"
	if s.hour == "" {
		s.hour = "day"
	}
	p := &painting{canvas: c, scene: &s, seed: seed, horiz: mul(float64(c.h), 0.6), front: mul(float64(c.h), 0.85)}
	p.pal = s.light(p.dice("palette"))
	p.orb.x = -1
	return p
}

// hourOf changes the time of day.
func hourOf(hour string, seed int64) step {
	switch hour {
	case "night":
		return func(c *canvas) {
			sky, ok := c.skyOf()
			duotone(hex(0x04081c), hex(0x1d3a70), hex(0xa8c8f0), 214)(c)
			each(func(k ink) ink { return k.scale(196) })(c)
			if ok {
				c.nightSky(sky, seed)
			}
			c.corners(hex(0x02040e), 90)
		}
	case "dusk":
		return skyAndLand([3]uint32{0x25306a, 0x6a5f9e, 0xe0a3a0}, duotone(hex(0x141832), hex(0x6a5f9e), hex(0xffe0c0), 140))
	case "sunset":
		return skyAndLand([3]uint32{0x3a2a6c, 0xd8607a, 0xffbe64}, duotone(hex(0x2a1538), hex(0xd0644e), hex(0xffe8a8), 138))
	case "dawn":
		return skyAndLand([3]uint32{0x7aa4d4, 0xf2b8c4, 0xffe6bc}, duotone(hex(0x2c2448), hex(0xc88a9a), hex(0xfff0d0), 118))
	}
	return skyAndLand([3]uint32{0x3a88cc, 0x84c1e8, 0xe0f2ee}, func(c *canvas) {
		each(func(k ink) ink { return mix(k, k.scale(310).lit(2600), 200).saturated(290) })(c)
	})
}

// skyAndLand grades everything, and gives a sky, where there is one, three colors from the top down.
func skyAndLand(colors [3]uint32, land step) step {
	return func(c *canvas) {
		sky, ok := c.skyOf()
		land(c)
		if !ok {
			return
		}
		bottom := sky.lowest()
		c.recolor(func(x, y int, k ink) ink {
			t := int32(min(y*512/bottom, 512))
			to := mix(hex(colors[0]), hex(colors[1]), t)
			if t > 256 {
				to = mix(hex(colors[1]), hex(colors[2]), t-256)
			}
			lit := to.lit((k.luma() - to.luma()) / 3).clamped() // clouds stay
			return mix(k, lit, sky.v[y*c.w+x]*190>>8)
		})
		c.bloom(46000, 110)
	}
}

// lowest is the row above which nearly all of a mask lies.
func (p plane) lowest() int {
	rows := make([]int64, p.h)
	for i, v := range p.v {
		rows[i/p.w] += int64(v)
	}
	return max(1, most(rows, 97))
}

// nightSky puts stars and a moon where the sky is.
func (c *canvas) nightSky(sky plane, seed int64) {
	was := slices.Clone(c.pix)
	p := overlay(c, seed, scene{hour: "night", features: []feature{{name: "stars", count: 1}, {name: "moon", count: 1}}})
	p.horiz = float64(sky.lowest())
	p.stars()
	p.orbR = p.units(p.dice("night sky").in(48, 62))
	if at := p.clearSky(sky); sky.disk(at, p.orbR) > 230 {
		p.orb = at
		p.light()
	}
	c.recolor(func(x, y int, k ink) ink { return mix(was[y*c.w+x], k, sky.v[y*c.w+x]) })
}

// disk is the least of a mask on a circle.
func (p plane) disk(c pt, r float64) int32 {
	least := int32(256)
	for i := range 16 {
		t := float64(i) / 16
		least = min(least, p.get(int(c.x+mul(r, cosine(t))), int(c.y+mul(r, sine(t)))))
	}
	return least
}

// seasonOf changes the time of year.
func seasonOf(season string, seed int64) step {
	switch season {
	case "winter":
		return func(c *canvas) {
			each(func(k ink) ink {
				green := min(max((2*k.g-k.r-k.b)/70, 0), 230)
				white := ink{52000, 55000, 61000}.lit(k.luma() - 30000).clamped()
				cool := mix(gray(k).lit(3600), ink{k.r, k.g + 2000, k.b + 8000}, 140)
				return mix(cool, white, green)
			})(c)
			overlay(c, seed, scene{weather: "snow", season: "winter"}).weatherOver()
		}
	case "autumn":
		return each(func(k ink) ink {
			green := min(max(k.g-max(k.b, k.r*7/8), 0), full)
			return ink{k.r + green*5/4 + 1800, k.g - green/5, k.b * 12 / 16}
		})
	case "spring":
		return func(c *canvas) {
			each(func(k ink) ink {
				fresh := max(k.g-k.b, 0) / 6
				return ink{k.r + 2600, k.g + fresh + 2200, k.b + 2400}.saturated(290)
			})(c)
			c.petals(newDice("", seed, "petals"))
		}
	}
	return each(func(k ink) ink { return ink{k.r + 2600, k.g + 1600, k.b - 1800}.saturated(320) }) // summer
}

// petals fall through spring.
func (c *canvas) petals(d dice) {
	for range 70 {
		x, y, r := mul(float64(c.w), d.Float64()), mul(float64(c.h), d.Float64()), mul(c.u, d.in(4, 11))
		path := ellipse(x, y, r, mul(r, 0.5))
		tilt(path, pt{x, y}, d.Float64())
		c.fill(path, c.solid(mix(hex(0xffc4d8), hex(0xff8fb4), int32(d.IntN(256))), 20, 2), int32(150+d.IntN(90)))
	}
}

// weatherOf lets it rain, snow or be misty in front of a picture.
func weatherOf(weather string, seed int64) step {
	return func(c *canvas) {
		switch weather {
		case "rain":
			each(func(k ink) ink { return mix(k, gray(k), 110).scale(206).lit(1800) })(c)
		case "storm":
			each(func(k ink) ink { return mix(k, gray(k), 130).scale(140) })(c)
		case "snow":
			each(func(k ink) ink { return mix(k, gray(k), 90).scale(206).lit(5200) })(c) // flakes want something darker behind them
		case "fog":
			c.haze()
			return
		}
		overlay(c, seed, scene{weather: weather}).weatherOver()
	}
}

// haze is fog: what stands higher in the picture is farther away, and paler.
func (c *canvas) haze() {
	drift := c.newField(0, c.h, 2, func(x, y int) int { return fractal(x*256/c.px(520), y*256/c.px(170), 4, 5) - 32768 })
	c.recolor(func(x, y int, k ink) ink {
		deep := int32((c.h - y) * 200 / c.h)
		return mix(k, ink{52000, 53500, 55000}, min(max(84+deep*3/4+int32(drift.get(x, y))/380, 30), 226))
	})
}
