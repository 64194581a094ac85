package workers

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/imagika/imagika/storage"
)

// Estimates are learned from what was. Who asks is told a range that half of such generations have left behind at its
// begin, and nine in ten at its end. A guess is made of two parts, the way through the line and the work itself; how wrong
// such guesses turned out lately stretches it to the range. So whatever the guess does not know of, be it a provider that
// got slow, retries or a rush, makes the range wider instead of wrong.

const (
	// newestSamples is how far back experience goes.
	newestSamples = 200
	// enough samples tell something about a narrow class, or about guesses; few still do about a model.
	enough = 20
	few    = 5
	// learnedFor is how long experience is kept before it is read again.
	learnedFor = 10 * time.Second
	// lately is how far back it goes what the status page shows.
	lately = time.Hour
	// stuckAfter is when a line that does not move shows that everybody works who can.
	stuckAfter = 3 * time.Second
)

// estimate is when a generation is likely done, from now: P50 for half of such, P90 for nine in ten.
type estimate struct {
	storage.Guess

	P50  time.Duration
	line storage.Line
}

// estimate says when a generation will be done, or one that is about to be asked for and has no id yet.
func (w *Workers) estimate(ctx context.Context, g storage.Generation, tier storage.Tier) (estimate, error) {
	known, err := w.experience(ctx, g.Model)
	if err != nil {
		return estimate{}, err
	}
	line, err := w.Store.Line(ctx, g)
	if err != nil {
		return estimate{}, err
	}
	return known.estimate(g, line, w.Settings.caps(tier).Parallel), nil
}

// estimate puts the guess and the experience with guesses together.
func (x experience) estimate(g storage.Generation, line storage.Line, parallel int) estimate {
	work := x.work(g)
	e := estimate{line: line}
	e.Wait = x.wait(line, work.mean(), parallel)
	e.Base = e.Wait + work.at(0.5)
	errs := x.errors(mostlyWaits(e.Guess))
	if len(errs) < enough {
		e.P50, e.P90 = e.Base, e.Wait+e.Wait/2+work.at(0.9)
		return e
	}
	stretch := func(q float64) time.Duration { return time.Duration(float64(e.Base) * errs[rank(q, len(errs))]) }
	e.P50, e.P90 = stretch(0.5), stretch(0.9)
	return e
}

// mostlyWaits tells the two kinds of guesses apart.
func mostlyWaits(g storage.Guess) bool { return 2*g.Wait > g.Base }

// wait is how long it takes until a call is made: those ahead share those who work. While the line is short of time, as
// many work as were ever seen to; one that does not move shows how many really do.
func (x experience) wait(line storage.Line, each time.Duration, parallel int) time.Duration {
	all, same := max(line.Busy, x.peak, 1), max(line.SameBusy, x.peak, 1)
	if line.Stuck > stuckAfter {
		all, same = max(line.Busy, 1), max(line.SameBusy, 1)
	}
	rounds := max(float64(line.Ahead)/float64(all), float64(line.SameAhead)/float64(same))
	own := float64(line.Own/max(parallel, 1)) * (1 + rounds)
	return time.Duration((rounds + own) * float64(each))
}

// left is how much longer a call takes that has run for a while: of those that ran at least so long, as they went on.
func (x experience) left(g storage.Generation, spent time.Duration, fraction float64) (p50, p90 time.Duration) {
	if fraction > 0.1 && fraction < 1 {
		pace := time.Duration(float64(spent) * (1 - fraction) / fraction)
		return pace, pace + pace/2
	}
	work := x.work(g)
	i, _ := slices.BinarySearch(work, spent)
	if rest := work[i:]; len(rest) >= few {
		return rest.at(0.5) - spent, rest.at(0.9) - spent
	}
	return max(work.at(0.5)-spent, spent/4), max(work.at(0.9)-spent, spent/2)
}

// experience is what is known about a model.
type experience struct {
	at      time.Time
	samples int
	took    map[class]durations // from the first call to the stored images
	erred   [2][]float64        // how long it took, as a multiple of the guess: of those that mostly painted, that mostly waited
	peak    int                 // most calls at the same time
	typical durations           // as long as there is too little to measure
	lately  [2]durations        // of the last hour: from the turn to the first call, and from there to the stored images
}

// class is what generations have in common that take about as long. Zero fields are any.
type class struct {
	operation, quality string
	count, megapixels  int
}

