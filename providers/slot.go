package providers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	slotTTL       = 15 * time.Second // a dead holder's slot is free after this
	slotRenew     = slotTTL / 3
	slotRetry     = time.Second // when to come back if all slots are taken
	maxRateWait   = 2 * time.Second
	limitsTimeout = 3 * time.Second
	slotPatience  = 10 * time.Second // a place in the line of one who does not come back
)

// leases are the slots this process renews, by attempt.
type leases struct {
	mu   sync.Mutex
	stop map[string]func() // ends the renewal and waits for one under way
}

func newLeases() *leases { return &leases{stop: make(map[string]func())} }

func (l *leases) put(attemptID string, stop func()) {
	l.drop(attemptID)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop[attemptID] = stop
}

// drop ends the renewal and reports whether there was one.
func (l *leases) drop(attemptID string) bool {
	l.mu.Lock()
	stop, ok := l.stop[attemptID]
	delete(l.stop, attemptID)
	l.mu.Unlock()
	if ok {
		stop()
	}
	return ok
}

// Slot takes one of the route's and the key's parallel calls for the attempt and waits its turn in their rates, at most
// two seconds. Who finds no slot keeps a place in the line, in the order of turn, as long as he comes back. The slot is
// renewed until release, which may be called more than once.
//
// When there is no slot or the turn is too far away, the error is *Error with RateLimited, Scope "call" and the Wait
// after which to come back.
func (r *Router) Slot(ctx context.Context, route Route, attemptID string, turn int64, images int) (release func(), err error) {
	if err := r.try(ctx, route); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.untry(ctx, route)
		}
	}()
	for _, s := range r.slots(route) {
		ok, err := r.limits.Acquire(ctx, s.key, attemptID, s.limit, slotTTL, turn, slotPatience)
		if err != nil {
			return nil, fmt.Errorf("slot of %s: %w", route.Model.Name, err)
		}
		if !ok {
			r.free(ctx, route, attemptID)
			return nil, r.busy(route, slotRetry)
		}
	}
	r.leases.put(attemptID, r.renew(ctx, route, attemptID))
	release = func() {
		if r.leases.drop(attemptID) {
			r.free(ctx, route, attemptID)
			r.untry(ctx, route)
		}
	}
	if err := r.turn(ctx, route, images); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// slot is a bound on calls in flight.
type slot struct {
	key   string
	limit int
}

// slots a call over the route needs: the model's and the key's, as far as they are bounded.
func (r *Router) slots(route Route) (all []slot) {
	name := route.Provider.Name()
	if n := route.Model.MaxParallel; n > 0 {
		all = append(all, slot{"slots:" + name + "/" + route.Model.Name, n})
	}
	if n := r.book.Load().limits[name].Parallel; n > 0 {
		all = append(all, slot{"slots:" + name, n})
	}
	return all
}

// try takes the trial of a route that was picked half-open, and that of its key.
func (r *Router) try(ctx context.Context, route Route) error {
	if route.trial == "" {
		return nil
	}
	now := r.now()
	for _, key := range route.keys() {
		var mine bool
		err := r.standings.change(ctx, key, func(s *Standing) { mine = s.try(now, route.trial) })
		switch {
		case err != nil:
			err = fmt.Errorf("trial of %s: %w", route.Model.Name, err)
		case !mine:
			err = r.busy(route, rampWait)
		default:
			continue
		}
		r.untry(ctx, route)
		return err
	}
	return nil
}

// untry gives a trial back of which nothing came: somebody else may try. It outlives the call like free.
func (r *Router) untry(ctx context.Context, route Route) {
	if route.trial == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitsTimeout)
	defer cancel()
	for _, key := range route.keys() {
		_ = r.standings.change(ctx, key, func(s *Standing) { s.tried(route.trial) })
	}
}

