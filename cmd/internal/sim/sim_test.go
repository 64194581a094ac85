package sim_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/queue"
)

var (
	first   = flag.Uint64("seed", 1, "first seed of TestSimulation")
	seeds   = flag.Uint64("seeds", 0, "how many worlds TestSimulation makes; 0 for 20, few with -short and one under the race detector; make test makes 200")
	crowd   = flag.Int("crowd", 6, "people of a world")
	one     = flag.Bool("one", false, "end with the first world whose promises are broken")
	verbose = flag.Bool("steps", false, "print every step of a world whose promises are broken")
)

// worlds is how many there are.
func worlds() uint64 {
	switch {
	case *seeds > 0:
		return *seeds
	case raced:
		return 1
	case testing.Short():
		return 5
	}
	return 20
}

// TestSimulation: whatever breaks, nothing is lost, nothing is paid twice and nobody is told twice unannounced. To see a seed
// again, step by step: -seed N -seeds 1 -steps. What makes worlds dangerous has to happen somewhere in two hundred of them.
func TestSimulation(t *testing.T) {
	prepare(t)
	faults, seen := map[string]int{}, map[string]int{}
	var virtual time.Duration
	var steps int
	for seed := *first; seed < *first+worlds(); seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			w := simulate(t, seed, *verbose)
			sum(faults, w.faults)
			sum(seen, w.seen)
			virtual += w.lasted
			steps += w.steps
		})
		if *one && t.Failed() {
			break
		}
	}
	t.Logf("%d worlds, %s of their time, %d steps\nfaults: %s\nreached: %s", worlds(), virtual.Round(time.Minute), steps, listed(faults), listed(seen))
	if worlds() < 200 {
		return
	}
	for _, what := range rarities {
		if seen[what] == 0 && faults[what] == 0 {
			t.Errorf("in none of %d worlds: %s", worlds(), what)
		}
	}
}

// TestFoundSeeds: worlds in which something was wrong once. Other people, faults or steps make other worlds of them; they stay
// for what they cost.
func TestFoundSeeds(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("they are for the plain run")
	}
	prepare(t)
	text, err := os.ReadFile("testdata/seeds")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		number, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		seed, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			continue // a comment
		}
		t.Run(number, func(t *testing.T) { simulate(t, seed, false) })
	}
}

// TestReplay: a seed lived twice is the same life, step by step.
func TestReplay(t *testing.T) {
	if raced {
		t.Skip("two worlds more than the race detector has time for")
	}
	prepare(t)
	for _, seed := range []uint64{3, 40, 83} {
		var lives [2]*world
		for i := range lives {
			t.Run(fmt.Sprint(seed, " life ", i+1), func(t *testing.T) { lives[i] = simulate(t, seed, true) })
		}
		one, other := lives[0].lines, lives[1].lines
		for i := range min(len(one), len(other)) {
			if one[i] != other[i] {
				t.Fatalf("seed %d is another life from step %d on:\n%s\n\nand\n\n%s", seed, i, strings.Join(one[max(0, i-10):i+1], "\n"), other[i])
			}
		}
		if lives[0].trace != lives[1].trace || len(one) == 0 {
			t.Errorf("seed %d ended after %d steps and after %d", seed, len(one), len(other))
		}
	}
}

// prepare does what takes long once, and has the memory of worlds collected more seldom than it is worth in a server.
func prepare(t *testing.T) {
	t.Helper()
	must(catalog())
	must(rules())
	percent := debug.SetGCPercent(400)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
}

func sum(all, some map[string]int) {
	for k, n := range some {
		all[k] += n
	}
}

func listed(counts map[string]int) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s %d", k, counts[k]))
	}
	return strings.Join(all, ", ")
}

// simulate lives through a world and fails the test for each promise that is broken.
func simulate(t *testing.T, seed uint64, keep bool) (w *world) {
	t.Helper()
	cryptotest.SetGlobalRandom(t, seed)
	synctest.Test(t, func(t *testing.T) {
		sleepUntilTerms()
		w = newWorld(t, seed, *crowd, keep, modelOf)
		w.plague()
		w.run()
		w.lasted = time.Since(w.begun)
		w.check()
		w.remember()
		if *verbose {
			w.lines = append(w.lines, w.texts(`SELECT id || ' ' || kind || ' ' || status || ' ' || send_key || ' ' || COALESCE(generation_id, '') || ' ' || message_ids FROM deliveries ORDER BY id`)...)
			w.lines = append(w.lines, w.texts(`SELECT side || ' ' || seq || ' ' || kind || ' ' || status || ' ' || sources || ' ' || update_key FROM relays ORDER BY side, seq`)...)
			w.lines = append(w.lines, w.texts(`SELECT id || ' ' || generation_id || ' ' || seq || ' ' || state || ' ' || late FROM attempts ORDER BY id`)...)
		}
		w.end()
	})
	w.tell(t)
	if len(w.bad) > 0 {
		t.Logf("SEED=%d; to repeat: go test ./cmd/internal/sim -run '^TestSimulation$' -seed %d -seeds 1 -crowd %d -steps; faults: %v", seed, seed, *crowd, w.faults)
	}
	return w
}

// sleepUntilTerms lets the time pass until the terms have come into force.
func sleepUntilTerms() {
	time.Sleep(time.Until(time.Date(2030, time.May, 1, 12, 0, 0, 0, time.UTC)))
}

// tell fails the test for each promise that is broken.
func (w *world) tell(t *testing.T) {
	t.Helper()
	for _, b := range w.bad {
		t.Error(b)
	}
	if len(w.bad) > 0 && *verbose {
		t.Log(strings.Join(w.lines, "\n"))
	}
}

// plague has the queue lose everything, and operators stop parts of it.
func (w *world) plague() {
	for range w.dice.IntN(3) {
		w.after(w.moment(), "wipe", w.queue.wipe)
	}
	if w.clocks() > 0 {
		w.after(w.moment(), "clock", w.stepClock)
	}
	stopped := []string{queue.QueueInteractive, queue.QueueGenerate, queue.QueueDeliver, queue.QueueConversation, queue.QueueMaintenance}[w.dice.IntN(5)]
	w.after(w.moment(), "pause "+stopped, func() { w.queue.pause(stopped, 20*time.Second) })
}
