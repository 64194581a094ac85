package local

import "context"

// painting is a picture under way: the scene, its light and the places things were given.
type painting struct {
	*canvas
	scene *scene
	seed  int64
	since []shift // variations
	pal   palette
	horiz float64 // where sky ends, pixels from the top
	orb   pt      // sun or moon; x is negative if there is none
	orbR  float64
	front float64  // where the foreground begins
	shift int      // brush layer
	found []object // what was drawn, and where
	tell  teller
}

// dice returns the stream of choices of one part.
func (p *painting) dice(part string) dice {
	return newDice(p.scene.words, origin{p.seed, p.since}.of(part), part)
}

// noiseSeed is a seed for noise of one part.
func (p *painting) noiseSeed(part string) uint32 { return uint32(p.dice(part).Uint64()) }

// brush is a fresh layer of paper, so that layers do not show the same grain.
func (p *painting) brush() int { p.shift++; return p.shift }

// fw and fh are the sides as floats.
func (p *painting) fw() float64 { return float64(p.w) }
func (p *painting) fh() float64 { return float64(p.h) }

// at is a place in fractions of the sides.
func (p *painting) at(x, y float64) pt { return pt{mul(p.fw(), x), mul(p.fh(), y)} }

// units are thousandths of the shorter side.
func (p *painting) units(n float64) float64 { return mul(p.u, n) }

// draw paints the scene of a prompt: the same for the same scene, seed and size, on every processor.
func draw(ctx context.Context, s *scene, seed int64, w, h int) (*canvas, error) {
	return drawFrom(ctx, s, origin{seed: seed}, w, h, teller{})
}

// drawFrom is draw for variations, and for those who watch.
func drawFrom(ctx context.Context, s *scene, from origin, w, h int, tell teller) (*canvas, error) {
	p := &painting{canvas: newCanvas(ctx, w, h), scene: s, seed: from.seed, since: from.shifts, tell: tell}
	p.depict()
	p.recolor(func(_, _ int, k ink) ink { return k.clamped() }) // what comes after counts on it
	return p.canvas, ctx.Err()
}
