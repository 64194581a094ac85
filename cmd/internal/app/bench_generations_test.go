package app_test

import (
	"flag"
	"testing"
)

var (
	benchPictures = flag.Int("bench.pictures", 600, "pictures of a round of BenchmarkGenerations")
	benchRounds   = flag.Int("bench.rounds", 3, "rounds of BenchmarkGenerations")
)

// BenchmarkGenerations is how many prompts a second become pictures in a chat, with a provider that takes no time, beside two
// programs of cmd/bench/peers that do the same work in turns with it: a bare chain of tasks on asynq, and River over Postgres. Then
// how long people wait when as much is asked for as half of that, and nine tenths. Nobody's rate limits apply. Each program has
// its own Redis, database and bucket, and all share the machine with the stand-in for Telegram.
func BenchmarkGenerations(b *testing.B) {
	const people = 100
	program, picture := buildPeers(b), flatPicture(b)
	all := []*contender{imagika(b, people), peer(b, program, "floor", picture, people), peer(b, program, "river", picture, people)}
	ours, floor, river := all[0], all[1], all[2]
	for b.Loop() {
		for _, c := range all {
			c.round(people) // plans, connections and pages that a program at work has
			c.rates, c.costs = nil, nil
		}
		for range *benchRounds {
			for _, c := range all {
				c.round(*benchPictures)
			}
		}
		for _, c := range all {
			b.ReportMetric(median(c.rates), c.name+"/s")
			c.reportCosts(b)
		}
		b.ReportMetric(ours.ratio(floor), "x_floor")
		b.ReportMetric(ours.ratio(river), "x_river")
		for load, name := range map[float64]string{.5: "half", .9: "high"} {
			took := ours.offer(load*median(ours.rates), 15)
			b.ReportMetric(ms(took, .5), name+"-p50-ms")
			b.ReportMetric(ms(took, .99), name+"-p99-ms")
		}
		took := floor.offer(.5*median(floor.rates), 15)
		b.ReportMetric(ms(took, .5), "floor-half-p50-ms")
		b.ReportMetric(ms(took, .99), "floor-half-p99-ms")
		b.ReportMetric(0, "ns/op")
	}
}

// reportCosts reports what a thousand pictures cost.
func (c *contender) reportCosts(b *testing.B) {
	b.Helper()
	for name, of := range map[string]func(costs) float64{
		"cpu-s":      func(c costs) float64 { return 1000 * c.own },
		"postgres-s": func(c costs) float64 { return 1000 * c.postgres },
		"redis-s":    func(c costs) float64 { return 1000 * c.redis },
		"commits":    func(c costs) float64 { return 1000 * c.transactions },
		"wal-MB":     func(c costs) float64 { return 1000 * c.wal / (1 << 20) },
		"commands":   func(c costs) float64 { return 1000 * c.commands },
		"calls":      func(c costs) float64 { return 1000 * c.calls },
	} {
		b.ReportMetric(medians(c.costs, of), c.name+"-"+name)
	}
}
