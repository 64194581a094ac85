package local

import "slices"

// addThings draws what a prompt wants added on top of a picture: what belongs in the sky where the sky is, what flies
// above, and everything else along the lower edge, in the light of the picture.
func addThings(s scene, seed int64) step {
	return func(c *canvas) {
		if s.hour == "" {
			s.hour = c.hour()
		}
		p := overlay(c, seed, s)
		p.upThere()
		p.flocks()
		p.inTheAir()
		p.downHere()
	}
}

// hour is the time of day at which a picture is as bright as this one.
func (c *canvas) hour() string {
	switch l := c.patch(0, 0, 1).luma(); {
	case l < 11000:
		return "night"
	case l < 20000:
		return "dusk"
	}
	return "day"
}

// upThere adds lights to the sky; where there is none, they stand in the upper third.
func (p *painting) upThere() {
	if !p.scene.with("moon", "crescent", "sun", "planet", "stars", "aurora", "rainbow") {
		return
	}
	sky, ok := p.skyOf()
	if !ok {
		each := newPlane(p.w, p.h)
		for i := range each.v {
			each.v[i] = int32(min(max((p.h*2/5-i/p.w)*8*opaque/p.h, 0), opaque))
		}
		sky = each
	}
	was := slices.Clone(p.pix)
	p.horiz = float64(sky.lowest())
	if p.scene.with("stars") {
		p.stars()
	}
	if p.scene.with("aurora") {
		p.aurora()
	}
	if p.scene.with("moon", "crescent", "sun", "planet") {
		p.orbR = p.units(60)
		p.orb = p.clearSky(sky)
		p.light()
	}
	if p.scene.with("rainbow") {
		p.rainbow()
	}
	p.recolor(func(x, y int, k ink) ink { return mix(was[y*p.w+x], k, sky.v[y*p.w+x]).clamped() })
}

// clearSky is a place where a disk of the orb's size hides the least of what is not sky.
func (p *painting) clearSky(sky plane) pt {
	d := p.dice("clear sky")
	at, best := pt{}, int32(-1)
	for range 24 {
		q := p.at(d.in(0.14, 0.86), mul(p.horiz/p.fh(), d.in(0.2, 0.6)))
		if v := sky.disk(q, p.orbR); v > best {
			at, best = q, v
		}
	}
	return at
}

// downHere stands things side by side: one to the right of the middle, more around it.
func (p *painting) downHere() {
	var all []feature
	for _, f := range p.scene.features {
		if _, ok := drawn(f); ok && !slices.Contains(airborne, f.name) && !p.scene.rides(f) {
			for range min(max(f.count, 1), 5) {
				all = append(all, f)
			}
		}
	}
	for i, f := range all {
		if i == 6 {
			break
		}
		d, _ := drawn(f)
		x := mul(float64(i)+0.5, 1/float64(len(all)))
		switch {
		case f.side == "left":
			x = 0.22
		case f.side == "right" || len(all) == 1:
			x = 0.76
		}
		size := min(mul(p.units(d.size), 0.9), p.units(520))
		at := p.within(placed{x: mul(p.fw(), x), y: mul(p.fh(), 0.965), size: size})
		p.shadow(at)
		p.stage(f, at)
	}
}
