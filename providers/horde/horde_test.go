package horde

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/horde/hordetest"
	"github.com/imagika/imagika/providers/providertest"
)

// setup starts a server and a provider that speaks to it.
func setup(t *testing.T, change ...func(*Options)) (*Provider, *hordetest.Server) {
	t.Helper()
	s := hordetest.New(t)
	return open(t, s, change...), s
}

func open(t *testing.T, s *hordetest.Server, change ...func(*Options)) *Provider {
	t.Helper()
	o := Options{Key: hordetest.Key, URL: s.URL(), Dir: t.TempDir(), Trusted: []string{s.CDN()}, Pause: time.Millisecond}
	for _, f := range change {
		f(&o)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSuite(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providers.Provider {
		t.Helper()
		p, _ := setup(t)
		return p
	})
}

const sdxl = "SDXL 1.0"

// verify returns the *Error in err, which has to be there and tell nothing of the person or the key.
func verify(t *testing.T, err error) *providers.Error {
	t.Helper()
	return providertest.MustFail(t, err, hordetest.Key)
}

// TestRequests looks at what is sent.
func TestRequests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc, model string
		op          providers.Operation
		change      func(*providers.Request)
		want        string // of the fields
		params      string
	}{
		{"plain", sdxl, providers.Generate, nil, `{"prompt":"a red fox under a full moon","models":["SDXL 1.0"],"nsfw":false,"censor_nsfw":true,"shared":false,"trusted_workers":true,"webhook":null}`, `{"width":1024,"height":1024,"n":1,"seed":"42","seed_variation":null,"steps":null}`},
		{"a size", sdxl, providers.Generate, func(r *providers.Request) { r.Size = providers.Size{Width: 1920, Height: 1080} }, `{}`, `{"width":1344,"height":768}`},
		{"not wanted", sdxl, providers.Generate, func(r *providers.Request) { r.Prompt, r.Negative = "a ### fox", "snow ###" }, `{"prompt":"a # # # fox ### snow # # #"}`, `{}`},
		{"not wanted by one that cannot", "Flux.1-Schnell fp8 (Compact)", providers.Generate, func(r *providers.Request) { r.Negative = "snow" }, `{"prompt":"a red fox under a full moon"}`, `{"steps":4,"cfg_scale":1}`},
		{"three", sdxl, providers.Generate, func(r *providers.Request) { r.Count = 3 }, `{}`, `{"n":3,"seed":"41","seed_variation":1}`},
		{"a large seed", sdxl, providers.Generate, func(r *providers.Request) { r.Seed = 1<<40 + 5 }, `{}`, `{"seed":"5"}`},
		{"no seed", sdxl, providers.Generate, func(r *providers.Request) { r.Seed = 0 }, `{}`, `{"seed":null}`},
		{"a variation", sdxl, providers.Vary, nil, `{"source_processing":"img2img"}`, `{"denoising_strength":0.6}`},
		{"a weak one", sdxl, providers.Vary, func(r *providers.Request) { r.Strength = 0.001 }, `{}`, `{"denoising_strength":0.01}`},
		{"a callback", sdxl, providers.Generate, func(r *providers.Request) { r.CallbackURL = "https://imagika.example/c" }, `{"webhook":"https://imagika.example/c"}`, `{}`},
		{"one it does not take", sdxl, providers.Generate, func(r *providers.Request) { r.CallbackURL = "http://imagika.example/c" }, `{"webhook":null}`, `{}`},
		{"the operator's", sdxl, providers.Generate, func(r *providers.Request) {
			r.Extra = map[string]any{"trusted_workers": false, "slow_workers": nil, "steps": 25, "prompt": "a cat", "shared": true, "n": 9, "dry_run": true, "seed": nil}
		}, `{"trusted_workers":false,"slow_workers":null,"shared":false,"dry_run":null,"prompt":"a red fox under a full moon"}`, `{"steps":25,"n":1,"seed":null}`},
		{"another model", "Deliberate", providers.Generate, nil, `{}`, `{"width":512,"height":512}`},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t)
			r := providertest.Ask(t, p, tt.model, tt.op)
			if tt.change != nil {
				tt.change(&r)
			}
			if _, err := providertest.Complete(t, p, r); err != nil {
				t.Fatal(err)
			}
			c := s.Calls()[0]
			params, _ := c.Fields["params"].(map[string]any)
			providertest.ExpectFields(t, c.Fields, tt.want)
			providertest.ExpectFields(t, params, tt.params)
			if c.Header.Get("Client-Agent") != agent {
				t.Errorf("header %v", c.Header)
			}
		})
	}
}

