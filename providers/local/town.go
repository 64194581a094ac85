package local

// streetScene is a row of houses with lit windows, cobbles before it, lamps, and stalls if there is a market.
func (p *painting) streetScene() {
	d := p.dice("street")
	f, _ := p.scene.has("street", "market")
	colors := []uint32{0xd88a5a, 0xe8c070, 0x8ab0a8, 0xc86a5a, 0xe0d0b0, 0x9a8ab0, 0xb0c088}
	p.roofs()
	base := p.horiz + p.units(70)
	i := d.IntN(len(colors))
	for x := -p.units(60); x < p.fw(); {
		wide, tall := p.units(d.in(150, 230)), p.units(d.in(330, 470))
		k := hex(colors[i%len(colors)])
		if v, ok := tints[f.color]; ok {
			k = mix(hex(v), k, 60)
		}
		i++
		p.townhouse(d, x, base, wide, tall, p.pal.figureShade(k))
		x += wide
	}
	p.cobbles(base)
	if p.pal.dark > 40 {
		for range 5 {
			c := p.at(d.Float64(), d.in(0.82, 0.96))
			p.lens(c, p.units(d.in(60, 140)), p.units(10), hex(0xffd890), 50)
		}
	}
	lamp := feature{name: "streetlamp"}
	for _, x := range []float64{0.1, 0.9} {
		at := placed{x: mul(p.fw(), x), y: base + p.units(60), size: p.units(430)}
		p.shadow(at)
		p.figure(lamp, at, opaque)
		p.shine(lamp, at)
	}
	if p.scene.with("market") {
		for n, x := range []float64{0.3, 0.7} {
			stall := feature{name: "stall", color: []string{"", "blue"}[n]}
			at := placed{x: mul(p.fw(), x), y: base + p.units(50), size: p.units(340)}
			p.shadow(at)
			p.figure(stall, at, opaque)
		}
	}
}

// roofs are a pale skyline behind the street.
func (p *painting) roofs() {
	d := p.dice("behind the street")
	k := mix(p.pal.far, p.pal.skyLow, 110)
	for x := -p.units(30); x < p.fw(); {
		wide := p.units(d.in(50, 110))
		p.block(d, x, wide, p.units(d.in(280, 460)), k, 0)
		x += wide
	}
	p.mist(p.horiz-p.units(120), p.units(200), 110)
}

// townhouse has a steep roof, rows of windows and a door.
func (p *painting) townhouse(d dice, x, base, wide, tall float64, k ink) {
	top := base - tall
	roof := p.pal.figureShade(hex([]uint32{0x8a3f34, 0x5a4a4a, 0x3f5a5a, 0x7a4a3a}[d.IntN(4)]))
	p.fill(bar(x, top, wide, tall), p.across(mix(k, p.pal.light, 30), mix(k, p.pal.shade, 60), x, x+wide, 30, p.brush()), opaque)
	mid := x + wide/2
	switch d.IntN(3) {
	case 0: // a gable with steps
		for i := range 4 {
			s := float64(i)
			p.fill(bar(x+mul(wide, 0.11*s), top-mul(wide, 0.13*(s+1)), wide-mul(wide, 0.22*s), mul(wide, 0.14)), p.solid(k, 30, p.shift), opaque)
		}
	case 1:
		p.fill([]pt{{x - p.units(6), top}, {mid, top - mul(wide, 0.62)}, {x + wide + p.units(6), top}}, p.down(mix(roof, p.pal.light, 30), roof, top-wide, top, 40, p.shift), opaque)
	default:
		p.fill([]pt{{x - p.units(5), top}, {x + mul(wide, 0.14), top - mul(wide, 0.4)}, {x + mul(wide, 0.86), top - mul(wide, 0.4)}, {x + wide + p.units(5), top}}, p.down(mix(roof, p.pal.light, 30), roof, top-wide, top, 40, p.shift), opaque)
		p.fill(bar(x+mul(wide, 0.66), top-mul(wide, 0.56), mul(wide, 0.12), mul(wide, 0.3)), p.solid(mix(roof, p.pal.shade, 60), 20, 1), opaque)
	}
	p.panes(d, x, top, wide, tall)
}

