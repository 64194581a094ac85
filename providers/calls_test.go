package providers_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

func TestSlot(t *testing.T) {
	t.Parallel()
	m := providertest.FakeModel("a")
	m.MaxParallel = 2
	r := newRouter(t, providertest.NewFake("a", m))
	use(t, r, map[string]providers.KeyLimits{"a": {Parallel: 1}}, spec("a"))
	a := route(t, r, "a", "a")
	release, err := r.Slot(t.Context(), a, "one", 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Slot(t.Context(), a, "two", 2, 1); class(t, err) != providers.RateLimited {
		t.Errorf("a second call beside a key's one: %v", err)
	}
	release()
	release() // a second time does nothing
	if _, err := r.Slot(t.Context(), a, "three", 3, 1); err == nil {
		t.Error("somebody was served before one who waits")
	}
	if _, err := r.Slot(t.Context(), a, "two", 2, 1); err != nil {
		t.Errorf("the one who waited: %v", err)
	}
	r.Free(t.Context(), a, "two")
	if _, err := r.Slot(t.Context(), a, "three", 3, 1); err != nil {
		t.Errorf("after Free: %v", err)
	}
}

func TestSlotWaitsForTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRouter(t, providertest.NewFake("a"))
		use(t, r, map[string]providers.KeyLimits{"a": {ImagesPerMinute: 60}}, spec("a"))
		a, start := route(t, r, "a", "a"), time.Now()
		for i, images := range []int{4, 1, 1} {
			release, err := r.Slot(t.Context(), a, string(rune('a'+i)), 1, images)
			if err != nil {
				t.Fatal(err)
			}
			release()
		}
		if took := time.Since(start); took < time.Second || took > 3*time.Second {
			t.Errorf("four images and two more took %v at one a second", took)
		}
		if _, err := r.Slot(t.Context(), a, "large", 1, 4); class(t, err) != providers.RateLimited {
			t.Errorf("four more at once: %v", err)
		}
	})
}

// TestRateGivenBack: who is turned away by the rate of a key takes no place in that of the model.
func TestRateGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := providertest.FakeModel("a")
		m.Every, m.Burst = time.Hour, 2
		r := newRouter(t, providertest.NewFake("a", m))
		use(t, r, map[string]providers.KeyLimits{"a": {PerMinute: 1}}, spec("a"))
		for i, want := range []bool{true, false, false, false} {
			release, err := r.Slot(t.Context(), route(t, r, "a", "a"), string(rune('a'+i)), 1, 1)
			if (err == nil) != want {
				t.Fatalf("call %d: %v", i, err)
			}
			if err == nil {
				release()
			}
		}
		time.Sleep(time.Minute)
		release, err := r.Slot(t.Context(), route(t, r, "a", "a"), "last", 1, 1)
		if err != nil {
			t.Fatalf("those that were turned away took the place: %v", err)
		}
		release()
	})
}

func TestSubmitCounts(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	fake := providertest.NewFake("a")
	r, err := providers.NewRouter(providers.Config{
		Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: []providers.Provider{fake},
		Metrics: providers.NewMetrics(reg),
	})
	if err != nil {
		t.Fatal(err)
	}
	steps := []providertest.Step{
		{}, {Panic: true}, {LoseAnswer: true}, {Err: &providers.Error{Class: providers.Rejected, Billed: providers.BilledNo}},
	}
	fake.Script(func(n int, _ providers.Request) providertest.Step { return steps[n] })
	for range steps {
		sub, err := r.Submit(t.Context(), route(t, r, "a", "a"), request("a"))
		if err == nil {
			if _, err := providertest.Collect(sub.Images); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := map[string]float64{"ok": 1, "unknown": 2, "rejected": 1}
	if diff := cmp.Diff(want, counts(t, reg, "imagika_provider_requests_total", "outcome")); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	spent := counts(t, reg, "imagika_provider_cost_dollars_total", "op")["generate"]
	if want := 3 * float64(providertest.Price) / 1e6; spent != want { // one that worked, two of which nobody knows
		t.Errorf("spent %v dollars, want %v", spent, want)
	}
}

// counts are a counter's values by one of its labels, without zeros.
func counts(t *testing.T, reg *prometheus.Registry, name, label string) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == label && m.GetCounter().GetValue() != 0 {
					got[l.GetValue()] += m.GetCounter().GetValue()
				}
			}
		}
	}
	return got
}