// TestNotSent: nobody is there, so nothing can have been taken.
func TestNotSent(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Close()
	_, err := providertest.Complete(t, p, providertest.Ask(t, p, sdxl, providers.Generate))
	if e := verify(t, err); e.Class != providers.Transient || e.Billed != providers.BilledNo {
		t.Errorf("%v, billed %s; want transient, no", e, e.Billed)
	}
}

// TestHang: who gives up on a call that was read does not know what became of it.
func TestHang(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Fault(hordetest.Fault{Hang: true})
	_, err := p.Submit(s.UntilCalled(), providertest.Ask(t, p, sdxl, providers.Generate))
	if e := verify(t, err); e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe {
		t.Errorf("%v, want an unknown outcome", e)
	}
}

// TestAnotherProcess goes on with a handle that another provider was given, and looks at the images once.
func TestAnotherProcess(t *testing.T) {
	t.Parallel()
	first, s := setup(t)
	r := providertest.Ask(t, first, sdxl, providers.Generate)
	r.Count = 4
	sub := providertest.Submit(t, first, r)
	images, err := providertest.Finish(t, open(t, s), sub.Handle)
	if err != nil || len(images) != 4 || len(s.Calls()) != 1 {
		t.Fatalf("%d images of %d calls, %v", len(images), len(s.Calls()), err)
	}
	for i, img := range images {
		if img.Seed != r.Seed+int64(i) || img.Size != r.Size {
			t.Errorf("image %d: %+v", i, img)
		}
	}
	if s.Looks() != 1 || sub.Cost != 0 || first.Estimate(r) != 0 {
		t.Errorf("looked %d times, cost %d", s.Looks(), sub.Cost)
	}
}

// TestResults: some of several, in base64, and pictures that are not what is said of them.
func TestResults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc   string
		fault  hordetest.Fault
		images int
	}{
		{"one flagged", hordetest.Fault{Censored: 1}, 2},
		{"one by its state", hordetest.Fault{Censored: 1, How: "state"}, 2},
		{"two by their metadata", hordetest.Fault{Censored: 2, How: "metadata"}, 1},
		{"in base64", hordetest.Fault{Inline: true}, 3},
		{"another type", hordetest.Fault{Type: "application/octet-stream"}, 3},
		{"an image that is none", hordetest.Fault{Output: `{"done":true,"generations":[{"img":"","seed":"1"},{"img":"UklGRg=="}]}`}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t)
			s.Fault(tt.fault)
			r := providertest.Ask(t, p, sdxl, providers.Generate)
			r.Count = 3
			images, err := providertest.Complete(t, p, r)
			if (err == nil) != (tt.images > 0) || len(images) != tt.images || len(s.Calls()) != 1 {
				t.Errorf("%d images of %d calls, %v; want %d of 1", len(images), len(s.Calls()), err, tt.images)
			}
		})
	}
}

