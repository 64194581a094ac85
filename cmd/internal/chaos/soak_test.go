package chaos_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The people paint, and of the others there are fewer: sixteen make some 24 updates a second, eight of them pictures. It is a fixed rate,
// so that two reports can be compared. The report says what the program took of the processors, and what was busy at all: they also
// have to be Telegram, the providers, Postgres, Redis and S3.
var (
	soakFlag   = flag.Duration("soak.duration", 0, "how long TestSoak goes on; 0 leaves it out")
	soakPeople = flag.Int("soak.people", 32, "how many people paint in TestSoak")
)

const (
	// faultEvery is how often something breaks, of everything that can.
	faultEvery = 10 * time.Second
	// lookEvery is how often everything is looked at.
	lookEvery = 5 * time.Second
	// idleFor is how long it is left alone at rest, to see what comes to tables by the clock.
	idleFor = 30 * time.Second
)

// The whole program under a steady load, while something breaks every ten seconds: nothing that it holds
// grows but with what people have done, and when they stop it all comes back to where it was.
//
// It watches without the race detector, which multiplies what is measured here. In the tests of every change there is only the
// arithmetic of it: what a machine that is busy otherwise does in less than some minutes says nothing.
func TestSoak(t *testing.T) {
	if *soakFlag == 0 {
		t.Skip("takes half an hour: make soak")
	}
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64N(1_000_000) + 1
	}
	t.Logf("to repeat the schedule: -soak.duration %s -chaos.seed %d", *soakFlag, seed)
	plan := soakSchedule(seed, *soakFlag)
	r := newRun(t, seed, plan, *soakPeople)
	r.tame = true
	s := &soak{run: r, half: *soakFlag / 2, before: newProbes(r)}
	s.warm()
	s.before.once()

	r.plan, s.during = plan, newProbes(r)
	s.watched(func() { r.storm(*soakFlag) })
	r.calm(4*time.Minute+*soakFlag/10, true)

	s.rest, s.later = newProbes(r), newProbes(r)
	s.rest.once()
	time.Sleep(idleFor)
	s.later.once()
	s.judgeSoak()
	r.judge()
}

// soak is a run that is watched.
type soak struct {
	*run
	half   time.Duration
	before *probes // at rest, when everything has been used once
	during *probes
	rest   *probes
	busy   float64 // processors of the machine, meanwhile
	later  *probes // at rest, some time after that
	told   soakReport
}

// soakSchedule has something break about every ten seconds. After the first third only one worker still dies, so that the other
// processes live long enough to show what they would gather in weeks; what they stand on breaks until the end.
func soakSchedule(seed uint64, last time.Duration) []fault {
	perSecond := 0.0
	for _, s := range strikings(workerCount) {
		perSecond += 1 / s.every.Seconds()
	}
	all := schedule(seed, last, 1/(perSecond*faultEvery.Seconds()), workerCount, kinds())
	return slices.DeleteFunc(all, func(f fault) bool {
		dies := f.Kind == kindKill || f.Kind == kindReplace
		return dies && f.At > last/3 && f.Target != "worker-2"
	})
}

// warm has everything be used once, and come to rest.
func (s *soak) warm() {
	s.t.Helper()
	s.plan = nil
	for range 3 {
		for _, p := range s.crowd.painters {
			s.crowd.wish(p)
		}
	}
	s.calm(2*time.Minute, true)
}

// watched looks while something is done.
func (s *soak) watched(do func()) {
	ctx, stop := context.WithCancel(s.t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { s.during.watch(ctx) })
	busy, all := processorTime(s.t)
	do()
	stop()
	watching.Wait()
	b, a := processorTime(s.t)
	s.busy = (b - busy) / (a - all) * float64(runtime.NumCPU())
}

// faults are those that happened.
func (s *soak) faults() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.struck {
		n += k
	}
	return n
}

// strays are the objects in the bucket that no row knows.
func (s *soak) strays() (all []string) {
	s.t.Helper()
	known := map[string]bool{}
	for _, key := range s.texts(`SELECT object_key FROM images`) {
		known[key] = true
	}
	for o, err := range s.bucket.List(s.t.Context(), "") {
		fatal(s.t, err)
		if !known[o.Key] && !strings.HasPrefix(o.Key, "x/") { // exports end by themselves
			all = append(all, o.Key)
		}
	}
	return all
}
