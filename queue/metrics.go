package queue

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// The metrics of this package, as Prometheus knows them.
const (
	MetricEnqueued                     = "imagika_queue_enqueued_total"
	MetricPickupSeconds                = "imagika_queue_pickup_seconds"
	MetricRunSeconds                   = "imagika_queue_run_seconds"
	MetricTasks                        = "imagika_queue_tasks_total"
	MetricSlots                        = "imagika_queue_slots"
	MetricBusy                         = "imagika_queue_busy"
	MetricLastProgressTimestampSeconds = "imagika_queue_last_progress_timestamp_seconds"
	MetricLanePushes                   = "imagika_lane_pushes_total"
	MetricLaneHeads                    = "imagika_lane_heads_total"
	MetricLaneSwept                    = "imagika_lane_swept_total"
	MetricAcks                         = "imagika_queue_acks_total"
	MetricAckSeconds                   = "imagika_queue_ack_seconds"
	MetricLimitChecks                  = "imagika_limit_checks_total"
	MetricLimitWaitSeconds             = "imagika_limit_wait_seconds"
	MetricSize                         = "imagika_queue_size"
	MetricOldestPendingSeconds         = "imagika_queue_oldest_pending_seconds"
	MetricPaused                       = "imagika_queue_paused"
	MetricRegistered                   = "imagika_queue_registered"
	MetricLaneWaiting                  = "imagika_lane_waiting"
	MetricLaneStranded                 = "imagika_lane_stranded"
	MetricScrapeErrors                 = "imagika_queue_scrape_errors_total"
	MetricScrapeSeconds                = "imagika_queue_scrape_duration_seconds"
	MetricLatencyTargetSeconds         = "imagika_queue_latency_target_seconds"
	MetricProcessed                    = "imagika_queue_processed_total"
	MetricFailed                       = "imagika_queue_failed_total"
	MetricDeadLetters                  = "imagika_queue_dead_letters_total"
	MetricDraining                     = "imagika_queue_draining"
	MetricRedisConnections             = "imagika_redis_connections"
	MetricRedisTimeouts                = "imagika_redis_connection_timeouts_total"
	MetricRedisMisses                  = "imagika_redis_connection_misses_total"
)

// Outcomes of a task beyond its fates.
const (
	outcomeOK    = "ok"
	outcomePanic = "panic"
)

// Why a task or a head is given up.
const (
	deadArchived  = "archived"  // its handler asked for that: a bug
	deadExhausted = "exhausted" // no retry is left
	deadPoison    = "poison"    // a head of a lane that failed too often
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
	dead         *prometheus.CounterVec
	draining     *prometheus.GaugeVec
}

// NewMetrics registers the metrics of the queue; nil makes metrics nobody reads.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	m := &Metrics{
		enqueues: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricEnqueued,
			Help: "Tasks enqueued, by type and result: ok, conflict (it was there already) or error.",
		}, []string{"type", "result"}),
		pickup: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    MetricPickupSeconds,
			Help:    "Time from when a task could have started to its start, by pool. Waits between tries are part of it.",
			Buckets: []float64{.005, .01, .02, .03, .05, .075, .1, .15, .25, .5, 1, 2.5, 5, 15, 60, 300},
			// Native beside classic buckets: who scrapes them gets ten per cent resolution, who does not loses nothing.
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
		}, []string{"pool"}),
		run: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    MetricRunSeconds,
			Help:    "Run time of handlers, by task type.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40, 80, 160},
		}, []string{"type"}),
		tasks: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricTasks,
			Help: "Tasks run, by type and outcome: ok, retry, later, drop, archive or panic.",
		}, []string{"type", "outcome"}),
		slots: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricSlots, Help: "Handlers that may run at once in this process, by pool.",
		}, []string{"pool"}),
		busy: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricBusy, Help: "Handlers that run in this process, by pool.",
		}, []string{"pool"}),
		progress: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricLastProgressTimestampSeconds,
			Help: "When a task of the pool last ended in this process, in Unix seconds.",
		}, []string{"pool"}),
		lanePushes: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricLanePushes,
			Help: "Updates pushed to lanes, by result: new, known, done or full.",
		}, []string{"result"}),
		laneHeads: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricLaneHeads,
			Help: "Heads of lanes handled, by outcome: done, failed, later, dead or lost.",
		}, []string{"outcome"}),
		lanesSwept: f.NewCounter(prometheus.CounterOpts{
			Name: MetricLaneSwept, Help: "Lanes whose drain was gone and that were resumed by a sweep.",
		}),
		acks: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricAcks,
			Help: "Updates waited for by the front-end, by result: done or straggler.",
		}, []string{"result"}),
		ackWait: f.NewHistogram(prometheus.HistogramOpts{
			Name:    MetricAckSeconds,
			Help:    "How long the front-end waited for the effects of a batch or request.",
			Buckets: []float64{.01, .025, .05, .1, .15, .25, .5, 1, 2.5, 5, 10},
		}),
		limitChecks: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricLimitChecks,
			Help: "Rates and slots asked for, by kind (rate or slot) and result (ok or refused).",
		}, []string{"kind", "result"}),
		limitWaiting: f.NewHistogram(prometheus.HistogramOpts{
			Name:    MetricLimitWaitSeconds,
			Help:    "Waits given to those who reserved a place under a rate.",
			Buckets: []float64{.001, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
		dead: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricDeadLetters,
			Help: "Tasks and heads of lanes that were given up, by queue and reason: archived, exhausted (no retry left) or poison (a head that failed too often).",
		}, []string{"queue", "reason"}),
		draining: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricDraining, Help: "1 while a pool of this process takes nothing new and ends what it began.",
		}, []string{"pool"}),
	}
	m.initialize()
	return m
}

