package status

import (
	"slices"
	"time"
)

// Readings are what was measured at a moment. What could not be measured is left out.
type Readings struct {
	At time.Time
	// Parts are those there are here, in the order in which they are shown.
	Parts []Part
	// Up says of parts that are servers whether they answer.
	Up map[Part]bool
	// Queues by the part they serve.
	Queues map[Part]Queue
	Models []ModelReading
}

// Queue is what waits for a part.
type Queue struct {
	Waiting, Active int
	Oldest          time.Duration // of what waits
	Target          time.Duration // how long a task may wait
	Paused          bool
	Workers         int   // slots of the processes that take its tasks
	Last            Range // of Oldest, within the last hour
}

// ModelReading is what is known about a model.
type ModelReading struct {
	Name       string
	Title      map[string]string
	Routes     []Route
	Wait, Take Range         // of the last hour
	Usual      time.Duration // half of its images take at most so long, as far back as one knows; zero is not known
}

// Route is one way to have a model's images made.
type Route struct {
	Service string // as people know it
	State   State
}

const (
	// slowWait is how many times its target a queue's first task may wait before the part is slow.
	slowWait = 4
	// stalled is how long nothing may move before a part does not work.
	stalled = 5 * time.Minute
	// slowTake is how many times longer than usual a model's images may take before it is slow.
	slowTake = 2.0
	// longWait is how long half of the pictures may wait in line before a model is slow.
	longWait = 2 * time.Minute
)

// Judge says how everything is doing.
func Judge(r Readings) Board {
	b := Board{At: r.At, Overall: Works}
	for _, m := range r.Models {
		b.Models = append(b.Models, m.judge())
	}
	for _, p := range r.Parts {
		state := r.part(p, b.Models)
		b.Parts = append(b.Parts, PartState{p, state})
		if q, ok := r.Queues[p]; ok {
			b.Lines = append(b.Lines, Wait{p, q.Waiting, q.Oldest, q.Last})
		}
		if state == Away && !slices.Contains(vital(), p) {
			state = Partly
		}
		b.Overall = worse(b.Overall, state)
	}
	return b
}

// part judges one of the parts.
func (r Readings) part(p Part, models []Model) State {
	if up, looked := r.Up[p]; looked {
		if up {
			return Works
		}
		return Away
	}
	if slices.ContainsFunc(needs()[p], r.away) {
		return Away
	}
	q, ok := r.Queues[p]
	if !ok {
		return Unknown
	}
	state := q.judge()
	if p == Images {
		state = worse(state, allModels(models))
	}
	return state
}

// needs are the servers a part cannot work without.
func needs() map[Part][]Part {
	return map[Part][]Part{
		Bot:           {Line, Accounts, Telegram},
		Images:        {Line, Accounts, Pictures},
		Delivery:      {Line, Accounts, Pictures, Telegram},
		Conversations: {Line, Accounts, Telegram},
		Payments:      {Line, Accounts, Telegram},
	}
}

// away reports whether a server is known not to answer.
func (r Readings) away(p Part) bool {
	up, looked := r.Up[p]
	return looked && !up
}

func (q Queue) judge() State {
	switch {
	case q.Workers == 0, q.Paused, q.Oldest > stalled && q.Oldest > slowWait*q.Target && q.Active == 0:
		return Away
	case q.Oldest > slowWait*q.Target:
		return Slow
	}
	return Works
}

// judge is how a model is doing: as its best route.
func (m ModelReading) judge() Model {
	v := Model{Name: m.Name, Title: m.Title, State: Away, Wait: m.Wait, Take: m.Take}
	if len(m.Routes) == 0 {
		v.State = Unknown
	}
	for _, route := range m.Routes {
		if route.State.rank() < v.State.rank() {
			v.State = route.State
		}
		at := slices.IndexFunc(v.Services, func(s Service) bool { return s.Title == route.Service })
		switch {
		case at < 0:
			v.Services = append(v.Services, Service{route.Service, route.State})
		case route.State.rank() < v.Services[at].State.rank():
			v.Services[at].State = route.State
		}
	}
	late := m.Usual > 0 && float64(m.Take.P50) > slowTake*float64(m.Usual)
	if v.State == Works && (late || m.Wait.P50 > longWait) {
		v.State = Slow
	}
	return v
}

// allModels is how making pictures is doing, as far as models tell.
func allModels(all []Model) State {
	if len(all) == 0 {
		return Works // it is not the models' fault
	}
	best, worst := Away, Works
	for _, m := range all {
		if m.State.rank() < best.rank() {
			best = m.State
		}
		worst = worse(worst, m.State)
	}
	switch {
	case best == Away:
		return Away
	case worst == Away:
		return Partly
	}
	return best
}
