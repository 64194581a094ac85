package workers

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/storage"
)

// Metrics counts what the workers do.
type Metrics struct {
	finished  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	stage     *prometheus.HistogramVec
	estimate  *prometheus.HistogramVec
	delivered *prometheus.CounterVec
	updates   *prometheus.CounterVec
	swept     *prometheus.CounterVec
	checked   *prometheus.CounterVec
	struck    *prometheus.CounterVec
	banned    *prometheus.CounterVec
	appeals   *prometheus.CounterVec
	reports   *prometheus.CounterVec
	orders    *prometheus.CounterVec
	checkouts *prometheus.CounterVec
	checkout  prometheus.Histogram
	payments  *prometheus.CounterVec
	stars     prometheus.Counter
	refunds   *prometheus.CounterVec
	refunded  prometheus.Counter
	compared  prometheus.Gauge
	findings  *prometheus.CounterVec
	tickets   *prometheus.CounterVec
	slowed    prometheus.Counter
	quarantin prometheus.Counter
	loss      prometheus.Counter
	violated  prometheus.Gauge
	verified  prometheus.Gauge
	people    *prometheus.GaugeVec
	house     *prometheus.GaugeVec
	expired   prometheus.Counter
	announced *prometheus.CounterVec
}

// NewMetrics makes and registers the metrics; a nil registerer registers nothing.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		finished: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_generation_finished_total", Help: "Generations that ended, by status and reason.",
		}, []string{"status", "reason"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "imagika_generation_duration_seconds", Help: "From the request to the delivered result.",
			Buckets: []float64{.5, 1, 2.5, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200},
		}, []string{"form"}),
		stage: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "imagika_generation_stage_duration_seconds", Help: "Time spent in a stage of a generation.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300},
		}, []string{"stage"}),
		estimate: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "imagika_generation_estimate_ratio",
			Help:    "How long it took until the images were stored, as a multiple of the later end of the first estimate: 80% should be within 1.",
			Buckets: []float64{.1, .25, .5, .75, .9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10},
		}, []string{"line"}),
		delivered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_delivery_sent_total", Help: "Calls of the outbox, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		updates: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_worker_updates_total", Help: "Updates handled in lanes, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		swept: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_sweep_repaired_total", Help: "Rows and lanes whose task was lost and enqueued again.",
		}, []string{"what"}),
		checked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_moderation_checks_total", Help: "Requests and results that a moderating provider was asked about, by what it said.",
		}, []string{"subject", "outcome"}),
		struck: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_moderation_strikes_total", Help: "Strikes, by cause.",
		}, []string{"cause"}),
		banned: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_moderation_bans_total", Help: "People who were banned, by cause.",
		}, []string{"cause"}),
		appeals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_moderation_appeals_total", Help: "Appeals that were made, accepted and rejected.",
		}, []string{"outcome"}),
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_moderation_reports_total", Help: "Results that people reported, by reason.",
		}, []string{"reason"}),
		orders: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_shop_orders_total", Help: "Orders that were made, by pack.",
		}, []string{"pack"}),
		checkouts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_shop_checkouts_total", Help: "Telegram's questions before a payment, by what was answered: ok, a reason, or late.",
		}, []string{"outcome"}),
		checkout: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "imagika_shop_checkout_seconds", Help: "From the arrival of such a question to its answer; Telegram waits ten.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2, 4, 8, 10},
		}),
		payments: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_shop_payments_total", Help: "Payments, by outcome: paid, renewed, duplicate, kept, or what was not as ordered.",
		}, []string{"outcome"}),
		stars: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "imagika_shop_stars_total", Help: "Stars that were paid.",
		}),
		refunds: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_shop_refunds_total", Help: "Payments that go back: asked, done, refused by Telegram, reversed by Telegram, or reversed with a debt.",
		}, []string{"outcome"}),
		refunded: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "imagika_shop_refunded_stars_total", Help: "Stars that went back.",
		}),
		compared: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "imagika_shop_reconciled_timestamp_seconds", Help: "When payments were last compared with Telegram's, as far as this process did it.",
		}),
		findings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_shop_findings_total", Help: "Differences between payments here and at Telegram, by kind.",
		}, []string{"kind"}),
		tickets: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_shop_tickets_total", Help: "What happened to people's requests: opened, added, answered, closed.",
		}, []string{"event"}),
		slowed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "imagika_moderation_slowed_total", Help: "Requests that were not taken because of refusals before.",
		}),
		quarantin: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "imagika_generation_quarantined_total", Help: "Generations that were claimed again and again without progress.",
		}),
		loss: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "imagika_provider_loss_microdollars_total", Help: "Estimated or actual cost of calls that earned nothing.",
		}),
		violated: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "imagika_ledger_violations", Help: "What the last look at the whole ledger found wrong. Anything but 0 is an alarm.",
		}),
		verified: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "imagika_ledger_verified_timestamp_seconds", Help: "When this process last looked at the whole ledger; 0 is never.",
		}),
		people: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "imagika_ledger_left_credits", Help: "Unspent credits of people, by where they came from, when the ledger was verified.",
		}, []string{"source"}),
		house: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "imagika_ledger_house_credits", Help: "Balances of the house when the ledger was verified; with what people have they come to zero.",
		}, []string{"account"}),
		expired: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "imagika_ledger_expired_lots_total", Help: "Lots of given credits whose time was over.",
		}),
		announced: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imagika_announcement_people_total", Help: "People an announcement was for, by what became of it for them.",
		}, []string{"outcome"}),
	}
	if r != nil {
		r.MustRegister(m.finished, m.duration, m.stage, m.estimate, m.delivered, m.updates, m.swept, m.checked, m.struck, m.banned, m.appeals,
			m.reports, m.orders, m.checkouts, m.checkout, m.payments, m.stars, m.refunds, m.refunded, m.compared, m.findings, m.tickets,
			m.slowed, m.quarantin, m.loss, m.violated, m.verified, m.people, m.house, m.expired, m.announced)
	}
	return m
}

// since observes the time a stage took.
func (m *Metrics) since(stage string, start time.Time) {
	m.stage.WithLabelValues(stage).Observe(time.Since(start).Seconds())
}

// shown observes a generation whose result was just shown, and how good its first estimate was.
func (m *Metrics) shown(g storage.Generation) {
	m.duration.WithLabelValues(string(g.Form)).Observe(time.Since(g.Created).Seconds())
	if g.Guess.P90 <= 0 || g.Stored.IsZero() {
		return
	}
	line := "none"
	if g.Guess.Wait > 0 {
		line = "some"
	}
	m.estimate.WithLabelValues(line).Observe(g.Stored.Sub(g.Guess.At).Seconds() / g.Guess.P90.Seconds())
}
