package horde

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/horde/hordetest"
	"github.com/imagika/imagika/providers/providertest"
)

// ending is what happens to a request, and what has to be made of it.
type ending struct {
	desc  string
	fault hordetest.Fault
	want  providertest.Failure
}

func failed(class providers.Class, billed providers.Billed, scope string, wait time.Duration) providertest.Failure {
	return providertest.Failure{Class: class, Billed: billed, Scope: scope, Wait: wait}
}

const html = "<html><body>Bad gateway</body></html>"

// said is what the Horde says of a failure.
func said(code string) string { return `{"message":"a red fox broke it","rc":"` + code + `"}` }

func refuse(status int, body string) hordetest.Fault {
	return hordetest.Fault{Status: status, Body: body}
}

// postFailures end with the POST.
func postFailures() []ending {
	no, maybe := providers.BilledNo, providers.BilledMaybe
	slow := hordetest.Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}, Body: said("TooManyPrompts")}
	resting := hordetest.Fault{Status: 503, Header: http.Header{"Retry-After": {"60"}}, Body: said("MaintenanceMode")}
	return []ending{
		{"content", refuse(400, said("CorruptPrompt")), providertest.Failure{Class: providers.Rejected, Billed: no, Stage: "input"}},
		{"wrong key", refuse(401, said("InvalidAPIKey")), failed(providers.Auth, no, "", 0)},
		{"an address in time-out", refuse(403, said("TimeoutIP")), failed(providers.Auth, no, "", 0)},
		{"an unsafe address", refuse(403, said("UnsafeIP")), failed(providers.Auth, no, "", 0)},
		{"an empty shared key", refuse(403, said("SharedKeyEmpty")), failed(providers.Auth, no, "", 0)},
		{"too large for its kudos", refuse(403, said("KudosUpfront")), failed(providers.BadRequest, no, "model", 0)},
		{"too many", slow, failed(providers.RateLimited, no, "key", 7*time.Second)},
		{"too many, nothing said", refuse(429, said("TooManyPrompts")), failed(providers.RateLimited, no, "key", defaultWait)},
		{"too fast", refuse(429, `{"message":"2 per 1 second"}`), failed(providers.RateLimited, no, "key", time.Second)},
		{"maintenance", resting, failed(providers.Transient, no, "", time.Minute)},
		{"a model it has not", refuse(400, said("UnexpectedModelName")), failed(providers.BadRequest, no, "model", 0)},
		{"steps", refuse(400, said("TooManySteps")), failed(providers.BadRequest, no, "model", 0)},
		{"a broken picture", refuse(400, said("ImageValidationFailed")), failed(providers.BadRequest, no, "", 0)},
		{"its own 500", refuse(500, said("")), failed(providers.Transient, no, "", 0)},
		{"a 502 of something between", refuse(502, html), failed(providers.UnknownCall, maybe, "", 0)},
		{"cut after it was read", hordetest.Fault{Cut: true}, failed(providers.UnknownCall, maybe, "", 0)},
		{"cut in the answer", hordetest.Fault{Short: true}, failed(providers.UnknownCall, maybe, "", 0)},
		{"garbage", hordetest.Fault{Answer: "]["}, failed(providers.UnknownCall, maybe, "", 0)},
		{"no id", hordetest.Fault{Answer: `{"kudos":1}`}, failed(providers.UnknownCall, maybe, "", 0)},
	}
}

// askFailures are of a question about a request, which says nothing about the request.
func askFailures() []ending {
	no := providers.BilledNo
	poll := func(status int, body string) hordetest.Fault { return hordetest.Fault{CheckStatus: status, Body: body} }
	look := func(status int, body string) hordetest.Fault {
		return hordetest.Fault{StatusStatus: status, Body: body}
	}
	return []ending{
		{"a check too many", poll(429, `{"message":"10 per 1 second"}`), failed(providers.RateLimited, no, "call", time.Second)},
		{"a look too many", look(429, `{"message":"10 per 1 minute"}`), failed(providers.RateLimited, no, "call", defaultWait)},
		{"a check's 502", poll(502, html), failed(providers.Transient, no, "", 0)},
		{"a check's garbage", poll(200, "]["), failed(providers.Transient, no, "", 0)},
		{"a look's garbage", look(200, html), failed(providers.Transient, no, "", 0)},
		{"a look too early", look(200, `{"done":false,"generations":[]}`), failed(providers.Transient, no, "", 0)},
		{"forgotten", poll(404, said("RequestNotFound")), failed(providers.Lost, no, "", 0)},
		{"forgotten when looked at", look(404, said("RequestNotFound")), failed(providers.Lost, no, "", 0)},
		{"expired", poll(410, said("RequestExpired")), failed(providers.Lost, no, "", 0)},
	}
}

