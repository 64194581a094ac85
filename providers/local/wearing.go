package local

import "slices"

// worn is something somebody wears or holds, in its color.
type worn struct{ name, color string }

// holdable are things for a hand: how large beside their holder, and where in their box the hand is.
var holdable = map[string]struct{ size, x, y float64 }{
	"toy balloon": {0.34, 50, 200}, "umbrella": {0.9, 50, 84}, "book": {0.36, 50, 70}, "lantern": {0.26, 50, 4}, "posy": {0.4, 50, 84},
	"ice cream": {0.3, 50, 92}, "gift": {0.32, 50, 84}, "cup": {0.2, 86, 66}, "guitar": {0.62, 50, 60}, "candle": {0.3, 50, 84},
	"apple": {0.16, 50, 60}, "cake": {0.3, 50, 90}, "heart": {0.26, 50, 86}, "fish": {0.26, 50, 60}, "mushroom": {0.2, 50, 90},
	"staff": {1.05, 50, 52}, "broom": {1, 50, 46}, "sword": {0.62, 50, 82}, "katana": {0.66, 50, 86}, "wand": {0.4, 50, 84}, "donut": {0.2, 50, 60},
}

// hold is what somebody has in the hand, if anything.
func hold(f feature) string {
	for _, w := range f.wears {
		if _, ok := holdable[w.name]; ok {
			return w.name
		}
	}
	return ""
}

// worn draws hats, scarves and glasses where a drawing has a place for them, and what is in the hand.
func (p *painting) worn(d drawing, f feature, at placed, cover int32) {
	l, person := dressed(f)
	things := slices.Clone(f.wears)
	if person && l.hat != "" {
		things = append(things, worn{l.hat, ""})
	}
	if person && l.holds != "" {
		things = append(things, worn{l.holds, ""})
	}
	for _, w := range things {
		if how, ok := holdable[w.name]; ok {
			p.held(d, f, at, w, placed{size: mul(at.size, how.size), x: how.x, y: how.y}, cover)
			continue
		}
		if person && w.name == "glasses" {
			continue // they are part of the face
		}
		p.garment(d, w, at, cover)
	}
	if f.does == "sleeping" && cover == opaque {
		p.asleep(d, f, at)
	}
}

// garment puts a hat on the crown, glasses on the eyes, a scarf around the neck.
func (p *painting) garment(d drawing, w worn, at placed, cover int32) {
	row, ok := wearDrawings[w.name]
	if !ok {
		return
	}
	s, wide, low := d.crown, 1.16, 96.0
	switch w.name {
	case "glasses", "sunglasses":
		s, wide, low = d.eyes, 1, 50
		if s.w <= 11 {
			wide = 1.7
		}
	case "scarf":
		s, wide, low = d.neck, 1.1, 56
	case "helmet", "kabuto":
		wide = 1.24
	}
	if s.w == 0 {
		return
	}
	size := mul(mul(at.size, s.w/100), wide)
	c := at.at(s.x, s.y+4)
	if w.name == "glasses" || w.name == "sunglasses" || w.name == "scarf" {
		c = at.at(s.x, s.y)
	}
	on := placed{x: c.x, y: c.y + mul(size, 1-low/100), size: size, flip: at.flip, upset: at.upset, turn: at.turn}
	if at.upset {
		on.y = c.y
	}
	p.parts(row, feature{name: w.name, color: w.color}, on, cover)
}

// held puts a thing into the hand; how is its size and the place in its box that is held.
func (p *painting) held(d drawing, f feature, at placed, w worn, how placed, cover int32) {
	row, ok := drawingOf(w.name)
	if !ok {
		row, ok = heldDrawings[w.name]
	}
	hand := pt{82, 55}
	if _, person := people[f.name]; !person {
		hand = pt{min(d.neck.x+20, 96), d.neck.y + 22}
		if d.neck.w == 0 {
			hand = pt{72, 70}
		}
	}
	if w.name == "umbrella" && hand.y != 55 {
		hand = pt{d.crown.x + mul(d.crown.w, 0.4), d.crown.y + 24}
	}
	if f.does == "reading" && w.name == "book" {
		hand.x, how.size = 52, mul(how.size, 1.25)
	}
	if w.name == "guitar" {
		hand = pt{56, 72}
	}
	if !ok || at.upset {
		return
	}
	c := at.at(hand.x, hand.y)
	on := placed{x: c.x - mul(how.x-50, how.size/100), y: c.y + mul(100-how.y, how.size/100), size: how.size, flip: at.flip}
	thing := feature{name: w.name, color: w.color}
	p.note(thing, p.parts(row, thing, on, cover))
}

// asleep closes the eyes and lets breath rise.
func (p *painting) asleep(d drawing, f feature, at placed) {
	if d.eyes.w == 0 {
		return
	}
	lid := d.color
	if _, person := people[f.name]; person {
		lid = d.pale
	}
	eyes := []float64{d.eyes.x}
	if d.eyes.w > 11 {
		eyes = []float64{d.eyes.x - d.eyes.w/2, d.eyes.x + d.eyes.w/2}
	}
	k := p.material(drawing{color: lid}, feature{color: f.color}, part{role: body}, at, p.brush())
	if _, person := people[f.name]; person {
		k = p.material(drawing{color: lid}, feature{}, part{role: body}, at, p.brush())
	}
	for _, x := range eyes {
		var lids, lash []pt
		for _, v := range oval(pt{x, d.eyes.y}, pt{6, 5}, 0) {
			lids = append(lids, at.at(v.x, v.y))
		}
		for _, v := range tube([]pt{{x - 3.4, d.eyes.y}, {x, d.eyes.y + 2}, {x + 3.4, d.eyes.y}}, 1.3, 1.3) {
			lash = append(lash, at.at(v.x, v.y))
		}
		p.fill(lids, k, opaque)
		p.fill(lash, p.solid(p.pal.ink, 0, 0), opaque)
	}
	for i := range 3 {
		t := float64(i)
		p.letterZ(at.at(d.crown.x+12+mul(t, 12), d.crown.y-8-mul(t, 13)), mul(at.size, 0.028+mul(t, 0.012)))
	}
}

// letterZ is one z of somebody asleep.
func (p *painting) letterZ(c pt, s float64) {
	k := p.solid(mix(p.pal.light, hex(0xffffff), 100), 0, 0)
	w := mul(s, 0.32)
	a, b, d, e := pt{c.x - s, c.y - s}, pt{c.x + s, c.y - s}, pt{c.x - s, c.y + s}, pt{c.x + s, c.y + s}
	p.fillAll([][]pt{stroke(a, b, w, w), stroke(b, d, w, w), stroke(d, e, w, w)}, k, 230)
}
