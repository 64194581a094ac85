package stability

import (
	"time"

	"github.com/imagika/imagika/providers"
)

// model is a row of the table.
type model struct {
	providers.Model
	path    string
	variant string // of a path that has several
	price   int64  // of an image, in micro-dollars
	// shapes are the aspect ratios it takes, in the order of Sizes.
	shapes []string
	// strength of a variation that does not say one.
	strength float64
	// prompt of an upscale or a variation without one, where the service insists on words.
	prompt string
}

// credit is a cent.
const credit = 10_000

// The paths.
const (
	generate = "v2beta/stable-image/generate/"
	upscale  = "v2beta/stable-image/upscale/"
	outpaint = "v2beta/stable-image/edit/outpaint"
)

const anotherOne = "a variation of this picture"

// table lists the models. Prices are of Stability's price list, read in November 2026 (platform.stability.ai/pricing;
// those of the upscalers rose to 2 and 40 credits in 2025).
func table() []model {
	core := painter("core", 3*credit, 90*time.Second, 5*time.Second)
	core.path, core.Sizes = generate+"core", coreSizes()
	ultra := variant("ultra", 8*credit, 10*time.Second, 0.6)
	ultra.path, ultra.variant = generate+"ultra", ""
	return []model{
		core,
		ultra,
		variant("sd3.5-large", 6.5*credit, 8*time.Second, 0.6),
		variant("sd3.5-large-turbo", 4*credit, 4*time.Second, 0.6),
		variant("sd3.5-medium", 3.5*credit, 5*time.Second, 0.6),
		variant("sd3.5-flash", 2.5*credit, 3*time.Second, 0.95), // below .94 it hardly moves
		{Model: upscaler("fast", providers.Size{Width: 4096, Height: 4096}, time.Minute, 3*time.Second), path: upscale + "fast", price: 2 * credit},
		conservative(),
		outpainter(),
	}
}

// outpainter paints around a picture.
func outpainter() model {
	m := model{Model: providers.Model{
		Name: "outpaint", Operations: []providers.Operation{providers.Expand}, MaxCount: 1, MaxRefs: 1, Seed: true,
		Sizes: []providers.Size{{Width: 2048, Height: 2048}}, Timeout: 2 * time.Minute, Typical: 10 * time.Second,
	}, path: outpaint, price: 5 * credit}
	m.prompt = "more of the same scene"
	return m
}

// painter is a model that makes images from words.
func painter(name string, price int64, timeout, typical time.Duration) model {
	return model{
		Model: providers.Model{
			Name: name, Operations: []providers.Operation{providers.Generate}, MaxCount: 1, Sizes: sizes(), Seed: true, Negative: true,
			Timeout: timeout, Typical: typical,
		},
		price: price, shapes: shapes(),
	}
}

// variant is one of the Stable Diffusion 3.5 family: it can start from a picture, too.
func variant(name string, price int64, typical time.Duration, strength float64) model {
	m := painter(name, price, 2*time.Minute, typical)
	m.Operations, m.MaxRefs = append(m.Operations, providers.Vary), 1
	m.path, m.variant, m.strength, m.prompt = generate+"sd3", name, strength, anotherOne
	return m
}

// conservative keeps to the picture, and is told what is in it.
func conservative() model {
	m := model{
		Model: upscaler("conservative", providers.Size{Width: 2048, Height: 2048}, 4*time.Minute, 25*time.Second),
		path:  upscale + "conservative", price: 40 * credit, prompt: "a sharp and detailed picture",
	}
	m.Seed, m.Negative = true, true
	return m
}

// upscaler is a model that makes a picture larger, up to a size.
func upscaler(name string, largest providers.Size, timeout, typical time.Duration) providers.Model {
	return providers.Model{
		Name: name, Operations: []providers.Operation{providers.Upscale}, MaxCount: 1, MaxRefs: 1, Sizes: []providers.Size{largest},
		Timeout: timeout, Typical: typical,
	}
}

// shapes are what all models take, in the order of sizes and coreSizes.
func shapes() []string {
	return []string{"1:1", "16:9", "9:16", "3:2", "2:3", "5:4", "4:5", "21:9", "9:21"}
}

// sizes have about one megapixel.
func sizes() []providers.Size {
	return []providers.Size{
		{Width: 1024, Height: 1024},
		{Width: 1344, Height: 768},
		{Width: 768, Height: 1344},
		{Width: 1216, Height: 832},
		{Width: 832, Height: 1216},
		{Width: 1088, Height: 896},
		{Width: 896, Height: 1088},
		{Width: 1536, Height: 640},
		{Width: 640, Height: 1536},
	}
}

// coreSizes have about one and a half.
func coreSizes() []providers.Size {
	return []providers.Size{
		{Width: 1216, Height: 1216},
		{Width: 1600, Height: 896},
		{Width: 896, Height: 1600},
		{Width: 1536, Height: 1024},
		{Width: 1024, Height: 1536},
		{Width: 1344, Height: 1088},
		{Width: 1088, Height: 1344},
		{Width: 1856, Height: 768},
		{Width: 768, Height: 1856},
	}
}
