package a1111

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/a1111/a1111test"
	"github.com/imagika/imagika/providers/providertest"
)

// setup starts a server and a provider that speaks to it.
func setup(t *testing.T, change ...func(*Options)) (*Provider, *a1111test.Server) {
	t.Helper()
	s := a1111test.New(t)
	o := Options{URL: s.Root(), Dir: t.TempDir()}
	for _, f := range change {
		f(&o)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func TestSuite(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providers.Provider {
		t.Helper()
		p, _ := setup(t)
		return p
	})
}

func ask(op providers.Operation) providers.Request { return providertest.Request(model(sdxl), op) }

// fails submits and reads to the end, and returns the error that has to come.
func fails(t *testing.T, p *Provider, r providers.Request) *providers.Error {
	t.Helper()
	sub, err := p.Submit(t.Context(), r)
	if err == nil {
		_, err = providertest.Collect(sub.Images)
	}
	return fault(t, err)
}

func fault(t *testing.T, err error) *providers.Error {
	t.Helper()
	var e *providers.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *providers.Error", err)
	}
	_ = providertest.CheckError(t, e)
	if strings.Contains(e.Error(), "fox") || strings.Contains(e.Error(), "secret") || strings.Contains(e.Error(), "://") {
		t.Errorf("error %q tells too much", e)
	}
	return e
}

func TestFailures(t *testing.T) {
	t.Parallel()
	const page = "<html>a red fox</html>"
	tests := []struct {
		desc   string
		fault  a1111test.Fault
		class  providers.Class
		billed providers.Billed
		scope  string
	}{
		{"cut after it was read", a1111test.Fault{Cut: true}, providers.UnknownCall, providers.BilledMaybe, ""},
		{"cut in the answer", a1111test.Fault{Short: true}, providers.UnknownCall, providers.BilledMaybe, ""},
		{"garbage", a1111test.Fault{Answer: "]["}, providers.UnknownCall, providers.BilledMaybe, ""},
		{"a proxy that gave up", a1111test.Fault{Status: 504, Body: page}, providers.UnknownCall, providers.BilledMaybe, ""},
		{"a proxy without a server", a1111test.Fault{Status: 503, Body: page}, providers.Transient, providers.BilledNo, ""},
		{"many", a1111test.Fault{Status: 429, Body: page}, providers.RateLimited, providers.BilledNo, "key"},
		{"out of memory", a1111test.Fault{Status: 500, Body: `{"error":"OutOfMemoryError","detail":"","body":"","errors":"CUDA out of memory. a red fox"}`}, providers.Transient, providers.BilledNo, ""},
		{"a failure of Forge", a1111test.Fault{Status: 500, Body: "Internal Server Error"}, providers.Transient, providers.BilledNo, ""},
		{"a failure in words", a1111test.Fault{Status: 500, Body: `{"error":"a red fox","errors":{"x":1}}`}, providers.Transient, providers.BilledNo, ""},
		{"started without its API", a1111test.Fault{Status: 404, Body: `{"detail":"Not Found"}`}, providers.BadRequest, providers.BilledNo, "model"},
		{"a field it does not take", a1111test.Fault{Status: 422, Body: `{"detail":[{"loc":["body","steps"],"msg":"a red fox"}]}`}, providers.BadRequest, providers.BilledNo, "model"},
		{"no images", a1111test.Fault{Answer: `{"images":[],"info":""}`}, providers.NoOutput, providers.BilledNo, ""},
		{"null", a1111test.Fault{Answer: `null`}, providers.NoOutput, providers.BilledNo, ""},
		{"empty images", a1111test.Fault{Answer: `{"images":["",""],"info":"{}"}`}, providers.NoOutput, providers.BilledNo, ""},
		{"no base64", a1111test.Fault{Base64: "a%%b" + strings.Repeat("=", 9000)}, providers.NoOutput, providers.BilledMaybe, ""},
		{"more text than anybody writes", a1111test.Fault{Answer: `{"images":[` + strings.Repeat(`"AA==",`, 800_000) + `""]}`}, providers.UnknownCall, providers.BilledMaybe, ""},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t)
			if err := p.Probe(t.Context()); err != nil { // from now on a connection is there to be used again
				t.Fatal(err)
			}
			s.Fault(tt.fault)
			e := fails(t, p, ask(providers.Generate))
			if e.Class != tt.class || e.Billed != tt.billed || e.Scope != tt.scope {
				t.Errorf("%v, billed %s, scope %q; want %s, %s, %q", e, e.Billed, e.Scope, tt.class, tt.billed, tt.scope)
			}
			if n := len(s.Calls()); n != 1 {
				t.Errorf("%d calls, want 1", n)
			}
		})
	}
}

