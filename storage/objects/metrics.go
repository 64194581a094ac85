package objects

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// The metrics of this package, as Prometheus knows them.
const (
	MetricRequests        = "imagika_storage_requests_total"
	MetricDurationSeconds = "imagika_storage_duration_seconds"
	MetricBytes           = "imagika_storage_bytes_total"
)

// operation is a label: what was asked of S3.
type operation string

const (
	opBucket       operation = "bucket"
	opPut          operation = "put"
	opGet          operation = "get"
	opStat         operation = "stat"
	opList         operation = "list"
	opRemove       operation = "remove"
	opRemovePrefix operation = "remove_prefix"
)

// outcome is a label: how it ended.
type outcome string

const (
	outcomeOK          outcome = "ok"
	outcomeNotFound    outcome = "not_found"
	outcomeRefused     outcome = "refused"
	outcomeUnavailable outcome = "unavailable"
	outcomeCanceled    outcome = "canceled"
)

// Metrics counts calls to S3 as we see them: an embedded server reports nothing itself.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
}

// NewMetrics registers the metrics of object storage; r may be nil.
func NewMetrics(r prometheus.Registerer) *Metrics {
	f := promauto.With(r)
	m := &Metrics{
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricRequests,
			Help: "Calls to object storage by operation (bucket, put, get, stat, list, remove, remove_prefix) and outcome (ok, not_found, refused, unavailable, canceled).",
		}, []string{"op", "outcome"}),
		seconds: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    MetricDurationSeconds,
			Help:    "Duration of calls to object storage, transfer included, by operation.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"op"}),
		bytes: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricBytes,
			Help: "Bytes of objects by direction (sent, received).",
		}, []string{"direction"}),
	}
	for _, op := range []operation{opBucket, opPut, opGet, opStat, opList, opRemove, opRemovePrefix} {
		for _, o := range []outcome{outcomeOK, outcomeNotFound, outcomeRefused, outcomeUnavailable, outcomeCanceled} {
			m.requests.WithLabelValues(string(op), string(o))
		}
	}
	m.bytes.WithLabelValues("sent")
	m.bytes.WithLabelValues("received")
	return m
}

func (m *Metrics) sent(n int64)     { m.bytes.WithLabelValues("sent").Add(float64(n)) }
func (m *Metrics) received(n int64) { m.bytes.WithLabelValues("received").Add(float64(n)) }

// done counts a call that began at start; err is classified.
func (m *Metrics) done(op operation, start time.Time, err error) {
	m.requests.WithLabelValues(string(op), string(outcomeOf(err))).Inc()
	m.seconds.WithLabelValues(string(op)).Observe(time.Since(start).Seconds())
}

func outcomeOf(err error) outcome {
	switch {
	case err == nil:
		return outcomeOK
	case errors.Is(err, ErrNotFound):
		return outcomeNotFound
	case errors.Is(err, ErrRefused):
		return outcomeRefused
	case errors.Is(err, context.Canceled):
		return outcomeCanceled
	}
	return outcomeUnavailable
}
