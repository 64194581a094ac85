package local

import "math"

// sky paints the air and what is in it.
func (p *painting) sky() {
	p.air()
	if p.scene.with("stars") {
		p.stars()
	}
	if p.scene.with("aurora") {
		p.aurora()
	}
	if p.orb.x >= 0 {
		p.light()
	}
	if p.scene.with("rainbow") {
		p.rainbow()
	}
	p.clouds()
	p.flocks()
}

// air is a gradient of three colors, brushed: broad strokes bend its bands a little.
func (p *painting) air() {
	seed := p.noiseSeed("air")
	bottom := int(p.horiz) + p.h/12
	bends := p.newField(0, p.h, 2, func(x, y int) int {
		return (fractal(x*2*256/p.w*2, y*9*256/p.h, 3, seed) - 32768) * p.h >> 16
	})
	p.wash(0, p.h, func(x, y int) (ink, int32) {
		bend := bends.get(x, y)
		t := int32(min(max((y+bend/5)*512/bottom, 0), 512))
		k := mix(p.pal.skyTop, p.pal.skyMid, t)
		if t > 256 {
			k = mix(p.pal.skyMid, p.pal.skyLow, t-256)
		}
		return k.lit(p.tooth(x, y, 0) / 26), opaque
	})
}

// stars are many faint points and a few bright ones with a halo.
func (p *painting) stars() {
	d := p.dice("stars")
	f, _ := p.scene.has("stars")
	n := 240
	if f.count > 1 {
		n = 420
	}
	if n > 300 {
		p.milkyWay()
	}
	for i := range n {
		c := p.at(d.Float64(), mul(d.Float64(), p.horiz/p.fh()))
		r := p.units(d.in(0.7, 1.5))
		bright := int32(d.IntN(150) + 60)
		if i%12 == 0 {
			r, bright = p.units(d.in(1.8, 2.8)), 256
			p.glow(c.x, c.y, mul(r, 9), p.pal.glow, 70)
		}
		if i%60 == 0 {
			p.sparkle(c, mul(r, 6))
		}
		fade := opaque - int32(mul(c.y/p.horiz, 170))
		p.disk(c.x, c.y, r, p.solid(mix(p.pal.light, hex(0xffffff), 120), 0, 0), bright*fade/opaque)
	}
}

func (p *painting) sparkle(c pt, r float64) {
	k := p.solid(p.pal.light, 0, 0)
	for _, v := range []pt{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
		p.fill(stroke(c, pt{c.x + mul(v.x, r), c.y + mul(v.y, r)}, p.units(2), 0), k, 200)
	}
}

// milkyWay is a slanted band of dust.
func (p *painting) milkyWay() {
	seed := p.noiseSeed("milky")
	k, strength := mix(p.pal.glow, hex(0xffffff), 90), int32(110)
	if p.scene.with("galaxy") {
		strength = 330
	}
	p.wash(0, int(p.horiz), func(x, y int) (ink, int32) {
		off := (x*10 - p.w*3 - y*9) * 256 / p.w / 3 // distance from the band's middle
		core := int32(opaque - min(off*off>>8, opaque))
		dust := int32(fractal(x*900/p.w, y*900/p.w, 4, seed) >> 8)
		return k, max(0, core*(dust-60)>>8) * strength >> 8
	})
}

// aurora hangs in curtains.
func (p *painting) aurora() {
	d := p.dice("aurora")
	k := []ink{hex(0x55f0b0), hex(0x50d0e8), hex(0xa070f0)}
	for i := range 3 {
		seed, base, phase := uint32(d.Uint64()), d.in(0.34, 0.5), d.Float64()
		low := make([]int, p.w)
		for x := range low {
			t := float64(x) / p.fw()
			y := base + mul(0.07, sine(t+phase)) + mul(0.05, wander(mul(t, 3), 2, seed))
			low[x] = int(mul(y, p.fh()))
		}
		height := p.h * (24 + 6*i) / 100
		p.wash(0, int(p.horiz), func(x, y int) (ink, int32) {
			up := low[x] - y
			if up < -p.h/60 || up > height {
				return ink{}, 0
			}
			ray := int32(noise(x*9000/p.w, y*60/p.h, seed) >> 9)
			cover := int32((height - up) * 200 / height)
			if up < 0 {
				cover = cover * int32(p.h/60+up) / int32(p.h/60+1)
			}
			return mix(k[i], k[(i+1)%3], int32(up*256/height)), cover * (60 + ray) >> 8 * cover >> 8
		})
	}
}

// light paints sun or moon and the light around them.
func (p *painting) light() {
	c, r := p.orb, p.orbR
	strength := int32(150)
	if p.scene.weather == "rain" || p.scene.weather == "storm" {
		strength = 70
	}
	p.glow(c.x, c.y, mul(r, 5), p.pal.glow, strength*2/3)
	p.glow(c.x, c.y, mul(r, 2.4), p.pal.glow, strength)
	switch {
	case p.scene.with("planet"):
		p.planet()
	case p.scene.with("crescent"):
		p.crescent()
	case p.scene.with("moon"):
		p.moon()
	default:
		p.sun()
	}
}

func (p *painting) sun() {
	f, _ := p.scene.has("sun")
	k := p.pal.light
	if v, ok := tints[f.color]; ok {
		k = mix(hex(v), k, 60)
	}
	c, r := p.orb, p.orbR
	edge := mix(k, p.pal.glow, 110)
	p.disk(c.x, c.y, mul(r, 1.35), p.solid(p.pal.glow, 20, 1), 60)
	p.disk(c.x, c.y, mul(r, 1.16), p.solid(p.pal.glow, 20, 1), 90)
	p.disk(c.x, c.y, r, p.down(k, edge, c.y-r, c.y+r, 16, p.brush()), opaque)
}

