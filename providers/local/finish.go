package local

import "image"

// finish darkens the corners a little and lays the paper's tooth over everything.
func (p *painting) finish() {
	cx, cy := p.w/2, p.h*46/100
	rr := cx*cx + cy*cy
	p.wash(0, p.h, func(x, y int) (ink, int32) {
		d := (x-cx)*(x-cx) + (y-cy)*(y-cy)
		t := int32(d * 256 / rr)
		return p.pal.shade, max(0, t*t*56>>16)
	})
}

// picture is the canvas as an image, with the grain of the paper.
func (c *canvas) picture() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	for y := range c.h {
		for x := range c.w {
			k := c.pix[y*c.w+x]
			g := c.tooth(x, y, 13) / 32
			o := img.PixOffset(x, y)
			img.Pix[o], img.Pix[o+1], img.Pix[o+2], img.Pix[o+3] = eight(k.r+g), eight(k.g+g), eight(k.b+g), 255
		}
	}
	return img
}

// eight is a channel in eight bits.
func eight(v int32) uint8 { return uint8(min(max(v, 0), full) >> 8) }
