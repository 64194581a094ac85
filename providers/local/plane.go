package local

import "math"

// plane is one number per pixel, in integers so that every processor agrees.
type plane struct {
	w, h int
	v    []int32
}

func newPlane(w, h int) plane { return plane{w, h, make([]int32, w*h)} }

// get is the value at a place; beyond the edge it is the edge's.
func (p plane) get(x, y int) int32 {
	return p.v[min(max(y, 0), p.h-1)*p.w+min(max(x, 0), p.w-1)]
}

// luma is how bright every pixel is, 0 to full.
func (c *canvas) luma() plane {
	p := newPlane(c.w, c.h)
	for i, k := range c.pix {
		p.v[i] = k.luma()
	}
	return p
}

// planes are the three channels apart.
func (c *canvas) planes() [3]plane {
	out := [3]plane{newPlane(c.w, c.h), newPlane(c.w, c.h), newPlane(c.w, c.h)}
	for i, k := range c.pix {
		out[0].v[i], out[1].v[i], out[2].v[i] = k.r, k.g, k.b
	}
	return out
}

// join puts three channels together again.
func (c *canvas) join(p [3]plane) {
	for i := range c.pix {
		c.pix[i] = ink{p[0].v[i], p[1].v[i], p[2].v[i]}
	}
}

// soften blurs everything: n boxes of a radius, which look like a bell from three on.
func (c *canvas) soften(radius, n int) {
	p := c.planes()
	for i := range p {
		p[i] = c.blurred(p[i], radius, n)
	}
	c.join(p)
}

// blurred is the plane, averaged over boxes n times.
func (c *canvas) blurred(p plane, radius, n int) plane {
	if radius < 1 {
		return p
	}
	out := plane{p.w, p.h, append([]int32(nil), p.v...)}
	line := make([]int32, max(p.w, p.h)+2*radius+1)
	for range n {
		for y := range p.h {
			if y&63 == 0 && c.dead() {
				return out
			}
			boxRow(out.v[y*p.w:(y+1)*p.w], line, radius)
		}
		c.boxColumns(out, radius)
	}
	return out
}

// boxRow averages along a row; beyond its ends it goes on as it ended.
func boxRow(row, line []int32, radius int) {
	w := len(row)
	line = line[:w+2*radius]
	for i := range radius {
		line[i], line[w+radius+i] = row[0], row[w-1]
	}
	copy(line[radius:], row)
	side := 2*radius + 1
	inverse := int64(1<<31)/int64(side) + 1
	sum := int64(0)
	for _, v := range line[:side-1] {
		sum += int64(v)
	}
	for x := range row {
		sum += int64(line[min(x+side-1, len(line)-1)])
		row[x] = int32(sum * inverse >> 31)
		sum -= int64(line[x])
	}
}

// boxColumns averages down all columns at once, row by row, which memory likes better.
func (c *canvas) boxColumns(p plane, radius int) {
	side := 2*radius + 1
	inverse := int64(1<<31)/int64(side) + 1
	sums := make([]int64, p.w)
	kept := make([]int32, side*p.w) // rows as they were, in a ring
	old := func(y int) []int32 { return kept[(y+side)%side*p.w:][:p.w] }
	for y := -radius; y < p.h+radius; y++ {
		if y&63 == 0 && c.dead() {
			return
		}
		if y >= radius+1 {
			for x, v := range old(y - side) {
				sums[x] -= int64(v)
			}
		}
		row := old(y)
		src := min(max(y, 0), p.h-1)
		if src == p.h-1 && y > src {
			copy(row, old(y-1))
		} else {
			copy(row, p.v[src*p.w:][:p.w])
		}
		for x, v := range row {
			sums[x] += int64(v)
		}
		if at := y - radius; at >= 0 {
			out := p.v[at*p.w:][:p.w]
			for x, s := range sums {
				out[x] = int32(s * inverse >> 31)
			}
		}
	}
}

