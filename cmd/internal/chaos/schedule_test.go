package chaos_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// kind is what a fault does.
type kind string

// The kinds. The set is closed.
const (
	kindKill    kind = "kill"    // kill -9 of a process
	kindFreeze  kind = "freeze"  // SIGSTOP for longer than a lease, then SIGCONT
	kindReplace kind = "replace" // SIGTERM, and another process after it has stopped

	kindReplay   kind = "replay"    // tasks as earlier releases wrote them, about what is there
	kindDiskFull kind = "disk_full" // what a process spools does not fit

	kindRedisKill     kind = "redis_kill"     // kill -9, and started again
	kindRedisOlder    kind = "redis_older"    // likewise, without what was written in the last second
	kindRedisFlush    kind = "redis_flush"    // FLUSHALL
	kindRedisFailover kind = "redis_failover" // the replica is promoted, the other one dies
	kindSQLKill       kind = "sql_kill"       // crash, and started again
	kindSQLCut        kind = "sql_cut"        // every connection is ended
	kindS3Full        kind = "s3_full"        // the bucket has no room

	kindNetCut  kind = "net_cut"  // of a line to a server: nothing gets through
	kindNetMute kind = "net_mute" // the server does what it is asked, and nobody hears its answers
	kindNetSlow kind = "net_slow" // all takes its time

	kindTelegram429    kind = "telegram_429"
	kindTelegram500    kind = "telegram_500"
	kindTelegramPage   kind = "telegram_502"
	kindTelegramBefore kind = "telegram_before" // calls break before Telegram has read them
	kindTelegramAfter  kind = "telegram_after"  // calls break when Telegram has done them
	kindTelegramSlow   kind = "telegram_slow"
	kindTelegramHang   kind = "telegram_hang"
	kindTelegramPoll   kind = "telegram_poll"  // updates are given out, and nobody gets them
	kindTelegramTwice  kind = "telegram_twice" // updates come twice
	kindTelegramBlock  kind = "telegram_block" // somebody blocks the bot for a while

	kindGates kind = "gates" // providers behind gates break; those of the first priority are all away at times
)

// What is struck beside processes.
const (
	targetRedis     = "redis"
	targetSQL       = "sql"
	targetS3        = "s3"
	targetTelegram  = "telegram"
	targetProviders = "providers"
	targetQueue     = "queue"
)

// fault is one row of the schedule.
type fault struct {
	At     time.Duration `json:"at"` // since the storm began
	Kind   kind          `json:"kind"`
	Target string        `json:"target"`
	For    time.Duration `json:"for,omitempty"`  // where it lasts
	By     time.Duration `json:"by,omitempty"`   // of a slow line: how much later all comes
	Pick   int           `json:"pick,omitempty"` // whom it is about, of those it may be about
}

func (f fault) String() string {
	s := fmt.Sprintf("%6.1fs %s %s", f.At.Seconds(), f.Kind, f.Target)
	if f.For > 0 {
		s += fmt.Sprintf(" for %.1fs", f.For.Seconds())
	}
	return s
}

// striking says how often something is struck, and by what.
type striking struct {
	target string
	every  time.Duration // on average, from the end of one fault to the next
	odds   []odd
}

// odd is a kind with its weight and how long it lasts.
type odd struct {
	kind        kind
	weight      int
	least, most time.Duration
}

