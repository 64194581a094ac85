package app

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// What one process of all tells, the others do not.
func TestOfOne(t *testing.T) {
	t.Parallel()
	leads := false
	r := prometheus.NewRegistry()
	r.MustRegister(ofOne{prometheus.NewGauge(prometheus.GaugeOpts{Name: "imagika_test"}), func() bool { return leads }})
	for _, want := range []int{0, 1, 0} {
		families, err := r.Gather()
		if err != nil || len(families) != want {
			t.Errorf("leads %v: %d metrics, %v", leads, len(families), err)
		}
		leads = !leads
	}
}
