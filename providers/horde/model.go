package horde

import (
	"strings"
	"time"
	"unicode"

	"github.com/imagika/imagika/providers"
)

// model is a row of the table.
type model struct {
	providers.Model

	params map[string]any // what it paints best with, besides the Horde's own
	loose  bool           // not of the table: its limits are a guess, which the operator may know better
}

const (
	maxCount = 4
	// lifetime of a request, and of its images.
	lifetime = 10 * time.Minute
)

// large are sizes of a megapixel, for models of SDXL's kind and later. The Horde wants sides of 64.
func large() []providers.Size {
	return []providers.Size{
		{Width: 1024, Height: 1024},
		{Width: 1152, Height: 896},
		{Width: 896, Height: 1152},
		{Width: 1344, Height: 768},
		{Width: 768, Height: 1344},
	}
}

// small are sizes for models of Stable Diffusion 1's kind, and below what needs kudos in busy times.
func small() []providers.Size {
	return []providers.Size{{Width: 512, Height: 512}, {Width: 640, Height: 448}, {Width: 448, Height: 640}}
}

// base is what models have in common. Thirty images of a key may be under way, which are seven calls of four; calls may
// come twice a second.
func base(name string, sizes []providers.Size, ops ...providers.Operation) providers.Model {
	m := providers.Model{
		Name: name, Operations: ops, MaxCount: maxCount, Sizes: sizes, Negative: true, Async: true, Cancel: true,
		Timeout: lifetime, ResultTTL: lifetime, Typical: time.Minute, MaxParallel: 7, Every: 700 * time.Millisecond, Burst: 2,
	}
	if m.Can(providers.Vary) {
		m.MaxRefs = 1
	}
	return m
}

// table lists models that volunteers nearly always serve.
func table() []model {
	quick := model{
		Model:  base("Flux.1-Schnell fp8 (Compact)", large(), providers.Generate),
		params: map[string]any{"steps": 4, "cfg_scale": 1, "sampler_name": "k_euler"},
	}
	quick.Negative = false
	return []model{
		{Model: base("SDXL 1.0", large(), providers.Generate, providers.Vary)},
		{Model: base("AlbedoBase XL (SDXL)", large(), providers.Generate, providers.Vary)},
		{Model: base("stable_diffusion", small(), providers.Generate, providers.Vary)},
		quick,
	}
}

// maxName is more than any name the Horde knows.
const maxName = 100

// describe is a careful guess.
func describe(name string) (model, bool) {
	if name == "" || len(name) > maxName || strings.TrimSpace(name) != name || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return model{}, false
	}
	sizes := small()
	if lower := strings.ToLower(name); strings.Contains(lower, "xl") || strings.Contains(lower, "flux") || strings.Contains(lower, "pony") {
		sizes = large()
	}
	m := base(name, sizes, providers.Generate)
	m.MaxCount = 1
	return model{Model: m, loose: true}, true
}

// unfit says what the model cannot do of the request.
func (m model) unfit(r providers.Request) string {
	if m.loose {
		m.MaxCount, m.MaxRefs = maxCount, 1
		m.Operations = []providers.Operation{providers.Generate, providers.Vary}
	}
	return m.Unfit(r)
}
