package local

// palette is the light of an hour: what every layer is mixed from.
type palette struct {
	skyTop, skyMid, skyLow   ink
	light, glow              ink // the sun or moon itself, and the air around it
	far, mid, near           ink // ridges, through the air
	ground, lawn             ink // the foreground in shadow and in light
	water, ink, cloud, shade ink // shade is the darkest, ink is for lines
	dark                     int32
}

// palettes by hour: rows of skyTop skyMid skyLow light glow far mid near ground lawn water ink cloud.
var palettes = map[string][][13]uint32{
	"night": {
		{0x0a1130, 0x1b2b60, 0x45639a, 0xfdf3d0, 0x9dbbea, 0x3a5488, 0x24386c, 0x15254a, 0x0f1b38, 0x2f4a72, 0x1a2f66, 0x070c20, 0x6f86b8},
		{0x061d2a, 0x0f4656, 0x58a39c, 0xfff6dc, 0x9fdccc, 0x2c6f75, 0x17525c, 0x0c3642, 0x08272f, 0x20605c, 0x0f4654, 0x031317, 0x7fb8ae},
		{0x150f33, 0x3b2868, 0x94629e, 0xfff0d8, 0xd8a8d8, 0x5a4188, 0x3d2b6a, 0x251b4a, 0x1a1238, 0x55407f, 0x33245f, 0x0c0820, 0xa98abf},
	},
	"dusk": {
		{0x25306a, 0x6a5f9e, 0xe0a3a0, 0xffeccc, 0xffc0a8, 0x6d6a9c, 0x4c4d80, 0x303562, 0x262a4c, 0x58608a, 0x4a5590, 0x141832, 0xc79ab4},
		{0x1f3f60, 0x4f7f96, 0xf0c59c, 0xfff2cf, 0xffd7a5, 0x5f8090, 0x3f6274, 0x294658, 0x1f3644, 0x547a76, 0x3c687f, 0x101f2a, 0xbcb4b0},
	},
	"sunset": {
		{0x2f2a68, 0xc4557a, 0xffb861, 0xfff3c0, 0xffa04a, 0x9c4f7c, 0x6d3a6b, 0x412550, 0x301c42, 0x8d4668, 0x8a4478, 0x1b0f2c, 0xff9a80},
		{0x24567c, 0xee8b60, 0xffdc90, 0xfff8d4, 0xffbe66, 0xb8705f, 0x80504f, 0x4a303b, 0x3a2430, 0xa8664a, 0x4f6f86, 0x1e121b, 0xffb784},
		{0x5a2a5e, 0xe0524e, 0xffc04d, 0xfff0b0, 0xff8840, 0xa8435a, 0x752f4c, 0x47203c, 0x331832, 0x92404a, 0x9c3f58, 0x1c0c1e, 0xffa070},
	},
	"dawn": {
		{0x6a9dcb, 0xf0c4c2, 0xffeabc, 0xfffce6, 0xffdca4, 0xa9a8cc, 0x8087b2, 0x566290, 0x4b5c74, 0x93a890, 0x8fb4cc, 0x29314c, 0xffe6de},
		{0x8581c6, 0xf0a8b8, 0xffe3c2, 0xfffae2, 0xffd0b0, 0xb89ac4, 0x8d75a8, 0x604e84, 0x504768, 0xa894a0, 0xb094c4, 0x2c2342, 0xffd4d0},
	},
	"day": {
		{0x3a88cc, 0x84c1e8, 0xe0f2ee, 0xfffce0, 0xfffdf0, 0x8fb4d0, 0x679c9c, 0x437a54, 0x4f8c46, 0xa6cc60, 0x3788b4, 0x1d3d36, 0xffffff},
		{0x4fa2c4, 0xa4d7d8, 0xf8eed2, 0xfffbe6, 0xfff6dc, 0xa6bdc2, 0x82a68c, 0x588452, 0x6d9848, 0xc6d070, 0x449aa6, 0x27423a, 0xfffaf0},
		{0x5a86d0, 0xb2cdf0, 0xfdeee4, 0xfffdf0, 0xfff3e6, 0x9fa8d4, 0x7c98b0, 0x4f7c74, 0x5c8c62, 0xb4cc84, 0x5a90c8, 0x263a4c, 0xfffafa},
	},
}

