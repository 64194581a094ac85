package local

import (
	"context"
	"math"
)

// full is the largest value of a channel, and opaque of a coverage.
const (
	full   = 0xffff
	opaque = 256
)

// ink is a color, each channel 0 to full.
type ink struct{ r, g, b int32 }

// hex makes an ink of 0xrrggbb.
func hex(v uint32) ink {
	return ink{int32(v>>16&255) * 257, int32(v>>8&255) * 257, int32(v&255) * 257}
}

// mix goes from a to b as t goes from 0 to opaque.
func mix(a, b ink, t int32) ink {
	t = min(max(t, 0), opaque)
	return ink{a.r + (b.r-a.r)*t/opaque, a.g + (b.g-a.g)*t/opaque, a.b + (b.b-a.b)*t/opaque}
}

// lit adds to every channel.
func (c ink) lit(by int32) ink { return ink{c.r + by, c.g + by, c.b + by} }

// scale multiplies by t/256.
func (c ink) scale(t int32) ink {
	return ink{int32(int64(c.r) * int64(t) >> 8), int32(int64(c.g) * int64(t) >> 8), int32(int64(c.b) * int64(t) >> 8)}
}

// luma is how bright it looks.
func (c ink) luma() int32 { return (c.r*2 + c.g*5 + c.b) / 8 }

// shader is the color of a pixel.
type shader func(x, y int) ink

// canvas is where everything is painted, in integers. When its context ends, painting does nothing more.
type canvas struct {
	ctx  context.Context
	w, h int
	u    float64 // a thousandth of the shorter side: the unit of all sizes
	pix  []ink
	tile []int32 // paper, tileSide squared, around zero
	sand []int32 // grain without a direction, as large
	ras  raster
}

const tileSide = 256

func newCanvas(ctx context.Context, w, h int) *canvas {
	c := &canvas{ctx: ctx, w: w, h: h, u: float64(min(w, h)) / 1000, pix: make([]ink, w*h)}
	c.tile, c.sand = paper(), grit()
	return c
}

// paper is the tooth of the sheet: long soft fibers and fine grain.
func paper() []int32 {
	tile := make([]int32, tileSide*tileSide)
	for y := range tileSide {
		for x := range tileSide {
			fiber := woven(x*10, y*36, 10, 36)
			grain := int(hash2(x/2, y/2, 77)&0xffff) - 32768
			tile[y*tileSide+x] = int32((fiber*3 + grain) / 4)
		}
	}
	return tile
}

// grit is grain of three sizes that points nowhere.
func grit() []int32 {
	tile := make([]int32, tileSide*tileSide)
	for y := range tileSide {
		for x := range tileSide {
			coarse, fine := woven(x*42, y*42, 42, 42), woven(x*102+9, y*102, 102, 102)
			dust := int(hash2(x, y, 78)&0xffff) - 32768
			tile[y*tileSide+x] = int32((coarse*3 + fine*3 + dust*2) / 7)
		}
	}
	return tile
}

// grain is sand at a place, -32768 to 32767; shift makes layers differ.
func (c *canvas) grain(x, y, shift int) int32 {
	return c.sand[((y+shift*61)&(tileSide-1))*tileSide+(x+shift*37)&(tileSide-1)]
}

// woven is noise whose lattice repeats after so many cells, so that the tile has no seam.
func woven(x, y, cellsX, cellsY int) int {
	at := func(cx, cy int) int { return int(hash2(cx%cellsX, cy%cellsY, 5) & 0xffff) }
	cx, cy, fx, fy := x>>8, y>>8, fade(x&255), fade(y&255)
	a, b, c, d := at(cx, cy), at(cx+1, cy), at(cx, cy+1), at(cx+1, cy+1)
	top, low := a+(b-a)*fx>>8, c+(d-c)*fx>>8
	return top + (low-top)*fy>>8 - 32768
}

// tooth is the paper's grain at a place, -32768 to 32767; shift makes layers differ.
func (c *canvas) tooth(x, y, shift int) int32 {
	return c.tile[((y+shift*57)&(tileSide-1))*tileSide+(x+shift*91)&(tileSide-1)]
}

