package local

import "slices"

// matteSide is the longer side of the copy on which a subject is looked for.
const matteSide = 160

// matte is how much of each pixel belongs to the subject, 0 to 256. It is a guess: what is near the middle and unlike the
// edges of the picture. Where that finds nothing sensible, the middle itself is the subject.
func (c *canvas) matte() plane {
	side := max(1, (max(c.w, c.h)+matteSide-1)/matteSide)
	s := &canvas{ctx: c.ctx, w: (c.w + side - 1) / side, h: (c.h + side - 1) / side}
	s.pix = make([]ink, s.w*s.h)
	s.recolor(func(x, y int, _ ink) ink { return c.meanOf(x*side, y*side, side) })
	mask := s.subjectOf()
	return c.refined(s, mask, side)
}

// subjectOf separates a small picture: first what walls of color keep from the rim, then what has the colors of that.
func (c *canvas) subjectOf() plane {
	walls := c.walled()
	mask, level := newPlane(c.w, c.h), middling(walls.v)
	for i, v := range walls.v {
		if v > level {
			mask.v[i] = 256
		}
	}
	for range 3 {
		inside, outside := c.sides(mask)
		if len(inside) < 12 || len(outside) < 12 || c.dead() {
			break
		}
		in, out := clusters(inside, 8), clusters(outside, 10)
		score := newPlane(c.w, c.h)
		for i, k := range c.pix {
			a, b := k.far(in[nearest(in, k)]), k.far(out[nearest(out, k)])
			alike := (b - a) * 30000 / (a + b + 60000)
			score.v[i] = int32(alike + int64(walls.v[i]-level)*2 + (40000-c.off(i))/3)
		}
		score = c.blurred(score, 1, 2)
		for i, v := range score.v {
			mask.v[i] = 0
			if v > 0 {
				mask.v[i] = 256
			}
		}
		mask = largest(mask)
	}
	if share := covered(mask); share < 3 || share > 92 {
		for i := range mask.v {
			mask.v[i] = 0
			if c.off(i) < 30000 {
				mask.v[i] = 256
			}
		}
	}
	return mask
}

// walled is how much the color has to change on the way from the rim to each pixel, on the easiest way (the minimum
// barrier distance), 0 to full.
func (c *canvas) walled() plane {
	soft := *c
	soft.pix = slices.Clone(c.pix)
	soft.calm(2)
	out := newPlane(c.w, c.h)
	for _, p := range soft.planes() {
		d := barriers(p)
		for i, v := range d.v {
			out.v[i] += v / 3
		}
	}
	return out
}

// barriers sweeps a plane six times: at each pixel the way through a neighbor may be easier. The lower edge is no rim
// but at its corners, for what stands on it.
func barriers(p plane) plane {
	high, low := slices.Clone(p.v), slices.Clone(p.v)
	out := newPlane(p.w, p.h)
	for i := range out.v {
		x, y := i%p.w, i/p.w
		rim := y == 0 || (x == 0 || x == p.w-1) && y < p.h*4/5 || y == p.h-1 && (x < p.w/8 || x >= p.w-p.w/8)
		if !rim {
			out.v[i] = full
		}
	}
	try := func(i, from int) {
		h, l := max(high[from], p.v[i]), min(low[from], p.v[i])
		if h-l < out.v[i] {
			out.v[i], high[i], low[i] = h-l, h, l
		}
	}
	for range 3 {
		for i := range out.v {
			if i%p.w > 0 {
				try(i, i-1)
			}
			if i >= p.w {
				try(i, i-p.w)
			}
		}
		for i := range slices.Backward(out.v) {
			if i%p.w < p.w-1 {
				try(i, i+1)
			}
			if i < len(out.v)-p.w {
				try(i, i+p.w)
			}
		}
	}
	return out
}

// middling is the level that parts values best into low and high ones (Otsu's).
func middling(v []int32) int32 {
	var count [256]int64
	total, n := int64(0), int64(len(v))
	for _, x := range v {
		b := min(max(x, 0), full) >> 8
		count[b]++
		total += int64(b)
	}
	best, level := int64(-1), int64(0)
	below, sum := int64(0), int64(0)
	for b, k := range count {
		below, sum = below+k, sum+int64(b)*k
		if below == 0 || below == n {
			continue
		}
		gap := sum*1000/below - (total-sum)*1000/(n-below)
		if between := gap / 100 * (gap / 100) * (below * 1000 / n) * ((n - below) * 1000 / n); between > best {
			best, level = between, int64(b)
		}
	}
	return int32(level) << 8
}

// off is how far a pixel is from the middle: 65536 at the sides. A subject may stand on the lower edge.
func (c *canvas) off(i int) int64 {
	dx, dy := int64(i%c.w*2-c.w)*256/int64(c.w), int64(i/c.w*2-c.h)*256/int64(c.h)
	if dy > 0 {
		dy /= 2
	}
	return dx*dx + dy*dy
}

// sides are the colors inside and outside a mask; the rim but its lower part is always outside.
func (c *canvas) sides(mask plane) (inside, outside []ink) {
	for i, k := range c.pix {
		x, y := i%c.w, i/c.w
		rim := x < 3 || x >= c.w-3 || y < 3
		switch {
		case rim && y < c.h*2/3 || mask.v[i] == 0:
			outside = append(outside, k)
		default:
			inside = append(inside, k)
		}
	}
	return inside, outside
}

