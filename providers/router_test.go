package providers_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

func newRouter(t *testing.T, ps ...providers.Provider) *providers.Router {
	t.Helper()
	r, err := providers.NewRouter(providers.NewLocalLimits(), ps...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func request(model string) providers.Request {
	return providers.Request{
		AttemptID: "attempt", Model: model, Operation: providers.Generate, Prompt: "p", Count: 1, Seed: 7,
		Size: providers.Size{Width: 64, Height: 64},
	}
}

func fails(e providers.Error) func(int, providers.Request) providertest.Step {
	return func(int, providers.Request) providertest.Step { return providertest.Step{Err: &e} }
}

func class(t *testing.T, err error) providers.Class {
	t.Helper()
	var failed *providers.Error
	if !errors.As(err, &failed) {
		t.Fatalf("error %v is no *providers.Error", err)
	}
	return failed.Class
}

func TestNewRouterNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc string
		ps   []providers.Provider
		want string
	}{
		{"two models of one name", []providers.Provider{
			providertest.NewFake("a", providertest.FakeModel("m")), providertest.NewFake("b", providertest.FakeModel("m")),
		}, `model "m"`},
		{"two providers of one name", []providers.Provider{
			providertest.NewFake("a", providertest.FakeModel("m")), providertest.NewFake("a", providertest.FakeModel("n")),
		}, `provider "a"`},
		{"no name", []providers.Provider{providertest.NewFake("", providertest.FakeModel("m"))}, `provider ""`},
	}
	for _, tt := range tests {
		_, err := providers.NewRouter(providers.NewLocalLimits(), tt.ps...)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %s", tt.desc, err, tt.want)
		}
	}
}

func TestPick(t *testing.T) {
	t.Parallel()
	narrow := providertest.FakeModel("narrow")
	narrow.Operations = []providers.Operation{providers.Generate}
	r := newRouter(t, providertest.NewFake("a", narrow), providertest.NewFake("b"))
	tests := []struct {
		desc, model string
		op          providers.Operation
		tried       []string
		want        string
		class       providers.Class
	}{
		{desc: "named", model: "b", op: providers.Edit, want: "b"},
		{desc: "any", op: providers.Generate, want: "narrow"},
		{desc: "any that can", op: providers.Edit, want: "b"},
		{desc: "named and tried", model: "narrow", op: providers.Generate, tried: []string{"narrow"}, want: "b"},
		{desc: "tried too", op: providers.Edit, tried: []string{"b"}, want: "b-async"},
		{desc: "nothing left", op: providers.Edit, tried: []string{"b", "b-async"}, class: providers.BadRequest},
		{desc: "unknown", model: "x", op: providers.Edit, class: providers.BadRequest},
		{desc: "cannot", model: "narrow", op: providers.Edit, class: providers.BadRequest},
	}
	for _, tt := range tests {
		_, m, err := r.Pick(t.Context(), tt.model, tt.op, tt.tried)
		if tt.class != "" {
			if got := class(t, err); got != tt.class {
				t.Errorf("%s: class %s, want %s", tt.desc, got, tt.class)
			}
			continue
		}
		if err != nil || m.Name != tt.want {
			t.Errorf("%s: picked %q, %v; want %q", tt.desc, m.Name, err, tt.want)
		}
	}
}

func TestCooling(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc         string
		fail         providers.Error
		times        int
		model, other time.Duration // how long each of two models of the provider is left alone
	}{
		{"rate of a model", providers.Error{Class: providers.RateLimited, Wait: 7 * time.Second, Scope: providers.ScopeModel}, 1, 7 * time.Second, 0},
		{"rate of a key", providers.Error{Class: providers.RateLimited, Wait: 7 * time.Second, Scope: providers.ScopeKey}, 1, 7 * time.Second, 7 * time.Second},
		{"rate of a call", providers.Error{Class: providers.RateLimited, Wait: 7 * time.Second, Scope: providers.ScopeCall}, 1, 0, 0},
		{"refused key", providers.Error{Class: providers.Auth}, 1, time.Minute, time.Minute},
		{"refused content", providers.Error{Class: providers.Rejected}, 20, 0, 0},
		{"four failures", providers.Error{Class: providers.Transient}, 4, 0, 0},
		{"five failures", providers.Error{Class: providers.Transient}, 5, 5 * time.Second, 5 * time.Second},
		{"seven failures", providers.Error{Class: providers.UnknownCall}, 7, 20 * time.Second, 20 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := providertest.NewFake("a")
				fake.Script(fails(tt.fail))
				r := newRouter(t, fake)
				for range tt.times {
					if _, err := r.Submit(t.Context(), fake, request("a")); err == nil {
						t.Fatal("the failure was lost")
					}
				}
				for model, want := range map[string]time.Duration{"a": tt.model, "a-async": tt.other} {
					if got := waitOf(t, r, model); got != want {
						t.Errorf("%s cools for %v, want %v", model, got, want)
					}
				}
			})
		})
	}
}

