package local

import "slices"

// room is a wall with a window onto the hour and weather outside, a floor, furniture along the wall and a rug in front
// for who lives there.
func (p *painting) room() {
	s := p.scene
	s.furnish()
	p.pal = s.light(p.dice("palette"))
	d := p.dice("room")
	night := p.pal.dark > 90
	p.horiz, p.front = mul(p.fh(), 0.72), mul(p.fh(), 0.9)
	p.wall(d, night)
	win := p.windowPlace()
	p.view(win)
	p.frameWindow(win, night)
	p.floor(d, night)
	if !night {
		p.sunPatch(win)
	}
	outside := p.pal
	p.roomLight(night)
	p.furniture(d, win)
	p.inhabit(d, win)
	p.pal = outside
	p.pal.shade = hex(0x2a1a1c)
}

// furnish gives a room what is usual there.
func (s *scene) furnish() {
	rooms := []struct {
		name   string
		things []string
	}{
		{"kitchen", []string{"stove", "table", "bowl", "plant"}},
		{"library", []string{"bookshelf", "armchair", "lamp"}},
		{"cafe", []string{"table", "chair", "lamp"}},
		{"fireplace", []string{"armchair", "bookshelf"}},
		{"bed", []string{"lamp"}},
		{"window", []string{"plant"}},
		{"armchair", []string{"lamp", "bookshelf"}},
		{"sofa", []string{"lamp", "plant"}},
		{"piano", []string{"lamp", "plant"}},
		{"room", []string{"sofa", "lamp", "plant"}},
	}
	for _, r := range rooms {
		if s.with(r.name) {
			s.add(r.things...)
			break
		}
	}
	if s.with("cafe") {
		s.add("cup")
	}
}

// wall is papered: stripes or dots on a warm color.
func (p *painting) wall(d dice, night bool) {
	colors := []uint32{0xe8c8a0, 0xa8c4b8, 0xd8a8a0, 0xc8b8d8, 0xe0cfa0, 0x8fb0b8}
	k := hex(colors[d.IntN(len(colors))])
	if f, ok := p.scene.has("room", "kitchen", "library", "cafe"); ok && tints[f.color] != 0 {
		k = mix(hex(tints[f.color]), hex(0xf0e6d8), 80)
	}
	if v, ok := tints[p.scene.tint]; ok {
		k = mix(hex(v), k, 90)
	}
	if p.scene.with("library") {
		k = mix(k, hex(0x6a4a3a), 120)
	}
	if night {
		k = mix(k.scale(120), hex(0x4a3048), 80)
	}
	dark := mix(k, hex(0x3a2a30), 56)
	s, stripe := p.brush(), max(4, p.w/28)
	p.wash(0, int(p.horiz)+2, func(x, y int) (ink, int32) {
		c := k
		if x/stripe%2 == 0 {
			c = mix(k, dark, 46)
		}
		return mix(c, dark, int32(y*90/p.h)).lit(p.tooth(x, y, s) / 26), opaque
	})
}

// windowPlace is left, top, width and height.
func (p *painting) windowPlace() [4]float64 {
	w, h := p.units(400), min(p.units(440), mul(p.fh(), 0.44))
	x := mul(p.fw(), 0.5) - w/2
	if p.scene.with("fireplace", "bookshelf", "piano") {
		x = mul(p.fw(), 0.66) - w/2
	}
	if p.scene.with("bookshelf") && p.scene.with("fireplace") {
		x, w = mul(p.fw(), 0.5)-w/2+p.units(30), mul(w, 0.8)
	}
	return [4]float64{x, mul(p.fh(), 0.12), w, h}
}

// view is a landscape of its own, painted small and put behind the glass.
func (p *painting) view(win [4]float64) {
	w, h := max(16, int(win[2])), max(16, int(win[3]))
	out := *p.scene
	out.features = slices.DeleteFunc(slices.Clone(out.features), func(f feature) bool {
		return !slices.Contains([]string{"moon", "crescent", "sun", "stars", "rainbow", "aurora", "clouds"}, f.name)
	})
	out.words += " view"
	out.add([]string{"mountains", "hills", "city", "forest"}[newDice(out.words, p.seed, "view").IntN(4)])
	sub := &painting{canvas: newCanvas(p.ctx, w, h), scene: &out, seed: p.seed}
	out.complete(sub.dice("scene"))
	sub.pal = out.light(sub.dice("palette"))
	sub.compose()
	sub.landscape()
	x0, y0 := int(win[0]), int(win[1])
	for y := range h {
		for x := range w {
			if X, Y := x0+x, y0+y; X >= 0 && Y >= 0 && X < p.w && Y < p.h {
				p.pix[Y*p.w+X] = sub.pix[y*w+x]
			}
		}
	}
	p.pal.skyMid, p.pal.light = sub.pal.skyMid, sub.pal.light
}

