package local

import "math"

// volcano is one wide cone with fire in it, lava down its side, and smoke.
func (p *painting) volcano() {
	f, _ := p.scene.has("volcano")
	d := p.dice("volcano")
	seed := p.noiseSeed("volcano")
	cx := 0.5 + d.in(-0.05, 0.05)
	base, tall := p.horiz+p.units(20), p.units(430)
	line := make(ridge, p.w)
	for x := range line {
		t := math.Abs(float64(x)/p.fw()-cx) / 0.5
		slope := max(0, 1-t)
		rise := mul(mul(slope, slope), 0.7) + mul(slope, 0.4)
		rise = min(rise, 0.92) + mul(0.05, wander(mul(float64(x)/p.fh(), 9), 3, seed))
		line[x] = base - mul(tall, rise)
	}
	rim := mul(p.fw(), cx)
	top := base - mul(tall, 0.9)
	p.plume(d, rim, top)
	k := mix(hex(0x5a4048), p.pal.mid, 110)
	if v, ok := tints[f.color]; ok {
		k = mix(hex(v), k, 90)
	}
	p.fill(line.path(p.horiz+p.units(60)), p.rock(line, k, 0, seed), opaque)
	for i := range 3 {
		x := rim + p.units([]float64{-26, 6, 34}[i])
		var spine []pt
		for j := range 7 {
			t := float64(j) / 6
			spine = append(spine, pt{x + mul(p.units([]float64{-150, 20, 170}[i]), mul(t, t)) + p.units(d.in(-9, 9)), top + mul(mul(tall, 0.72), t)})
		}
		p.fill(tube(spine, p.units(26), p.units(5)), p.solid(hex(0xe8482a), 30, 1), 230)
		p.fill(tube(spine, p.units(12), p.units(2)), p.solid(hex(0xffc04a), 20, 1), 240)
	}
	p.glow(rim, top, p.units(260), hex(0xff7a30), 200)
	p.fill(ellipse(rim, top+p.units(4), p.units(64), p.units(12)), p.solid(hex(0xffd060), 10, 1), opaque)
	p.note(f, [][]pt{{{rim - p.units(260), top}, {rim + p.units(260), base}}})
}

// plume is smoke with sparks in it.
func (p *painting) plume(d dice, x, top float64) {
	k := mix(hex(0x5a4a50), p.pal.skyMid, 90)
	for i := range 26 {
		t := float64(i) / 25
		c := pt{x + mul(p.units(210), mul(t, t)) + p.units(d.in(-44, 44)), top - mul(p.units(330), t)}
		r := p.units(34 + mul(t, 76))
		tone := mix(mix(hex(0xff8a40), k, min(256, int32(mul(t, 700)))), p.pal.light, int32(d.IntN(40)))
		p.disk(c.x, c.y, r, p.down(mix(tone, p.pal.light, 40), mix(tone, p.pal.shade, 80), c.y-r, c.y+r, 30, p.shift), 170)
	}
	for range 26 {
		c := pt{x + p.units(d.in(-110, 110)), top - p.units(d.in(0, 210))}
		p.disk(c.x, c.y, p.units(d.in(2, 5)), p.solid(hex(0xffd070), 0, 0), opaque)
	}
}

