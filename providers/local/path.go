package local

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// curveSteps is how many straight pieces a curve is drawn with.
const curveSteps = 14

// placed maps the box of a drawing, 100 by 100 with y down, to the canvas.
type placed struct {
	x, y  float64 // where the middle of the bottom edge of the box stands
	size  float64 // of the box, in pixels
	flip  bool    // face the other way
	upset bool    // upside down: a reflection
	turn  float64 // in turns, around the middle of the box
}

func (p placed) at(x, y float64) pt {
	dx, dy := mul((x-50)/100, p.size), mul((y-100)/100, p.size)
	if p.turn != 0 {
		s, k, up := sine(p.turn), cosine(p.turn), dy+p.size/2
		dx, dy = mul(dx, k)-mul(up, s), mul(dx, s)+mul(up, k)-p.size/2
	}
	if p.flip {
		dx = -dx
	}
	if p.upset {
		dy = mul(-dy, 0.8)
	}
	return pt{p.x + dx, p.y + dy}
}

// pen reads a drawing's text. The notation is that of SVG, absolute M, L, C, Q and Z, with more letters for what animals
// and furniture are made of:
//
//	O x,y rx,ry           an ellipse
//	P x,y rx,ry deg,0     an ellipse that is turned
//	R x,y w,h r,0         a rectangle with round corners
//	T w0,w1 x,y x,y …     a tube through points, from one width to another, round at its ends
//	W x,y rx,ry n,depth   an ellipse with n bumps around it: wool, manes, leaves
//	N x,y rx,ry n,depth   the same with points
//	X                     everything so far once more, mirrored at x = 50
type pen struct {
	words []string
	paths [][]pt
	path  []pt
	here  pt
}

// outline reads paths and places them. All turn the same way around, so that those that overlap add up.
func outline(d string, at placed) [][]pt {
	n := pen{words: strings.Fields(d)}
	op := "M"
	for len(n.words) > 0 {
		if c := n.words[0][0]; c >= 'A' && c <= 'Z' {
			op, n.words = n.words[0], n.words[1:]
		}
		n.do(op)
	}
	n.close()
	for _, path := range n.paths {
		for i, v := range path {
			path[i] = at.at(v.x, v.y)
		}
		if area(path) < 0 {
			slices.Reverse(path)
		}
	}
	return n.paths
}

func (n *pen) do(op string) {
	switch op {
	case "Z":
		n.close()
	case "M", "L":
		n.here = n.read()
		n.path = append(n.path, n.here)
	case "Q":
		q := n.read()
		to := n.read()
		n.bend(pt{lerp(n.here.x, q.x, 2.0/3), lerp(n.here.y, q.y, 2.0/3)}, pt{lerp(to.x, q.x, 2.0/3), lerp(to.y, q.y, 2.0/3)}, to)
	case "C":
		a, b := n.read(), n.read()
		n.bend(a, b, n.read())
	case "X":
		n.mirror()
	default:
		n.close()
		n.shape(op)
	}
}

// shape adds a path of its own.
func (n *pen) shape(op string) {
	a, b := n.read(), n.read()
	switch op {
	case "O":
		n.paths = append(n.paths, oval(a, b, 0))
	case "P":
		n.paths = append(n.paths, oval(a, b, n.read().x/360))
	case "R":
		n.paths = append(n.paths, rounded(a, b, n.read().x))
	case "W", "N":
		how := n.read()
		n.paths = append(n.paths, frilled(a, b, int(how.x), how.y, op == "N"))
	case "T":
		points := []pt{b}
		for len(n.words) > 0 && (n.words[0][0] < 'A' || n.words[0][0] > 'Z') {
			points = append(points, n.read())
		}
		n.paths = append(n.paths, tube(points, a.x, a.y))
	}
}

func (n *pen) read() pt {
	if len(n.words) == 0 {
		return pt{math.NaN(), math.NaN()}
	}
	x, y, _ := strings.Cut(n.words[0], ",")
	n.words = n.words[1:]
	return pt{number(x), number(y)}
}

func (n *pen) close() {
	if n.path != nil {
		n.paths, n.path = append(n.paths, n.path), nil
	}
}

func (n *pen) mirror() {
	n.close()
	for _, path := range n.paths {
		other := make([]pt, len(path))
		for i, v := range path {
			other[i] = pt{100 - v.x, v.y}
		}
		n.paths = append(n.paths, other)
	}
}

// bend adds a curve.
func (n *pen) bend(a, b, to pt) {
	from := n.here
	for i := 1; i <= curveSteps; i++ {
		n.path = append(n.path, cubic(from, a, b, to, float64(i)/curveSteps))
	}
	n.here = to
}

