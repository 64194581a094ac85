package local

// clouds are thin ones everywhere, brushed into the sky, and heaps of them where they were asked for.
func (p *painting) clouds() {
	d, s := p.dice("clouds"), p.scene
	var cover int
	switch {
	case s.weather == "snow" && s.hour == "night":
		cover = 28
	case s.weather == "snow":
		cover = 50
	case s.weather == "rain" || s.weather == "storm":
		cover = 84
	case s.weather == "fog":
		cover = 40
	case s.with("clouds"):
		cover = 45
	case s.hour == "sunset" || s.hour == "dawn" || s.hour == "dusk":
		cover = 38
	case s.hour == "day":
		cover = 22 + d.IntN(12)
	case s.with("aurora"):
		cover = 0
	default:
		cover = 14
	}
	if s.not("clouds") {
		return
	}
	p.veil(cover)
	if s.with("clouds") || s.hour == "day" && s.weather == "" && d.odds(2) {
		n := 2 + d.IntN(3)
		for range n {
			p.cumulus(d, p.at(d.in(0.02, 0.98), d.in(0.12, 0.36)), p.units(d.in(60, 120)))
		}
	}
}

// veil is stretched noise; amount is how much of the sky it covers, in percent.
func (p *painting) veil(amount int) {
	if amount <= 0 {
		return
	}
	seed := p.noiseSeed("veil")
	floor, soft := 52000-amount*360, 5
	if p.scene.weather == "rain" || p.scene.weather == "storm" {
		soft = 7 // a sky of one piece, with no edges
	}
	lit := mix(p.pal.cloud, p.pal.light, 110)
	bottom := int(p.horiz) + 4
	across := func(x int) int { return x * 700 / p.h }
	down := func(y int) int { return y * (2600 - y*900/bottom) / p.h }
	body := p.newField(0, bottom, 1, func(x, y int) int { return fractal(across(x), down(y), 5, seed) })
	top := p.newField(0, bottom, 2, func(x, y int) int { return fractal(across(x), down(y)-60, 3, seed) })
	p.wash(0, bottom, func(x, y int) (ink, int32) {
		n := body.get(x, y)
		if n < floor {
			return ink{}, 0
		}
		cover := int32(min((n-floor)>>soft, 230))
		edge := int32(min(max((n-top.get(x, y))>>6+60, 0), 256))
		return mix(p.pal.cloud, lit, edge).lit(p.tooth(x, y, 5) / 40), cover
	})
}

// cumulus is a heap of disks on a flat base: shade below, light above.
func (p *painting) cumulus(d dice, c pt, size float64) {
	shade := mix(p.pal.cloud, p.pal.skyMid, 130)
	lit := mix(p.pal.cloud, p.pal.light, 160)
	type puff struct{ x, y, r float64 }
	var puffs []puff
	n := 7 + d.IntN(4)
	for i := range n {
		t := mul(float64(i)/float64(n-1), 2) - 1
		r := mul(size, d.in(0.34, 0.6)-mul(0.24, mul(t, t)))
		puffs = append(puffs, puff{c.x + mul(mul(t, size), 1.7), c.y - mul(r, d.in(0.3, 0.8)), r})
	}
	layer := func(dx, dy, grow float64, k shader, cover int32) {
		var paths [][]pt
		for _, v := range puffs {
			path := ellipse(v.x+mul(dx, v.r), v.y+mul(dy, v.r), mul(v.r, grow), mul(v.r, grow))
			for i := range path {
				path[i].y = min(path[i].y, c.y+mul(size, 0.12))
			}
			paths = append(paths, path)
		}
		p.fillAll(paths, k, cover)
	}
	s := p.brush()
	layer(0, 0, 1, p.down(mix(p.pal.cloud, shade, 80), shade, c.y-size, c.y+mul(size, 0.2), 30, s), 235)
	layer(-0.06, -0.1, 0.84, p.down(lit, p.pal.cloud, c.y-size, c.y+mul(size, 0.1), 30, s), 220)
	layer(-0.16, -0.22, 0.5, p.down(lit, lit, c.y-size, c.y, 24, s+1), 190)
}
