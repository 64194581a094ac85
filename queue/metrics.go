package queue

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Outcomes of a task beyond its fates.
const (
	outcomeOK    = "ok"
	outcomePanic = "panic"
)

// Ends of a head.
const (
	headDone   = "done"
	headFailed = "failed"
	headLater  = "later"
	headDead   = "dead"
	headLost   = "lost"
)

// Metrics of the queue. Labels are types, queues, pools and outcomes: closed sets.
type Metrics struct {
	enqueues     *prometheus.CounterVec
	pickup       *prometheus.HistogramVec
	run          *prometheus.HistogramVec
	tasks        *prometheus.CounterVec
	slots        *prometheus.GaugeVec
	busy         *prometheus.GaugeVec
	progress     *prometheus.GaugeVec
	lanePushes   *prometheus.CounterVec
	laneHeads    *prometheus.CounterVec
	lanesSwept   prometheus.Counter
	acks         *prometheus.CounterVec
	ackWait      prometheus.Histogram
	limitChecks  *prometheus.CounterVec
	limitWaiting prometheus.Histogram
}

// NewMetrics registers the metrics of the queue; nil makes metrics nobody reads.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		enqueues: f.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_queue_enqueued_total",
			Help: "Tasks enqueued, by type and result: ok, conflict (it was there already) or error.",
		}, []string{"type", "result"}),
		pickup: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "imagika_queue_pickup_seconds",
			Help:    "Time from when a task could have started to its start, by pool. Waits between tries are part of it.",
			Buckets: []float64{.005, .01, .02, .03, .05, .075, .1, .15, .25, .5, 1, 2.5, 5, 15, 60, 300},
		}, []string{"pool"}),
		run: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "imagika_queue_run_seconds",
			Help:    "Run time of handlers, by task type.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40, 80, 160},
		}, []string{"type"}),
		tasks: f.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_queue_tasks_total",
			Help: "Tasks run, by type and outcome: ok, retry, later, drop, archive or panic.",
		}, []string{"type", "outcome"}),
		slots: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "imagika_queue_slots", Help: "Handlers that may run at once in this process, by pool.",
		}, []string{"pool"}),
		busy: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "imagika_queue_busy", Help: "Handlers that run in this process, by pool.",
		}, []string{"pool"}),
		progress: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "imagika_queue_last_progress_timestamp_seconds",
			Help: "When a task of the pool last ended in this process, in Unix seconds.",
		}, []string{"pool"}),
		lanePushes: f.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_lane_pushes_total",
			Help: "Updates pushed to lanes, by result: new, known, done or full.",
		}, []string{"result"}),
		laneHeads: f.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_lane_heads_total",
			Help: "Heads of lanes handled, by outcome: done, failed, later, dead or lost.",
		}, []string{"outcome"}),
		lanesSwept: f.NewCounter(prometheus.CounterOpts{
			Name: "imagika_lane_swept_total", Help: "Lanes whose drain was gone and that were resumed by a sweep.",
		}),
		acks: f.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_queue_acks_total",
			Help: "Updates waited for by the front-end, by result: done or straggler.",
		}, []string{"result"}),
		ackWait: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "imagika_queue_ack_seconds",
			Help:    "How long the front-end waited for the effects of a batch or request.",
			Buckets: []float64{.01, .025, .05, .1, .15, .25, .5, 1, 2.5, 5, 10},
		}),
		limitChecks: f.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_limit_checks_total",
			Help: "Rates and slots asked for, by kind (rate or slot) and result (ok or refused).",
		}, []string{"kind", "result"}),
		limitWaiting: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "imagika_limit_wait_seconds",
			Help:    "Waits given to those who reserved a place under a rate.",
			Buckets: []float64{.001, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
	}
}

func orMetrics(m *Metrics) *Metrics {
	if m == nil {
		return NewMetrics(nil)
	}
	return m
}

