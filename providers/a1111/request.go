package a1111

import (
	"context"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// call is a request in the server's words.
type call struct {
	path     string
	fields   map[string]any
	pictures []*wire.Picture
}

// attach is a picture for a field.
func (c *call) attach(ref providers.Reference) *wire.Picture {
	p := &wire.Picture{Ref: ref}
	c.pictures = append(c.pictures, p)
	return p
}

// fixed reports whether a field is not the operator's to set: what a person asked for, what holds pictures, and what
// would keep the images from coming back.
func fixed(field string) bool {
	switch field {
	case "prompt", "negative_prompt", "seed", "batch_size", "n_iter", "width", "height", "init_images", "mask", "image",
		"send_images", "save_images", "force_task_id", "upscaling_resize", "resize_mode", "infotext":
		return true
	}
	return false
}

// merge adds what the operator set for the route; a null takes a field away.
func (c *call) merge(extra map[string]any) {
	for field, v := range extra {
		switch {
		case fixed(field):
		case v == nil:
			delete(c.fields, field)
		default:
			c.fields[field] = v
		}
	}
}

// maxWhole is what an expansion is made to fit in: four megapixels.
const maxWhole = 4 << 20

func (p *Provider) compose(ctx context.Context, r providers.Request) (*call, error) {
	if r.Operation == providers.Upscale {
		return p.enlarge(r), nil
	}
	size := model(r.Model).Nearest(r.Size)
	if r.Size.Width >= 8 && r.Size.Height >= 8 {
		size = providers.Size{Width: r.Size.Width / 8 * 8, Height: r.Size.Height / 8 * 8}
	}
	c := &call{path: "sdapi/v1/txt2img", fields: map[string]any{
		"prompt": r.Prompt, "negative_prompt": r.Negative, "seed": r.Seed, "batch_size": max(r.Count, 1), "n_iter": 1,
		"steps": steps(r.Quality), "cfg_scale": 7, "sampler_name": "DPM++ 2M", "scheduler": "Karras",
		"send_images": true, "save_images": false, "force_task_id": r.AttemptID,
	}}
	if r.Model != sdxl {
		c.fields["override_settings"] = map[string]any{"sd_model_checkpoint": r.Model}
	}
	switch r.Operation {
	case providers.Generate:
	case providers.Expand:
		e, err := p.client.Expand(ctx, r, wire.Within(maxWhole, 8))
		if err != nil {
			return nil, err
		}
		mask := e.Mask()
		size, r.References, r.Mask = e.Whole, []providers.Reference{e.Canvas()}, &mask
		c.paintOver(r)
		c.fields["inpainting_fill"] = 0 // from the colors around: there is nothing
	default:
		shape, err := p.client.Measure(ctx, r.References[0])
		if err != nil {
			return nil, err
		}
		size = wire.Fit(shape, size, 8) // it is painted over, not cut to another shape
		c.paintOver(r)
	}
	c.fields["width"], c.fields["height"] = size.Width, size.Height
	c.merge(r.Extra)
	return c, nil
}

// paintOver makes it a call with a reference.
func (c *call) paintOver(r providers.Request) {
	c.path = "sdapi/v1/img2img"
	c.fields["init_images"], c.fields["resize_mode"] = []any{c.attach(r.References[0])}, 0
	c.fields["denoising_strength"] = strength(r)
	if r.Mask != nil {
		c.fields["mask"] = c.attach(wire.Whitened(*r.Mask))
		c.fields["inpainting_mask_invert"], c.fields["inpainting_fill"] = 0, 1 // white is painted, from what was there
		c.fields["inpaint_full_res"], c.fields["mask_blur"] = false, 4
	}
}

// strength is how much of a reference is painted over.
func strength(r providers.Request) float64 {
	switch {
	case r.Strength > 0:
		return min(r.Strength, 1)
	case r.Operation == providers.Vary:
		return 0.5
	case r.Operation == providers.Expand:
		return 1
	}
	return 0.75
}

// steps of a sampler that a quality stands for.
func steps(q providers.Quality) int {
	switch q {
	case providers.QualityLow:
		return 15
	case providers.QualityHigh:
		return 40
	}
	return 25
}

// enlarge makes a picture larger and nothing else.
func (p *Provider) enlarge(r providers.Request) *call {
	c := &call{path: "sdapi/v1/extra-single-image"}
	c.fields = map[string]any{
		"image": c.attach(r.References[0]), "resize_mode": 0, "upscaling_resize": max(r.Scale, 2), "upscaler_1": p.upscaler,
	}
	c.merge(r.Extra)
	return c
}
