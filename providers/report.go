package providers

import (
	"context"
	"errors"
	"time"
)

// report remembers what a call said about its route and its key. It outlives the call; if the shared records are away
// nobody is warned, and the next call finds out.
func (r *Router) report(ctx context.Context, route Route, req Request, cost int64, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitsTimeout)
	defer cancel()
	if cost = r.bill(route, req, cost, err); cost > 0 {
		r.metrics.cost.WithLabelValues(route.Provider.Name(), string(req.Operation)).Add(float64(cost) / 1e6)
	}
	now := r.now()
	own, key := verdicts(now, err)
	_ = r.standings.change(ctx, route.key(), func(s *Standing) {
		own(s)
		s.tried(route.trial)
	})
	if key == nil && cost == 0 && !route.weak {
		return
	}
	_ = r.standings.change(ctx, providerKey(route.Provider.Name()), func(s *Standing) {
		s.spend(now, cost)
		switch {
		case key != nil:
			key(s)
		case err == nil:
			s.good(now)
		}
		s.tried(route.trial)
	})
}

// bill is what a call costs as far as one knows: what it said, or else the estimate.
func (r *Router) bill(route Route, req Request, cost int64, err error) int64 {
	if free(err) {
		return 0
	}
	if err == nil && cost >= 0 {
		return cost
	}
	return route.Cost(req)
}

// free reports whether a call that failed cost nothing. One that was given up did not, unless its error knows better: it may have
// been sent before.
func free(err error) bool {
	if failed, ok := errors.AsType[*Error](err); ok {
		return failed.Billed == BilledNo
	}
	return errors.Is(err, context.Canceled)
}

// verdicts are what an outcome changes in the standing of the route and, where it says something about it, of the key.
func verdicts(now time.Time, err error) (own, key func(*Standing)) {
	neutral := func(*Standing) {}
	var failed *Error
	switch {
	case err == nil:
		return func(s *Standing) { s.good(now) }, nil
	case errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &failed):
		return func(s *Standing) { s.bad(now, UnknownCall) }, nil
	case !errors.As(err, &failed):
		return neutral, nil
	}
	switch failed.Class {
	case RateLimited:
		cool := func(s *Standing) { s.cool(now, failed.Wait) }
		switch failed.Scope {
		case ScopeCall:
			return neutral, nil
		case ScopeModel:
			return cool, nil
		}
		return neutral, cool
	case Auth:
		return neutral, func(s *Standing) { s.refused(now) }
	case Transient, UnknownCall, NoOutput:
		return func(s *Standing) { s.bad(now, failed.Class) }, nil
	}
	return neutral, nil // refused content and the like are about the request
}

// reportPoll remembers what a question about a call in flight said about the route. One that was answered is written down
// only after one that was not.
func (r *Router) reportPoll(ctx context.Context, route Route, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitsTimeout)
	defer cancel()
	var failed *Error
	switch {
	case err == nil:
		all, err := r.standings.load(ctx, route.key())
		if err == nil && all[0].Polls > 0 {
			_ = r.standings.change(ctx, route.key(), (*Standing).answered)
		}
	case errors.As(err, &failed) && (failed.Class == Transient || failed.Class == UnknownCall):
		_ = r.standings.change(ctx, route.key(), func(s *Standing) { s.unanswered(r.now(), failed.Class) })
	}
}

// Took notes how long a route needed from the call to the last image, for the order of routes.
func (r *Router) Took(ctx context.Context, route Route, d time.Duration) {
	_ = r.standings.change(ctx, route.key(), func(s *Standing) { s.measured(d) })
}

// Made counts pictures of a provider that are stored, and their bytes.
func (r *Router) Made(provider string, pictures int, bytes int64) {
	r.metrics.images.WithLabelValues(provider).Add(float64(pictures))
	r.metrics.bytes.WithLabelValues(provider).Add(float64(bytes))
}

// Show brings the metrics of how providers are doing up to date, whether they are asked or not.
func (r *Router) Show(ctx context.Context) error {
	of := make(map[string][]string) // keys of routes by provider
	for _, routes := range r.book.Load().routes {
		for _, route := range routes {
			of[route.Provider.Name()] = append(of[route.Provider.Name()], route.key())
		}
	}
	for name, keys := range of {
		all, err := r.standings.load(ctx, append(keys, providerKey(name))...)
		if err != nil {
			return err
		}
		state, wait := best(r.now(), all[:len(keys)], all[len(keys)])
		r.metrics.shows(name, state, wait)
	}
	return nil
}

// best is the state of the route that may be asked the most.
func best(now time.Time, routes []Standing, key Standing) (state State, wait time.Duration) {
	share := -1.0
	for _, own := range routes {
		s, w := worse(now, own, key)
		n := min(own.Share(now), key.Share(now))
		if n > share || (n == share && w < wait) {
			share, state, wait = n, s, w
		}
	}
	return state, wait
}

// Heal asks providers that are left alone, and can be asked at no cost, whether they work again, and returns those that
// do. One process at a time asks; the others do nothing.
func (r *Router) Heal(ctx context.Context) (healed []string, err error) {
	for _, p := range r.Providers() {
		prober, ok := p.(Prober)
		if !ok {
			continue
		}
		ok, err := r.heal(ctx, p, prober)
		if err != nil {
			return healed, err
		}
		if ok {
			healed = append(healed, p.Name())
		}
	}
	return healed, nil
}

func (r *Router) heal(ctx context.Context, p Provider, prober Prober) (bool, error) {
	ill, err := r.ill(ctx, p)
	if err != nil || len(ill) == 0 {
		return false, err
	}
	took, err := r.limits.Acquire(ctx, "probe:"+p.Name(), routerName, 1, slotTTL, 0, 0)
	if err != nil || !took {
		return false, err
	}
	done := r.metrics.begin(ctx, p.Name(), opProbe)
	_, err = guard(p, func() (struct{}, error) { return struct{}{}, prober.Probe(ctx) })
	done(err)
	for _, key := range ill {
		if change := r.standings.change(ctx, key, func(s *Standing) { s.probed(r.now(), err) }); change != nil {
			return false, change
		}
	}
	return err == nil, nil
}

// ill lists the records of a provider that keep calls away, those aside that only wait for a time it named.
func (r *Router) ill(ctx context.Context, p Provider) ([]string, error) {
	keys := []string{providerKey(p.Name())}
	for _, routes := range r.book.Load().routes {
		for _, route := range routes {
			if route.Provider == p {
				keys = append(keys, route.key())
			}
		}
	}
	all, err := r.standings.load(ctx, keys...)
	if err != nil {
		return nil, err
	}
	var ill []string
	for i, s := range all {
		switch state, _ := s.State(r.now()); state {
		case StateOpen, StateHalfOpen, StateDisabled:
			ill = append(ill, keys[i])
		}
	}
	return ill, nil
}

// Enable forgets that a provider's key was refused and that its routes failed: an operator mended it.
func (r *Router) Enable(ctx context.Context, provider string) error {
	p, ok := r.providers[provider]
	if !ok {
		return refuse(errors.New("no such provider"))
	}
	ill, err := r.ill(ctx, p)
	for _, key := range ill {
		if err == nil {
			err = r.standings.change(ctx, key, func(s *Standing) { *s = Standing{Spent: s.Spent, Latency: s.Latency} })
		}
	}
	return err
}
