package providers_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// TestPollsThatFail watches a route whose calls are in flight while questions about them fail as the letters say: t for
// transient, u for unknown, r for refused content, l for a rate limit, c for a context that ended, and a dot for an answer.
func TestPollsThatFail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc, polls string
		want        time.Duration // how long the route is left alone then
	}{
		{"a provider that vanished", "ttttt", 5 * time.Second},
		{"whose answers are lost", "ututu", 5 * time.Second},
		{"four are not enough", "tttt", 0},
		{"an answer in between", "tttt.tttt", 0},
		{"what is about the call", "rrrrrrrrrr", 0},
		{"a rate limit", "llllllllll", 0},
		{"our own shutdown", "cccccccccc", 0},
		{"no deeper for what is already known", "ttttttttttttttttttttttttt", 5 * time.Second},
	}
	failures := map[rune]error{
		't': &providers.Error{Provider: "a", Class: providers.Transient, Billed: providers.BilledNo},
		'u': &providers.Error{Provider: "a", Class: providers.UnknownCall, Billed: providers.BilledMaybe},
		'r': &providers.Error{Provider: "a", Class: providers.Rejected, Billed: providers.BilledNo},
		'l': &providers.Error{Provider: "a", Class: providers.RateLimited, Billed: providers.BilledNo, Scope: providers.ScopeKey},
		'c': context.Canceled,
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, sub := inFlight(t, func(k int) error { return failures[rune(tt.polls[k])] })
				poll(t, r, sub, len(tt.polls))
				if got := waitOf(t, r, "a-async"); got != tt.want {
					t.Errorf("left alone for %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// inFlight is a call whose polls go as told.
func inFlight(t *testing.T, polls func(k int) error) (*providers.Router, providers.Submission) {
	t.Helper()
	fake := providertest.NewFake("a")
	fake.Script(func(int, providers.Request) providertest.Step { return providertest.Step{Polls: -1, PollErr: polls} })
	r := newRouter(t, fake)
	sub, err := r.Submit(t.Context(), route(t, r, "a", "a-async"), request("a-async"))
	if err != nil {
		t.Fatal(err)
	}
	return r, sub
}

func poll(t *testing.T, r *providers.Router, sub providers.Submission, times int) {
	t.Helper()
	for range times {
		_, _ = r.Poll(t.Context(), route(t, r, "a", "a-async"), sub.Handle)
	}
}

// TestPollsDoNotHeal has a route that polls opened: answers about calls in flight close nothing, a call that works does,
// and until then failures do not keep it open.
func TestPollsDoNotHeal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, sub := inFlight(t, func(k int) error {
			if k == 5 {
				return nil
			}
			return &providers.Error{Provider: "a", Class: providers.Transient, Billed: providers.BilledNo}
		})
		poll(t, r, sub, 6)
		if got := waitOf(t, r, "a-async"); got != 5*time.Second {
			t.Errorf("after an answer it is left alone for %v, want 5s", got)
		}
		time.Sleep(5 * time.Second)
		poll(t, r, sub, 20)
		trial, err := r.Pick(t.Context(), ask("a-async"))
		if err != nil {
			t.Fatalf("the trial: %v", err)
		}
		if _, err := r.Submit(t.Context(), trial, request("a-async")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		if got := waitOf(t, r, "a-async"); got != 0 {
			t.Errorf("after a call that worked it is left alone for %v", got)
		}
	})
}
