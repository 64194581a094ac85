package providers_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// A provider is shown by its best route, from the start and while nobody asks it.
func TestShow(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	fake := providertest.NewFake("a", providertest.FakeModel("good"), providertest.FakeModel("bad"))
	r, err := providers.NewRouter(providers.Config{
		Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: []providers.Provider{fake}, Metrics: providers.NewMetrics(reg),
	})
	if err != nil {
		t.Fatal(err)
	}
	fake.Script(func(int, providers.Request) providertest.Step {
		return providertest.Step{Err: &providers.Error{Class: providers.Transient, Billed: providers.BilledNo}}
	})
	shown := func() string {
		t.Helper()
		if err := r.Show(t.Context()); err != nil {
			t.Fatal(err)
		}
		for state, v := range gauges(t, reg, providers.MetricState, "state") {
			if v == 1 {
				return state
			}
		}
		return ""
	}
	var got []string
	for _, model := range []string{"", "bad", "good"} {
		for range 10 {
			if model != "" {
				_, _ = r.Submit(t.Context(), route(t, r, "a", model), request(model))
			}
		}
		got = append(got, shown())
	}
	if diff := cmp.Diff([]string{"closed", "closed", "open"}, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

// gauges are a gauge's values by one of its labels.
func gauges(t *testing.T, reg *prometheus.Registry, name, label string) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && l.GetName() == label {
					got[l.GetValue()] = m.GetGauge().GetValue()
				}
			}
		}
	}
	return got
}