// moon has seas and a few craters, and is a little darker at the edge.
func (p *painting) moon() {
	f, _ := p.scene.has("moon")
	k := p.pal.light
	if v, ok := tints[f.color]; ok {
		k = mix(hex(v), k, 90)
	}
	c, r := p.orb, p.orbR
	sea, seed := mix(k, p.pal.skyMid, 88), p.noiseSeed("moon")
	scale := int(r)
	p.disk(c.x, c.y, r, func(x, y int) ink {
		dx, dy := x-int(c.x), y-int(c.y)
		n := int32(fractal(dx*420/scale+5000, dy*420/scale+5000, 4, seed)-34500) / 24
		t := min(max(n, 0), 200)
		edge := int32((dx*dx + dy*dy) * 110 / (scale * scale))
		return mix(mix(k, sea, t), p.pal.glow, edge*edge/110).lit(p.tooth(x, y, 7) / 30)
	}, opaque)
	d := p.dice("craters")
	for range 9 {
		a, far := d.Float64(), d.in(0.1, 0.75)
		x, y := c.x+mul(mul(r, far), cosine(a)), c.y+mul(mul(r, far), sine(a))
		s := mul(r, d.in(0.03, 0.09))
		p.disk(x, y, s, p.solid(sea, 30, 2), 120)
		p.disk(x+mul(s, 0.2), y+mul(s, 0.25), mul(s, 0.8), p.solid(k, 30, 2), 130)
	}
}

// crescent is a disk without another: one outline, so that the sky shows through.
func (p *painting) crescent() {
	c, r := p.orb, p.orbR
	var path []pt
	for i := range 41 {
		t := float64(i)/80 - 0.25
		path = append(path, pt{c.x + mul(r, cosine(t)), c.y + mul(r, sine(t))})
	}
	for i := range 41 {
		t := 0.25 - float64(i)/80
		path = append(path, pt{c.x + mul(mul(r, 0.55), cosine(t)), c.y + mul(r, sine(t))})
	}
	tilt(path, c, 0.07)
	p.fill(path, p.solid(p.pal.light, 30, p.brush()), opaque)
}

// tilt turns a path around a center.
func tilt(path []pt, c pt, turns float64) {
	s, k := sine(turns), cosine(turns)
	for i, v := range path {
		dx, dy := v.x-c.x, v.y-c.y
		path[i] = pt{c.x + mul(dx, k) - mul(dy, s), c.y + mul(dx, s) + mul(dy, k)}
	}
}

// planet has bands and a ring.
func (p *painting) planet() {
	c, r := p.orb, p.orbR
	f, _ := p.scene.has("planet")
	k := hex(0xe0a878)
	if v, ok := tints[f.color]; ok {
		k = hex(v)
	}
	dark, seed := mix(k, p.pal.skyTop, 120), p.noiseSeed("planet")
	back, front := p.ringAround(c, r, 0.5, 1), p.ringAround(c, r, 0, 0.5)
	ring := p.solid(mix(k, p.pal.light, 150), 40, p.brush())
	p.fill(back, ring, 190)
	p.disk(c.x, c.y, r, func(x, y int) ink {
		band := int32(noise((y-int(c.y))*1800/int(r)+x/3, 0, seed) >> 8)
		shadow := int32(min(max((x-int(c.x))*150/int(r)+(y-int(c.y))*110/int(r), 0), 220))
		return mix(mix(k, p.pal.light, band*160>>8), dark, shadow).lit(p.tooth(x, y, 1) / 30)
	}, opaque)
	p.fill(front, ring, 220)
}

// ringAround is a part of a slanted ring around a planet, in turns.
func (p *painting) ringAround(c pt, r, from, to float64) []pt {
	var path []pt
	arc := func(rx, ry, t float64) pt { return pt{c.x + mul(rx, cosine(t)), c.y + mul(ry, sine(t))} }
	for i := range 41 {
		path = append(path, arc(mul(r, 1.75), mul(r, 0.36), lerp(from, to, float64(i)/40)))
	}
	for i := range 41 {
		path = append(path, arc(mul(r, 1.35), mul(r, 0.25), lerp(to, from, float64(i)/40)))
	}
	tilt(path, c, -0.05)
	return path
}

func (p *painting) rainbow() {
	d := p.dice("rainbow")
	cx, cy := mul(p.fw(), d.in(0.3, 0.7)), mul(p.fh(), 0.72)
	outer, width := int(mul(p.fw(), 0.46)), p.units(70)
	band := []ink{hex(0xe8403a), hex(0xf08a34), hex(0xf6d84a), hex(0x58b858), hex(0x4a86d8), hex(0x7a52b8)}
	p.wash(0, int(p.horiz)+p.h/10, func(x, y int) (ink, int32) {
		dx, dy := x-int(cx), y-int(cy)
		r := int(math.Sqrt(float64(dx*dx + dy*dy)))
		in := (outer - r) * 6 * 64 / int(width)
		if in < 0 || in >= 6*64 {
			return ink{}, 0
		}
		i := in / 64
		edge := int32(min(in, 6*64-1-in, 64))
		return mix(band[i], band[min(5, i+1)], int32(in%64)*4), edge * 110 / 64
	})
}
