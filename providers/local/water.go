package local

import "slices"

// middle paints water and what floats on it.
func (p *painting) middle() {
	s := p.scene
	if !s.with("sea", "lake") {
		return
	}
	bottom := p.fh()
	if s.with("lake") && !s.with("sea", "city") || s.subject() != "" {
		bottom = p.front + p.units(40)
	}
	p.water(bottom)
	if s.with("island") {
		p.isle()
	}
	p.afloat()
}

// water mirrors what is above it, shaken by waves that grow toward the viewer, under a tint and strokes of light.
func (p *painting) water(bottom float64) {
	name := "lake"
	if p.scene.with("sea") {
		name = "sea"
	}
	f, _ := p.scene.has(name)
	k, asked := p.pal.water, int32(0)
	if v, ok := tints[f.color]; ok {
		k, asked = mix(k, p.pal.shaded(hex(v)), 225), 70
	}
	deep := mix(k, p.pal.shade, 90)
	seed, top, rough := p.noiseSeed("water"), int(p.horiz), 3
	if name == "sea" {
		rough = 9
	}
	sky := make([]ink, len(p.pix))
	copy(sky, p.pix)
	p.wash(top, int(bottom), func(x, y int) (ink, int32) {
		down := y - top
		swing := rough * (p.h + down*12) / 1200
		wave := noise(x*2600/(p.h+down*2), y*26000/(p.h+down*7), seed) - 32768
		sx := min(max(x+wave*swing>>15, 0), p.w-1)
		sy := min(max(top-1-down*7/6+wave*swing>>14, 0), top-1)
		mirrored := sky[sy*p.w+sx]
		tint := asked + int32(70+down*190/p.h)
		if name == "sea" {
			tint += 40
		}
		c := mix(mirrored, mix(k, deep, int32(down*256/max(1, p.h-top))), min(tint, 200+asked/3))
		return c.lit(int32(wave>>4) + p.tooth(x, y, 4)/28), opaque
	})
	p.strokesOfLight(bottom, rough)
	p.note(feature{name: name, color: f.color}, [][]pt{{{0, p.horiz}, {p.fw(), bottom}}})
	p.shoreline()
}

// shoreline is a thin pale line where water and land meet.
func (p *painting) shoreline() {
	k := mix(p.pal.skyLow, p.pal.light, 90)
	p.wash(int(p.horiz)-1, int(p.horiz)+max(2, p.h/400), func(int, int) (ink, int32) { return k, 90 })
}

// strokesOfLight are thin lenses, wider toward the viewer; under the orb they make its path.
func (p *painting) strokesOfLight(bottom float64, rough int) {
	d := p.dice("strokes")
	lit, dark := mix(p.pal.skyLow, p.pal.light, 120), mix(p.pal.water, p.pal.shade, 120)
	for i := range 60 * rough {
		t := mul(d.Float64(), d.Float64())
		y := lerp(p.horiz+2, bottom, t)
		wide := p.units(d.in(8, 26) + mul(t, 90))
		k, cover := lit, int32(34+d.IntN(40))
		if i%2 == 0 {
			k = dark
		}
		p.lens(pt{mul(p.fw(), d.Float64()), y}, wide, p.units(0.7+mul(t, 4)), k, cover)
	}
	if p.orb.x < 0 {
		return
	}
	for range 260 {
		t := mul(d.Float64(), d.Float64())
		y := lerp(p.horiz+1, bottom, t)
		reach := mul(p.orbR, 0.5+mul(t, 1.2))
		off := mul(d.Float64()+d.Float64()-1, reach)
		p.lens(pt{p.orb.x + off, y}, p.units(d.in(6, 18)+mul(t, 55)), p.units(0.9+mul(t, 4.5)), p.pal.light, int32(90+d.IntN(130)))
	}
}

