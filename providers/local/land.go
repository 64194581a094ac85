package local

import "math"

// ridge is the height of a line of land at each column.
type ridge []float64

// path closes a ridge down to a height.
func (r ridge) path(bottom float64) []pt {
	path := make([]pt, 0, len(r)+4)
	path = append(path, pt{-8, bottom}, pt{-8, r[0]})
	for x := 0; x < len(r); x += 2 {
		path = append(path, pt{float64(x), r[x]})
	}
	return append(path, pt{float64(len(r)) + 8, r[len(r)-1]}, pt{float64(len(r)) + 8, bottom})
}

// rolling is a smooth line around a height.
func (p *painting) rolling(part string, base, swing, cells float64, octaves int) ridge {
	seed := p.noiseSeed(part)
	r := make(ridge, p.w)
	for x := range r {
		r[x] = mul(p.fh(), base) - mul(mul(p.fh(), swing), wander(mul(float64(x)/p.fh(), cells), octaves, seed))
	}
	return r
}

// jagged is a line of peaks: sharp above, wide below.
func (p *painting) jagged(part string, base, height, cells float64) ridge {
	seed := p.noiseSeed(part)
	r := make(ridge, p.w)
	for x := range r {
		t := mul(float64(x)/p.fh(), cells)
		n := 1 - math.Abs(wander(t, 1, seed))
		n = mul(n, n)
		rough := mul(0.2, wander(mul(t, 5), 4, seed+1)) + mul(0.5, wander(mul(t, 0.6), 1, seed+2))
		r[x] = mul(p.fh(), base) - mul(mul(p.fh(), height), mul(n, 0.85)+rough)
	}
	return r
}

// background is what stands at the horizon.
func (p *painting) background() {
	s := p.scene
	if s.with("mountains") {
		p.mountains()
	}
	if s.with("volcano") {
		p.volcano()
	}
	if s.with("hills", "field", "village") || s.with("forest") && !s.with("mountains") {
		p.hills()
	}
	if s.with("desert") {
		p.dunes()
	}
	if s.with("canyon") {
		p.canyon()
	}
	if s.with("sea") && !s.with("mountains", "city", "island", "volcano") {
		p.islands()
	}
	if s.with("city") && !s.with("street") {
		p.city()
	}
	if s.with("street") {
		p.streetScene()
	}
	if s.with("jungle") {
		p.jungle()
	}
	if s.with("waterfall") && !s.with("jungle") {
		p.waterfall()
	}
	if s.with("village") {
		p.village()
	}
	if s.with("forest") {
		p.forest()
	}
}

// mountains are three ranges, each nearer, darker and lower.
func (p *painting) mountains() {
	f, _ := p.scene.has("mountains")
	base := p.horiz / p.fh()
	tall := 0.34
	if p.scene.subject() != "" {
		tall = 0.25 // it must not hide behind them what hangs over the one in front
	}
	snowy := p.scene.season == "winter" || p.scene.weather == "snow" || p.scene.hour != "sunset"
	ranges := []struct {
		k            ink
		height, cell float64
		snow         int
	}{
		{mix(p.pal.far, p.pal.skyLow, 110), tall, 1.5, 18},
		{mix(p.pal.far, p.pal.mid, 60), mul(tall, 0.7), 1.9, 12},
		{p.pal.mid, mul(tall, 0.34), 2.4, 0},
	}
	for i, m := range ranges {
		if v, ok := tints[f.color]; ok {
			m.k = tinted(m.k, hex(v), 200)
		}
		part := "mountains" + string(rune('0'+i))
		line := p.jagged(part, base-0.015+mul(float64(i), 0.012), m.height, m.cell)
		snow := m.snow
		if !snowy {
			snow = 0
		}
		p.fill(line.path(p.horiz+p.units(60)), p.rock(line, m.k, snow, p.noiseSeed(part)), opaque)
		p.mist(p.horiz-p.units(60-float64(20*i)), p.units(90), int32(110-30*i))
	}
}

// rock is lit from the side of the orb, with creases that run down from the crest, and snow above.
func (p *painting) rock(line ridge, k ink, snowDepth int, seed uint32) shader {
	lit := mix(k, p.pal.light, 60+p.pal.dark/8)
	dark := mix(k, p.pal.shade, 74)
	white := mix(hex(0xffffff), p.pal.skyMid, 30+p.pal.dark*2/5)
	if p.scene.hour == "dawn" || p.scene.hour == "sunset" {
		white = mix(white, p.pal.skyMid, 110)
	}
	white = mix(white, p.pal.light, 40)
	gray := mix(white, p.pal.mid, 120)
	low := p.horiz
	depth := snowDepth * p.h / 100
	side := 1
	if p.orb.x > p.fw()/2 {
		side = -1
	}
	// The creases fan out: what is left and right of them is seen by the slope of noise across.
	crease := func(step int) *field {
		return p.newField(above(line), int(low+p.units(60))+4, 1, func(x, y int) int {
			under := y - int(line[x])
			return fractal((x*7+side*under*3)*256/p.h+26*side*step, under*500/p.h+14*step, 4, seed)
		})
	}
	here, beside := crease(0), crease(1)
	return func(x, y int) ink {
		under := y - int(line[x])
		a, b := here.get(x, y), beside.get(x, y)
		face := int32(min(max((a-b)>>4+140, 0), 256))
		c := mix(dark, lit, face)
		if edge := depth + (a-32768)*depth>>15; under < edge {
			c = mix(c, mix(gray, white, face), min(256, int32((edge-under)*40)))
		}
		t := int32((y - int(low) + p.h/5) * 5 * 150 / p.h)
		return mix(c, p.pal.skyLow, min(max(t, 0), 130)).lit(p.tooth(x, y, 9) / 22)
	}
}