func orLog(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

func (m *Metrics) enqueued(typ string, conflict bool, err error) {
	result := "ok"
	switch {
	case conflict:
		result = "conflict"
	case err != nil:
		result = "error"
	}
	m.enqueues.WithLabelValues(typ, result).Inc()
}

func (m *Metrics) pushed(result string) { m.lanePushes.WithLabelValues(result).Inc() }

func (m *Metrics) headEnded(outcome string) { m.laneHeads.WithLabelValues(outcome).Inc() }

func (m *Metrics) waited(started time.Time, done, stragglers int) {
	m.ackWait.Observe(time.Since(started).Seconds())
	m.acks.WithLabelValues("done").Add(float64(done))
	m.acks.WithLabelValues("straggler").Add(float64(stragglers))
}

func (m *Metrics) poolStarted(pool string, slots int) {
	m.slots.WithLabelValues(pool).Set(float64(slots))
	m.busy.WithLabelValues(pool).Set(0)
	m.progress.WithLabelValues(pool).SetToCurrentTime()
}

// taskStarted counts the wait from due on; a zero due is not known.
func (m *Metrics) taskStarted(pool string, due time.Time) {
	m.busy.WithLabelValues(pool).Inc()
	if !due.IsZero() {
		m.pickup.WithLabelValues(pool).Observe(max(0, time.Since(due).Seconds()))
	}
}

func (m *Metrics) taskEnded(pool, typ, outcome string, took time.Duration) {
	m.busy.WithLabelValues(pool).Dec()
	m.progress.WithLabelValues(pool).SetToCurrentTime()
	m.tasks.WithLabelValues(typ, outcome).Inc()
	m.run.WithLabelValues(typ).Observe(took.Seconds())
}

func (m *Metrics) limited(kind string, ok bool) {
	result := "ok"
	if !ok {
		result = "refused"
	}
	m.limitChecks.WithLabelValues(kind, result).Inc()
}

// scrapeTimeout bounds a collection, so that a Redis that hangs does not hang the metrics.
const scrapeTimeout = 5 * time.Second

// Collector reads the state of queues and lanes from Redis at each scrape. One role exposes it, not each replica.
type Collector struct {
	inspector *Inspector
	lanes     *Lanes
	log       *slog.Logger

	size, oldest, paused, registered *prometheus.Desc
	waiting, stranded                *prometheus.Desc
	errors, took                     *prometheus.Desc
}

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector returns a collector for the caller to register. It walks the queues of the policy table, because asynq's
// own list forgets queues when Redis loses its data.
func NewCollector(in *Inspector, lanes *Lanes, log *slog.Logger) *Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &Collector{
		inspector: in, lanes: lanes, log: orLog(log),
		size: desc("imagika_queue_size",
			"Tasks in Redis, by queue and state.", "queue", "state"),
		oldest: desc("imagika_queue_oldest_pending_seconds",
			"Age of the oldest pending task of a queue.", "queue"),
		paused: desc("imagika_queue_paused",
			"Whether a queue is paused.", "queue"),
		registered: desc("imagika_queue_registered",
			"Whether asynq knows the queue; it does not when Redis has lost its data.", "queue"),
		waiting:  desc("imagika_lane_waiting", "Lanes with updates in them."),
		stranded: desc("imagika_lane_stranded", "Lanes with updates and no drain, among the hundred longest unseen."),
		errors:   desc("imagika_queue_scrape_errors", "Reads that failed in this scrape."),
		took:     desc("imagika_queue_scrape_seconds", "How long this scrape took."),
	}
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.size, c.oldest, c.paused, c.registered, c.waiting, c.stranded, c.errors, c.took,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	started, failed := time.Now(), 0
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	depth, err := c.inspector.Depth(ctx)
	if err != nil {
		failed++
		c.log.WarnContext(ctx, "queues cannot be read", slog.Any("error", err))
	}
	for queue, info := range depth {
		for state, n := range info.Sizes() {
			gauge(c.size, float64(n), queue, state)
		}
		gauge(c.oldest, info.Oldest.Seconds(), queue)
		gauge(c.paused, number(info.Paused), queue)
		gauge(c.registered, number(info.Registered), queue)
	}
	stats, err := c.lanes.Stats(ctx)
	if err != nil {
		failed++
		c.log.WarnContext(ctx, "lanes cannot be read", slog.Any("error", err))
	} else {
		gauge(c.waiting, float64(stats.Waiting))
		gauge(c.stranded, float64(stats.Stranded))
	}
	gauge(c.errors, float64(failed))
	gauge(c.took, time.Since(started).Seconds())
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