// lens is a flat stroke, pointed at both ends.
func (p *painting) lens(c pt, wide, high float64, k ink, cover int32) {
	path := []pt{
		{c.x - wide, c.y},
		{c.x - mul(wide, 0.4), c.y - mul(high, 0.8)},
		{c.x + mul(wide, 0.3), c.y - high},
		{c.x + wide, c.y},
		{c.x + mul(wide, 0.4), c.y + mul(high, 0.8)},
		{c.x - mul(wide, 0.3), c.y + high},
	}
	p.fill(path, p.solid(k, 16, 2), cover)
}

// afloat places boats, whales, leaping fish and the lighthouse.
func (p *painting) afloat() {
	d := p.dice("afloat")
	n, i := 0, 0
	for _, f := range p.scene.features {
		if slices.Contains(waterborne, f.name) && f.name != "lighthouse" {
			n += min(max(f.count, 1), 5)
		}
	}
	for _, f := range p.scene.features {
		switch {
		case f.name == "lighthouse":
			p.lighthouse(f)
		case slices.Contains(waterborne, f.name):
			for range min(max(f.count, 1), 5) {
				p.float(d, f, i, n)
				i++
			}
		}
	}
}

// float puts the i-th of n things on the water.
func (p *painting) float(d dice, f feature, i, n int) {
	w, ok := drawn(f)
	if !ok {
		return
	}
	x, y, size := d.in(0.38, 0.48), d.in(0.12, 0.17), mul(w.size, d.in(1.16, 1.3))
	if p.scene.with("lighthouse") && p.orb.x > p.fw()/2 {
		x += 0.14
	}
	if n > 1 {
		x, y, size = (float64(i)+d.in(0.42, 0.58))/float64(n), d.in(0.06, 0.16), mul(w.size, 1.3/(0.6+mul(0.5, float64(n))))
	}
	if p.scene.subject() != "" {
		y, size = d.in(0.03, 0.07), mul(size, 0.62)
	}
	p.onWater(f, placed{
		x: mul(p.fw(), sided(f.side, x)), y: p.horiz + mul(p.fh(), y), size: p.units(mul(size, scaleOf(f))),
		flip: d.odds(2) && f.rel == "",
	})
}

// onWater draws a thing with its reflection.
func (p *painting) onWater(f feature, at placed) {
	up := at
	up.upset = true
	p.figure(f, up, 80)
	for range 3 {
		p.lens(pt{at.x, at.y + p.units(4)}, mul(at.size, 0.42), p.units(3), mix(p.pal.skyLow, p.pal.light, 100), 90)
	}
	p.stage(f, at)
	p.lens(pt{at.x, at.y}, mul(at.size, 0.5), p.units(3.5), mix(p.pal.water, p.pal.light, 130), 150)
}

func (p *painting) lighthouse(f feature) {
	x := mul(p.fw(), 0.2)
	if p.orb.x > 0 && p.orb.x < p.fw()/2 {
		x = mul(p.fw(), 0.8)
	}
	y, size := p.horiz+mul(p.fh(), 0.06), p.units(430)
	rock := outline("M -10,100 C 0,90 20,84 34,80 C 50,74 66,80 78,86 C 92,90 104,96 112,100 Z", placed{x: x, y: y + p.units(20), size: size})
	p.fillAll(rock, p.down(mix(p.pal.near, p.pal.light, 50), p.pal.shade, y-mul(size, 0.2), y+p.units(30), 40, p.brush()), opaque)
	at := placed{x: x, y: y - mul(size, 0.14), size: size}
	lamp := at.at(50, 13)
	if p.pal.dark > 40 || p.scene.weather != "" {
		far := mul(p.fw(), 0.9)
		if x > p.fw()/2 {
			far = -far
		}
		p.fill([]pt{lamp, {lamp.x + far, lamp.y - p.units(90)}, {lamp.x + far, lamp.y + p.units(70)}}, p.solid(hex(0xfff2b8), 0, 0), 60)
		p.glow(lamp.x, lamp.y, p.units(150), hex(0xfff2b8), 200)
	}
	p.figure(f, at, opaque)
}
