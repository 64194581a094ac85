package fal

import (
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// model is a row of the table: what can be asked for, and how its paths want to be asked.
type model struct {
	providers.Model

	paths map[providers.Operation]path
	price price
	loose bool // not of the table: its limits are a guess, which the operator may know better
}

// path is an endpoint. What it does not name it does not take.
type path struct {
	suffix   string // below the model's name
	many     string // suffix for more than one picture
	size     sizing
	seed     bool
	count    bool // num_images
	strength bool
	scale    bool // enlarges: no prompt
	lists    bool // pictures go into image_urls even if it is one
	margins  bool // what is added on each side: no prompt
}

// sizing is how a path takes a size.
type sizing int

const (
	asSource sizing = iota // as large as the picture that is sent
	pixels                 // image_size
	ratio                  // aspect_ratio
)

// price of an image in micro-dollars: flat, or of its first megapixel and every further one, those that are sent too.
type price struct{ first, more int64 }

// maxInput is what a picture that is sent is taken to count, in megapixels.
const maxInput = 4

// bound is an upper bound for one image.
func (p price) bound(r providers.Request) int64 {
	out := megapixels(r.Size)
	if r.Operation != providers.Generate && r.Size == (providers.Size{}) {
		out = maxInput
	}
	return p.first + p.more*(out-1+maxInput*int64(min(len(r.References), maxRefs)))
}

// megapixels are millions, rounded up: whether 1024 by 1024 counts as one or two differs between models.
func megapixels(s providers.Size) int64 {
	return max(1, (int64(s.Width)*int64(s.Height)+999_999)/1_000_000)
}

const (
	maxCount = 4
	maxRefs  = 9
	timeout  = 5 * time.Minute
	// resultTTL is less than any lifetime of results that fal documents.
	resultTTL = time.Hour
)

// sizes that every model here takes, about a megapixel each.
func sizes() []providers.Size {
	return []providers.Size{
		{Width: 1024, Height: 1024},
		{Width: 1152, Height: 896},
		{Width: 896, Height: 1152},
		{Width: 1344, Height: 768},
		{Width: 768, Height: 1344},
	}
}

// base is what the models have in common.
func base(name string, ops ...providers.Operation) providers.Model {
	return providers.Model{
		Name: name, Operations: ops, MaxCount: 1, Sizes: sizes(), Async: true, Cancel: true, Timeout: timeout,
		ResultTTL: resultTTL, Typical: 10 * time.Second,
	}
}

// table lists the models. Where several images can be made at once they share one seed, so that an image cannot be had
// again without those before it: such models are not said to repeat. Prices in micro-dollars are those of the models'
// pages, November 2026, as far as they are known, and otherwise twice those of the same model elsewhere.
func table() []model {
	return []model{
		flux2("fal-ai/flux-2-pro", price{30_000, 15_000}),
		flux2("fal-ai/flux-2-max", price{70_000, 30_000}),
		outpaint(),
		schnell(),
		dev(),
		kontext("fal-ai/flux-pro/kontext", price{first: 40_000}),
		kontext("fal-ai/flux-pro/kontext/max", price{first: 80_000}),
		esrgan(),
	}
}

func flux2(name string, cost price) model {
	m := base(name, providers.Generate, providers.Edit)
	m.MaxRefs, m.Seed, m.Typical = maxRefs, true, 15*time.Second
	return model{Model: m, price: cost, paths: map[providers.Operation]path{
		providers.Generate: {size: pixels, seed: true},
		providers.Edit:     {suffix: "/edit", size: pixels, seed: true, lists: true},
	}}
}

func outpaint() model {
	m := base("fal-ai/flux-2-pro/outpaint", providers.Expand)
	m.MaxRefs, m.Typical = 1, 15*time.Second
	return model{Model: m, price: price{30_000, 15_000}, paths: map[providers.Operation]path{providers.Expand: {margins: true}}}
}

func schnell() model {
	m := base("fal-ai/flux/schnell", providers.Generate)
	m.MaxCount, m.Typical = maxCount, 3*time.Second
	return model{Model: m, price: price{3_000, 3_000}, paths: map[providers.Operation]path{
		providers.Generate: {size: pixels, seed: true, count: true},
	}}
}

func dev() model {
	m := base("fal-ai/flux/dev", providers.Generate, providers.Vary)
	m.MaxCount, m.MaxRefs = maxCount, 1
	return model{Model: m, price: price{30_000, 30_000}, paths: map[providers.Operation]path{
		providers.Generate: {size: pixels, seed: true, count: true},
		providers.Vary:     {suffix: "/image-to-image", seed: true, count: true, strength: true},
	}}
}

func kontext(name string, cost price) model {
	m := base(name, providers.Generate, providers.Edit)
	m.MaxCount, m.MaxRefs, m.Sizes = maxCount, 4, wire.Sizes(wire.Kontext())
	return model{Model: m, price: cost, paths: map[providers.Operation]path{
		providers.Generate: {suffix: "/text-to-image", size: ratio, seed: true, count: true},
		providers.Edit:     {many: "/multi", size: ratio, seed: true, count: true},
	}}
}

func esrgan() model {
	m := base("fal-ai/esrgan", providers.Upscale)
	m.MaxRefs = 1
	return model{Model: m, price: price{first: 20_000}, paths: map[providers.Operation]path{providers.Upscale: {scale: true}}}
}

// unpriced bounds the cost of what is not in the table.
const unpriced = 100_000

// describe is a careful guess from the path: what its last segment says, and one image.
func describe(name string) (model, bool) {
	segments := strings.Split(name, "/")
	if len(segments) < 2 || slices.ContainsFunc(segments, func(s string) bool { return !token(s) || s == "." || s == ".." }) {
		return model{}, false
	}
	op, way := providers.Generate, path{size: pixels}
	switch last := segments[len(segments)-1]; {
	case last == "edit", last == "multi":
		op, way = providers.Edit, path{lists: true}
	case last == "image-to-image":
		op, way = providers.Vary, path{strength: true}
	case strings.Contains(last, "upscal"):
		op, way = providers.Upscale, path{}
	}
	m := base(name, op)
	m.Typical = 30 * time.Second
	if op != providers.Generate {
		m.MaxRefs = 1
	}
	return model{Model: m, loose: true, price: price{first: unpriced}, paths: map[providers.Operation]path{op: way}}, true
}

// unfit says what the model cannot do of the request.
func (m model) unfit(r providers.Request) string {
	if m.loose {
		m.MaxCount, m.MaxRefs = maxCount, maxRefs
	}
	return m.Unfit(r)
}
