package moderation

import "github.com/prometheus/client_golang/prometheus"

// The metrics of this package, as Prometheus knows them.
const (
	MetricVerdicts = "imagika_moderation_verdicts_total"
	MetricReloads  = "imagika_moderation_reloads_total"
)

// Metrics counts what the rules say.
type Metrics struct {
	verdicts *prometheus.CounterVec
	reloads  *prometheus.CounterVec
}

// NewMetrics makes and registers the metrics; a nil registerer registers nothing.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: MetricVerdicts, Help: "Prompts that were judged by the rules, by rule, category and action.",
		}, []string{"rule", "category", "action"}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: MetricReloads, Help: "Changes of the file of rules, by outcome; a broken one leaves the rules as they were.",
		}, []string{"outcome"}),
	}
	if r != nil {
		r.MustRegister(m.verdicts, m.reloads)
	}
	m.reloads.WithLabelValues("ok")
	m.reloads.WithLabelValues("broken")
	return m
}

func (m *Metrics) reloaded(err error) {
	outcome := "ok"
	if err != nil {
		outcome = "broken"
	}
	m.reloads.WithLabelValues(outcome).Inc()
}
