package chaos_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/cmd/internal/config"
)

var (
	seedFlag = flag.Uint64("chaos.seed", 0, "seed of TestChaos; 0 draws one")
	duration = flag.Duration("chaos.duration", 15*time.Second, "how long TestChaos breaks things")
	kindFlag = flag.String("chaos.faults", "all", "kinds of faults with commas between, all, or none for a control")
	rate     = flag.Float64("chaos.rate", 1, "how many times as often things break")
	people   = flag.Int("chaos.people", 6, "how many people paint; of the others there are fewer")
	ack      = flag.String("chaos.ack", config.AckSQL, "when updates are acknowledged: sql, where none may be lost, or enqueue, where those that are lost are counted")
)

const workerCount = 2

func TestMain(m *testing.M) { apptest.Main(m) }

// The whole program under people who use all of it, while everything it stands on breaks: in the end every update has had its
// effect, once; every generation is captured or released; images that were paid for are there and shown; calls, payments and refunds
// are on the books, once; partners saw what was said; and of who left nothing is left.
func TestChaos(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills and restarts processes and servers for a minute")
	}
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64N(1_000_000) + 1
	}
	wanted, err := parseKinds(*kindFlag)
	fatal(t, err)
	r := newRun(t, seed, schedule(seed, *duration, *rate, workerCount, wanted), *people)
	t.Logf("to repeat the schedule: -chaos.seed %d -chaos.duration %s -chaos.faults %s -chaos.rate %g -chaos.people %d -chaos.ack %s",
		seed, *duration, *kindFlag, *rate, *people, *ack)
	r.storm(*duration)
	r.calm(4*time.Minute+*duration, *duration >= time.Minute)
	r.judge()
}

// run is a storm and what comes of it.
type run struct {
	*world
	crowd *crowd
	fleet *fleet
	plan  []fault
	turns map[string]*sync.Mutex // by target
	tame  bool                   // what is about single calls of providers does not break beside the schedule

	mu     sync.Mutex
	struck map[kind]int // faults that happened
	broken map[kind]int // calls and updates that Telegram broke
	slow   int          // processes that were told to stop and had to be killed
	report report
}

// report is what is published of a run.
type report struct {
	Seed     uint64         `json:"seed"`
	Ack      string         `json:"ack"`
	Storm    string         `json:"storm"`
	Rest     string         `json:"rest"` // how long it took until nothing was left to do
	Schedule []fault        `json:"schedule"`
	Faults   map[string]int `json:"faults"` // that happened, by kind
	Started  map[string]int `json:"started"`
	Died     map[string]int `json:"died"` // processes that nobody killed
	States   map[string]int `json:"provider_states"`
	Updates  int            `json:"updates"`
	*verdict
}

func newRun(t *testing.T, seed uint64, plan []fault, size int) *run {
	t.Helper()
	w := newWorld(t, seed)
	r := &run{world: w, plan: plan, turns: map[string]*sync.Mutex{}, struck: map[kind]int{}, broken: map[kind]int{}}
	r.report = report{Seed: seed, Ack: *ack, Schedule: plan, Faults: map[string]int{}, Started: map[string]int{}, Died: map[string]int{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d, the schedule:\n%s", seed, r.scheduled())
		}
	})
	for _, f := range plan {
		r.turns[f.Target] = &sync.Mutex{}
	}
	r.crowd = w.newCrowd(seed, size)
	r.fleet = w.launch(workerCount)
	return r
}

func (r *run) scheduled() string {
	lines := make([]string, len(r.plan))
	for i, f := range r.plan {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// storm has people live and things break.
func (r *run) storm(last time.Duration) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(r.t.Context(), last)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { r.crowd.live(ctx) })
	all.Go(func() {
		for tick := time.NewTicker(500 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			r.crowd.note()
		}
	})
	if len(r.plan) > 0 && !r.tame {
		r.unleash(true)
	}
	for _, f := range r.plan {
		all.Go(func() {
			time.Sleep(time.Until(begin.Add(f.At)))
			turn := r.turns[f.Target] // it may take longer than was planned: servers have to start again
			turn.Lock()
			defer turn.Unlock()
			if time.Since(begin) > last {
				return
			}
			if err := r.strike(f); err != nil {
				r.t.Errorf("%s: %v", f, err)
			}
		})
	}
	all.Wait()
	r.report.Storm = time.Since(begin).Round(100 * time.Millisecond).String()
}

