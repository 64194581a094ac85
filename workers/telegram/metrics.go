package telegram

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// The metrics of this package, as Prometheus knows them.
const (
	MetricRequests               = "imagika_telegram_requests_total"
	MetricRequestDurationSeconds = "imagika_telegram_request_duration_seconds"
	MetricRetryAfterSeconds      = "imagika_telegram_retry_after_seconds_total"
	MetricThrottleWaitSeconds    = "imagika_telegram_throttle_wait_seconds"
)

// Outcomes of a call beside the classes.
const (
	outcomeOK   = "ok"
	outcomeHeld = "held"
)

// Scopes of a hold.
const (
	scopeChat   = "chat"
	scopeGlobal = "global"
)

// Metrics counts outgoing calls.
type Metrics struct {
	requests   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	retryAfter prometheus.Counter
	throttled  *prometheus.HistogramVec
}

// NewMetrics registers the metrics with r; nil registers them nowhere.
func NewMetrics(r prometheus.Registerer) *Metrics {
	f := promauto.With(r)
	m := &Metrics{
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricRequests,
			Help: "Calls of the Bot API by method and outcome: ok, held (not made, because a hold lasts) or the class of the failure.",
		}, []string{"method", "code"}),
		duration: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    MetricRequestDurationSeconds,
			Help:    "Time from the start of a call to its whole answer.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"method"}),
		retryAfter: f.NewCounter(prometheus.CounterOpts{
			Name: MetricRetryAfterSeconds,
			Help: "Seconds Telegram asked us to wait.",
		}),
		throttled: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    MetricThrottleWaitSeconds,
			Help:    "How long calls waited for an earlier refusal to be over, by its scope (chat or global); longer ones are held.",
			Buckets: []float64{.05, .1, .25, .5, 1, 1.5, 2},
		}, []string{"scope"}),
	}
	for _, method := range usual() {
		for _, code := range []string{outcomeOK, outcomeHeld, string(RateLimited), string(Blocked), string(Transient), string(Uncertain)} {
			m.requests.WithLabelValues(method, code)
		}
	}
	for _, scope := range []string{scopeChat, scopeGlobal} {
		m.throttled.WithLabelValues(scope)
	}
	return m
}

// usual are the methods that are shown before their first call.
func usual() []string {
	return []string{"sendMessage", "sendPhoto", "sendMediaGroup", "sendDocument", "editMessageText", "editMessageMedia", "answerCallbackQuery", "answerPreCheckoutQuery"}
}

func (m *Metrics) done(method, outcome string, took time.Duration) {
	m.requests.WithLabelValues(method, outcome).Inc()
	m.duration.WithLabelValues(method).Observe(took.Seconds())
}

func (m *Metrics) held(method string) { m.requests.WithLabelValues(method, outcomeHeld).Inc() }

func (m *Metrics) flooded(wait time.Duration) { m.retryAfter.Add(wait.Seconds()) }

func (m *Metrics) waited(scope string, d time.Duration) {
	m.throttled.WithLabelValues(scope).Observe(d.Seconds())
}
