package site

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// The metrics of this package, as Prometheus knows them.
const (
	MetricRequests               = "imagika_web_requests_total"
	MetricRequestDurationSeconds = "imagika_web_request_duration_seconds"
)

// Routes, as metrics call them.
const (
	routeHome       = "home"
	routePrices     = "prices"
	routeHelp       = "help"
	routeRequests   = "requests"
	routeDevelopers = "developers"
	routeStats      = "stats"
	routePrivacy    = "privacy"
	routeStatus     = "status"
	routeSecurity   = "security"
	routeTerms      = "terms"
	routeHook       = "hook"
	routeFile       = "file"
	routeApp        = "app"
	routeAPI        = "api"
	routeWebhook    = "webhook"
	routePlayground = "playground"
	routeHealth     = "health"
	routeAsset      = "asset"
	routeMissing    = "missing" // nothing is there
)

// Metrics counts requests.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewMetrics registers the metrics with r; nil registers them nowhere.
func NewMetrics(r prometheus.Registerer) *Metrics {
	f := promauto.With(r)
	m := &Metrics{
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricRequests,
			Help: "Requests by route and status code; missing is every address where nothing is.",
		}, []string{"route", "code"}),
		duration: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    MetricRequestDurationSeconds,
			Help:    "Time from a request's headers to the end of its answer, without event streams, which end when their reader leaves.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
	}
	for _, route := range append(Pages(), routeHook, routeFile, routeAPI, routeApp, routeWebhook, routePlayground, routeHealth, routeAsset, routeMissing) {
		m.requests.WithLabelValues(route, strconv.Itoa(http.StatusOK))
	}
	return m
}

// served notes how a request ended.
func (m *Metrics) served(route string, rec *recorder, d time.Duration) {
	status := rec.status
	if status == 0 {
		status = http.StatusOK // what net/http sends for a handler that wrote nothing
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	if !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/event-stream") {
		m.duration.WithLabelValues(route).Observe(d.Seconds())
	}
}
