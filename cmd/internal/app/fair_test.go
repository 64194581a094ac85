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

// TestFairShare: a person asks for many pictures and is told that all of them are noted. Those who ask for one each after that have
// theirs before half of the many are done. It counts what was done in what order, not how long it took; make nightly does so with
// 200 pictures and 50 people.
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

	for i := range *fairPrompts {
		greedy.Text(fmt.Sprint("number ", i))
	}
	w.withinChat(greedy, 3*time.Minute, "not everything is noted", func() bool { return len(w.newest(s, greedy)) == *fairPrompts })
	asked := time.Now()
	last, before := w.lastOf(s, people), 0
	for _, g := range w.newest(s, greedy) {
		if g.Done.After(asked) && g.Done.Before(last) {
			before++
		}
	}
	t.Logf("%d people wait for %d of one person's %d", *fairPeople, before, *fairPrompts)
	if before > *fairPrompts/2 {
		t.Errorf("others wait for %d of one person's %d", before, *fairPrompts)
	}
	if !slices.ContainsFunc(w.newest(s, greedy), func(g storage.Generation) bool { return g.Status.Open() }) {
		t.Error("nothing of the many waits: the measurement says nothing")
	}
	w.withinChat(greedy, time.Minute, "nothing of the many is done", func() bool {
		return slices.ContainsFunc(w.newest(s, greedy), func(g storage.Generation) bool { return g.Status == storage.StatusDelivered })
	})
}

// lastOf has everybody ask at the same time, and returns when the last of them was painted.
func (w *world) lastOf(s *storage.Store, people []*telegramtest.Person) (last time.Time) {
	w.t.Helper()
	for _, p := range people {
		p.Text("a fox")
	}
	for _, p := range people {
		w.shown(p, 1, 2*time.Minute)
		w.withinChat(p, time.Minute, "the picture is not noted", func() bool {
			g := w.newest(s, p)[0]
			if g.Done.After(last) {
				last = g.Done
			}
			return g.Status == storage.StatusDelivered
		})
	}
	return last
}
