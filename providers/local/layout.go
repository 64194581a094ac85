package local

import "slices"

// actor is a thing that stands in the foreground, and where.
type actor struct {
	f  feature
	d  drawing
	at placed
	z  int // the higher, the nearer to the viewer
}

// Where things belong that stand on no ground. Everything else that has a drawing is of the land.
var (
	waterborne = []string{"boat", "ship", "whale", "dolphin", "fish", "lighthouse", "iceberg"}
	airborne   = []string{"balloon", "rocket", "plane", "ufo", "spaceship", "satellite", "bird", "butterfly", "bee", "bat", "toy balloon"}
	backdrops  = []string{
		"house", "castle", "tree", "church", "windmill", "tower", "eiffel", "pagoda", "mosque", "pyramid", "tent", "stall", "fir", "palm", "streetlamp", "bridge",
	}
)

// aliases are things that are drawn as others.
var aliases = map[string]string{"spaceship": "rocket", "mosque": "pagoda"}

// standing reports whether a feature has its place on the ground of a landscape.
func (s *scene) standing(f feature) bool {
	if f.name == "tree" {
		return true
	}
	if _, ok := drawn(f); !ok || slices.Contains(waterborne, f.name) || slices.Contains(airborne, f.name) {
		return false
	}
	return !s.rides(f)
}

// subject is the first figure on land.
func (s *scene) subject() string {
	for _, f := range s.features {
		if s.standing(f) {
			return f.name
		}
	}
	return ""
}

// rides reports whether a thing sits on or in another one of the picture that has a seat.
func (s *scene) rides(f feature) bool {
	if f.rel != "on" && f.rel != "in" && (f.rel != "above" || f.to != "bridge" || slices.Contains(airborne, f.name)) {
		return false
	}
	to, ok := s.has(f.to)
	if !ok {
		return false
	}
	d, ok := drawn(to)
	return ok && d.seat.w > 0
}

// stage draws a thing and who is in or on it.
func (p *painting) stage(f feature, at placed) {
	p.riders(f, at, "in")
	p.figure(f, at, opaque)
	p.riders(f, at, "on")
}

func (p *painting) riders(f feature, at placed, how string) {
	d, _ := drawn(f)
	n := 0
	for _, r := range p.scene.features {
		rd, ok := drawn(r)
		if !ok || r.to != f.name || (r.rel == "in") != (how == "in") || !p.scene.rides(r) {
			continue
		}
		wide := mul(at.size, d.seat.w/100)
		own := mul(p.units(rd.size), 0.72)
		if f.size > 0 {
			own = mul(own, 0.8)
		}
		size := min(own, max(mul(wide, 1.5), mul(at.size, 0.55)))
		grow := scaleOf(r)
		switch {
		case f.name == "balloon":
			size = mul(at.size, 0.27)
		case r.rel == "in":
			size, grow = max(size, mul(wide, 1.15)), max(1, grow)
		}
		for i := range min(max(r.count, 1), 3) {
			c := at.at(d.seat.x+mul(float64(i+n)-float64(n), 18), d.seat.y+2)
			p.stage(r, placed{x: c.x, y: c.y, size: mul(size, grow), flip: at.flip})
		}
		n++
	}
}

// scaleOf is how large a thing is that was said to be big or little.
func scaleOf(f feature) float64 {
	switch f.size {
	case 1:
		return 1.32
	case -1:
		return 0.58
	}
	return 1
}

// cast puts the figures of the land on the mound.
func (p *painting) cast(line ridge) {
	d := p.dice("cast")
	var small, tall []actor
	for _, f := range p.scene.features {
		if !p.scene.standing(f) {
			continue
		}
		w, _ := drawn(f)
		for range min(max(f.count, 1), 7) {
			a := actor{f: f, d: w}
			if slices.Contains(backdrops, f.name) {
				tall = append(tall, a)
			} else {
				small = append(small, a)
			}
		}
	}
	p.stand(d, tall, line, len(small) > 0)
	p.line(d, small, line, len(tall) > 0)
	all := slices.Concat(tall, small)
	p.relate(all)
	slices.SortStableFunc(all, func(a, b actor) int { return a.z - b.z })
	for _, a := range all {
		p.perform(d, a)
	}
}

