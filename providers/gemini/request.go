package gemini

import (
	"context"
	"maps"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// imageOnly keeps models from answering with words.
const imageOnly = "Output the final image only."

// body of a request.
func (p *Provider) body(ctx context.Context, m model, r providers.Request) (*wire.Body, error) {
	parts := []any{map[string]any{"text": prompt(r)}}
	var pictures []*wire.Picture
	for _, ref := range r.References {
		part, picture, err := p.inline(ref)
		if err != nil {
			return nil, err
		}
		parts, pictures = append(parts, part), append(pictures, picture)
	}
	parts = append(parts, map[string]any{"text": imageOnly})
	asked := map[string]any{
		"contents":         []any{map[string]any{"role": "user", "parts": parts}},
		"generationConfig": m.config(r),
	}
	return p.client.JSON(ctx, merge(allowed(r.Extra), asked), pictures...)
}

// inline is a picture as a part.
func (p *Provider) inline(ref providers.Reference) (part map[string]any, picture *wire.Picture, err error) {
	switch ref.MediaType {
	case "image/png", "image/jpeg", "image/webp":
		picture = &wire.Picture{Ref: ref}
		return map[string]any{"inlineData": map[string]any{"mimeType": ref.MediaType, "data": picture}}, picture, nil
	}
	return nil, nil, p.client.Cannot("a reference is neither PNG, JPEG nor WebP")
}

// config says what to make. A picture without a size keeps its shape.
func (m model) config(r providers.Request) map[string]any {
	ratio, tier := m.settle(r.Size)
	image := map[string]any{}
	if r.Size != (providers.Size{}) || r.Operation == providers.Generate {
		image["aspectRatio"] = ratio
	}
	if m.tiered {
		image["imageSize"] = tierNames()[tier]
	}
	config := map[string]any{"responseModalities": []string{"IMAGE"}}
	if len(image) > 0 {
		config["imageConfig"] = image
	}
	return config
}

// allowed is what an operator may set: not the model, and not several images where one was asked for.
func allowed(extra map[string]any) map[string]any {
	extra = maps.Clone(extra)
	delete(extra, "model")
	if config, ok := extra["generationConfig"].(map[string]any); ok {
		config = maps.Clone(config)
		delete(config, "candidateCount")
		extra["generationConfig"] = config
	}
	return extra
}

// merge puts what was asked for over what the operator set for the route, object by object.
func merge(extra, asked map[string]any) map[string]any {
	all := maps.Clone(asked)
	for name, theirs := range extra {
		ours, taken := all[name]
		if !taken {
			all[name] = theirs
			continue
		}
		deeper, is := ours.(map[string]any)
		if also, too := theirs.(map[string]any); is && too {
			all[name] = merge(also, deeper)
		}
	}
	return all
}

// prompt of a request. A variation is an edit that says so.
func prompt(r providers.Request) string {
	if r.Operation != providers.Vary {
		return r.Prompt
	}
	how := "Make a variation of this image: keep its subject and style, and change details of the composition."
	switch {
	case r.Strength > 0 && r.Strength < 0.35:
		how = "Make a variation of this image that differs from it only in small details."
	case r.Strength > 0.7:
		how = "Make a free variation of this image: keep its subject, and change style and composition."
	}
	return strings.TrimSpace(how + "\n" + r.Prompt)
}
