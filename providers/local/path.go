package local

import (
	"math"
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
}

func (p placed) at(x, y float64) pt {
	dx, dy := mul((x-50)/100, p.size), mul((y-100)/100, p.size)
	if p.flip {
		dx = -dx
	}
	if p.upset {
		dy = mul(-dy, 0.8)
	}
	return pt{p.x + dx, p.y + dy}
}

// outline reads paths in the notation of SVG (absolute M, L, C, Q and Z) and places them.
func outline(d string, at placed) [][]pt {
	var paths [][]pt
	var path []pt
	var here pt
	words := strings.Fields(d)
	read := func() pt {
		x, y, _ := strings.Cut(words[0], ",")
		words = words[1:]
		return pt{number(x), number(y)}
	}
	op := "M"
	for len(words) > 0 {
		if c := words[0][0]; c >= 'A' && c <= 'Z' {
			op, words = words[0], words[1:]
		}
		switch op {
		case "Z":
			paths, path = append(paths, path), nil
			continue
		case "M", "L":
			here = read()
			path = append(path, at.at(here.x, here.y))
		case "Q", "C":
			a := read()
			b := a
			if op == "C" {
				b = read()
			}
			path, here = bend(path, here, a, b, read(), op == "Q", at)
		}
	}
	if path != nil {
		paths = append(paths, path)
	}
	return paths
}

// number reads a coordinate of the tables in shapes.go, which a test reads in full.
func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// bend adds a curve; a quadratic one is raised to a cubic.
func bend(path []pt, from, a, b, to pt, quadratic bool, at placed) ([]pt, pt) {
	if quadratic {
		q := a
		a = pt{lerp(from.x, q.x, 2.0/3), lerp(from.y, q.y, 2.0/3)}
		b = pt{lerp(to.x, q.x, 2.0/3), lerp(to.y, q.y, 2.0/3)}
	}
	for i := 1; i <= curveSteps; i++ {
		t := float64(i) / curveSteps
		p := cubic(from, a, b, to, t)
		path = append(path, at.at(p.x, p.y))
	}
	return path, to
}

func cubic(p0, p1, p2, p3 pt, t float64) pt {
	between := func(a, b pt) pt { return pt{lerp(a.x, b.x, t), lerp(a.y, b.y, t)} }
	a, b, c := between(p0, p1), between(p1, p2), between(p2, p3)
	d, e := between(a, b), between(b, c)
	return between(d, e)
}
