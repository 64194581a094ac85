package fal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/fal/faltest"
	"github.com/imagika/imagika/providers/providertest"
)

// ending is what happens to a request, and what has to be made of it.
type ending struct {
	desc  string
	fault faltest.Fault
	want  providertest.Failure
}

func failed(class providers.Class, billed providers.Billed, scope string, wait time.Duration) providertest.Failure {
	return providertest.Failure{Class: class, Billed: billed, Scope: scope, Wait: wait}
}

func rejected(stage string, billed providers.Billed) providertest.Failure {
	return providertest.Failure{Class: providers.Rejected, Billed: billed, Stage: stage}
}

const html = "<html><body>Bad gateway</body></html>"

// detail is a model's refusal.
func detail(kind string) string {
	return `{"detail":[{"loc":["body","prompt"],"msg":"a fox is not allowed","type":"` + kind + `","url":"https://docs.fal.ai/errors","input":"a red fox"}]}`
}

// own is a failure of fal's.
func own(kind string) string { return `{"detail":"a fox broke it","error_type":"` + kind + `"}` }

func units(n string) http.Header {
	return http.Header{"X-Fal-Billable-Units": {n}, "X-Fal-Retryable": {"false"}}
}

func refuse(status int, body string) faltest.Fault { return faltest.Fault{Status: status, Body: body} }

