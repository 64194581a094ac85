package local

import "slices"

// drawingOf finds a drawing in the tables.
func drawingOf(name string) (drawing, bool) {
	if d, ok := drawings[name]; ok {
		return d, true
	}
	d, ok := moreDrawings[name]
	return d, ok
}

// figure draws a thing at a place: an edge of light toward sun or moon first, then its parts over it.
func (p *painting) figure(f feature, at placed, cover int32) {
	d, ok := drawingOf(f.name)
	if !ok {
		return
	}
	if cover == opaque && !at.upset {
		p.rim(d, at)
	}
	shift := p.brush()
	for _, v := range d.parts {
		p.fillAll(outline(v.d, at), p.material(d, f, v.role, at, shift), cover)
	}
}

// rim is the outline of the thing, a little closer to the light.
func (p *painting) rim(d drawing, at placed) {
	if p.orb.x < 0 || p.scene.weather == "rain" || p.scene.weather == "storm" {
		return
	}
	off := max(1.2, at.size*0.009)
	moved := at
	if p.orb.x < at.x {
		off = -off
	}
	moved.x += off
	moved.y -= max(1, mul(at.size, 0.006))
	k := p.solid(mix(p.pal.light, p.pal.glow, 90), 0, 0)
	for _, v := range d.parts {
		if v.role != line && v.role != eye {
			p.fillAll(outline(v.d, moved), k, 110+p.pal.dark*5/8)
		}
	}
}

// material is what a part is painted with: light from the side of the orb, darker toward the ground.
func (p *painting) material(d drawing, f feature, role byte, at placed, shift int) shader {
	k := p.pal.figureColor(f, d.color)
	switch role {
	case far:
		k = mix(k, p.pal.shade, 96)
	case near:
		k = mix(k, p.pal.light, 34)
	case pale:
		k = p.pal.figureShade(hex(d.pale))
	case accent:
		k = p.pal.figureShade(hex(d.accent))
	case line:
		return p.solid(mix(p.pal.ink, hex(0x0c0a10), 120), 10, shift)
	case eye:
		return p.solid(hex(0xffffff), 0, shift)
	case lamp:
		return p.lampLight(at, shift)
	}
	lit, dark := mix(k, p.pal.light, 52), mix(k, p.pal.shade, 96)
	x0, x1 := at.x-at.size/2, at.x+at.size/2
	if p.orb.x >= 0 && p.orb.x < at.x {
		x0, x1 = x1, x0
	}
	low := mix(dark, p.pal.ground, 60)
	left, span := int(min(x0, x1)), max(1, int(at.size))
	rising := x0 < x1
	top := int(at.y - at.size)
	return func(x, y int) ink {
		t := int32(min(max((x-left)*opaque/span, 0), opaque))
		if !rising {
			t = opaque - t
		}
		down := int32(min(max((y-top)*opaque/span-100, 0), 150))
		return mix(mix(dark, lit, t), low, down*3/5).lit(p.tooth(x, y, shift) / 19)
	}
}

// lampLight is a window, an eye or a flame: warm by night, glass by day.
func (p *painting) lampLight(at placed, shift int) shader {
	k := mix(hex(0xffc85a), p.pal.light, 70)
	if p.pal.dark < 10 {
		k = mix(hex(0xe8c060), p.pal.skyMid, 60)
	}
	return p.down(mix(k, hex(0xffffff), 60), k, at.y-at.size, at.y, 10, shift)
}

// figureColor keeps the color of a figure readable at any hour: it is what the picture is about.
func (p *palette) figureColor(f feature, own uint32) ink {
	k := hex(own)
	if v, ok := tints[f.color]; ok {
		k = hex(v)
		if f.color == "red" && own == 0xd9602a {
			k = hex(0xd8481e)
		}
	}
	return p.figureShade(k)
}

func (p *palette) figureShade(k ink) ink { return mix(k, mix(k.scale(120), p.mid, 80), p.dark/2) }

// colorOf is the color of a thing of the landscape.
func (p *painting) colorOf(f feature, own uint32) ink { return p.pal.colorOf(f, own) }

// cast puts the figures of the land on the mound, the first where the eye goes first.
func (p *painting) cast(line ridge) {
	d := p.dice("cast")
	var small, tall []feature
	for _, f := range p.scene.features {
		if figures[f.name] != "land" {
			continue
		}
		if slices.Contains([]string{"house", "castle", "tree"}, f.name) {
			tall = append(tall, f)
			continue
		}
		small = append(small, f)
	}
	for i, f := range tall {
		p.building(d, f, line, i, len(small) > 0)
	}
	n := 0
	for _, f := range small {
		n += min(max(f.count, 1), 4)
	}
	i := 0
	for _, f := range small {
		for range min(max(f.count, 1), 4) {
			p.standing(d, f, line, i, n)
			i++
		}
	}
}

