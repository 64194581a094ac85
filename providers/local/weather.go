package local

// weatherOver is what falls between the picture and the viewer.
func (p *painting) weatherOver() {
	switch p.scene.weather {
	case "rain":
		p.rain(520)
	case "storm":
		p.lightning()
		p.rain(700)
	case "snow":
		p.snow()
	case "fog":
		p.fog()
	case "wind":
		p.wind()
	}
	if p.scene.weather == "" && p.pal.dark > 150 && p.scene.season != "winter" && p.scene.with("forest", "field", "hills") {
		p.fireflies()
	}
}

func (p *painting) rain(n int) {
	d := p.dice("rain")
	k := mix(p.pal.skyLow, hex(0xffffff), 120)
	slant := d.in(-0.16, -0.06)
	p.mist(mul(p.fh(), 0.6), mul(p.fh(), 0.4), 70)
	for i := range n {
		long := p.units(d.in(14, 34))
		cover := int32(40 + d.IntN(60))
		if i%9 == 0 {
			long, cover = mul(long, 2), 110
		}
		a := p.at(d.in(-0.05, 1.1), d.in(-0.05, 1))
		p.fill(stroke(a, pt{a.x + mul(slant, long), a.y + long}, p.units(0.6), p.units(1.9)), p.solid(k, 0, 0), cover)
	}
	for range 70 {
		c := p.at(d.Float64(), d.in(0.84, 1))
		p.lens(c, p.units(d.in(5, 14)), p.units(1.6), k, 80)
	}
}

func (p *painting) lightning() {
	d := p.dice("lightning")
	here := p.at(d.in(0.2, 0.8), 0.02)
	p.glow(here.x, here.y, p.units(700), hex(0xdfe4ff), 150)
	k := p.solid(hex(0xf6f4ff), 0, 0)
	for here.y < p.horiz {
		next := pt{here.x + p.units(d.in(-46, 46)), here.y + p.units(d.in(26, 60))}
		p.fill(stroke(here, next, p.units(7), p.units(5)), k, opaque)
		if d.odds(3) {
			branch := pt{next.x + p.units(d.in(-110, 110)), next.y + p.units(d.in(40, 100))}
			p.fill(stroke(next, branch, p.units(4), 0), k, 220)
		}
		here = next
	}
	p.glow(here.x, here.y, p.units(200), hex(0xdfe4ff), 120)
}

func (p *painting) snow() {
	d := p.dice("snow")
	k := p.solid(hex(0xffffff), 0, 0)
	for i := range 620 {
		r := d.in(1.2, 3)
		cover := int32(120 + d.IntN(110))
		switch {
		case i%40 == 0:
			r, cover = d.in(8, 14), 90
		case i%7 == 0:
			r = d.in(3, 6)
		}
		c := p.at(d.Float64(), d.Float64())
		p.disk(c.x, c.y, p.units(r), k, cover)
	}
}

func (p *painting) fog() {
	for i := range 4 {
		p.mist(mul(p.fh(), 0.45+mul(float64(i), 0.13)), mul(p.fh(), 0.22), 150)
	}
}

// fireflies are a few warm lights in a summer night.
func (p *painting) fireflies() {
	d := p.dice("fireflies")
	for range 16 {
		c := p.at(d.Float64(), d.in(0.66, 0.97))
		p.glow(c.x, c.y, p.units(d.in(12, 22)), hex(0xfff0a0), 190)
		p.disk(c.x, c.y, p.units(1.8), p.solid(hex(0xfffbd8), 0, 0), opaque)
	}
}

// wind carries leaves along in long arcs.
func (p *painting) wind() {
	d := p.dice("wind")
	for range 7 {
		x, y := d.in(-0.2, 0.7), d.in(0.12, 0.72)
		long, bow := d.in(0.2, 0.5), d.in(0.02, 0.06)
		var spine []pt
		for i := range 9 {
			t := float64(i) / 8
			spine = append(spine, p.at(x+mul(long, t), y+mul(bow, sine(mul(t, 1.1)))))
		}
		p.fill(tube(spine, p.units(1), p.units(5)), p.solid(mix(p.pal.cloud, p.pal.light, 120), 0, 0), 90)
	}
	colors := []uint32{0xd87a2e, 0xe8a83a, 0x8aa84a, 0xc8502e}
	for i := range 34 {
		at := placed{x: mul(p.fw(), d.Float64()), y: mul(p.fh(), d.in(0.1, 0.95)), size: p.units(d.in(16, 40)), turn: d.Float64()}
		k := p.pal.figureShade(hex(colors[i%len(colors)]))
		p.fillAll(outline("M 4,50 C 24,20 64,16 96,46 C 70,74 30,82 4,50 Z", at), p.solid(k, 30, 2), 240)
	}
}
