package openai

import (
	"net/http"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// together is Together AI: open models and some of others, with sizes in pixels, seeds and negative prompts. The seed
// is that of a whole call, so that the images of a larger one cannot be made again one by one: it is sent, but no model
// promises it. Answers do not say what they cost.
type together struct{}

func (together) home() home {
	return home{url: "https://api.together.ai/v1", keyed: true}
}

const (
	schnell = "black-forest-labs/FLUX.1-schnell"
	kontext = "black-forest-labs/FLUX.1-kontext-pro"
	flux2   = "black-forest-labs/FLUX.2-"
)

// Prices are those of together.ai/pricing as read in October 2026, by second hand.
func (t together) table() []model {
	sketch := t.row(schnell, perMegapixel(2_700), 3*time.Second)
	sketch.MaxCount = 4
	change := t.row(kontext, perImage(40_000), 12*time.Second)
	change.Operations, change.MaxRefs, change.plural = []providers.Operation{providers.Edit, providers.Vary}, 1, false
	dev := t.row(flux2+"dev", perMegapixel(15_400), 10*time.Second)
	pro := t.row(flux2+"pro", perMegapixel(30_000), 15*time.Second)
	for _, m := range []*model{&dev, &pro} {
		m.Operations, m.MaxRefs = wordsAndPictures(), 8
	}
	return []model{sketch, change, dev, pro}
}

func (together) row(name string, price func(providers.Request) int64, typical time.Duration) model {
	m := conservative(name)
	m.price, m.Negative, m.Timeout, m.Typical = price, true, 2*time.Minute, typical
	m.Sizes = []providers.Size{
		{Width: 1024, Height: 1024},
		{Width: 1152, Height: 864},
		{Width: 864, Height: 1152},
		{Width: 1344, Height: 768},
		{Width: 768, Height: 1344},
	}
	return m
}

func (together) knows(name string) bool { return named(name) && strings.Contains(name, "/") }

func (t together) describe(name string) model {
	return t.row(name, perImage(unknownPrice), 15*time.Second)
}

func (together) compose(m model, r providers.Request) call {
	c := call{path: "images/generations", fields: map[string]any{
		"model": r.Model, "prompt": prompt(r), "n": max(r.Count, 1), "response_format": "base64", "output_format": "jpeg",
	}}
	if r.Size != (providers.Size{}) {
		c.fields["width"], c.fields["height"] = steps(float64(r.Size.Width)), steps(float64(r.Size.Height))
	}
	if r.Seed != 0 {
		c.fields["seed"] = r.Seed
	}
	if r.Negative != "" {
		c.fields["negative_prompt"] = r.Negative
	}
	if len(r.References) == 1 && !m.plural {
		c.fields["image_url"] = c.attach(r.References[0])
	} else if len(r.References) > 0 {
		list := make([]*wire.Picture, len(r.References))
		for i, ref := range r.References {
			list[i] = c.attach(ref)
		}
		c.fields["reference_images"] = list
	}
	return c
}

func (together) cost(model, answer, http.Header) int64 { return -1 }
