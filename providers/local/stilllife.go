package local

import "slices"

// table is a still life: things on a cloth, light from one side, a quiet wall.
func (p *painting) table() {
	s := p.scene
	p.pal = s.light(p.dice("palette"))
	d := p.dice("table")
	night := p.pal.dark > 90
	p.horiz, p.front = mul(p.fh(), 0.64), mul(p.fh(), 0.8)
	p.orb, p.orbR = p.at(-0.02, 0.1), p.units(60)
	p.orb.x = 0
	wall := hex([]uint32{0x8fb0a8, 0xc8a890, 0xa89ab8, 0xd8c090, 0x90a4b8, 0xc08a80}[d.IntN(6)])
	cloth := hex([]uint32{0xf2e8d8, 0xb86a50, 0x5a7a8a, 0xd8b070, 0x8a5a4a, 0xe6d6c6}[d.IntN(6)])
	if f, ok := s.has("table"); ok && tints[f.color] != 0 {
		cloth = hex(tints[f.color])
	}
	if v, ok := tints[s.tint]; ok {
		wall = mix(hex(v), wall, 90)
	}
	if night {
		wall, cloth = mix(wall.scale(80), hex(0x241c34), 120), cloth.scale(150)
	}
	p.backwall(wall)
	p.cloth(cloth)
	p.pal.ground, p.pal.shade, p.pal.mid, p.pal.near = cloth.scale(120), mix(hex(0x2a1c22), cloth, 40), wall, wall.scale(150)
	p.pal.light, p.pal.glow = hex(0xfff4dc), hex(0xffe2b0)
	p.pal.dark = min(p.pal.dark, 70)
	p.layOut(d)
}

// backwall is plaster with the light of a window across it.
func (p *painting) backwall(k ink) {
	seed := p.noiseSeed("plaster")
	blots := p.newField(0, p.h, 2, func(x, y int) int { return fractal(x*700/p.h, y*700/p.h, 4, seed) - 32768 })
	dark := mix(k, hex(0x201820), 110)
	p.wash(0, int(p.horiz)+4, func(x, y int) (ink, int32) {
		t := int32(x*150/p.w+y*40/p.h) - int32(blots.get(x, y)>>10)
		return mix(mix(k, hex(0xffffff), 30), dark, t).lit(p.tooth(x, y, 2) / 24), opaque
	})
	if p.pal.dark < 90 {
		for i := range 2 {
			x := 0.1 + mul(0.22, float64(i))
			p.fill([]pt{p.at(x, 0), p.at(x+0.17, 0), p.at(x+0.34, 0.64), p.at(x+0.17, 0.64)}, p.solid(hex(0xfff4d8), 0, 0), 34)
		}
	}
}

// cloth is the table top, with its near edge.
func (p *painting) cloth(k ink) {
	s, seed := p.brush(), p.noiseSeed("cloth")
	edge := int(mul(p.fh(), 0.93))
	p.wash(int(p.horiz), p.h, func(x, y int) (ink, int32) {
		c := mix(mix(k, hex(0xffffff), 50), mix(k, hex(0x281c24), 70), int32(x*200/p.w))
		if y > edge {
			fold := int32(noise(x*3000/p.w, 0, seed)-32768) >> 9
			c = mix(c, hex(0x281c24), 70+fold)
		}
		weave := int32((x/2+y/2)&1) * 300
		return c.lit(weave + p.tooth(x, y, s)/22), opaque
	})
	p.wash(int(p.horiz)-1, int(p.horiz)+max(2, p.h/300), func(int, int) (ink, int32) { return mix(k, hex(0x181018), 160), 120 })
}

// layOut stands the things in a row that is a little deep: tall ones behind.
func (p *painting) layOut(d dice) {
	var all []actor
	for _, f := range p.scene.features {
		w, ok := drawn(f)
		if !ok || f.name == "table" || f.to != "table" && p.scene.rides(f) {
			continue
		}
		for range min(max(f.count, 1), 7) {
			all = append(all, actor{f: f, d: w})
		}
	}
	if len(all) == 0 {
		for _, name := range []string{"vase", "bowl"} {
			w, _ := drawingOf(name)
			all = append(all, actor{f: feature{name: name, count: 1}, d: w})
		}
	}
	p.rows(d, all)
	slices.SortStableFunc(all, func(a, b actor) int { return int(a.at.y - b.at.y) })
	for _, a := range all {
		p.castShadow(a.at)
		p.shine(a.f, a.at)
		p.stage(a.f, a.at)
		if a.f.name == "cup" {
			p.steam(d, a.at)
		}
	}
}

// rows stands up to four things in one row, more in two, the taller behind.
func (p *painting) rows(d dice, all []actor) {
	n := len(all)
	if n > 4 {
		slices.SortStableFunc(all, func(a, b actor) int { return int(b.d.size - a.d.size) })
		p.row(d, all[:n/2], 0.74, 0.86)
		p.row(d, all[n/2:], 0.87, 0.9)
		return
	}
	p.row(d, all, 0.83, 0.94)
}

// row fills a share of the width with things standing at a height.
func (p *painting) row(d dice, all []actor, y, share float64) {
	sum := 0.0
	for i, a := range all {
		size := mul(p.units(mul(a.d.size, 1.75)), scaleOf(a.f))
		all[i].at.size = min(size, mul(p.fh(), 0.66))
		sum += mul(all[i].at.size, 0.9)
	}
	scale := min(1, mul(p.fw(), share)/sum)
	x := p.fw()/2 - mul(sum, scale)/2
	for i := range all {
		a := &all[i]
		wide := mul(mul(a.at.size, 0.9), scale)
		a.at.size = mul(a.at.size, scale)
		a.at.x, a.at.y = x+wide/2, mul(p.fh(), y)+p.units(d.in(-14, 14))
		if len(all) == 1 {
			a.at.x = mul(p.fw(), sided(a.f.side, 0.48))
		}
		x += wide
	}
}

// castShadow lies long on the cloth, away from the window.
func (p *painting) castShadow(at placed) {
	k := p.solid(hex(0x1c1420), 0, 0)
	for i := range 4 {
		t := 1 - mul(float64(i), 0.16)
		p.fill(ellipse(at.x+mul(at.size, mul(0.2, t)), at.y-mul(at.size, 0.01), mul(at.size, mul(0.52, t)), mul(at.size, mul(0.075, t))), k, 30)
	}
}

// steam curls up from a cup.
func (p *painting) steam(d dice, at placed) {
	for i := range 3 {
		x := 38 + mul(float64(i), 11)
		var spine []pt
		bend := d.in(3, 6)
		for j := range 7 {
			t := float64(j) / 6
			spine = append(spine, at.at(x+mul(bend, sine(mul(t, 1.1)+mul(float64(i), 0.3))), 42-mul(t, 44)))
		}
		for w := range 3 {
			p.fill(tube(spine, mul(at.size, 0.05-mul(float64(w), 0.012)), mul(at.size, 0.012)), p.solid(hex(0xffffff), 0, 0), 34)
		}
	}
}
