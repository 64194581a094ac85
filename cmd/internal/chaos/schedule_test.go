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

	kindGates kind = "gates" // providers behind gates break; those of the first priority are all away at times
)

// fault is one row of the schedule.
type fault struct {
	At     time.Duration `json:"at"` // since the storm began
	Kind   kind          `json:"kind"`
	Target string        `json:"target"`
	For    time.Duration `json:"for,omitempty"` // where it lasts
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
	process := []odd{
		{kindKill, 6, 0, 0},
		{kindFreeze, 1, 10500 * time.Millisecond, 13 * time.Second}, // a lease is 9 s
		{kindReplace, 2, 0, 0},
	}
	all = append(all, striking{"bot-0", 5 * time.Second, process}, striking{"web-1", 8 * time.Second, process})
	for i := range workers {
		all = append(all, striking{fmt.Sprintf("worker-%d", 2+i), 5 * time.Second, process})
	}
	return append(all, striking{"providers", 8 * time.Second, []odd{{kindGates, 1, 3 * time.Second, 6 * time.Second}}})
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
			return fault{Kind: o.kind, Target: s.target, For: o.least + time.Duration(dice.Float64()*float64(o.most-o.least)).Round(100*time.Millisecond)}
		}
	}
	panic("unreachable: the weights add up to the sum")
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
