package app_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var (
	fairPrompts = flag.Int("fair.prompts", 30, "how many pictures one person of TestFairShare asks for")
	fairPeople  = flag.Int("fair.people", 8, "how many others ask for one each")
)

// TestFairShare: a person who asks for many pictures, and is told that all of them are noted, does not make others wait
// longer than twice what they wait without him. Both are measured in one run; make nightly measures 200 and 50.
func TestFairShare(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the whole program for fifty people")
	}
	w := newWorld(t, onEmbedded)
	w.env["IMAGIKA_PERSON_WAITING"], w.env["IMAGIKA_WELCOME_CREDITS"] = "200", "200"
	w.env["IMAGIKA_POOLS"] = "payments=2,interactive=16,generate=8,deliver=16,conversation=2,maintenance=2"
	fake := providertest.NewFake("fake")
	fake.Script(everyCall(providertest.Step{Latency: time.Second}))
	w.start(withProvider(fake))
	crowd := w.crowd(*fairPeople + 1)
	w.agreeAll(crowd)
	greedy, people := crowd[0], crowd[1:]
	s := w.store()

	alone := w.waits(s, people, 1)
	for i := range *fairPrompts {
		greedy.Text(fmt.Sprint("number ", i))
	}
	w.withinChat(greedy, 3*time.Minute, "not everything is noted", func() bool { return len(w.newest(s, greedy)) == *fairPrompts })
	beside := w.waits(s, people, 2)

	for _, q := range []float64{0.5, 0.9, 1} {
		a, b := quantile(alone, q), quantile(beside, q)
		t.Logf("%3.0f%% of %d people wait at most %v alone, %v beside one who asked for %d", 100*q, *fairPeople, a.Round(time.Millisecond), b.Round(time.Millisecond), *fairPrompts)
		if b > 2*a {
			t.Errorf("%.0f%%: %v is more than twice %v", 100*q, b, a)
		}
	}
	var done, waiting int
	for _, g := range w.newest(s, greedy) {
		if g.Status == storage.StatusDelivered {
			done++
		}
		if g.Status.Open() {
			waiting++
		}
	}
	if done == 0 || waiting == 0 {
		t.Errorf("of the many, %d are done and %d wait: the measurement says nothing", done, waiting)
	}
}

// waits has everybody ask at the same time, for the nth time, and returns how long each waited for the picture, sorted.
func (w *world) waits(s *storage.Store, people []*telegramtest.Person, nth int) []time.Duration {
	w.t.Helper()
	for _, p := range people {
		p.Text("a fox")
	}
	var waits []time.Duration
	for _, p := range people {
		w.shown(p, nth, 2*time.Minute)
		var g storage.Generation
		w.withinChat(p, time.Minute, "the picture is not noted", func() bool {
			all := w.newest(s, p)
			g = all[len(all)-1]
			return g.Status == storage.StatusDelivered
		})
		waits = append(waits, g.Done.Sub(g.Created))
	}
	slices.Sort(waits)
	return waits
}

// quantile of sorted durations.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
