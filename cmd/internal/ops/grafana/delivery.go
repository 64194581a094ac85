package grafana

import (
	"github.com/imagika/imagika/cmd/internal/bot"
	"github.com/imagika/imagika/cmd/internal/site"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/telegram"
)

func delivery() Dashboard {
	return Dashboard{
		UID: "imagika-telegram", Title: "Imagika · Telegram",
		About: "What comes from Telegram, what goes there, and what it says to that.",
		Rows: []Row{
			{Panels: telegramStats()},
			{Title: "In", Panels: []Panel{updates(), lag(), acks(8)}},
			{Title: "Out", Panels: []Panel{calls(), callLatency(), sends()}},
			{Title: "Limits", Panels: []Panel{told(), waitingResults(8), hooks()}},
		},
	}
}

func telegramStats() []Panel {
	return wide(4,
		stat("Updates", "Messages, presses and payments that come in, a minute.", PerMinute, minutely("", bot.MetricUpdates), "BotBehind", Step{0, Counts}),
		stat("Waiting at Telegram", "Updates Telegram still keeps for us, asked about once a minute.", Number,
			most("", bot.MetricPendingUpdates), "BotBehind", Step{0, Well}, Step{100, Look}, Step{1000, Trouble}),
		stat("Calls", "Calls of the Bot API in a minute, of all methods.", PerMinute, minutely("", telegram.MetricRequests), "TelegramFlood", Step{0, Counts}),
		stat("Told to slow down", "Share of calls that Telegram refused because we send too fast.", Share,
			sum("", rate(telegram.MetricRequests, `code="rate_limited"`))+" / ("+sum("", rate(telegram.MetricRequests, `code!="held"`))+" > 0)",
			"TelegramFlood", Step{0, Well}, Step{.005, Look}, Step{.02, Trouble}),
		stat("Not sure it arrived, today", "Messages whose answer was lost. They are not sent again; the person is offered a button instead.", Number,
			daily(workers.MetricDeliverySent, `outcome="uncertain"`), "DeliveryBacklog", Step{0, Well}, Step{10, Look}),
		stat("To be sent", "Results and other messages that are ready and not with their people yet.", Number,
			"sum("+most("kind", workers.MetricDeliveryPending)+")", "DeliveryBacklog", Step{0, Well}, Step{200, Look}, Step{2000, Trouble}),
	)
}

func updates() Panel {
	return Panel{
		Title: "Updates", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Stack: true, Runbook: "BotBehind",
		About:   "What comes in, by type. Silence at a busy hour is a bot that Telegram cannot reach, or a second program that takes its updates.",
		Queries: one(minutely("type", bot.MetricUpdates), "{{type}}"),
	}
}

func lag() Panel {
	return Panel{
		Title: "How late messages come", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "BotBehind",
		About: "From when a person sent a message to when we have it; Telegram counts whole seconds.",
		Queries: []Query{
			{quantile(.5, "", bot.MetricUpdateLagSeconds), "half"},
			{quantile(.95, "", bot.MetricUpdateLagSeconds), "95%"},
		},
		Colors: map[string]string{"half": Counts, "95%": Look}, Steps: []Step{{0, Well}, {60, Trouble}},
	}
}

func calls() Panel {
	return Panel{
		Title: "Calls by outcome", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Stack: true, Runbook: "TelegramFlood",
		About:   "Calls of the Bot API by what came of them. held was not made because Telegram had asked us to wait.",
		Queries: one(minutely("code", telegram.MetricRequests), "{{code}}"),
		Colors:  map[string]string{"ok": Well, "held": Idle, "not_modified": Idle, "rate_limited": Look, "transient": Aside, "unauthorized": Trouble, "blocked": Counts},
	}
}

func callLatency() Panel {
	return Panel{
		Title: "How long calls take", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "TelegramFlood",
		About:   "95% of a method's calls took at most this long. Those with pictures take longer.",
		Queries: one(quantile(.95, "method", telegram.MetricRequestDurationSeconds), "{{method}}"),
	}
}

func sends() Panel {
	return Panel{
		Title: "Messages by outcome", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Stack: true, Runbook: "DeliveryBacklog",
		About:   "What people were told and shown, by outcome. throttled, transient and interrupted are tried again; blocked is a person who left; refused one Telegram does not take.",
		Queries: one(minutely("outcome", workers.MetricDeliverySent), "{{outcome}}"),
		Colors:  map[string]string{"sent": Well, "throttled": Look, "transient": Aside, "interrupted": Aside, "blocked": Idle, "refused": Trouble, "uncertain": Trouble},
	}
}

func told() Panel {
	return Panel{
		Title: "Seconds Telegram asked us to wait", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "TelegramFlood",
		About:   "Seconds of waiting it asked for, in each minute. A steady line means that our own pace is set too high.",
		Queries: one("60 * "+sum("", rate(telegram.MetricRetryAfterSeconds)), "asked"), Colors: map[string]string{"asked": Look},
	}
}

func hooks() Panel {
	return Panel{
		Title: "Website and hooks", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Runbook: "BotBehind",
		About:   "Requests the website answered, by route: pages, webhooks of Telegram, and calls of providers that say a picture is ready.",
		Queries: one(minutely("route", site.MetricRequests), "{{route}}"), Empty: "no requests",
	}
}
