package grafana

import (
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// starDollars is what a Star is worth to the operator, as an input of the dashboard.
const starDollars = "$star_usd"

func money() Dashboard {
	return Dashboard{
		UID: "imagika-money", Title: "Imagika · Money and margin",
		About:  "Stars in, Stars back, dollars to providers, what remains, and whether the books agree.",
		Inputs: []Input{{"star_usd", "Dollars for a Star", "0.013"}},
		Rows: []Row{
			{Panels: moneyStats()},
			{Title: "In and out", Panels: []Panel{inAndOut(), paymentEnds(), refunds()}},
			{Title: "At the till", Panels: []Panel{checkouts(), checkoutTimes(), orders()}},
			{Title: "The books", Panels: append(bookStats(), entries(), holders("Credits people have", workers.MetricLedgerLeftCredits, "source",
				"Credits nobody has spent yet, by where they came from: what is owed in pictures. As of the last proof of the books."),
				holders("The house's accounts", workers.MetricLedgerHouseCredits, "account",
					"Balances of the house. With what people have they come to zero. As of the last proof of the books."))},
			{Title: "What must hold", Panels: promises()},
		},
	}
}

func moneyStats() []Panel {
	kept := "(" + daily(workers.MetricShopStars) + " - " + daily(workers.MetricShopRefundedStars) + ")"
	earned := kept + " * " + starDollars
	margin := stat("Margin today", "What remains of the day's Stars after providers, as a share. Stars that went back are not counted.", Share,
		"("+earned+" - "+daily(providers.MetricCostDollars)+") / ("+earned+" > 0)", "PaymentProblem", Step{-1e9, Trouble}, Step{0, Look}, Step{.3, Well})
	margin.Empty = "no Stars yet"
	return []Panel{
		stat("Stars in, today", "Stars that were paid in the last 24 hours.", Number, daily(workers.MetricShopStars), "PaymentProblem", Step{0, Counts}),
		stat("Stars back, today", "Stars that went back to people in the last 24 hours.", Number, daily(workers.MetricShopRefundedStars), "RefundsFailing", Step{0, Counts}),
		stat("Providers, today", "What providers cost in the last 24 hours.", Dollars, daily(providers.MetricCostDollars), "ProviderDown", Step{0, Counts}),
		stat("Left today", "Dollars that remain of the last 24 hours, at the price of a Star above.", Dollars, earned+" - "+daily(providers.MetricCostDollars), "PaymentProblem", Step{-1e9, Trouble}, Step{0, Well}),
		margin,
		stat("For nothing, today", "What was paid for calls that earned nothing in the last 24 hours.", Dollars, daily(workers.MetricProviderLossMicrodollars)+" / 1e6", "ProviderDown", Step{0, Well}, Step{1, Look}, Step{20, Trouble}),
	}
}

func inAndOut() Panel {
	return Panel{
		Title: "In and out, an hour", Kind: Series, Unit: Dollars, Width: 8, Height: 7, Runbook: "PaymentProblem",
		About: "Dollars an hour that come in by Stars, at the price above, and that go out to providers.",
		Queries: []Query{
			{"3600 * " + sum("", rate(workers.MetricShopStars)) + " * " + starDollars, "in"},
			{"3600 * " + sum("", rate(providers.MetricCostDollars)), "out"},
		},
		Colors: map[string]string{"in": Well, "out": Look},
	}
}

func paymentEnds() Panel {
	return Panel{
		Title: "Payments", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Stack: true, Runbook: "PaymentProblem",
		About:   "Payments by outcome. paid and renewed are well, duplicate is one Telegram told twice; anything else was not as ordered and waits for an operator.",
		Queries: one(minutely("outcome", workers.MetricShopPayments), "{{outcome}}"),
		Colors:  map[string]string{"paid": Well, "renewed": Counts, "duplicate": Idle, "kept": Trouble},
	}
}

func refunds() Panel {
	return Panel{
		Title: "Refunds", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Stack: true, Runbook: "RefundsFailing",
		About:   "Payments that go back: asked for, done, refused by Telegram, or taken back by Telegram unasked, at worst leaving a debt.",
		Queries: one(minutely("outcome", workers.MetricShopRefunds), "{{outcome}}"),
		Colors:  map[string]string{"asked": Counts, "done": Well, "refused": Trouble, "reversed": Look, "debt": Aside},
	}
}

func checkouts() Panel {
	return Panel{
		Title: "Questions before a payment", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Stack: true, Runbook: "CheckoutsLate",
		About:   "Telegram asks before it takes a person's Stars. What is answered late, or not, is a sale lost.",
		Queries: one(minutely("outcome", workers.MetricShopCheckouts), "{{outcome}}"),
		Colors:  map[string]string{"ok": Well, "late": Trouble, "trouble": Trouble},
	}
}

func checkoutTimes() Panel {
	return Panel{
		Title: "Time to answer them", Kind: Series, Unit: Seconds, Width: 8, Height: 7, Runbook: "CheckoutsLate",
		About: "From the arrival of such a question to its answer. Telegram waits ten seconds.",
		Queries: []Query{
			{quantile(.5, "", workers.MetricShopCheckoutSeconds), "half"},
			{quantile(.99, "", workers.MetricShopCheckoutSeconds), "99%"},
		},
		Colors: map[string]string{"half": Counts, "99%": Look}, Steps: []Step{{0, Well}, {8, Trouble}}, Empty: "no questions",
	}
}

func orders() Panel {
	return Panel{
		Title: "Orders", Kind: Series, Unit: Number, Width: 8, Height: 7, Runbook: "PaymentProblem",
		About:   "Orders that were made in the last hour, by pack: what people look at, paid or not.",
		Queries: one("sum by (pack) (increase("+workers.MetricShopOrders+"[1h]))", "{{pack}}"), Empty: "no orders",
	}
}

// promises are about every invariant, those of the books among them.
func promises() []Panel {
	return append(
		wide(6,
			stat("Promises broken", "Rows that contradict what must always hold, in the last look at what is new and in that of the night at all there is. Anything but 0 is wrong.", Number,
				"sum("+most("group, scope", pick(workers.MetricVerifyViolations, `kind="broken"`))+")", "InvariantBroken", Step{0, Well}, Step{1, Trouble}),
			stat("Work overdue", "Rows of work that should have come to an end by now and has not: nobody looks after it, or its queue is paused.", Number,
				"sum("+most("group", pick(workers.MetricVerifyViolations, `kind="late"`))+")", "WorkOverdue", Step{0, Well}, Step{1, Look}),
			stat("Looked at", "How long ago what is new was last held against every invariant; it is every hour.", Seconds,
				"time() - "+most("", pick(workers.MetricVerifyTimestampSeconds, `scope="recent"`)), "VerifyStale", Step{0, Well}, Step{2 * 3600, Look}),
			stat("A look takes", "How long the look of the hour took. It grows with what happens, not with what happened.", Seconds,
				most("", pick(workers.MetricVerifyDurationSeconds, `scope="recent"`)), "VerifyStale", Step{0, Well}, Step{60, Look}),
		),
		Panel{
			Title: "Where", Kind: Series, Unit: Number, Width: 24, Height: 6, Stack: true, Runbook: "InvariantBroken",
			About:   "Rows that contradict an invariant, by what it is about. broken must never be, late should have come to an end. imagika admin verify names them.",
			Queries: one(most("group, kind", workers.MetricVerifyViolations)+" > 0", "{{group}} {{kind}}"), Empty: "nothing",
		},
	)
}

func bookStats() []Panel {
	return wide(6,
		stat("Errors in the books", "What the last proof of the whole ledger found wrong. Anything but 0 is about people's money.", Number,
			most("", workers.MetricLedgerViolations), "LedgerMismatch", Step{0, Well}, Step{1, Trouble}),
		stat("Proved", "How long ago the whole ledger was proved; it is every night.", Seconds,
			"time() - "+most("", workers.MetricLedgerVerifiedTimestampSeconds), "LedgerReconciliationStale", Step{0, Well}, Step{30 * 3600, Look}),
		stat("Oldest hold", "How long credits have been set aside for the oldest request that is not over.", Seconds,
			most("", workers.MetricLedgerOldestHoldSeconds), "HoldsStuck", Step{0, Well}, Step{900, Look}, Step{3600, Trouble}),
		stat("Differences with Telegram, today", "Differences the comparison with Telegram's list of payments found in the last 24 hours.", Number,
			daily(workers.MetricShopFindings), "PaymentsUnmatched", Step{0, Well}, Step{1, Look}),
	)
}

func entries() Panel {
	return Panel{
		Title: "Entries", Kind: Series, Unit: PerMinute, Width: 8, Height: 7, Stack: true, Runbook: "LedgerMismatch",
		About:   "Entries of the ledger, by kind: a hold sets credits aside, a capture spends them, a release gives them back.",
		Queries: one(minutely("kind", storage.MetricLedgerEntries), "{{kind}}"),
		Colors:  map[string]string{"hold": Counts, "capture": Well, "release": Idle, "refund": Look, "clawback": Trouble},
	}
}

func holders(title, metric, label, about string) Panel {
	return Panel{
		Title: title, Kind: Series, Unit: Number, Width: 8, Height: 7, Signed: true, Runbook: "LedgerMismatch",
		About: about, Queries: one(most(label, metric), "{{"+label+"}}"), Empty: "not proved yet",
	}
}