// happened counts a fault.
func (r *run) happened(k kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.struck[k]++
}

// unleash lets providers break, or behave.
func (r *run) unleash(wild bool) {
	for _, g := range r.gates {
		g.set(func() { g.wild, g.down = wild, false })
	}
}

// calm mends everything, leaves it alone, and waits until nothing is left to do.
func (r *run) calm(most time.Duration, orphans bool) {
	r.t.Helper()
	r.unleash(false)
	r.fleet.up()
	took, left := r.comesToRest(most, orphans)
	r.report.Rest = took.Round(100 * time.Millisecond).String()
	r.crowd.note()
	r.fleet.observe()
	if len(left) > 0 {
		r.t.Errorf("after %s there is still to do:\n%s", took, describe(left))
	}
}

// judge has everything checked, and tells of it.
func (r *run) judge() {
	r.t.Helper()
	v := r.check(r.crowd)
	r.report.verdict, r.report.Updates, r.report.States = v, len(r.crowd.updates), r.fleet.states
	for k, n := range r.struck {
		r.report.Faults[string(k)] += n
	}
	for k, n := range r.broken {
		r.report.Faults["calls "+string(k)] += n
	}
	r.report.Faults["killed after the grace"] = r.slow
	r.report.Faults["puts s3_full"] = int(r.door.refused.Load())
	for _, g := range r.gates {
		g.set(func() {
			for what, n := range g.did {
				r.report.Faults["provider "+string(what)] += n
			}
		})
	}
	for _, b := range r.fleet.berths {
		r.report.Started[b.name], r.report.Died[b.name] = b.starts, b.deaths
	}
	r.keep("chaos.json", r.report)
	r.reached()
	for _, one := range v.Wrong {
		r.t.Error(one)
	}
	r.t.Log(r.report.String())
}

// reached holds that a long run with faults came to where they lead, sometimes. Where Redis is wiped every few seconds, so is what
// workers know of providers.
func (r *run) reached() {
	r.t.Helper()
	if *duration < time.Minute || r.struck[kindGates] == 0 || *rate > 1 {
		return
	}
	if r.report.Elsewhere == 0 {
		r.t.Error("no image was made by another provider than the first one that was asked")
	}
	if seen := r.report.States; seen["open"]+seen["half_open"]+seen["cooling"]+seen["ramping"] == 0 { // ramping comes after that
		r.t.Errorf("no worker ever left a provider alone: %v", seen)
	}
}

// String is the report for people.
func (p report) String() string {
	var b strings.Builder
	counts := func(name string, m map[string]int) {
		parts, sum := make([]string, 0, len(m)), 0
		for _, k := range slices.Sorted(maps.Keys(m)) {
			parts, sum = append(parts, fmt.Sprintf("%s %d", k, m[k])), sum+m[k]
		}
		fmt.Fprintf(&b, "%s %d: %s\n", name, sum, strings.Join(parts, ", "))
	}
	fmt.Fprintf(&b, "seed %d, acknowledged on %s, storm %s, at rest after %s\n", p.Seed, p.Ack, p.Storm, p.Rest)
	counts("faults", p.Faults)
	counts("processes started", p.Started)
	counts("died by themselves", p.Died)
	counts("provider states seen", p.States)
	counts("rows checked", p.Checked)
	counts("generations", p.Ends)
	fmt.Fprintf(&b, "%d updates, %d images, %d attempts, %d saved by another provider\n", p.Updates, p.Images, p.Attempts, p.Elsewhere)
	fmt.Fprintf(&b, "lost %d, gone stale at Telegram %d, doubled %d, wrong %d, uncertain and told %d", p.Lost, p.Stale, p.Doubled, len(p.Wrong), p.Uncertain)
	return b.String()
}
