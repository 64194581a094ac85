package comfyui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// batch is a graph of an operator's that makes several images of one seed.
const batch = `{
	"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "juggernautXL.safetensors"}},
	"2": {"class_type": "CLIPTextEncode", "inputs": {"text": "photograph of {{prompt}}, detailed", "clip": ["1", 1]}, "_meta": {"title": "words"}},
	"3": {"class_type": "EmptyLatentImage", "inputs": {"width": "{{width}}", "height": "{{height}}", "batch_size": "{{count}}"}},
	"4": {"class_type": "KSampler", "inputs": {"model": ["1", 0], "positive": ["2", 0], "negative": ["2", 0], "latent_image": ["3", 0],
		"seed": "{{seed}}", "steps": 8, "cfg": 1.5, "sampler_name": "euler", "scheduler": "simple", "denoise": 1}},
	"5": {"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["1", 2]}},
	"10": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "imagika"}}
}`

// two is a graph that puts one reference over another.
const two = `{
	"1": {"class_type": "LoadImage", "inputs": {"image": "{{image}}"}},
	"2": {"class_type": "LoadImage", "inputs": {"image": "{{image2}}"}},
	"3": {"class_type": "ImageCompositeMasked", "inputs": {"destination": ["1", 0], "source": ["2", 0], "mask": ["2", 1], "x": 0, "y": 0, "resize_source": false}},
	"4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "{{prompt}}"}}
}`

