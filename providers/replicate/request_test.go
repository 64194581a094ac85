package replicate_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/providers/replicate/replicatetest"
)

// large is a picture that does not fit into a request.
func large(t *testing.T) providers.Reference {
	t.Helper()
	rng, img := rand.New(rand.NewPCG(1, 2)), image.NewRGBA(image.Rect(0, 0, 320, 256))
	for y := range 256 {
		for x := range 320 {
			img.SetRGBA(x, y, color.RGBA{R: uint8(rng.Uint32()), G: uint8(rng.Uint32()), B: uint8(rng.Uint32()), A: 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return providertest.ReferenceOf("image/png", file.Bytes())
}

func edit(n int, s providers.Size) func(*providers.Request) {
	return func(r *providers.Request) {
		r.Operation, r.Size, r.References = providers.Edit, s, slices.Repeat([]providers.Reference{providertest.Picture()}, n)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	painter := "acme/painter:" + strings.Repeat("ab", 32)
	size := func(w, h int) func(*providers.Request) {
		return func(r *providers.Request) { r.Size = providers.Size{Width: w, Height: h} }
	}
	tests := []struct {
		desc, model, path string
		change            func(*providers.Request)
		want              map[string]any
	}{
		{"words alone", schnell, "models/" + schnell, func(*providers.Request) {}, map[string]any{"seed": 42.0, "output_format": "png", "num_outputs": 1.0}},
		{"four small ones", schnell, "models/" + schnell, func(r *providers.Request) {
			size(640, 360)(r)
			r.Count = 4
		}, map[string]any{"seed": 42.0, "output_format": "png", "num_outputs": 4.0, "aspect_ratio": "16:9", "megapixels": "0.25"}},
		{"a variation", dev, "models/" + dev, func(r *providers.Request) {
			edit(1, providers.Size{})(r)
			r.Operation = providers.Vary
		}, map[string]any{"seed": 42.0, "output_format": "png", "num_outputs": 1.0, "image": "picture", "prompt_strength": 0.8}},
		{"a close variation", dev, "models/" + dev, func(r *providers.Request) {
			edit(1, providers.Size{})(r)
			r.Operation, r.Strength = providers.Vary, 0.25
		}, map[string]any{"seed": 42.0, "output_format": "png", "num_outputs": 1.0, "image": "picture", "prompt_strength": 0.25}},
		{"a size", pro, "models/" + pro, size(1000, 5000), map[string]any{"seed": 42.0, "output_format": "png", "aspect_ratio": "custom", "width": 992.0, "height": 2048.0}},
		{"an edit keeps its size", pro, "models/" + pro, edit(2, providers.Size{}), map[string]any{"seed": 42.0, "output_format": "png", "aspect_ratio": "match_input_image", "resolution": "match_input_image", "input_images": []any{"picture", "picture"}}},
		{"a relative", "black-forest-labs/flux-2-max", "models/black-forest-labs/flux-2-max", size(512, 512), map[string]any{"seed": 42.0, "output_format": "png", "aspect_ratio": "custom", "width": 512.0, "height": 512.0}},
		{"kontext", edits, "models/" + edits, edit(1, providers.Size{Width: 900, Height: 1600}), map[string]any{"seed": 42.0, "output_format": "png", "aspect_ratio": "9:16", "input_image": "picture"}},
		{"an unlisted model", "acme/fox", "models/acme/fox", func(r *providers.Request) {
			r.Extra = map[string]any{"steps": 7, "prompt": "mine", "seed": 1}
		}, map[string]any{"steps": 7.0}},
		{"a version", painter, "", func(*providers.Request) {}, map[string]any{}},
		{"a deployment", "deployments/acme/fox", "deployments/acme/fox", func(*providers.Request) {}, map[string]any{}},
		{"the operator's", schnell, "models/" + schnell, func(r *providers.Request) {
			r.Extra = map[string]any{"go_fast": false, "output_format": "webp", "num_outputs": 4, "aspect_ratio": nil}
			size(100, 100)(r)
		}, map[string]any{"seed": 42.0, "output_format": "webp", "num_outputs": 1.0, "megapixels": "0.25", "go_fast": false}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := replicatetest.New(t)
			p := open(t, s)
			r := ask(t, p, tt.model)
			r.Prompt, r.Size = "a hut", providers.Size{}
			tt.change(&r)
			_ = providertest.Submit(t, p, r)
			call := s.Calls()[0]
			if want := strings.TrimPrefix(tt.path+"/predictions", "/"); call.Path != want {
				t.Errorf("path %s, want %s", call.Path, want)
			}
			if call.Header.Get("Prefer") != "" {
				t.Error("the call waits")
			}
			want := map[string]any{"prompt": "a hut"}
			maps.Copy(want, tt.want)
			if diff := cmp.Diff(want, blurred(call.Input)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// blurred replaces pictures by a word.
func blurred(v map[string]any) map[string]any {
	blur := func(v any) any {
		if text, ok := v.(string); ok && strings.HasPrefix(text, "data:") {
			return "picture"
		}
		return v
	}
	v = maps.Clone(v)
	for field, one := range v {
		if list, ok := one.([]any); ok {
			list = slices.Clone(list)
			for i := range list {
				list[i] = blur(list[i])
			}
			v[field] = list
			continue
		}
		v[field] = blur(one)
	}
	return v
}

func TestUpscale(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	p := open(t, s)
	for scale, want := range map[int]providers.Size{0: {Width: 192, Height: 128}, 4: {Width: 384, Height: 256}} {
		r := ask(t, p, larger)
		r.Scale = scale
		cost, made := providertest.Make(t, p, r)
		if len(made) != 1 || made[0].Size != want || cost != 338 { // 1.5 s
			t.Errorf("scale %d: cost %d, %+v", scale, cost, made)
		}
	}
	if path := s.Calls()[0].Path; path != "predictions" || s.Calls()[0].Body["version"] == nil {
		t.Errorf("run by %s", path)
	}
}

func TestUnfit(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	p := open(t, s)
	mask := providertest.Picture()
	fit := func() providers.Request { return ask(t, p, pro) }
	providertest.CheckUnfit(t, p, fit, map[string]func(*providers.Request){
		"a mask":                  func(r *providers.Request) { r.Mask = &mask },
		"no reference":            func(r *providers.Request) { r.Operation = providers.Edit },
		"an edit of an unlisted":  func(r *providers.Request) { edit(1, r.Size)(r); r.Model = "acme/fox" },
		"a name that is none":     func(r *providers.Request) { r.Model = "../account" },
		"a deployment's version":  func(r *providers.Request) { r.Model = "deployments/a/b:" + strings.Repeat("ab", 32) },
		"a version that is short": func(r *providers.Request) { r.Model = "a/b:abc" },
	}, replicatetest.Key, "http")
	if n := len(s.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// TestUploads: what is too large goes ahead, and is deleted at the end.
func TestUploads(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	s.Fault(replicatetest.Fault{Pending: 1})
	p := open(t, s)
	r := ask(t, p, pro)
	r.Operation, r.Size, r.References = providers.Edit, providers.Size{}, []providers.Reference{providertest.Picture(), large(t)}
	sub := providertest.Submit(t, p, r)
	if kept, _ := s.Uploads(); kept != 1 {
		t.Errorf("%d uploads, want 1", kept)
	}
	if _, err := p.Poll(t.Context(), sub.Handle); err != nil {
		t.Fatal(err)
	}
	if kept, _ := s.Uploads(); kept != 1 {
		t.Error("deleted before the end")
	}
	if progress, err := p.Poll(t.Context(), sub.Handle); err != nil || !progress.Done || progress.Cost != -1 {
		t.Errorf("%+v, %v", progress, err)
	}
	if kept, deleted := s.Uploads(); kept != 0 || deleted != 1 {
		t.Errorf("%d uploads left, %d deleted", kept, deleted)
	}
	if progress, err := p.Poll(t.Context(), sub.Handle); err != nil || !progress.Done {
		t.Errorf("polled again: %+v, %v", progress, err)
	}
}

// TestUploadOfRefused: what was uploaded for a call that was refused is deleted.
func TestUploadOfRefused(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	s.Fault(replicatetest.Fault{Status: 402, Body: `{}`})
	p := open(t, s)
	r := ask(t, p, edits)
	r.Operation, r.References = providers.Edit, []providers.Reference{large(t)}
	_, err := p.Submit(t.Context(), r)
	if e := fault(t, err); e.Class != providers.Auth {
		t.Errorf("%v", e)
	}
	if kept, deleted := s.Uploads(); kept != 0 || deleted != 1 {
		t.Errorf("%d uploads left, %d deleted", kept, deleted)
	}
}

func TestUploadErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc  string
		fault replicatetest.Fault
		want  what
	}{
		{"limited", replicatetest.Fault{Status: 429, Body: `{"retry_after":3}`}, what{Class: providers.RateLimited, Billed: providers.BilledNo, Wait: 3e9, Scope: providers.ScopeKey}},
		{"no key", replicatetest.Fault{Status: 401, Body: `{}`}, what{Class: providers.Auth, Billed: providers.BilledNo}},
		{"away", replicatetest.Fault{Status: 404, Body: `{}`}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"broken", replicatetest.Fault{Status: 500, Body: `<html>`}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"too large", replicatetest.Fault{Status: 413, Body: `{}`}, what{Class: providers.BadRequest, Billed: providers.BilledNo, Scope: providers.ScopeModel}},
		{"no address", replicatetest.Fault{Status: 201, Body: `{"id":"f1"}`}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"cut", replicatetest.Fault{Cut: true}, what{Class: providers.Transient, Billed: providers.BilledNo}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := replicatetest.New(t)
			s.AskFault(tt.fault)
			p := open(t, s)
			r := ask(t, p, edits)
			r.Operation, r.References = providers.Edit, []providers.Reference{large(t)}
			_, err := p.Submit(t.Context(), r)
			expect(t, err, tt.want)
			if n := len(s.Calls()); n != 0 {
				t.Errorf("%d paid calls", n)
			}
		})
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	p := open(t, replicatetest.New(t))
	square := providers.Size{Width: 1024, Height: 1024}
	tests := []struct {
		model string
		size  providers.Size
		count int
		refs  int
		want  int64
	}{
		{schnell, square, 4, 0, 12_000},
		{pro, square, 1, 0, 30_000},
		{pro, providers.Size{Width: 2048, Height: 2048}, 1, 0, 75_000},
		{pro, providers.Size{}, 1, 2, 195_000},
		{edits, providers.Size{}, 1, 1, 40_000},
		{larger, providers.Size{}, 1, 1, 13_500},
		{"acme/fox", square, 1, 0, 100_000},
		{"unheard of", square, 1, 0, 0},
	}
	for _, tt := range tests {
		r := providers.Request{Model: tt.model, Operation: providers.Generate, Size: tt.size, Count: tt.count}
		if tt.refs > 0 {
			edit(tt.refs, tt.size)(&r)
		}
		if got := p.Estimate(r); got != tt.want {
			t.Errorf("%s %v: %d, want %d", tt.model, tt.size, got, tt.want)
		}
	}
}
