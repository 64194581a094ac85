package grafana

import (
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/workers"
)

func models() Dashboard {
	return Dashboard{
		UID: "imagika-providers", Title: "Imagika · Providers",
		About: "Who paints, how fast, how reliably, and for how much.",
		Rows: []Row{
			{Panels: providerStats()},
			{Panels: []Panel{states()}},
			{Title: "Calls", Panels: []Panel{failing(8), callEnds(), inflight()}},
			{Title: "Speed", Panels: []Panel{callTimes(), callSpread(), stages()}},
			{Title: "Cost and surprises", Panels: []Panel{spend(8), unknown(), reloads()}},
		},
	}
}

func providerStats() []Panel {
	failed := stat("Calls that fail", "Share of all calls that a provider did not answer as it should.", Share,
		share(sum("", rate(providers.MetricRequests, notOurs, `outcome!="ok"`)), sum("", rate(providers.MetricRequests, notOurs))),
		"ProviderDown", Step{0, Well}, Step{.1, Look}, Step{.5, Trouble})
	failed.Empty = "no failed calls"
	return wide(6,
		stat("Calls", "Calls to all providers in a minute, moderation and help with words included.", PerMinute, minutely("", providers.MetricRequests), "ProviderDown", Step{0, Counts}),
		failed,
		stat("Spent today", "What calls of the last 24 hours cost, by what providers said or else by estimate.", Dollars, daily(providers.MetricCostDollars), "ProviderDown", Step{0, Counts}),
		stat("Calls of unknown end, today", "Paid calls of which nobody knows what became. They are not made again; each may be money lost.", Number,
			daily(providers.MetricAttemptUnknown), "ProviderDown", Step{0, Well}, Step{3, Look}, Step{20, Trouble}),
	)
}

// standings are the states of a provider by how bad they are; 0 is closed.
func standings() []Word {
	return []Word{
		{0, "works", Well},
		{1, "coming back", Counts},
		{2, "on trial", Aside},
		{3, "cooling down", Look},
		{4, "left alone", Trouble},
		{5, "key refused", Idle},
	}
}

func states() Panel {
	all := []providers.State{
		providers.StateClosed, providers.StateRamping, providers.StateHalfOpen, providers.StateCooling, providers.StateOpen, providers.StateDisabled,
	}
	parts := make([]string, len(all))
	for i, s := range all {
		parts[i] = strconv.Itoa(i) + " * " + pick(providers.MetricState, `state="`+string(s)+`"`)
	}
	return Panel{
		Title: "How providers stand", Kind: Timeline, Unit: Number, Width: 24, Height: 7, Runbook: "ProviderDown",
		About:   "How the best route of each provider stands. left alone: all of them failed too often, others are asked; cooling down: it said how long to wait; key refused: it waits for you.",
		Queries: one(most("provider", strings.Join(parts, " or ")), "{{provider}}"), Words: standings(), Steps: []Step{{0, Well}, {1, Counts}, {2, Aside}, {3, Look}, {4, Trouble}, {5, Idle}},
	}
}

func callEnds() Panel {
	return Panel{
		Title: "How calls end", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Stack: true, Runbook: "ProviderDown",
		About:   "Calls by outcome. rejected is content a provider would not paint, rate_limited its pace, transient a failure that costs nothing, unknown one that may have cost, context our own deadline.",
		Queries: one(minutely("outcome", providers.MetricRequests), "{{outcome}}"),
		Colors:  map[string]string{"ok": Well, "transient": Trouble, "unknown": Aside, "rejected": Look, "rate_limited": Counts, "context": Idle, "canceled": Idle},
	}
}

func inflight() Panel {
	return Panel{
		Title: "Calls under way", Kind: Series, Unit: Number, Width: 8, Height: 7, Stack: true, Runbook: "PoolSaturated",
		About:   "Calls all processes wait for, by provider.",
		Queries: one(sum("provider", providers.MetricInflight), "{{provider}}"),
	}
}

func callTimes() Panel {
	return Panel{
		Title: "How long calls take", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "ProviderDown",
		About:   "95% of a provider's calls took at most this long, to the last image.",
		Queries: one(quantile(.95, "provider", providers.MetricRequestDurationSeconds), "{{provider}}"),
	}
}

func callSpread() Panel {
	return Panel{
		Title: "How long calls take, spread", Kind: Heat, Unit: Seconds, Width: 8, Height: 7, Runbook: "ProviderDown",
		About:   "How all calls spread. Two bands are fast and slow models; a band at the top is calls that run into their deadline.",
		Queries: one(spread(providers.MetricRequestDurationSeconds), ""),
	}
}

func stages() Panel {
	return Panel{
		Title: "Where the time goes", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Stack: true, Runbook: "QueueLatencyHigh",
		About:   "Average time a request spends in each stage. Together they are about what a person waits.",
		Queries: one(share(sum("stage", rate(workers.MetricGenerationStageDurationSeconds+"_sum")), sum("stage", rate(workers.MetricGenerationStageDurationSeconds+"_count"))), "{{stage}}"),
	}
}

func spend(width int) Panel {
	return Panel{
		Title: "What calls cost, an hour", Kind: Series, Unit: Dollars, Width: width, Height: 7, Stack: true, Runbook: "ProviderDown",
		About:   "Dollars an hour at the present pace, by provider.",
		Queries: one("3600 * "+sum("provider", rate(providers.MetricCostDollars)), "{{provider}}"), Empty: "nothing is paid for",
	}
}

func unknown() Panel {
	return Panel{
		Title: "Paid for nothing", Kind: Series, Unit: Dollars, Width: 8, Height: 7, Runbook: "ProviderDown",
		About:   "Dollars an hour for calls that earned nothing: failed after they were billed, came too late, or ended nobody knows how.",
		Queries: one("3600 * "+sum("", rate(workers.MetricProviderLossMicrodollars))+" / 1e6", "lost"), Colors: map[string]string{"lost": Trouble},
	}
}

func reloads() Panel {
	return Panel{
		Title: "Models and rules read again", Kind: Series, Unit: Number, Width: 8, Height: 7, Runbook: "ProviderDown",
		About:   "How often the file of models was read again, by outcome. With an error the models and prices of before stay in force.",
		Queries: one("sum by (outcome) (increase("+providers.MetricCatalogueReloads+window+"))", "{{outcome}}"),
		Colors:  map[string]string{"ok": Well, "error": Trouble},
	}
}
