package openai

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// xai is xAI's Grok Imagine: shapes instead of sizes, two resolutions, pictures inside the JSON, no seed and no mask.
// Sizes in its table are nominal; what comes back is near them.
type xai struct{}

func (xai) home() home {
	return home{url: "https://api.x.ai/v1", keyed: true, perModel: true, results: []string{"*.x.ai"}}
}

const familyGrok = "grok-imagine-image"

func (x xai) table() []model {
	return []model{x.describe("grok-imagine-image"), x.describe("grok-imagine-image-pro")}
}

func (xai) knows(name string) bool { return named(name) && strings.HasPrefix(name, familyGrok) }

func (xai) describe(name string) model {
	m := model{
		Model: providers.Model{
			Name: name, Operations: wordsAndPictures(), MaxCount: maxCount, MaxRefs: 3, Sizes: shapeSizes(),
			Timeout: 3 * time.Minute, Typical: 10 * time.Second, Every: 200 * time.Millisecond, Burst: 5,
		},
		price: perImage(grokPrice),
	}
	if name != familyGrok {
		m.price = perImage(grokProPrice)
	}
	return m
}

// Upper bounds of an image with its references, November 2026: 2 cents are asked for the plain model, 5 to 7 for those
// that take more care, and 0.2 for a reference. The answer says what it was.
const (
	grokPrice    = 40_000
	grokProPrice = 80_000
)

// shape is a ratio by its name.
type shape struct {
	name string
	size providers.Size
}

func shapes() []shape {
	return []shape{
		{"1:1", providers.Size{Width: 1024, Height: 1024}},
		{"4:3", providers.Size{Width: 1152, Height: 864}},
		{"3:4", providers.Size{Width: 864, Height: 1152}},
		{"3:2", providers.Size{Width: 1248, Height: 832}},
		{"2:3", providers.Size{Width: 832, Height: 1248}},
		{"16:9", providers.Size{Width: 1344, Height: 756}},
		{"9:16", providers.Size{Width: 756, Height: 1344}},
		{"2:1", providers.Size{Width: 1440, Height: 720}},
		{"1:2", providers.Size{Width: 720, Height: 1440}},
	}
}

// shapeSizes are all shapes in the small resolution, and three in the large one.
func shapeSizes() []providers.Size {
	all := make([]providers.Size, 0, 12)
	for _, s := range shapes() {
		all = append(all, s.size)
	}
	for _, i := range []int{0, 5, 6} {
		all = append(all, providers.Size{Width: 2 * all[i].Width, Height: 2 * all[i].Height})
	}
	return all
}

// largePixels is from where on a request means the large resolution.
const largePixels = 2.2

func (xai) compose(_ model, r providers.Request) call {
	c := call{path: "images/generations", fields: map[string]any{
		"model": r.Model, "prompt": prompt(r), "n": max(r.Count, 1), "response_format": "b64_json",
	}}
	if r.Size != (providers.Size{}) {
		c.fields["aspect_ratio"], c.fields["resolution"] = ratio(r.Size), "1k"
		if r.Size.Megapixels() > largePixels {
			c.fields["resolution"] = "2k"
		}
	}
	if r.Safety != "" {
		c.fields["user"] = r.Safety
	}
	if r.Operation == providers.Generate {
		return c
	}
	c.path = "images/edits"
	type source struct {
		URL  *wire.Picture `json:"url"`
		Type string        `json:"type"`
	}
	sources := make([]source, len(r.References))
	for i, ref := range r.References {
		sources[i] = source{URL: c.attach(ref), Type: "image_url"}
	}
	if len(sources) == 1 {
		c.fields["image"] = sources[0]
	} else {
		c.fields["images"] = sources
	}
	return c
}

// ratio is the name of the shape closest to s.
func ratio(s providers.Size) string {
	away := func(one shape) float64 {
		return math.Abs(math.Log(float64(s.Width*one.size.Height) / float64(s.Height*one.size.Width)))
	}
	return slices.MinFunc(shapes(), func(a, b shape) int {
		switch x, y := away(a), away(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}).name
}

// ticksPerMicro: ten billion ticks are a dollar.
const ticksPerMicro = 10_000

func (xai) cost(_ model, a answer, _ http.Header) int64 {
	ticks := a.usage().CostTicks
	if ticks == nil || *ticks < 0 {
		return -1
	}
	return (int64(*ticks) + ticksPerMicro - 1) / ticksPerMicro
}