// TestGivenUpIsBilled: a call that our own stop cut off after it was sent may have been paid for, and counts in the budget.
func TestGivenUpIsBilled(t *testing.T) {
	t.Parallel()
	cut := &providers.Error{Class: providers.UnknownCall, Billed: providers.BilledMaybe, Err: context.Canceled}
	unsent := &providers.Error{Class: providers.Transient, Billed: providers.BilledNo, Err: context.Canceled}
	for _, tt := range []struct {
		err         *providers.Error
		image, word bool
	}{{cut, true, true}, {unsent, false, false}} {
		fake := providertest.NewFake("a")
		fake.Script(fails(*tt.err))
		fake.ScriptWords(func(int, providers.WriteRequest) (providers.Written, error) { return providers.Written{}, tt.err }, providers.Improve)
		r := newRouter(t, fake)
		spent := func() int64 {
			all, err := r.Health(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return all[0].Spent
		}
		_, _ = r.Submit(t.Context(), route(t, r, "a", "a"), request("a"))
		image := spent()
		_, _ = r.Write(t.Context(), fake, providers.WriteRequest{Writing: providers.Improve, Text: "p"})
		if word := spent() - image; (image > 0) != tt.image || (word > 0) != tt.word {
			t.Errorf("%s, billed %s: %d for an image, %d for words", tt.err.Class, tt.err.Billed, image, word)
		}
	}
}

func TestContextErrorsStayThemselves(t *testing.T) {
	t.Parallel()
	fake := providertest.NewFake("a")
	r := newRouter(t, fake)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Submit(ctx, route(t, r, "a", "a"), request("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

// free reports which slots of the provider "a" and its model nobody has.
func free(t *testing.T, l providers.Limits) (model, key bool) {
	t.Helper()
	take := func(key string) bool {
		ok, err := l.Acquire(t.Context(), key, "probe", 1, time.Minute, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			_ = l.Release(t.Context(), key, "probe")
		}
		return ok
	}
	return take("slots:a/a"), take("slots:a")
}

// bounded is a router whose provider "a" takes one call at a time, of its one model and in all.
func bounded(t *testing.T) (*providers.Router, providers.Limits, providers.Route) {
	t.Helper()
	m, limits := providertest.FakeModel("a"), providers.NewLocalLimits()
	m.MaxParallel = 1
	r, err := providers.NewRouter(providers.Config{
		Limits: limits, States: providers.NewLocalStates(), Providers: []providers.Provider{providertest.NewFake("a", m)}, Draw: half,
	})
	if err != nil {
		t.Fatal(err)
	}
	use(t, r, map[string]providers.KeyLimits{"a": {Parallel: 1}}, spec("a"))
	return r, limits, route(t, r, "a", "a")
}

// A call that ends gives back all of its slots, and one that does not get the second gives back the first.
func TestEverySlotIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, limits, a := bounded(t)
		for desc, end := range map[string]func(release func()){
			"released": func(release func()) { release() },
			"freed":    func(func()) { r.Free(t.Context(), a, "one") },
		} {
			release, err := r.Slot(t.Context(), a, "one", 1, 1)
			if err != nil {
				t.Fatal(err)
			}
			if model, key := free(t, limits); model || key {
				t.Errorf("under way the model's slot is free: %v, the key's: %v", model, key)
			}
			end(release)
			if model, key := free(t, limits); !model || !key {
				t.Errorf("%s: the model's slot is free: %v, the key's: %v", desc, model, key)
			}
		}
		if ok, err := limits.Acquire(t.Context(), "slots:a", "another", 1, time.Minute, 0, 0); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if _, err := r.Slot(t.Context(), a, "two", 1, 1); class(t, err) != providers.RateLimited {
			t.Errorf("beside the key's one call: %v", err)
		}
		if model, _ := free(t, limits); !model {
			t.Error("whoever did not get the key's slot keeps the model's")
		}
	})
}

// Slots that are kept for the time between two polls are renewed by nobody meanwhile: the next poll may be another process's, or none.
func TestKeptSlotsRunOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, limits, a := bounded(t)
		release, err := r.Slot(t.Context(), a, "one", 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Keep(t.Context(), a, "one", time.Minute); err != nil {
			t.Fatal(err)
		}
		release() // does nothing any more
		time.Sleep(59 * time.Second)
		if model, key := free(t, limits); model || key {
			t.Errorf("a call under way lost its slots: the model's %v, the key's %v", model, key)
		}
		time.Sleep(2 * time.Second)
		if model, key := free(t, limits); !model || !key {
			t.Errorf("after its time the model's slot is free: %v, the key's: %v", model, key)
		}
	})
}
