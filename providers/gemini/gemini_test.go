package gemini

import (
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/gemini/geminitest"
	"github.com/imagika/imagika/providers/providertest"
)

func open(t *testing.T) (*Provider, *geminitest.Server) {
	t.Helper()
	s := geminitest.New(t)
	p, err := New(Options{Key: geminitest.Key, URL: s.URL(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func request(p *Provider, i int, op providers.Operation) providers.Request {
	return providertest.Request(p.Models()[i], op)
}

func fault(t *testing.T, p *Provider, r providers.Request) *providers.Error {
	t.Helper()
	return providertest.Refused(t, p, r, secrets()...)
}

// secrets are what no error may say.
func secrets() []string { return []string{geminitest.Key, "/v1beta"} }

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
	if _, err := New(Options{Key: "k", URL: "generativelanguage.googleapis.com"}); err == nil {
		t.Error("an address without a scheme was taken")
	}
	if p, err := New(Options{Key: "k"}); err != nil || p.Name() != "gemini" {
		t.Errorf("the public address: %v", err)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	type shape struct{ Ratio, Size string }
	tests := []struct {
		desc   string
		model  string
		op     providers.Operation
		change func(*providers.Request)
		want   shape
		first  string
	}{
		{"plain", flash31, providers.Generate, nil, shape{"1:1", "1K"}, "a red fox under a full moon"},
		{"wide and large", flash31, providers.Generate, func(r *providers.Request) { r.Size = providers.Size{Width: 3000, Height: 1700} }, shape{"16:9", "2K"}, ""},
		{"beyond the last tier", flash31, providers.Generate, func(r *providers.Request) { r.Size = providers.Size{Width: 5000, Height: 5000} }, shape{"1:1", "2K"}, ""},
		{"4K", pro3, providers.Generate, func(r *providers.Request) { r.Size = providers.Size{Width: 3072, Height: 5504} }, shape{"9:16", "4K"}, ""},
		{"no tiers", flash25, providers.Generate, func(r *providers.Request) { r.Size = providers.Size{Width: 4000, Height: 3000} }, shape{"4:3", ""}, ""},
		{"edit without a size", flash31, providers.Edit, func(r *providers.Request) { r.Size = providers.Size{} }, shape{"", "1K"}, "a red fox under a full moon"},
		{"edit without a size or tiers", flash25, providers.Edit, func(r *providers.Request) { r.Size = providers.Size{} }, shape{}, ""},
		{"no size", flash25, providers.Generate, func(r *providers.Request) { r.Size = providers.Size{} }, shape{"1:1", ""}, ""},
		{"variation", flash31, providers.Vary, nil, shape{"1:1", "1K"}, "Make a variation of this image: keep its subject and style, and change details of the composition.\na red fox under a full moon"},
		{"close variation", flash31, providers.Vary, func(r *providers.Request) { r.Strength, r.Prompt = 0.2, "" }, shape{"1:1", "1K"}, "Make a variation of this image that differs from it only in small details."},
		{"free variation", flash31, providers.Vary, func(r *providers.Request) { r.Strength, r.Prompt = 0.9, "" }, shape{"1:1", "1K"}, "Make a free variation of this image: keep its subject, and change style and composition."},
		{"preview", "gemini-3-pro-image-preview", providers.Generate, nil, shape{"1:1", "1K"}, ""},
		{"operator", pro3, providers.Generate, func(r *providers.Request) {
			r.Extra = map[string]any{
				"contents": []any{}, "model": "other", "safetySettings": []any{map[string]any{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}},
				"generationConfig": map[string]any{
					"temperature": 0.5, "candidateCount": 4, "responseModalities": []any{"TEXT"},
					"imageConfig": map[string]any{"imageSize": "4K", "personGeneration": "ALLOW_ADULT"},
				},
			}
		}, shape{"1:1", "1K"}, "a red fox under a full moon"},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := open(t)
			m, ok := p.Describe(tt.model)
			if !ok {
				t.Fatalf("%s is not known", tt.model)
			}
			r := providertest.Request(m, tt.op)
			if tt.change != nil {
				tt.change(&r)
			}
			providertest.Make(t, p, r)
			c := s.Calls()[0]
			if diff := cmp.Diff(tt.want, shape{c.Body.Config.Image.Ratio, c.Body.Config.Image.Size}); diff != "" || c.Model != tt.model {
				t.Errorf("%s (-want +got):\n%s", c.Model, diff)
			}
			parts := c.Body.Contents[0].Parts
			if tt.first != "" && parts[0].Text != tt.first {
				t.Errorf("text %q, want %q", parts[0].Text, tt.first)
			}
			if len(parts) != 2+len(r.References) || parts[len(parts)-1].Text != imageOnly {
				t.Errorf("%d parts, and at the end %q", len(parts), parts[len(parts)-1].Text)
			}
			if tt.desc == "operator" && (c.Body.Config.Temperature == nil || len(c.Body.Safety) != 1 || c.Body.Config.Image.People != "ALLOW_ADULT") {
				t.Errorf("what the operator set is missing: %+v", c.Body)
			}
		})
	}
}

// TestReferences sends several pictures, unchanged and in order.
func TestReferences(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	r := request(p, 0, providers.Edit)
	small := providertest.ReferenceOf("image/png", providertest.PNG(providers.Size{Width: 8, Height: 8}, 3))
	r.References = []providers.Reference{providertest.Picture(), small, providertest.Picture()}
	extra := map[string]any{"generationConfig": map[string]any{"candidateCount": 2}}
	r.Extra = extra
	providertest.Make(t, p, r)
	parts := s.Calls()[0].Body.Contents[0].Parts
	for i, ref := range r.References {
		file, err := ref.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want, _ := io.ReadAll(file)
		if got := parts[i+1].Inline; got == nil || string(got.Data) != string(want) || got.MediaType != ref.MediaType {
			t.Errorf("picture %d is another", i)
		}
	}
	if diff := cmp.Diff(map[string]any{"generationConfig": map[string]any{"candidateCount": 2}}, extra); diff != "" {
		t.Errorf("the operator's parameters were changed:\n%s", diff)
	}
}

func TestUnfit(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	fit := func() providers.Request { return request(p, 0, providers.Edit) }
	providertest.CheckUnfit(t, p, fit, map[string]func(*providers.Request){
		"upscale":      func(r *providers.Request) { r.Operation = providers.Upscale },
		"mask":         func(r *providers.Request) { m := providertest.Picture(); r.Mask = &m },
		"no reference": func(r *providers.Request) { r.References = nil },
		"foreign kind": func(r *providers.Request) {
			r.References[0] = providertest.ReferenceOf("image/gif", []byte("GIF89a"))
		},
		"text model": func(r *providers.Request) { r.Model = "gemini-3-pro" },
	}, secrets()...)
	if n := len(s.Calls()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

// TestBrokenReference is a picture of ours that cannot be read: nothing is sent.
func TestBrokenReference(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	providertest.CheckUnreadable(t, p, request(p, 0, providers.Edit), secrets()...)
	if n := len(s.Calls()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	p, _ := open(t)
	for name, want := range map[string]int{
		flash31: 14, "gemini-3.1-flash-image-preview": 14, "gemini-2.5-flash-image-09": 3, "gemini-nano-banana-2.1": 3, "gemini-4-flash-image": 3,
		"gemini-3-pro": 0, "imagen-4": 0, "": 0,
	} {
		m, ok := p.Describe(name)
		if ok != (want > 0) || m.MaxRefs != want || (ok && m.Name != name) {
			t.Errorf("%q: %+v, %v", name, m, ok)
		}
	}
	if m, _ := p.Describe(flash31); !cmp.Equal(m, p.Models()[0]) {
		t.Error("a listed model is described differently")
	}
	if p.Estimate(providers.Request{Model: "gemini-nano-banana-2.1", Count: 1}) < 240_000 || p.Estimate(providers.Request{Model: "other"}) != 0 {
		t.Error("a model without a price is not bound by the dearest one")
	}
}

// TestGone is a server that is not there, and one that goes away after it has read the call.
func TestGone(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	s.Fault(geminitest.Fault{Cut: true})
	r := request(p, 0, providers.Generate)
	if e := fault(t, p, r); e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe {
		t.Errorf("cut after the call was read: %+v", e)
	}
	if len(s.Calls()) != 1 || s.Billed() != 1 {
		t.Errorf("%d calls, %d billed; want one", len(s.Calls()), s.Billed())
	}
	s.Close()
	if e := fault(t, p, r); e.Class != providers.Transient || e.Billed != providers.BilledNo {
		t.Errorf("nobody there: %+v", e)
	}
	if len(s.Calls()) != 1 {
		t.Errorf("%d calls, want one", len(s.Calls()))
	}
}

// TestReusedConnection loses the connection of a second call, which net/http would repeat if it could.
func TestReusedConnection(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	r := request(p, 0, providers.Generate)
	providertest.Make(t, p, r)
	s.Fault(geminitest.Fault{Cut: true})
	if e := fault(t, p, r); e.Class != providers.UnknownCall {
		t.Errorf("%+v", e)
	}
	if len(s.Calls()) != 2 {
		t.Errorf("%d calls, want two", len(s.Calls()))
	}
}

func TestHang(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	s.Fault(geminitest.Fault{Hang: true})
	providertest.CheckHang(s.UntilCalled(), t, p, request(p, 0, providers.Generate), secrets()...)
}

func TestProbe(t *testing.T) {
	t.Parallel()
	p, s := open(t)
	wrong, err := New(Options{Key: "wrong", URL: s.URL()})
	if err != nil {
		t.Fatal(err)
	}
	providertest.CheckProbe(t, p, wrong, s.Close)
}