// TestOfOthers: what a server does not have another may have.
func TestOfOthers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc   string
		op     providers.Operation
		change func(*providers.Request)
	}{
		{"a checkpoint", providers.Generate, func(r *providers.Request) { r.Model = "missing_v1" }},
		{"a sampler", providers.Generate, func(r *providers.Request) { r.Extra = map[string]any{"sampler_name": "none"} }},
		{"a field", providers.Generate, func(r *providers.Request) { r.Extra = map[string]any{"stepps": 4} }},
		{"an upscaler", providers.Upscale, func(r *providers.Request) { r.Extra = map[string]any{"upscaler_1": "none"} }},
	}
	for _, tt := range tests {
		p, _ := setup(t)
		r := ask(tt.op)
		tt.change(&r)
		if e := fails(t, p, r); e.Class != providers.BadRequest || e.Billed != providers.BilledNo || e.Scope != providers.ScopeModel {
			t.Errorf("%s: %v, billed %s, scope %q", tt.desc, e, e.Billed, e.Scope)
		}
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	picture := providertest.Picture()
	tests := map[string]func(*providers.Request){
		"no reference":            func(r *providers.Request) { r.References = nil },
		"a reference to generate": func(r *providers.Request) { r.Operation = providers.Generate },
		"a mask to vary":          func(r *providers.Request) { r.Operation, r.Mask = providers.Vary, &picture },
		"an odd scale":            func(r *providers.Request) { r.Operation, r.Scale = providers.Upscale, 3 },
		"two of an upscale":       func(r *providers.Request) { r.Operation, r.Count = providers.Upscale, 2 },
		"no picture":              func(r *providers.Request) { r.References[0] = providertest.ReferenceOf("image/png", []byte("x")) },
		"a name with spaces":      func(r *providers.Request) { r.Model = "no such" },
	}
	for desc, change := range tests {
		r := ask(providers.Edit)
		change(&r)
		if e := fails(t, p, r); e.Class != providers.BadRequest || e.Billed != providers.BilledNo {
			t.Errorf("%s: %v", desc, e)
		}
	}
	if len(s.Calls()) != 0 {
		t.Errorf("%d calls were made", len(s.Calls()))
	}
}

// TestFields is a call as the server gets it.
func TestFields(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	r := ask(providers.Generate)
	r.Model, r.Count, r.Quality, r.Negative, r.Size = a1111test.Checkpoint, 2, providers.QualityLow, "blur", providers.Size{Width: 1031, Height: 777}
	r.Extra = map[string]any{"prompt": "other", "batch_size": 8, "force_task_id": "x", "scheduler": nil, "cfg_scale": 4.5}
	_, made := providertest.Make(t, p, r)
	if len(made) != 2 || made[1].Size != (providers.Size{Width: 1024, Height: 776}) {
		t.Errorf("images %+v", made)
	}
	want := map[string]any{
		"prompt": r.Prompt, "negative_prompt": "blur", "seed": json.Number("42"), "batch_size": json.Number("2"), "n_iter": json.Number("1"),
		"steps": json.Number("15"), "cfg_scale": json.Number("4.5"), "sampler_name": "DPM++ 2M", "send_images": true, "save_images": false,
		"force_task_id": r.AttemptID, "width": json.Number("1024"), "height": json.Number("776"),
		"override_settings": map[string]any{"sd_model_checkpoint": a1111test.Checkpoint},
	}
	if diff := cmp.Diff(want, s.Calls()[0].Fields); diff != "" {
		t.Error(diff)
	}
}

