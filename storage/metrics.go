package storage

import (
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// The metrics of this package, as Prometheus knows them.
const (
	MetricLedgerEntries       = "imagika_ledger_entries_total"
	MetricLedgerCredits       = "imagika_ledger_credits_total"
	MetricDatabaseConnections = "imagika_database_connections"
	MetricDatabaseLimit       = "imagika_database_connections_limit"
	MetricDatabaseWaits       = "imagika_database_connection_waits_total"
	MetricDatabaseWaitSeconds = "imagika_database_connection_wait_seconds_total"
)

// entryKinds are the kinds of transfers.
var entryKinds = []string{"purchase", "grant", "hold", "capture", "release", "refund", "clawback", "expire", "gift", "take"}

// Metrics counts what this process books.
type Metrics struct{ entries, credits *prometheus.CounterVec }

// NewMetrics registers the metrics with r; nil registers them nowhere.
func NewMetrics(r prometheus.Registerer) *Metrics {
	f := promauto.With(r)
	m := &Metrics{
		entries: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricLedgerEntries, Help: "Entries of the ledger that were committed, by kind.",
		}, []string{"kind"}),
		credits: f.NewCounterVec(prometheus.CounterOpts{
			Name: MetricLedgerCredits, Help: "Credits of those entries, by kind; of a release those that are free again.",
		}, []string{"kind"}),
	}
	for _, kind := range entryKinds {
		m.entries.WithLabelValues(kind)
		m.credits.WithLabelValues(kind)
	}
	return m
}

// committed counts entries whose transaction is.
func (m *Metrics) committed(entries []transfer) {
	for _, e := range entries {
		m.entries.WithLabelValues(e.kind).Inc()
		m.credits.WithLabelValues(e.kind).Add(float64(max(e.amount, -e.held)))
	}
}

// PoolCollector reads the connections of a store at each scrape.
type PoolCollector struct {
	store              *Store
	connections, limit *prometheus.Desc
	waits, waitSeconds *prometheus.Desc
}

var _ prometheus.Collector = (*PoolCollector)(nil)

// NewPoolCollector returns a collector for the caller to register.
func NewPoolCollector(s *Store) *PoolCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &PoolCollector{
		store:       s,
		connections: desc(MetricDatabaseConnections, "Connections to the database of this process, by pool and state.", "pool", "state"),
		limit:       desc(MetricDatabaseLimit, "Connections a pool may have.", "pool"),
		waits:       desc(MetricDatabaseWaits, "How often a connection had to be waited for.", "pool"),
		waitSeconds: desc(MetricDatabaseWaitSeconds, "Seconds spent waiting for a connection.", "pool"),
	}
}

// Values are those its labels take: SQLite reads beside its one writer.
func (c *PoolCollector) Values() map[string][]string {
	return map[string][]string{"pool": {"main", "read"}, "state": {"idle", "used"}}
}

// Describe implements prometheus.Collector.
func (c *PoolCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.connections, c.limit, c.waits, c.waitSeconds} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *PoolCollector) Collect(ch chan<- prometheus.Metric) {
	for i, db := range c.store.pools {
		c.pool(ch, []string{"main", "read"}[i], db.Stats())
	}
}

func (c *PoolCollector) pool(ch chan<- prometheus.Metric, name string, s sql.DBStats) {
	ch <- prometheus.MustNewConstMetric(c.connections, prometheus.GaugeValue, float64(s.Idle), name, "idle")
	ch <- prometheus.MustNewConstMetric(c.connections, prometheus.GaugeValue, float64(s.InUse), name, "used")
	ch <- prometheus.MustNewConstMetric(c.limit, prometheus.GaugeValue, float64(s.MaxOpenConnections), name)
	ch <- prometheus.MustNewConstMetric(c.waits, prometheus.CounterValue, float64(s.WaitCount), name)
	ch <- prometheus.MustNewConstMetric(c.waitSeconds, prometheus.CounterValue, s.WaitDuration.Seconds(), name)
}