// endFailures are how requests end. None of their classes means to ask again.
func endFailures() []ending {
	no := providers.BilledNo
	censored := providertest.Failure{Class: providers.Rejected, Billed: no, Stage: "output"}
	return []ending{
		{"faulted", hordetest.Fault{Faulted: true}, failed(providers.NoOutput, no, "", 0)},
		{"nobody can", hordetest.Fault{Impossible: true}, failed(providers.BadRequest, no, "model", 0)},
		{"censored", hordetest.Fault{Censored: 1}, censored},
		{"censored by its state", hordetest.Fault{Censored: 1, How: "state", Inline: true}, censored},
		{"censored by its metadata", hordetest.Fault{Censored: 1, How: "metadata"}, censored},
		{"no images", hordetest.Fault{Output: `{"done":true,"generations":[]}`}, failed(providers.NoOutput, no, "", 0)},
		{"gone", hordetest.Fault{Gone: true}, failed(providers.Lost, no, "", 0)},
		{"elsewhere", hordetest.Fault{Output: `{"done":true,"generations":[{"img":"https://169.254.169.254/x"}]}`}, failed(providers.NoOutput, no, "", 0)},
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, tt := range append(append(postFailures(), askFailures()...), endFailures()...) {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t)
			s.Fault(tt.fault)
			_, err := providertest.Complete(t, p, providertest.Ask(t, p, sdxl, providers.Generate))
			e := verify(t, err)
			if got := providertest.FailureOf(e); got != tt.want {
				t.Errorf("got %+v (%v), want %+v", got, e.Err, tt.want)
			}
			if n := len(s.Calls()); n != 1 {
				t.Errorf("%d calls were made, want 1", n)
			}
			if tt.fault.Impossible != (s.Deleted() == 1) {
				t.Errorf("%d were taken back", s.Deleted())
			}
		})
	}
}

// TestStrict: what the server refuses of its own accord comes back as such.
func TestStrict(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc, model string
		op          providers.Operation
		change      func(*providers.Request)
		class       providers.Class
		calls       int
	}{
		{"a field", sdxl, providers.Generate, func(r *providers.Request) { r.Extra = map[string]any{"color": "red"} }, providers.BadRequest, 1},
		{"words", sdxl, providers.Generate, func(r *providers.Request) { r.Prompt = "a corrupt fox" }, providers.Rejected, 1},
		{"a model", "no such model", providers.Generate, nil, providers.BadRequest, 1},
		{"a mask", sdxl, providers.Vary, func(r *providers.Request) { r.Mask = &r.References[0] }, providers.BadRequest, 0},
		{"no reference", sdxl, providers.Vary, func(r *providers.Request) { r.References = nil }, providers.BadRequest, 0},
		{"two references", "Deliberate", providers.Vary, func(r *providers.Request) {
			r.References = append(r.References, providertest.Picture())
		}, providers.BadRequest, 0},
	}
	for _, tt := range tests {
		p, s := setup(t)
		r := providertest.Ask(t, p, tt.model, tt.op)
		if tt.change != nil {
			tt.change(&r)
		}
		_, err := p.Submit(t.Context(), r)
		if e := verify(t, err); e.Class != tt.class || e.Billed != providers.BilledNo || len(s.Calls()) != tt.calls {
			t.Errorf("%s: %v after %d calls", tt.desc, e, len(s.Calls()))
		}
	}
	p, s := setup(t, func(o *Options) { o.Key = "wrong" })
	_, err := p.Submit(t.Context(), providertest.Ask(t, p, sdxl, providers.Generate))
	if e := verify(t, err); e.Class != providers.Auth || len(s.Calls()) != 0 {
		t.Errorf("a wrong key: %v", e)
	}
}

// FuzzImages reads what may be said of images: none is both seen and hidden, and no seed breaks anything.
func FuzzImages(f *testing.F) {
	f.Add(`[{"img":"https://x.r2.cloudflarestorage.com/x.webp","seed":"42","gen_metadata":[{"type":"censorship","value":"nsfw"}]},{"img":"x","seed":7}]`)
	f.Add(`[{"img":"","seed":null,"state":"censored"},{"seed":{}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var all []painted
		if json.Unmarshal([]byte(text), &all) != nil {
			return
		}
		seen, hidden := visible(all)
		if len(seen)+hidden > len(all) {
			t.Errorf("%d seen and %d hidden of %d", len(seen), hidden, len(all))
		}
		for _, g := range seen {
			if g.hidden() || g.Image == "" {
				t.Errorf("%+v is seen", g)
			}
			_ = g.seed()
		}
	})
}

// FuzzParseWebhook: what a callback names can be asked for, and nothing else is read.
func FuzzParseWebhook(f *testing.F) {
	f.Add([]byte(`{"request":"00000000-0000-0000-0000-000000000001","id":"x","img":"https://x.r2.cloudflarestorage.com/x.webp","censored":false}`))
	f.Add([]byte(`{"request":"../../x"}`))
	f.Add([]byte(`{"request":7}`))
	f.Add([]byte(`[]`))
	p, err := New(Options{Key: hordetest.Key, Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sub, err := p.ParseWebhook(nil, body)
		if err != nil {
			_ = verify(t, err)
			return
		}
		if id, err := p.read(sub.Handle); err != nil || id != sub.ExternalID || strings.ContainsAny(id, "/?#%") {
			t.Errorf("%+v is read as %q, %v", sub, id, err)
		}
	})
}
