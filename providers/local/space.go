package local

import "slices"

// space is the dark between the stars: a nebula, planets, and who drifts there; with a moon to stand on if it was named.
func (p *painting) space() {
	s := p.scene
	s.hour = "night"
	p.pal = s.light(p.dice("palette"))
	p.pal.dark = 60
	d := p.dice("space")
	p.horiz, p.front = p.fh(), p.fh()
	p.nebula(d)
	p.stars()
	if s.with("sun") {
		c := p.at(0.82, 0.2)
		p.glow(c.x, c.y, p.units(620), hex(0xffe0a0), 200)
		p.disk(c.x, c.y, p.units(70), p.solid(hex(0xfff6d8), 10, 1), opaque)
	}
	p.orb, p.orbR = p.at(0.86, 0.12), p.units(40) // where the light comes from
	p.worlds(d)
	if s.with("comet") {
		p.comet(d)
	}
	ground := s.with("moon") || s.with("alien") && !s.with("ufo", "spaceship")
	if ground {
		p.lunar(d)
	}
	p.drift(d, ground)
}

// nebula is two clouds of color on the dark.
func (p *painting) nebula(d dice) {
	chords := [][3]uint32{{0x0b0a24, 0x7a2f8a, 0x2a6ab8}, {0x07101f, 0x1f7a8a, 0x8a3f7a}, {0x120a20, 0xb84a5a, 0x4a3fa8}, {0x080d22, 0x3f5ac8, 0x2fa88a}}
	chord := chords[d.IntN(len(chords))]
	if f, ok := p.scene.has("galaxy", "space"); ok && tints[f.color] != 0 {
		chord[1] = tints[f.color]
	}
	if v, ok := tints[p.scene.tint]; ok {
		chord[1] = v
	}
	base, a, b := hex(chord[0]), hex(chord[1]), hex(chord[2])
	one, two := p.noiseSeed("nebula"), p.noiseSeed("nebula2")
	turn := 300 + d.IntN(300)
	dust := func(seed uint32, lean int) *field {
		return p.newField(0, p.h, 2, func(x, y int) int {
			u, v := x*700/p.h, y*700/p.h
			bend := fractal(u+200, v, 3, seed+7) >> 7
			off := (y*1000/p.h - turn - lean*(x*1000/p.w-500)/1000)
			band := max(0, 300-off*off/500)
			return fractal(u+bend, v+bend, 5, seed) * band / 300
		})
	}
	cloudA, cloudB := dust(one, 500), dust(two, -350)
	p.wash(0, p.h, func(x, y int) (ink, int32) {
		na, nb := int32(cloudA.get(x, y)-16000)>>7, int32(cloudB.get(x, y)-18000)>>7
		k := mix(base, a, min(max(na, 0), 200))
		k = mix(k, b, min(max(nb, 0), 170))
		core := min(max(na+nb-260, 0), 150)
		return mix(k, hex(0xfff0e0), core).lit(p.tooth(x, y, 2) / 40), opaque
	})
	p.scene.add("stars")
}

// worlds are planets: one large, others small and far.
func (p *painting) worlds(d dice) {
	f, ok := p.scene.has("planet")
	n := 1 + d.IntN(2)
	if ok {
		n = min(max(f.count, 1), 5)
	}
	if !ok && p.scene.with("galaxy", "comet") && p.scene.hero() < 0 {
		n = 0
	}
	if !ok && p.scene.hero() >= 0 {
		n = min(n, 1)
	}
	colors := []uint32{0xe0a878, 0x6aa8d8, 0xc86a5a, 0x8ac8a0, 0xb090d8, 0xe8c870}
	first := d.IntN(len(colors))
	crowd := p.scene.hero() >= 0 || p.scene.with("rocket", "spaceship", "ufo", "satellite")
	spots := []pt{{0.7, 0.42}, {0.2, 0.2}, {0.26, 0.76}, {0.88, 0.78}, {0.46, 0.14}}
	for i := range n {
		k := colors[(first+i)%len(colors)]
		if v, tinted := tints[f.color]; tinted {
			k = v
		}
		c, r := p.at(spots[i].x+d.in(-0.03, 0.03), spots[i].y+d.in(-0.03, 0.03)), p.units(d.in(50, 90))
		if i == 0 {
			r = p.units(250)
			if crowd {
				c, r = p.at(0.79, 0.3), p.units(140)
			}
		}
		p.globe(c, mul(r, scaleOf(f)), hex(k), i == 0 || d.odds(3), uint32(i))
		if ok {
			p.note(f, [][]pt{ellipse(c.x, c.y, r, r)})
		}
	}
}

