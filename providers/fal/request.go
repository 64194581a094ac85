package fal

import (
	"context"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// defaultStrength of a variation: fal's own leaves little of the picture.
const defaultStrength = 0.75

// maxWhole is what an expansion is made to fit in: four megapixels.
const maxWhole = 4_000_000

// body of a request, and the path it goes to.
func (p *Provider) body(ctx context.Context, m model, r providers.Request) (string, *wire.Body, error) {
	way := m.paths[r.Operation]
	fields := m.fields(way, r)
	to := m.Name + way.suffix
	if way.many != "" && len(r.References) > 1 {
		to, way.lists = to+way.many, true
	}
	if r.Operation == providers.Generate {
		r.References = nil
	}
	if way.margins {
		e, err := p.client.Expand(ctx, r, wire.Within(maxWhole, 1))
		if err != nil {
			return "", nil, err
		}
		fields = map[string]any{"expand_left": e.Left, "expand_top": e.Top, "expand_right": e.Right, "expand_bottom": e.Bottom}
		r.References = []providers.Reference{e.Picture()}
	}
	pictures := make([]*wire.Picture, len(r.References))
	for i, ref := range r.References {
		pictures[i] = &wire.Picture{Ref: ref, DataURL: true}
	}
	switch {
	case len(pictures) > 1 || (way.lists && len(pictures) > 0):
		fields["image_urls"] = pictures
	case len(pictures) == 1:
		fields["image_url"] = pictures[0]
	}
	merge(fields, r.Extra)
	b, err := p.client.JSON(ctx, fields, pictures...)
	return to, b, err
}

// fields are what a path takes of a request besides pictures.
func (m model) fields(way path, r providers.Request) map[string]any {
	f := map[string]any{}
	if !way.scale {
		f["prompt"] = r.Prompt
	} else {
		f["scale"] = 2
		if r.Scale > 0 {
			f["scale"] = r.Scale
		}
	}
	if r.Count > 1 && (way.count || m.loose) {
		f["num_images"] = r.Count
	}
	if way.seed && r.Seed != 0 {
		f["seed"] = r.Seed
	}
	if way.strength {
		f["strength"] = r.Strength
		if r.Strength == 0 {
			f["strength"] = defaultStrength
		}
	}
	m.size(f, way, r)
	return f
}

// size goes along if it was asked for; a picture that is changed keeps its own otherwise.
func (m model) size(f map[string]any, way path, r providers.Request) {
	if way.size == asSource || (r.Size == providers.Size{} && r.Operation != providers.Generate) {
		return
	}
	s := m.Nearest(r.Size)
	if way.size == ratio {
		f["aspect_ratio"] = wire.Nearest(wire.Kontext(), s)
		return
	}
	f["image_size"] = map[string]int{"width": s.Width, "height": s.Height}
}

// merge adds what the operator set for the route; a null takes a field away. What a person asked for and is billed by,
// the pictures, and how the answer comes are not the operator's to set.
func merge(fields, extra map[string]any) {
	for name, v := range extra {
		switch name {
		case "prompt", "image_url", "image_urls", "num_images", "sync_mode", "expand_left", "expand_top", "expand_right", "expand_bottom":
			continue
		}
		if v == nil {
			delete(fields, name)
			continue
		}
		fields[name] = v
	}
}