// mist lies in a band.
func (p *painting) mist(y, thick float64, cover int32) {
	seed := p.noiseSeed("mist")
	mid, half := int(y), max(1, int(thick))
	k := mix(p.pal.skyLow, p.pal.glow, 50)
	density := p.newField(mid-half, mid+half, 2, func(x, y int) int { return fractal(x*500/p.h, y*1500/p.h, 3, seed) >> 8 })
	p.wash(mid-half, mid+half, func(x, yy int) (ink, int32) {
		off := (yy - mid) * 256 / half
		t := int32(256 - off*off>>8)
		n := int32(density.get(x, yy))
		return k, t * cover >> 8 * (n + 90) >> 8
	})
}

// hills roll behind each other.
func (p *painting) hills() {
	f, ok := p.scene.has("hills", "field")
	base := p.horiz / p.fh()
	for i := range 3 {
		t := float64(i) / 2
		line := p.rolling("hills"+string(rune('0'+i)), base-0.02+mul(t, 0.1), 0.11-mul(t, 0.03), 1.3+mul(t, 0.4), 2)
		k := mix(p.pal.far, p.pal.near, int32(70+i*70))
		k = mix(k, p.pal.lawn, int32(i*50))
		if v, tinting := tints[f.color]; ok && tinting {
			k = mix(k, p.pal.shaded(hex(v)), int32(120+i*60))
		}
		p.fill(line.path(p.fh()), p.meadow(line, k, "hills"), opaque)
		if ok && i == 2 {
			p.note(f, [][]pt{line.path(p.fh())})
		}
		p.copse(line, k, i)
		if i < 2 {
			p.mist(mul(p.fh(), base)+mul(p.units(40), t), p.units(70), 70)
		}
	}
}

// meadow is a slope: light on its crest, darker below, with brushed tufts.
func (p *painting) meadow(line ridge, k ink, part string) shader {
	seed := p.noiseSeed(part)
	lit, dark := mix(k, p.pal.light, 44), mix(k, p.pal.shade, 90)
	s := p.brush()
	blots := p.newField(above(line), p.h, 2, func(x, y int) int { return fractal(x*1100/p.h, y*3400/p.h, 3, seed) - 32768 })
	return func(x, y int) ink {
		under := (y - int(line[x])) * 1000 / p.h
		t := int32(min(under*2, 256))
		blot := int32(blots.get(x, y)) >> 8
		return mix(lit, dark, t-blot*3/4+10).lit(p.tooth(x, y, s) / 20)
	}
}

// dunes are crests with one lit and one dark side.
func (p *painting) dunes() {
	sand := p.pal.shaded(mix(hex(0xe8b878), p.pal.glow, 50))
	base := p.horiz / p.fh()
	for i := range 4 {
		t := float64(i) / 3
		line := p.rolling("dune"+string(rune('0'+i)), base-0.01+mul(t, 0.17), 0.08+mul(t, 0.03), 1.7-mul(t, 0.6), 1)
		k := mix(mix(sand, p.pal.skyLow, 90), sand, int32(i*80))
		lit, dark := mix(k, p.pal.light, 70), mix(k, p.pal.shade, 100)
		s, seed := p.brush(), p.noiseSeed("ripple")
		p.fill(line.path(p.fh()), func(x, y int) ink {
			x2 := min(p.w-1, x+6)
			slope := int32(math.Floor(mul(line[x2]-line[max(0, x-6)], 9000/p.fh())))
			under := int32(y-int(line[x])) * 900 / int32(p.h)
			ripple := int32(noise(x*2600/p.h+y*500/p.h, y*9000/p.h, seed)-32768) >> 11
			return mix(lit, dark, 110+slope*3+under/3+ripple).lit(p.tooth(x, y, s) / 20)
		}, opaque)
	}
}

// islands stand far out at sea.
func (p *painting) islands() {
	d := p.dice("islands")
	if d.odds(3) {
		return
	}
	k := mix(p.pal.far, p.pal.skyLow, 80)
	cx, wide := d.in(0.08, 0.3), d.in(0.14, 0.26)
	if p.orb.x > 0 && p.orb.x < p.fw()/2 {
		cx = 1 - cx
	}
	seed := p.noiseSeed("island")
	line := make(ridge, p.w)
	for x := range line {
		t := (float64(x)/p.fw() - cx) / wide
		bump := math.Max(0, 1-mul(t, t))
		line[x] = p.horiz + 3 - mul(mul(p.fh(), 0.075), mul(bump, 0.8+mul(0.6, wander(mul(t, 2.2), 4, seed))))
	}
	p.fill(line.path(p.horiz+3), p.rock(line, k, 0, seed), opaque)
}
