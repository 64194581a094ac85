package bfl_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/bfl"
	"github.com/imagika/imagika/providers/bfl/bfltest"
	"github.com/imagika/imagika/providers/providertest"
)

func open(t *testing.T, s *bfltest.Server, change ...func(*bfl.Options)) *bfl.Provider {
	t.Helper()
	o := bfl.Options{Key: bfltest.Key, URL: s.URL(), Pause: time.Millisecond, Trusted: []string{s.CDN()}, Dir: t.TempDir()}
	for _, one := range change {
		one(&o)
	}
	p, err := bfl.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSuite(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providers.Provider {
		t.Helper()
		return open(t, bfltest.New(t))
	})
}

// words is a request for an image of the model; an edit where it makes none from words alone.
func words(t *testing.T, p *bfl.Provider, name string) providers.Request {
	t.Helper()
	return providertest.Ask(t, p, name, "")
}

func submit(t *testing.T, p *bfl.Provider, name string) providers.Submission {
	t.Helper()
	return providertest.Submit(t, p, words(t, p, name))
}

func fault(t *testing.T, err error) *providers.Error {
	t.Helper()
	return providertest.MustFail(t, err, bfltest.Key, "http")
}

type what = providertest.Failure

func expect(t *testing.T, err error, want what) {
	t.Helper()
	providertest.CheckFailure(t, err, want, bfltest.Key, "http")
}

func TestSubmitErrors(t *testing.T) {
	t.Parallel()
	after := func(s string) http.Header { return http.Header{"Retry-After": {s}} }
	tests := []struct {
		desc  string
		model string
		fault bfltest.Fault
		want  what
	}{
		{"too many tasks", "", bfltest.Fault{Status: 429, Body: `{"detail":"Too many active tasks"}`}, what{Class: providers.RateLimited, Billed: providers.BilledNo, Wait: 5 * time.Second, Scope: providers.ScopeKey}},
		{"wait in the header", "", bfltest.Fault{Status: 429, Header: after("17"), Body: `{}`}, what{Class: providers.RateLimited, Billed: providers.BilledNo, Wait: 17 * time.Second, Scope: providers.ScopeKey}},
		{"wait in the body", "", bfltest.Fault{Status: 429, Body: `{"error":"rate_limit_exceeded","retry_after":9}`}, what{Class: providers.RateLimited, Billed: providers.BilledNo, Wait: 9 * time.Second, Scope: providers.ScopeKey}},
		{"kontext max", "flux-kontext-max", bfltest.Fault{Status: 429, Body: `{}`}, what{Class: providers.RateLimited, Billed: providers.BilledNo, Wait: 5 * time.Second, Scope: providers.ScopeModel}},
		{"no credits", "", bfltest.Fault{Status: 402, Body: `{"detail":"Insufficient credits"}`}, what{Class: providers.Auth, Billed: providers.BilledNo}},
		{"no permission", "", bfltest.Fault{Status: 403, Body: `{"detail":"Not authenticated"}`}, what{Class: providers.Auth, Billed: providers.BilledNo}},
		{"no key", "", bfltest.Fault{Status: 401, Body: `{}`}, what{Class: providers.Auth, Billed: providers.BilledNo}},
		{"content", "", bfltest.Fault{Status: 400, Body: `{"error":"content_policy_violation","message":"a red fox"}`}, what{Class: providers.Rejected, Billed: providers.BilledNo, Stage: "input"}},
		{"moderated", "", bfltest.Fault{Status: 422, Body: `{"detail":"Request Moderated"}`}, what{Class: providers.Rejected, Billed: providers.BilledNo, Stage: "input"}},
		{"bad value", "", bfltest.Fault{Status: 422, Body: `{"detail":[{"loc":["body","width"],"msg":"moderation","input":"a red fox","type":"int_parsing"}]}`}, what{Class: providers.BadRequest, Billed: providers.BilledNo, Scope: providers.ScopeModel}},
		{"bad request", "", bfltest.Fault{Status: 400, Body: `{"detail":"no"}`}, what{Class: providers.BadRequest, Billed: providers.BilledNo}},
		{"no such model", "", bfltest.Fault{Status: 404, Body: `{"detail":"Not Found"}`}, what{Class: providers.BadRequest, Billed: providers.BilledNo, Scope: providers.ScopeModel}},
		{"its own 500", "", bfltest.Fault{Status: 500, Body: `{"detail":"Internal Server Error"}`}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"busy", "", bfltest.Fault{Status: 503, Body: `<html>busy</html>`}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"somebody's 502", "", bfltest.Fault{Status: 502, Body: `<html>bad gateway</html>`}, what{Class: providers.UnknownCall, Billed: providers.BilledMaybe}},
		{"cut", "", bfltest.Fault{Cut: true}, what{Class: providers.UnknownCall, Billed: providers.BilledMaybe}},
		{"broken off", "", bfltest.Fault{Short: true}, what{Class: providers.UnknownCall, Billed: providers.BilledMaybe}},
		{"no JSON", "", bfltest.Fault{Answer: `accepted`}, what{Class: providers.UnknownCall, Billed: providers.BilledMaybe}},
		{"no id", "", bfltest.Fault{Answer: `{"status":"ok"}`}, what{Class: providers.UnknownCall, Billed: providers.BilledMaybe}},
		{"an id that is none", "", bfltest.Fault{Answer: `{"id":"../credits?x"}`}, what{Class: providers.UnknownCall, Billed: providers.BilledMaybe}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := bfltest.New(t)
			s.Fault(tt.fault)
			p := open(t, s)
			name := "flux-2-pro"
			if tt.model != "" {
				name = tt.model
			}
			_, err := p.Submit(t.Context(), words(t, p, name))
			expect(t, err, tt.want)
			if n := len(s.Calls()); n != 1 {
				t.Errorf("%d calls, want 1", n)
			}
		})
	}
}

