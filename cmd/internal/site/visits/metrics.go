package visits

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// The metrics of this package, as Prometheus knows them.
const (
	MetricPageViews = "imagika_site_page_views_total"
	MetricVisitors  = "imagika_site_visitors_total"
	MetricUncounted = "imagika_site_uncounted_total"
	MetricFlushes   = "imagika_site_flushes_total"
)

// Metrics counts what is counted.
type Metrics struct {
	views     *prometheus.CounterVec
	visitors  prometheus.Counter
	uncounted *prometheus.CounterVec
	flushes   *prometheus.CounterVec
}

// NewMetrics registers the metrics with r; nil registers them nowhere. Pages are the names of those that are counted.
func NewMetrics(r prometheus.Registerer, pages []string) *Metrics {
	f := promauto.With(r)
	m := &Metrics{
		views: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricPageViews,
			Help: "Times a page of the site was seen, without those who do not want to be counted.",
		}, []string{"page"}),
		visitors: f.NewCounter(prometheus.CounterOpts{
			Name: MetricVisitors,
			Help: "Visitors of the site, each counted once a day by this process.",
		}),
		uncounted: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricUncounted,
			Help: "Requests for pages that nobody looked at, by reason; full are views whose visitor there was no room to know again.",
		}, []string{"reason"}),
		flushes: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricFlushes,
			Help: "Times that visits were given to the database, by outcome.",
		}, []string{"outcome"}),
	}
	for _, page := range pages {
		m.views.WithLabelValues(page)
	}
	for _, reason := range []string{reasonBot, reasonPrefetch, reasonEmbedded, reasonFull} {
		m.uncounted.WithLabelValues(reason)
	}
	for _, outcome := range []string{outcomeOK, outcomeFailed} {
		m.flushes.WithLabelValues(outcome)
	}
	return m
}

// How a flush ends.
const (
	outcomeOK     = "ok"
	outcomeFailed = "failed"
)

func (m *Metrics) viewed(page string, first bool) {
	m.views.WithLabelValues(page).Inc()
	if first {
		m.visitors.Inc()
	}
}

func (m *Metrics) skipped(reason string) { m.uncounted.WithLabelValues(reason).Inc() }

func (m *Metrics) flushed(err error) {
	outcome := outcomeOK
	if err != nil {
		outcome = outcomeFailed
	}
	m.flushes.WithLabelValues(outcome).Inc()
}
