package local

import "context"

// painting is a picture under way: the scene, its light and the places things were given.
type painting struct {
	*canvas
	scene *scene
	seed  int64
	pal   palette
	horiz float64 // where sky ends, pixels from the top
	orb   pt      // sun or moon; x is negative if there is none
	orbR  float64
	front float64 // where the foreground begins
	shift int     // brush layer
}

// dice returns the stream of choices of one part.
func (p *painting) dice(part string) dice { return newDice(p.scene.words, p.seed, part) }

// noiseSeed is a seed for noise of one part.
func (p *painting) noiseSeed(part string) uint32 { return uint32(p.dice(part).Uint64()) }

// brush is a fresh layer of paper, so that layers do not show the same grain.
func (p *painting) brush() int { p.shift++; return p.shift }

// fw and fh are the sides as floats.
func (p *painting) fw() float64 { return float64(p.w) }
func (p *painting) fh() float64 { return float64(p.h) }

// at is a place in fractions of the sides.
func (p *painting) at(x, y float64) pt { return pt{mul(p.fw(), x), mul(p.fh(), y)} }

// units are thousandths of the shorter side.
func (p *painting) units(n float64) float64 { return mul(p.u, n) }

// draw paints the scene of a prompt: the same for the same scene, seed and size, on every processor.
func draw(ctx context.Context, s *scene, seed int64, w, h int) (*canvas, error) {
	p := &painting{canvas: newCanvas(ctx, w, h), scene: s, seed: seed}
	if s.with("abstract") || s.known == 0 && s.unknown > 0 {
		p.pal = s.light(p.abstractHour())
		p.abstract()
	} else {
		s.complete(p.dice("scene"))
		p.pal = s.light(p.dice("palette"))
		p.compose()
		p.landscape()
	}
	p.finish()
	return p.canvas, ctx.Err()
}

// landscape paints from the back to the front.
func (p *painting) landscape() {
	p.sky()
	p.background()
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

// subject is the first figure on land.
func (s *scene) subject() string {
	for _, f := range s.features {
		if figures[f.name] == "land" {
			return f.name
		}
	}
	return ""
}