// globe is a planet with bands, a night side, thin air, and perhaps a ring.
func (p *painting) globe(c pt, r float64, k ink, ringed bool, n uint32) {
	dark, seed := mix(k.scale(70), hex(0x0a0a20), 120), p.noiseSeed("globe")+n
	ring := p.solid(mix(k, hex(0xfff4e0), 130), 40, p.brush())
	back, front := p.ringAround(c, r, 0.5, 1), p.ringAround(c, r, 0, 0.5)
	p.glow(c.x, c.y, mul(r, 1.5), k, 130)
	if ringed {
		p.fill(back, ring, 170)
	}
	scale := max(1, int(r))
	p.disk(c.x, c.y, r, func(x, y int) ink {
		dx, dy := x-int(c.x), y-int(c.y)
		band := int32(fractal((dy*5+dx)*300/scale+40000, dx*90/scale+9000, 4, seed) >> 8)
		lit := mix(mix(k.scale(190), k, band*2), hex(0xffffff), max(0, band-150))
		shadow := int32(min(max((dy*130-dx*150)/scale+60, 0), 235))
		edge := int32((dx*dx + dy*dy) * 256 / (scale * scale))
		return mix(mix(lit, dark, shadow), dark, max(0, edge-190)).lit(p.tooth(x, y, 1) / 30)
	}, opaque)
	if ringed {
		p.fill(front, ring, 215)
	}
}

// comet has a head and a long tail away from the light.
func (p *painting) comet(d dice) {
	f, _ := p.scene.has("comet")
	for i := range min(max(f.count, 1), 5) {
		c := p.at(0.3+mul(float64(i), 0.13)+d.in(-0.06, 0.06), 0.62-mul(float64(i), 0.14)+d.in(-0.05, 0.05))
		long := p.units(d.in(380, 520))
		tip := pt{c.x + long, c.y - mul(long, 0.55)}
		for w := range 4 {
			p.fill(stroke(c, tip, p.units(40-float64(w*9)), p.units(2)), p.solid(mix(hex(0x8ad0ff), hex(0xffffff), int32(w*60)), 0, 0), int32(50+w*30))
		}
		p.glow(c.x, c.y, p.units(110), hex(0xbfe4ff), 230)
		p.disk(c.x, c.y, p.units(20), p.solid(hex(0xffffff), 0, 0), opaque)
		p.note(f, [][]pt{{c, tip}})
	}
}

// lunar is gray ground with craters.
func (p *painting) lunar(d dice) {
	f, _ := p.scene.has("moon")
	k := hex(0xb8bcc8)
	if v, ok := tints[f.color]; ok {
		k = mix(hex(v), k, 70)
	}
	line := p.rolling("lunar", 0.78, 0.03, 1.4, 3)
	p.front = mul(p.fh(), 0.8)
	p.horiz = mul(p.fh(), 0.77)
	p.fill(line.path(p.fh()+4), p.meadow(line, k, "lunar"), opaque)
	for range 16 {
		t := d.Float64()
		c := p.at(d.Float64(), 0.82+mul(t, 0.17))
		r := p.units(14 + mul(t, 60))
		p.fill(ellipse(c.x, c.y, r, mul(r, 0.3)), p.down(k.scale(130), k.scale(210), c.y-mul(r, 0.3), c.y+mul(r, 0.3), 20, 3), 220)
		p.lens(pt{c.x, c.y + mul(r, 0.3)}, mul(r, 0.8), mul(r, 0.07), mix(k, hex(0xffffff), 140), 160)
	}
	if f.name != "" {
		p.note(f, [][]pt{line.path(p.fh())})
	}
}

// drift is who floats in space, or stands on its ground.
func (p *painting) drift(d dice, ground bool) {
	var all []actor
	for _, f := range p.scene.features {
		w, ok := drawn(f)
		if !ok || p.scene.rides(f) || slices.Contains([]string{"fir", "palm"}, f.name) {
			continue
		}
		for range min(max(f.count, 1), 5) {
			all = append(all, actor{f: f, d: w})
		}
	}
	n := len(all)
	for i, a := range all {
		x, y, size := 0.4+d.in(-0.03, 0.03), 0.8, mul(a.d.size, 1.3)
		if n > 1 {
			x, y = (float64(i)+d.in(0.44, 0.56))/float64(n), 0.72+d.in(-0.12, 0.1)
			size = mul(a.d.size, 1.7/(0.7+mul(0.46, float64(n))))
		}
		afloat := slices.Contains(airborne, a.f.name)
		a.at = placed{x: mul(p.fw(), sided(a.f.side, x)), y: mul(p.fh(), y), size: p.units(mul(size, scaleOf(a.f))), turn: d.in(-0.05, 0.05)}
		if a.f.name == "rocket" || a.f.name == "spaceship" {
			a.at.turn = 0.08
		}
		if ground && !afloat {
			a.at.turn, a.at.y = 0, mul(p.fh(), 0.88)
			p.shadow(a.at)
		}
		if ground && afloat {
			a.at.y = mul(p.fh(), 0.55)
		}
		a.at = p.within(a.at)
		p.stage(a.f, a.at)
		p.shine(a.f, a.at)
	}
}
