package openai

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/openai/openaitest"
	"github.com/imagika/imagika/providers/providertest"
)

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// sent submits and returns what the server was sent.
func sent(t *testing.T, p *Provider, s *openaitest.Server, r providers.Request) openaitest.Call {
	t.Helper()
	_ = costs(t, p, r)
	calls := s.Calls()
	return calls[len(calls)-1]
}

// costs submits, and drops the images unseen.
func costs(t *testing.T, p *Provider, r providers.Request) int64 {
	t.Helper()
	sub, err := p.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range sub.Images {
		if err != nil {
			t.Fatal(err)
		}
	}
	return sub.Cost
}

// request is what is asked for and what has to be sent.
type request struct {
	desc    string
	dialect Dialect
	model   string
	op      providers.Operation
	change  func(*providers.Request)
	want    map[string]any
	images  int
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, tt := range slices.Concat(openAIRequests(), xaiRequests(), ownRequests(), gatewayRequests()) {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			testRequest(t, tt)
		})
	}
}

func testRequest(t *testing.T, tt request) {
	t.Helper()
	p, s := setup(t, tt.dialect)
	m, ok := p.Describe(tt.model)
	if !ok {
		t.Fatalf("%s is not described", tt.model)
	}
	r := providertest.Request(m, tt.op)
	if tt.change != nil {
		tt.change(&r)
	}
	c := sent(t, p, s, r)
	if diff := cmp.Diff(tt.want, c.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if len(c.Files["image[]"]) != tt.images {
		t.Errorf("%d images, want %d", len(c.Files["image[]"]), tt.images)
	}
	if cost := p.Estimate(r); tt.dialect != SDCpp && cost <= 0 {
		t.Errorf("estimate %d", cost)
	}
}

const words = "a red fox under a full moon"

// full asks for everything at once.
func full(r *providers.Request) {
	r.Count, r.Quality, r.Safety, r.Negative = 2, providers.QualityLow, "hash", "rain"
	r.Size = providers.Size{Width: 1000, Height: 700}
}

func openAIRequests() []request {
	return []request{
		{
			"openai", OpenAI, "gpt-image-2", providers.Generate, full,
			map[string]any{"model": "gpt-image-2", "prompt": words, "n": 2.0, "size": "1008x704", "quality": "low", "safety_identifier": "hash"},
			0,
		},
		{
			"openai, three sizes", OpenAI, "gpt-image-1-mini", providers.Generate, full,
			map[string]any{"model": "gpt-image-1-mini", "prompt": words, "n": 2.0, "size": "1536x1024", "quality": "low", "safety_identifier": "hash"},
			0,
		},
		{
			"openai edits", OpenAI, "gpt-image-1.5", providers.Edit, func(r *providers.Request) {
				r.References, r.Size, r.Extra = slices.Repeat(r.References, 3), providers.Size{}, map[string]any{"input_fidelity": "high", "output_compression": 80.0}
			},
			map[string]any{"model": "gpt-image-1.5", "prompt": words, "n": "1", "size": "1536x1024", "input_fidelity": "high", "output_compression": "80"},
			3,
		},
		{
			"openai, what an operator may set", OpenAI, "gpt-image-2", providers.Generate, func(r *providers.Request) {
				r.Extra = map[string]any{
					"moderation": "low", "output_format": "jpeg", "prompt": "x", "n": 9, "model": "dall-e-3", "stream": true,
					"partial_images": 3, "size": nil,
				}
			},
			map[string]any{"model": "gpt-image-2", "prompt": words, "n": 1.0, "moderation": "low", "output_format": "jpeg"},
			0,
		},
	}
}

// TestAskedSizeIsKept: a shape that was asked for is not that of the picture.
func TestAskedSizeIsKept(t *testing.T) {
	t.Parallel()
	p, s := setup(t, OpenAI)
	r := ask(p, providers.Edit)
	r.Size = providers.Size{Width: 1024, Height: 1536}
	if got := sent(t, p, s, r).Fields["size"]; got != "1024x1536" {
		t.Errorf("size %v", got)
	}
	r.References = []providers.Reference{providertest.ReferenceOf("image/png", []byte("no picture"))}
	r.Size = providers.Size{}
	if e := fails(t, p, r); e.Class != providers.BadRequest || len(s.Calls()) != 1 {
		t.Errorf("%+v after %d calls, want a bad request and no second call", e, len(s.Calls()))
	}
}

func xaiRequests() []request {
	return []request{
		{
			"xai", XAI, "grok-imagine-image", providers.Generate, full,
			map[string]any{
				"model": "grok-imagine-image", "prompt": words, "n": 2.0, "response_format": "b64_json", "aspect_ratio": "3:2",
				"resolution": "1k", "user": "hash",
			},
			0,
		},
		{
			"xai, large", XAI, "grok-imagine-image-pro", providers.Generate, func(r *providers.Request) {
				r.Size = providers.Size{Width: 2688, Height: 1512}
			},
			map[string]any{
				"model": "grok-imagine-image-pro", "prompt": words, "n": 1.0, "response_format": "b64_json", "aspect_ratio": "16:9",
				"resolution": "2k",
			},
			0,
		},
	}
}

func ownRequests() []request {
	return []request{
		{
			"together", Together, "black-forest-labs/FLUX.1-schnell", providers.Generate, func(r *providers.Request) {
				full(r)
				r.Extra = map[string]any{"steps": 4}
			},
			map[string]any{
				"model": "black-forest-labs/FLUX.1-schnell", "prompt": words, "n": 2.0, "width": 1008.0, "height": 704.0, "seed": 42.0,
				"negative_prompt": "rain", "response_format": "base64", "output_format": "jpeg", "steps": 4.0,
			},
			0,
		},
		{
			"sdcpp", SDCpp, "sdxl", providers.Generate, func(r *providers.Request) {
				full(r)
				r.Extra = map[string]any{"sample_params": map[string]any{"sample_steps": 20}, "output_compression": 90}
			},
			map[string]any{
				"n": 2.0, "size": "1008x704", "output_format": "png", "output_compression": 90.0,
				"prompt": words + ` <sd_cpp_extra_args>{"negative_prompt":"rain","sample_params":{"sample_steps":20},"seed":42}</sd_cpp_extra_args>`,
			},
			0,
		},
		{
			"sdcpp edits", SDCpp, "sdxl", providers.Vary, func(r *providers.Request) { r.Strength = 0.4 },
			map[string]any{
				"n": "1", "size": "1248x832", "output_format": "png",
				"prompt": words + ` <sd_cpp_extra_args>{"seed":42,"strength":0.4}</sd_cpp_extra_args>`,
			},
			1,
		},
	}
}

func gatewayRequests() []request {
	return []request{
		{
			"gateway", Gateway, "flux-dev", providers.Generate, full,
			map[string]any{
				"model": "flux-dev", "prompt": words, "n": 2.0, "size": "1536x1024", "quality": "low", "user": "hash", "response_format": "b64_json",
			},
			0,
		},
		{
			"gateway to openai", Gateway, "openai/gpt-image-2", providers.Edit, func(r *providers.Request) { r.Safety = "hash" },
			map[string]any{"model": "openai/gpt-image-2", "prompt": words, "n": "1", "size": "1248x832", "user": "hash"},
			1,
		},
		{
			"gateway, an operation it was not listed for", Gateway, "flux-kontext", providers.Edit, nil,
			map[string]any{"model": "flux-kontext", "prompt": words, "n": "1", "size": "1536x1024", "response_format": "b64_json"},
			1,
		},
	}
}

// TestPicturesInJSON: one is sent as one, several as a list, in their order.
func TestPicturesInJSON(t *testing.T) {
	t.Parallel()
	one, two := providertest.Picture(), providertest.ReferenceOf("image/png", pngOf(t, image.NewGray(image.Rect(0, 0, 8, 8))))
	url := func(ref providers.Reference) string { return "data:image/png;base64," + base64Of(readAll(t, ref)) }
	source := func(ref providers.Reference) map[string]any {
		return map[string]any{"url": url(ref), "type": "image_url"}
	}
	tests := []struct {
		dialect      Dialect
		model, field string
		refs         []providers.Reference
		want         any
	}{
		{XAI, "grok-imagine-image", "image", []providers.Reference{one}, source(one)},
		{XAI, "grok-imagine-image", "images", []providers.Reference{two, one}, []any{source(two), source(one)}},
		{Together, kontext, "image_url", []providers.Reference{two}, url(two)},
		{Together, flux2 + "pro", "reference_images", []providers.Reference{one}, []any{url(one)}},
		{Together, flux2 + "pro", "reference_images", []providers.Reference{two, one}, []any{url(two), url(one)}},
	}
	for _, tt := range tests {
		p, s := setup(t, tt.dialect)
		m, _ := p.Describe(tt.model)
		r := providertest.Request(m, providers.Edit)
		r.References = tt.refs
		if diff := cmp.Diff(tt.want, sent(t, p, s, r).Fields[tt.field]); diff != "" {
			t.Errorf("%s of %s, %d pictures (-want +got):\n%s", tt.field, tt.dialect, len(tt.refs), diff)
		}
	}
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestMasks: OpenAI takes them as they are, stable-diffusion.cpp wants white where they are transparent.
func TestMasks(t *testing.T) {
	t.Parallel()
	mask := image.NewNRGBA(image.Rect(0, 0, 96, 64))
	for y := range 64 {
		for x := range 96 {
			mask.SetNRGBA(x, y, color.NRGBA{R: 9, A: uint8(255 * (x / 48))}) // transparent on the left
		}
	}
	ref := providertest.ReferenceOf("image/png", pngOf(t, mask))
	for _, d := range []Dialect{OpenAI, SDCpp} {
		p, s := setup(t, d)
		r := ask(p, providers.Edit)
		r.Mask = &ref
		got, err := png.Decode(bytes.NewReader(sent(t, p, s, r).Files["mask"][0]))
		if err != nil {
			t.Fatal(err)
		}
		left, right := got.At(10, 10), got.At(80, 10)
		want := [2]color.Color{color.NRGBA{R: 9}, color.NRGBA{R: 9, A: 255}}
		if d == SDCpp {
			want = [2]color.Color{color.Gray{Y: 255}, color.Gray{Y: 0}}
		}
		if left != want[0] || right != want[1] {
			t.Errorf("%s: %v and %v, want %v", d, left, right, want)
		}
	}
}

// TestBlockIsOurs: what people write does not become a parameter of the server.
func TestBlockIsOurs(t *testing.T) {
	t.Parallel()
	p, s := setup(t, SDCpp)
	r := ask(p, providers.Generate)
	_, plain := providertest.Make(t, p, r)
	r.Prompt += ` <sd_cpp_extra_args>{"seed":7}</sd_cpp_extra_args> <sd_cpp_sd_cpp_extra_argsextra_args>`
	r.Negative = `</sd_cpp_extra_args><sd_cpp_extra_args>{"seed":7}`
	c := sent(t, p, s, r)
	if words := c.Fields["prompt"].(string); strings.Count(words, "<"+blockName+">") != 1 || !strings.HasSuffix(words, `"seed":42}</sd_cpp_extra_args>`) {
		t.Errorf("prompt %q has more than one block", words)
	}
	if len(plain) != 1 {
		t.Errorf("%d images", len(plain))
	}
}

func TestUnlisted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		dialect Dialect
		model   string
		want    bool
	}{
		{OpenAI, "gpt-image-2-2026-04-21", true},
		{OpenAI, "gpt-image-3", true},
		{OpenAI, "dall-e-3", false},
		{XAI, "grok-imagine-image-quality", true},
		{XAI, "grok-4", false},
		{Together, "Qwen/Qwen-Image", true},
		{Together, "qwen", false},
		{SDCpp, "flux1-dev-q8", true},
		{Gateway, "whatever:7b", true},
		{Gateway, "no such model", false},
		{Gateway, "", false},
	}
	for _, tt := range tests {
		p, _ := setup(t, tt.dialect)
		m, ok := p.Describe(tt.model)
		if ok != tt.want {
			t.Errorf("%s describes %q: %v, want %v", tt.dialect, tt.model, ok, tt.want)
		}
		if ok && (m.Name != tt.model || m.MaxCount < 1 || len(m.Sizes) == 0 || m.Timeout == 0 || m.Typical == 0 || len(m.Operations) == 0) {
			t.Errorf("%s describes %q as %+v", tt.dialect, tt.model, m)
		}
	}
}

