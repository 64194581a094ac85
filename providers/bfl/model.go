package bfl

import (
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// family is how a model wants to be asked.
type family int

const (
	flux2   family = iota // width and height, up to eight pictures
	kontext               // a shape, one picture
	classic               // width and height, a picture to be like
	ultra                 // a shape, a picture to be like
	fill                  // a picture and a mask
	expand                // a picture and what to add on each side
)

// model is a row of the table.
type model struct {
	providers.Model

	family family
	price  price
}

// price of an image in micro-dollars: the first megapixel of it, every further one, and every one that is sent.
type price struct{ first, more int64 }

// maxInput is what a picture that is sent is taken to count, in megapixels; larger ones are said to be scaled to it.
const maxInput = 4

// bound is an upper bound.
func (p price) bound(r providers.Request) int64 {
	out := megapixels(r.Size)
	if r.Size == (providers.Size{}) && r.Operation != providers.Generate {
		out = maxInput // as large as the picture that is sent
	}
	pictures := int64(len(r.References))
	if r.Operation != providers.Generate {
		pictures = max(pictures, 1)
	}
	return p.first + p.more*(out-1+maxInput*pictures)
}

// megapixels are counted of 1024 by 1024, and rounded up.
func megapixels(s providers.Size) int64 {
	area := int64(s.Width) * int64(s.Height)
	return max(1, (area+1<<20-1)>>20)
}

// kontextMax has limits of its own.
const kontextMax = "flux-kontext-max"

// maxParallel is how many tasks of a key may be under way.
const maxParallel = 24

// table lists the models. Prices are those of docs.bfl.ai, October 2026, in micro-dollars; a credit is 10,000.
func table() []model {
	masked := []providers.Operation{providers.Edit}
	edits := []providers.Operation{providers.Generate, providers.Edit}
	varies := []providers.Operation{providers.Generate, providers.Vary}
	row := func(name string, f family, p price, ops []providers.Operation, sizes []providers.Size, refs int, typical time.Duration) model {
		return model{
			Model: providers.Model{
				Name: name, Operations: ops, MaxCount: 1, MaxRefs: refs, Sizes: sizes, Seed: true, Async: true,
				Timeout: 3 * time.Minute, ResultTTL: 10 * time.Minute, Typical: typical, MaxParallel: maxParallel,
			},
			family: f, price: p,
		}
	}
	all := []model{
		row("flux-2-pro", flux2, price{30_000, 15_000}, edits, freeSizes(), 8, 10*time.Second),
		row("flux-2-max", flux2, price{70_000, 30_000}, edits, freeSizes(), 8, 20*time.Second),
		row("flux-2-flex", flux2, price{50_000, 50_000}, edits, freeSizes(), 8, 20*time.Second),
		row("flux-2-klein-4b", flux2, price{14_000, 1_000}, edits, freeSizes(), 4, 3*time.Second),
		row("flux-2-klein-9b", flux2, price{15_000, 2_000}, edits, freeSizes(), 4, 4*time.Second),
		row("flux-kontext-pro", kontext, price{first: 40_000}, edits, wire.Sizes(wire.Kontext()), 1, 8*time.Second),
		row(kontextMax, kontext, price{first: 80_000}, edits, wire.Sizes(wire.Kontext()), 1, 10*time.Second),
		row("flux-pro-1.1", classic, price{first: 40_000}, varies, classicSizes(), 1, 6*time.Second),
		row("flux-pro-1.1-ultra", ultra, price{first: 60_000}, varies, wire.Sizes(ultraShapes()), 1, 15*time.Second),
		row("flux-pro-1.0-expand", expand, price{first: 50_000}, []providers.Operation{providers.Expand}, []providers.Size{{Width: 2048, Height: 2048}}, 1, 15*time.Second),
		row("flux-pro-1.0-fill", fill, price{first: 50_000}, masked, []providers.Size{{Width: 1024, Height: 1024}}, 1, 15*time.Second),
	}
	for i := range all {
		all[i].Mask = all[i].family == fill
		if all[i].Name == kontextMax {
			all[i].MaxParallel = 6
		}
	}
	return all
}

// ultraShapes are of four megapixels. The sizes are nominal: what comes back is near them.
func ultraShapes() []wire.Shape {
	return []wire.Shape{
		{Name: "1:1", Size: providers.Size{Width: 2048, Height: 2048}},
		{Name: "4:3", Size: providers.Size{Width: 2368, Height: 1792}},
		{Name: "3:4", Size: providers.Size{Width: 1792, Height: 2368}},
		{Name: "3:2", Size: providers.Size{Width: 2496, Height: 1664}},
		{Name: "2:3", Size: providers.Size{Width: 1664, Height: 2496}},
		{Name: "16:9", Size: providers.Size{Width: 2752, Height: 1536}},
		{Name: "9:16", Size: providers.Size{Width: 1536, Height: 2752}},
	}
}

// classicSizes have up to 1440 a side.
func classicSizes() []providers.Size {
	return []providers.Size{
		{Width: 1024, Height: 1024},
		{Width: 1152, Height: 864},
		{Width: 864, Height: 1152},
		{Width: 1248, Height: 832},
		{Width: 832, Height: 1248},
		{Width: 1344, Height: 768},
		{Width: 768, Height: 1344},
	}
}

// freeSizes are of one megapixel, and some of two and four; any other whose sides are multiples of 16 would do.
func freeSizes() []providers.Size {
	return append(classicSizes(),
		providers.Size{Width: 1440, Height: 1440}, providers.Size{Width: 1920, Height: 1088}, providers.Size{Width: 1088, Height: 1920},
		providers.Size{Width: 2048, Height: 2048},
	)
}

// unfit says what the model cannot do of a request.
func (m model) unfit(r providers.Request) string {
	if why := m.Unfit(r); why != "" {
		return why
	}
	for _, ref := range r.References {
		if ref.Bytes > maxPicture {
			return "a reference is too large"
		}
	}
	return ""
}

// maxPicture is what a picture that is sent may weigh.
const maxPicture = 20 << 20
