package main

// suites are run in this order. Each compares within itself, in turns, so that what else the machine does strikes all alike.
func suites() []suite {
	const (
		app     = "./cmd/internal/app"
		queue   = "./queue"
		storage = "./storage"
	)
	return []suite{
		{name: "ingestion", pkg: app, bench: "^BenchmarkIngest$", time: "1x"},
		{name: "pickup", pkg: queue, bench: "^BenchmarkPickup$/^real$", time: "300x"},
		{name: "generations", pkg: app, bench: "^BenchmarkGenerations$", time: "1x", large: []string{"-bench.pictures", "3000", "-bench.rounds", "5"}},
		{name: "relay", pkg: app, bench: "^BenchmarkRelay$", time: "1x"},
		{name: "checkout", pkg: app, bench: "^BenchmarkCheckout$", time: "1x"},
		{name: "queues", pkg: queue, bench: "^BenchmarkChains$", time: "1x"},
		{name: "memory", pkg: app, bench: "^BenchmarkInFlight$", time: "1x"},
		{name: "replies", pkg: "./providers/wire", bench: "^BenchmarkReplies$", time: "1x"},
		{name: "calls", pkg: "./providers/wire", bench: "^BenchmarkPost$", time: "1000x"},
		{name: "router", pkg: "./providers", bench: "^BenchmarkPick$", time: "1000x"},
		{name: "ledger", pkg: storage, bench: "^BenchmarkLedger$", time: "500x"},
		{name: "lobby", pkg: storage, bench: "^BenchmarkLobby$", time: "1x"},
		{name: "statements", pkg: storage, bench: "^BenchmarkPrepared$", time: "500x"},
		{name: "start", pkg: app, bench: "^BenchmarkStart$", time: "1x"},
		{name: "resume", pkg: app, bench: "^BenchmarkResume$", time: "1x"},
		{name: "scale", pkg: app, bench: "^BenchmarkScale$", time: "1x"},
		{name: "scale over a cluster", pkg: app, bench: "^BenchmarkScaleCluster$", time: "1x"},
		{name: "growth of the backlog", pkg: queue, bench: "^BenchmarkBacklog$", time: "1x", large: []string{"-backlog", "1000000"}},
		{name: "growth of people and history", pkg: storage, bench: "^BenchmarkGrowth$", time: "1x", large: []string{"-growth.people", "1000000", "-growth.history", "10000000"}},
	}
}

type section struct {
	heading string
	rows    []row
}

const generations = "Generations"

