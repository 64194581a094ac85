package openai

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// sdcpp is the server of stable-diffusion.cpp, with whatever model it was started with. It reads seed, negative prompt
// and its other parameters from a block of JSON within the prompt.
type sdcpp struct{}

func (sdcpp) home() home { return home{} }

func (s sdcpp) table() []model { return []model{s.describe("sdxl")} }

func (sdcpp) knows(name string) bool { return named(name) }

// describe: one model, one call at a time. Sizes are those of SDXL and about right for what came after.
func (sdcpp) describe(name string) model {
	return model{Model: providers.Model{
		Name: name, Operations: wordsAndPictures(), MaxCount: 4, MaxRefs: 4, Mask: true, Seed: true, Negative: true,
		Sizes: []providers.Size{
			{Width: 1024, Height: 1024},
			{Width: 1152, Height: 896},
			{Width: 896, Height: 1152},
			{Width: 1344, Height: 768},
			{Width: 768, Height: 1344},
		},
		Timeout: 10 * time.Minute, Typical: 30 * time.Second, MaxParallel: 1,
	}}
}

// plainFields are what the server reads beside the prompt; everything else goes into the block.
func plainFields() []string { return []string{"size", "output_format", "output_compression"} }

func (sdcpp) compose(_ model, r providers.Request) call {
	block := map[string]any{"seed": r.Seed}
	if r.Negative != "" {
		block["negative_prompt"] = r.Negative
	}
	if r.Strength > 0 {
		block["strength"] = r.Strength
	}
	c := call{path: "images/generations", block: block, extra: map[string]any{}, fields: map[string]any{
		"n": max(r.Count, 1), "output_format": "png",
	}}
	if r.Size != (providers.Size{}) {
		c.fields["size"] = strconv.Itoa(steps(float64(r.Size.Width))) + "x" + strconv.Itoa(steps(float64(r.Size.Height)))
	}
	for name, v := range r.Extra {
		switch {
		case fixed(name):
		case slices.Contains(plainFields(), name):
			c.extra[name] = v
		default:
			block[name] = v
		}
	}
	if r.Operation != providers.Generate {
		c.path, c.form, c.images = "images/edits", true, r.References
		if r.Mask != nil {
			white := wire.Whitened(*r.Mask)
			c.mask = &white
		}
	}
	return c
}

// blockName is the tag of the block.
const blockName = "sd_cpp_extra_args"

// withBlock adds the block to a prompt in which nobody else's is left standing. The encoder escapes brackets, so that
// nothing inside ends the block.
func withBlock(words string, text []byte) string {
	words = strings.ReplaceAll(words, blockName, "sd-cpp-extra-args")
	return words + " <" + blockName + ">" + string(text) + "</" + blockName + ">"
}

func (sdcpp) cost(model, answer, http.Header) int64 { return 0 }
