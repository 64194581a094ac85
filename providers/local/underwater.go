package local

import "slices"

// underwater is blue that gets deeper, light that falls in shafts, sand with weed and coral, and who swims there.
func (p *painting) underwater() {
	s := p.scene
	p.pal = s.light(p.dice("palette"))
	d := p.dice("underwater")
	top, mid, deep := hex(0x7adbe0), hex(0x2489b8), hex(0x0c3a70)
	if p.pal.dark > 100 {
		top, mid, deep = hex(0x3a8ab0), hex(0x16508a), hex(0x081f48)
	}
	if f, ok := s.has("sea", "underwater"); ok && tints[f.color] != 0 {
		k := hex(tints[f.color])
		top, mid, deep = tinted(top, k, 170), tinted(mid, k, 190), tinted(deep, k, 190)
	}
	if v, ok := tints[s.tint]; ok {
		top, mid, deep = tinted(top, hex(v), 120), tinted(mid, hex(v), 120), tinted(deep, hex(v), 120)
	}
	p.pal.skyTop, p.pal.skyMid, p.pal.skyLow = top, mid, deep
	p.pal.near, p.pal.mid, p.pal.far, p.pal.shade, p.pal.light = deep, mix(mid, deep, 120), mid, deep.scale(150), hex(0xe0fbf4)
	p.pal.glow, p.pal.ink = hex(0xb0f0e8), hex(0x061a34)
	p.pal.dark = min(p.pal.dark/2, 70)
	p.horiz, p.front = mul(p.fh(), 0.8), mul(p.fh(), 0.84)
	p.depth(top, mid, deep)
	p.shafts(d)
	p.reef(d, mid)
	p.school(d, mid)
	line := p.seabed(d)
	p.swimmers(d, line)
	p.bubbles(d)
}

func (p *painting) depth(top, mid, deep ink) {
	seed := p.noiseSeed("depth")
	shake := p.newField(0, p.h, 2, func(x, y int) int { return (fractal(x*900/p.h, y*1800/p.h, 3, seed) - 32768) * p.h >> 19 })
	p.wash(0, p.h, func(x, y int) (ink, int32) {
		t := int32(min(max((y+shake.get(x, y))*512/p.h, 0), 512))
		k := mix(top, mid, t*5/4)
		if t > 205 {
			k = mix(mid, deep, (t-205)*256/307)
		}
		return k.lit(p.tooth(x, y, 0) / 30), opaque
	})
	p.glow(mul(p.fw(), 0.6), 0, p.units(760), hex(0xe8fff4), 150)
}

// shafts of light fan out from the surface.
func (p *painting) shafts(d dice) {
	for range 9 {
		x := d.in(-0.1, 1.1)
		lean := mul(x-0.6, 0.6)
		w := d.in(0.02, 0.07)
		a, b := p.at(x, -0.02), p.at(x+w, -0.02)
		c, e := p.at(x+w+lean+mul(w, 1.5), 0.9), p.at(x+lean-w, 0.9)
		p.fill([]pt{a, b, c, e}, p.fading(hex(0xd8fff4), 0, mul(p.fh(), 0.9)), 44)
	}
}

// fading is a light over what is there that loses itself downward.
func (p *painting) fading(k ink, y0, y1 float64) shader {
	top, span := int(y0), max(1, int(y1-y0))
	return func(x, y int) ink {
		t := int32(min(max((y-top)*opaque/span, 0), opaque))
		return mix(k, p.pix[y*p.w+x], t)
	}
}

// reef is rocks far away, in the color of the water.
func (p *painting) reef(d dice, mid ink) {
	for i := range 2 {
		line := p.jagged("reef"+string(rune('0'+i)), 0.86+mul(float64(i), 0.04), 0.2-mul(float64(i), 0.07), d.in(1.4, 2.2))
		p.fill(line.path(p.fh()), p.down(mix(mid, p.pal.skyLow, int32(90+i*80)), p.pal.skyLow, mul(p.fh(), 0.6), p.fh(), 30, p.brush()), opaque)
	}
}

// school is little fish in the distance.
func (p *painting) school(d dice, mid ink) {
	if p.scene.not("fish") {
		return
	}
	k := p.solid(mix(mid, p.pal.skyLow, 150), 10, 1)
	cx, cy := d.in(0.62, 0.8), d.in(0.2, 0.34)
	for range 22 {
		at := placed{x: mul(p.fw(), cx+d.in(-0.16, 0.16)), y: mul(p.fh(), cy+d.in(-0.08, 0.08)), size: p.units(d.in(18, 34))}
		p.fillAll(outline("M 4,30 L 24,48 L 4,70 Z O 56,50 38,18", at), k, 150)
	}
}

