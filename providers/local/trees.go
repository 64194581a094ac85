package local

// forest is rows of trees, paler the farther they stand, with air between the rows.
func (p *painting) forest() {
	f, _ := p.scene.has("forest")
	d := p.dice("forest")
	k := p.leaves(f)
	round := p.leafy(d)
	rows := 4
	if p.scene.with("lake", "sea", "field", "city") {
		rows = 2
	}
	for i := range rows {
		t := float64(i) / 3
		base := p.horiz - p.units(8) + mul(t, p.units(150))
		if p.scene.with("lake", "sea") {
			base = p.horiz - p.units(14-float64(14*i))
		}
		tall := p.units(70 + mul(t, 170))
		if round {
			tall = mul(tall, 1.35)
		}
		c := mix(mix(p.pal.far, p.pal.skyLow, 40), k, int32(110+i*140/(rows-1)))
		if i > 0 || !p.scene.with("lake", "sea") {
			p.turf(base, c, i)
		}
		for x := -tall; x < p.fw()+tall; x += mul(tall, d.in(0.2, 0.42)) {
			size := mul(tall, d.in(0.65, 1.2))
			// A glade: lower in the middle, so that there is a way to look through.
			open := x/p.fw()*2 - 1
			size = mul(size, 0.72+mul(0.42, mul(open, open)))
			p.plant(d, pt{x, base + p.units(d.in(-5, 8))}, size, c, round)
		}
		p.mist(base, p.units(46), int32(96-24*i))
	}
}

// copse scatters small trees and bushes over a hill, so that its size is seen.
func (p *painting) copse(line ridge, k ink, i int) {
	d := p.dice("copse" + string(rune('0'+i)))
	leaf := mix(k, p.leaves(feature{}), 150)
	if p.scene.not("tree") {
		return
	}
	round := p.leafy(d)
	for range 2 + d.IntN(3) {
		at := d.in(0.03, 0.97)
		for range 2 + d.IntN(6) {
			x := mul(p.fw(), at+d.in(-0.05, 0.05))
			y := line[min(p.w-1, max(0, int(x)))] + p.units(d.in(2, 34))
			tall := p.units(mul(d.in(26, 46), 1+mul(float64(i), 0.7)))
			if y > p.horiz-2 && p.scene.with("lake", "sea") {
				continue // it would stand in the water
			}
			if d.odds(3) {
				s := mul(tall, 0.3)
				p.fill(ellipse(x, y, s, mul(s, 0.7)), p.down(mix(leaf, p.pal.light, 40), mix(leaf, p.pal.shade, 60), y-s, y+s, 40, 2), opaque)
				continue
			}
			p.plant(d, pt{x, y}, tall, leaf, round)
		}
	}
}

// turf is the ground a row of trees stands on.
func (p *painting) turf(base float64, k ink, i int) {
	line := p.rolling("turf"+string(rune('0'+i)), base/p.fh()-0.004, 0.012, 2, 2)
	p.fill(line.path(p.fh()), p.meadow(line, mix(k, p.pal.lawn, 70), "turf"), opaque)
}

// leaves is the color of foliage.
func (p *painting) leaves(f feature) ink {
	k := mix(p.pal.near, p.pal.shaded(hex(0x2f6a48)), 110)
	switch {
	case f.color != "":
		k = p.colorOf(f, 0)
	case p.scene.season == "autumn":
		k = p.shadedLeaf(0xc8702c)
	case p.scene.season == "spring":
		k = p.shadedLeaf(0xf0a8be)
	case p.scene.season == "winter":
		k = mix(k, p.pal.cloud, 60)
	}
	return k
}

func (p *painting) shadedLeaf(v uint32) ink { return p.pal.shaded(hex(v)) }

// leafy reports whether trees have leaves and not needles.
func (p *painting) leafy(d dice) bool {
	switch p.scene.season {
	case "autumn", "spring":
		return true
	case "winter":
		return false
	}
	return p.scene.hour == "day" && p.scene.weather == "" && d.odds(2)
}

// plant puts one tree up.
func (p *painting) plant(d dice, foot pt, tall float64, k ink, round bool) {
	k = mix(k, []ink{p.pal.light, p.pal.shade}[d.IntN(2)], int32(d.IntN(36)))
	if p.scene.season == "autumn" && round {
		k = mix(k, p.pal.shaded(hex([]uint32{0xd84a2a, 0xe8a83a, 0xb85a24, 0xe07830}[d.IntN(4)])), 110)
	}
	if round {
		p.broadleaf(d, foot, tall, k)
		return
	}
	p.pine(d, foot, tall, k)
}

