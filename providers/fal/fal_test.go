package fal

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/fal/faltest"
	"github.com/imagika/imagika/providers/providertest"
)

// setup starts a server and a provider that speaks to it.
func setup(t *testing.T, change ...func(*Options)) (*Provider, *faltest.Server) {
	t.Helper()
	s := faltest.New(t)
	return open(t, s, change...), s
}

func open(t *testing.T, s *faltest.Server, change ...func(*Options)) *Provider {
	t.Helper()
	o := Options{Key: faltest.Key, URL: s.URL(), Dir: t.TempDir(), Trusted: []string{s.CDN()}, Pause: time.Millisecond}
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
		s := faltest.New(t)
		return open(t, s, func(o *Options) { o.AdminKey, o.AdminURL = faltest.AdminKey, s.AdminURL() })
	})
}

const (
	pro    = "fal-ai/flux-2-pro"
	sketch = "fal-ai/flux/schnell"
)

// check returns the *Error in err, which has to be there and tell nothing of the person or the key.
func check(t *testing.T, err error) *providers.Error {
	t.Helper()
	return providertest.MustFail(t, err, "secret")
}

// TestRequests looks at what is sent.
func TestRequests(t *testing.T) {
	t.Parallel()
	picture := providertest.Picture()
	tests := []struct {
		desc, model string
		op          providers.Operation
		change      func(*providers.Request)
		path        string
		want        string // fields besides prompt and pictures
	}{
		{"a size", pro, providers.Generate, func(r *providers.Request) { r.Size = providers.Size{Width: 1600, Height: 900} }, pro, `{"image_size":{"height":768,"width":1344},"seed":42}`},
		{"no seed", pro, providers.Generate, func(r *providers.Request) { r.Seed = 0 }, pro, `{"image_size":{"height":1024,"width":1024},"seed":null}`},
		{"an edit", pro, providers.Edit, nil, pro + "/edit", `{"image_size":{"height":1024,"width":1024},"seed":42}`},
		{"an edit as large as it was", pro, providers.Edit, func(r *providers.Request) { r.Size = providers.Size{} }, pro + "/edit", `{"image_size":null,"seed":42}`},
		{"four", sketch, providers.Generate, func(r *providers.Request) { r.Count = 4 }, sketch, `{"num_images":4}`},
		{"a variation", "fal-ai/flux/dev", providers.Vary, nil, "fal-ai/flux/dev/image-to-image", `{"strength":0.75,"image_size":null}`},
		{"a strong one", "fal-ai/flux/dev", providers.Vary, func(r *providers.Request) { r.Strength = 0.3 }, "fal-ai/flux/dev/image-to-image", `{"strength":0.3}`},
		{"a shape", "fal-ai/flux-pro/kontext", providers.Generate, func(r *providers.Request) { r.Size = providers.Size{Width: 9, Height: 16} }, "fal-ai/flux-pro/kontext/text-to-image", `{"aspect_ratio":"9:16","image_size":null}`},
		{"one picture", "fal-ai/flux-pro/kontext", providers.Edit, nil, "fal-ai/flux-pro/kontext", `{"aspect_ratio":"1:1"}`},
		{"two pictures", "fal-ai/flux-pro/kontext", providers.Edit, func(r *providers.Request) { r.References = append(r.References, picture) }, "fal-ai/flux-pro/kontext/multi", `{"image_url":null}`},
		{"larger", "fal-ai/esrgan", providers.Upscale, func(r *providers.Request) { r.Scale = 4 }, "fal-ai/esrgan", `{"scale":4,"prompt":null}`},
		{"the operator's", sketch, providers.Generate, func(r *providers.Request) {
			r.Extra = map[string]any{"num_inference_steps": 8, "prompt": "a cat", "sync_mode": true, "image_size": nil, "num_images": 3}
		}, sketch, `{"num_inference_steps":8,"sync_mode":null,"image_size":null,"num_images":null}`},
		{"of another", "acme/painter/v2", providers.Generate, nil, "acme/painter/v2", `{"seed":null}`},
		{"an edit of another", "acme/painter/v2/edit", providers.Edit, nil, "acme/painter/v2/edit", `{}`},
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
			if c.Path != tt.path || c.Header.Get("X-Fal-No-Retry") != "1" || c.Header.Get("X-Fal-Request-Timeout") != "300" {
				t.Errorf("sent to %s with %v", c.Path, c.Header)
			}
			if c.Fields["prompt"] != nil && c.Fields["prompt"] != r.Prompt {
				t.Errorf("prompt %v", c.Fields["prompt"])
			}
			providertest.ExpectFields(t, c.Fields, tt.want)
		})
	}
}

// TestNotSent: nobody is there, so nothing can have been billed.
func TestNotSent(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Close()
	_, err := providertest.Complete(t, p, providertest.Ask(t, p, pro, providers.Generate))
	if e := check(t, err); e.Class != providers.Transient || e.Billed != providers.BilledNo {
		t.Errorf("%v, billed %s; want transient, no", e, e.Billed)
	}
}

// TestHang: who gives up on a call that was read does not know what became of it.
func TestHang(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Fault(faltest.Fault{Hang: true})
	_, err := p.Submit(s.UntilCalled(), providertest.Ask(t, p, pro, providers.Generate))
	if e := check(t, err); e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe || s.Billed() != 1 {
		t.Errorf("%v after %d billed calls, want an unknown outcome after one", e, s.Billed())
	}
}

