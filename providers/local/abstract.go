package local

// abstractHour chooses among the palettes for pictures that show nothing.
func (p *painting) abstractHour() dice {
	d := p.dice("abstract hour")
	if p.scene.hour == "" {
		p.scene.hour = []string{"night", "dusk", "sunset", "dawn", "day"}[d.IntN(5)]
	}
	return d
}

// abstract composes disks, arcs, bars and waves on a ground of two colors: what the painter makes of words that name
// nothing it can draw.
func (p *painting) abstract() {
	d := p.dice("abstract")
	p.horiz = p.fh()
	p.air()
	k := p.chord(d)
	p.wave(d, k)
	big := p.at(d.in(0.3, 0.7), d.in(0.3, 0.55))
	r := p.units(d.in(210, 290))
	p.glow(big.x, big.y, mul(r, 2), p.pal.glow, 150)
	p.disk(big.x, big.y, r, p.down(k[0], mix(k[0], k[1], 140), big.y-r, big.y+r, 50, p.brush()), opaque)
	p.arcs(d, big, r, k)
	for range 3 + d.IntN(3) {
		p.bar(d, k)
	}
	for range 7 + d.IntN(6) {
		c := p.at(d.in(0.05, 0.95), d.in(0.05, 0.95))
		s := p.units(d.in(8, 70))
		p.disk(c.x, c.y, s, p.across(k[d.IntN(len(k))], k[d.IntN(len(k))], c.x-s, c.x+s, 50, p.brush()), 235)
		if d.odds(2) {
			p.disk(c.x, c.y, mul(s, 0.5), p.solid(k[d.IntN(len(k))], 40, p.brush()), 240)
		}
	}
	p.grid(d, k)
}

// chord is five inks that go together: three of the palette, one from the words, one dark.
func (p *painting) chord(d dice) []ink {
	bold := []uint32{0xe2452f, 0xf2b632, 0x2f6fb0, 0x1f8a7a, 0xe87a9a, 0x6a4aa0, 0xf08a3c}
	first := hex(bold[d.IntN(len(bold))])
	if v, ok := tints[p.scene.tint]; ok {
		first = hex(v)
	}
	second := hex(bold[d.IntN(len(bold))])
	return []ink{first, mix(second, p.pal.skyLow, 50), p.pal.light, mix(p.pal.far, p.pal.cloud, 90), p.pal.ink}
}

// wave is a few bands across the lower part.
func (p *painting) wave(d dice, k []ink) {
	for i := range 4 {
		base := 0.58 + mul(float64(i), 0.11)
		line := p.rolling("wave"+string(rune('0'+i)), base, 0.09, d.in(0.8, 1.6), 2)
		c := mix(mix(k[i%2+1], p.pal.mid, int32(60+50*i)), p.pal.shade, int32(14*i))
		p.fill(line.path(p.fh()+4), p.meadow(line, c, "wave"), 225)
	}
}

// arcs are rings around the big disk, cut open.
func (p *painting) arcs(d dice, c pt, r float64, k []ink) {
	for range 4 {
		rad, from, long := mul(r, d.in(1.1, 1.9)), d.Float64(), d.in(0.2, 0.6)
		wide := p.units(d.in(4, 26))
		var path []pt
		for i := range 61 {
			t := from + mul(long, float64(i)/60)
			path = append(path, pt{c.x + mul(rad, cosine(t)), c.y + mul(rad, sine(t))})
		}
		for i := range 61 {
			t := from + mul(long, float64(60-i)/60)
			path = append(path, pt{c.x + mul(rad+wide, cosine(t)), c.y + mul(rad+wide, sine(t))})
		}
		p.fill(path, p.solid(k[d.IntN(len(k))], 40, p.brush()), 225)
	}
}

func (p *painting) bar(d dice, k []ink) {
	a := p.at(d.in(0.05, 0.95), d.in(0.1, 0.9))
	turn, long := d.Float64(), p.units(d.in(160, 560))
	b := pt{a.x + mul(long, cosine(turn)), a.y + mul(long, sine(turn))}
	w := p.units(d.in(3, 34))
	p.fill(stroke(a, b, w, mul(w, d.in(0.2, 1))), p.across(k[d.IntN(len(k))], k[d.IntN(len(k))], a.x, b.x, 50, p.brush()), 225)
}

// grid is a small field of dots, for scale.
func (p *painting) grid(d dice, k []ink) {
	o := p.at(d.in(0.1, 0.7), d.in(0.1, 0.7))
	step := p.units(d.in(22, 34))
	for y := range 5 {
		for x := range 7 {
			p.disk(o.x+mul(step, float64(x)), o.y+mul(step, float64(y)), mul(step, 0.16), p.solid(k[4], 20, 1), 210)
		}
	}
}