func TestModels(t *testing.T) {
	t.Parallel()
	p := start(t, Options{URL: "http://127.0.0.1:1", Upscaler: "x.pth", Workflows: map[string]string{"batch": batch, "two": two, "sdxl:vary": two}})
	type abilities struct {
		Operations           string
		Count, Refs          int
		Seed, Negative, Mask bool
		Qualities            int
	}
	got := map[string]abilities{}
	for _, m := range p.Models() {
		got[m.Name] = abilities{fmt.Sprint(m.Operations), m.MaxCount, m.MaxRefs, m.Seed, m.Negative, m.Mask, len(m.Qualities)}
	}
	want := map[string]abilities{
		"sdxl":    {"[generate edit vary expand]", 4, 2, false, true, true, 3},
		"upscale": {"[upscale]", 1, 1, false, false, false, 0},
		"batch":   {"[generate]", 4, 0, false, false, false, 0},
		"two":     {"[edit vary]", 1, 2, false, false, false, 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if m, ok := p.Describe("sub/dir/model.safetensors"); !ok || m.Name != "sub/dir/model.safetensors" {
		t.Errorf("a checkpoint is described as %+v, %v", m, ok)
	}
	for _, name := range []string{"", "flux", "../x.ckpt", "a\n.ckpt"} {
		if _, ok := p.Describe(name); ok {
			t.Errorf("%q is described", name)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	of := func(inputs string) map[string]string {
		return map[string]string{"own": `{"1": {"class_type": "X", "inputs": ` + inputs + `}}`}
	}
	tests := map[string]Options{
		"http":            {URL: "ftp://127.0.0.1"},
		"user:password":   {URL: "http://127.0.0.1", Auth: "secret"},
		"API format":      {Workflows: map[string]string{"own": `{"nodes": [], "links": []}`}},
		"class_type":      {Workflows: map[string]string{"own": `{"1": {"inputs": {}}}`}},
		"neither":         {Workflows: of(`{"text": "a fox"}`)},
		"{{promt}}":       {Workflows: of(`{"text": "{{promt}}"}`)},
		"{{image9}}":      {Workflows: of(`{"text": [{"deep": "{{image9}}"}]}`)},
		"node 2":          {Workflows: of(`{"text": "{{prompt}}", "clip": ["2", 0]}`)},
		"none of":         {Workflows: map[string]string{"own:paint": two}},
		"needs {{image}}": {Workflows: map[string]string{"own:edit": batch}},
		"needs {{mask}}":  {Workflows: map[string]string{"own:inpaint": two}},
		"no {{mask}}":     {Workflows: map[string]string{"own:edit": `{"1": {"class_type": "X", "inputs": {"a": "{{image}}", "b": "{{mask}}"}}}`}},
		"without edit":    {Workflows: map[string]string{"own": `{"1": {"class_type": "X", "inputs": {"a": "{{image}}", "b": "{{mask}}"}}}`}},
		"generates":       {Workflows: map[string]string{"own:generate": two}},
	}
	for says, o := range tests {
		if o.URL == "" {
			o.URL = "http://127.0.0.1:8188"
		}
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// TestWords: what a person writes is never taken for a placeholder or a part of the graph.
func TestWords(t *testing.T) {
	t.Parallel()
	p, s := setup(t, workflows(map[string]string{"batch": batch}))
	r := ask(t, p, "batch", providers.Generate)
	r.Prompt, r.Count = `{{seed}} "], "x": <a & b>`, 2
	_, made := providertest.Make(t, p, r)
	if len(made) != 2 || made[1].Seed != r.Seed {
		t.Errorf("images %+v, want two of one seed", made)
	}
	graph := s.Calls()[0].Graph
	if got, want := graph["2"].Inputs["text"], "photograph of "+r.Prompt+", detailed"; got != want {
		t.Errorf("words %q, want %q", got, want)
	}
	if got := graph["3"].Inputs["batch_size"]; got != json.Number("2") {
		t.Errorf("batch of %v", got)
	}
}

// TestCopies: what does not depend on the seed is there once.
func TestCopies(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	r := ask(t, p, sdxl, providers.Generate)
	r.Count, r.Quality, r.Negative, r.Extra = 3, providers.QualityHigh, "blur", map[string]any{"cfg": 4.5, "5.scheduler": "simple"}
	r.Size = providers.Size{Width: 1031, Height: 777}
	if _, made := providertest.Make(t, p, r); len(made) != 3 || made[0].Size != (providers.Size{Width: 1024, Height: 776}) {
		t.Errorf("images %+v", made)
	}
	graph := s.Calls()[0].Graph
	if len(graph) != 7+2*3 {
		t.Errorf("%d nodes, want 13", len(graph))
	}
	for i, id := range []string{"5", "5-1", "5-2"} {
		want := map[string]any{
			"model": []any{"1", json.Number("0")}, "positive": []any{"2", json.Number("0")}, "negative": []any{"3", json.Number("0")},
			"latent_image": []any{"4", json.Number("0")}, "seed": json.Number(strconv.Itoa(42 + i)), "steps": json.Number("40"),
			"cfg": json.Number("4.5"), "sampler_name": "dpmpp_2m", "scheduler": "simple", "denoise": json.Number("1"),
		}
		if diff := cmp.Diff(want, graph[id].Inputs); diff != "" {
			t.Errorf("node %s: %s", id, diff)
		}
	}
}

// TestEdits: a reference keeps its shape, a mask gets its own graph, and pictures have names of their own.
func TestEdits(t *testing.T) {
	t.Parallel()
	p, s := setup(t, workflows(map[string]string{"two": two}))
	mask := providertest.ReferenceOf("image/png", transparent(t))
	r := ask(t, p, sdxl, providers.Edit)
	_, made := providertest.Make(t, p, r)
	if want := (providers.Size{Width: 1256, Height: 840}); made[0].Size != want { // of 96x64
		t.Errorf("an edit is %v, want %v", made[0].Size, want)
	}
	r.Mask, r.Strength = &mask, 0.4
	_, made = providertest.Make(t, p, r)
	calls := s.Calls()
	if strong := calls[1].Graph["9"].Inputs["denoise"]; strong != json.Number("0.4") || len(made) != 1 {
		t.Errorf("%d images of strength %v", len(made), strong)
	}
	if name := fmt.Sprint(calls[1].Graph["7"].Inputs["image"]); name != "imagika/"+calls[1].ID+"-mask.png [temp]" {
		t.Errorf("the mask is called %s", name)
	}
	r = ask(t, p, "two", providers.Edit)
	_, _ = providertest.Make(t, p, r)
	graph := s.Calls()[2].Graph
	if one, two := graph["1"].Inputs["image"], graph["2"].Inputs["image"]; one != two || one == nil {
		t.Errorf("a single reference stands in for %v and %v", one, two)
	}
	r.References = append(r.References, mask)
	_, _ = providertest.Make(t, p, r)
	graph = s.Calls()[3].Graph
	if one, two := graph["1"].Inputs["image"], graph["2"].Inputs["image"]; one == two || two == nil {
		t.Errorf("two references are %v and %v", one, two)
	}
}

func transparent(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 96, 64))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUpscale(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	for scale, want := range map[int]providers.Size{0: {Width: 192, Height: 128}, 2: {Width: 192, Height: 128}, 4: {Width: 384, Height: 256}} {
		r := ask(t, p, upscale, providers.Upscale)
		r.Scale = scale
		if _, made := providertest.Make(t, p, r); made[0].Size != want {
			t.Errorf("by %d: %v, want %v", scale, made[0].Size, want)
		}
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	picture := providertest.Picture()
	gif := providertest.ReferenceOf("image/gif", []byte("GIF89a"))
	tests := map[string]func(*providers.Request){
		"no reference":        func(r *providers.Request) { r.References = nil },
		"a kind nobody takes": func(r *providers.Request) { r.References[0].MediaType = "image/gif" },
		"no picture":          func(r *providers.Request) { r.References[0] = gif },
		"a mask to generate":  func(r *providers.Request) { r.Operation, r.References, r.Mask = providers.Generate, nil, &picture },
		"a mask to vary":      func(r *providers.Request) { r.Operation, r.Mask = providers.Vary, &picture },
		"an odd scale":        func(r *providers.Request) { r.Model, r.Operation, r.Scale = upscale, providers.Upscale, 3 },
		"an inner operation":  func(r *providers.Request) { r.Operation, r.Mask = inpaint, &picture },
	}
	for desc, change := range tests {
		r := ask(t, p, sdxl, providers.Edit)
		change(&r)
		if e := fails(t, p, r); e.Class != providers.BadRequest || e.Billed != providers.BilledNo {
			t.Errorf("%s: %v", desc, e)
		}
	}
	if len(s.Calls()) != 0 {
		t.Errorf("%d calls were made", len(s.Calls()))
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		less bool
	}{
		{"9", "10", true},
		{"10-1", "9-2", true},
		{"9", "10-1", true},
		{"b", "a", false},
		{"a-b", "a-c", true},
		{"x-01", "x-1", true}, // not one of ours
	} {
		if got := before(tt.a, tt.b) < 0; got != tt.less {
			t.Errorf("%s before %s: %v", tt.a, tt.b, got)
		}
	}
}

func FuzzWorkflow(f *testing.F) {
	f.Add(batch)
	f.Add(two)
	f.Fuzz(func(t *testing.T, text string) {
		w, err := parseWorkflow(text)
		if err != nil {
			return
		}
		v := values{"prompt": "{{negative}}", "negative": "", "image": "a"}
		if len(w.expand(v, 1, 3)) < len(w.nodes) {
			t.Error("nodes are missing")
		}
	})
}
