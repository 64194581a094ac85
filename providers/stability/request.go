package stability

import (
	"context"
	"maps"
	"slices"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// maxSeed is the largest the service takes.
const maxSeed = 4_294_967_294

// maxWhole is the most that an expansion may come to, in pixels.
const maxWhole = 9_437_184

// margins measures what an expansion adds on each side, and puts the picture that it is added to in place of the reference.
func (p *Provider) margins(ctx context.Context, r *providers.Request) (map[string]any, error) {
	if r.Operation != providers.Expand {
		return nil, nil
	}
	e, err := p.client.Expand(ctx, *r, wire.Within(maxWhole, 1))
	if err != nil {
		return nil, err
	}
	r.References = []providers.Reference{e.Picture()}
	return map[string]any{"left": e.Left, "up": e.Top, "right": e.Right, "down": e.Bottom}, nil
}

// form of a request with its margins, and the seed it asks for; zero is a random one.
func (m model) form(r providers.Request, margins map[string]any) (form wire.Form, seed int64) {
	fields := map[string]any{"output_format": "png"}
	if m.Seed && r.Seed > 0 && r.Seed <= maxSeed {
		seed = r.Seed
		fields["seed"] = seed
	}
	if m.Negative && r.Negative != "" {
		fields["negative_prompt"] = r.Negative
	}
	if r.Operation == providers.Generate {
		fields["aspect_ratio"] = m.shapes[max(0, slices.Index(m.Sizes, m.Nearest(r.Size)))]
	}
	if r.Operation == providers.Vary {
		fields["strength"] = m.strength
		if r.Strength > 0 {
			fields["strength"] = min(r.Strength, 1)
		}
	}
	merge(fields, r.Extra)
	maps.Copy(fields, margins)
	m.fix(fields, r)
	form.SetAll(fields)
	if r.Operation != providers.Generate {
		ref := r.References[0]
		form.File("image", "image"+wire.Extension(ref), ref)
	}
	return form, seed
}

// merge adds what the operator set for the route; a null takes a field away.
func merge(fields, extra map[string]any) {
	for name, v := range extra {
		if v == nil {
			delete(fields, name)
			continue
		}
		fields[name] = v
	}
}

// fix puts in what is not the operator's to set: the words, and what the price and the form follow from.
func (m model) fix(fields map[string]any, r providers.Request) {
	for _, name := range []string{"prompt", "image", "mask", "model", "mode"} {
		delete(fields, name)
	}
	prompt := r.Prompt
	if prompt == "" {
		prompt = m.prompt
	}
	if r.Operation != providers.Upscale || m.prompt != "" {
		fields["prompt"] = prompt
	}
	if m.variant == "" {
		return
	}
	fields["model"], fields["mode"] = m.variant, "text-to-image"
	if r.Operation == providers.Vary {
		fields["mode"] = "image-to-image"
	}
}