// strikings are all that can be struck. What a target suffers it suffers one after the other; targets do not wait for each other.
func strikings(workers int) (all []striking) {
	const ms, s = time.Millisecond, time.Second
	process := []odd{
		{kindKill, 6, 0, 0},
		{kindFreeze, 1, 10500 * ms, 13 * s}, // a lease is 9 s
		{kindReplace, 2, 0, 0},
	}
	all = append(all, striking{"bot-0", 5 * s, process}, striking{"web-1", 8 * s, process})
	for i := range workers {
		all = append(all, striking{fmt.Sprintf("worker-%d", 2+i), 5 * s, append(slices.Clip(process), odd{kindDiskFull, 2, 2 * s, 4 * s})})
	}
	return append(all,
		striking{targetProviders, 8 * s, []odd{{kindGates, 1, 3 * s, 6 * s}}},
		striking{targetQueue, 6 * s, []odd{{kindReplay, 1, 0, 0}}},
		striking{targetRedis, 6 * s, []odd{
			{kindRedisKill, 2, 500 * ms, 3 * s},
			{kindRedisOlder, 2, 500 * ms, 2 * s},
			{kindRedisFlush, 3, 0, 0},
			{kindRedisFailover, 2, 0, 0},
			{kindNetCut, 2, 500 * ms, 4 * s},
			{kindNetMute, 1, 500 * ms, 3 * s},
			{kindNetSlow, 1, 1 * s, 4 * s},
		}},
		striking{targetSQL, 8 * s, []odd{
			{kindSQLKill, 2, 500 * ms, 3 * s},
			{kindSQLCut, 3, 0, 0},
			{kindNetCut, 2, 500 * ms, 4 * s},
			{kindNetMute, 2, 500 * ms, 2 * s},
			{kindNetSlow, 1, 1 * s, 4 * s},
		}},
		striking{targetS3, 8 * s, []odd{
			{kindS3Full, 1, 1 * s, 4 * s},
			{kindNetCut, 2, 1 * s, 5 * s},
			{kindNetMute, 1, 500 * ms, 3 * s},
			{kindNetSlow, 1, 1 * s, 5 * s},
		}},
		striking{targetTelegram, 2 * s, []odd{
			{kindTelegram429, 2, 500 * ms, 2 * s},
			{kindTelegram500, 2, 500 * ms, 2 * s},
			{kindTelegramPage, 2, 500 * ms, 2 * s},
			{kindTelegramBefore, 2, 500 * ms, 2 * s},
			{kindTelegramAfter, 2, 500 * ms, 2 * s},
			{kindTelegramSlow, 1, 500 * ms, 2 * s},
			{kindTelegramHang, 1, 500 * ms, 1 * s},
			{kindTelegramPoll, 2, 500 * ms, 2 * s},
			{kindTelegramTwice, 3, 500 * ms, 2 * s},
			{kindTelegramBlock, 1, 1 * s, 3 * s},
		}},
	)
}

// kinds are all kinds there are, sorted.
func kinds() (all []kind) {
	for _, s := range strikings(1) {
		for _, o := range s.odds {
			all = append(all, o.kind)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// schedule draws the faults of a run. Each target has dice of its own, so that a change of one leaves the others where they are.
func schedule(seed uint64, last time.Duration, rate float64, workers int, wanted []kind) (all []fault) {
	for _, s := range strikings(workers) {
		s.odds = slices.DeleteFunc(slices.Clone(s.odds), func(o odd) bool { return !slices.Contains(wanted, o.kind) })
		if len(s.odds) == 0 {
			continue
		}
		dice := dies(seed, "schedule", s.target)
		for at := s.pause(dice, rate); at < last; at += s.pause(dice, rate) {
			f := s.draw(dice)
			f.At = at
			all = append(all, f)
			at += f.For
		}
	}
	slices.SortStableFunc(all, func(a, b fault) int { return cmp.Compare(a.At, b.At) })
	return all
}

// pause is from half to one and a half of what it is on average.
func (s striking) pause(dice *rand.Rand, rate float64) time.Duration {
	return time.Duration(float64(s.every) * (0.5 + dice.Float64()) / rate)
}

// draw draws a fault.
func (s striking) draw(dice *rand.Rand) fault {
	sum := 0
	for _, o := range s.odds {
		sum += o.weight
	}
	n := dice.IntN(sum)
	for _, o := range s.odds {
		if n -= o.weight; n < 0 {
			return fault{
				Kind: o.kind, Target: s.target, For: o.least + time.Duration(dice.Float64()*float64(o.most-o.least)).Round(100*time.Millisecond),
				By: slow(o.kind, dice), Pick: dice.IntN(1000),
			}
		}
	}
	panic("unreachable: the weights add up to the sum")
}

// slow is by how much a slow line is.
func slow(k kind, dice *rand.Rand) time.Duration {
	by := time.Duration(30+dice.IntN(120)) * time.Millisecond
	if k != kindNetSlow {
		return 0
	}
	return by
}

// dies are dice that fall the same for the same seed and words.
func dies(seed uint64, words ...string) *rand.Rand {
	h := fnv.New64a()
	_, _ = io.WriteString(h, strings.Join(words, "\n"))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// parseKinds reads the kinds of a flag: "all", "none", or some with commas between.
func parseKinds(s string) ([]kind, error) {
	switch s {
	case "all":
		return kinds(), nil
	case "none":
		return nil, nil
	}
	var all []kind
	for name := range strings.SplitSeq(s, ",") {
		if !slices.Contains(kinds(), kind(name)) {
			return nil, fmt.Errorf("there is no fault %q: %v", name, kinds())
		}
		all = append(all, kind(name))
	}
	return all, nil
}
