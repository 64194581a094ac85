package gemini

import (
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
)

// model is a row of the table.
type model struct {
	providers.Model
	// tiered models are told a tier; the others have one and refuse to be told.
	tiered bool
	rates  rates
	// tokens of an image, by tier; where a tier is missing, the last one counts.
	tokens []int64
}

// The tiers.
const (
	tier1K = iota
	tier2K
	tier4K
)

// tierNames are spelled with a capital K; a small one is refused.
func tierNames() []string { return []string{"1K", "2K", "4K"} }

// shape is an aspect ratio and the size it has in the lowest tier; each tier doubles it.
type shape struct {
	ratio string
	size  providers.Size
}

// shapes of the 3.x models.
func shapes() []shape {
	return []shape{
		{"1:1", providers.Size{Width: 1024, Height: 1024}},
		{"16:9", providers.Size{Width: 1376, Height: 768}},
		{"9:16", providers.Size{Width: 768, Height: 1376}},
		{"3:2", providers.Size{Width: 1264, Height: 848}},
		{"2:3", providers.Size{Width: 848, Height: 1264}},
		{"4:3", providers.Size{Width: 1200, Height: 896}},
		{"3:4", providers.Size{Width: 896, Height: 1200}},
		{"5:4", providers.Size{Width: 1152, Height: 928}},
		{"4:5", providers.Size{Width: 928, Height: 1152}},
		{"21:9", providers.Size{Width: 1584, Height: 672}},
	}
}

// sizes of the tiers up to the last one. 4K, which costs the most by far, is offered in the common shapes.
func sizes(last int) []providers.Size {
	var all []providers.Size
	for tier := range last + 1 {
		in := shapes()
		if tier == tier4K {
			in = in[:3]
		}
		for _, s := range in {
			all = append(all, s.at(tier))
		}
	}
	return all
}

func (s shape) at(tier int) providers.Size {
	return providers.Size{Width: s.size.Width << tier, Height: s.size.Height << tier}
}

// settle is the ratio and the tier of the model's size that is nearest to s.
func (m model) settle(s providers.Size) (ratio string, tier int) {
	s = m.Nearest(s)
	for tier := range tierNames() {
		for _, one := range shapes() {
			if one.at(tier) == s {
				return one.ratio, tier
			}
		}
	}
	return "1:1", tier1K
}

// The families. Previews and dated names have that of their family in front.
const (
	flash25   = "gemini-2.5-flash-image"
	flash31   = "gemini-3.1-flash-image"
	flashLite = "gemini-3.1-flash-lite-image"
	pro3      = "gemini-3-pro-image"
)

// table lists the models. 3.1 flash can do 4K as well, at more than twice the price of 2K: operators who want that
// describe a route with those sizes.
func table() []model {
	flash := base(flash31, 14, tier2K, 90*time.Second, 12*time.Second)
	flash.rates, flash.tokens = rates{input: 500, words: 3_000, picture: 60_000}, []int64{1120, 1680, 2520}
	pro := base(pro3, 14, tier4K, 4*time.Minute, 25*time.Second)
	pro.rates, pro.tokens = rates{input: 2_000, words: 12_000, picture: 120_000}, []int64{1120, 1120, 2000}
	lite := base(flashLite, 14, tier1K, time.Minute, 4*time.Second)
	lite.rates, lite.tokens = rates{input: 250, words: 1_500, picture: 30_000}, []int64{1120}
	old := base(flash25, 3, tier1K, 90*time.Second, 9*time.Second)
	old.rates, old.tokens = rates{input: 300, words: 2_500, picture: 30_000}, []int64{1290}
	return []model{flash, pro, lite, old}
}

func base(name string, refs, last int, timeout, typical time.Duration) model {
	return model{
		Model: providers.Model{
			Name: name, Operations: []providers.Operation{providers.Generate, providers.Edit, providers.Vary}, MaxCount: 1, MaxRefs: refs,
			Sizes: sizes(last), Timeout: timeout, Typical: typical,
		},
		tiered: last > tier1K,
	}
}

// find returns the model of a name.
func (p *Provider) find(name string) (model, bool) {
	i := slices.IndexFunc(p.models, func(m model) bool { return m.Name == name || strings.HasPrefix(name, m.Name+"-") })
	if i >= 0 {
		m := p.models[i]
		m.Name = name
		return m, true
	}
	if !strings.HasPrefix(name, "gemini-") || (!strings.Contains(name, "-image") && !strings.Contains(name, "banana")) {
		return model{}, false
	}
	m := base(name, 3, tier1K, 4*time.Minute, 25*time.Second) // nothing is known of it but its price's upper bound
	m.rates, m.tokens = rates{input: 2_000, words: 12_000, picture: 120_000}, []int64{2000}
	return m, true
}