func waitOf(t *testing.T, r *providers.Router, model string) time.Duration {
	t.Helper()
	_, _, err := r.Pick(t.Context(), model, providers.Generate, nil)
	if err == nil {
		return 0
	}
	var failed *providers.Error
	if !errors.As(err, &failed) || failed.Class != providers.RateLimited {
		t.Fatalf("pick: %v", err)
	}
	return failed.Wait
}

func TestSuccessEndsARow(t *testing.T) {
	t.Parallel()
	fake := providertest.NewFake("a")
	fake.Script(func(n int, _ providers.Request) providertest.Step {
		if n == 4 {
			return providertest.Step{}
		}
		return providertest.Step{Err: &providers.Error{Class: providers.Transient}}
	})
	r := newRouter(t, fake)
	for range 8 {
		_, _ = r.Submit(t.Context(), fake, request("a"))
	}
	if got := waitOf(t, r, "a"); got != 0 {
		t.Errorf("cools for %v after four failures, a success and three failures", got)
	}
}

func TestSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := providertest.FakeAsyncModel("a")
		m.MaxParallel = 1
		r := newRouter(t, providertest.NewFake("a", m))
		release, err := r.Slot(t.Context(), m, "first")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // longer than the slot's time: only the renewal keeps it
		if _, err := r.Slot(t.Context(), m, "second"); class(t, err) != providers.RateLimited {
			t.Errorf("a second call beside the first: %v", err)
		}
		release()
		release()
		second, err := r.Slot(t.Context(), m, "second")
		if err != nil {
			t.Fatalf("after the release: %v", err)
		}
		if err := r.Keep(t.Context(), m, "second", time.Minute); err != nil {
			t.Fatal(err)
		}
		second() // nothing any more: it is kept
		if _, err := r.Slot(t.Context(), m, "third"); class(t, err) != providers.RateLimited {
			t.Errorf("a third call beside a kept one: %v", err)
		}
		time.Sleep(61 * time.Second)
		third, err := r.Slot(t.Context(), m, "third")
		if err != nil {
			t.Fatalf("after the kept one ran out: %v", err)
		}
		third()
	})
}

func TestSlotWaitsForTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := providertest.FakeModel("a")
		m.Every, m.Burst, m.MaxParallel = time.Second, 2, 10
		r := newRouter(t, providertest.NewFake("a", m))
		start := time.Now()
		var took []time.Duration
		for _, id := range []string{"1", "2", "3"} {
			release, err := r.Slot(t.Context(), m, id)
			if err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(start))
			release()
		}
		if diff := cmp.Diff([]time.Duration{0, 0, time.Second}, took); diff != "" {
			t.Errorf("turns (-want +got):\n%s", diff)
		}
	})
}

func TestSubmitCounts(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	fake := providertest.NewFake("a")
	fake.Script(func(n int, _ providers.Request) providertest.Step {
		return []providertest.Step{{}, {LoseAnswer: true}, {Panic: true}, {Err: &providers.Error{Class: providers.Rejected}}}[n]
	})
	r := newRouter(t, fake).WithMetrics(providers.NewMetrics(reg))
	for n := range 4 {
		sub, err := r.Submit(t.Context(), fake, request("a"))
		if n == 2 && (class(t, err) != providers.UnknownCall || strings.Contains(err.Error(), "scripted")) {
			t.Errorf("a panic became %v", err)
		}
		if err == nil {
			for _, err := range sub.Images {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	want := map[string]float64{
		"imagika_provider_attempt_unknown_total":                                  2,
		"imagika_provider_inflight provider=a":                                    0,
		"imagika_provider_requests_total op=generate outcome=ok provider=a":       1,
		"imagika_provider_requests_total op=generate outcome=rejected provider=a": 1,
		"imagika_provider_requests_total op=generate outcome=unknown provider=a":  2,
		"imagika_provider_request_duration_seconds op=generate provider=a":        4,
	}
	if diff := cmp.Diff(want, gather(t, reg)); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// gather returns counters, gauges and how often histograms observed, by name and labels.
func gather(t *testing.T, reg prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				name = append(name, l.GetName()+"="+l.GetValue())
			}
			got[strings.Join(name, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return got
}

func TestContextErrorsStayThemselves(t *testing.T) {
	t.Parallel()
	fake := providertest.NewFake("a")
	r := newRouter(t, fake)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Submit(ctx, fake, request("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("submit with a dead context: %v", err)
	}
	if n := len(fake.Calls()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}