// initialize shows what has not happened yet as zero, where the labels are known.
func (m *Metrics) initialize() {
	for _, p := range Policies(0) {
		for _, result := range []string{"ok", "conflict", "error"} {
			m.enqueues.WithLabelValues(p.Type, result)
		}
		for _, outcome := range []string{outcomeOK, outcomePanic, string(FateRetry), string(FateLater), string(FateDrop), string(FateArchive)} {
			m.tasks.WithLabelValues(p.Type, outcome)
		}
	}
	for _, queue := range Queues() {
		m.dead.WithLabelValues(queue, deadArchived)
		m.dead.WithLabelValues(queue, deadExhausted)
	}
	m.dead.WithLabelValues(QueueInteractive, deadPoison)
	for _, result := range []string{pushNew, pushKnown, pushDone, pushFull} {
		m.lanePushes.WithLabelValues(result)
	}
	for _, outcome := range []string{headDone, headFailed, headLater, headDead, headLost} {
		m.laneHeads.WithLabelValues(outcome)
	}
	for _, kind := range []string{"rate", "slot"} {
		m.limitChecks.WithLabelValues(kind, "ok")
		m.limitChecks.WithLabelValues(kind, "refused")
	}
	m.acks.WithLabelValues("done")
	m.acks.WithLabelValues("straggler")
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

func (m *Metrics) headEnded(outcome string) {
	m.laneHeads.WithLabelValues(outcome).Inc()
	if outcome == headDead {
		m.dead.WithLabelValues(QueueInteractive, deadPoison).Inc()
	}
}

func (m *Metrics) buried(queue, reason string) { m.dead.WithLabelValues(queue, reason).Inc() }

func (m *Metrics) waited(started time.Time, done, stragglers int) {
	m.ackWait.Observe(time.Since(started).Seconds())
	m.acks.WithLabelValues("done").Add(float64(done))
	m.acks.WithLabelValues("straggler").Add(float64(stragglers))
}

func (m *Metrics) poolStarted(pool string, slots int) {
	m.slots.WithLabelValues(pool).Set(float64(slots))
	m.busy.WithLabelValues(pool).Set(0)
	m.draining.WithLabelValues(pool).Set(0)
	m.pickup.WithLabelValues(pool)
	m.progress.WithLabelValues(pool).SetToCurrentTime()
}

// Observe notes how long something took, with the trace it is part of as an example.
func Observe(ctx context.Context, o prometheus.Observer, d time.Duration) {
	id := TraceID(ctx)
	e, ok := o.(prometheus.ExemplarObserver)
	if id == "" || !ok {
		o.Observe(d.Seconds())
		return
	}
	e.ObserveWithExemplar(d.Seconds(), prometheus.Labels{"trace_id": id})
}

func (m *Metrics) drains(pool string) { m.draining.WithLabelValues(pool).Set(1) }

// taskStarted counts the wait from due on; a zero due is not known.
func (m *Metrics) taskStarted(ctx context.Context, pool string, due time.Time) {
	m.busy.WithLabelValues(pool).Inc()
	if !due.IsZero() {
		Observe(ctx, m.pickup.WithLabelValues(pool), max(0, time.Since(due)))
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