// postFailures end with the POST.
func postFailures() []ending {
	no := providers.BilledNo
	slow := faltest.Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}, Body: `{"detail":"Too many requests"}`}
	return []ending{
		{"wrong key", refuse(401, `{"detail":"authentication is required"}`), failed(providers.Auth, no, "", 0)},
		{"no money", refuse(403, `{"detail":"User is locked. Reason: Exhausted balance. Top up at fal.ai."}`), failed(providers.Auth, no, "key", 0)},
		{"no money in a 429", refuse(429, `{"detail":"Exhausted balance"}`), failed(providers.Auth, no, "key", 0)},
		{"rate", slow, failed(providers.RateLimited, no, "key", 7*time.Second)},
		{"rate without a word", refuse(429, html), failed(providers.RateLimited, no, "key", defaultWait)},
		{"no such model", refuse(404, `{"detail":"Application not found"}`), failed(providers.BadRequest, no, "model", 0)},
		{"no such field", refuse(422, detail("missing")), failed(providers.BadRequest, no, "model", 0)},
		{"no JSON", refuse(400, `{"detail":"Invalid JSON"}`), failed(providers.BadRequest, no, "", 0)},
		{"content", refuse(422, detail("content_policy_violation")), rejected("input", no)},
		{"its own 500", refuse(500, own("internal_error")), failed(providers.Transient, no, "", 0)},
		{"a 502 of something between", refuse(502, html), failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
		{"a 503", refuse(503, html), failed(providers.Transient, no, "", 0)},
		{"cut after it was read", faltest.Fault{Cut: true}, failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
		{"cut in the answer", faltest.Fault{Short: true}, failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
		{"garbage", faltest.Fault{Answer: "]["}, failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
		{"no id", faltest.Fault{Answer: `{"status":"IN_QUEUE"}`}, failed(providers.UnknownCall, providers.BilledMaybe, "", 0)},
	}
}

// askFailures are of a question about a request, which says nothing about the request.
func askFailures() []ending {
	poll := func(status int, body string) faltest.Fault { return faltest.Fault{PollStatus: status, Body: body} }
	return []ending{
		{"a poll too many", poll(429, html), failed(providers.RateLimited, providers.BilledNo, "call", defaultWait)},
		{"a poll's 502", poll(502, html), failed(providers.Transient, providers.BilledNo, "", 0)},
		{"a poll's garbage", poll(202, "]["), failed(providers.Transient, providers.BilledNo, "", 0)},
		{"a poll's wrong key", poll(401, `{}`), failed(providers.Auth, providers.BilledNo, "", 0)},
		{"forgotten", poll(404, `{"detail":"Request not found"}`), failed(providers.Lost, providers.BilledMaybe, "", 0)},
		{"not understood", poll(405, `{}`), failed(providers.Lost, providers.BilledMaybe, "", 0)},
		{"a result's 502", faltest.Fault{EndStatus: 502, Body: html}, failed(providers.Transient, providers.BilledNo, "", 0)},
		{"a result in progress", faltest.Fault{EndStatus: 400, Body: `{"detail":"Request is still in progress"}`}, failed(providers.Transient, providers.BilledMaybe, "", 0)},
		{"a result that is none", faltest.Fault{Output: "]["}, failed(providers.Transient, providers.BilledNo, "", 0)},
	}
}

// endFailures are how requests end. None of their classes means to ask again.
func endFailures() []ending {
	end := func(status int, h http.Header, body string) faltest.Fault {
		return faltest.Fault{EndStatus: status, Header: h, Body: body}
	}
	told := func(f faltest.Fault, kind string) faltest.Fault {
		f.EndType = kind
		return f
	}
	no, maybe := providers.BilledNo, providers.BilledMaybe
	typed := func(kind string) http.Header { return http.Header{"X-Fal-Error-Type": {kind}} }
	return []ending{
		{"content of words", end(422, nil, detail("content_policy_violation")), rejected("input", maybe)},
		{"content that was worked on", end(422, units("1.0"), detail("content_policy_violation")), rejected("input", providers.BilledYes)},
		{"a field", end(422, units("0"), detail("less_than_equal")), failed(providers.BadRequest, no, "model", 0)},
		{"a field, nothing said", end(422, nil, detail("image_too_large")), failed(providers.BadRequest, maybe, "model", 0)},
		{"a model's supplier", end(422, nil, detail("downstream_service_error")), failed(providers.NoOutput, maybe, "", 0)},
		{"a model's 500", end(500, units("0"), detail("internal_server_error")), failed(providers.NoOutput, no, "", 0)},
		{"a start that took too long", end(504, typed("startup_timeout"), own("startup_timeout")), failed(providers.NoOutput, no, "", 0)},
		{"our own limit", end(504, http.Header{"X-Fal-Error-Type": {"request_timeout"}, "X-Fal-Request-Timeout-Type": {"user"}}, own("request_timeout")), failed(providers.NoOutput, no, "", 0)},
		{"completed with an error", told(end(503, typed("runner_disconnected"), own("runner_disconnected")), "runner_disconnected"), failed(providers.NoOutput, no, "", 0)},
		{"completed with content", told(end(422, nil, detail("content_policy_violation")), "content_policy_violation"), rejected("input", maybe)},
		{"completed with an error and a result", faltest.Fault{EndType: "runner_disconnected"}, failed(providers.NoOutput, no, "", 0)},
		{"canceled by somebody", faltest.Fault{EndType: "client_cancelled"}, failed(providers.Canceled, no, "", 0)},
		{"all blacked out", faltest.Fault{Black: 1}, rejected("output", providers.BilledYes)},
		{"no images", faltest.Fault{Output: `{"images":[],"seed":1}`}, failed(providers.NoOutput, maybe, "", 0)},
		{"gone", faltest.Fault{Gone: true}, failed(providers.Lost, providers.BilledYes, "", 0)},
		{"elsewhere", faltest.Fault{Output: `{"images":[{"url":"https://169.254.169.254/latest"}]}`}, failed(providers.NoOutput, providers.BilledYes, "", 0)},
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, tt := range append(append(postFailures(), askFailures()...), endFailures()...) {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t)
			s.Fault(tt.fault)
			_, err := providertest.Complete(t, p, providertest.Ask(t, p, sketch, providers.Generate))
			e := check(t, err)
			if got := providertest.FailureOf(e); got != tt.want {
				t.Errorf("got %+v (%v), want %+v", got, e.Err, tt.want)
			}
			if n := len(s.Calls()); n != 1 {
				t.Errorf("%d calls were made, want 1", n)
			}
		})
	}
}

// TestStrict: what the server refuses of the model's own accord comes back as such.
func TestStrict(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	r := providertest.Ask(t, p, sketch, providers.Generate)
	r.Extra = map[string]any{"color": "red"}
	_, err := providertest.Complete(t, p, r)
	if e := check(t, err); e.Class != providers.BadRequest || e.Scope != providers.ScopeModel || e.Billed != providers.BilledNo || s.Billed() != 0 {
		t.Errorf("%+v, %d billed", e, s.Billed())
	}
	r.Extra, r.Mask = nil, &providers.Reference{}
	_, err = p.Submit(t.Context(), r)
	if e := check(t, err); e.Class != providers.BadRequest || len(s.Calls()) != 1 {
		t.Errorf("%+v after %d calls", e, len(s.Calls()))
	}
}

// TestWebhook finds calls whose answers were lost.
func TestWebhook(t *testing.T) {
	t.Parallel()
	s := faltest.New(t)
	p := open(t, s, func(o *Options) {
		o.WebhookKeys = []string{"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", s.WebhookKey()}
	})
	ends := []faltest.Fault{
		{Cut: true},
		{Cut: true, EndStatus: 422, Body: detail("content_policy_violation")},
		{Cut: true, EndStatus: 504, Body: own("startup_timeout")},
		{Cut: true, Black: 2},
	}
	want := []providers.Class{"", providers.Rejected, providers.NoOutput, providers.Rejected}
	for n, f := range ends {
		s.Fault(f)
		r := providertest.Ask(t, p, sketch, providers.Generate)
		r.Count, r.CallbackURL = 2, "https://imagika.example/callback?attempt=1&signature=x"
		_, err := p.Submit(t.Context(), r)
		if e := check(t, err); e.Class != providers.UnknownCall || s.Calls()[n].Callback != r.CallbackURL {
			t.Fatalf("%v, callback %q", e, s.Calls()[n].Callback)
		}
		sub, err := p.ParseWebhook(s.Callback(n))
		if err != nil || sub.ExternalID == "" || len(sub.Handle) > maxHandle {
			t.Fatalf("%+v, %v", sub, err)
		}
		images, err := providertest.Finish(t, p, sub.Handle)
		if want[n] != "" {
			if e := check(t, err); e.Class != want[n] {
				t.Errorf("callback %d: %v, want %s", n, e, want[n])
			}
			continue
		}
		if err != nil || len(images) != 2 {
			t.Errorf("callback %d: %d images, %v", n, len(images), err)
		}
		if unbilled, err := p.Cancel(t.Context(), sub.Handle); unbilled || err != nil {
			t.Errorf("canceled what is over: %t, %v", unbilled, err)
		}
	}
}

func TestForgedWebhook(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Fault(faltest.Fault{Cut: true})
	_, err := p.Submit(t.Context(), providertest.Ask(t, p, pro, providers.Generate))
	_ = check(t, err)
	h, body := s.Callback(0)
	if _, err := p.ParseWebhook(http.Header{}, body); err != nil {
		t.Errorf("without keys only the address is checked: %v", err)
	}
	checked := open(t, s, func(o *Options) { o.WebhookKeys = []string{s.WebhookKey()} })
	late := open(t, s, func(o *Options) { o.WebhookKeys = []string{s.WebhookKey()} })
	late.now = func() time.Time { return time.Now().Add(6 * time.Minute) }
	other := h.Clone()
	other.Set("X-Fal-Webhook-User-Id", "user-2")
	broken := h.Clone()
	broken.Set("X-Fal-Webhook-Signature", "zz")
	tests := []struct {
		desc string
		p    *Provider
		h    http.Header
		body string
	}{
		{"no signature", checked, http.Header{}, string(body)},
		{"another person's", checked, other, string(body)},
		{"no hex", checked, broken, string(body)},
		{"another body", checked, h, string(body) + " "},
		{"late", late, h, string(body)},
		{"no JSON", p, h, "]["},
		{"no id", p, h, `{"status":"OK"}`},
		{"a strange id", p, h, `{"request_id":"../../x","status":"OK"}`},
	}
	for _, tt := range tests {
		_, err := tt.p.ParseWebhook(tt.h, []byte(tt.body))
		if e := check(t, err); e.Class != providers.BadRequest {
			t.Errorf("%s: %v", tt.desc, e)
		}
	}
}

// FuzzReplies reads what may come back: nothing may panic, and what is read can be stored.
func FuzzReplies(f *testing.F) {
	f.Add(`{"request_id":"x","status":"OK","payload":{"images":[{"url":"https://v3.fal.media/x.png"}],"seed":1,"has_nsfw_concepts":[true]}}`)
	f.Add(`{"request_id":"x","status":"ERROR","payload":` + detail("content_policy_violation") + `}`)
	f.Add(`{"request_id":"x","status":"ERROR","payload":` + own("startup_timeout") + `}`)
	f.Add(`{"request_id":"x","status":"OK","payload":{"image":{"url":7},"seed":"x","has_nsfw_concepts":{}}}`)
	p, err := New(Options{Key: "k", Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		sub, err := p.ParseWebhook(http.Header{}, []byte(body))
		if err != nil {
			return
		}
		if !json.Valid(sub.Handle) || len(sub.Handle) > maxHandle {
			t.Fatalf("a handle of %d bytes: %q", len(sub.Handle), sub.Handle)
		}
		progress, err := p.Poll(t.Context(), sub.Handle)
		if progress.Done == (err != nil) {
			t.Errorf("%+v, %v", progress, err)
		}
	})
}

// FuzzParseWebhook: whatever stands in the headers, only what fal signed just now is read.
func FuzzParseWebhook(f *testing.F) {
	f.Add("1", "zz", "user-1", []byte(`{"request_id":"x","status":"OK","payload":{}}`), true)
	f.Add("-9223372036854775808", "", "user\n1", []byte(`{"request_id":"x"}`), false)
	f.Add("9223372036854775807", "00", "", []byte(`][`), false)
	f.Add("", "0", "", []byte(`{"request_id":"../x"}`), true)
	signer := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public, _ := signer.Public().(ed25519.PublicKey)
	p, err := New(Options{Key: "k", Dir: f.TempDir(), WebhookKeys: []string{base64.URLEncoding.EncodeToString(public)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, at, signature, user string, body []byte, ours bool) {
		if ours {
			sum := sha256.Sum256(body)
			at = strconv.FormatInt(time.Now().Unix(), 10)
			signature = hex.EncodeToString(ed25519.Sign(signer, []byte("x\n"+user+"\n"+at+"\n"+hex.EncodeToString(sum[:]))))
		}
		sub, err := p.ParseWebhook(http.Header{
			"X-Fal-Webhook-Request-Id": {"x"}, "X-Fal-Webhook-User-Id": {user},
			"X-Fal-Webhook-Timestamp": {at}, "X-Fal-Webhook-Signature": {signature},
		}, body)
		switch {
		case err != nil:
			_ = check(t, err)
		case !ours:
			t.Errorf("taken at %q, signed %q", at, signature)
		case !json.Valid(sub.Handle) || sub.ExternalID == "":
			t.Errorf("%+v", sub)
		}
	})
}
