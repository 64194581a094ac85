package replicate

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// family is how a model wants to be asked.
type family int

const (
	plain   family = iota // words; the rest is the operator's
	flux1                 // a shape, several images, a picture to start from
	flux2                 // width and height, up to eight pictures
	kontext               // a shape, one picture
	esrgan                // a picture and a factor
)

// model is a row of the table.
type model struct {
	providers.Model

	family  family
	price   price
	listed  bool   // so that its price is one
	version string // that is run, where it has to be said
}

// price in micro-dollars: of a call, of an image, of a megapixel that is made or sent, of a second.
type price struct{ call, image, megapixel, second int64 }

const (
	// maxInput is what a picture that is sent is taken to count, in megapixels; larger ones are said to be scaled to it.
	maxInput = 4
	// maxSeconds bounds the work of models that are paid by the second.
	maxSeconds = 60
	// unknownPrice bounds an image of a model that is not in the table: what the dearest listed one asks.
	unknownPrice = 100_000
)

// bound is an upper bound for a call.
func (p price) bound(r providers.Request) int64 {
	return p.call + int64(max(r.Count, 1))*p.image + p.megapixel*megapixels(r) + p.second*maxSeconds
}

// megapixels that are made and sent, of 1024 by 1024, rounded up for each.
func megapixels(r providers.Request) int64 {
	out := max(1, (int64(r.Size.Width)*int64(r.Size.Height)+1<<20-1)>>20)
	pictures := int64(len(r.References))
	if r.Operation == providers.Generate {
		return out + maxInput*pictures
	}
	if r.Size == (providers.Size{}) {
		out = maxInput // as large as the picture that is sent
	}
	return out + maxInput*max(pictures, 1)
}

// esrganVersion is run: the model is not one of those that have a current version by their name.
const esrganVersion = "f121d640bd286e1fdc67f9799164c1d5be36ff74576ee11c803ae5b665dd46aa"

// table lists the models. Prices are those of replicate.com/pricing and of the models' pages, October 2026.
func table() []model {
	generate, vary := []providers.Operation{providers.Generate}, []providers.Operation{providers.Generate, providers.Vary}
	edit, upscale := []providers.Operation{providers.Generate, providers.Edit}, []providers.Operation{providers.Upscale}
	all := []model{
		row("black-forest-labs/flux-schnell", flux1, price{image: 3_000}, generate, flux1Sizes(), 4, 0, 2*time.Second),
		row("black-forest-labs/flux-dev", flux1, price{image: 25_000}, vary, flux1Sizes(), 4, 1, 5*time.Second),
		row("black-forest-labs/flux-2-pro", flux2, price{call: 15_000, megapixel: 15_000}, edit, flux2Sizes(), 1, 8, 15*time.Second),
		row("black-forest-labs/flux-kontext-pro", kontext, price{image: 40_000}, edit, kontextSizes(), 1, 1, 8*time.Second),
		row("nightmareai/real-esrgan", esrgan, price{second: 225}, upscale, flux2Sizes()[:1], 1, 1, 10*time.Second),
	}
	for i := range all {
		if all[i].listed = true; all[i].family == esrgan {
			all[i].version = esrganVersion
		}
	}
	return all
}

func row(name string, f family, p price, ops []providers.Operation, sizes []providers.Size, count, refs int, typical time.Duration) model {
	return model{
		Model: providers.Model{
			Name: name, Operations: ops, MaxCount: count, MaxRefs: refs, Sizes: sizes, Seed: f == flux2 || f == kontext,
			Async: true, Cancel: true, Timeout: 5 * time.Minute, ResultTTL: time.Hour, Typical: typical,
			// 600 predictions a minute may be made with a key.
			Every: 100 * time.Millisecond, Burst: 10,
		},
		family: f, price: p,
	}
}

var names = regexp.MustCompile(`^(deployments/)?([a-z0-9][a-z0-9._-]{0,99}/[a-z0-9][a-z0-9._-]{0,99})(?::([0-9a-f]{64}))?$`)

// find returns a listed model, or what can be said of another: how families of models are asked is known by their
// names, of the rest only that they take words.
func (p *Provider) find(name string) (model, bool) {
	parts := names.FindStringSubmatch(name)
	if parts == nil || (parts[1] != "" && parts[3] != "") {
		return model{}, false
	}
	if i := slices.IndexFunc(p.models, func(m model) bool { return m.Name == parts[2] }); i >= 0 && parts[1] == "" {
		m := p.models[i]
		if m.Name = name; parts[3] != "" {
			m.version = parts[3]
		}
		return m, true
	}
	m := guess(parts[2])
	m.Name, m.version = name, parts[3]
	return m, true
}

// guess describes a model by its name.
func guess(name string) model {
	words := []providers.Operation{providers.Generate}
	edit := []providers.Operation{providers.Generate, providers.Edit}
	unknown := price{image: unknownPrice}
	switch {
	case strings.HasPrefix(name, "black-forest-labs/flux-2-"):
		return row(name, flux2, price{call: 60_000, megapixel: 50_000}, edit, flux2Sizes(), 1, 4, 20*time.Second)
	case strings.HasPrefix(name, "black-forest-labs/flux-kontext-"):
		return row(name, kontext, unknown, edit, kontextSizes(), 1, 1, 15*time.Second)
	case strings.HasSuffix(name, "/real-esrgan"):
		return row(name, esrgan, unknown, []providers.Operation{providers.Upscale}, flux2Sizes()[:1], 1, 1, 15*time.Second)
	}
	return row(name, plain, unknown, words, flux2Sizes()[:1], 1, 0, 20*time.Second)
}

// path of the POST.
func (m model) path() string {
	switch {
	case m.version != "":
		return "predictions"
	case strings.HasPrefix(m.Name, "deployments/"):
		return m.Name + "/predictions"
	}
	return "models/" + m.Name + "/predictions"
}

// flux1Shapes are of one megapixel.
func flux1Shapes() []wire.Shape {
	return []wire.Shape{
		{Name: "1:1", Size: providers.Size{Width: 1024, Height: 1024}},
		{Name: "4:3", Size: providers.Size{Width: 1152, Height: 896}},
		{Name: "3:4", Size: providers.Size{Width: 896, Height: 1152}},
		{Name: "3:2", Size: providers.Size{Width: 1216, Height: 832}},
		{Name: "2:3", Size: providers.Size{Width: 832, Height: 1216}},
		{Name: "16:9", Size: providers.Size{Width: 1344, Height: 768}},
		{Name: "9:16", Size: providers.Size{Width: 768, Height: 1344}},
		{Name: "21:9", Size: providers.Size{Width: 1536, Height: 640}},
		{Name: "9:21", Size: providers.Size{Width: 640, Height: 1536}},
	}
}

func flux1Sizes() []providers.Size   { return wire.Sizes(flux1Shapes()) }
func kontextSizes() []providers.Size { return wire.Sizes(wire.Kontext()) }

// flux2Sizes are of one megapixel, and some of two and four; any other whose sides are multiples of 32 would do.
func flux2Sizes() []providers.Size {
	return []providers.Size{
		{Width: 1024, Height: 1024},
		{Width: 1152, Height: 864},
		{Width: 864, Height: 1152},
		{Width: 1248, Height: 832},
		{Width: 832, Height: 1248},
		{Width: 1344, Height: 768},
		{Width: 768, Height: 1344},
		{Width: 1440, Height: 1440},
		{Width: 1920, Height: 1088},
		{Width: 1088, Height: 1920},
		{Width: 2048, Height: 2048},
	}
}
