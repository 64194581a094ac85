package grafana

import (
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/moderation"
)

func people() Dashboard {
	return Dashboard{
		UID: "imagika-people", Title: "Imagika · People",
		About: "Who uses it, what the rules refuse, and what people ask for. Numbers only: no metric knows who anybody is.",
		Rows: []Row{
			{Title: "Use", Panels: []Panel{endings(12), estimates()}},
			{Title: "Rules", Panels: []Panel{verdicts(), checks(), strikes()}},
			{Title: "What people ask for", Panels: []Panel{appeals(), reports(), tickets()}},
		},
	}
}

// hourly is by how much counters grew in the last hour.
func hourly(by, metric string) string { return sum(by, "increase("+metric+"[1h])") }

func estimates() Panel {
	return Panel{
		Title: "Waits against what was promised", Kind: Series, Unit: Share, Width: 12, Height: 8, Runbook: "QueueLatencyHigh",
		About:   "How long people waited as a share of the later end of what they were told at first. 80% of them should be below 100%.",
		Queries: one(quantile(.8, "line", workers.MetricGenerationEstimateRatio), "{{line}} before them"), Steps: []Step{{0, Well}, {1, Look}}, Empty: "no estimates",
	}
}

func verdicts() Panel {
	return Panel{
		Title: "What the rules refused", Kind: Series, Unit: Number, Width: 8, Height: 7, Stack: true, Runbook: "Moderation",
		About:   "Prompts the rules judged in the last hour, by category and action.",
		Queries: one(hourly("category, action", moderation.MetricVerdicts), "{{category}} {{action}}"), Empty: "nothing judged",
	}
}

func checks() Panel {
	return Panel{
		Title: "What moderators said", Kind: Series, Unit: Number, Width: 8, Height: 7, Stack: true, Runbook: "ModeratorSilent",
		About:   "Requests and results a moderating provider was asked about in the last hour. unanswered means that nobody judged.",
		Queries: one(hourly("outcome", workers.MetricModerationChecks), "{{outcome}}"),
		Colors:  map[string]string{"passed": Well, "refused": Look, "unanswered": Trouble}, Empty: "nobody was asked",
	}
}

func strikes() Panel {
	return Panel{
		Title: "Strikes and bans", Kind: Series, Unit: Number, Width: 8, Height: 7, Runbook: "Moderation",
		About: "Strikes against people, people banned, and requests not taken because of refusals before, in the last hour.",
		Queries: []Query{
			{hourly("", workers.MetricModerationStrikes), "strikes"},
			{hourly("", workers.MetricModerationBans), "bans"},
			{hourly("", workers.MetricModerationSlowed), "slowed"},
		},
		Colors: map[string]string{"strikes": Look, "bans": Trouble, "slowed": Idle},
	}
}

func appeals() Panel {
	return Panel{
		Title: "Appeals", Kind: Series, Unit: Number, Width: 8, Height: 7, Runbook: "Moderation",
		About:   "Appeals made, accepted and rejected in the last hour. More made than decided: somebody waits for you.",
		Queries: one(hourly("outcome", workers.MetricModerationAppeals), "{{outcome}}"),
		Colors:  map[string]string{"made": Counts, "accepted": Well, "rejected": Look}, Empty: "no appeals",
	}
}

func reports() Panel {
	return Panel{
		Title: "Reports", Kind: Series, Unit: Number, Width: 8, Height: 7, Stack: true, Runbook: "Moderation",
		About:   "Results that people reported in the last hour, by reason.",
		Queries: one(hourly("reason", workers.MetricModerationReports), "{{reason}}"), Empty: "no reports",
	}
}

func tickets() Panel {
	return Panel{
		Title: "Requests for help", Kind: Series, Unit: Number, Width: 8, Height: 7, Runbook: "PaymentProblem",
		About:   "Requests about payments in the last hour: opened, added to, answered, closed.",
		Queries: one(hourly("event", workers.MetricShopTickets), "{{event}}"),
		Colors:  map[string]string{"opened": Look, "added": Counts, "answered": Well, "closed": Idle}, Empty: "no requests",
	}
}
