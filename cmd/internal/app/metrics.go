package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/cmd/internal/bot"
	"github.com/imagika/imagika/cmd/internal/ops"
	"github.com/imagika/imagika/cmd/internal/site"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
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
}

// registry is what the admin listener shows.
type registry = *prometheus.Registry

// newMetrics makes the metrics of every package.
func newMetrics() (registry, metrics) {
	r := ops.NewRegistry()
	return r, metrics{
		queue: queue.NewMetrics(r), bot: bot.NewMetrics(r), objects: objects.NewMetrics(r), provider: providers.NewMetrics(r),
		telegram: telegram.NewMetrics(r), workers: workers.NewMetrics(r), site: site.NewMetrics(r),
		moderation: moderation.NewMetrics(r),
	}
}
