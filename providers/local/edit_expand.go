package local

import (
	"context"
	"math/bits"
	"slices"

	"github.com/imagika/imagika/providers"
)

// expand puts more around the reference. The painter does not know what was painted there, so it lets what reaches the
// rim go on: softer the farther out, so that nothing is repeated that the eye would recognize, in waves instead of
// streaks, and with the texture of the picture.
func (p *Provider) expand(ctx context.Context, r providers.Request, seed int64) ([]byte, error) {
	img, _, err := reference(ctx, r)
	if err != nil {
		return nil, err
	}
	was := providers.Size{Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	whole := providers.Expanded(was, r.Margins, providers.Size{Width: maxSide, Height: maxSide})
	inner, left, top := whole.Inside(r.Margins)
	if inner != was {
		img = resized(img, inner)
	}
	out := canvasOf(ctx, img).surrounded(whole, left, top, uint32(newDice(r.Prompt, seed, "expand").Uint64()))
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return encode(out.picture())
}

// surrounded is the picture at a place in a larger one.
func (c *canvas) surrounded(size providers.Size, left, top int, seed uint32) *canvas {
	out := newCanvas(c.ctx, size.Width, size.Height)
	soft := &canvas{ctx: c.ctx, w: c.w, h: c.h, u: c.u, pix: slices.Clone(c.pix)}
	soft.soften(c.px(2), 2)
	halves, wave := c.halves(), max(1, c.px(150))
	out.recolor(func(x, y int, _ ink) ink {
		x, y = x-left, y-top
		cx, cy := min(max(x, 0), c.w-1), min(max(y, 0), c.h-1)
		if cx == x && cy == y {
			return c.pix[y*c.w+x]
		}
		dx, dy := max(x-cx, cx-x), max(y-cy, cy-y)
		bend := func(reach int, seed uint32) int {
			return (fractal(x*256/wave, y*256/wave, 2, seed) - 32768) * reach >> 16
		}
		alongX, alongY := bend(dy, seed), bend(dx, seed+1)*2/3
		far := max(dx, dy) + min(dx, dy)*3/8
		k := halves.at(cx+alongX, cy+alongY, far)
		i := mirrored(y+alongY, c.h)*c.w + mirrored(x+alongX, c.w)
		return k.plus(c.pix[i].minus(soft.pix[i]).within(full / 40)).lit(out.tooth(x, y, 7) / 48).clamped()
	})
	return out
}

// mirrored is a place beyond the sides, folded back into them.
func mirrored(v, n int) int {
	v = ((v % (2 * n)) + 2*n) % (2 * n)
	return min(v, 2*n-1-v)
}

func (c ink) plus(o ink) ink  { return ink{c.r + o.r, c.g + o.g, c.b + o.b} }
func (c ink) minus(o ink) ink { return ink{c.r - o.r, c.g - o.g, c.b - o.b} }

// within bounds a difference.
func (c ink) within(most int32) ink {
	in := func(v int32) int32 { return min(max(v, -most), most) }
	return ink{in(c.r), in(c.g), in(c.b)}
}

// halved is a picture and its copies, each half as large as the one before and a little softer than it must be.
type halved []*canvas

func (c *canvas) halves() halved {
	all := halved{c}
	for s := c; min(s.w, s.h) > 4; {
		next := &canvas{ctx: c.ctx, w: (s.w + 1) / 2, h: (s.h + 1) / 2}
		next.pix = make([]ink, next.w*next.h)
		next.recolor(func(x, y int, _ ink) ink { return s.meanOf(2*x, 2*y, 2) })
		next.soften(1, 2)
		all, s = append(all, next), next
	}
	return all
}

// at is the color at a place, averaged over about a sixth of a distance.
func (h halved) at(x, y, far int) ink {
	n := 1 + far*3/16
	level := bits.Len(uint(n)) - 1
	part := int32((n - 1<<level) << 8 >> level)
	return mix(h.of(level, x, y), h.of(level+1, x, y), part)
}

// of is the color of a place on one of the copies.
func (h halved) of(level, x, y int) ink {
	level = min(level, len(h)-1)
	s := h[level]
	half := 1 << level >> 1
	return s.sample(s.pix, (x<<8+128)>>level-half*256>>level, (y<<8+128)>>level-half*256>>level)
}