// bar is an upright rectangle.
func bar(x, y, w, h float64) []pt { return []pt{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}} }

func (p *painting) frameWindow(win [4]float64, night bool) {
	x, y, w, h := win[0], win[1], win[2], win[3]
	t := p.units(16)
	k := hex(0xf6efe2)
	if night {
		k = hex(0x9a8478)
	}
	wood := p.down(k, mix(k, hex(0x5a4438), 80), y, y+h, 20, p.brush())
	p.fillAll([][]pt{bar(x-t, y-t, w+2*t, t), bar(x-t, y, t, h), bar(x+w, y, t, h), bar(x+w/2-t/3, y, mul(t, 0.66), h), bar(x, y+mul(h, 0.42), w, mul(t, 0.66))}, wood, opaque)
	p.fill(bar(x-2*t, y+h, w+4*t, mul(t, 1.5)), wood, opaque)
	p.fill(bar(x-mul(t, 1.7), y+h+mul(t, 1.5), w+mul(t, 3.4), mul(t, 0.8)), p.solid(hex(0x3a2a28), 0, 0), 60)
	cloth := hex([]uint32{0xc8584a, 0x4a7a8a, 0xd8a24a, 0x7a5a9a}[p.dice("cloth").IntN(4)])
	if night {
		cloth = cloth.scale(150)
	}
	for _, side := range []float64{-1, 1} {
		edge := x + w/2 + mul(side, w/2+2*t)
		in := edge - mul(side, mul(w, 0.24))
		path := []pt{{edge + mul(side, t), y - mul(t, 2.4)}, {in, y - mul(t, 2.4)}, {in + mul(side, mul(w, 0.06)), y + mul(h, 0.5)}, {in + mul(side, mul(w, 0.16)), y + h + mul(t, 3)}, {edge + mul(side, t), y + h + mul(t, 3)}}
		lit, dark := mix(cloth, hex(0xffffff), 50), mix(cloth, hex(0x201018), 90)
		fold := max(3, p.w/60)
		p.fill(path, func(px, py int) ink {
			return mix(dark, lit, int32(abs(px%(2*fold)-fold)*256/fold)).lit(p.tooth(px, py, 6) / 26)
		}, opaque)
	}
	p.fill(bar(x-4*t, y-mul(t, 3), w+8*t, mul(t, 0.9)), p.solid(hex(0x6a4a34), 30, 1), opaque)
}

func abs(v int) int { return max(v, -v) }

func (p *painting) floor(d dice, night bool) {
	k := hex([]uint32{0xb07a4a, 0x9a6a44, 0xc08a58}[d.IntN(3)])
	if night {
		k = k.scale(150)
	}
	top, span := int(p.horiz), max(1, p.h-int(p.horiz))
	seed := p.noiseSeed("boards")
	p.wash(top, p.h, func(x, y int) (ink, int32) {
		down := y - top
		wide := p.w/14 + down*p.w/14/span
		off := x - p.w/2
		board := off / max(1, wide)
		if off < 0 {
			board--
		}
		edge := int32(0)
		if in := off - board*wide; in < max(1, wide/24) {
			edge = 90
		}
		tone := int32(hash2(board, 0, seed) % 60)
		grain := int32(noise(off*1200/wide, y*300/p.h+board*999, seed)-32768) >> 10
		return mix(mix(k, hex(0x3a2018), tone+edge), hex(0xf0c890), max(0, int32(40-down*40/span))).lit(grain*24 + p.tooth(x, y, 8)/30), opaque
	})
	p.fill(bar(-4, p.horiz-p.units(22), p.fw()+8, p.units(24)), p.solid(mix(hex(0xefe4d2), hex(0x5a4038), p.pal.dark*3/4), 20, 1), opaque)
	c := p.at(0.5, 0.9)
	rug := hex([]uint32{0xa83a3a, 0x3a6a7a, 0x6a4a8a, 0xc8883a}[d.IntN(4)])
	if night {
		rug = rug.scale(160)
	}
	for i, s := range []float64{1, 0.86, 0.8, 0.5} {
		tone := mix(rug, hex([]uint32{0x2a1a20, 0xf4e2c0, 0x2a1a20, 0xf4e2c0}[i]), []int32{50, 170, 20, 120}[i])
		p.fill(ellipse(c.x, c.y, mul(mul(p.fw(), 0.4), s), mul(mul(p.fh(), 0.085), s)), p.solid(tone, 50, p.shift), opaque)
	}
}

// sunPatch is the window's light on the floor.
func (p *painting) sunPatch(win [4]float64) {
	k := mix(p.pal.light, hex(0xfff0c0), 120)
	x, w := win[0]-mul(win[2], 0.3), win[2]
	y := p.horiz + p.units(14)
	for i := range 2 {
		left := x + mul(float64(i), w/2) + p.units(10)
		p.fill([]pt{{left, y}, {left + mul(w, 0.42), y}, {left + mul(w, 0.28), p.fh() - p.units(30)}, {left - mul(w, 0.2), p.fh() - p.units(30)}}, p.solid(k, 10, 1), 70)
	}
	p.fill([]pt{{win[0], win[1]}, {win[0] + w, win[1]}, {x + w, y + p.units(120)}, {x - mul(w, 0.2), y + p.units(120)}}, p.solid(k, 0, 0), 22)
}