// wet is what rain and storm do to any hour.
var wet = [13]uint32{0x566c7e, 0x8fa2aa, 0xc8d2cc, 0xeaeee4, 0xd8e0dc, 0x8a9fa2, 0x5f7f78, 0x3b6152, 0x325544, 0x5f8a66, 0x5f8290, 0x1a2f2c, 0xa8b6ba}

// tints are what colors mean when they belong to no thing, and when they belong to one.
var tints = map[string]uint32{
	"red": 0xc8322e, "orange": 0xe8782a, "yellow": 0xf2c832, "gold": 0xe0a93a, "green": 0x3f9a4a, "teal": 0x2aa5a0,
	"blue": 0x2f6fd0, "purple": 0x7a45b8, "pink": 0xf08ab0, "brown": 0x7a4e30, "black": 0x20222c, "white": 0xf2f1ec, "gray": 0x8b9098,
}

func fromRow(v [13]uint32) palette {
	return palette{
		skyTop: hex(v[0]), skyMid: hex(v[1]), skyLow: hex(v[2]), light: hex(v[3]), glow: hex(v[4]),
		far: hex(v[5]), mid: hex(v[6]), near: hex(v[7]), ground: hex(v[8]), lawn: hex(v[9]),
		water: hex(v[10]), ink: hex(v[11]), cloud: hex(v[12]), shade: hex(v[11]),
	}
}

// each lets a function change every color.
func (p *palette) each(f func(ink) ink) {
	for _, k := range []*ink{
		&p.skyTop, &p.skyMid, &p.skyLow, &p.light, &p.glow, &p.far, &p.mid, &p.near, &p.ground, &p.lawn, &p.water,
		&p.ink, &p.cloud, &p.shade,
	} {
		*k = f(*k)
	}
}

// light chooses the palette of a scene. Words the painter does not know still shift it.
func (s *scene) light(d dice) palette {
	rows := palettes[s.hour]
	p := fromRow(rows[d.IntN(len(rows))])
	p.dark = map[string]int32{"night": 200, "dusk": 110, "sunset": 60, "dawn": 20}[s.hour]
	switch s.weather {
	case "rain", "storm", "fog", "snow":
		amount := map[string]int32{"rain": 195, "storm": 200, "fog": 120, "snow": 70}[s.weather]
		p = blendPalette(p, fromRow(wet), amount-p.dark/3)
		if s.weather == "storm" {
			p.each(func(k ink) ink { return k.scale(176) })
			p.dark += 60
		}
	}
	if s.season == "autumn" {
		p.near, p.ground, p.lawn = mix(p.near, hex(0x9a4a20), 110), mix(p.ground, hex(0x6e4424), 130), mix(p.lawn, hex(0xd89a3c), 160)
	}
	if s.season == "winter" {
		snow := mix(hex(0xf6f9ff), p.skyMid, 40+p.dark/2)
		p.ground, p.lawn = mix(p.ground, snow, 190), mix(p.lawn, snow, 225)
	}
	if s.tint != "" {
		k := hex(tints[s.tint])
		p.each(func(c ink) ink { return tinted(c, k, 120) })
	}
	p.drift(d, s.unknown)
	return p
}

// tinted moves a color toward the hue of k and keeps how bright it is.
func tinted(c, k ink, amount int32) ink {
	l := max(k.luma(), 1)
	same := k.scale(min(c.luma()*256/l, 1024))
	same = ink{min(same.r, full), min(same.g, full), min(same.b, full)}
	return mix(c, same, amount)
}

// drift is how much of a palette is chance: a little always, more with words that mean nothing here.
func (p *palette) drift(d dice, unknown int) {
	reach := int32(12 + 10*min(unknown, 6))
	k := ink{int32(d.IntN(full)), int32(d.IntN(full)), int32(d.IntN(full))}
	p.each(func(c ink) ink { return tinted(c, k, reach) })
}

func blendPalette(a, b palette, t int32) palette {
	out, i := a, 0
	var other []ink
	b.each(func(k ink) ink { other = append(other, k); return k })
	out.each(func(k ink) ink { i++; return mix(k, other[i-1], t) })
	return out
}

// colorOf is the color of a thing: as it was said, or its own; night makes it darker.
func (p *palette) colorOf(f feature, own uint32) ink {
	k := hex(own)
	if v, ok := tints[f.color]; ok {
		k = hex(v)
	}
	return p.shaded(k)
}

// shaded is how a color looks at this hour.
func (p *palette) shaded(k ink) ink { return mix(k, mix(k.scale(96), p.near, 90), p.dark*3/4) }