// stand gives buildings and trees their places: in the middle if they are alone, at the sides behind who is not.
func (p *painting) stand(d dice, tall []actor, line ridge, behind bool) {
	n := len(tall)
	for i := range tall {
		a := &tall[i]
		x := 0.46 + d.in(-0.05, 0.05)
		switch {
		case behind && n == 1:
			x = 0.74 + d.in(-0.03, 0.03)
		case n > 1:
			x = (float64(i)+0.5)/float64(n) + d.in(-0.03, 0.03)
		}
		if a.f.name == "palm" && n > 1 {
			x = []float64{0.12, 0.88, 0, 0.98, 0.2, 0.8, 0.06}[i%7] + d.in(-0.03, 0.03)
		}
		size := a.d.size
		if a.f.name == "tree" {
			size = 640
		}
		size = mul(size, 1.1)
		if n > 1 {
			size = mul(size, max(0.5, 1.05-mul(0.14, float64(n))))
		}
		if behind {
			size = mul(size, 0.86)
		}
		a.at = p.ground(line, sided(a.f.side, x), mul(size, scaleOf(a.f)), 4)
		a.z = 10 + i
	}
}

// sided is the place for a side, or the one it has.
func sided(side string, x float64) float64 {
	switch side {
	case "left":
		return min(x, 0.24)
	case "right":
		return max(x, 0.76)
	case "center":
		return 0.5
	}
	return x
}

// ground stands a box of so many units on the mound.
func (p *painting) ground(line ridge, x, size, down float64) placed {
	px := mul(p.fw(), x)
	return placed{x: px, y: line[min(p.w-1, max(0, int(px)))] + p.units(down), size: p.units(size)}
}

// line gives who stands in front a place in one row, left to right, and scales them until they fit.
func (p *painting) line(d dice, small []actor, line ridge, crowded bool) {
	order := map[string]int{"left": -1, "right": 1}
	slices.SortStableFunc(small, func(a, b actor) int { return order[a.f.side] - order[b.f.side] })
	n := len(small)
	folk := slices.ContainsFunc(small, func(a actor) bool { return people[a.f.name].tall > 0 })
	sizes, sum := make([]float64, n), 0.0
	for i, a := range small {
		size := mul(a.d.size, 1.12)
		if n == 1 {
			size = max(size, 430)
		}
		if crowded {
			size = mul(size, 0.86)
		}
		if _, human := people[a.f.name]; !human && folk && a.d.size < 450 && alive(a.f.name) {
			size = mul(size, 0.72)
		}
		sizes[i] = mul(size, scaleOf(a.f))
		sum += sizes[i]
	}
	room := mul(1000, p.fw()/(p.u*1000))
	if crowded && n <= 2 {
		room = mul(room, 0.8)
	}
	if p.scene.with("forest") {
		room = mul(room, 0.84) // the trees at the sides stand before everybody
	}
	scale := min(1, mul(room, 0.94)/max(sum, 1))
	left := mul(0.5, room) - mul(mul(sum, scale), 0.5)
	if p.scene.with("forest") {
		left += mul(room, 0.5/0.84-0.5)
	}
	if n == 1 && small[0].f.side == "" {
		left = mul(mul(1000, p.fw()/(p.u*1000)), 0.42) - mul(mul(sum, scale), 0.5)
	}
	for i := range small {
		size := mul(sizes[i], scale)
		x := (left + size/2) / mul(1000, p.fw()/(p.u*1000))
		if n <= 2 {
			x = sided(small[i].f.side, x)
		}
		down := 26 + d.in(-6, 14)
		if n > 3 {
			down += mul(float64(i%2), 46)
		}
		small[i].at = p.ground(line, x, size, down)
		small[i].at.flip = p.faces(small[i], i, n)
		small[i].z = 30 + int(down)
		left += size
	}
}

// faces says whether somebody looks to the left: two look at each other, one looks into the picture.
func (p *painting) faces(a actor, i, n int) bool {
	if a.d.eyes.w > 11 || a.d.eyes.w == 0 {
		return false
	}
	if n == 1 && p.orb.x >= 0 {
		return p.orb.x < a.at.x
	}
	return i >= (n+1)/2 && n > 1 || n == 1 && a.at.x > p.fw()/2
}

