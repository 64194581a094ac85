package local

import "math"

// raster turns closed paths into exact coverages, in integers: coordinates are 1/256 of a pixel. It is the method of
// FreeType's smooth rasterizer over a dense buffer. (Package x/image/vector adds floats, in another order on each
// processor.)
type raster struct {
	x0, y0, w, h int
	cover, area  []int32
}

// begin prepares an empty buffer for the pixels of a rectangle.
func (r *raster) begin(x0, y0, x1, y1 int) {
	r.x0, r.y0, r.w, r.h = x0, y0, x1-x0, y1-y0
	n := (r.w + 1) * r.h
	if cap(r.cover) < n {
		r.cover, r.area = make([]int32, n), make([]int32, n)
	}
	r.cover, r.area = r.cover[:n], r.area[:n]
	clear(r.cover)
	clear(r.area)
}

// line adds an edge, in 1/256 pixels from the buffer's corner.
func (r *raster) line(ax, ay, bx, by int) {
	sign := 1
	if ay > by {
		ax, ay, bx, by, sign = bx, by, ax, ay, -1
	}
	if ay == by || by <= 0 || ay >= r.h<<8 {
		return
	}
	at := func(y int) int { return ax + (bx-ax)*(y-ay)/(by-ay) }
	for row := max(0, ay>>8); row < r.h && row<<8 < by; row++ {
		top, low := max(ay, row<<8), min(by, (row+1)<<8)
		r.span(row, at(top), at(low), top, low, sign)
	}
}

// span adds the part of an edge that lies in one row.
func (r *raster) span(row, xa, xb, ya, yb, sign int) {
	limit := r.w << 8
	xa, xb = min(max(xa, 0), limit), min(max(xb, 0), limit)
	if xa>>8 == xb>>8 || xa == xb {
		r.cell(row, xa>>8, xa&255+xb-xa>>8<<8, yb-ya, sign)
		return
	}
	if xa > xb {
		xa, xb, ya, yb, sign = xb, xa, yb, ya, -sign
	}
	y := ya
	for x := xa >> 8; x<<8 < xb; x++ {
		left, right := max(xa, x<<8), min(xb, (x+1)<<8)
		next := ya + (yb-ya)*(right-xa)/(xb-xa)
		r.cell(row, x, left-x<<8+right-x<<8, next-y, sign)
		y = next
	}
}

// cell adds height and twice the mean distance from the left edge.
func (r *raster) cell(row, x, twice, dy, sign int) {
	i := row*(r.w+1) + x
	r.cover[i] += int32(sign * dy)
	r.area[i] += int32(sign * dy * twice)
}

// fill paints the inside of a closed path.
func (c *canvas) fill(path []pt, shade shader, cover int32) { c.fillAll([][]pt{path}, shade, cover) }

// fillAll paints the inside of several closed paths at once, so that they do not cover each other twice.
func (c *canvas) fillAll(paths [][]pt, shade shader, cover int32) {
	if c.dead() || cover <= 0 {
		return
	}
	x0, y0, x1, y1 := c.bounds(paths)
	if x0 >= x1 || y0 >= y1 {
		return
	}
	r := &c.ras
	r.begin(x0, y0, x1, y1)
	for _, path := range paths {
		for i, b := range path {
			a := path[(i+len(path)-1)%len(path)]
			r.line(snap(a.x)-x0<<8, snap(a.y)-y0<<8, snap(b.x)-x0<<8, snap(b.y)-y0<<8)
		}
	}
	c.sweep(shade, cover)
}

// sweep blends what the raster holds.
func (c *canvas) sweep(shade shader, cover int32) {
	r := &c.ras
	for row := range r.h {
		if row&31 == 31 && c.dead() {
			return
		}
		sum := int32(0)
		cells := r.cover[row*(r.w+1):]
		areas := r.area[row*(r.w+1):]
		y := r.y0 + row
		for x := range r.w {
			sum += cells[x]
			if sum == 0 && areas[x] == 0 {
				continue
			}
			a := (sum<<9 - areas[x]) >> 9
			a = min(max(a, -a), opaque)
			if a = a * cover >> 8; a > 0 {
				c.blend(y*c.w+r.x0+x, shade(r.x0+x, y), a)
			}
		}
	}
}

// snap rounds to 1/256 of a pixel.
func snap(v float64) int { return int(math.Floor(mul(math.Min(math.Max(v, -1e5), 1e5), 256))) }

// bounds is the rectangle of whole pixels around the paths, within the canvas.
func (c *canvas) bounds(paths [][]pt) (x0, y0, x1, y1 int) {
	lx, ly, hx, hy := 1e9, 1e9, -1e9, -1e9
	for _, path := range paths {
		for _, p := range path {
			lx, hx = math.Min(lx, p.x), math.Max(hx, p.x)
			ly, hy = math.Min(ly, p.y), math.Max(hy, p.y)
		}
	}
	clip := func(v float64, limit int) int { return int(math.Min(math.Max(v, 0), float64(limit))) }
	return clip(math.Floor(lx), c.w), clip(math.Floor(ly), c.h), clip(math.Ceil(hx)+1, c.w), clip(math.Ceil(hy)+1, c.h)
}
