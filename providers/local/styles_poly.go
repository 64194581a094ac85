package local

import "slices"

// lowPoly is a net of triangles whose corners lie on the edges of the picture.
func lowPoly(c *canvas, d dice) {
	c.widen()
	c.calm(c.px(4))
	c.recolor(func(_, _ int, k ink) ink { return k.saturated(320) })
	n := net{points: c.landmarks(d)}
	n.start(c.w, c.h)
	for i := range n.points[:len(n.points)-4] {
		if i&31 == 0 && c.dead() {
			return
		}
		n.insert(i)
	}
	like := *c
	like.pix = slices.Clone(c.pix)
	for i, t := range n.faces {
		if i&63 == 0 && c.dead() {
			return
		}
		c.facet(&like, n.points[t[0]], n.points[t[1]], n.points[t[2]])
	}
}

// knot is a corner of the net, in whole pixels.
type knot struct{ x, y int64 }

// landmarks are points, denser where there is more to see, each at the strongest edge of its square.
func (c *canvas) landmarks(d dice) []knot {
	slope := c.slopes(c.px(1.5))
	least, most := c.px(14), c.px(96)
	seen := make(map[knot]bool)
	var points []knot
	add := func(x, y int) {
		p := knot{int64(min(max(x, 0), c.w-1)), int64(min(max(y, 0), c.h-1))}
		if !seen[p] {
			seen[p] = true
			points = append(points, p)
		}
	}
	var split func(x, y, side int)
	split = func(x, y, side int) {
		bx, by, v := slope.peak(x, y, side)
		if side/2 >= least && v > int32(2600+9000*least/side) {
			half := side / 2
			split(x, y, half)
			split(x+half, y, half)
			split(x, y+half, half)
			split(x+half, y+half, half)
			return
		}
		if v < 2400 {
			bx, by = x+side/4+d.IntN(side/2+1), y+side/4+d.IntN(side/2+1)
		}
		add(bx, by)
	}
	for y := 0; y < c.h; y += most {
		for x := 0; x < c.w; x += most {
			split(x, y, most)
		}
	}
	for i := 0; i <= 8; i++ { // around the rim
		add(c.w*i/8, 0)
		add(c.w*i/8, c.h)
		add(0, c.h*i/8)
		add(c.w, c.h*i/8)
	}
	d.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	return points
}

// peak is the place of the largest value in a square, looked for at every second pixel.
func (p plane) peak(x0, y0, side int) (x, y int, v int32) {
	x, y, v = x0+side/2, y0+side/2, -1
	for py := y0; py < min(y0+side, p.h); py += 2 {
		for px := x0; px < min(x0+side, p.w); px += 2 {
			if at := p.v[py*p.w+px]; at > v {
				x, y, v = px, py, at
			}
		}
	}
	return x, y, v
}

// net is a Delaunay triangulation, grown point by point (Bowyer and Watson). Coordinates are integers of at most 2^12, so
// every test is exact.
type net struct {
	points []knot
	faces  [][3]int // counterclockwise with y down, as the determinant below has it
}

// start spans a rectangle around everything, in two triangles. Its corners are the last four points.
func (n *net) start(w, h int) {
	i := len(n.points)
	n.points = append(n.points, knot{-2, -2}, knot{int64(w) + 1, -2}, knot{int64(w) + 1, int64(h) + 1}, knot{-2, int64(h) + 1})
	n.faces = [][3]int{{i, i + 1, i + 2}, {i, i + 2, i + 3}}
}

// insert takes out the triangles whose circle holds the point and spans the hole from it.
func (n *net) insert(p int) {
	rim := make(map[[2]int]bool)
	kept := n.faces[:0]
	for _, t := range n.faces {
		if !n.within(t, n.points[p]) {
			kept = append(kept, t)
			continue
		}
		for e := range 3 {
			a, b := t[e], t[(e+1)%3]
			if rim[[2]int{b, a}] {
				delete(rim, [2]int{b, a})
			} else {
				rim[[2]int{a, b}] = true
			}
		}
	}
	edges := make([][2]int, 0, len(rim))
	for e := range rim {
		edges = append(edges, e)
	}
	slices.SortFunc(edges, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	for _, e := range edges {
		kept = append(kept, [3]int{e[0], e[1], p})
	}
	n.faces = kept
}

// within reports whether a point lies in the circle through a triangle's corners.
func (n *net) within(t [3]int, p knot) bool {
	a, b, c := n.points[t[0]], n.points[t[1]], n.points[t[2]]
	ax, ay, bx, by, cx, cy := a.x-p.x, a.y-p.y, b.x-p.x, b.y-p.y, c.x-p.x, c.y-p.y
	aa, bb, cc := ax*ax+ay*ay, bx*bx+by*by, cx*cx+cy*cy
	return ax*(by*cc-bb*cy)-ay*(bx*cc-bb*cx)+aa*(bx*cy-by*cx) > 0
}

// facet paints one triangle in the mean of what it covers, a little lighter where it faces up and left.
func (c *canvas) facet(like *canvas, a, b, k knot) {
	var sum ink
	n := int32(0)
	for u := int64(1); u < 7; u++ {
		for v := int64(1); u+v < 8; v++ {
			x, y := (a.x*u+b.x*v+k.x*(8-u-v))/8, (a.y*u+b.y*v+k.y*(8-u-v))/8
			at := like.pix[min(max(int(y), 0), c.h-1)*c.w+min(max(int(x), 0), c.w-1)]
			sum, n = ink{sum.r + at.r, sum.g + at.g, sum.b + at.b}, n+1
		}
	}
	mean := ink{sum.r / n, sum.g / n, sum.b / n}
	tilt := int32(hash2(int(a.x+b.x+k.x), int(a.y+b.y+k.y), 3)>>19) - 4096
	mean = mean.lit(tilt * 3 / 5).clamped()
	mx, my := float64(a.x+b.x+k.x)/3, float64(a.y+b.y+k.y)/3
	path := make([]pt, 3)
	for i, s := range []knot{a, b, k} { // a little larger, so that no seam shows
		x, y := float64(s.x), float64(s.y)
		path[i] = pt{x + min(max(x-mx, -0.8), 0.8), y + min(max(y-my, -0.8), 0.8)}
	}
	c.fill(path, func(int, int) ink { return mean }, opaque)
}