// Keep holds the slots of an asynchronous call until ttl from now, after which the next Poll keeps them again, perhaps
// in another process. A slot taken by Slot is no longer renewed and its release does nothing from then on: Free gives it
// back when the call has ended.
func (r *Router) Keep(ctx context.Context, route Route, attemptID string, ttl time.Duration) error {
	r.leases.drop(attemptID)
	for _, s := range r.slots(route) {
		if _, err := r.limits.Acquire(ctx, s.key, attemptID, s.limit, ttl, 0, 0); err != nil {
			return fmt.Errorf("slot of %s: %w", route.Model.Name, err)
		}
	}
	return nil
}

// Free gives the slots of an attempt back, wherever they were taken.
func (r *Router) Free(ctx context.Context, route Route, attemptID string) {
	r.leases.drop(attemptID)
	r.free(ctx, route, attemptID)
}

// rate is a bound on calls over time.
type rate struct {
	key   string
	every time.Duration
	burst int
}

// rates a call for so many images has to keep to. A rate of images is one of calls that are that much rarer.
func (r *Router) rates(route Route, images int) []rate {
	name := route.Provider.Name()
	l := r.book.Load().limits[name]
	all := []rate{{"rate:" + name + "/" + route.Model.Name, route.Model.Every, route.Model.Burst}}
	if l.PerMinute > 0 {
		all = append(all, rate{"rate:" + name, time.Minute / time.Duration(l.PerMinute), max(l.Burst, 1)})
	}
	if l.ImagesPerMinute > 0 {
		all = append(all, rate{
			"images:" + name, time.Duration(images) * time.Minute / time.Duration(l.ImagesPerMinute),
			max(1, max(l.Burst, route.Model.MaxCount)/max(images, 1)),
		})
	}
	return all
}

// turn waits for the rates. Who is turned away by one of them leaves no place booked in those before it.
func (r *Router) turn(ctx context.Context, route Route, images int) error {
	all := r.rates(route, images)
	for i, one := range all {
		wait, ok, err := r.limits.Reserve(ctx, one.key, one.every, one.burst, maxRateWait)
		switch {
		case err != nil:
			err = fmt.Errorf("rate of %s: %w", route.Model.Name, err)
		case !ok:
			err = r.busy(route, wait)
		default:
			if err = pause(ctx, wait); err == nil {
				continue
			}
			i++
		}
		r.unturn(ctx, all[:i])
		return err
	}
	return nil
}

// unturn outlives the call; a place that cannot be given back passes unused.
func (r *Router) unturn(ctx context.Context, booked []rate) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitsTimeout)
	defer cancel()
	for _, one := range booked {
		if one.every > 0 {
			_ = r.limits.Unreserve(ctx, one.key, one.every)
		}
	}
}

// renew keeps slots until stop. A slot that is lost meanwhile (the limits were wiped and others came) is not worth the
// call that holds it: the call goes on.
func (r *Router) renew(ctx context.Context, route Route, attemptID string) (stop func()) {
	if len(r.slots(route)) == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var renewing sync.WaitGroup
	renewing.Go(func() {
		for pause(ctx, slotRenew) == nil {
			for _, s := range r.slots(route) {
				_, _ = r.limits.Acquire(ctx, s.key, attemptID, s.limit, slotTTL, 0, 0)
			}
		}
	})
	return func() {
		cancel()
		renewing.Wait()
	}
}

// free outlives the call; a slot that cannot be given back runs out by itself.
func (r *Router) free(ctx context.Context, route Route, attemptID string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitsTimeout)
	defer cancel()
	for _, s := range r.slots(route) {
		_ = r.limits.Release(ctx, s.key, attemptID)
	}
}

func (r *Router) busy(route Route, wait time.Duration) error {
	return &Error{
		Provider: route.Provider.Name(), Class: RateLimited, Billed: BilledNo, Wait: wait, Scope: ScopeCall,
		Err: errors.New("all calls of the model are in use"),
	}
}

// pause waits for d or for the context.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