// panes are three columns of windows over a door and a shop.
func (p *painting) panes(d dice, x, top, wide, tall float64) {
	glass := mix(p.pal.skyMid, hex(0x2a3a4a), 130)
	lit := hex(0xffd67a)
	w, h := mul(wide, 0.17), mul(wide, 0.25)
	rows := int((tall - mul(wide, 0.5)) / mul(h, 1.6))
	white := p.solid(p.pal.figureShade(hex(0xf6efe2)), 10, 1)
	for r := range max(rows, 1) {
		for c := range 3 {
			wx, wy := x+mul(wide, 0.11+mul(float64(c), 0.3)), top+mul(h, 0.45+mul(float64(r), 1.6))
			on := p.pal.dark > 40 && !d.odds(3) || p.pal.dark > 10 && d.odds(3)
			pane := glass
			if on {
				pane = lit
			}
			p.fill(bar(wx-mul(w, 0.12), wy-mul(w, 0.12), mul(w, 1.24), h+mul(w, 0.24)), white, opaque)
			p.fill(bar(wx, wy, w, h), p.down(mix(pane, hex(0xffffff), 40), pane, wy, wy+h, 10, 1), opaque)
			p.fill(bar(wx+mul(w, 0.45), wy, mul(w, 0.1), h), white, opaque)
			if on {
				p.glow(wx+w/2, wy+h/2, mul(w, 1.6), lit, p.pal.dark/2)
			}
		}
	}
	door := p.pal.figureShade(hex([]uint32{0x2f5a6a, 0x8a2f2f, 0x3f6a3f, 0x5a3a2a}[d.IntN(4)]))
	base := top + tall
	p.fill(bar(x+mul(wide, 0.12), base-mul(wide, 0.42), mul(wide, 0.22), mul(wide, 0.42)), p.solid(door, 20, 1), opaque)
	shop := glass
	if p.pal.dark > 10 {
		shop = lit
	}
	p.fill(bar(x+mul(wide, 0.44), base-mul(wide, 0.36), mul(wide, 0.46), mul(wide, 0.26)), p.solid(shop, 10, 1), opaque)
	p.fill([]pt{{x + mul(wide, 0.44), base - mul(wide, 0.42)}, {x + mul(wide, 0.9), base - mul(wide, 0.42)}, {x + mul(wide, 0.95), base - mul(wide, 0.3)}, {x + mul(wide, 0.39), base - mul(wide, 0.3)}}, p.solid(mix(door, hex(0xf4e8d8), 40), 20, 1), opaque)
}

// cobbles are a wet-looking pavement in perspective.
func (p *painting) cobbles(top float64) {
	k := p.pal.figureShade(mix(hex(0x9a9088), p.pal.skyLow, 50))
	dark := mix(k, p.pal.shade, 110)
	y0, span := int(top), max(1, p.h-int(top))
	seed := p.noiseSeed("cobbles")
	wet := p.scene.weather == "rain" || p.scene.weather == "storm"
	p.wash(y0, p.h, func(x, y int) (ink, int32) {
		down := (y - y0) * 1000 / span
		row := down * 22 / (700 + down)
		size := max(4, p.w/44+row*p.w/260)
		off := x - p.w/2 + row%2*size/2 + 1000*size
		col, in := off/size, off%size
		tone := int32(hash2(col, row, seed) % 70)
		edge := int32(0)
		if in < max(1, size/9) {
			edge = 100
		}
		c := mix(mix(k, dark, tone), dark, edge)
		if wet || p.pal.dark > 60 {
			my := min(max(y0-(y-y0)*3/2, 0), p.h-1)
			c = mix(c, p.pix[my*p.w+x], 70)
		}
		return c.lit(p.tooth(x, y, 4) / 20), opaque
	})
	p.fill(bar(-4, top-p.units(8), p.fw()+8, p.units(16)), p.solid(mix(k, p.pal.light, 60), 20, 1), opaque)
}

// village is cottages scattered over the hills, smoke above them, a church among them.
func (p *painting) village() {
	d := p.dice("village")
	f, _ := p.scene.has("village")
	for i := range 9 {
		t := float64(i) / 8
		x := []float64{0.16, 0.78, 0.42, 0.9, 0.06, 0.62, 0.3, 0.72, 0.5}[i] + d.in(-0.03, 0.03)
		size := 110 + mul(t, 130)
		at := placed{x: mul(p.fw(), x), y: p.horiz + mul(p.units(150), t) + p.units(d.in(-8, 8)), size: p.units(size), flip: d.odds(2)}
		name := "house"
		if i == 2 {
			name, at.size = "church", mul(at.size, 1.5)
		}
		p.shadow(at)
		h := feature{name: name, color: f.color}
		p.figure(h, at, opaque)
		if name == "house" && d.odds(2) {
			p.smoke(d, at)
		}
	}
}
