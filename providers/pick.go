package providers

import (
	"cmp"
	"context"
	crand "crypto/rand"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// rampWait is how long a call stays off the only route while that is ramping up.
const rampWait = 2 * time.Second

// Ask is what a route is wanted for.
type Ask struct {
	// Offer by name.
	Offer     string
	Operation Operation
	Count     int // images; a route that makes fewer in a call is called several times
	Size      Size
	Quality   Quality
	Refs      int
	Mask      bool
	// Tried are the calls made for this before, whatever came of them.
	Tried []Tried
	// Full are routes that had no free slot just now.
	Full []Tried
	// Without are providers that the person does not want.
	Without []string
}

// Tried is an earlier call.
type Tried struct {
	Provider, Model string
	Class           Class
	Wide            bool // a bad request that another route may take
}

// Verdict is why a route is or is not asked. The set is closed.
type Verdict string

// The verdicts.
const (
	Chosen      Verdict = "chosen"
	Standby     Verdict = "standby"      // would be asked if those before it could not
	CannotDo    Verdict = "cannot"       // lacks the operation, the references or the mask
	Excluded    Verdict = "excluded"     // by the person
	WasTried    Verdict = "tried"        // it failed at this in a way that trying again does not mend
	SwitchedOff Verdict = "switched_off" // by an operator
	LeftAlone   Verdict = "left_alone"   // cooling, open, disabled, or somebody is trying it
	OverBudget  Verdict = "over_budget"  // of the day
	StillRamped Verdict = "ramping"      // this call is not of the share that passes
	AllInUse    Verdict = "all_in_use"   // it had no free slot just now
)

// Candidate is a route and what was thought of it.
type Candidate struct {
	Route   Route
	Verdict Verdict
	State   State
	Why     string        // class of the failure behind the state
	Wait    time.Duration // until the verdict may change
	Cost    int64         // micro-dollars
	Latency time.Duration // zero is not measured
	Share   float64       // of the calls that may pass
}

// Pick chooses the route to ask. Errors are *Error: RateLimited with the shortest Wait when every route that could do it
// is to be left alone, Auth when only an operator can help, and BadRequest for an offer that does not exist, that cannot do it, or of which nothing is left to
// try (ErrNoCandidate).
func (r *Router) Pick(ctx context.Context, a Ask) (Route, error) {
	all, err := r.Explain(ctx, a)
	if err != nil {
		return Route{}, err
	}
	wait, waits, refused := time.Duration(0), false, false
	for _, c := range all {
		switch c.Verdict {
		case Chosen:
			c.Route.weak = c.State != StateClosed
			if c.State == StateHalfOpen {
				c.Route.trial = crand.Text()
			}
			return c.Route, nil
		case LeftAlone, OverBudget, StillRamped, AllInUse, SwitchedOff:
			if c.State == StateDisabled || c.Verdict == SwitchedOff && c.Wait > longHold {
				refused = true
				continue
			}
			if !waits || c.Wait < wait {
				wait, waits = c.Wait, true
			}
		}
	}
	if waits {
		return Route{}, &Error{
			Provider: routerName, Class: RateLimited, Billed: BilledNo, Wait: max(wait, time.Second), Scope: ScopeModel,
			Err: fmt.Errorf("every route of %s is to be left alone", a.Offer),
		}
	}
	if refused {
		return Route{}, &Error{Provider: routerName, Class: Auth, Billed: BilledNo, Err: fmt.Errorf("whoever makes %s was refused or is switched off", a.Offer)}
	}
	return Route{}, refuse(fmt.Errorf("%s, %s: %w", a.Offer, a.Operation, ErrNoCandidate))
}

// Explain judges every route of an offer, in the order in which they would be asked: what Pick decides, and why.
func (r *Router) Explain(ctx context.Context, a Ask) ([]Candidate, error) {
	b := r.book.Load()
	routes, ok := b.routes[a.Offer]
	if !ok {
		return nil, refuse(fmt.Errorf("model %q does not exist", a.Offer))
	}
	if !b.models[a.Offer].Can(a.Operation) {
		return nil, refuse(fmt.Errorf("model %q does not %s", a.Offer, a.Operation))
	}
	keys := make([]string, 0, 2*len(routes))
	for _, route := range routes {
		keys = append(keys, route.keys()...)
	}
	standings, err := r.standings.load(ctx, keys...)
	if err != nil {
		return nil, err
	}
	all := make([]Candidate, 0, len(routes))
	for i, route := range routes {
		all = append(all, r.judgeRoute(a, b.limits[route.Provider.Name()], route, standings[2*i], standings[2*i+1]))
	}
	r.order(all)
	return all, nil
}

// Possible reports whether any route could ever serve the ask, however it is doing right now.
func (r *Router) Possible(a Ask) bool {
	return slices.ContainsFunc(r.book.Load().routes[a.Offer], func(route Route) bool {
		return route.Model.fits(a) && !slices.Contains(a.Without, route.Provider.Name())
	})
}

// judgeRoute filters: what the route can do, what was tried, how it and its key are doing, and what is left of the day.
func (r *Router) judgeRoute(a Ask, l KeyLimits, route Route, own, key Standing) Candidate {
	now := r.now()
	c := Candidate{
		Route: route, Verdict: Standby, Cost: route.Cost(a.request(route.Model.Name)), Latency: millis(own.Latency),
		Share: min(own.Share(now), key.Share(now)),
	}
	c.State, c.Wait = worse(now, own, key)
	if c.Why = own.Why; c.Why == "" {
		c.Why = key.Why
	}
	heldFor, held := r.held(route.Provider.Name(), route.Model.Name)
	switch {
	case !route.Model.fits(a):
		c.Verdict = CannotDo
	case slices.Contains(a.Without, route.Provider.Name()):
		c.Verdict = Excluded
	case spent(a.Tried, route):
		c.Verdict = WasTried
	case held:
		c.Verdict, c.Wait = SwitchedOff, heldFor
	case slices.ContainsFunc(a.Full, route.is):
		c.Verdict, c.Wait = AllInUse, slotRetry
	case c.State == StateOpen, c.State == StateCooling, c.State == StateDisabled, c.State == StateHalfOpen && c.Wait > 0:
		c.Verdict = LeftAlone
	case l.DailyBudget > 0 && key.today(now)+c.Cost > l.DailyBudget:
		c.Verdict, c.Wait = OverBudget, now.UTC().Truncate(24*time.Hour).Add(24*time.Hour).Sub(now)
	case c.Share < 1 && r.draw() >= c.Share && c.State == StateRamping:
		c.Verdict, c.Wait = StillRamped, rampWait
	}
	return c
}

func (a Ask) request(model string) Request {
	return Request{Model: model, Operation: a.Operation, Count: max(a.Count, 1), Size: a.Size, Quality: a.Quality}
}

// worse is the state of the two that lets less pass, and its wait.
func worse(now time.Time, own, key Standing) (State, time.Duration) {
	state, wait := own.State(now)
	other, longer := key.State(now)
	if key.Share(now) < own.Share(now) || (other != StateClosed && state == StateClosed) || (key.Share(now) == own.Share(now) && longer > wait) {
		return other, longer
	}
	return state, wait
}

// fits reports whether the model can do what is asked.
func (m Model) fits(a Ask) bool {
	return m.Can(a.Operation) && a.Refs <= m.MaxRefs && (!a.Mask || m.Mask) &&
		(a.Quality == "" || len(m.Qualities) == 0 || slices.Contains(m.Qualities, a.Quality))
}

// spent reports whether asking this route again makes no sense. A refused key or a request that the route does not take
// ends it at once, a failure that may pass after the third time.
func spent(tried []Tried, route Route) bool {
	failures := 0
	for _, t := range tried {
		if !route.is(t) {
			continue
		}
		switch t.Class {
		case Auth, BadRequest:
			return true
		case RateLimited:
		default:
			failures++
		}
	}
	return failures > 2
}

// is reports whether a call was made over this route.
func (r Route) is(t Tried) bool { return t.Provider == r.Provider.Name() && t.Model == r.Model.Name }

// order puts those that can be asked first: by priority, then by a draw after their weights or, without weights, by
// cost and measured latency. A half-open route gets its trial when the draw is for it or nothing else is left. The first
// is chosen.
func (r *Router) order(all []Candidate) {
	weighted := slices.ContainsFunc(all, func(c Candidate) bool { return c.Route.Weight > 0 })
	luck := make(map[string]float64, len(all))
	late := make(map[string]bool, len(all))
	for _, c := range all {
		if weighted { // exponential waiting times: the first to arrive is drawn after its weight
			luck[c.Route.key()] = -math.Log(1-r.draw()) / cmp.Or(c.Route.Weight, 1)
		}
		late[c.Route.key()] = c.State == StateHalfOpen && r.draw() >= rampFloor
	}
	rank := func(c Candidate) int {
		switch {
		case c.Verdict != Standby:
			return 2
		case late[c.Route.key()]:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b Candidate) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			cmp.Compare(a.Route.Priority, b.Route.Priority),
			cmp.Compare(luck[a.Route.key()], luck[b.Route.key()]),
			cmp.Compare(a.Cost, b.Cost),
			cmp.Compare(a.Latency, b.Latency),
		)
	})
	if len(all) > 0 && all[0].Verdict == Standby {
		all[0].Verdict = Chosen
	}
}

func (r *Router) defaults() {
	if r.metrics == nil {
		r.metrics = NewMetrics(nil)
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.draw == nil {
		r.draw = rand.Float64
	}
}
