package replicate_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/providers/replicate"
	"github.com/imagika/imagika/providers/replicate/replicatetest"
)

const (
	schnell = "black-forest-labs/flux-schnell"
	dev     = "black-forest-labs/flux-dev"
	pro     = "black-forest-labs/flux-2-pro"
	edits   = "black-forest-labs/flux-kontext-pro"
	larger  = "nightmareai/real-esrgan"
)

func open(t *testing.T, s *replicatetest.Server, change ...func(*replicate.Options)) *replicate.Provider {
	t.Helper()
	o := replicate.Options{Key: replicatetest.Key, URL: s.URL(), Pause: time.Millisecond, Trusted: []string{s.CDN()}, Dir: t.TempDir()}
	for _, one := range change {
		one(&o)
	}
	p, err := replicate.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSuite(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providers.Provider {
		t.Helper()
		return open(t, replicatetest.New(t))
	})
}

// ask is a request of the first operation of the model.
func ask(t *testing.T, p *replicate.Provider, name string) providers.Request {
	t.Helper()
	return providertest.Ask(t, p, name, "")
}

func submit(t *testing.T, p *replicate.Provider, name string) providers.Submission {
	t.Helper()
	return providertest.Submit(t, p, ask(t, p, name))
}

func fault(t *testing.T, err error) *providers.Error {
	t.Helper()
	return providertest.MustFail(t, err, replicatetest.Key, "http")
}

type what = providertest.Failure

func expect(t *testing.T, err error, want what) {
	t.Helper()
	providertest.CheckFailure(t, err, want, replicatetest.Key, "http")
}

func TestSubmitErrors(t *testing.T) {
	t.Parallel()
	limited := func(wait time.Duration) what {
		return what{Class: providers.RateLimited, Billed: providers.BilledNo, Wait: wait, Scope: providers.ScopeKey}
	}
	unknown := what{Class: providers.UnknownCall, Billed: providers.BilledMaybe}
	refused := what{Class: providers.Auth, Billed: providers.BilledNo}
	tests := []struct {
		desc  string
		fault replicatetest.Fault
		want  what
	}{
		{"low on credit", replicatetest.Fault{Status: 429, Body: `{"detail":"Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~30s.","status":429}`}, limited(30 * time.Second)},
		{"wait in the body", replicatetest.Fault{Status: 429, Body: `{"detail":"Request was throttled.","status":429,"retry_after":7}`}, limited(7 * time.Second)},
		{"wait in the header", replicatetest.Fault{Status: 429, Header: http.Header{"Retry-After": {"11"}}, Body: `{"retry_after":7}`}, limited(11 * time.Second)},
		{"no wait", replicatetest.Fault{Status: 429, Body: `slow down`}, limited(5 * time.Second)},
		{"no credit", replicatetest.Fault{Status: 402, Body: `{"detail":"You have insufficient credit to run this model."}`}, refused},
		{"no key", replicatetest.Fault{Status: 401, Body: `{}`}, refused},
		{"forbidden", replicatetest.Fault{Status: 403, Body: `{}`}, refused},
		{"bad input", replicatetest.Fault{Status: 422, Body: `{"detail":"- input.width: Must be less than 2048"}`}, what{Class: providers.BadRequest, Billed: providers.BilledNo, Scope: providers.ScopeModel}},
		{"no such model", replicatetest.Fault{Status: 404, Body: `{"detail":"not found"}`}, what{Class: providers.BadRequest, Billed: providers.BilledNo, Scope: providers.ScopeModel}},
		{"content", replicatetest.Fault{Status: 422, Body: `{"detail":"The input was flagged as sensitive (E005)"}`}, what{Class: providers.Rejected, Billed: providers.BilledNo, Stage: "input"}},
		{"bad request", replicatetest.Fault{Status: 400, Body: `{"detail":"no"}`}, what{Class: providers.BadRequest, Billed: providers.BilledNo}},
		{"its own 500", replicatetest.Fault{Status: 500, Body: `{"detail":"Internal server error"}`}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"somebody's 502", replicatetest.Fault{Status: 502, Body: `<html>`}, unknown},
		{"cut", replicatetest.Fault{Cut: true}, unknown},
		{"broken off", replicatetest.Fault{Short: true}, unknown},
		{"no JSON", replicatetest.Fault{Answer: `accepted`}, unknown},
		{"no id", replicatetest.Fault{Answer: `{"status":"starting"}`}, unknown},
		{"an id that is none", replicatetest.Fault{Answer: `{"id":"../account"}`}, unknown},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := replicatetest.New(t)
			s.Fault(tt.fault)
			p := open(t, s)
			_, err := p.Submit(t.Context(), ask(t, p, schnell))
			expect(t, err, tt.want)
			if n := len(s.Calls()); n != 1 {
				t.Errorf("%d calls, want 1", n)
			}
		})
	}
}

func TestNotSent(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	p := open(t, s)
	s.Close()
	_, err := p.Submit(t.Context(), ask(t, p, schnell))
	expect(t, err, what{Class: providers.Transient, Billed: providers.BilledNo})
}

