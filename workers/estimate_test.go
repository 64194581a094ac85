package workers

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// painter is how a simulated model works: so many calls at once, each as long as a draw says.
type painter struct {
	name  string
	calls int
	took  func(r *rand.Rand, p storage.Params) time.Duration
}

// painters have little in common but their heavy tails.
func painters() []painter {
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	normal := func(r *rand.Rand, median, sigma float64) float64 { return median * math.Exp(sigma*r.NormFloat64()) }
	return []painter{
		{"small", 4, func(r *rand.Rand, p storage.Params) time.Duration {
			return seconds(normal(r, 5, 0.5) * float64(p.Count))
		}},
		{"large", 12, func(r *rand.Rand, p storage.Params) time.Duration { return seconds(normal(r, 25, 0.35)) }},
		{"odd", 3, func(r *rand.Rand, p storage.Params) time.Duration { // one in ten takes very long
			if r.IntN(10) == 0 {
				return seconds(60 + 60*r.Float64())
			}
			return seconds(normal(r, 4, 0.6))
		}},
	}
}

// simulation is a town of people and painters, on a clock of its own. It makes the same calls of the store as the
// workers do.
type simulation struct {
	*testing.T
	w      *Workers
	dice   *rand.Rand
	people []storage.Person
	free   map[string]int      // slots by model
	line   map[string][]string // generations that have their turn, by model
	ends   []ending            // sorted
	told   map[string]estimate
	asked  map[string]time.Time
	kept   []verdict // in the order of asking
	order  []string
}

type ending struct {
	at      time.Time
	g       storage.Generation
	attempt storage.Attempt
}

type verdict struct {
	model          string
	waited         bool
	actual         time.Duration
	said50, said90 time.Duration
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	t.Helper()
	var models []providers.Model
	s := &simulation{
		T: t, dice: rand.New(rand.NewPCG(seed, 7)), free: map[string]int{}, line: map[string][]string{},
		told: map[string]estimate{}, asked: map[string]time.Time{},
	}
	for _, p := range painters() {
		m := providertest.FakeModel(p.name)
		m.Typical = 10 * time.Second
		models = append(models, m)
		s.free[p.name] = p.calls
	}
	router, err := providers.NewRouter(providers.Config{Providers: []providers.Provider{providertest.NewFake("fake", models...)}})
	if err != nil {
		t.Fatal(err)
	}
	s.w = &Workers{
		Config:  Config{Settings: Settings{}.withDefaults(), Store: storagetest.New(t, storagetest.OnSQLite), Router: router},
		learned: learned{of: map[string]experience{}},
	}
	for i := range 60 {
		p, err := s.w.Store.PersonByTelegram(t.Context(), int64(1000+i), "en")
		s.must(err)
		_, err = s.w.Store.Give(t.Context(), storage.Given{User: p.ID, Key: fmt.Sprint("test:", i), Source: storage.SourcePromo, Credits: 100_000})
		s.must(err)
		s.people = append(s.people, p)
	}
	return s
}

func (s *simulation) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// ask is somebody's wish. What they are told is noted.
func (s *simulation) ask() {
	id, err := s.w.Store.NewID()
	s.must(err)
	who, all := s.people[s.dice.IntN(len(s.people))], painters()
	g, ref, out, err := s.w.Store.Reserve(s.Context(), storage.Effect{Sends: []storage.Send{statusSend(who.ID, who.TelegramID, id)}}, storage.NewGeneration{
		ID: id, User: who.ID, Origin: storage.OriginChat, RequestKey: id, Form: storage.FormPull, ParentN: -1, Model: all[s.dice.IntN(len(all))].name,
		Operation: "generate", Params: storage.Params{Count: 1 + 3*s.dice.IntN(2), Width: 1024, Height: 1024}, Price: 4, Parallel: 2, Waiting: 100,
	})
	s.must(err)
	e, err := s.w.estimate(s.Context(), g, who.Tier)
	s.must(err)
	d, err := s.w.Store.ClaimDelivery(s.Context(), out[0].ID)
	s.must(err)
	e.At = s.w.Store.Now()
	_, _, err = s.w.Store.Sent(s.Context(), d, storage.Shown{Messages: []int64{1}, Guess: e.Guess})
	s.must(err)
	s.told[id], s.asked[id] = e, time.Now()
	s.order = append(s.order, id)
	if ref != nil {
		s.line[g.Model] = append(s.line[g.Model], id)
	}
	s.start(g.Model)
}

