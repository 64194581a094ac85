package local

// landscape paints from the back to the front.
func (p *painting) landscape() {
	p.sky()
	p.background()
	p.tell.at(0.5, p.canvas)
	p.inTheAir()
	p.middle()
	p.foreground()
	p.weatherOver()
}

// compose decides where things go before anything is painted.
func (p *painting) compose() {
	d, s := p.dice("compose"), p.scene
	h := d.in(0.56, 0.64)
	switch {
	case s.with("sea"):
		h = d.in(0.5, 0.58)
	case s.with("city"):
		h = d.in(0.68, 0.74)
	}
	p.horiz = mul(p.fh(), h)
	p.front = mul(p.fh(), d.in(0.82, 0.86))
	p.orb.x = -1
	if !s.with("sun", "moon", "crescent", "planet") {
		return
	}
	p.placeOrb(d)
}

// placeOrb puts sun or moon on a third, low at the edges of the day.
func (p *painting) placeOrb(d dice) {
	s := p.scene
	side := []float64{0.34, 0.64}[d.IntN(2)]
	if s.subject() != "" {
		side = 0.64
	}
	y := 0.24
	p.orbR = p.units(d.in(62, 78))
	switch {
	case s.with("moon") && s.subject() != "":
		y, p.orbR = 0.24, p.units(d.in(150, 175)) // behind the one who stands before it
	case s.with("moon"):
		y, p.orbR = 0.26, p.units(d.in(95, 125))
	case s.with("planet"):
		y, p.orbR = 0.28, p.units(d.in(130, 160))
	case s.with("crescent"):
		y, p.orbR = 0.22, p.units(d.in(80, 100))
	case s.hour == "sunset" || s.hour == "dawn":
		y, p.orbR = 0.42, p.units(d.in(75, 100))
	}
	p.orb = p.at(side+d.in(-0.04, 0.04), y+d.in(-0.03, 0.03))
}