// calm gives each pixel the mean of the calmest of four boxes around it: Kuwahara's filter, which flattens texture and
// keeps edges.
func (c *canvas) calm(radius int) {
	k := max(1, radius/2)
	luma := c.luma()
	square := newPlane(c.w, c.h)
	for i, v := range luma.v {
		v >>= 6
		square.v[i], luma.v[i] = v*v, v
	}
	mean, power := c.blurred(luma, k, 1), c.blurred(square, k, 1)
	for i, v := range mean.v {
		power.v[i] -= v * v
	}
	means := c.planes()
	for i := range means {
		means[i] = c.blurred(means[i], k, 1)
	}
	for y := range c.h {
		if y&31 == 0 && c.dead() {
			return
		}
		for x := range c.w {
			best, at := int32(math.MaxInt32), 0
			for q := range 4 {
				i := min(max(y+k*(q>>1*2-1), 0), c.h-1)*c.w + min(max(x+k*(q&1*2-1), 0), c.w-1)
				if power.v[i] < best {
					best, at = power.v[i], i
				}
			}
			c.pix[y*c.w+x] = ink{means[0].v[at], means[1].v[at], means[2].v[at]}
		}
	}
}

// contours are the lines of a picture, 0 to 256: where a narrow blur is darker than a wide one, in any channel.
// Weight is how much contrast makes a line, in 1/256 of full.
func (c *canvas) contours(radius int, weight int32) plane {
	out := newPlane(c.w, c.h)
	for _, p := range c.planes() {
		narrow := c.blurred(p, radius, 2)
		wide := c.blurred(narrow, 2*radius, 2)
		for i, v := range wide.v {
			d := (v - narrow.v[i] - weight*24) * 256 / (weight * 256)
			out.v[i] = max(out.v[i], min(d*3, 256))
		}
	}
	return out
}

// slopes is how fast brightness changes at each pixel, 0 to full.
func (c *canvas) slopes(radius int) plane {
	l := c.blurred(c.luma(), radius, 2)
	out := newPlane(c.w, c.h)
	for y := range c.h {
		if y&63 == 0 && c.dead() {
			break
		}
		for x := range c.w {
			dx, dy := l.get(x+1, y)-l.get(x-1, y), l.get(x, y+1)-l.get(x, y-1)
			out.v[y*c.w+x] = min(max(dx, -dx)+max(dy, -dy), full)
		}
	}
	return out
}

// flow is the direction along the edges around each point of a coarse grid, as unit vectors in 1/256.
type flow struct {
	step, w, h int
	x, y       []int32
}

// streams finds the flow: the structure tensor, averaged over a neighborhood.
func (c *canvas) streams(step, reach int) flow {
	w, h := c.w/step+1, c.h/step+1
	small := plane{w, h, make([]int32, w*h)}
	l := c.blurred(c.luma(), step, 2)
	for y := range h {
		for x := range w {
			small.v[y*w+x] = l.get(x*step, y*step) >> 6
		}
	}
	xx, xy, yy := newPlane(w, h), newPlane(w, h), newPlane(w, h)
	for y := range h {
		for x := range w {
			dx, dy := small.get(x+1, y)-small.get(x-1, y), small.get(x, y+1)-small.get(x, y-1)
			i := y*w + x
			xx.v[i], xy.v[i], yy.v[i] = dx*dx, dx*dy, dy*dy
		}
	}
	xx, xy, yy = c.blurred(xx, reach, 2), c.blurred(xy, reach, 2), c.blurred(yy, reach, 2)
	f := flow{step: step, w: w, h: h, x: make([]int32, w*h), y: make([]int32, w*h)}
	for i := range xx.v {
		f.x[i], f.y[i] = along(float64(xx.v[i]), float64(xy.v[i]), float64(yy.v[i]))
	}
	return f
}

// along is the direction of least change of a tensor.
func along(xx, xy, yy float64) (x, y int32) {
	a, b := xx-yy, 2*xy
	d := math.Sqrt(mul(a, a) + mul(b, b))
	if d < 1 {
		return 256, 0
	}
	cx, cy := math.Sqrt(max(0, (1+a/d)/2)), math.Sqrt(max(0, (1-a/d)/2)) // toward the change
	if b < 0 {
		cy = -cy
	}
	return int32(-cy * 256), int32(cx * 256)
}

// at is the direction at a pixel, in 1/256.
func (f flow) at(x, y int) (dx, dy int32) {
	i := min(max(y/f.step, 0), f.h-1)*f.w + min(max(x/f.step, 0), f.w-1)
	return f.x[i], f.y[i]
}

// px is a length in whole pixels: thousandths of the shorter side, at least one.
func (c *canvas) px(n float64) int { return max(1, int(math.Floor(mul(c.u, n)+0.5))) }
