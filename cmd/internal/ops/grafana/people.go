package grafana

import (
	"github.com/imagika/imagika/cmd/internal/site/visits"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/moderation"
)

func people() Dashboard {
	return Dashboard{
		UID: "imagika-people", Title: "Imagika · People",
		About: "Who uses it, what the rules refuse, and what people ask for. Numbers only: no metric knows who anybody is.",
		Rows: []Row{
			{Panels: active()},
			{Title: "Use", Panels: []Panel{wishes(), estimates(), rejections()}},
			{Title: "Rules", Panels: []Panel{verdicts(), checks(), strikes()}},
			{Title: "What people ask for", Panels: []Panel{desk(), reports(), tickets()}},
			{Title: "Their data", Panels: []Panel{rights(), pastTime(), untold()}},
			{Title: "The website", Panels: []Panel{pageViews(), uncounted()}},
		},
	}
}

func active() []Panel {
	people := func(window, title string) Panel {
		return stat(title, "People who asked for a picture within the time, counted every five minutes.", Number,
			most("", pick(workers.MetricActivePeople, `window="`+window+`"`)), "README", Step{0, Counts})
	}
	return append(wide(6, people("1d", "People today"), people("7d", "People this week"), people("30d", "People this month")), wide(6,
		stat("Wait for an operator", "Appeals, requests for help and grants that wait for you.", Number, "sum("+most("what", workers.MetricDeskWaiting)+")",
			"DeskWaiting", Step{0, Well}, Step{1, Look}))...)
}

func wishes() Panel {
	return Panel{
		Title: "Pictures asked for", Kind: Series, Unit: PerMinute, Width: 8, Height: 8, Stack: true, Runbook: "ErrorBudgetFastBurn",
		About:   "Requests that were taken in, by what the person pays.",
		Queries: one(minutely("tier", workers.MetricGenerationSubmitted), "{{tier}}"),
		Colors:  map[string]string{"free": Counts, "paid": Well, "operator": Idle},
	}
}

func rejections() Panel {
	return Panel{
		Title: "Not taken in", Kind: Series, Unit: PerMinute, Width: 8, Height: 8, Stack: true, Runbook: "Moderation",
		About:   "Requests that were not taken in, by reason: no credits, too many at once, rules. Nothing was charged.",
		Queries: one(minutely("reason", workers.MetricGenerationRejected), "{{reason}}"),
	}
}

// hourly is by how much counters grew in the last hour.
func hourly(by, metric string) string { return sum(by, "increase("+metric+"[1h])") }

func estimates() Panel {
	return Panel{
		Title: "Waits against what was promised", Kind: Series, Unit: Share, Width: 8, Height: 8, Runbook: "QueueLatencyHigh",
		About:   "How long people waited as a share of the later end of what they were told at first. 80% of them should be below 100%.",
		Queries: one(quantile(.8, "line", workers.MetricGenerationEstimateRatio), "{{line}} before them"), Steps: []Step{{0, Well}, {1, Look}}, Empty: "no estimates",
	}
}

func verdicts() Panel {
	return Panel{
		Title: "What the rules refused", Kind: Series, Unit: Number, Width: 8, Height: 7, Stack: true, Runbook: "Moderation",
		About:   "Prompts the rules did not let through as they were in the last hour, by category and action.",
		Queries: one(sum("category, action", "increase("+pick(moderation.MetricVerdicts, `action!="pass"`)+"[1h])"), "{{category}} {{action}}"), Empty: "nothing refused",
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
		Title: "Strikes, bans and appeals", Kind: Series, Unit: Number, Width: 8, Height: 7, Runbook: "Moderation",
		About: "Strikes against people, people banned, and appeals made, in the last hour.",
		Queries: []Query{
			{hourly("", workers.MetricModerationStrikes), "strikes"},
			{hourly("", workers.MetricModerationBans), "bans"},
			{hourly("", workers.MetricModerationAppeals), "appeals"},
		},
		Colors: map[string]string{"strikes": Look, "bans": Trouble, "appeals": Counts},
	}
}

func desk() Panel {
	return Panel{
		Title: "How long people wait for an operator", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "DeskWaiting",
		About:   "Age of the oldest appeal, request for help, grant and refund that is not decided or done.",
		Queries: one(most("what", workers.MetricDeskOldestSeconds), "{{what}}"), Steps: []Step{{0, Well}, {86400, Look}},
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

func rights() Panel {
	return Panel{
		Title: "Requests about data", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "RightsLate",
		About:   "Age of the oldest request of each kind that is not answered: to see, get, correct or erase what is kept. They have 28 days.",
		Queries: one(most("right", workers.MetricRightsOldestSeconds), "{{right}}"), Steps: []Step{{0, Well}, {86400, Look}, {20 * 86400, Trouble}}, Empty: "nobody waits",
	}
}

func pastTime() Panel {
	return Panel{
		Title: "Past its time", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "RetentionLate",
		About:   "For how long the oldest of each kind of data should have been deleted. It is, every ten minutes.",
		Queries: one(most("kind", workers.MetricRetentionOverdueSeconds), "{{kind}}"), Steps: []Step{{0, Well}, {3600, Look}, {6 * 3600, Trouble}}, Empty: "nothing",
	}
}

func untold() Panel {
	return Panel{
		Title: "Breaches not told yet", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "BreachUntold",
		About:   "For how long a breach is known that the authority was not told of. There are 72 hours.",
		Queries: one(most("", workers.MetricBreachUntoldSeconds), "since the discovery"), Steps: []Step{{0, Well}, {1, Look}, {48 * 3600, Trouble}}, Empty: "none",
	}
}

func pageViews() Panel {
	return Panel{
		Title: "Pages seen", Kind: Series, Unit: Number, Width: 12, Height: 7, Stack: true, Runbook: "README",
		About:   "Views of pages in the last hour, without those who do not want to be counted. More of it, by country and who led here: imagika admin visits.",
		Queries: one(hourly("page", visits.MetricPageViews), "{{page}}"), Empty: "nobody came",
	}
}

func uncounted() Panel {
	return Panel{
		Title: "Visitors, and requests that were none", Kind: Series, Unit: Number, Width: 12, Height: 7, Runbook: "README",
		About: "Visitors who came in the last hour and were new that day, and requests by programs or for pages that nobody saw. full are views of more visitors than there is room for: a flood.",
		Queries: []Query{
			{hourly("", visits.MetricVisitors), "visitors"},
			{hourly("reason", visits.MetricUncounted), "{{reason}}"},
		},
		Colors: map[string]string{"visitors": Well, "bot": Idle, "full": Trouble},
	}
}