// classes of a generation, the narrowest first.
func classes(operation string, p storage.Params) []class {
	mp := int(math.Round(float64(p.Width) * float64(p.Height) / 1e6))
	return []class{{operation, p.Quality, p.Count, mp}, {operation: operation, count: p.Count}, {operation: operation}, {}}
}

// work is how long such generations take.
func (x experience) work(g storage.Generation) durations {
	for _, c := range classes(g.Operation, g.Params) {
		least := enough
		if c == (class{}) {
			least = few
		}
		if took := x.took[c]; len(took) >= least {
			return took
		}
	}
	return x.typical
}

// errors are those of guesses of one kind, or of both kinds where there are few.
func (x experience) errors(waits bool) []float64 {
	kind := 0
	if waits {
		kind = 1
	}
	if len(x.erred[kind]) >= enough {
		return x.erred[kind]
	}
	both := slices.Concat(x.erred[0], x.erred[1])
	slices.Sort(both)
	return both
}

// durations are sorted.
type durations []time.Duration

// at is a quantile, one sample to the safe side.
func (d durations) at(q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	return d[rank(q, len(d))]
}

func (d durations) mean() time.Duration {
	var sum time.Duration
	for _, one := range d {
		sum += one
	}
	return sum / time.Duration(max(len(d), 1))
}

// rank of a quantile among n sorted values, so that the next value is below it with that probability at least.
func rank(q float64, n int) int { return min(int(math.Ceil(q*float64(n+1))), n) - 1 }

// learn makes experience of samples.
func learn(samples []storage.Sample, typical time.Duration) experience {
	x := experience{samples: len(samples), took: make(map[class]durations), typical: durations{typical, typical, 2 * typical}, peak: peak(samples)}
	for _, s := range samples {
		for _, c := range classes(s.Operation, s.Params) {
			x.took[c] = append(x.took[c], s.Stored.Sub(s.Began))
		}
		if time.Since(s.Stored) < lately {
			x.lately[0], x.lately[1] = append(x.lately[0], max(s.Began.Sub(s.Turn), 0)), append(x.lately[1], s.Stored.Sub(s.Began))
		}
		if s.Guess.Base <= 0 {
			continue
		}
		kind := 0
		if mostlyWaits(s.Guess) {
			kind = 1
		}
		x.erred[kind] = append(x.erred[kind], float64(s.Stored.Sub(s.Guess.At))/float64(s.Guess.Base))
	}
	for _, took := range x.took {
		slices.Sort(took)
	}
	slices.Sort(x.lately[0])
	slices.Sort(x.lately[1])
	for _, erred := range x.erred {
		slices.Sort(erred)
	}
	return x
}

// peak is the most calls that were under way at the same time.
func peak(samples []storage.Sample) (most int) {
	type edge struct {
		at time.Time
		by int
	}
	var edges []edge
	for _, s := range samples {
		edges = append(edges, edge{s.Began, 1}, edge{s.Stored, -1})
	}
	slices.SortFunc(edges, func(a, b edge) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.by - b.by
	})
	now := 0
	for _, e := range edges {
		now += e.by
		most = max(most, now)
	}
	return most
}

// learned keeps experience for a moment, because everybody who waits asks for it.
type learned struct {
	mu sync.Mutex
	of map[string]experience
}

// experience with a model; what it says of itself as long as there is none.
func (w *Workers) experience(ctx context.Context, model string) (experience, error) {
	w.learned.mu.Lock()
	defer w.learned.mu.Unlock()
	if x, ok := w.learned.of[model]; ok && time.Since(x.at) < learnedFor {
		return x, nil
	}
	samples, err := w.Store.Samples(ctx, model, newestSamples)
	if err != nil {
		return experience{}, err
	}
	m, _ := w.Router.Model(model)
	x := learn(samples, m.Typical)
	x.at = time.Now()
	w.learned.of[model] = x
	return x, nil
}

// timing is how long a picture of a model takes, without any line: half of them, and nine in ten.
type timing struct {
	P50, P90 time.Duration
	Samples  int
}

func (w *Workers) timing(ctx context.Context, model string) (timing, error) {
	x, err := w.experience(ctx, model)
	work := x.work(storage.Generation{})
	return timing{work.at(0.5), work.at(0.9), x.samples}, err
}
