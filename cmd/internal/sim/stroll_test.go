package sim_test

import (
	"flag"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/queue"
)

var redisSeeds = flag.Uint64("redis", 0, "how many worlds TestOverRedis makes; 0 for 5, fewer with -short and under the race detector")

// TestOverRedis: the same worlds, handlers, faults and promises, with the real queue. Everything happens when it happens here, and
// asynq throws dice of its own: a seed says what people want and how often something breaks, but it does not come back.
func TestOverRedis(t *testing.T) {
	prepare(t)
	queue.RedirectLogs(slog.New(slog.DiscardHandler))
	count := *redisSeeds
	switch {
	case count > 0:
	case raced:
		count = 1
	case testing.Short():
		count = 2
	default:
		count = 5
	}
	faults, seen := map[string]int{}, map[string]int{}
	var virtual time.Duration
	for seed := *first; seed < *first+count; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			w := simulateOverRedis(t, seed)
			sum(faults, w.faults)
			sum(seen, w.seen)
			virtual += w.lasted
		})
	}
	t.Logf("%d worlds, %s of their time\nfaults: %s\nreached: %s", count, virtual.Round(time.Minute), listed(faults), listed(seen))
	if count < 50 {
		return
	}
	for _, what := range redisRarities {
		if seen[what] == 0 && faults[what] == 0 {
			t.Errorf("in none of %d worlds: %s", count, what)
		}
	}
}

// redisRarities are what has to happen somewhere, or worlds are too kind to find anything.
var redisRarities = []string{
	"kill", "stall", "wipe", "pause", "duplicate update", "redis away", "redis cut", "redis unheard", "task of asynq",
	"claimed again", "found by the sweeper", "lanes resumed", "uncertain delivery", "late result", "person erased", "passed on",
	"the queue holds nothing, enqueueing all open work", "task not enqueued, the sweeper will",
}

// simulateOverRedis lives through a world and fails the test for each promise that is broken.
func simulateOverRedis(t *testing.T, seed uint64) (w *world) {
	t.Helper()
	cryptotest.SetGlobalRandom(t, seed)
	synctest.Test(t, func(t *testing.T) {
		sleepUntilTerms()
		w = newWorld(t, seed, *crowd, *verbose, overRedis)
		w.plague()
		q := w.queue.(*redisQueue)
		if w.dice.IntN(2) == 0 {
			d := time.Duration(1+w.dice.IntN(12)) * time.Second
			w.after(w.moment(), "redis away", func() { q.leave(d) })
		}
		w.live()
		w.lasted = time.Since(w.begun)
		w.check()
		w.remember()
		w.die()
		q.end()
		time.Sleep(10 * time.Minute) // longer than whatever somebody may still sleep
		w.close()
	})
	w.tell(t)
	return w
}

// live has everybody go on by themselves until the storm is over and nothing is left to do.
func (w *world) live() {
	w.after(stormTime, "calm", w.calmDown)
	for time.Since(w.begun) < calmTime {
		w.accept()
		if w.happen() {
			continue
		}
		if time.Since(w.begun) > stormTime+afterglow && w.idle() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// stroll lets a process go on by itself, unless it is dead, or dies or stalls here.
func (n *node) stroll(what string) {
	switch {
	case n.over():
	case n.chance("die "+what, odds(what, 0.004)):
		n.kill(n)
	case n.chance("stall "+what, 0.004):
		n.struck("stall")
		d := time.Duration(12+n.roll(60)) * time.Second
		n.mu.Lock()
		n.stalled = time.Now().Add(d)
		n.mu.Unlock()
	}
	time.Sleep(time.Duration(50+rand.IntN(2000)) * time.Microsecond) // everything takes its time
	n.thaw()
	if n.over() {
		runtime.Goexit()
	}
}

// thaw returns when the process is not frozen, or is dead.
func (n *node) thaw() {
	for {
		n.mu.Lock()
		d := time.Until(n.stalled)
		dead := n.dead
		n.mu.Unlock()
		if dead || d <= 0 {
			return
		}
		time.Sleep(d)
	}
}

// over reports whether the process is dead.
func (n *node) over() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dead
}
