package grafana

import (
	"github.com/imagika/imagika/cmd/internal/bot"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers"
)

func pools() Dashboard {
	return Dashboard{
		UID: "imagika-queues", Title: "Imagika · Queues and pools",
		About: "What waits, who works on it, and how many replicas it takes.",
		Rows: []Row{
			{Panels: queueStats()},
			{Title: "Now", Panels: []Panel{queuesNow(), poolsNow()}},
			{Title: "Waiting", Panels: []Panel{oldest(8), pickup(), pickupSpread()}},
			{Title: "Working", Panels: []Panel{busy(8), taskEnds(), taskTimes()}},
			{Title: "Scaling and repair", Panels: []Panel{replicas(), givenUp(), repaired(), heads()}},
		},
	}
}

func queueStats() []Panel {
	state := func(s string) string { return "sum(" + most("queue", pick(queue.MetricSize, `state="`+s+`"`)) + ")" }
	return []Panel{
		stat("Waiting", "Tasks that could start now, in all queues.", Number, state("pending"), "QueueLatencyHigh", Step{0, Counts}),
		stat("At work", "Tasks that run now, in all pools and processes.", Number, state("active"), "PoolSaturated", Step{0, Counts}),
		stat("Waiting for another try", "Tasks that failed and are tried again later.", Number, state("retry"), "DeadLettersGrowing", Step{0, Well}, Step{50, Look}, Step{500, Trouble}),
		stat("Given up", "Tasks in the archive. It holds 10,000 and forgets the oldest without a word.", Number, state("archived"), "DeadLetterSetNearLimit", Step{0, Well}, Step{1, Look}, Step{8000, Trouble}),
		stat("Paused queues", "Queues nobody may take tasks from until they are resumed.", Number, "sum("+most("queue", queue.MetricPaused)+")", "QueuePausedTooLong", Step{0, Well}, Step{1, Look}),
		stat("Chats without a worker", "Chats with messages that nobody works on; the sweeper resumes them within seconds.", Number, most("", queue.MetricLaneStranded), "QueueStalled", Step{0, Well}, Step{1, Look}, Step{20, Trouble}),
	}
}

func queuesNow() Panel {
	state := func(s string) string { return most("queue", pick(queue.MetricSize, `state="`+s+`"`)) }
	return Panel{
		Title: "Queues now", Kind: Table, Unit: Number, Width: 13, Height: 8, Runbook: "QueueStalled",
		About: "Each queue: what waits and runs, what comes later, how old the first is and how old it may get.",
		Queries: []Query{
			{state("pending"), "Waiting"},
			{state("active"), "At work"},
			{state("scheduled"), "Later"},
			{state("retry"), "Again"},
			{state("archived"), "Given up"},
			{most("queue", queue.MetricOldestPendingSeconds), "Oldest"},
			{most("queue", queue.MetricLatencyTargetSeconds), "Promise"},
			{most("queue", queue.MetricPaused), "Paused"},
		},
		Units: map[string]string{"Oldest": Seconds, "Promise": Seconds},
	}
}

func poolsNow() Panel {
	return Panel{
		Title: "Pools now", Kind: Table, Unit: Number, Width: 11, Height: 8, Runbook: "PoolSaturated",
		About: "Each pool over all its processes: slots, how many work, and when one last ended a task.",
		Queries: []Query{
			{"count by (pool) (" + queue.MetricSlots + ")", "Processes"},
			{sum("pool", queue.MetricSlots), "Slots"},
			{sum("pool", queue.MetricBusy), "Busy"},
			{most("pool", recordedUtilization), "In use"},
			{"time() - " + most("pool", queue.MetricLastProgressTimestampSeconds), "Last done"},
		},
		Units: map[string]string{"In use": Share, "Last done": Seconds},
	}
}

func pickup() Panel {
	return Panel{
		Title: "Wait before the start", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "QueueLatencyHigh",
		About:   "95% of a pool's tasks started within this time after they could have. Waits between tries are part of it.",
		Queries: one(quantile(.95, "pool", queue.MetricPickupSeconds), "{{pool}}"),
	}
}

func pickupSpread() Panel {
	return Panel{
		Title: "Wait before the start, spread", Kind: Heat, Unit: Seconds, Width: 8, Height: 7, Runbook: "QueueLatencyHigh",
		About:   "How waits spread over all pools. A dark band that moves up is everybody waiting; a thin one far up is a few.",
		Queries: one(spread(queue.MetricPickupSeconds), ""),
	}
}

func taskEnds() Panel {
	return Panel{
		Title: "How tasks end", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Stack: true, Runbook: "DeadLettersGrowing",
		About:   "Runs of tasks by outcome. later is a limit that is nobody's fault, retry a failure that is tried again, archive one that is given up, panic a bug.",
		Queries: one(minutely("outcome", queue.MetricTasks), "{{outcome}}"),
		Colors:  map[string]string{"ok": Well, "later": Counts, "retry": Look, "drop": Idle, "archive": Trouble, "panic": Aside},
	}
}

func taskTimes() Panel {
	return Panel{
		Title: "How long tasks run", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "PoolSaturated",
		About:   "95% of a type's runs took at most this long.",
		Queries: one(quantile(.95, "type", queue.MetricRunSeconds), "{{type}}"),
	}
}

func replicas() Panel {
	return Panel{
		Title: "Replicas wanted", Kind: Series, Unit: Number, Width: 6, Height: 7, Runbook: "PoolSaturated",
		About: "What waits and runs, divided by the slots of one process and rounded up: how many processes each pool would fill. imagika admin scale says more.",
		Queries: one(`ceil(max by (pool) (label_replace(`+recordedWork+`, "pool", "$1", "queue", "(.*)")) / on (pool) `+
			most("pool", queue.MetricSlots)+")", "{{pool}}"),
	}
}

func givenUp() Panel {
	return Panel{
		Title: "Given up", Kind: Series, Unit: Number, Width: 6, Height: 7, Stack: true, Runbook: "DeadLettersGrowing",
		About:   "Tasks and messages that were given up in the last hour, by queue.",
		Queries: one(hourly("queue", queue.MetricDeadLetters), "{{queue}}"),
	}
}

func repaired() Panel {
	return Panel{
		Title: "What the sweeper mended", Kind: Series, Unit: PerMinute, Width: 6, Height: 7, Runbook: "QueueStalled",
		About:   "Rows and chats whose task was lost and enqueued again, by what they are. A few after a restart are normal; a steady flow is not.",
		Queries: one(minutely("what", workers.MetricSweepRepaired), "{{what}}"), Empty: "nothing to mend",
	}
}

func heads() Panel {
	return Panel{
		Title: "Messages handled in order", Kind: Series, Unit: PerMinute, Width: 6, Height: 7, Stack: true, Runbook: "DeadLettersGrowing",
		About:   "Messages and presses that left the line of their chat. dead is one that broke the worker again and again and was put aside.",
		Queries: one(minutely("outcome", queue.MetricLaneHeads), "{{outcome}}"),
		Colors:  map[string]string{"done": Well, "failed": Look, "later": Counts, "dead": Trouble, "lost": Aside},
	}
}

func acks(width int) Panel {
	return Panel{
		Title: "Wait for the effect", Kind: Series, Unit: Seconds, Width: width, Height: 7, Runbook: "BotBehind",
		About:   "An update is acknowledged when its effect is in the database. 95% of them took at most this long; after five seconds it is acknowledged without.",
		Queries: one(quantile(.95, "", bot.MetricUpdateDurationSeconds), "95%"), Steps: []Step{{0, Well}, {5, Trouble}},
	}
}