// TestAnotherProcess goes on with a handle that another provider was given.
func TestAnotherProcess(t *testing.T) {
	t.Parallel()
	first, s := setup(t)
	r := providertest.Ask(t, first, sketch, providers.Generate)
	r.Count = 2
	sub := providertest.Submit(t, first, r)
	images, err := providertest.Finish(t, open(t, s), sub.Handle)
	if err != nil || len(images) != 2 || images[0].Seed != 42 || images[1].Seed != 43 || s.Billed() != 1 {
		t.Errorf("%v, %v, %d billed", images, err, s.Billed())
	}
}

// TestResults: some of several, an odd answer to the call, pictures that are not what is said of them.
func TestResults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc   string
		fault  faltest.Fault
		images int
	}{
		{"one was blacked out", faltest.Fault{Black: 1}, 2},
		{"another type", faltest.Fault{Type: "application/octet-stream"}, 3},
		{"much besides", faltest.Fault{Padding: 300_000}, 3},
		{"no addresses", faltest.Fault{Answer: `{"request_id":"024ca5b1-45d3-4afd-883e-000000000000"}`}, 3},
		{"somebody else's addresses", faltest.Fault{Answer: `{"request_id":"024ca5b1-45d3-4afd-883e-000000000000","status_url":"https://evil.example/x","response_url":"file:///etc/passwd","cancel_url":"://"}`}, 3},
		{"a quick one", faltest.Fault{Polls: 1}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t)
			s.Fault(tt.fault)
			r := providertest.Ask(t, p, sketch, providers.Generate)
			r.Count = 3
			if images, err := providertest.Complete(t, p, r); err != nil || len(images) != tt.images || len(s.Calls()) != 1 {
				t.Errorf("%d images of %d calls, %v; want %d of 1", len(images), len(s.Calls()), err, tt.images)
			}
		})
	}
}

// TestCancel takes a call back: from the queue, while it runs, and when it is over.
func TestCancel(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc    string
		removes bool
		polls   int
		want    bool
	}{
		{"queued", false, 0, true},
		{"queued, and said so", true, 0, true},
		{"running", false, 2, false},
		{"over", false, 3, false},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t)
			s.Fault(faltest.Fault{Removes: tt.removes})
			sub := providertest.Submit(t, p, providertest.Ask(t, p, pro, providers.Generate))
			for range tt.polls {
				if _, err := p.Poll(t.Context(), sub.Handle); err != nil {
					t.Fatal(err)
				}
			}
			unbilled, err := p.Cancel(t.Context(), sub.Handle)
			if err != nil || unbilled != tt.want || (s.Billed() == 0) != tt.want {
				t.Errorf("unbilled %t, %v, billed %d; want %t", unbilled, err, s.Billed(), tt.want)
			}
			if _, err = providertest.Finish(t, p, sub.Handle); tt.want {
				if e := check(t, err); e.Class != providers.Canceled || e.Billed != providers.BilledNo {
					t.Errorf("then %v", e)
				}
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestHandles(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	providertest.Unfound(t, p, providers.BilledMaybe, "secret", "", "{}", `{"v":2,"id":"x"}`, `{"v":1,"id":"../x","status":"a","result":"b","cancel":"c"}`, `{"v":1,"id":"x"}`)
	_, err := p.Poll(t.Context(), []byte(`{"v":1,"id":"x","status":"https://evil.example/x","result":"r","cancel":"c"}`))
	if e := check(t, err); e.Class != providers.BadRequest {
		t.Errorf("an address of somebody else: %v", e)
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	tests := []struct {
		model string
		op    providers.Operation
		count int
		want  int64
	}{
		{pro, providers.Generate, 1, 45_000},
		{pro, providers.Edit, 1, 105_000},
		{sketch, providers.Generate, 4, 24_000},
		{"fal-ai/flux-pro/kontext", providers.Edit, 2, 80_000},
		{"acme/painter/v2", providers.Generate, 1, unpriced},
	}
	for _, tt := range tests {
		r := providertest.Ask(t, p, tt.model, tt.op)
		r.Count = tt.count
		if got := p.Estimate(r); got != tt.want {
			t.Errorf("%d of %s by %s: %d, want %d", tt.count, tt.op, tt.model, got, tt.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	for name, op := range map[string]providers.Operation{
		"acme/painter": providers.Generate, "acme/painter/edit": providers.Edit, "acme/p/image-to-image": providers.Vary,
		"acme/clarity-upscaler": providers.Upscale, pro: providers.Generate,
	} {
		if m, ok := p.Describe(name); !ok || m.Name != name || m.Operations[0] != op {
			t.Errorf("%s: %+v, %t", name, m, ok)
		}
	}
	for _, name := range []string{"", "painter", "a b/c", "https://evil.example/x", "a//b", "../x", "acme/x?y"} {
		if _, ok := p.Describe(name); ok {
			t.Errorf("%q is a model", name)
		}
	}
	if got := app("workflows/acme/x/y"); got != "workflows/acme/x" {
		t.Errorf("a workflow is kept below %s", got)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for desc, o := range map[string]Options{
		"no key":       {},
		"no http":      {Key: "k", URL: "ftp://example.com"},
		"key in a URL": {Key: "k", URL: "https://me:secret@example.com"},
		"no such key":  {Key: "k", WebhookKeys: []string{"AAAA"}},
	} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", desc, err)
		}
	}
	if p, err := New(Options{Key: "k"}); err != nil || p.pause != pause {
		t.Errorf("the public service: %v", err)
	}
}
