package local

// city is rows of houses against the sky, the nearest with windows.
func (p *painting) city() {
	f, _ := p.scene.has("city")
	d := p.dice("city")
	rows := []struct {
		k          ink
		tall, wide float64
		lights     int
	}{
		{mix(p.pal.far, p.pal.skyLow, 130), 330, 46, 0},
		{mix(p.pal.far, p.pal.mid, 90), 280, 62, 5},
		{mix(p.pal.mid, p.pal.near, 110), 200, 84, 4},
		{mix(p.pal.near, p.pal.shade, 70), 120, 110, 3},
	}
	for i, r := range rows {
		if v, ok := tints[f.color]; ok {
			r.k = tinted(r.k, hex(v), 180)
		}
		seed := p.noiseSeed("blocks" + string(rune('0'+i)))
		for x := -p.units(30); x < p.fw(); {
			wide := p.units(mul(r.wide, d.in(0.6, 1.3)))
			swell := 0.62 + mul(0.5, wander(mul(x/p.fw(), 4), 2, seed))
			p.block(d, x, wide, p.units(mul(r.tall, mul(swell, d.in(0.75, 1.5)))), r.k, r.lights)
			x += mul(wide, d.in(0.86, 1.12))
		}
		p.mist(p.horiz-p.units(30), p.units(130), int32(120-30*i))
	}
	p.street()
}

// block is one house: a lit side, a dark side, a roof, windows.
func (p *painting) block(d dice, x, wide, tall float64, k ink, lights int) {
	top, base := p.horiz-tall, p.horiz+p.units(50)
	k = mix(k, []ink{p.pal.skyLow, p.pal.shade}[d.IntN(2)], int32(d.IntN(40)))
	lit, dark := mix(k, p.pal.light, 34), mix(k, p.pal.shade, 60)
	if p.orb.x > x {
		lit, dark = dark, lit
	}
	body := []pt{{x, base}, {x, top}, {x + wide, top}, {x + wide, base}}
	p.fill(body, p.across(lit, dark, x, x+wide, 24, p.shift), opaque)
	switch d.IntN(7) {
	case 0: // a spire
		p.fill([]pt{{x + mul(wide, 0.2), top}, {x + mul(wide, 0.5), top - mul(wide, 0.9)}, {x + mul(wide, 0.8), top}}, p.solid(k, 20, 1), opaque)
		p.fill(stroke(pt{x + mul(wide, 0.5), top}, pt{x + mul(wide, 0.5), top - mul(wide, 1.8)}, p.units(2.4), p.units(1)), p.solid(dark, 0, 1), opaque)
	case 1: // steps
		p.fill([]pt{{x + mul(wide, 0.2), top + 1}, {x + mul(wide, 0.2), top - mul(wide, 0.3)}, {x + mul(wide, 0.8), top - mul(wide, 0.3)}, {x + mul(wide, 0.8), top + 1}}, p.solid(k, 20, 1), opaque)
	case 2: // a slant
		p.fill([]pt{{x, top + 1}, {x + wide, top - mul(wide, 0.4)}, {x + wide, top + 1}}, p.solid(dark, 20, 1), opaque)
	case 3: // a dome
		p.fill(ellipse(x+wide/2, top, mul(wide, 0.4), mul(wide, 0.34)), p.solid(lit, 20, 1), opaque)
	}
	if lights > 0 {
		p.windows(d, x, top, wide, k, lights)
	}
}

// windows glow by night and mirror the sky by day.
func (p *painting) windows(d dice, x, top, wide float64, k ink, lights int) {
	size := p.units(float64(13 - lights*2))
	odds := 3
	glass := mix(k, p.pal.skyMid, 90)
	if p.pal.dark > 10 {
		glass = mix(hex(0xffd47a), p.pal.light, 60)
	}
	if p.pal.dark > 90 {
		odds = 2
	}
	cols := max(1, int(wide/mul(size, 2)))
	gap := wide / float64(cols)
	for y := top + mul(size, 1.5); y < p.horiz; y += mul(size, 2.4) {
		for c := range cols {
			if !d.odds(odds) {
				continue
			}
			left := x + mul(gap, float64(c)+0.28)
			p.fill([]pt{{left, y}, {left + mul(gap, 0.45), y}, {left + mul(gap, 0.45), y + mul(size, 1.3)}, {left, y + mul(size, 1.3)}},
				p.solid(glass, 30, c), int32(120+d.IntN(130)))
		}
	}
}

// street is what lies before the houses: a wet quay that mirrors them.
func (p *painting) street() {
	if p.scene.with("sea", "lake") {
		return
	}
	p.scene.add("lake")
}
