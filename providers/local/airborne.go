package local

import "slices"

// flocks are birds in the sky, behind everything.
func (p *painting) flocks() {
	d := p.dice("birds")
	for _, f := range p.scene.features {
		if f.name == "bird" && !p.scene.rides(f) {
			p.flock(d, f)
		}
	}
}

// inTheAir draws what flies before the land.
func (p *painting) inTheAir() {
	d := p.dice("air things")
	n, i := 0, 0
	flies := func(f feature) bool {
		return slices.Contains(airborne, f.name) && f.name != "bird" && f.name != "butterfly" && f.name != "bee"
	}
	for _, f := range p.scene.features {
		if flies(f) {
			n += min(max(f.count, 1), 5)
		}
	}
	for _, f := range p.scene.features {
		switch {
		case f.name == "butterfly", f.name == "bee":
			p.butterflies(d, f)
		case flies(f):
			for range min(max(f.count, 1), 5) {
				p.hover(d, f, i, n)
				i++
			}
		}
	}
}

// hover hangs the i-th of n things in the sky.
func (p *painting) hover(d dice, f feature, i, n int) {
	w, ok := drawn(f)
	if !ok {
		return
	}
	x, y, size := d.in(0.32, 0.42), d.in(0.5, 0.55), mul(w.size, 1.25)
	if slices.ContainsFunc(p.scene.features, func(r feature) bool { return r.to == f.name && p.scene.rides(r) }) {
		y, size = y+0.08, mul(size, 1.7)
	}
	if n > 1 {
		x, y = (float64(i)+d.in(0.36, 0.64))/float64(n), d.in(0.28, 0.5)
		size = mul(w.size, mul(d.in(0.8, 1.1), 1.5/(0.8+mul(0.35, float64(n)))))
	}
	if p.scene.subject() != "" {
		x, y, size = 0.74+d.in(-0.06, 0.06), d.in(0.28, 0.36), mul(size, 0.6)
	}
	at := placed{x: mul(p.fw(), sided(f.side, x)), y: mul(p.fh(), y), size: p.units(mul(size, scaleOf(f)))}
	at = p.within(at)
	p.shine(f, at)
	p.stage(f, at)
}

func (p *painting) butterflies(d dice, f feature) {
	for i := range min(max(f.count, 1), 7) {
		size, at := 300.0, p.at(0.42, 0.56)
		if f.count > 1 || p.scene.subject() != "" {
			size, at = d.in(70, 150), p.at((float64(i)+d.in(0.2, 0.8))/float64(min(max(f.count, 2), 7)), d.in(0.4, 0.72))
		}
		p.figure(f, placed{x: at.x, y: at.y, size: p.units(size)}, opaque)
	}
}

// flock is birds in a loose line; they face one way.
func (p *painting) flock(d dice, f feature) {
	n := f.count
	if f.name == "bird" && n < 1 {
		n = 1
	}
	n = min(max(n, 1), 12)
	flip := d.odds(2)
	f.name = "bird"
	size := mul(p.units(420/(1.1+mul(float64(n), 0.36))), scaleOf(f))
	for i := range n {
		t := (float64(i) + 0.5) / float64(n)
		x := lerp(0.2, 0.8, t) + d.in(-0.04, 0.04)
		if n == 1 {
			x = 0.36
		}
		y := 0.34 - mul(0.16, 1-mul(2, max(t-0.5, 0.5-t))) + d.in(-0.04, 0.04)
		p.figure(f, p.within(placed{x: mul(p.fw(), x), y: mul(p.fh(), y), size: mul(size, d.in(0.8, 1.15)), flip: flip}), opaque)
	}
}