// seabed is sand with weed, coral and stones.
func (p *painting) seabed(d dice) ridge {
	line := p.rolling("seabed", 0.84, 0.03, 1.5, 3)
	sand := mix(hex(0xe8d8a4), p.pal.skyMid, 110+p.pal.dark)
	p.fill(line.path(p.fh()+4), p.meadow(line, sand, "seabed"), opaque)
	colors := []uint32{0xe8606a, 0xf0a04a, 0xb870d0, 0xf07aa8}
	count, grow := 4, 1.0
	f, coral := p.scene.has("coral")
	if coral {
		count, grow = 8, 1.5
	}
	for i := range count {
		x := []float64{0.07, 0.93, 0.18, 0.83, 0.3, 0.68, 0.02, 0.98}[i] + d.in(-0.03, 0.03)
		v := colors[d.IntN(len(colors))]
		if t, ok := tints[f.color]; ok {
			v = t
		}
		w, _ := drawingOf("coral")
		w.color = v
		at := p.ground(line, min(max(x, 0), 0.99), mul(d.in(170, 300), grow), 40+d.in(0, 50))
		c := feature{name: "coral", color: f.color}
		p.parts(recolored(w, v), c, at, opaque)
		if coral {
			p.note(c, [][]pt{{{at.x - at.size/2, at.y - mul(at.size, 0.8)}, {at.x + at.size/2, at.y}}})
		}
	}
	for range 9 {
		p.weed(d, p.ground(line, d.in(0, 0.99), d.in(150, 330), 30))
	}
	return line
}

// recolored is a drawing with shades of another color.
func recolored(w drawing, v uint32) drawing {
	k := hex(v)
	l := mix(k, hex(0xffffff), 110)
	w.pale = uint32(l.r>>8)<<16 | uint32(l.g>>8)<<8 | uint32(l.b>>8)
	return w
}

// weed is one swaying ribbon of a plant.
func (p *painting) weed(d dice, at placed) {
	k := mix(hex([]uint32{0x2f9a6a, 0x4ab07a, 0x1f7a6a}[d.IntN(3)]), p.pal.skyLow, 70)
	for range 3 {
		x, sway := at.x+p.units(d.in(-26, 26)), d.in(0.05, 0.12)
		tall := mul(at.size, d.in(0.6, 1))
		var spine []pt
		for i := range 6 {
			t := float64(i) / 5
			spine = append(spine, pt{x + mul(mul(at.size, sway), sine(mul(t, 1.3)+x/p.fw())), at.y - mul(tall, t)})
		}
		p.fill(tube(spine, p.units(17), p.units(3)), p.down(mix(k, p.pal.light, 50), mix(k, p.pal.shade, 80), at.y-tall, at.y, 30, 2), 245)
	}
}

// below are the drawings of things as they are under water.
var below = map[string]string{"fish": "fish below", "whale": "whale below"}

// bottom are those that live on the sand.
var bottom = []string{"crab", "starfish", "snail", "skull"}

// swimmers are everybody else.
func (p *painting) swimmers(d dice, line ridge) {
	var all []actor
	for _, f := range p.scene.features {
		if name, ok := below[f.name]; ok {
			f.name = name
		}
		w, ok := drawn(f)
		if !ok || f.name == "coral" || slices.Contains(backdrops, f.name) {
			continue
		}
		for range min(max(f.count, 1), 9) {
			all = append(all, actor{f: f, d: w})
		}
	}
	if len(all) == 0 && !p.scene.not("fish") {
		w, _ := drawingOf("fish below")
		for _, color := range []string{"", "yellow", "blue"} {
			all = append(all, actor{f: feature{name: "fish below", color: color}, d: w})
		}
	}
	n := len(all)
	for i, a := range all {
		x, y, size := 0.46, 0.64, mul(a.d.size, 1.4)
		if n > 1 {
			x, y = (float64(i)+d.in(0.4, 0.6))/float64(n), 0.55+mul(0.14, float64(i*2%3)-1)+d.in(-0.04, 0.04)
			size = mul(a.d.size, 1.9/(0.75+mul(0.42, float64(n))))
		}
		if len(a.f.name) > 6 && a.f.name[len(a.f.name)-5:] == "below" {
			a.f.name = a.f.name[:len(a.f.name)-6]
		}
		a.at = placed{x: mul(p.fw(), sided(a.f.side, x)), y: mul(p.fh(), y), size: p.units(mul(size, scaleOf(a.f))), turn: d.in(-0.02, 0.02)}
		a.at.flip = n > 1 && i >= (n+1)/2 && a.d.eyes.w <= 11 && d.odds(2)
		a.at = p.within(a.at)
		if slices.Contains(bottom, a.f.name) {
			a.at = p.ground(line, sided(a.f.side, x), mul(size, 0.8), 70)
			p.shadow(a.at)
		}
		all := p.parts(a.d, a.f, a.at, opaque)
		p.note(a.f, all)
		p.worn(a.d, a.f, a.at, opaque)
	}
}

// bubbles rise.
func (p *painting) bubbles(d dice) {
	for range 5 {
		x, y := d.in(0.05, 0.95), d.in(0.5, 0.85)
		for i := range 7 {
			c := p.at(x+d.in(-0.015, 0.015), y-mul(float64(i), d.in(0.05, 0.075)))
			r := p.units(d.in(3, 12))
			p.disk(c.x, c.y, r, p.solid(hex(0xd8fbff), 0, 0), 70)
			p.disk(c.x-mul(r, 0.3), c.y-mul(r, 0.3), mul(r, 0.3), p.solid(hex(0xffffff), 0, 0), 200)
		}
	}
}
