package local

// foreground is the bank or mound nearest to the viewer and who is on it.
func (p *painting) foreground() {
	s := p.scene
	if s.with("street") {
		p.cast(p.level(0.86))
		return
	}
	if s.with("sea") && !s.with("beach") && s.subject() == "" || s.with("city") && s.subject() == "" {
		return
	}
	line := p.mound()
	k := mix(p.pal.ground, p.pal.lawn, 90)
	if f, ok := s.has("field", "hills"); ok && f.color != "" {
		k = mix(k, p.colorOf(f, 0), 190)
	}
	if s.with("desert") || s.with("sea") {
		k = mix(k, p.pal.shaded(hex(0xdcb27a)), 190)
	}
	p.fill(line.path(p.fh()+4), p.meadow(line, k, "mound"), opaque)
	p.tufts(line, k, false)
	if s.with("flowers") {
		p.flowers(line, 0.0, 0.5)
	}
	p.cast(line)
	p.tufts(line, mix(k, p.pal.shade, 60), true)
	if s.with("flowers") {
		p.flowers(line, 0.45, 1)
	}
	p.frame()
}

// level is flat ground at a height.
func (p *painting) level(y float64) ridge {
	line := make(ridge, p.w)
	for x := range line {
		line[x] = mul(p.fh(), y)
	}
	return line
}

// mound is the line of the near ground; under a figure it rises a little.
func (p *painting) mound() ridge {
	line := p.rolling("mound", p.front/p.fh(), 0.025, 1.3, 3)
	lift := 0.0
	if p.scene.subject() != "" {
		lift = 0.05
	}
	for x := range line {
		t := (float64(x)/p.fw() - 0.38) / 0.42
		bump := max(0, 1-mul(t, t))
		line[x] -= mul(mul(p.fh(), lift), mul(bump, bump))
	}
	return line
}

// tufts are blades along the crest, or a dark fringe at the lower edge.
func (p *painting) tufts(line ridge, k ink, near bool) {
	if p.scene.with("desert", "beach", "canyon", "city") || p.scene.season == "winter" && near {
		return
	}
	d := p.dice("tufts")
	n, tall := 420, 17.0
	if near {
		n, tall = 340, 62
	}
	if p.scene.season == "winter" {
		n = 60
	}
	for i := range n {
		x := mul(p.fw(), d.Float64())
		y := line[min(p.w-1, max(0, int(x)))] + p.units(d.in(2, 26))
		if near {
			y = p.fh() + p.units(d.in(0, 14))
		}
		c := mix(k, []ink{p.pal.light, p.pal.shade, p.pal.lawn}[i%3], int32(d.IntN(70)))
		p.blade(d, pt{x, y}, p.units(mul(tall, d.in(0.5, 1.3))), c)
	}
}

// blade is one bent blade of grass.
func (p *painting) blade(d dice, foot pt, tall float64, k ink) {
	lean := mul(tall, d.in(-0.45, 0.45))
	w := max(p.units(1.4), mul(tall, 0.06))
	path := []pt{
		{foot.x - w, foot.y},
		{foot.x - mul(w, 0.6) + mul(lean, 0.3), foot.y - mul(tall, 0.55)},
		{foot.x + lean, foot.y - tall},
		{foot.x + mul(w, 0.7) + mul(lean, 0.3), foot.y - mul(tall, 0.5)},
		{foot.x + w, foot.y},
	}
	p.fill(path, p.solid(k, 20, 1), 230)
}

// flowers grow larger toward the viewer.
func (p *painting) flowers(line ridge, from, to float64) {
	d := p.dice("flowers" + string(rune('a'+int(mul(from, 10)))))
	f, _ := p.scene.has("flowers")
	colors := []uint32{0xe8483a, 0xf6c83a, 0xf4f0e4, 0xd86aa8, 0x7a6ad8}
	if v, ok := tints[f.color]; ok {
		colors = []uint32{v}
	}
	for range 90 {
		t := d.in(from, to)
		x := mul(p.fw(), d.Float64())
		y := lerp(line[min(p.w-1, int(x))]+p.units(6), p.fh(), t)
		r := p.units(d.in(5, 8) + mul(t, 13))
		k := p.pal.shaded(hex(colors[d.IntN(len(colors))]))
		stem := pt{x + mul(r, d.in(-0.6, 0.6)), y + mul(r, 3.4)}
		p.fill(stroke(stem, pt{x, y}, mul(r, 0.22), mul(r, 0.14)), p.solid(mix(p.pal.near, p.pal.lawn, 90), 20, 1), 230)
		p.flower(d, pt{x, y}, r, k)
	}
}

func (p *painting) flower(d dice, c pt, r float64, k ink) {
	turn := d.Float64()
	var petals [][]pt
	for i := range 5 {
		a := turn + float64(i)/5
		petals = append(petals, ellipse(c.x+mul(mul(r, 0.6), cosine(a)), c.y+mul(mul(r, 0.45), sine(a)), mul(r, 0.52), mul(r, 0.44)))
	}
	p.fillAll(petals, p.down(mix(k, p.pal.light, 60), mix(k, p.pal.shade, 30), c.y-r, c.y+r, 30, 2), opaque)
	p.disk(c.x, c.y, mul(r, 0.3), p.solid(mix(p.pal.shaded(hex(0xf6c83a)), p.pal.shade, 40), 10, 1), opaque)
}

// frame stands near trees at the sides, where somebody looks out of a forest.
func (p *painting) frame() {
	if !p.scene.with("forest") || p.scene.with("lake") {
		return
	}
	d := p.dice("frame")
	k := mix(p.pal.shade, p.pal.near, 90)
	round := p.leafy(d)
	for i := range 4 {
		x := []float64{-0.02, 1.03, 0.10, 0.93}[i]
		tall := p.units([]float64{900, 820, 520, 470}[i])
		p.plant(d, p.at(x+d.in(-0.02, 0.02), 1.0), tall, k, round && i > 1)
	}
}