// number reads a coordinate of the tables of drawings, which a test reads in full.
func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

func cubic(p0, p1, p2, p3 pt, t float64) pt {
	between := func(a, b pt) pt { return pt{lerp(a.x, b.x, t), lerp(a.y, b.y, t)} }
	a, b, c := between(p0, p1), between(p1, p2), between(p2, p3)
	d, e := between(a, b), between(b, c)
	return between(d, e)
}

// area is twice the area of a path, negative if it turns the other way.
func area(path []pt) float64 {
	sum := 0.0
	for i, b := range path {
		a := path[(i+len(path)-1)%len(path)]
		sum += mul(a.x, b.y) - mul(b.x, a.y)
	}
	return sum
}

// oval is an ellipse of few points, enough for a box of 100.
func oval(c, r pt, turns float64) []pt {
	const n = 36
	path := make([]pt, n)
	s, k := sine(turns), cosine(turns)
	for i := range path {
		t := float64(i) / n
		x, y := mul(r.x, cosine(t)), mul(r.y, sine(t))
		path[i] = pt{c.x + mul(x, k) - mul(y, s), c.y + mul(x, s) + mul(y, k)}
	}
	return path
}

// rounded is a rectangle with round corners.
func rounded(at, size pt, r float64) []pt {
	r = min(r, size.x/2, size.y/2)
	var path []pt
	for corner := range 4 {
		cx, cy := at.x+size.x-r, at.y+size.y-r
		if corner == 1 || corner == 2 {
			cx = at.x + r
		}
		if corner >= 2 {
			cy = at.y + r
		}
		for i := range 7 {
			t := (float64(corner) + float64(i)/6) / 4
			path = append(path, pt{cx + mul(r, cosine(t)), cy + mul(r, sine(t))})
		}
	}
	return path
}

// frilled is an ellipse whose edge goes in and out n times, by a share of its radius.
func frilled(c, r pt, n int, depth float64, sharp bool) []pt {
	const steps = 8
	var path []pt
	for i := range n * steps {
		in := float64(i%steps) / steps
		out := sine(in / 2)
		if sharp {
			out = 1 - math.Abs(mul(2, in)-1)
		}
		t, grow := float64(i)/float64(n*steps), 1+mul(depth, out)
		path = append(path, pt{c.x + mul(mul(r.x, grow), cosine(t)), c.y + mul(mul(r.y, grow), sine(t))})
	}
	return path
}

// tube is a thick smooth line through points.
func tube(points []pt, from, to float64) []pt {
	spine := smooth(points)
	n := len(spine)
	if n < 2 {
		return oval(points[0], pt{from / 2, from / 2}, 0)
	}
	var left, right []pt
	for i, v := range spine {
		a, b := spine[max(0, i-1)], spine[min(n-1, i+1)]
		dx, dy := b.x-a.x, b.y-a.y
		l := max(1e-9, math.Sqrt(mul(dx, dx)+mul(dy, dy)))
		half := lerp(from, to, float64(i)/float64(n-1)) / 2
		nx, ny := mul(half, -dy/l), mul(half, dx/l)
		left = append(left, pt{v.x + nx, v.y + ny})
		right = append(right, pt{v.x - nx, v.y - ny})
	}
	slices.Reverse(right)
	path := append(left, round(spine[n-1], left[n-1])...)
	path = append(path, right...)
	return append(path, round(spine[0], right[n-1])...)
}

// round is the half circle at an end, going on from the left edge.
func round(c, edge pt) []pt {
	var arc []pt
	dx, dy := edge.x-c.x, edge.y-c.y
	for i := 1; i < 8; i++ {
		t := -float64(i) / 16
		s, k := sine(t), cosine(t)
		arc = append(arc, pt{c.x + mul(dx, k) - mul(dy, s), c.y + mul(dx, s) + mul(dy, k)})
	}
	return arc
}

// smooth runs a Catmull-Rom spline through points.
func smooth(points []pt) []pt {
	n := len(points)
	if n < 3 {
		return points
	}
	out := []pt{points[0]}
	for i := range n - 1 {
		p0, p1, p2, p3 := points[max(0, i-1)], points[i], points[i+1], points[min(n-1, i+2)]
		a := pt{p1.x + (p2.x-p0.x)/6, p1.y + (p2.y-p0.y)/6}
		b := pt{p2.x - (p3.x-p1.x)/6, p2.y - (p3.y-p1.y)/6}
		for s := 1; s <= 8; s++ {
			out = append(out, cubic(p1, a, b, p2, float64(s)/8))
		}
	}
	return out
}