// relate moves those of whom it was said where they are.
func (p *painting) relate(all []actor) {
	for i := range all {
		a := &all[i]
		j := slices.IndexFunc(all, func(b actor) bool { return b.f.name == a.f.to })
		if a.f.rel == "" || j < 0 || j == i {
			continue
		}
		b, k := all[j], 0.0
		for _, v := range all[:i] {
			if v.f.name == a.f.name {
				k++
			}
		}
		switch a.f.rel {
		case "behind":
			a.at.x, a.at.y, a.z = b.at.x+mul(b.at.size, 0.26-mul(0.5, k)), b.at.y-p.units(24), b.z-1
		case "before":
			a.at.x, a.at.y, a.z = b.at.x-mul(b.at.size, 0.16-mul(0.4, k)), max(a.at.y, b.at.y)+p.units(22), b.z+40
		case "under":
			if slices.Contains(backdrops, b.f.name) || b.d.seat.w > 0 || b.f.name == "mushroom" {
				a.at.x, a.at.y, a.z = b.at.x+mul(b.at.size, 0.14-mul(0.4, k)), b.at.y+p.units(16), b.z+1+int(k)
				a.at.size = min(a.at.size, mul(b.at.size, 0.48))
			}
		case "above":
			a.at.x, a.at.y, a.z = b.at.x, b.at.y-b.at.size, b.z+1
		case "on":
			a.at.x, a.at.y, a.z = b.at.x, b.at.y-mul(b.at.size, 0.8), b.z+1
			a.at.size = min(a.at.size, mul(b.at.size, 0.5))
		}
	}
}

// perform draws an actor with its shadow, in the air if it flies.
func (p *painting) perform(d dice, a actor) {
	up := map[string]float64{"flying": 250, "jumping": 90}[a.f.does]
	if a.f.rel != "on" && a.f.rel != "above" {
		ground := a.at
		ground.size = mul(ground.size, 1-up/600)
		p.shadow(ground)
	}
	if up > 0 {
		a.at.y -= p.units(up)
		a.at.size = min(a.at.size, mul(p.fh(), 0.5))
		a.at = p.within(a.at)
	}
	if a.f.name == "tree" {
		p.broadleaf(d, pt{a.at.x, a.at.y + p.units(6)}, a.at.size, p.leaves(a.f))
		p.note(a.f, [][]pt{ellipse(a.at.x, a.at.y-mul(a.at.size, 0.62), mul(a.at.size, 0.3), mul(a.at.size, 0.34))})
		return
	}
	p.stage(a.f, a.at)
	p.shine(a.f, a.at)
	if a.f.name == "house" && !p.scene.not("smoke") {
		p.smoke(d, a.at)
	}
}

// lights are what glows, where in its box, and how far.
var lights = map[string]struct {
	x, y, reach float64
	k           uint32
}{
	"campfire": {50, 60, 1.3, 0xffa040}, "streetlamp": {50, 13, 0.6, 0xffe08a}, "lantern": {50, 58, 1, 0xffd878}, "candle": {50, 28, 1, 0xffd070},
	"lamp": {50, 24, 0.9, 0xffe0a0}, "fireplace": {50, 86, 0.7, 0xff9a3c}, "crystal ball": {50, 48, 0.9, 0xb0a0ff}, "tent": {40, 80, 0.5, 0xffd890},
	"fir": {50, 55, 0.6, 0xffe090}, "ufo": {50, 58, 0.8, 0xc0ffd8},
}

// shine lays the light of a lamp over what is around it, more by night.
func (p *painting) shine(f feature, at placed) {
	l, ok := lights[f.name]
	if !ok {
		return
	}
	c := at.at(l.x, l.y)
	p.glow(c.x, c.y, mul(at.size, l.reach), hex(l.k), 60+p.pal.dark*2/3)
	p.glow(c.x, c.y, mul(mul(at.size, l.reach), 0.4), hex(l.k), 70+p.pal.dark/2)
}

// within moves a box until it is on the canvas, as far as it fits.
func (p *painting) within(at placed) placed {
	half := mul(at.size, 0.48)
	at.x = min(max(at.x, min(half, p.fw()/2)), max(p.fw()-half, p.fw()/2))
	at.y = max(at.y, mul(at.size, 1.02))
	return at
}