// canyon is walls of layered stone on both sides, farther ones paler, and a river between.
func (p *painting) canyon() {
	f, _ := p.scene.has("canyon")
	seed := p.noiseSeed("canyon")
	stone := hex(0xd8784a)
	if v, ok := tints[f.color]; ok {
		stone = hex(v)
	}
	for i := range 4 {
		t := float64(i) / 3
		k := mix(mix(p.pal.skyLow, p.pal.far, 150), p.pal.shaded(stone), int32(110+i*48))
		line := make(ridge, p.w)
		gap := 0.12 + mul(t, 0.24)
		for x := range line {
			u := math.Abs(float64(x)/p.fw() - 0.52 + mul(0.03, sine(mul(t, 1.7))))
			climb := mul((u-gap)/0.34, 3) + mul(0.5, wander(mul(float64(x)/p.fh(), 5+t), 4, seed+uint32(i)))
			ledge := math.Floor(climb)
			steps := (ledge + min(1, mul(climb-ledge, 2.6))) / 3
			rise := min(max(steps, -0.1), 1) + mul(0.03, wander(mul(float64(x)/p.fh(), 22), 3, seed+9))
			line[x] = p.horiz + mul(p.units(150), t) - mul(p.units(340-mul(t, 30)), max(0, rise)) + p.units(10)
		}
		layers := p.noiseSeed("layers")
		lit, dark := mix(k, p.pal.light, 60), mix(k, p.pal.shade, 80)
		p.fill(line.path(p.fh()), func(x, y int) ink {
			band := int32(noise(x*180/p.h, y*9000/p.h, layers) >> 8)
			crack := int32(noise(x*9000/p.h, y*700/p.h, layers+3)) >> 9
			return mix(mix(dark, lit, band), p.pal.skyLow, max(0, int32(30-i*14))).lit(crack*18 - 1100 + p.tooth(x, y, 3)/22)
		}, opaque)
		p.mist(p.horiz+mul(p.units(130), t), p.units(80), int32(50-14*i))
	}
	p.note(f, [][]pt{{p.at(0, 0.3), p.at(1, 0.9)}})
}

// waterfall comes down a cliff into the lake.
func (p *painting) waterfall() {
	f, _ := p.scene.has("waterfall")
	d := p.dice("waterfall")
	seed := p.noiseSeed("cliff")
	k := mix(p.pal.mid, hex(0x6a6a64), 90)
	line := make(ridge, p.w)
	for x := range line {
		t := float64(x)/p.fw() - 0.52
		notch := mul(0.05, max(0, 1-math.Abs(t)/0.12))
		line[x] = p.horiz - mul(p.fh(), 0.36-notch-mul(0.2, mul(t, t))) - mul(p.fh(), mul(0.04, wander(mul(float64(x)/p.fh(), 6), 4, seed)))
	}
	p.fill(line.path(p.horiz+p.units(70)), p.rock(line, k, 0, seed), opaque)
	c := mul(p.fw(), 0.52)
	top, low := line[min(p.w-1, int(c))]-2, p.horiz+p.units(30)
	half := p.units(74)
	fallSeed := p.noiseSeed("fall")
	deep := mix(p.pal.water, hex(0xd8f0f4), 130)
	if v, ok := tints[f.color]; ok {
		deep = mix(hex(v), hex(0xffffff), 90)
	}
	path := []pt{{c - mul(half, 0.7), top}, {c + mul(half, 0.7), top}, {c + mul(half, 1.05), low}, {c - mul(half, 1.05), low}}
	p.fill(path, func(x, y int) ink {
		strand := int32(fractal(x*14000/p.h, y*700/p.h, 3, fallSeed) >> 8)
		return mix(deep, mix(hex(0xffffff), p.pal.light, 40), strand+20).lit(p.tooth(x, y, 3) / 30)
	}, 245)
	for range 40 {
		a := pt{c + mul(half, d.in(-1.7, 1.7)), low + p.units(d.in(-34, 16))}
		p.disk(a.x, a.y, p.units(d.in(12, 40)), p.solid(mix(hex(0xffffff), p.pal.skyLow, 40), 10, 1), 70)
	}
	pool := ellipse(c, low+p.units(16), half*3, p.units(46))
	p.fill(pool, p.down(mix(deep, p.pal.water, 90), p.pal.water, low-p.units(30), low+p.units(60), 40, p.brush()), 235)
	for i := range 6 {
		p.lens(pt{c, low + p.units(4+float64(i)*8)}, mul(half, 1+mul(float64(i), 0.26)), p.units(3), hex(0xffffff), 90)
	}
	for i := range 10 {
		x := c + mul(half, []float64{-1.5, 1.5}[i%2]) + p.units(d.in(-60, 60))
		p.plant(d, pt{x, line[min(p.w-1, max(0, int(x)))] + p.units(14)}, p.units(d.in(50, 100)), p.leaves(feature{}), p.leafy(d))
	}
	p.note(f, [][]pt{path})
}

