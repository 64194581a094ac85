package bot

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// The metrics of this package, as Prometheus knows them.
const (
	MetricUpdates               = "imagika_bot_updates_total"
	MetricUpdateDurationSeconds = "imagika_bot_update_duration_seconds"
	MetricStragglers            = "imagika_bot_stragglers_total"
	MetricUpdateLagSeconds      = "imagika_bot_update_lag_seconds"
	MetricPendingUpdates        = "imagika_telegram_pending_updates"
)

// Outcomes of an update.
const (
	outcomePushed  = "pushed"
	outcomeFull    = "full"    // its lane is full: dropped
	outcomeFailed  = "failed"  // not enqueued: it comes again
	outcomeSkipped = "skipped" // not an update
)

// Metrics counts updates.
type Metrics struct {
	updates    *prometheus.CounterVec
	duration   prometheus.Histogram
	stragglers prometheus.Counter
	lag        prometheus.Histogram
	pending    prometheus.Gauge
}

// NewMetrics registers the metrics with r; nil registers them nowhere.
func NewMetrics(r prometheus.Registerer) *Metrics {
	f := promauto.With(r)
	m := &Metrics{
		updates: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricUpdates,
			Help: "Updates by type and outcome: pushed, full (lane full, dropped), failed (not enqueued, comes again), skipped (not an update).",
		}, []string{"type", "outcome"}),
		duration: f.NewHistogram(prometheus.HistogramOpts{
			Name:    MetricUpdateDurationSeconds,
			Help:    "Time from an update's arrival to its acknowledgement.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		stragglers: f.NewCounter(prometheus.CounterOpts{
			Name: MetricStragglers,
			Help: "Updates acknowledged on enqueue because their effect took too long and many others waited behind them.",
		}),
		lag: f.NewHistogram(prometheus.HistogramOpts{
			Name:    MetricUpdateLagSeconds,
			Help:    "Time from a message's date, which is in whole seconds, to its arrival.",
			Buckets: []float64{1, 2, 5, 10, 30, 60, 300, 1800, 3600, 21600, 86400},
		}),
		pending: f.NewGauge(prometheus.GaugeOpts{
			Name: MetricPendingUpdates,
			Help: "Updates that waited at Telegram when it was last asked, about once a minute.",
		}),
	}
	for _, kind := range append(DefaultUpdates(), kindPayment, kindOther) {
		for _, outcome := range []string{outcomePushed, outcomeFull, outcomeFailed} {
			m.updates.WithLabelValues(kind, outcome)
		}
	}
	m.updates.WithLabelValues(kindUnreadable, outcomeSkipped)
	return m
}

func (m *Metrics) update(kind, outcome string) { m.updates.WithLabelValues(kind, outcome).Inc() }

func (m *Metrics) took(updates int, d time.Duration) {
	for range updates {
		m.duration.Observe(d.Seconds())
	}
}

func (m *Metrics) straggled(n int) { m.stragglers.Add(float64(n)) }

func (m *Metrics) lagged(d time.Duration) { m.lag.Observe(max(d, 0).Seconds()) }

func (m *Metrics) waiting(updates int) { m.pending.Set(float64(updates)) }