func TestHang(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	s.Fault(replicatetest.Fault{Hang: true})
	p := open(t, s)
	providertest.CheckHang(s.UntilCalled(), t, p, ask(t, p, schnell), replicatetest.Key, "http")
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []replicate.Options{{}, {Key: "k", WebhookSecret: "whsec_!"}, {Key: "k", URL: "ftp://x"}} {
		if p, err := replicate.New(o); err == nil {
			t.Errorf("%+v made %v", o, p)
		}
	}
	s := replicatetest.New(t)
	wrong := open(t, s, func(o *replicate.Options) { o.Key = "wrong" })
	if e := fault(t, wrong.Probe(t.Context())); e.Class != providers.Auth {
		t.Errorf("probe: %v", e)
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	none := what{Class: providers.NoOutput, Billed: providers.BilledMaybe}
	tests := []struct {
		desc  string
		fault replicatetest.Fault
		want  what
	}{
		{"flagged", replicatetest.Fault{End: "failed", Error: "The input or output was flagged as sensitive. Please try again with different inputs. (E005) (sXk9)"}, what{Class: providers.Rejected, Billed: providers.BilledMaybe, Stage: "input"}},
		{"NSFW", replicatetest.Fault{End: "failed", Error: "All generated images contained NSFW content. Try running it again with a different prompt."}, what{Class: providers.Rejected, Billed: providers.BilledMaybe, Stage: "output"}},
		{"without a word", replicatetest.Fault{End: "failed"}, none},
		{"with an object", replicatetest.Fault{End: "failed", Error: map[string]any{"x": 1}}, none},
		{"interrupted", replicatetest.Fault{End: "failed", Error: "Prediction interrupted; please retry (code: PA)"}, none},
		{"bad input", replicatetest.Fault{End: "failed", Error: "Input validation error: image"}, what{Class: providers.BadRequest, Billed: providers.BilledMaybe, Scope: providers.ScopeModel}},
		{"canceled by somebody", replicatetest.Fault{End: "canceled"}, what{Class: providers.Canceled, Billed: providers.BilledMaybe}},
		{"never begun", replicatetest.Fault{End: "aborted"}, what{Class: providers.Canceled, Billed: providers.BilledNo}},
		{"a word of the future", replicatetest.Fault{End: "expired"}, what{Class: providers.Canceled, Billed: providers.BilledMaybe}},
		{"no output", replicatetest.Fault{Output: []string{}}, what{Class: providers.NoOutput, Billed: providers.BilledYes}},
		{"output of words", replicatetest.Fault{Output: "hello"}, what{Class: providers.NoOutput, Billed: providers.BilledYes}},
		{"removed", replicatetest.Fault{Removed: true}, what{Class: providers.Lost, Billed: providers.BilledYes}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := replicatetest.New(t)
			s.Fault(tt.fault)
			p := open(t, s)
			sub := submit(t, p, schnell)
			_, err := p.Poll(t.Context(), sub.Handle)
			expect(t, err, tt.want)
			_, err = p.Fetch(t.Context(), sub.Handle)
			expect(t, err, tt.want)
		})
	}
}

func TestPollErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc  string
		fault replicatetest.Fault
		want  what
	}{
		{"limited", replicatetest.Fault{Status: 429, Body: `{"detail":"Request was throttled. Expected available in 1 second. resets in ~2s"}`}, what{Class: providers.RateLimited, Billed: providers.BilledNo, Wait: 2 * time.Second, Scope: providers.ScopeCall}},
		{"page", replicatetest.Fault{Status: 502, Body: `<html>`}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"cut", replicatetest.Fault{Cut: true}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"no JSON", replicatetest.Fault{Status: 200, Body: `<html>`}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"forgotten", replicatetest.Fault{Status: 404, Body: `{}`}, what{Class: providers.Lost, Billed: providers.BilledMaybe}},
		{"bad", replicatetest.Fault{Status: 400, Body: `{}`}, what{Class: providers.Lost, Billed: providers.BilledMaybe}},
		{"no key", replicatetest.Fault{Status: 401, Body: `{}`}, what{Class: providers.Auth, Billed: providers.BilledNo}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := replicatetest.New(t)
			p := open(t, s)
			sub := submit(t, p, schnell)
			for _, do := range []func() error{
				func() error { _, err := p.Poll(t.Context(), sub.Handle); return err },
				func() error { _, err := p.Fetch(t.Context(), sub.Handle); return err },
				func() error { _, err := p.Cancel(t.Context(), sub.Handle); return err },
			} {
				f := tt.fault
				s.AskFault(f, f) // a question that got no answer over a used connection is asked again
				expect(t, do(), tt.want)
				for s.Scripted() > 0 {
					_ = do()
				}
			}
		})
	}
}