// start lets those in line have the free slots of a model.
func (s *simulation) start(model string) {
	for s.free[model] > 0 && len(s.line[model]) > 0 {
		id := s.line[model][0]
		s.line[model] = s.line[model][1:]
		s.free[model]--
		g, err := s.w.Store.Claim(s.Context(), id)
		s.must(err)
		a, err := s.w.Store.StartAttempt(s.Context(), g, storage.Attempt{Provider: "fake", Model: model})
		s.must(err)
		p := painters()[slices.IndexFunc(painters(), func(p painter) bool { return p.name == model })]
		end := ending{time.Now().Add(p.took(s.dice, g.Params)), g, a}
		at, _ := slices.BinarySearchFunc(s.ends, end, func(a, b ending) int { return a.at.Compare(b.at) })
		s.ends = slices.Insert(s.ends, at, end)
	}
}

// end stores the images of the call that is done next, and lets the person's next one have its turn.
func (s *simulation) end() {
	e := s.ends[0]
	s.ends = s.ends[1:]
	var images []storage.Image
	for n := range e.g.Params.Count {
		images = append(images, storage.Image{
			Generation: e.g.ID, N: n, Attempt: e.attempt.ID, User: e.g.User, Key: fmt.Sprintf("u/%d/%s-%d.png", e.g.User, e.g.ID, n),
			SHA256: "00", Bytes: 1, Width: 1, Height: 1, MediaType: "image/png",
		})
	}
	_, err := s.w.Store.Complete(s.Context(), e.g, e.attempt, 0, images, nil)
	s.must(err)
	s.free[e.g.Model]++
	refs, _, err := s.w.Store.Promote(s.Context(), e.g.User, func(t storage.Tier) int { return s.w.Settings.caps(t).Parallel })
	s.must(err)
	for _, r := range refs {
		g, err := s.w.Store.Generation(s.Context(), r.ID)
		s.must(err)
		s.line[g.Model] = append(s.line[g.Model], g.ID)
		s.start(g.Model)
	}
	s.start(e.g.Model)
	told := s.told[e.g.ID]
	s.kept = append(s.kept, verdict{e.g.Model, told.Wait > 0, time.Since(s.asked[e.g.ID]), told.P50, told.P90})
}

// run asks n times, at a rate that goes up and down, and waits for the last one.
func (s *simulation) run(n int) {
	next := time.Now()
	for asked := 0; asked < n || len(s.ends) > 0; {
		if asked < n && (len(s.ends) == 0 || next.Before(s.ends[0].at)) {
			time.Sleep(time.Until(next))
			s.ask()
			asked++
			// A quiet hour, a rush, and quiet again; a town that asks for more than can be painted has no estimates.
			pause := []float64{2.6, 1.4, 2.2, 1.2, 3}[asked*5/(n+1)]
			next = next.Add(time.Duration(pause * s.dice.ExpFloat64() * float64(time.Second)))
			continue
		}
		time.Sleep(time.Until(s.ends[0].at))
		s.end()
	}
}

// share of the verdicts that pass.
func share(all []verdict, pass func(verdict) bool) float64 {
	n := 0
	for _, v := range all {
		if pass(v) {
			n++
		}
	}
	return float64(n) / float64(max(len(all), 1))
}

// TestEstimatesHold is the promise of the status message: of 500 generations in a simulated town, four in five are done by
// the later of the two times they were told, and about half by the earlier. Nothing is known at first, the load changes,
// and there are tails.
func TestEstimatesHold(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a town over a database")
	}
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, 1)
		s.run(500)
		in90 := func(v verdict) bool { return v.actual <= v.said90 }
		in50 := func(v verdict) bool { return v.actual <= v.said50 }
		report := func(name string, all []verdict) {
			slices.SortFunc(all, func(a, b verdict) int { return cmp.Compare(a.said90, b.said90) })
			t.Logf("%-12s %3d generations: %3.0f%% by the later time, %3.0f%% by the earlier; the median promise is %v",
				name, len(all), 100*share(all, in90), 100*share(all, in50), all[len(all)/2].said90.Round(time.Second))
		}
		report("all", slices.Clone(s.kept))
		for _, p := range painters() {
			report(p.name, slices.DeleteFunc(slices.Clone(s.kept), func(v verdict) bool { return v.model != p.name }))
		}
		report("waited", slices.DeleteFunc(slices.Clone(s.kept), func(v verdict) bool { return !v.waited }))
		report("at once", slices.DeleteFunc(slices.Clone(s.kept), func(v verdict) bool { return v.waited }))
		if got := share(s.kept, in90); len(s.kept) != 500 || got < 0.8 {
			t.Errorf("%d generations, %.0f%% of them done by the later time, want 500 and 80%%", len(s.kept), 100*got)
		}
		if got := share(s.kept, in50); got < 0.4 || got > 0.6 {
			t.Errorf("%.0f%% are done by the earlier time, want half", 100*got)
		}
	})
}
