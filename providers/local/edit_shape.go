package local

// shapes are the changes of what a picture holds and how it lies.
func shapes() map[string]step {
	return map[string]step{
		"flip":        func(c *canvas) { c.remap(c.w, c.h, func(x, y int) (int, int) { return c.w - 1 - x, y }) },
		"flop":        func(c *canvas) { c.remap(c.w, c.h, func(x, y int) (int, int) { return x, c.h - 1 - y }) },
		"turn around": func(c *canvas) { c.remap(c.w, c.h, func(x, y int) (int, int) { return c.w - 1 - x, c.h - 1 - y }) },
		"turn left":   func(c *canvas) { c.remap(c.h, c.w, func(x, y int) (int, int) { return c.w - 1 - y, x }) },
		"turn right":  func(c *canvas) { c.remap(c.h, c.w, func(x, y int) (int, int) { return y, c.h - 1 - x }) },
		"left half":   func(c *canvas) { c.crop(0, 0, c.w/2, c.h) },
		"right half":  func(c *canvas) { c.crop(c.w/2, 0, c.w, c.h) },
		"top half":    func(c *canvas) { c.crop(0, 0, c.w, c.h/2) },
		"bottom half": func(c *canvas) { c.crop(0, c.h/2, c.w, c.h) },
		"1:1":         aspect(1, 1),
		"4:3":         aspect(4, 3),
		"3:4":         aspect(3, 4),
		"3:2":         aspect(3, 2),
		"16:9":        aspect(16, 9),
		"9:16":        aspect(9, 16),
		"zoom":        zoom,
	}
}

// remap makes a picture of another size, each pixel from a place of the old one.
func (c *canvas) remap(w, h int, from func(x, y int) (int, int)) {
	out := make([]ink, w*h)
	for y := range h {
		if y&63 == 0 && c.dead() {
			return
		}
		for x := range w {
			px, py := from(x, y)
			out[y*w+x] = c.pix[py*c.w+px]
		}
	}
	c.become(w, h, out)
}

// become makes other pixels the picture.
func (c *canvas) become(w, h int, pix []ink) {
	c.w, c.h, c.pix, c.u = w, h, pix, float64(min(w, h))/1000
}

// crop keeps a rectangle, of at least the smallest picture that may be.
func (c *canvas) crop(x0, y0, x1, y1 int) {
	if x1-x0 < min(minSide, c.w) || y1-y0 < min(minSide, c.h) {
		return
	}
	c.remap(x1-x0, y1-y0, func(x, y int) (int, int) { return x0 + x, y0 + y })
}

// aspect crops to a ratio, around what there is to see.
func aspect(wide, high int) step {
	return func(c *canvas) {
		w, h := c.w, c.w*high/wide
		if h > c.h {
			w, h = c.h*wide/high, c.h
		}
		x, y := c.middle(w, h)
		c.crop(x, y, x+w, y+h)
	}
}

// zoom keeps the middle two thirds.
func zoom(c *canvas) {
	w, h := c.w*2/3, c.h*2/3
	x, y := c.middle(w, h)
	c.crop(x, y, x+w, y+h)
}

// middle is the corner of a window of a size that has the subject in its middle, as far as the picture goes.
func (c *canvas) middle(w, h int) (x, y int) {
	left, top, right, bottom := c.subjectBox()
	return min(max((left+right-w)/2, 0), c.w-w), min(max((top+bottom-h)/2, 0), c.h-h)
}
