package stability

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/providers/stability/stabilitytest"
)

func open(t *testing.T) (*Provider, *stabilitytest.Server) {
	t.Helper()
	s := stabilitytest.New(t)
	p, err := New(Options{Key: stabilitytest.Key, URL: s.Root(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func request(t *testing.T, p *Provider, model string, op providers.Operation) providers.Request {
	t.Helper()
	m, ok := p.find(model)
	if !ok {
		t.Fatalf("no model %s", model)
	}
	return providertest.Request(m.Model, op)
}

func fault(t *testing.T, p *Provider, r providers.Request) *providers.Error {
	t.Helper()
	return providertest.Refused(t, p, r, secrets()...)
}

// secrets are what no error may say.
func secrets() []string { return []string{stabilitytest.Key, "v2beta"} }

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providers.Provider {
		t.Helper()
		p, _ := open(t)
		return p
	})
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{}); err == nil {
		t.Error("no key was taken")
	}
	if _, err := New(Options{Key: "k", URL: "api.stability.ai"}); err == nil {
		t.Error("an address without a scheme was taken")
	}
	if p, err := New(Options{Key: "k"}); err != nil || p.Name() != "stability" {
		t.Errorf("the public address: %v", err)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	const fox = "a red fox under a full moon"
	tests := []struct {
		desc   string
		model  string
		op     providers.Operation
		change func(*providers.Request)
		path   string
		want   map[string]string
	}{
		{"core", "core", providers.Generate, nil, "generate/core", map[string]string{"prompt": fox, "seed": "42", "aspect_ratio": "1:1", "output_format": "png"}},
		{"wide", "core", providers.Generate, func(r *providers.Request) {
			r.Size, r.Seed, r.Negative = providers.Size{Width: 1920, Height: 1080}, 0, "snow"
		}, "generate/core", map[string]string{"prompt": fox, "aspect_ratio": "16:9", "negative_prompt": "snow", "output_format": "png"}},
		{"no size, no seed that fits", "ultra", providers.Generate, func(r *providers.Request) { r.Size, r.Seed = providers.Size{}, 1<<40 }, "generate/ultra", map[string]string{"prompt": fox, "aspect_ratio": "1:1", "output_format": "png"}},
		{"sd3.5", "sd3.5-large-turbo", providers.Generate, func(r *providers.Request) { r.Size = providers.Size{Width: 900, Height: 2100} }, "generate/sd3", map[string]string{"prompt": fox, "seed": "42", "aspect_ratio": "9:21", "output_format": "png", "model": "sd3.5-large-turbo", "mode": "text-to-image"}},
		{"variation", "sd3.5-medium", providers.Vary, nil, "generate/sd3", map[string]string{"prompt": fox, "seed": "42", "output_format": "png", "model": "sd3.5-medium", "mode": "image-to-image", "strength": "0.6"}},
		{"variation of flash", "sd3.5-flash", providers.Vary, nil, "generate/sd3", map[string]string{"prompt": fox, "seed": "42", "output_format": "png", "model": "sd3.5-flash", "mode": "image-to-image", "strength": "0.95"}},
		{"close variation without words", "ultra", providers.Vary, func(r *providers.Request) { r.Strength, r.Prompt = 0.35, "" }, "generate/ultra", map[string]string{"prompt": anotherOne, "seed": "42", "output_format": "png", "strength": "0.35"}},
		{"strength beyond", "ultra", providers.Vary, func(r *providers.Request) { r.Strength = 7 }, "generate/ultra", map[string]string{"prompt": fox, "seed": "42", "output_format": "png", "strength": "1"}},
		{"fast", "fast", providers.Upscale, func(r *providers.Request) { r.Scale, r.Negative = 4, "snow" }, "upscale/fast", map[string]string{"output_format": "png"}},
		{"conservative", "conservative", providers.Upscale, func(r *providers.Request) { r.Negative = "snow" }, "upscale/conservative", map[string]string{"prompt": fox, "seed": "42", "negative_prompt": "snow", "output_format": "png"}},
		{"conservative without words", "conservative", providers.Upscale, func(r *providers.Request) { r.Prompt = "" }, "upscale/conservative", map[string]string{"prompt": "a sharp and detailed picture", "seed": "42", "output_format": "png"}},
		{"operator", "sd3.5-large", providers.Generate, func(r *providers.Request) {
			r.Extra = map[string]any{"style_preset": "anime", "cfg_scale": 4.5, "seed": nil, "output_format": "jpeg", "prompt": "a cow", "model": "sd3.5-flash", "mode": "image-to-image", "image": "x", "mask": "x"}
		}, "generate/sd3", map[string]string{"prompt": fox, "aspect_ratio": "1:1", "output_format": "jpeg", "model": "sd3.5-large", "mode": "text-to-image", "style_preset": "anime", "cfg_scale": "4.5"}},
		{"operator of an upscaler", "conservative", providers.Upscale, func(r *providers.Request) {
			r.Extra = map[string]any{"creativity": 0.2, "seed": 9.0, "negative_prompt": "snow"}
		}, "upscale/conservative", map[string]string{"prompt": fox, "seed": "9", "output_format": "png", "creativity": "0.2", "negative_prompt": "snow"}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := open(t)
			r := request(t, p, tt.model, tt.op)
			if tt.change != nil {
				tt.change(&r)
			}
			providertest.Make(t, p, r)
			c := s.Calls()[0]
			if diff := cmp.Diff(tt.want, c.Fields); diff != "" || c.Path != tt.path {
				t.Errorf("%s (-want +got):\n%s", c.Path, diff)
			}
			if (len(c.Image) > 0) != (tt.op != providers.Generate) {
				t.Errorf("a picture of %d bytes was sent", len(c.Image))
			}
			if c.Header.Get("Accept") != "image/*" || c.Header.Get("Stability-Client-Id") != "imagika" {
				t.Errorf("header %v", c.Header)
			}
		})
	}
}

// TestPerson is told apart by what is not a name.
func TestPerson(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	r := request(t, p, "core", providers.Generate)
	providertest.Make(t, p, r)
	r.Safety = "f3a9"
	providertest.Make(t, p, r)
	const header = "Stability-Client-User-Id"
	if c := s.Calls(); c[0].Header.Get(header) != "" || c[1].Header.Get(header) != "f3a9" {
		t.Errorf("headers %q and %q", c[0].Header.Get(header), c[1].Header.Get(header))
	}
}

func TestUnfit(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	fit := func() providers.Request { return request(t, p, "ultra", providers.Vary) }
	providertest.CheckUnfit(t, p, fit, map[string]func(*providers.Request){
		"edit":         func(r *providers.Request) { r.Operation = providers.Edit },
		"mask":         func(r *providers.Request) { m := providertest.Picture(); r.Mask = &m },
		"no reference": func(r *providers.Request) { r.References = nil },
		"foreign kind": func(r *providers.Request) {
			r.References[0] = providertest.ReferenceOf("image/gif", []byte("GIF89a"))
		},
		"old model": func(r *providers.Request) { r.Model = "sd3" },
	}, secrets()...)
	if n := len(s.Calls()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

// TestLimits are those of the service: it says so, and another route may do it.
func TestLimits(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	large := request(t, p, "fast", providers.Upscale)
	large.References[0] = providertest.ReferenceOf("image/png", providertest.PNG(providers.Size{Width: 1280, Height: 1280}, 1))
	heavy := request(t, p, "ultra", providers.Vary)
	heavy.References[0] = providertest.ReferenceOf("image/png", bytes.Repeat([]byte{0}, 11<<20))
	long := request(t, p, "core", providers.Generate)
	long.Prompt = strings.Repeat("fox ", 3000)
	for i, r := range []providers.Request{large, heavy, long} {
		if e := fault(t, p, r); e.Class != providers.BadRequest || e.Scope != providers.ScopeModel || e.Billed != providers.BilledNo {
			t.Errorf("%d: %+v", i, e)
		}
	}
	if s.Billed() != 0 {
		t.Errorf("%d calls were billed", s.Billed())
	}
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	r := request(t, p, "core", providers.Generate)
	tests := []struct {
		asked int64
		fault stabilitytest.Fault
		want  int64
	}{
		{42, stabilitytest.Fault{}, 42},
		{0, stabilitytest.Fault{}, 343_940_597},
		{0, stabilitytest.Fault{JSON: true}, 343_940_597},
		{42, stabilitytest.Fault{Silent: true}, 42},
		{0, stabilitytest.Fault{Silent: true}, 0},
		{-1, stabilitytest.Fault{Silent: true}, 0},
	}
	for _, tt := range tests {
		s.Fault(tt.fault)
		r.Seed = tt.asked
		if _, images := providertest.Make(t, p, r); images[0].Seed != tt.want {
			t.Errorf("asked for %d (%+v): %d, want %d", tt.asked, tt.fault, images[0].Seed, tt.want)
		}
	}
}

func TestUpscales(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	for model, want := range map[string]providers.Size{"fast": {Width: 384, Height: 256}, "conservative": {Width: 192, Height: 128}} {
		_, images := providertest.Make(t, p, request(t, p, model, providers.Upscale))
		if images[0].Size != want {
			t.Errorf("%s: %v, want %v", model, images[0].Size, want)
		}
	}
	file, err := providertest.Picture().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := io.ReadAll(file); !bytes.Equal(s.Calls()[0].Image, want) {
		t.Error("the picture arrived as another")
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	p, _ := open(t)
	for model, want := range map[string]int64{
		"core": 30_000, "ultra": 80_000, "sd3.5-large": 65_000, "sd3.5-large-turbo": 40_000, "sd3.5-medium": 35_000, "sd3.5-flash": 25_000,
		"fast": 20_000, "conservative": 400_000, "other": 0,
	} {
		if got := p.Estimate(providers.Request{Model: model, Count: 1}); got != want {
			t.Errorf("%s costs %d, want %d", model, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	const no, maybe, yes = providers.BilledNo, providers.BilledMaybe, providers.BilledYes
	said := func(status int, name, reason string) stabilitytest.Fault {
		return stabilitytest.Fault{Status: status, Body: fmt.Sprintf(`{"id":"a6dc","name":%q,"errors":[%q]}`, name, reason)}
	}
	later := said(429, "rate_limit_exceeded", "You have exceeded the rate limit of 150 requests within a 10 second period.")
	later.Header = http.Header{"Retry-After": {"7"}}
	tests := []struct {
		desc  string
		fault stabilitytest.Fault
		want  providertest.Failure
	}{
		{"refused", said(403, "content_moderation", "Your request was flagged by our content moderation system"), providertest.Failure{Class: providers.Rejected, Billed: no, Stage: "input"}},
		{"refused as a bad request", said(400, "content_moderation", "prompt: flagged"), providertest.Failure{Class: providers.Rejected, Billed: no, Stage: "input"}},
		{"blurred", stabilitytest.Fault{Filtered: true}, providertest.Failure{Class: providers.Rejected, Billed: yes, Stage: "output"}},
		{"blurred in JSON", stabilitytest.Fault{Filtered: true, JSON: true}, providertest.Failure{Class: providers.Rejected, Billed: yes, Stage: "output"}},
		{"no image in JSON", stabilitytest.Fault{JSON: true, Answer: `{"finish_reason":"SUCCESS","seed":"x"}`}, providertest.Failure{Class: providers.NoOutput, Billed: maybe}},
		{"no base64 in JSON", stabilitytest.Fault{JSON: true, Answer: `{"finish_reason":"SUCCESS","image":"-"}`}, providertest.Failure{Class: providers.NoOutput, Billed: maybe}},
		{"no JSON", stabilitytest.Fault{JSON: true, Answer: `{`}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},
		{"half a file", stabilitytest.Fault{Short: true}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},
		{"half a JSON", stabilitytest.Fault{Short: true, JSON: true}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},
		{"a page", stabilitytest.Fault{Type: "text/html"}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},
		{"no type", stabilitytest.Fault{Type: ";"}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},

		{"no key", said(401, "unauthorized", "authorization: is invalid or missing"), providertest.Failure{Class: providers.Auth, Billed: no, Scope: providers.ScopeKey}},
		{"no credits", said(402, "payment_required", "You lack sufficient credits to make this request."), providertest.Failure{Class: providers.Auth, Billed: no, Scope: providers.ScopeKey}},
		{"no permission", said(403, "permission_denied", "You lack the necessary permissions"), providertest.Failure{Class: providers.Auth, Billed: no, Scope: providers.ScopeKey}},
		{"rate", said(429, "rate_limit_exceeded", "You have exceeded the rate limit"), providertest.Failure{Class: providers.RateLimited, Billed: no, Scope: providers.ScopeKey, Wait: time.Minute}},
		{"rate with a wait", later, providertest.Failure{Class: providers.RateLimited, Billed: no, Scope: providers.ScopeKey, Wait: 7 * time.Second}},
		{"a field", said(400, "bad_request", "image: total pixel count must be within limits"), providertest.Failure{Class: providers.BadRequest, Billed: no, Scope: providers.ScopeModel}},
		{"no field", said(400, "bad_request", "a red fox: what is that?"), providertest.Failure{Class: providers.BadRequest, Billed: no}},
		{"unprocessable", stabilitytest.Fault{Status: 422, Body: `{"name":"invalid_language","errors":[]}`}, providertest.Failure{Class: providers.BadRequest, Billed: no}},
		{"too large", stabilitytest.Fault{Status: 413, Body: "<html>"}, providertest.Failure{Class: providers.BadRequest, Billed: no, Scope: providers.ScopeModel}},
		{"gone", said(404, "not_found", "no such path"), providertest.Failure{Class: providers.BadRequest, Billed: no, Scope: providers.ScopeModel}},
		{"internal", said(500, "internal_error", "An unexpected server error has occurred"), providertest.Failure{Class: providers.Transient, Billed: no}},
		{"unavailable", stabilitytest.Fault{Status: 503, Body: "busy", Header: http.Header{"Retry-After": {"3"}}}, providertest.Failure{Class: providers.Transient, Billed: no, Wait: 3 * time.Second}},
		{"page of a proxy", stabilitytest.Fault{Status: 502, Body: "<html>502</html>"}, providertest.Failure{Class: providers.UnknownCall, Billed: maybe}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := open(t)
			s.Fault(tt.fault)
			e := fault(t, p, request(t, p, "core", providers.Generate))
			if got := providertest.FailureOf(e); got != tt.want {
				t.Errorf("%+v (%v), want %+v", got, e.Err, tt.want)
			}
			if n := len(s.Calls()); n != 1 {
				t.Errorf("%d calls, want one", n)
			}
		})
	}
}

// TestEndless is a file that is larger than any image.
func TestEndless(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	s.Fault(stabilitytest.Fault{Endless: true})
	sub, err := p.Submit(t.Context(), request(t, p, "core", providers.Generate))
	if err != nil {
		t.Fatal(err)
	}
	for img, err := range sub.Images {
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, img.Body)
		if e := providertest.CheckError(t, err); e == nil || e.Class != providers.UnknownCall {
			t.Errorf("%v", err)
		}
	}
}

// TestWhatOperatorsSee has the codes of a failure in it.
func TestWhatOperatorsSee(t *testing.T) {
	t.Parallel()
	p, _ := open(t)
	r := request(t, p, "core", providers.Generate)
	r.Extra = map[string]any{"style_preset": "fox"}
	if got, want := fault(t, p, r).Error(), "stability: bad_request: status 400, bad_request, style_preset, req-0"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	sub, err := p.Submit(t.Context(), request(t, p, "core", providers.Generate))
	if err != nil || sub.ExternalID != "req-2" || sub.Cost != -1 {
		t.Errorf("%+v, %v", sub, err)
	}
}

// TestGone is a server that is not there, and one that goes away after it has read the call.
func TestGone(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	r := request(t, p, "sd3.5-large", providers.Vary)
	providertest.Make(t, p, r) // a connection that net/http would repeat the next call on, if it could
	s.Fault(stabilitytest.Fault{Cut: true})
	if e := fault(t, p, r); e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe {
		t.Errorf("cut after the call was read: %+v", e)
	}
	if len(s.Calls()) != 2 || s.Billed() != 2 {
		t.Errorf("%d calls, %d billed; want two", len(s.Calls()), s.Billed())
	}
	s.Close()
	if e := fault(t, p, r); e.Class != providers.Transient || e.Billed != providers.BilledNo {
		t.Errorf("nobody there: %+v", e)
	}
	if len(s.Calls()) != 2 {
		t.Errorf("%d calls, want two", len(s.Calls()))
	}
}

func TestHang(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	s.Fault(stabilitytest.Fault{Hang: true})
	providertest.CheckHang(s.UntilCalled(), t, p, request(t, p, "core", providers.Generate), secrets()...)
}

// TestBrokenReference is a picture of ours that cannot be read: nothing is sent.
func TestBrokenReference(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	providertest.CheckUnreadable(t, p, request(t, p, "fast", providers.Upscale), secrets()...)
	if n := len(s.Calls()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	s.SetCredits(0.5)
	if e := providertest.CheckError(t, p.Probe(t.Context())); e == nil || e.Class != providers.Auth || e.Scope != providers.ScopeKey {
		t.Errorf("no credits: %+v", e)
	}
	s.SetCredits(100)
	wrong, err := New(Options{Key: "wrong", URL: s.Root()})
	if err != nil {
		t.Fatal(err)
	}
	providertest.CheckProbe(t, p, wrong, s.Close)
}