// clusters are n colors that stand for many.
func clusters(some []ink, n int) []ink {
	if len(some) > 4000 {
		step := len(some) / 4000
		var fewer []ink
		for i := 0; i < len(some); i += step {
			fewer = append(fewer, some[i])
		}
		some = fewer
	}
	inks := apart(some, n)
	for range 5 {
		inks = centered(some, inks)
	}
	return inks
}

// largest keeps the largest piece of a mask and fills its holes.
func largest(mask plane) plane {
	g := cells{w: mask.w, h: mask.h, label: mask.v}
	done := make([]bool, len(mask.v))
	var best []int
	for i := range mask.v {
		if mask.v[i] != 0 && !done[i] {
			if piece := g.spread(nil, i, done); len(piece) > len(best) {
				best = piece
			}
		}
	}
	out := newPlane(mask.w, mask.h)
	for _, i := range best {
		out.v[i] = 256
	}
	g.label = out.v
	clear(done)
	for i := range out.v { // what does not reach the edge is a hole
		if out.v[i] != 0 || done[i] {
			continue
		}
		hole := g.spread(nil, i, done)
		if !slices.ContainsFunc(hole, func(i int) bool { x, y := i%g.w, i/g.w; return x == 0 || y == 0 || x == g.w-1 || y == g.h-1 }) {
			for _, i := range hole {
				out.v[i] = 256
			}
		}
	}
	return out
}

// covered is the share of a mask, in percent.
func covered(mask plane) int {
	n := 0
	for _, v := range mask.v {
		if v != 0 {
			n++
		}
	}
	return n * 100 / max(1, len(mask.v))
}

// refined brings a mask of a small copy to full size along the edges of the picture: the mask as a linear function of
// brightness in every neighborhood (a guided filter).
func (c *canvas) refined(small *canvas, mask plane, side int) plane {
	const reach = 3
	l := small.luma()
	both, square := newPlane(l.w, l.h), newPlane(l.w, l.h)
	for i, v := range l.v {
		l.v[i] = v >> 6
		both.v[i], square.v[i] = l.v[i]*mask.v[i], l.v[i]*l.v[i]
	}
	ml, mm := small.blurred(l, reach, 1), small.blurred(mask, reach, 1)
	mb, ms := small.blurred(both, reach, 1), small.blurred(square, reach, 1)
	slope, base := newPlane(l.w, l.h), newPlane(l.w, l.h) // in 1/1024 and 1/16
	for i := range ml.v {
		together := int64(mb.v[i]) - int64(ml.v[i])*int64(mm.v[i])
		alone := int64(ms.v[i]) - int64(ml.v[i])*int64(ml.v[i]) + 900
		a := min(max(together*1024/max(alone, 1), -4096), 4096)
		slope.v[i] = int32(a)
		base.v[i] = mm.v[i]*16 - int32(a*int64(ml.v[i])/64)
	}
	slope, base = small.blurred(slope, reach, 1), small.blurred(base, reach, 1)
	out := newPlane(c.w, c.h)
	for y := range c.h {
		if y&31 == 0 && c.dead() {
			break
		}
		for x := range c.w {
			sx, sy := (x*512/side+256/side-256)/2, (y*512/side+256/side-256)/2
			a, b := slope.between(sx, sy), base.between(sx, sy)
			v := a*(c.pix[y*c.w+x].luma()>>6)>>10 + b>>4
			out.v[y*c.w+x] = min(max((v-64)*2, 0), 256)
		}
	}
	return out
}

// between is the value between points of a plane, in 1/256.
func (p plane) between(x, y int) int32 {
	fx, fy := int32(x&255), int32(y&255)
	x, y = x>>8, y>>8
	top := p.get(x, y) + (p.get(x+1, y)-p.get(x, y))*fx>>8
	low := p.get(x, y+1) + (p.get(x+1, y+1)-p.get(x, y+1))*fx>>8
	return top + (low-top)*fy>>8
}

// blurGround blurs what is not the subject, without the subject's colors running into it.
func blurGround(c *canvas) {
	m := c.matte()
	was := slices.Clone(c.pix)
	weight := newPlane(c.w, c.h)
	for i, v := range m.v {
		w := max(256-v, 1)
		weight.v[i] = w << 8
		c.pix[i] = c.pix[i].scale(w)
	}
	c.soften(c.px(15), 3)
	weight = c.blurred(weight, c.px(15), 3)
	c.recolor(func(x, y int, k ink) ink {
		i := y*c.w + x
		w := int64(max(weight.v[i], 64))
		whole := ink{int32(int64(k.r) << 16 / w), int32(int64(k.g) << 16 / w), int32(int64(k.b) << 16 / w)}.clamped()
		return mix(whole, was[i], m.v[i])
	})
}

// replaceGround puts another picture, or paper of one color, behind the subject.
func replaceGround(behind func(x, y int) ink) step {
	return func(c *canvas) {
		m := c.matte()
		c.recolor(func(x, y int, k ink) ink { return mix(behind(x, y), k, m.v[y*c.w+x]) })
	}
}