// roomLight changes the palette to that of the room: warm, whatever is outside.
func (p *painting) roomLight(night bool) {
	p.pal.ground, p.pal.shade, p.pal.mid, p.pal.near = hex(0x6a4630), hex(0x2e1c20), hex(0x6a5050), hex(0x5a4038)
	p.pal.light, p.pal.glow = hex(0xfff2d8), hex(0xffd8a0)
	p.orb = p.at(0.7, 0.3)
	if night {
		p.pal.dark = 90
	}
}

// furniture stands along the wall; tables and chairs nearer.
func (p *painting) furniture(d dice, win [4]float64) {
	left := win[0]+win[2]/2 > mul(p.fw(), 0.52)
	spots := []float64{0.14, 0.88, 0.3, 0.72}
	if p.scene.with("sofa", "bed") {
		spots[2], spots[3] = 0.66, 0.06
	}
	if left {
		spots = []float64{0.18, 0.9, 0.4, 0.7}
	}
	big := []string{"fireplace", "bookshelf", "piano", "bed", "sofa", "stove", "armchair"}
	little := []string{"lamp", "table", "chair", "plant"}
	n := 0
	for _, names := range [][]string{big, little} {
		for _, name := range names {
			f, ok := p.scene.has(name)
			if !ok || n >= len(spots) {
				continue
			}
			w, _ := drawingOf(name)
			y, size := p.horiz+p.units(46), mul(w.size, 1.08)
			if slices.Contains(little, name) {
				y += p.units(54 + d.in(0, 16))
			}
			if name == "lamp" {
				y = p.horiz + p.units(24)
			}
			if name == "sofa" || name == "bed" || name == "armchair" {
				y += p.units(40)
			}
			x := spots[n]
			if (name == "sofa" || name == "bed") && n == 0 {
				x = 0.3
			}
			if name == "lamp" && n == 2 && left {
				x = 0.985
			}
			if p.scene.hero() < 0 && name == "table" || name == "table" && p.scene.with("cup", "vase", "bowl", "cake", "candle", "book", "teapot") {
				x = 0.5
			} else {
				n++
			}
			at := placed{x: mul(p.fw(), sided(f.side, x)), y: y, size: p.units(mul(size, scaleOf(f)))}
			p.shadow(at)
			p.stage(f, at)
			p.shine(f, at)
			if name == "table" {
				p.onTable(d, at, w)
			}
		}
	}
}

// onTable lays small things on a table of the room.
func (p *painting) onTable(d dice, at placed, w drawing) {
	i := 0
	for _, f := range p.scene.features {
		o, ok := drawn(f)
		if !ok || !slices.Contains(tableThings, f.name) || f.name == "table" || f.rel == "on" && f.to != "table" {
			continue
		}
		c := at.at(w.seat.x+[]float64{0, 26, -26, 14}[i%4], w.seat.y+1)
		on := placed{x: c.x, y: c.y, size: p.units(mul(o.size, 0.5))}
		p.figure(f, on, opaque)
		p.shine(f, on)
		if f.name == "cup" {
			p.steam(d, on)
		}
		i++
	}
}

// inhabit puts who lives there on the furniture it was said to be on, on the windowsill, or on the rug.
func (p *painting) inhabit(d dice, win [4]float64) {
	s := p.scene
	var rug []actor
	table := s.with("table")
	for _, f := range s.features {
		w, ok := drawn(f)
		if !ok || s.rides(f) || slices.Contains(roomThings, f.name) || f.name == "table" || table && slices.Contains(tableThings, f.name) || slices.Contains(airborne, f.name) && !alive(f.name) {
			continue
		}
		for i := range min(max(f.count, 1), 5) {
			if f.to == "window" || f.to == "fireplace" && f.rel == "on" {
				size := min(mul(p.units(w.size), 0.78), mul(win[2], 0.72))
				at := placed{x: win[0] + mul(win[2], 0.46+mul(0.3, float64(i))), y: win[1] + win[3] + p.units(2), size: size}
				p.figure(f, at, opaque)
				continue
			}
			rug = append(rug, actor{f: f, d: w})
		}
	}
	line := p.level(0.88)
	p.line(d, rug, line, len(rug) == 1)
	p.relate(rug)
	for _, a := range rug {
		if a.f.name == "candle" || a.f.name == "lantern" {
			p.shine(a.f, a.at)
		}
		p.shadow(a.at)
		p.stage(a.f, a.at)
	}
}
