package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	stddraw "image/draw"
	_ "image/gif"  // what a reference may be
	_ "image/jpeg" // what a reference may be
	_ "image/png"  // what a reference may be
	"io"
	"slices"

	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // what a reference may be

	"github.com/imagika/imagika/providers"
)

const (
	maxReference = 32 << 20   // bytes
	maxPixels    = 40_000_000 // of a reference, and of what an upscale makes
	maxEdge      = 1536       // of an edit
)

// reference reads and decodes the picture that came with a request, and returns its file too.
func reference(ctx context.Context, r providers.Request) (*image.RGBA, []byte, error) {
	body, err := r.References[0].Open(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("reference: %w", err)
	}
	defer func() { _ = body.Close() }()
	file, err := io.ReadAll(io.LimitReader(body, maxReference+1))
	if err != nil {
		return nil, nil, fmt.Errorf("reference: %w", err)
	}
	if len(file) > maxReference {
		return nil, nil, errors.New("reference: too many bytes")
	}
	head, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, nil, fmt.Errorf("reference: %w", err)
	}
	if head.Width*head.Height > maxPixels {
		return nil, nil, errors.New("reference: too many pixels")
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, nil, fmt.Errorf("reference: %w", err)
	}
	flat := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	stddraw.Draw(flat, flat.Bounds(), image.White, image.Point{}, stddraw.Src)
	stddraw.Draw(flat, flat.Bounds(), img, img.Bounds().Min, stddraw.Over)
	return flat, file, ctx.Err()
}

// fit makes a picture no larger than an edit may be.
func fit(ctx context.Context, img *image.RGBA) (*image.RGBA, error) {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if max(w, h) <= maxEdge {
		return img, nil
	}
	for max(w, h) >= 2*maxEdge {
		var err error
		if img, err = halve(ctx, img); err != nil {
			return nil, err
		}
		w, h = w/2, h/2
	}
	long := max(w, h)
	if long <= maxEdge {
		return img, nil
	}
	out := image.NewRGBA(image.Rect(0, 0, max(1, w*maxEdge/long), max(1, h*maxEdge/long)))
	xdraw.ApproxBiLinear.Scale(out, out.Bounds(), img, img.Bounds(), xdraw.Src, nil)
	return out, ctx.Err()
}

// edit changes the reference by what the words ask for; words that ask for nothing it can do lend it the light of their
// scene.
func (p *Provider) edit(ctx context.Context, r providers.Request, seed int64, tell teller) ([]byte, error) {
	img, _, err := reference(ctx, r)
	if err != nil {
		return nil, err
	}
	if img, err = fit(ctx, img); err != nil {
		return nil, err
	}
	c := canvasOf(ctx, img)
	steps := p.steps(r, seed)
	for i, apply := range steps {
		tell.at(float64(i)/float64(len(steps)), c)
		apply(c)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return encode(c.picture())
}

// steps are the changes a prompt asks for, in the order that makes sense of them: what the picture holds, what is behind
// the subject, season, hour and weather, what is to be added, color, mood, style, frame.
func (p *Provider) steps(r providers.Request, seed int64) []step {
	how, rest := p.looks.of(r.Prompt)
	asked, rest := p.changes.find(rest)
	s := understand(p.dict, rest, r.Negative)
	steps := named(shapes(), asked)
	steps = append(steps, p.ground(s, asked, seed)...)
	steps = append(steps, outdoors(s, seed)...)
	if slices.Contains(asked, "add") && len(s.features) > 0 {
		steps = append(steps, addThings(*s, seed))
	}
	steps = append(steps, named(tones(), asked)...)
	if v, ok := tints[s.tint]; ok && slices.Contains(asked, "sky") {
		steps = append(steps, tintSky(hex(v)))
	} else if ok {
		steps = append(steps, tintWith(hex(v)))
	}
	if how.grade != nil {
		steps = append(steps, how.grade)
	}
	if how.asked {
		steps = append(steps, func(c *canvas) { how.paint(c, newDice("", seed, "style")) })
	}
	steps = append(steps, named(frames(), asked)...)
	if len(steps) == 0 {
		steps = append(steps, p.gradeBy(s, seed))
	}
	return steps
}

// named are the steps of a table that were asked for.
func named(table map[string]step, asked []string) []step {
	var steps []step
	for _, name := range asked {
		if f, ok := table[name]; ok {
			steps = append(steps, f)
		}
	}
	return steps
}

// outdoors are the changes of season, hour and weather.
func outdoors(s *scene, seed int64) []step {
	var steps []step
	if s.season != "" {
		steps = append(steps, seasonOf(s.season, seed))
	}
	if s.hour != "" {
		steps = append(steps, hourOf(s.hour, seed))
	}
	if s.weather != "" {
		steps = append(steps, weatherOf(s.weather, seed))
	}
	return steps
}

// frames are what goes around a picture, last of all.
func frames() map[string]step {
	return map[string]step{
		"frame":    func(c *canvas) { c.panel(hex(0xf6f2e8), hex(0x2a2622), 44, 3) },
		"vignette": func(c *canvas) { c.corners(hex(0x060408), 230) },
	}
}

// ground is what happens behind the subject: a blur, a color, or the scene the other words name. What it takes from the
// scene is not used again.
func (p *Provider) ground(s *scene, asked []string, seed int64) []step {
	switch {
	case slices.Contains(asked, "ground blur"):
		return []step{blurGround}
	case !slices.Contains(asked, "ground"):
		return nil
	case len(s.features) > 0:
		behind := *s
		s.hour, s.weather, s.season, s.tint, s.features = "", "", "", "", nil
		return []step{func(c *canvas) {
			view, err := draw(c.ctx, &behind, seed, c.w, c.h)
			if err != nil {
				return // the context's: whoever asked for the edit looks at it too
			}
			replaceGround(func(x, y int) ink { return view.pix[y*view.w+x] })(c)
		}}
	}
	k := hex(0xffffff)
	if v, ok := tints[s.tint]; ok && s.tint != "white" {
		k = hex(v)
	}
	s.tint = ""
	return []step{replaceGround(func(int, int) ink { return k })}
}

// gradeBy lends the palette of a scene.
func (p *Provider) gradeBy(s *scene, seed int64) step {
	scene := *s
	scene.complete(newDice(s.words, seed, "scene"))
	pal := scene.light(newDice(s.words, seed, "palette"))
	return duotone(pal.shade, pal.skyMid, pal.light, 150)
}

// upscale doubles the reference, or makes it four times as large where Strength asks for more than half.
func (p *Provider) upscale(ctx context.Context, r providers.Request) ([]byte, error) {
	img, _, err := reference(ctx, r)
	if err != nil {
		return nil, err
	}
	w, h, times := img.Bounds().Dx(), img.Bounds().Dy(), 2
	if r.Size.Width >= 4*w || r.Strength > 0.5 {
		times = 4
	}
	if w*h*times*times > maxPixels {
		return nil, errors.New("the result would have too many pixels")
	}
	if img, err = enlarge(ctx, img, times); err != nil {
		return nil, err
	}
	return encode(img)
}