func TestNotSent(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	p := open(t, s)
	s.Close()
	_, err := p.Submit(t.Context(), words(t, p, "flux-2-pro"))
	expect(t, err, what{Class: providers.Transient, Billed: providers.BilledNo})
}

func TestHang(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	s.Fault(bfltest.Fault{Hang: true})
	p := open(t, s)
	providertest.CheckHang(s.UntilCalled(), t, p, words(t, p, "flux-2-pro"), bfltest.Key, "http")
}

func TestWrongKey(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	p := open(t, s, func(o *bfl.Options) { o.Key = "wrong" })
	_, err := p.Submit(t.Context(), words(t, p, "flux-2-pro"))
	if e := fault(t, err); e.Class != providers.Auth {
		t.Errorf("submit: %v", e)
	}
	if e := fault(t, p.Probe(t.Context())); e.Class != providers.Auth {
		t.Errorf("probe: %v", e)
	}
	if _, err := bfl.New(bfl.Options{}); err == nil {
		t.Error("a provider without a key")
	}
}

func TestProbeWithoutCredits(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	s.SetCredits(0)
	if e := fault(t, open(t, s).Probe(t.Context())); e.Class != providers.Auth {
		t.Errorf("%v", e)
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc  string
		fault bfltest.Fault
		want  what
	}{
		{"input moderated", bfltest.Fault{End: "Request Moderated", Details: map[string]any{"Moderation Reasons": []string{"Violence"}}}, what{Class: providers.Rejected, Billed: providers.BilledMaybe, Stage: "input"}},
		{"output moderated", bfltest.Fault{End: "Content Moderated"}, what{Class: providers.Rejected, Billed: providers.BilledMaybe, Stage: "output"}},
		{"error", bfltest.Fault{End: "Error", Details: map[string]any{"error": "worker crashed"}}, what{Class: providers.NoOutput, Billed: providers.BilledMaybe}},
		{"failed", bfltest.Fault{End: "Failed"}, what{Class: providers.NoOutput, Billed: providers.BilledMaybe}},
		{"error over content", bfltest.Fault{End: "Error", Details: map[string]any{"error": "content_policy_violation"}}, what{Class: providers.Rejected, Billed: providers.BilledMaybe, Stage: "input"}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := bfltest.New(t)
			s.Fault(tt.fault)
			p := open(t, s)
			sub := submit(t, p, "flux-2-pro")
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
		fault bfltest.PollFault
		want  what
	}{
		{"limited", bfltest.PollFault{Status: 429, Body: `{}`}, what{Class: providers.RateLimited, Billed: providers.BilledNo, Wait: 5 * time.Second, Scope: providers.ScopeCall}},
		{"page", bfltest.PollFault{Status: 502, Body: `<html>`}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"no JSON", bfltest.PollFault{Status: 200, Body: `<html>`}, what{Class: providers.Transient, Billed: providers.BilledNo}},
		{"no such id", bfltest.PollFault{Status: 422, Body: `{"detail":[]}`}, what{Class: providers.Lost, Billed: providers.BilledMaybe}},
		{"no credits", bfltest.PollFault{Status: 402, Body: `{}`}, what{Class: providers.Auth, Billed: providers.BilledNo}},
		{"ready without an image", bfltest.PollFault{Status: 200, Body: `{"status":"Ready","result":{}}`}, what{Class: providers.NoOutput, Billed: providers.BilledYes}},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := bfltest.New(t)
			p := open(t, s)
			sub := submit(t, p, "flux-2-pro")
			s.PollFault(tt.fault)
			_, err := p.Poll(t.Context(), sub.Handle)
			expect(t, err, tt.want)
			if progress, err := p.Poll(t.Context(), sub.Handle); err != nil || !progress.Done {
				t.Errorf("the next poll: %+v, %v", progress, err)
			}
		})
	}
}

