package local

// portrait is somebody close: a head that fills a good part of the picture before a soft ground.
func (p *painting) portrait() {
	s := p.scene
	i := s.hero()
	f := s.features[i]
	d, ok := drawn(f)
	if !ok {
		return
	}
	p.horiz, p.front = p.fh(), p.fh()
	p.backcloth()
	p.orb, p.orbR = p.at(0.78, 0.2), p.units(60)
	head := d.crown
	if head.w == 0 {
		head = spot{50, 20, 34}
	}
	size := min(p.units(460)/(head.w/100), mul(p.fh(), 1.75))
	eyes := d.eyes
	if eyes.w <= 11 { // seen from the side: the whole head, not the eyes, is in the middle
		eyes = spot{head.x, head.y + mul(head.w, 0.6), 10}
		size = min(p.units(330)/(head.w/100), mul(p.fh(), 1.3))
	}
	at := placed{size: size, x: mul(p.fw(), 0.5), y: mul(p.fh(), 0.46)}
	l, _ := dressed(f)
	if l.hat != "" || len(f.wears) > 0 {
		at.y += mul(p.fh(), 0.07)
	}
	at.x -= mul((eyes.x-50)/100, size)
	at.y += mul((100-eyes.y)/100, size)
	p.glow(mul(p.fw(), 0.5), mul(p.fh(), 0.44), p.units(560), p.pal.light, 110)
	p.shadow(at)
	p.stage(f, at)
}

// backcloth is the air of the hour with large soft disks in it, as if out of focus.
func (p *painting) backcloth() {
	d := p.dice("backcloth")
	p.air()
	for range 16 {
		c := p.at(d.Float64(), d.Float64())
		k := mix(p.pal.skyLow, []ink{p.pal.glow, p.pal.far, p.pal.light}[d.IntN(3)], 150)
		p.disk(c.x, c.y, p.units(d.in(30, 110)), p.solid(k, 10, 1), int32(26+d.IntN(40)))
	}
}
