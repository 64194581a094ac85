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

	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // what a reference may be

	"github.com/imagika/imagika/providers"
)

const (
	maxReference = 32 << 20   // bytes
	maxPixels    = 40_000_000 // of a reference, and of what an upscale makes
	maxEdge      = 1536       // of an edit
)

// reference reads and decodes the picture that came with a request.
func reference(ctx context.Context, r providers.Request) (*image.RGBA, error) {
	body, err := r.References[0].Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	defer func() { _ = body.Close() }()
	file, err := io.ReadAll(io.LimitReader(body, maxReference+1))
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	if len(file) > maxReference {
		return nil, errors.New("reference: too many bytes")
	}
	head, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	if head.Width*head.Height > maxPixels {
		return nil, errors.New("reference: too many pixels")
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	flat := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	stddraw.Draw(flat, flat.Bounds(), image.White, image.Point{}, stddraw.Src)
	stddraw.Draw(flat, flat.Bounds(), img, img.Bounds().Min, stddraw.Over)
	return flat, ctx.Err()
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

// edit changes the reference by the words that name a filter; other words lend it the light of their scene.
func (p *Provider) edit(ctx context.Context, r providers.Request, seed int64) ([]byte, error) {
	img, err := reference(ctx, r)
	if err != nil {
		return nil, err
	}
	if img, err = fit(ctx, img); err != nil {
		return nil, err
	}
	s := understand(p.dict, r.Prompt, r.Negative)
	steps := stepsOf(s)
	if len(steps) == 0 {
		steps = []step{p.gradeBy(s, seed)}
	}
	for _, apply := range steps {
		if img, err = apply(ctx, img); err != nil {
			return nil, err
		}
	}
	return encode(img)
}

// gradeBy lends the palette of a scene.
func (p *Provider) gradeBy(s *scene, seed int64) step {
	scene := *s
	scene.complete(newDice(s.words, seed, "scene"))
	pal := scene.light(newDice(s.words, seed, "palette"))
	return duotone(pal.shade, pal.skyMid, pal.light, 150)
}

// vary makes something close to the reference: the scene of the same prompt with this seed in the reference's colors,
// or, where there are no words, the reference itself, shaken and graded a little.
func (p *Provider) vary(ctx context.Context, r providers.Request, seed int64) ([]byte, error) {
	img, err := reference(ctx, r)
	if err != nil {
		return nil, err
	}
	strength := r.Strength
	if strength <= 0 {
		strength = 0.4
	}
	strength = min(strength, 1)
	if r.Prompt == "" {
		if img, err = fit(ctx, img); err != nil {
			return nil, err
		}
		img, err = shake(int(mul(strength, 256)), seed)(ctx, img)
		if err != nil {
			return nil, err
		}
		return encode(img)
	}
	c, err := p.paint(ctx, r, seed)
	if err != nil {
		return nil, err
	}
	return encode(matchColors(c.picture(), img, opaque-int32(mul(strength, 160))))
}

// upscale doubles the reference, or makes it four times as large where Strength asks for more than half.
func (p *Provider) upscale(ctx context.Context, r providers.Request) ([]byte, error) {
	img, err := reference(ctx, r)
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