// pine is boughs over boughs, each with a lit and a dark half.
func (p *painting) pine(d dice, foot pt, tall float64, k ink) {
	wide := mul(tall, d.in(0.17, 0.23))
	trunk := mix(k, p.pal.shade, 150)
	p.fill(stroke(foot, pt{foot.x, foot.y - mul(tall, 0.3)}, mul(wide, 0.2), mul(wide, 0.14)), p.solid(trunk, 20, 1), opaque)
	lit, dark := mix(k, p.pal.light, 40), mix(k, p.pal.shade, 80)
	if p.orb.x >= 0 && p.orb.x < foot.x {
		lit, dark = dark, lit
	}
	shade := p.across(dark, lit, foot.x-mul(wide, 0.8), foot.x+mul(wide, 0.8), 34, p.shift)
	boughs := min(9, 4+int(tall)/60)
	for i := boughs - 1; i >= 0; i-- {
		t := float64(i) / float64(boughs)
		top := foot.y - mul(tall, 1-mul(t, 0.84))
		low := top + mul(tall, 0.34-mul(0.1, 1-t))
		half := mul(wide, 0.24+t)
		p.fill(bough(d, foot.x, top, low, half), shade, opaque)
		if p.scene.season == "winter" && tall > p.units(60) {
			snow := mix(hex(0xffffff), p.pal.skyMid, 40+p.pal.dark/3)
			p.fill(bough(d, foot.x, top, lerp(top, low, 0.45), mul(half, 0.5)), p.solid(snow, 30, 2), 220)
		}
	}
}

// bough is a triangle with a ragged hem.
func bough(d dice, x, top, low, half float64) []pt {
	path := []pt{{x, top}, {x + mul(half, 0.45), lerp(top, low, 0.55)}, {x + half, low}}
	const teeth = 6
	for i := 1; i < teeth; i++ {
		t := float64(i) / teeth
		dip := mul(low-top, 0.10)
		if i%2 == 1 {
			dip = -mul(dip, d.in(0.4, 1))
		}
		path = append(path, pt{x + mul(half, 1-mul(2, t)), low + dip})
	}
	return append(path, pt{x - half, low}, pt{x - mul(half, 0.45), lerp(top, low, 0.55)})
}

// broadleaf is a trunk with a crown of blots: dark below, light above.
func (p *painting) broadleaf(d dice, foot pt, tall float64, k ink) {
	trunk := mix(p.pal.shaded(hex(0x5a4030)), k, 50)
	crown := pt{foot.x, foot.y - mul(tall, 0.62)}
	p.fill(stroke(foot, crown, mul(tall, 0.07), mul(tall, 0.03)), p.solid(trunk, 40, 1), opaque)
	p.fill(stroke(pt{foot.x, foot.y - mul(tall, 0.3)}, pt{foot.x + mul(tall, 0.16), foot.y - mul(tall, 0.58)}, mul(tall, 0.03), mul(tall, 0.015)), p.solid(trunk, 40, 1), opaque)
	r := mul(tall, 0.33)
	lean := 1.0
	if p.orb.x >= 0 && p.orb.x < foot.x {
		lean = -1
	}
	layers := []struct {
		k           ink
		spread, r   float64
		dx, dy, num float64
	}{
		{mix(k, p.pal.shade, 110), 0.62, 0.5, 0, 0.14, 9},
		{k, 0.56, 0.46, 0, 0, 9},
		{mix(k, p.pal.light, 46), 0.46, 0.32, 0.16, -0.2, 8},
		{mix(k, p.pal.light, 96), 0.36, 0.16, 0.28, -0.34, 7},
	}
	for _, l := range layers {
		var blots [][]pt
		for i := range int(l.num) {
			a := (float64(i) + d.in(0, 0.8)) / l.num
			x := crown.x + mul(mul(r, l.spread), cosine(a)) + mul(mul(r, l.dx), lean)
			y := crown.y + mul(mul(r, l.spread), mul(0.8, sine(a))) + mul(r, l.dy)
			s := mul(mul(r, l.r), d.in(0.8, 1.2))
			blots = append(blots, ellipse(x, y, s, mul(s, 0.86)))
		}
		blots = append(blots, ellipse(crown.x+mul(mul(r, l.dx), lean), crown.y+mul(r, l.dy), mul(r, l.spread), mul(r, mul(l.spread, 0.8))))
		p.fillAll(blots, p.solid(l.k, 40, p.shift), 245)
	}
}