// dead reports whether painting is over.
func (c *canvas) dead() bool { return c.ctx.Err() != nil }

// blend puts a color over a pixel, coverage 0 to opaque.
func (c *canvas) blend(i int, k ink, cover int32) {
	p := &c.pix[i]
	p.r += (k.r - p.r) * cover >> 8
	p.g += (k.g - p.g) * cover >> 8
	p.b += (k.b - p.b) * cover >> 8
}

// solid is one color with the brush in it.
func (c *canvas) solid(k ink, brush int32, shift int) shader {
	return func(x, y int) ink { return k.lit(c.tooth(x, y, shift) * brush >> 8) }
}

// down goes from one color to another between two heights.
func (c *canvas) down(from, to ink, y0, y1 float64, brush int32, shift int) shader {
	top, span := int(y0), max(1, int(y1)-int(y0))
	return func(x, y int) ink {
		t := int32(min(max((y-top)*opaque/span, 0), opaque))
		return mix(from, to, t).lit(c.tooth(x, y, shift) * brush >> 8)
	}
}

// across goes from one color to another between two places.
func (c *canvas) across(from, to ink, x0, x1 float64, brush int32, shift int) shader {
	left, span := int(x0), max(1, int(x1)-int(x0))
	return func(x, y int) ink {
		t := int32(min(max((x-left)*opaque/span, 0), opaque))
		return mix(from, to, t).lit(c.tooth(x, y, shift) * brush >> 8)
	}
}

// wash paints every pixel of a band of rows.
func (c *canvas) wash(y0, y1 int, shade func(x, y int) (ink, int32)) {
	for y := max(0, y0); y < min(c.h, y1); y++ {
		if y&31 == 0 && c.dead() {
			return
		}
		for x := range c.w {
			k, cover := shade(x, y)
			if cover > 0 {
				c.blend(y*c.w+x, k, cover)
			}
		}
	}
}

// glow lays light around a center: strength (0 to opaque) there, nothing at the radius.
func (c *canvas) glow(cx, cy, radius float64, k ink, strength int32) {
	x0, y0, r := int(cx), int(cy), max(1, int(radius))
	rr := r * r
	for y := max(0, y0-r); y < min(c.h, y0+r); y++ {
		if y&31 == 0 && c.dead() {
			return
		}
		for x := max(0, x0-r); x < min(c.w, x0+r); x++ {
			d := (x-x0)*(x-x0) + (y-y0)*(y-y0)
			if d >= rr {
				continue
			}
			t := opaque - int32(d*opaque/rr)
			t = t * t >> 8
			t = t * t >> 8
			// The grain hides the steps of a faint gradient.
			c.blend(y*c.w+x, k.lit(c.tooth(x, y, 3)>>5), t*strength>>8)
		}
	}
}

// disk fills a circle.
func (c *canvas) disk(cx, cy, r float64, shade shader, cover int32) {
	c.fill(ellipse(cx, cy, r, r), shade, cover)
}

// pt is a place on the canvas, in pixels.
type pt struct{ x, y float64 }

// ellipse is a closed path.
func ellipse(cx, cy, rx, ry float64) []pt {
	n := min(96, max(12, int(math.Max(rx, ry))))
	path := make([]pt, n)
	for i := range path {
		t := float64(i) / float64(n)
		path[i] = pt{cx + mul(rx, cosine(t)), cy + mul(ry, sine(t))}
	}
	return path
}

// stroke is a thin quadrilateral from a to b that narrows from one width to another.
func stroke(a, b pt, from, to float64) []pt {
	dx, dy := b.x-a.x, b.y-a.y
	l := math.Sqrt(mul(dx, dx) + mul(dy, dy))
	if l == 0 {
		return nil
	}
	nx, ny := -dy/l/2, dx/l/2
	return []pt{
		{a.x + mul(nx, from), a.y + mul(ny, from)},
		{b.x + mul(nx, to), b.y + mul(ny, to)},
		{b.x - mul(nx, to), b.y - mul(ny, to)},
		{a.x - mul(nx, from), a.y - mul(ny, from)},
	}
}
