package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/cmd/internal/bot"
	"github.com/imagika/imagika/cmd/internal/ops"
	"github.com/imagika/imagika/cmd/internal/site"
	"github.com/imagika/imagika/cmd/internal/site/visits"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/telegram"
)

// metrics are those of every package, in one registry.
type metrics struct {
	queue      *queue.Metrics
	bot        *bot.Metrics
	objects    *objects.Metrics
	provider   *providers.Metrics
	telegram   *telegram.Metrics
	workers    *workers.Metrics
	moderation *moderation.Metrics
	site       *site.Metrics
	visits     *visits.Metrics
	storage    *storage.Metrics
}

// registry is what the admin listener shows.
type registry = *prometheus.Registry

// newMetrics makes the metrics of every package.
func newMetrics() (registry, metrics) {
	r := ops.NewRegistry()
	return r, register(r)
}

func register(r prometheus.Registerer) metrics {
	return metrics{
		queue: queue.NewMetrics(r), bot: bot.NewMetrics(r), objects: objects.NewMetrics(r), provider: providers.NewMetrics(r),
		telegram: telegram.NewMetrics(r), workers: workers.NewMetrics(r), site: site.NewMetrics(r),
		visits: visits.NewMetrics(r, site.Pages()), moderation: moderation.NewMetrics(r), storage: storage.NewMetrics(r),
	}
}

// Catalog lists every metric the program has, in whichever role.
func Catalog() []ops.Metric {
	return ops.Catalog(func(r prometheus.Registerer) {
		ops.Standard(r)
		register(r)
		r.MustRegister(queue.NewCollector(nil, nil, nil), queue.NewRedisCollector(nil), storage.NewPoolCollector(nil), workers.NewCollector(nil, nil))
	})
}

// collect shows the connections of this process.
func (a *App) collect() {
	c := a.core
	c.registry.MustRegister(queue.NewRedisCollector(c.redis))
	if c.store != nil {
		c.registry.MustRegister(storage.NewPoolCollector(c.store))
	}
}

// collectAll shows the state of queues and database, which is the same in all processes: the one that sweeps shows it,
// so that replicas do not multiply it.
func (a *App) collectAll() {
	c := a.core
	c.registry.MustRegister(
		ofOne{queue.NewCollector(c.inspector, c.lanes, a.options.Log), c.workers.Leads},
		ofOne{workers.NewCollector(c.store, a.options.Log), c.workers.Leads},
	)
}

// ofOne is a collector that one process of all exposes.
type ofOne struct {
	prometheus.Collector
	leads func() bool
}

// Collect implements prometheus.Collector.
func (c ofOne) Collect(ch chan<- prometheus.Metric) {
	if c.leads() {
		c.Collector.Collect(ch)
	}
}
