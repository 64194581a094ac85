package fal

import (
	"context"
	"encoding/json"

	"github.com/imagika/imagika/providers"
)

// made is the output of a model. Some have one image, most a list.
type made struct {
	Images []file          `json:"images,omitempty"`
	Image  *file           `json:"image,omitempty"`
	Seed   json.RawMessage `json:"seed,omitempty"`
	NSFW   json.RawMessage `json:"has_nsfw_concepts,omitempty"`
}

type file struct {
	URL string `json:"url"`
}

// addresses of the images that are to be seen, and how many were blacked out.
func (m made) addresses() (all []string, blacked int) {
	files := m.Images
	if m.Image != nil {
		files = append(files, *m.Image)
	}
	var marks []bool
	_ = json.Unmarshal(m.NSFW, &marks) // missing or null: none is marked
	for i, f := range files {
		switch {
		case i < len(marks) && marks[i]:
			blacked++
		case f.URL != "":
			all = append(all, f.URL)
		}
	}
	return all, blacked
}

// images opens a result.
func (p *Provider) images(ctx context.Context, h handle, m made) (providers.Images, error) {
	all, blacked := m.addresses()
	switch {
	case len(all) == 0 && blacked > 0:
		e := p.client.Fail(providers.Rejected, providers.BilledYes, "%d images were blacked out", blacked)
		e.Stage = "output"
		return nil, e
	case len(all) == 0:
		return nil, p.client.Fail(providers.NoOutput, providers.BilledMaybe, "completed without an image")
	}
	seed := h.Seed
	var said *int64
	if json.Unmarshal(m.Seed, &said) == nil && said != nil {
		seed = *said
	}
	return p.client.Pictures(ctx, all, func(i int) int64 { return seed + int64(i) }), nil
}
