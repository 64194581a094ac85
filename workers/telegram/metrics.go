package telegram

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Outcomes of a call beside the classes.
const (
	outcomeOK   = "ok"
	outcomeHeld = "held"
)

// Metrics counts outgoing calls.
type Metrics struct {
	requests   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	retryAfter prometheus.Counter
}

// NewMetrics registers the metrics with r; nil registers them nowhere.
func NewMetrics(r prometheus.Registerer) *Metrics {
	f := promauto.With(r)
	return &Metrics{
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_telegram_requests_total",
			Help: "Calls of the Bot API by method and outcome: ok, held (not made, because a hold lasts) or the class of the failure.",
		}, []string{"method", "code"}),
		duration: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "imagika_telegram_request_duration_seconds",
			Help:    "Time from the start of a call to its whole answer.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"method"}),
		retryAfter: f.NewCounter(prometheus.CounterOpts{
			Name: "imagika_telegram_retry_after_seconds_total",
			Help: "Seconds Telegram asked us to wait.",
		}),
	}
}

func (m *Metrics) done(method, outcome string, took time.Duration) {
	m.requests.WithLabelValues(method, outcome).Inc()
	m.duration.WithLabelValues(method).Observe(took.Seconds())
}

func (m *Metrics) held(method string) { m.requests.WithLabelValues(method, outcomeHeld).Inc() }

func (m *Metrics) flooded(wait time.Duration) { m.retryAfter.Add(wait.Seconds()) }
