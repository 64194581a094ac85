package bot

import (
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// newMetrics returns metrics and a reader of a counter by its name and label values.
func newMetrics(t *testing.T) (*Metrics, func(name string, labels ...string) float64) {
	t.Helper()
	r := prometheus.NewRegistry()
	return NewMetrics(r), func(name string, labels ...string) float64 {
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				var values []string
				for _, l := range m.GetLabel() {
					values = append(values, l.GetValue())
				}
				if f.GetName() == name && slices.Equal(values, labels) {
					return m.GetCounter().GetValue()
				}
			}
		}
		return 0
	}
}
