package grafana

import (
	"github.com/imagika/imagika/cmd/internal/ops"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/telegram"
)

// What the rules in ../prometheus/rules.yml record.
const (
	recordedBad1h       = "imagika:generation_bad:ratio_rate1h"
	recordedUtilization = "imagika:pool_utilization:ratio"
	recordedWork        = "imagika:queue_work:tasks"
)

// Releases has a series for each version that was not there a few minutes ago.
const Releases = "count by (version) (" + ops.MetricBuildInfo + ") unless count by (version) (" + ops.MetricBuildInfo + " offset 5m)"

// All are the dashboards, the one to open first in front.
func All() []Dashboard {
	return []Dashboard{overview(), pools(), models(), money(), delivery(), people()}
}

func overview() Dashboard {
	return Dashboard{
		UID: "imagika-overview", Title: "Imagika · Is it well?",
		About: "Everything green: sleep on. What is not green links to the page that says what to do; the other dashboards say more.",
		Rows: []Row{
			{Panels: vitals()},
			{Title: "What people get", Panels: []Panel{endings(12), speed(12)}},
			{Title: "What it stands on", Panels: []Panel{
				oldest(8), failing(8),
				{
					Title: "Calls Telegram did not take", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Runbook: "TelegramFlood",
					About:   "Calls of the Bot API that did not end well, by class. People who blocked the bot are normal; rate_limited means that we send too fast; unauthorized that the token is no longer good.",
					Queries: one(minutely("code", telegram.MetricRequests, `code!~"ok|not_modified|held"`), "{{code}}"),
					Colors:  map[string]string{"rate_limited": Look, "unauthorized": Trouble, "conflict": Trouble, "transient": Aside, "blocked": Idle},
				},
				busy(8), waitingResults(8),
				{
					Title: "Processes that answer", Kind: Series, Unit: Number, Width: 8, Height: 7, Runbook: "TargetMissing",
					About:   "Processes Prometheus reaches, by service. A line that falls is a process that died or was scaled in.",
					Queries: one(sum("service", `up{job="imagika"}`), "{{service}}"),
				},
			}},
		},
	}
}

// vitals are the six numbers at the top of the first page.
func vitals() []Panel {
	alerts := stat("Alerts", "Alerts that fire now, pages and tickets together. Alertmanager has told the operators' chat about each.", Number,
		`count(ALERTS{alertstate="firing",severity=~"page|ticket"}) or vector(0)`, "README", Step{0, Well}, Step{1, Trouble})
	good := stat("Requests that succeed", "Share of the last hour's requests that ended with a picture. What people canceled and what rules refused is not counted. The promise is 99%.", Share,
		"1 - "+recordedBad1h, "ErrorBudgetFastBurn", Step{0, Trouble}, Step{.95, Look}, Step{.99, Well})
	good.Empty = "no requests"
	fast := stat("From request to picture", "95% of people waited at most this long, queue and delivery included.", Seconds,
		quantile(.95, "", workers.MetricGenerationDurationSeconds), "QueueLatencyHigh", Step{0, Well}, Step{60, Look}, Step{180, Trouble})
	fast.Empty = "no requests"
	return []Panel{
		alerts, good, fast,
		stat("Worst queue, of its promise", "Age of the oldest waiting task as a share of how long its queue may let it wait; the worst queue counts. 100% is a broken promise.", Share,
			"max(max by (queue) ("+queue.MetricOldestPendingSeconds+") / "+"max by (queue) ("+queue.MetricLatencyTargetSeconds+"))",
			"QueueLatencyHigh", Step{0, Well}, Step{.5, Look}, Step{1, Trouble}),
		stat("Errors in the books", "What the last proof of the whole ledger found wrong. Anything but 0 is about people's money.", Number,
			most("", workers.MetricLedgerViolations), "LedgerMismatch", Step{0, Well}, Step{1, Trouble}),
		stat("Stars today", "Stars that were paid in the last 24 hours.", Number, daily(workers.MetricShopStars), "PaymentProblem", Step{0, Counts}),
	}
}

func endings(width int) Panel {
	return Panel{
		Title: "How requests end", Kind: Series, Unit: PerMinute, Width: width, Height: 8, Stack: true, Runbook: "ErrorBudgetFastBurn",
		About:   "Requests that ended, by how: stored is a picture, failed is our fault, refused is against the rules, canceled was the person's wish. Nothing is charged but what is stored.",
		Queries: one(minutely("status", workers.MetricGenerationFinished), "{{status}}"),
		Colors:  map[string]string{"stored": Well, "failed": Trouble, "refused": Look, "canceled": Idle},
	}
}

func speed(width int) Panel {
	return Panel{
		Title: "From request to picture", Kind: Series, Unit: Seconds, Width: width, Height: 8, Runbook: "QueueLatencyHigh",
		About: "How long people waited, from their words to the delivered result: half of them less than the lower line, 95% less than the upper one.",
		Queries: []Query{
			{quantile(.5, "", workers.MetricGenerationDurationSeconds), "half"},
			{quantile(.95, "", workers.MetricGenerationDurationSeconds), "95%"},
		},
		Colors: map[string]string{"half": Counts, "95%": Look},
	}
}

func oldest(width int) Panel {
	return Panel{
		Title: "Oldest waiting task", Kind: Series, Unit: Seconds, Width: width, Height: 7, Runbook: "QueueLatencyHigh",
		About:   "How long the first in each queue has waited. Zero is an empty queue; a line that climbs steadily is a queue nobody works on.",
		Queries: one(most("queue", queue.MetricOldestPendingSeconds), "{{queue}}"),
	}
}

// notOurs are outcomes of calls that say nothing about a provider: our own deadline, a person who canceled, rules, and its pace.
const notOurs = `outcome!~"context|canceled|rejected|bad_request|rate_limited"`

func failing(width int) Panel {
	return Panel{
		Title: "Calls that providers fail", Kind: Series, Unit: Share, Width: width, Height: 7, Runbook: "ProviderDown",
		About: "Share of each provider's calls that it did not answer as it should. Above half it is taken for down, and others are asked instead.",
		Queries: one(share(
			sum("provider", rate(providers.MetricRequests, notOurs, `outcome!="ok"`)), sum("provider", rate(providers.MetricRequests, notOurs)),
		), "{{provider}}"),
		Steps: []Step{{0, Well}, {.5, Trouble}}, Empty: "no failed calls",
	}
}

func busy(width int) Panel {
	return Panel{
		Title: "Slots in use", Kind: Series, Unit: Share, Width: width, Height: 7, Runbook: "PoolSaturated",
		About:   "Share of each pool's slots that work. Above 90% for long, people wait for no other reason: add replicas.",
		Queries: one(recordedUtilization, "{{pool}}"), Steps: []Step{{0, Well}, {.9, Look}},
	}
}

func waitingResults(width int) Panel {
	return Panel{
		Title: "Waiting to be sent", Kind: Series, Unit: Seconds, Width: width, Height: 7, Runbook: "DeliveryBacklog",
		About:   "Age of the oldest result, and of the oldest other message, that is ready and not with its person yet.",
		Queries: one(most("kind", workers.MetricDeliveryOldestSeconds), "{{kind}}"), Steps: []Step{{0, Well}, {60, Trouble}},
	}
}