// isle is a small island with palms, in the sea.
func (p *painting) isle() {
	f, _ := p.scene.has("island")
	d := p.dice("isle")
	cx, wide := mul(p.fw(), sided(f.side, 0.42)), p.units(mul(300, scaleOf(f)))
	y := p.horiz + p.units(70)
	path := []pt{}
	for i := range 41 {
		t := mul(float64(i)/20, 1) - 1
		path = append(path, pt{cx + mul(wide, t), y - mul(p.units(80), max(0, 1-mul(t, t)))})
	}
	sand := p.pal.shaded(hex(0xecd29a))
	p.fill(append(path, pt{cx + wide, y + p.units(8)}, pt{cx - wide, y + p.units(8)}), p.down(mix(sand, p.pal.light, 50), mix(sand, p.pal.shade, 70), y-p.units(80), y+p.units(10), 40, p.brush()), opaque)
	p.lens(pt{cx, y + p.units(6)}, mul(wide, 1.1), p.units(7), mix(p.pal.water, hex(0xffffff), 160), 190)
	for i := range 3 {
		x := cx + p.units([]float64{-40, 70, -150}[i]*scaleOf(f))
		at := placed{x: x, y: y - p.units([]float64{62, 54, 40}[i]), size: p.units(mul([]float64{430, 340, 270}[i], scaleOf(f))), flip: i == 2 || i == 0 && d.odds(2)}
		p.figure(feature{name: "palm"}, at, opaque)
	}
	p.note(f, [][]pt{path})
}

// jungle is palms and broad leaves in layers, dark at the sides.
func (p *painting) jungle() {
	d := p.dice("jungle")
	k := p.pal.shaded(hex(0x2f8a4a))
	for i := range 3 {
		t := float64(i) / 2
		base := p.horiz + p.units(20+mul(t, 90))
		c := mix(mix(p.pal.far, p.pal.skyLow, 60), k, int32(110+i*70))
		p.turf(base, c, i)
		for x := -p.units(60); x < p.fw()+p.units(60); x += p.units(d.in(70, 130)) {
			tall := p.units(d.in(240, 380) - mul(t, 60))
			if off := x/p.fw() - 0.52; p.scene.with("waterfall") && off*off < 0.05 {
				continue
			}
			if d.odds(3) {
				p.frond(d, pt{x, base}, tall, c)
				continue
			}
			p.broadleaf(d, pt{x, base + p.units(8)}, tall, c)
		}
		p.mist(base, p.units(60), int32(70-20*i))
		if i == 0 && p.scene.with("waterfall") {
			p.waterfall()
		}
	}
}

// frond is a fan of long leaves.
func (p *painting) frond(d dice, foot pt, tall float64, k ink) {
	for i := range 9 {
		a := mul(float64(i)/8, 0.36) + 0.57
		tip := pt{foot.x + mul(tall, mul(0.6, cosine(a))), foot.y + mul(tall, mul(0.9, sine(a)))}
		bend := pt{lerp(foot.x, tip.x, 0.4), lerp(foot.y, tip.y, 0.75)}
		c := mix(k, []ink{p.pal.light, p.pal.shade, k}[i%3], int32(30+d.IntN(50)))
		p.fill(tube([]pt{foot, bend, tip, {tip.x + mul(tip.x-foot.x, 0.16), tip.y + mul(tall, 0.1)}}, mul(tall, 0.1), mul(tall, 0.01)), p.solid(c, 30, 2), opaque)
	}
}