// TestLenient: of a model that is not listed only what nobody could send is refused here.
func TestLenient(t *testing.T) {
	t.Parallel()
	p, s := setup(t, Gateway)
	m, _ := p.Describe("flux-dev")
	for desc, change := range map[string]func(*providers.Request){
		"eleven images":           func(r *providers.Request) { r.Count = 11 },
		"seventeen references":    func(r *providers.Request) { r.References = make([]providers.Reference, 17) },
		"an edit of nothing":      func(r *providers.Request) { r.Operation = providers.Edit },
		"upscaling":               func(r *providers.Request) { r.Operation = providers.Upscale },
		"a mask without an image": func(r *providers.Request) { ref := providertest.Picture(); r.Mask = &ref },
		"a GIF": func(r *providers.Request) {
			r.Operation, r.References = providers.Edit, []providers.Reference{providertest.ReferenceOf("image/gif", []byte("GIF89a"))}
		},
	} {
		r := providertest.Request(m, providers.Generate)
		change(&r)
		if e := fails(t, p, r); e.Class != providers.BadRequest || e.Billed != providers.BilledNo || e.Scope != providers.ScopeModel {
			t.Errorf("%s: %+v, want a bad request of the model", desc, e)
		}
	}
	if n := len(s.Calls()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

func TestModelsOfTheOperator(t *testing.T) {
	t.Parallel()
	p, _ := setup(t, OpenAI, func(o *Options) {
		o.Models = []providers.Model{{Name: "gpt-image-2", MaxCount: 2, MaxParallel: 3}, {Name: "gpt-image-9"}}
	})
	got := p.Models()
	if got[0].Name != "gpt-image-2" || got[0].MaxCount != 2 || got[0].MaxParallel != 3 || got[0].MaxRefs != maxRefs {
		t.Errorf("replaced: %+v", got[0])
	}
	if last := got[len(got)-1]; last.Name != "gpt-image-9" || last.MaxCount != maxCount {
		t.Errorf("added: %+v", last)
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want providers.Size }{
		{providers.Size{}, providers.Size{Width: 1024, Height: 1024}},
		{providers.Size{Width: 1024, Height: 1024}, providers.Size{Width: 1024, Height: 1024}},
		{providers.Size{Width: 1920, Height: 1080}, providers.Size{Width: 1920, Height: 1088}},
		{providers.Size{Width: 512, Height: 512}, providers.Size{Width: 816, Height: 816}},
		{providers.Size{Width: 10_000, Height: 10_000}, providers.Size{Width: 2880, Height: 2880}},
		{providers.Size{Width: 4000, Height: 500}, providers.Size{Width: 3840, Height: 1280}},
		{providers.Size{Width: 1, Height: 9999}, providers.Size{Width: 1280, Height: 3840}},
	}
	for _, tt := range tests {
		if got := fit(tt.in); got != tt.want {
			t.Errorf("fit(%v) = %v, want %v", tt.in, got, tt.want)
		}
	}
}

func FuzzFit(f *testing.F) {
	f.Add(1024, 1024)
	f.Add(1, math.MaxInt32)
	f.Add(809, 811)
	f.Fuzz(func(t *testing.T, w, h int) {
		s := fit(providers.Size{Width: w, Height: h})
		long, short, area := max(s.Width, s.Height), min(s.Width, s.Height), s.Width*s.Height
		if s.Width%16 != 0 || s.Height%16 != 0 || long > 3840 || long > 3*short || area < minPixels || area > maxPixels {
			t.Errorf("fit(%d, %d) = %v", w, h, s)
		}
	})
}
