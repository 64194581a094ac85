package local

import (
	"strconv"
	"strings"
)

// tables are all rows of drawings that can stand somewhere.
func tables() []map[string]drawing {
	return []map[string]drawing{
		drawings, moreDrawings, wildDrawings, farmDrawings, smallDrawings, mythDrawings, seaDrawings, moreAnimals,
		vehicleDrawings, fruitDrawings, tableDrawings, roomDrawings, buildingDrawings, outdoorDrawings,
	}
}

// drawingOf finds a drawing in the tables.
func drawingOf(name string) (drawing, bool) {
	for _, table := range tables() {
		if d, ok := table[name]; ok {
			return d, true
		}
	}
	return drawing{}, false
}

// drawn is the drawing of a feature: a person is put together, everything else is a row.
func drawn(f feature) (drawing, bool) {
	if d, ok := personDrawing(f); ok {
		return d, true
	}
	if other, ok := aliases[f.name]; ok {
		return drawingOf(other)
	}
	return drawingOf(f.name)
}

// figure draws a thing at a place: an edge of light toward sun or moon first, then its parts over it, then what it
// wears and holds.
func (p *painting) figure(f feature, at placed, cover int32) {
	d, ok := drawn(f)
	if !ok {
		return
	}
	at.turn += leaning[f.does]
	if cover == opaque && !at.upset {
		p.rim(d, at)
	}
	all := p.parts(d, f, at, cover)
	if cover == opaque && !at.upset {
		p.note(f, all)
	}
	p.worn(d, f, at, cover)
}

// leaning is how far somebody leans who does something, in turns.
var leaning = map[string]float64{"running": 0.03, "jumping": -0.04, "flying": 0.04, "dancing": -0.03}

func (p *painting) parts(d drawing, f feature, at placed, cover int32) [][]pt {
	shift := p.brush()
	var all [][]pt
	for _, v := range d.parts {
		paths := p.path(v, at)
		p.fillAll(paths, p.material(d, f, v, at, shift), cover)
		all = append(all, paths...)
	}
	return all
}

// path is a part's outline, without the color that may stand before it.
func (p *painting) path(v part, at placed) [][]pt {
	d := v.d
	if strings.HasPrefix(d, "#") {
		_, d, _ = strings.Cut(d, " ")
	}
	return outline(d, at)
}

// rim is the outline of the thing, a little closer to the light.
func (p *painting) rim(d drawing, at placed) {
	if p.orb.x < 0 || p.scene.weather == "rain" || p.scene.weather == "storm" {
		return
	}
	off := max(1.2, at.size*0.009)
	moved := at
	if p.orb.x < at.x {
		off = -off
	}
	moved.x += off
	moved.y -= max(1, mul(at.size, 0.006))
	k := p.solid(mix(p.pal.light, p.pal.glow, 90), 0, 0)
	for _, v := range d.parts {
		if v.role != line && v.role != eye {
			p.fillAll(p.path(v, moved), k, 110+p.pal.dark*5/8)
		}
	}
}

// material is what a part is painted with: light from the side of the orb, darker toward the ground.
func (p *painting) material(d drawing, f feature, v part, at placed, shift int) shader {
	k := p.pal.figureColor(f, d.color)
	switch v.role {
	case far:
		k = mix(k, p.pal.shade, 96)
	case near:
		k = mix(k, p.pal.light, 34)
	case pale:
		k = p.pal.figureShade(hex(d.pale))
	case accent:
		k = p.pal.figureShade(hex(d.accent))
	case hue:
		k = p.pal.figureShade(ownColor(v.d))
	case line:
		return p.solid(mix(p.pal.ink, hex(0x0c0a10), 120), 10, shift)
	case eye:
		return p.solid(hex(0xffffff), 0, shift)
	case lamp:
		return p.lampLight(at, shift)
	}
	lit, dark := mix(k, p.pal.light, 52), mix(k, p.pal.shade, 96)
	x0, x1 := at.x-at.size/2, at.x+at.size/2
	if p.orb.x >= 0 && p.orb.x < at.x {
		x0, x1 = x1, x0
	}
	low := mix(dark, p.pal.ground, 60)
	left, span := int(min(x0, x1)), max(1, int(at.size))
	rising := x0 < x1
	top := int(at.y - at.size)
	return func(x, y int) ink {
		t := int32(min(max((x-left)*opaque/span, 0), opaque))
		if !rising {
			t = opaque - t
		}
		down := int32(min(max((y-top)*opaque/span-100, 0), 150))
		return mix(mix(dark, lit, t), low, down*3/5).lit(p.tooth(x, y, shift) / 19)
	}
}

// ownColor is the color before a path.
func ownColor(d string) ink {
	text, _, _ := strings.Cut(strings.TrimPrefix(d, "#"), " ")
	v, err := strconv.ParseUint(text, 16, 32)
	if err != nil {
		return ink{}
	}
	return hex(uint32(v))
}

// lampLight is a window, an eye or a flame: warm by night, glass by day.
func (p *painting) lampLight(at placed, shift int) shader {
	k := mix(hex(0xffc85a), p.pal.light, 70)
	if p.pal.dark < 10 {
		k = mix(hex(0xe8c060), p.pal.skyMid, 60)
	}
	return p.down(mix(k, hex(0xffffff), 60), k, at.y-at.size, at.y, 10, shift)
}

// figureColor keeps the color of a figure readable at any hour: it is what the picture is about.
func (p *palette) figureColor(f feature, own uint32) ink {
	k := hex(own)
	if v, ok := tints[f.color]; ok {
		k = hex(v)
		if f.color == "red" && own == 0xd9602a {
			k = hex(0xd8481e)
		}
	}
	return p.figureShade(k)
}

func (p *palette) figureShade(k ink) ink { return mix(k, mix(k.scale(120), p.mid, 80), p.dark/2) }

// colorOf is the color of a thing of the landscape.
func (p *painting) colorOf(f feature, own uint32) ink { return p.pal.colorOf(f, own) }

// shadow lies on the ground, away from the light.
func (p *painting) shadow(at placed) {
	off := 0.0
	if p.orb.x >= 0 {
		off = mul(at.size, 0.16)
		if p.orb.x > at.x {
			off = -off
		}
	}
	k := p.solid(p.pal.shade, 10, 1)
	for i := range 5 {
		t := 1 - mul(float64(i), 0.14)
		p.fill(ellipse(at.x+mul(off, t), at.y, mul(at.size, mul(0.54, t)), mul(at.size, mul(0.05, t))), k, int32(26+8*i))
	}
}

// smoke rises from the chimney.
func (p *painting) smoke(d dice, at placed) {
	c := at.at(71, 12)
	k := mix(p.pal.cloud, p.pal.skyMid, 90)
	for i := range 9 {
		t := float64(i) / 8
		x := c.x + mul(mul(at.size, 0.2), mul(t, t)) + mul(p.units(10), sine(mul(t, 1.4)))
		y := c.y - mul(mul(at.size, 0.42), t)
		r := mul(at.size, 0.02+mul(t, 0.05))
		p.disk(x, y, r, p.solid(k, 20, 2), int32(120-i*12)+int32(d.IntN(8)))
	}
}