// TestEdits: a reference keeps its shape, and a mask is white where it was transparent.
func TestEdits(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	r := ask(providers.Edit)
	half := image.NewNRGBA(image.Rect(0, 0, 96, 64))
	for y := range 64 {
		for x := range 48 {
			half.SetNRGBA(x, y, color.NRGBA{A: 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, half); err != nil {
		t.Fatal(err)
	}
	mask := providertest.ReferenceOf("image/png", b.Bytes())
	r.Mask, r.Strength = &mask, 0.3
	_, made := providertest.Make(t, p, r)
	if want := (providers.Size{Width: 1256, Height: 840}); made[0].Size != want { // of 96x64
		t.Errorf("an edit is %v, want %v", made[0].Size, want)
	}
	got := s.Calls()[0].Fields
	raw, err := base64.StdEncoding.DecodeString(got["mask"].(string))
	if err != nil {
		t.Fatal(err)
	}
	white, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if white.At(0, 0) != (color.Gray{}) || white.At(95, 0) != (color.Gray{Y: 255}) || got["denoising_strength"] != json.Number("0.3") {
		t.Errorf("mask %v and %v, strength %v", white.At(0, 0), white.At(95, 0), got["denoising_strength"])
	}
	r.Mask = nil
	for op, want := range map[providers.Operation]json.Number{providers.Edit: "0.75", providers.Vary: "0.5"} {
		r.Operation, r.Strength = op, 0
		_, _ = providertest.Make(t, p, r)
		calls := s.Calls()
		if got := calls[len(calls)-1].Fields; got["denoising_strength"] != want || got["mask"] != nil {
			t.Errorf("%s: strength %v", op, got["denoising_strength"])
		}
	}
}

func TestUpscale(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	for scale, want := range map[int]providers.Size{0: {Width: 192, Height: 128}, 4: {Width: 384, Height: 256}} {
		r := ask(providers.Upscale)
		r.Scale = scale
		if _, made := providertest.Make(t, p, r); len(made) != 1 || made[0].Size != want {
			t.Errorf("by %d: %+v, want %v", scale, made, want)
		}
	}
}

// TestSeeds: they are told in the text, unless that is too long to be read; and a grid is no image.
func TestSeeds(t *testing.T) {
	t.Parallel()
	for desc, f := range map[string]a1111test.Fault{
		"plain": {}, "with a grid": {Grid: true}, "with a long text": {Padding: 20_000},
	} {
		p, s := setup(t)
		s.Fault(f)
		r := ask(providers.Generate)
		r.Count = 3
		_, made := providertest.Make(t, p, r)
		if len(made) != 3 || made[0].Seed != 42 || made[2].Seed != 44 {
			t.Errorf("%s: %+v", desc, made)
		}
		_, again := providertest.Make(t, p, r)
		if diff := cmp.Diff(made, again); diff != "" {
			t.Errorf("%s: %s", desc, diff)
		}
	}
	p, s := setup(t)
	s.Fault(a1111test.Fault{Answer: `{"images":["` + base64.StdEncoding.EncodeToString(providertest.PNG(providers.Size{}, 1)) + `"],"info":"{\"all_seeds\":[7]}"}`})
	if _, made := providertest.Make(t, p, ask(providers.Generate)); made[0].Seed != 7 {
		t.Errorf("seed %d is not the server's", made[0].Seed)
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	p, s := setup(t, func(o *Options) { o.Auth = "me:secret" })
	s.Lock("me:secret")
	if _, made := providertest.Make(t, p, ask(providers.Generate)); len(made) != 1 {
		t.Errorf("%d images", len(made))
	}
	s.Lock("me:other")
	if e := fails(t, p, ask(providers.Generate)); e.Class != providers.Auth {
		t.Errorf("%v, want auth", e)
	}
	if e := fault(t, p.Probe(t.Context())); e.Class != providers.Auth {
		t.Errorf("probe: %v, want auth", e)
	}
}

// TestHang: who gives up on a call that was read does not know what became of it.
func TestHang(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Fault(a1111test.Fault{Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := p.Submit(ctx, ask(providers.Generate))
		done <- err
	}()
	for deadline := time.Now().Add(10 * time.Second); len(s.Calls()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the call did not arrive")
		}
	}
	cancel()
	if e := fault(t, <-done); e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe || len(s.Calls()) != 1 {
		t.Errorf("%v, billed %s, %d calls", e, e.Billed, len(s.Calls()))
	}
}

// TestNobody: nobody is there, so nothing was begun.
func TestNobody(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Close()
	if e := fails(t, p, ask(providers.Generate)); e.Class != providers.Transient || e.Billed != providers.BilledNo {
		t.Errorf("%v, billed %s", e, e.Billed)
	}
	if e := fault(t, p.Probe(t.Context())); e.Class != providers.Transient {
		t.Errorf("probe: %v", e)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for desc, o := range map[string]Options{
		"no address": {}, "no http": {URL: "ftp://127.0.0.1"}, "no password": {URL: "http://127.0.0.1", Auth: "secret"},
	} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", desc, err)
		}
	}
	p, _ := setup(t, func(o *Options) { o.Checkpoints = []string{"My Model v2.safetensors [abc]"} })
	for name, want := range map[string]bool{"My Model v2.safetensors [abc]": true, "other_v1": true, "": false, "an other": false} {
		if m, ok := p.Describe(name); ok != want || ok && m.Name != name {
			t.Errorf("%q is described: %v", name, ok)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(`{"images":["QQ==","QQ=="],"info":"{\"all_seeds\":[1,2],\"index_of_first_image\":1}"}`)
	f.Add(`{"images":[null],"info":7}`)
	f.Add(`{"image":"QQ==","info":"{\"index_of_first_image\":-5}"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var a answer
		if json.Unmarshal([]byte(text), &a) != nil {
			return
		}
		if images, _ := a.own(2); len(images) > 2 {
			t.Errorf("%d images of 2", len(images))
		}
	})
}
