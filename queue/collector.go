package queue

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// scrapeTimeout bounds a collection, so that a Redis that hangs does not hang the metrics.
const scrapeTimeout = 5 * time.Second

// Collector reads the state of queues and lanes from Redis at each scrape. It is the same whoever asks, so one process
// of all exposes it.
type Collector struct {
	inspector *Inspector
	lanes     *Lanes
	log       *slog.Logger
	failures  atomic.Int64

	size, oldest, target, paused, registered *prometheus.Desc
	processed, failed                        *prometheus.Desc
	waiting, stranded                        *prometheus.Desc
	errors, took                             *prometheus.Desc
}

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector returns a collector for the caller to register. It walks the queues of the policy table, because asynq's
// own list forgets queues when Redis loses its data.
func NewCollector(in *Inspector, lanes *Lanes, log *slog.Logger) *Collector {
	return &Collector{
		inspector: in, lanes: lanes, log: orLog(log),
		size:       desc(MetricSize, "Tasks in Redis, by queue and state.", "queue", "state"),
		oldest:     desc(MetricOldestPendingSeconds, "Age of the oldest pending task of a queue.", "queue"),
		target:     desc(MetricLatencyTargetSeconds, "How long a task of a queue may wait for a worker.", "queue"),
		paused:     desc(MetricPaused, "Whether a queue is paused.", "queue"),
		registered: desc(MetricRegistered, "Whether asynq knows the queue; it does not when Redis has lost its data.", "queue"),
		processed:  desc(MetricProcessed, "Runs of tasks in all processes since Redis has its data.", "queue"),
		failed:     desc(MetricFailed, "Those runs that failed.", "queue"),
		waiting:    desc(MetricLaneWaiting, "Lanes with updates in them."),
		stranded:   desc(MetricLaneStranded, "Lanes with updates and no drain, among the hundred longest unseen."),
		errors:     desc(MetricScrapeErrors, "Reads of queues and lanes that failed."),
		took:       desc(MetricScrapeSeconds, "How long the last reading of queues and lanes took."),
	}
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Values are those its labels take.
func (c *Collector) Values() map[string][]string {
	return map[string][]string{"queue": Queues(), "state": slices.Sorted(maps.Keys(Info{}.Sizes()))}
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.size, c.oldest, c.target, c.paused, c.registered, c.processed, c.failed, c.waiting, c.stranded, c.errors, c.took,
	} {
		ch <- d
	}
}

// series sends values of a collector.
type series chan<- prometheus.Metric

func (s series) gauge(d *prometheus.Desc, v float64, labels ...string) {
	s <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (s series) counter(d *prometheus.Desc, v float64, labels ...string) {
	s <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	started := time.Now()
	c.queues(ctx, ch)
	if stats, err := c.lanes.Stats(ctx); err != nil {
		c.broke(ctx, "lanes cannot be read", err)
	} else {
		series(ch).gauge(c.waiting, float64(stats.Waiting))
		series(ch).gauge(c.stranded, float64(stats.Stranded))
	}
	series(ch).counter(c.errors, float64(c.failures.Load()))
	series(ch).gauge(c.took, time.Since(started).Seconds())
}

func (c *Collector) queues(ctx context.Context, ch series) {
	depth, err := c.inspector.Depth(ctx)
	if err != nil {
		c.broke(ctx, "queues cannot be read", err)
	}
	for queue, info := range depth {
		for state, n := range info.Sizes() {
			ch.gauge(c.size, float64(n), queue, state)
		}
		ch.gauge(c.oldest, info.Oldest.Seconds(), queue)
		ch.gauge(c.target, Target(queue).Seconds(), queue)
		ch.gauge(c.paused, number(info.Paused), queue)
		ch.gauge(c.registered, number(info.Registered), queue)
		ch.counter(c.processed, float64(info.Processed), queue)
		ch.counter(c.failed, float64(info.Failed), queue)
	}
}

func (c *Collector) broke(ctx context.Context, what string, err error) {
	c.failures.Add(1)
	c.log.LogAttrs(ctx, slog.LevelWarn, "metrics of the queue are incomplete", slog.String("what", what), slog.Any("error", err))
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// RedisCollector reads the connections of this process to Redis at each scrape, without those of asynq's own.
type RedisCollector struct {
	r                             *Redis
	connections, timeouts, misses *prometheus.Desc
}

var _ prometheus.Collector = (*RedisCollector)(nil)

// NewRedisCollector returns a collector for the caller to register.
func NewRedisCollector(r *Redis) *RedisCollector {
	return &RedisCollector{
		r:           r,
		connections: desc(MetricRedisConnections, "Connections to Redis of this process, by client (patient or brisk) and state.", "client", "state"),
		timeouts:    desc(MetricRedisTimeouts, "How often a connection was waited for in vain.", "client"),
		misses:      desc(MetricRedisMisses, "How often no connection was idle.", "client"),
	}
}

// Values are those its labels take.
func (c *RedisCollector) Values() map[string][]string {
	return map[string][]string{"client": {"patient", "brisk"}, "state": {"idle", "used"}}
}

// Describe implements prometheus.Collector.
func (c *RedisCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.connections
	ch <- c.timeouts
	ch <- c.misses
}

// Collect implements prometheus.Collector.
func (c *RedisCollector) Collect(ch chan<- prometheus.Metric) {
	for name, client := range map[string]redis.UniversalClient{"patient": c.r.patient, "brisk": c.r.brisk} {
		s := client.PoolStats()
		series(ch).gauge(c.connections, float64(s.IdleConns), name, "idle")
		series(ch).gauge(c.connections, float64(max(s.TotalConns, s.IdleConns)-s.IdleConns), name, "used")
		series(ch).counter(c.timeouts, float64(s.Timeouts), name)
		series(ch).counter(c.misses, float64(s.Misses), name)
	}
}