// sections are the table from the top.
func sections() []section {
	return []section{
		{"taking updates in", []row{
			{what: "acknowledged when enqueued, no workers", of: "Ingest/front", unit: "updates/s", shown: "updates/s", beside: "ratio", than: "raw asynq enqueue", aim: ratioFrom(.6)},
			{what: "the same, with workers beside", of: "Ingest/enqueue", unit: "updates/s", shown: "updates/s", beside: "ratio", than: "raw asynq enqueue"},
			{what: "until their effects are in SQL", of: "Ingest/enqueue", unit: "effects/s", shown: "updates/s"},
			{what: "acknowledged when their effect is in SQL", of: "Ingest/sql", unit: "updates/s", shown: "updates/s", beside: "ratio", than: "raw asynq enqueue", aim: atLeast(600)},
			{what: "pickup of an idle pool, p50", of: "Pickup/real", unit: "p50-ms", shown: "ms"},
			{what: "pickup of an idle pool, p99", of: "Pickup/real", unit: "p99-ms", shown: "ms", aim: atMost(50)},
		}},
		{"from a prompt to the picture in the chat, provider of no latency", []row{
			{what: "Imagika", of: generations, unit: "imagika/s", shown: "pictures/s", beside: "x_floor", than: "the bare chain", aim: ratioFrom(.5)},
			{what: "bare chain on asynq", of: generations, unit: "floor/s", shown: "pictures/s"},
			{what: "River over Postgres", of: generations, unit: "river/s", shown: "pictures/s", beside: "x_river", than: "Imagika's by River's", aim: ratioFrom(1)},
			{what: "latency at half of the load, p50", of: generations, unit: "half-p50-ms", shown: "ms"},
			{what: "latency at half of the load, p99", of: generations, unit: "half-p99-ms", shown: "ms", aim: atMost(250)},
			{what: "latency at 90% of the load, p50", of: generations, unit: "high-p50-ms", shown: "ms"},
			{what: "latency at 90% of the load, p99", of: generations, unit: "high-p99-ms", shown: "ms"},
			{what: "bare chain at half of its load, p99", of: generations, unit: "floor-half-p99-ms", shown: "ms"},
		}},
		{"cost of 1,000 pictures", costRows()},
		{"queues alone: chains of four tasks", []row{
			{what: "Imagika's queue", of: "Chains", unit: "imagika/s", shown: "chains/s", beside: "x_asynq", than: "asynq"},
			{what: "asynq", of: "Chains", unit: "asynq/s", shown: "chains/s"},
			{what: "BullMQ on Node", of: "Chains", unit: "bullmq/s", shown: "chains/s", beside: "x_bullmq", than: "Imagika's by BullMQ's"},
		}},
		{"conversations and money", []row{
			{what: "a relayed message, p50", of: "Relay", unit: "p50-ms", shown: "ms"},
			{what: "a relayed message, p99", of: "Relay", unit: "p99-ms", shown: "ms", aim: atMost(100)},
			{what: "the same, right after a start", of: "Relay", unit: "cold-p99-ms", shown: "ms"},
			{what: "processors of a relayed message", of: "Relay", unit: "cpu-ms/msg", shown: "ms"},
			{what: "question before a payment, 160 at once, p99", of: "Checkout", unit: "p99-ms", shown: "ms", aim: atMost(1000)},
			{what: "hold and capture, Postgres, 16 at once, many accounts", of: "Ledger/postgres/many/16", unit: "pairs/s", shown: "pairs/s", beside: "x_bare", than: "bare transactions"},
			{what: "hold and capture, Postgres, 16 at once, one account", of: "Ledger/postgres/one/16", unit: "pairs/s", shown: "pairs/s", beside: "x_bare", than: "bare transactions"},
			{what: "hold and capture, SQLite, 16 at once, many accounts", of: "Ledger/sqlite/many/16", unit: "pairs/s", shown: "pairs/s", beside: "x_bare", than: "bare transactions"},
			{what: "people matched, Postgres, 32 at once", of: "Lobby/postgres/32", unit: "matches/s", shown: "matches/s"},
			{what: "prompts held and canceled, SQLite", of: "Prepared", unit: "pairs/s", shown: "pairs/s", beside: "x_unprepared", than: "parsing each statement"},
		}},
		{"one process", []row{
			{what: "heap of 1,000 calls in flight", of: "InFlight/local", unit: "heap-MB/1000", shown: "MB", aim: atMost(20)},
			{what: "resident, of 1,000 calls in flight", of: "InFlight/local", unit: "resident-MB/1000", shown: "MB"},
			{what: "heap of 1,000 asynchronous calls in flight", of: "InFlight/local-async", unit: "heap-MB/1000", shown: "MB", aim: atMost(20)},
			{what: "resident, of an 8 MB answer in flight", of: "Replies/wire", unit: "MB-RSS/reply", shown: "MB"},
			{what: "the router's decision", of: "Pick", unit: "ns/op", shown: "ns"},
			{what: "a paid call, beside the network", of: "Post/wire", unit: "ns/op", shown: "ns"},
			{what: "start until ready", of: "Start", unit: "start-ms", shown: "ms"},
			{what: "resident after the start", of: "Start", unit: "idle-MB", shown: "MB"},
			{what: "the program's file", of: "Start", unit: "size-MB", shown: "MB"},
			{what: "work of a killed process goes on after", of: "Resume", unit: "resume-s", shown: "s", aim: atMost(15)},
		}},
		{"several processes, bound by the provider", []row{
			{what: "1 process", of: "Scale", unit: "1/s", shown: "pictures/s"},
			{what: "2 processes", of: "Scale", unit: "2/s", shown: "pictures/s", beside: "x_linear-2", than: "twice one", aim: ratioFrom(.9)},
			{what: "4 processes", of: "Scale", unit: "4/s", shown: "pictures/s", beside: "x_linear-4", than: "four times one", aim: ratioFrom(.9)},
			{what: "4 processes over a Redis Cluster", of: "ScaleCluster", unit: "4/s", shown: "pictures/s", beside: "x_linear-4", than: "four times one", aim: ratioFrom(.9)},
		}},
		{"growth", growthRows()},
	}
}

// costRows set what each program uses beside the others.
func costRows() (rows []row) {
	for _, c := range []struct{ what, unit, shown string }{
		{"processors, the program", "cpu-s", "s"},
		{"processors, Postgres", "postgres-s", "s"},
		{"processors, Redis", "redis-s", "s"},
		{"transactions", "commits", ""},
		{"log written by Postgres", "wal-MB", "MB"},
		{"commands of Redis", "commands", ""},
		{"calls of Telegram", "calls", ""},
	} {
		for _, p := range []struct{ unit, name string }{{"imagika", "Imagika"}, {"floor", "bare chain"}, {"river", "River"}} {
			rows = append(rows, row{what: c.what + ": " + p.name, of: generations, unit: p.unit + "-" + c.unit, shown: c.shown})
		}
	}
	return rows
}

func growthRows() []row {
	grown := func(what, of string) row {
		return row{what: what, of: of, unit: "ops/s", shown: "/s", beside: "x_small", than: "what it was when small", aim: ratioFrom(.8)}
	}
	return []row{
		grown("tasks enqueued and run behind a long backlog", "Backlog/large"),
		grown("prompts held and settled, with many people", "Growth/people/work"),
		grown("looking people up, of many", "Growth/people/find"),
		grown("prompts held and settled, with a long history", "Growth/history/work"),
		grown("pages of somebody's history", "Growth/history/page"),
		grown("sweeps over a long history", "Growth/history/sweep"),
		grown("figures for the dashboards over a long history", "Growth/history/figures"),
	}
}
