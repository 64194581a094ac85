package providers

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// The metrics of this package, as Prometheus knows them.
const (
	MetricRequests               = "imagika_provider_requests_total"
	MetricRequestDurationSeconds = "imagika_provider_request_duration_seconds"
	MetricInflight               = "imagika_provider_inflight"
	MetricAttemptUnknown         = "imagika_provider_attempt_unknown_total"
	MetricCostDollars            = "imagika_provider_cost_dollars_total"
	MetricState                  = "imagika_provider_state"
	MetricCooldownSeconds        = "imagika_provider_cooldown_seconds"
	MetricCatalogueReloads       = "imagika_provider_catalogue_reloads_total"
	MetricImages                 = "imagika_provider_images_total"
	MetricImageBytes             = "imagika_provider_image_bytes_total"
)

// What can be asked of a provider besides the operations: the other values of the label op.
const (
	opPoll      = "poll"
	opFetch     = "fetch"
	opCancel    = "cancel"
	opDelete    = "delete"
	opReconcile = "reconcile"
	opProbe     = "probe"
)

// The outcomes besides the classes.
const (
	outcomeOK      = "ok"
	outcomeContext = "context" // our own deadline or shutdown
)

// Metrics counts what a Router asks of providers.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inflight *prometheus.GaugeVec
	unknown  prometheus.Counter
	cost     *prometheus.CounterVec
	state    *prometheus.GaugeVec
	cooldown *prometheus.GaugeVec
	reloads  *prometheus.CounterVec
	images   *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	trace    func(context.Context) string
}

// NewMetrics registers the metrics of providers; with a nil Registerer they are counted and shown nowhere.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	m := &Metrics{
		trace: func(context.Context) string { return "" },
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricRequests,
			Help: "Calls to providers, by operation (or describe, improve, translate, moderate, poll, fetch, cancel, reconcile, probe) and outcome (ok, context or an error class).",
		}, []string{"provider", "op", "outcome"}),
		duration: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    MetricRequestDurationSeconds,
			Help:    "How long calls to providers took; for operations answered with images, to the last image.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320},
			// Native beside classic buckets: who scrapes them gets ten per cent resolution, who does not loses nothing.
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
		}, []string{"provider", "op"}),
		inflight: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricInflight,
			Help: "Calls this process waits for.",
		}, []string{"provider"}),
		unknown: f.NewCounter(prometheus.CounterOpts{
			Name: MetricAttemptUnknown,
			Help: "Paid calls of which nobody knows what became: each may be money lost.",
		}),
		cost: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricCostDollars,
			Help: "What calls cost, by what providers said or else by estimate; unknown outcomes are included.",
		}, []string{"provider", "op"}),
		state: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricState,
			Help: "1 for the state (closed, open, half_open, ramping, cooling, disabled) of the provider's best route: open is that none may be asked.",
		}, []string{"provider", "state"}),
		cooldown: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricCooldownSeconds,
			Help: "How long that route is to be left alone.",
		}, []string{"provider"}),
		reloads: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricCatalogueReloads,
			Help: "Changes of the catalogue's file, by outcome: ok or error.",
		}, []string{"outcome"}),
		images: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricImages, Help: "Pictures that were made and stored.",
		}, []string{"provider"}),
		bytes: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricImageBytes, Help: "Bytes of those pictures.",
		}, []string{"provider"}),
	}
	m.reloads.WithLabelValues(outcomeOK)
	m.reloads.WithLabelValues("error")
	return m
}

// known shows a provider that was asked nothing yet.
func (m *Metrics) known(name string) {
	for _, outcome := range append([]string{outcomeOK, outcomeContext}, classes()...) {
		m.requests.WithLabelValues(name, string(Generate), outcome)
	}
	m.inflight.WithLabelValues(name)
	m.cost.WithLabelValues(name, string(Generate))
	m.images.WithLabelValues(name)
	m.bytes.WithLabelValues(name)
	m.shows(name, StateClosed, 0)
}

func classes() (all []string) {
	for _, c := range []Class{Transient, RateLimited, Rejected, BadRequest, Auth, UnknownCall, NoOutput, Lost, Canceled} {
		all = append(all, string(c))
	}
	return all
}

// shows how a provider is doing.
func (m *Metrics) shows(name string, state State, wait time.Duration) {
	for _, s := range AllStates() {
		value := 0.0
		if s == state {
			value = 1
		}
		m.state.WithLabelValues(name, string(s)).Set(value)
	}
	m.cooldown.WithLabelValues(name).Set(wait.Seconds())
}

// Reloaded counts a change of the catalogue.
func (m *Metrics) Reloaded(err error) {
	outcome := outcomeOK
	if err != nil {
		outcome = "error"
	}
	m.reloads.WithLabelValues(outcome).Inc()
}

// begin counts a call in; the function it returns counts it out.
func (m *Metrics) begin(ctx context.Context, provider, op string) func(error) {
	start := time.Now()
	inflight := m.inflight.WithLabelValues(provider)
	inflight.Inc()
	return func(err error) {
		inflight.Dec()
		m.count(provider, op, err)
		m.took(ctx, provider, op, start)
	}
}

func (m *Metrics) took(ctx context.Context, provider, op string, start time.Time) {
	o, took := m.duration.WithLabelValues(provider, op), time.Since(start).Seconds()
	e, ok := o.(prometheus.ExemplarObserver)
	if id := m.trace(ctx); ok && id != "" {
		e.ObserveWithExemplar(took, prometheus.Labels{"trace_id": id})
		return
	}
	o.Observe(took)
}

func (m *Metrics) count(provider, op string, err error) {
	outcome := outcomeOf(err)
	m.requests.WithLabelValues(provider, op, outcome).Inc()
	if outcome == string(UnknownCall) {
		m.unknown.Inc()
	}
}

// outcomeOf is the label of an error that went through classify.
func outcomeOf(err error) string {
	var failed *Error
	switch {
	case err == nil:
		return outcomeOK
	case errors.As(err, &failed):
		return string(failed.Class)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return outcomeContext
	}
	return string(UnknownCall)
}