// TestProgress goes through all states, each in another provider: nothing is kept but the handle.
func TestProgress(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	s.Fault(bfltest.Fault{Pending: 4})
	sub := submit(t, open(t, s), "flux-2-pro")
	if sub.Cost != 30_000 || sub.ExternalID != "task-0" {
		t.Errorf("submission %+v", sub)
	}
	var got []providers.Progress
	for range 4 {
		progress, err := open(t, s).Poll(t.Context(), sub.Handle)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, progress)
	}
	want := []providers.Progress{
		{Fraction: 0, NextPoll: time.Millisecond, Cost: -1},
		{Started: true, Fraction: 0.1, NextPoll: time.Millisecond, Cost: -1},
		{Started: true, Fraction: 0.2, NextPoll: time.Millisecond, Cost: -1},
		{Started: true, Fraction: 0.3, NextPoll: time.Millisecond, Cost: -1},
	}
	near := cmpopts.EquateApprox(0, 1e-9)
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Error(diff)
	}
	s.PollFault(bfltest.PollFault{Status: 200, Body: `{"status":"Pending"}`})
	_, err := open(t, s).Fetch(t.Context(), sub.Handle)
	if e := fault(t, err); e.Class != providers.Transient {
		t.Errorf("fetch before the end: %v", e)
	}
	done, err := open(t, s).Poll(t.Context(), sub.Handle)
	if want := (providers.Progress{Done: true, Started: true, Fraction: 1, Cost: 30_000}); err != nil || !cmp.Equal(done, want) {
		t.Errorf("%+v, %v, want %+v", done, err, want)
	}
	images, err := open(t, s).Fetch(t.Context(), sub.Handle)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := providertest.Collect(images); err != nil || len(got) != 1 || got[0].Seed != 42 {
		t.Errorf("fetched %+v, %v", got, err)
	}
}

func TestResults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc  string
		fault bfltest.Fault
		class providers.Class // empty is an image
	}{
		{"without a type", bfltest.Fault{Type: "application/octet-stream"}, ""},
		{"expired", bfltest.Fault{Gone: true}, providers.Lost},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := bfltest.New(t)
			s.Fault(tt.fault)
			p := open(t, s)
			sub := submit(t, p, "flux-2-klein-4b")
			providertest.CheckResult(t, p, sub.Handle, tt.class, bfltest.Key, "http")
		})
	}
}

// TestAddresses: a result and a poll go where the service lives, and nowhere else.
func TestAddresses(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	p := open(t, s)
	s.Fault(bfltest.Fault{Foreign: true})
	sub := submit(t, p, "flux-2-pro")
	if strings.Contains(string(sub.Handle), "example.com") {
		t.Error("somebody else's address was kept")
	}
	if progress, err := p.Poll(t.Context(), sub.Handle); err != nil || !progress.Done {
		t.Errorf("polled by the id: %+v, %v", progress, err)
	}
	s.PollFault(bfltest.PollFault{Status: 200, Body: `{"status":"Ready","result":{"sample":"https://example.com/x.png"}}`})
	images, err := p.Fetch(t.Context(), sub.Handle)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = providertest.Collect(images); fault(t, err).Class != providers.NoOutput {
		t.Errorf("a result of somebody else's: %v", err)
	}
	forged, err := json.Marshal(map[string]any{"v": 1, "id": "task-0", "poll": "https://api.example.com/v1/x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Poll(t.Context(), forged); fault(t, err).Class != providers.Lost {
		t.Errorf("a handle with somebody else's address: %v", err)
	}
}

// TestNotFound: what was just taken may not be found yet, what was taken long ago is lost.
func TestNotFound(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	p := open(t, s)
	for at, want := range map[int64]providers.Class{time.Now().Unix(): "", 1_700_000_000: providers.Lost} {
		h, err := json.Marshal(map[string]any{"v": 1, "id": "unheard", "at": at})
		if err != nil {
			t.Fatal(err)
		}
		progress, err := p.Poll(t.Context(), h)
		if want == "" {
			if err != nil || progress.Done || progress.Started || progress.NextPoll <= 0 {
				t.Errorf("just taken: %+v, %v", progress, err)
			}
			continue
		}
		if e := fault(t, err); e.Class != want || e.Billed != providers.BilledMaybe {
			t.Errorf("taken long ago: %v", e)
		}
	}
}

// TestLargeResult: what is larger than allowed ends with an error.
func TestLargeResult(t *testing.T) {
	t.Parallel()
	s := bfltest.New(t)
	s.Fault(bfltest.Fault{Bytes: make([]byte, 65<<20)})
	p := open(t, s)
	sub := submit(t, p, "flux-2-pro")
	images, err := p.Fetch(t.Context(), sub.Handle)
	if err != nil {
		t.Fatal(err)
	}
	for img, err := range images {
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, img.Body); err == nil {
			t.Errorf("%d bytes were read", n)
		}
	}
}