// standing places the i-th of n figures on the mound, with its shadow.
func (p *painting) standing(d dice, f feature, line ridge, i, n int) {
	w, ok := drawingOf(f.name)
	if !ok {
		return
	}
	x, size := d.in(0.35, 0.41), w.size
	if n > 1 {
		x = 0.5 + mul(float64(i)-float64(n-1)/2, 0.76/float64(n)) + d.in(-0.02, 0.02)
		size = mul(size, max(0.5, 0.94-mul(0.1, float64(n))))
		size = mul(size, d.in(0.92, 1.05))
	}
	px := mul(p.fw(), x)
	py := line[min(p.w-1, max(0, int(px)))] + p.units(26)
	at := placed{x: px, y: py, size: p.units(size), flip: p.orb.x >= 0 && p.orb.x < px || p.orb.x < 0 && i%2 == 1}
	p.shadow(at)
	p.figure(f, at, opaque)
}

// shadow lies on the ground, away from the light.
func (p *painting) shadow(at placed) {
	off := 0.0
	if p.orb.x >= 0 {
		off = mul(at.size, 0.16)
		if p.orb.x > at.x {
			off = -off
		}
	}
	k := p.solid(p.pal.shade, 10, 1)
	for i := range 5 {
		t := 1 - mul(float64(i), 0.14)
		p.fill(ellipse(at.x+mul(off, t), at.y, mul(at.size, mul(0.54, t)), mul(at.size, mul(0.05, t))), k, int32(26+8*i))
	}
}

// building stands behind the animals.
func (p *painting) building(d dice, f feature, line ridge, i int, behind bool) {
	for j := range min(max(f.count, 1), 4) {
		x, size := 0.42+d.in(-0.06, 0.06), 430.0
		if behind || i > 0 || j > 0 {
			x, size = 0.80-mul(0.3, float64(i+j)), 340
		}
		at := placed{x: mul(p.fw(), x), size: p.units(size)}
		at.y = line[min(p.w-1, max(0, int(at.x)))] + p.units(14)
		if f.name == "tree" {
			p.shadow(at)
			p.broadleaf(d, pt{at.x, at.y + p.units(6)}, p.units(560), p.leaves(f))
			continue
		}
		if w, ok := drawingOf(f.name); ok {
			at.size = p.units(mul(w.size, size/430))
		}
		p.shadow(at)
		p.figure(f, at, opaque)
		if f.name == "house" {
			p.smoke(d, at)
		}
	}
}

// smoke rises from the chimney.
func (p *painting) smoke(d dice, at placed) {
	c := at.at(71, 12)
	k := mix(p.pal.cloud, p.pal.skyMid, 90)
	for i := range 9 {
		t := float64(i) / 8
		x := c.x + mul(mul(at.size, 0.2), mul(t, t)) + mul(p.units(10), sine(mul(t, 1.4)))
		y := c.y - mul(mul(at.size, 0.42), t)
		r := mul(at.size, 0.02+mul(t, 0.05))
		p.disk(x, y, r, p.solid(k, 20, 2), int32(120-i*12)+int32(d.IntN(8)))
	}
}

// flocks are birds in the sky, behind everything.
func (p *painting) flocks() {
	d := p.dice("birds")
	for _, f := range p.scene.features {
		if f.name == "birds" || f.name == "bird" {
			p.flock(d, f)
		}
	}
}

// inTheAir draws what flies before the land.
func (p *painting) inTheAir() {
	d := p.dice("air things")
	for _, f := range p.scene.features {
		switch f.name {
		case "butterfly":
			p.butterflies(d, f)
		case "balloon", "rocket":
			for i := range min(max(f.count, 1), 5) {
				w, _ := drawingOf(f.name)
				at := placed{x: mul(p.fw(), d.in(0.28, 0.4)), y: mul(p.fh(), d.in(0.44, 0.5)), size: p.units(w.size)}
				if f.count > 1 {
					at.x = mul(p.fw(), (float64(i)+d.in(0.3, 0.7))/float64(min(f.count, 5)))
					at.y, at.size = mul(p.fh(), d.in(0.24, 0.46)), p.units(mul(w.size, d.in(0.45, 0.85)))
				}
				p.figure(f, at, opaque)
			}
		}
	}
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
	size := p.units(300 / (1.4 + mul(float64(n), 0.42)))
	for i := range n {
		t := (float64(i) + 0.5) / float64(n)
		x := lerp(0.2, 0.8, t) + d.in(-0.04, 0.04)
		if n == 1 {
			x = 0.36
		}
		y := 0.34 - mul(0.16, 1-mul(2, max(t-0.5, 0.5-t))) + d.in(-0.04, 0.04)
		p.figure(f, placed{x: mul(p.fw(), x), y: mul(p.fh(), y), size: mul(size, d.in(0.8, 1.15)), flip: flip}, opaque)
	}
}
