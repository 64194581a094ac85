package bfl_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/bfl"
	"github.com/imagika/imagika/providers/bfl/bfltest"
	"github.com/imagika/imagika/providers/providertest"
)

// fields of the one call that a request makes, without pictures' bytes.
func fields(t *testing.T, change func(*providers.Request), name string, options ...func(*bfl.Options)) map[string]any {
	t.Helper()
	s := bfltest.New(t)
	p := open(t, s, options...)
	r := words(t, p, name)
	r.Prompt, r.Size = "a hut", providers.Size{}
	change(&r)
	_ = providertest.Submit(t, p, r)
	got := s.Calls()[0].Fields
	for field, v := range got {
		if text, ok := v.(string); ok && len(text) > 200 {
			got[field] = "picture"
		}
	}
	return got
}

func TestRequests(t *testing.T) {
	t.Parallel()
	edit := func(n int, s providers.Size) func(*providers.Request) {
		return func(r *providers.Request) {
			r.Operation, r.Size, r.References = providers.Edit, s, slices.Repeat([]providers.Reference{providertest.Picture()}, n)
		}
	}
	tests := []struct {
		desc, model string
		change      func(*providers.Request)
		want        map[string]any
	}{
		{"words alone", "flux-2-pro", func(*providers.Request) {}, map[string]any{}},
		{"a size", "flux-2-pro", func(r *providers.Request) { r.Size = providers.Size{Width: 1001, Height: 3000} }, map[string]any{"width": 1008.0, "height": 2048.0}},
		{"a preview", "flux-2-pro-preview", func(*providers.Request) {}, map[string]any{}},
		{"an edit keeps its size", "flux-2-max", edit(1, providers.Size{}), map[string]any{"input_image": "picture"}},
		{"three references", "flux-2-klein-9b", edit(3, providers.Size{Width: 512, Height: 512}), map[string]any{
			"input_image": "picture", "input_image_2": "picture", "input_image_3": "picture", "width": 512.0, "height": 512.0,
		}},
		{"kontext has shapes", "flux-kontext-pro", edit(1, providers.Size{Width: 1920, Height: 1080}), map[string]any{"input_image": "picture", "aspect_ratio": "16:9"}},
		{"classic", "flux-pro-1.1", func(r *providers.Request) { r.Size = providers.Size{Width: 2000, Height: 1000} }, map[string]any{"width": 1440.0, "height": 992.0}},
		{"a variation", "flux-pro-1.1-ultra", func(r *providers.Request) {
			edit(1, providers.Size{Width: 100, Height: 210})(r)
			r.Operation, r.Strength = providers.Vary, 0.25
		}, map[string]any{"image_prompt": "picture", "image_prompt_strength": 0.75, "aspect_ratio": "9:16"}},
		{"fill without a mask", "flux-pro-1.0-fill", func(*providers.Request) {}, map[string]any{"image": "picture", "mask": "picture"}},
		{"the operator's", "flux-2-flex", func(r *providers.Request) {
			r.Extra = map[string]any{"steps": 30, "output_format": "jpeg", "prompt": "mine", "webhook_url": "https://mine", "input_image": "x", "seed": nil}
		}, map[string]any{"steps": 30.0, "output_format": "jpeg", "seed": nil}},
		{"a callback without a secret", "flux-2-pro", func(r *providers.Request) { r.CallbackURL = "https://imagika.example/hooks" }, map[string]any{}},
		{"a large seed", "flux-2-pro", func(r *providers.Request) { r.Seed = -1 }, map[string]any{"seed": 4294967295.0}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			want := map[string]any{"prompt": "a hut", "seed": 42.0, "output_format": "png"}
			maps.Copy(want, tt.want)
			maps.DeleteFunc(want, func(_ string, v any) bool { return v == nil })
			got := fields(t, tt.change, tt.model)
			if _, ok := got["mask"]; ok { // it is one color, and small
				got["mask"] = "picture"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnfit(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	p := open(t, s)
	mask := providertest.Picture()
	large := providertest.Picture()
	large.Bytes = 21 << 20
	fit := func() providers.Request { return words(t, p, "flux-2-pro") }
	providertest.CheckUnfit(t, p, fit, map[string]func(*providers.Request){
		"a mask":            func(r *providers.Request) { r.Mask = &mask },
		"no reference":      func(r *providers.Request) { r.Operation = providers.Edit },
		"a large reference": func(r *providers.Request) { r.References = []providers.Reference{large} },
		"an upscale":        func(r *providers.Request) { r.Operation = providers.Upscale },
		"no such preview":   func(r *providers.Request) { r.Model = "flux-kontext-pro-preview" },
	}, bfltest.Key, "http")
	if n := len(s.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// TestMask: what is transparent is painted white, the rest black.
func TestMask(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 96, 64))
	for y := range 64 {
		for x := range 48 {
			img.SetNRGBA(x, y, color.NRGBA{R: 200, A: 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	mask := providertest.ReferenceOf("image/png", file.Bytes())
	s := bfltest.New(t)
	p := open(t, s)
	r := words(t, p, "flux-pro-1.0-fill")
	r.Mask = &mask
	_, made := providertest.Make(t, p, r)
	if len(made) != 1 || made[0].Size != (providers.Size{Width: 96, Height: 64}) {
		t.Errorf("made %+v", made)
	}
	raw, err := base64.StdEncoding.DecodeString(s.Calls()[0].Fields["mask"].(string))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range map[int]uint8{0: 0, 47: 0, 48: 255, 95: 255} {
		if got := color.GrayModel.Convert(sent.At(x, 10)).(color.Gray).Y; got != want {
			t.Errorf("at %d: %d, want %d", x, got, want)
		}
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	p := open(t, bfltest.New(t))
	tests := []struct {
		model string
		size  providers.Size
		refs  int
		want  int64
	}{
		{"flux-2-pro", providers.Size{Width: 1024, Height: 1024}, 0, 30_000},
		{"flux-2-pro", providers.Size{Width: 1344, Height: 768}, 0, 30_000},
		{"flux-2-pro", providers.Size{Width: 2048, Height: 2048}, 0, 75_000},
		{"flux-2-pro", providers.Size{Width: 1024, Height: 1024}, 1, 90_000},
		{"flux-2-pro", providers.Size{}, 1, 135_000},
		{"flux-2-klein-4b", providers.Size{Width: 1024, Height: 1024}, 0, 14_000},
		{"flux-kontext-max", providers.Size{}, 1, 80_000},
		{"unheard of", providers.Size{}, 0, 0},
	}
	for _, tt := range tests {
		r := providers.Request{Model: tt.model, Operation: providers.Generate, Size: tt.size, Count: 1}
		if tt.refs > 0 {
			r.Operation, r.References = providers.Edit, slices.Repeat([]providers.Reference{providertest.Picture()}, tt.refs)
		}
		if got := p.Estimate(r); got != tt.want {
			t.Errorf("%s %v with %d: %d, want %d", tt.model, tt.size, tt.refs, got, tt.want)
		}
	}
}

const secret = "hush"

func withSecret(o *bfl.Options) { o.WebhookSecret = secret }

// TestLostAnswer: a call whose answer was lost goes on from its callback.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	s.Fault(bfltest.Fault{Cut: true, Hooked: true})
	p := open(t, s, withSecret)
	r := words(t, p, "flux-2-pro")
	r.CallbackURL = "https://imagika.example/hooks/bfl/1?sig=2"
	_, err := p.Submit(t.Context(), r)
	if e := fault(t, err); e.Class != providers.UnknownCall {
		t.Fatal(e)
	}
	sent := s.Calls()[0]
	if sent.Fields["webhook_url"] != r.CallbackURL || sent.Fields["webhook_secret"] != secret {
		t.Errorf("sent %v", sent.Fields)
	}
	body := `{"id":"` + sent.ID + `","status":"Ready","result":{"sample":"https://x","seed":42}}`
	sub, err := p.ParseWebhook(http.Header{"X-Webhook-Secret": {secret}}, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if sub.ExternalID != sent.ID || sub.NextPoll <= 0 || sub.Cost != -1 {
		t.Errorf("submission %+v", sub)
	}
	if progress, err := p.Poll(t.Context(), sub.Handle); err != nil || !progress.Done || progress.Cost != -1 {
		t.Errorf("%+v, %v", progress, err)
	}
	if s.Billed() != 1 {
		t.Errorf("billed %d", s.Billed())
	}
}

// TestHooked: the answer to a call with a callback may have no address to poll.
func TestHooked(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	s.Fault(bfltest.Fault{Hooked: true})
	p := open(t, s, withSecret)
	r := words(t, p, "flux-2-pro")
	r.CallbackURL = "https://imagika.example/hooks"
	if cost, made := providertest.Make(t, p, r); len(made) != 1 || cost != 30_000 {
		t.Errorf("cost %d, made %v", cost, made)
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	body := []byte(`{"task_id":"abc","status":"Ready"}`)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(body)
	right := hex.EncodeToString(mac.Sum(nil))
	tests := []struct {
		desc, name, value string
		body              []byte
		want              bool
	}{
		{"the secret itself", "X-Webhook-Secret", secret, body, true},
		{"another secret", "X-Webhook-Secret", "hush!", body, false},
		{"an HMAC", "X-Bfl-Signature", "sha256=" + right, body, true},
		{"an HMAC in capitals", "X-Bfl-Signature", "sha256=" + strings.ToUpper(right), body, true},
		{"an HMAC without its name", "X-Bfl-Signature", right, body, false},
		{"an HMAC of another body", "X-Bfl-Signature", "sha256=" + right, append(body, ' '), false},
		{"none", "X-Other", "x", body, false},
		{"no task", "X-Webhook-Secret", secret, []byte(`{"status":"Ready"}`), false},
		{"no JSON", "X-Webhook-Secret", secret, []byte(`{`), false},
		{"an id that is none", "X-Webhook-Secret", secret, []byte(`{"id":"a&b=c"}`), false},
	}
	p := open(t, bfltest.New(t), withSecret)
	for _, tt := range tests {
		h := http.Header{}
		h.Set(tt.name, tt.value)
		sub, err := p.ParseWebhook(h, tt.body)
		if tt.want != (err == nil) || (tt.want && sub.ExternalID != "abc") {
			t.Errorf("%s: %+v, %v", tt.desc, sub, err)
		}
		if err != nil {
			_ = providertest.CheckError(t, err)
		}
	}
	if sub, err := open(t, bfltest.New(t)).ParseWebhook(nil, body); err != nil || sub.ExternalID != "abc" {
		t.Errorf("without a secret: %+v, %v", sub, err)
	}
}

// FuzzParseWebhook: whatever is called back, a handle that comes of it can be read.
func FuzzParseWebhook(f *testing.F) {
	f.Add([]byte(`{"id":"abc","result":{"seed":1},"cost":3.5,"polling_url":"https://api.eu4.bfl.ai/v1/get_result?id=abc"}`))
	f.Add([]byte(`{"task_id":"abc","result":{"seed":"x"},"cost":-1}`))
	f.Add([]byte(`[]`))
	p, err := bfl.New(bfl.Options{Key: bfltest.Key, URL: "http://127.0.0.1:1/v1", Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sub, err := p.ParseWebhook(nil, body)
		if err != nil {
			return
		}
		if len(sub.Handle) == 0 || len(sub.Handle) > 16<<10 || sub.ExternalID == "" || sub.Cost < -1 {
			t.Errorf("%+v", sub)
		}
	})
}