// TestProgress goes through all states, each in another provider: nothing is kept but the handle.
func TestProgress(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	s.Fault(replicatetest.Fault{Pending: 2})
	sub := submit(t, open(t, s), schnell)
	want := []providers.Progress{
		{Fraction: -1, NextPoll: time.Millisecond, Cost: -1},
		{Started: true, Fraction: -1, NextPoll: time.Millisecond, Cost: -1},
		{Started: true, Done: true, Fraction: 1, Cost: 3_000},
	}
	for i, w := range want {
		if got, err := open(t, s).Poll(t.Context(), sub.Handle); err != nil || !cmp.Equal(got, w) {
			t.Errorf("poll %d: %+v, %v, want %+v", i, got, err, w)
		}
	}
	images, err := open(t, s).Fetch(t.Context(), sub.Handle)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := providertest.Collect(images); err != nil || len(got) != 1 {
		t.Errorf("fetched %+v, %v", got, err)
	}
	s.Forget()
	_, err = open(t, s).Fetch(t.Context(), sub.Handle)
	if e := fault(t, err); e.Class != providers.Lost || e.Billed != providers.BilledYes {
		t.Errorf("after an hour: %v", e)
	}
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	s.Fault(replicatetest.Fault{Pending: -1})
	p := open(t, s)
	_, err := p.Fetch(t.Context(), submit(t, p, schnell).Handle)
	if e := fault(t, err); e.Class != providers.Transient {
		t.Errorf("%v", e)
	}
}

// TestCancel: only what had not begun costs nothing.
func TestCancel(t *testing.T) {
	t.Parallel()
	for desc, tt := range map[string]struct {
		polls int
		want  bool
	}{"before it began": {0, true}, "while it runs": {2, false}, "after its end": {4, false}} {
		t.Run(desc, func(t *testing.T) {
			t.Parallel()
			s := replicatetest.New(t)
			s.Fault(replicatetest.Fault{Pending: 3})
			p := open(t, s)
			sub := submit(t, p, schnell)
			for range tt.polls {
				if _, err := p.Poll(t.Context(), sub.Handle); err != nil {
					t.Fatal(err)
				}
			}
			unbilled, err := p.Cancel(t.Context(), sub.Handle)
			if err != nil || unbilled != tt.want || unbilled != (s.Billed() == 0) {
				t.Errorf("unbilled %v, %v, want %v; billed %d", unbilled, err, tt.want, s.Billed())
			}
			progress, err := p.Poll(t.Context(), sub.Handle)
			if desc == "after its end" {
				if !progress.Done {
					t.Errorf("%+v, %v", progress, err)
				}
				return
			}
			e := fault(t, err)
			if e.Class != providers.Canceled || (e.Billed == providers.BilledNo) != tt.want {
				t.Errorf("polled: %v, billed %s", e, e.Billed)
			}
		})
	}
}

func TestForeignHandles(t *testing.T) {
	t.Parallel()
	p := open(t, replicatetest.New(t))
	for _, h := range []string{"", "{}", `{"v":2,"id":"a"}`, `{"v":1,"id":"../account"}`} {
		if _, err := p.Poll(t.Context(), []byte(h)); fault(t, err).Class != providers.Lost {
			t.Errorf("%q: %v", h, err)
		}
		if _, err := p.Cancel(t.Context(), []byte(h)); fault(t, err).Class != providers.Lost {
			t.Errorf("%q: %v", h, err)
		}
	}
}

func TestResults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc  string
		fault replicatetest.Fault
		class providers.Class // empty is an image
	}{
		{"without a type", replicatetest.Fault{Type: "binary/octet-stream"}, ""},
		{"expired", replicatetest.Fault{Gone: true}, providers.Lost},
		{"of somebody else's", replicatetest.Fault{Output: "https://example.com/a.png"}, providers.NoOutput},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := replicatetest.New(t)
			s.Fault(tt.fault)
			p := open(t, s)
			providertest.CheckResult(t, p, submit(t, p, pro).Handle, tt.class, replicatetest.Key, "http")
		})
	}
}

// FuzzPrediction: whatever the service answers, it is an error of the contract or progress.
func FuzzPrediction(f *testing.F) {
	f.Add([]byte(`{"id":"a","status":"succeeded","output":["https://x/a.png"],"metrics":{"predict_time":1.5,"image_count":2}}`))
	f.Add([]byte(`{"id":"a","status":"failed","error":"(E005)"}`))
	f.Add([]byte(`{"id":"a","status":"succeeded","output":{"image":"https://x"},"metrics":"none"}`))
	f.Add([]byte(`{"id":"a","status":7}`))
	s := replicatetest.New(f)
	p, err := replicate.New(replicate.Options{Key: replicatetest.Key, URL: s.URL(), Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	h, err := json.Marshal(map[string]any{"v": 1, "id": "a", "image": 3000})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s.AskFault(replicatetest.Fault{Status: 200, Body: string(body)})
		progress, err := p.Poll(t.Context(), h)
		if err != nil {
			_ = providertest.CheckError(t, err)
			return
		}
		if progress.Cost < -1 || (!progress.Done && progress.NextPoll <= 0) {
			t.Errorf("%+v", progress)
		}
	})
}