// TestImagesBreakOff stops reading early: the answer is closed, and can be asked for again.
func TestImagesBreakOff(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Fault(hordetest.Fault{Inline: true})
	r := providertest.Ask(t, p, sdxl, providers.Generate)
	r.Count = 2
	sub := providertest.Submit(t, p, r)
	_ = providertest.Await(t, p, sub)
	images, err := p.Fetch(t.Context(), sub.Handle)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range images {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if again, err := providertest.Finish(t, p, sub.Handle); err != nil || len(again) != 2 {
		t.Errorf("%d images, %v", len(again), err)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Fault(hordetest.Fault{Checks: 3})
	r := providertest.Ask(t, p, sdxl, providers.Generate)
	r.Count = 4
	sub := providertest.Submit(t, p, r)
	for i, want := range []providers.Progress{{Fraction: -1, Ahead: 2}, {Started: true, Fraction: 0.5}} {
		got, err := p.Poll(t.Context(), sub.Handle)
		if err != nil || got.Started != want.Started || got.Fraction != want.Fraction || got.Done || got.Ahead != want.Ahead || got.NextPoll != time.Millisecond {
			t.Errorf("poll %d: %+v, %v", i, got, err)
		}
	}
	for seconds, want := range map[float64]time.Duration{-1: time.Millisecond, 8: 4 * time.Second, 1e12: longPause} {
		if got := p.next(seconds); got != want {
			t.Errorf("%v seconds to wait: ask in %v, want %v", seconds, got, want)
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	sub := providertest.Submit(t, p, providertest.Ask(t, p, sdxl, providers.Generate))
	if unbilled, err := p.Cancel(t.Context(), sub.Handle); err != nil || !unbilled || s.Deleted() != 1 {
		t.Errorf("unbilled %t, %v, deleted %d", unbilled, err, s.Deleted())
	}
	_, err := p.Cancel(t.Context(), sub.Handle)
	if e := verify(t, err); e.Class != providers.Lost {
		t.Errorf("canceled twice: %v", e)
	}
	_, err = p.Poll(t.Context(), sub.Handle)
	if e := verify(t, err); e.Class != providers.Lost || e.Billed != providers.BilledNo {
		t.Errorf("then %v", e)
	}
}

// TestWebhook finds a call whose answer was lost.
func TestWebhook(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Fault(hordetest.Fault{Cut: true})
	_, err := p.Submit(t.Context(), providertest.Ask(t, p, sdxl, providers.Generate))
	if e := verify(t, err); e.Class != providers.UnknownCall {
		t.Fatal(e)
	}
	sub, err := p.ParseWebhook(nil, s.Callback())
	if err != nil || sub.ExternalID == "" {
		t.Fatalf("%+v, %v", sub, err)
	}
	if images, err := providertest.Finish(t, p, sub.Handle); err != nil || len(images) != 1 {
		t.Errorf("%d images, %v", len(images), err)
	}
	for _, body := range []string{"", "][", `{"id":"x"}`, `{"request":"../x"}`} {
		_, err := p.ParseWebhook(nil, []byte(body))
		if e := verify(t, err); e.Class != providers.BadRequest {
			t.Errorf("%q: %v", body, e)
		}
	}
}

func TestHandles(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	providertest.Unfound(t, p, providers.BilledMaybe, hordetest.Key, "", "{}", `{"v":2,"id":"x"}`, `{"v":1,"id":"../x"}`, `{"v":1,"id":""}`)
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	for name, width := range map[string]int{"Deliberate": 512, "Pony Diffusion XL": 1024, "Flux.1-dev": 1024, sdxl: 1024} {
		if m, ok := p.Describe(name); !ok || m.Name != name || m.Sizes[0].Width != width {
			t.Errorf("%s: %+v, %t", name, m, ok)
		}
	}
	for _, name := range []string{"", " x", "x\n", strings.Repeat("x", 101)} {
		if _, ok := p.Describe(name); ok {
			t.Errorf("%q is a model", name)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	p, s := setup(t, func(o *Options) { o.Key = "wrong" })
	if e := verify(t, p.Probe(t.Context())); e.Class != providers.Auth {
		t.Errorf("a wrong key: %v", e)
	}
	if err := open(t, s, func(o *Options) { o.Key = Anonymous }).Probe(t.Context()); err != nil {
		t.Errorf("nobody's key: %v", err)
	}
	s.Close()
	if e := verify(t, p.Probe(t.Context())); e.Class != providers.Transient {
		t.Errorf("nobody there: %v", e)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for desc, o := range map[string]Options{
		"no key":       {},
		"no http":      {Key: "k", URL: "ftp://example.com"},
		"key in a URL": {Key: "k", URL: "https://me:secret@example.com"},
	} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", desc, err)
		}
	}
	if p, err := New(Options{Key: Anonymous}); err != nil || p.pause != pause {
		t.Errorf("the public service: %v", err)
	}
}
