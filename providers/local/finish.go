package local

import (
	"context"
	"image"
)

// gouache is the painter's own hand: light that spills a little, corners that darken, and the tooth of paper.
func gouache(c *canvas, _ dice) {
	c.bloom(44000, 90)
	c.corners(hex(0x0c0a14), 56)
	c.recolor(func(x, y int, k ink) ink { return k.lit(c.tooth(x, y, 13)/40 + c.grain(x, y, 3)/56) })
}

// bloom lets what is brighter than a level shine over its edges.
func (c *canvas) bloom(level, amount int32) {
	shine := canvas{ctx: c.ctx, w: (c.w + 3) / 4, h: (c.h + 3) / 4}
	shine.pix = make([]ink, shine.w*shine.h)
	shine.recolor(func(x, y int, _ ink) ink {
		k := c.meanOf(4*x, 4*y, 4)
		return k.scale(min(max((k.luma()-level)/50, 0), 256))
	})
	shine.soften(max(1, c.px(16)/4), 3)
	c.recolor(func(x, y int, k ink) ink {
		return k.screened(shine.sample(shine.pix, x<<6-96, y<<6-96).scale(amount))
	})
}

// corners darkens what is far from the middle.
func (c *canvas) corners(k ink, amount int32) {
	cx, cy := c.w/2, c.h*46/100
	rr := cx*cx + cy*cy
	c.recolor(func(x, y int, was ink) ink {
		t := int32(((x-cx)*(x-cx) + (y-cy)*(y-cy)) * 256 / rr)
		return mix(was, k, t*t*amount>>16)
	})
}

// picture is the canvas as an image.
func (c *canvas) picture() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	for i, k := range c.pix {
		img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3] = eight(k.r), eight(k.g), eight(k.b), 255
	}
	return img
}

// canvasOf is a picture as a canvas.
func canvasOf(ctx context.Context, img *image.RGBA) *canvas {
	c := newCanvas(ctx, img.Bounds().Dx(), img.Bounds().Dy())
	for i := range c.pix {
		o := i/c.w*img.Stride + i%c.w*4
		c.pix[i] = ink{int32(img.Pix[o]) * 257, int32(img.Pix[o+1]) * 257, int32(img.Pix[o+2]) * 257}
	}
	return c
}

// eight is a channel in eight bits.
func eight(v int32) uint8 { return uint8(min(max(v, 0), full) >> 8) }
