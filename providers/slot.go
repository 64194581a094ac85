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

// Slot takes one of the model's parallel calls for the attempt and waits its turn in the model's rate, at most two
// seconds. The slot is renewed until release, which may be called more than once.
//
// When there is no slot or the turn is too far away, the error is *Error with RateLimited, Scope "call" and the Wait
// after which to come back.
func (r *Router) Slot(ctx context.Context, m Model, attemptID string) (release func(), err error) {
	ok, err := r.limits.Acquire(ctx, slotKey(m), attemptID, m.MaxParallel, slotTTL)
	if err != nil {
		return nil, fmt.Errorf("slot of %s: %w", m.Name, err)
	}
	if !ok {
		return nil, r.busy(m, slotRetry)
	}
	r.leases.put(attemptID, r.renew(ctx, m, attemptID))
	release = func() {
		if r.leases.drop(attemptID) {
			r.free(ctx, m, attemptID)
		}
	}
	if err := r.turn(ctx, m); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// Keep holds the slot of an asynchronous call until ttl from now, after which the next Poll keeps it again, perhaps in
// another process. A slot taken by Slot is no longer renewed and its release does nothing from then on: Free gives it
// back when the call has ended.
func (r *Router) Keep(ctx context.Context, m Model, attemptID string, ttl time.Duration) error {
	r.leases.drop(attemptID)
	if m.MaxParallel <= 0 {
		return nil
	}
	if _, err := r.limits.Acquire(ctx, slotKey(m), attemptID, m.MaxParallel, ttl); err != nil {
		return fmt.Errorf("slot of %s: %w", m.Name, err)
	}
	return nil
}

// Free gives the slot of an attempt back, wherever it was taken.
func (r *Router) Free(ctx context.Context, m Model, attemptID string) {
	r.leases.drop(attemptID)
	r.free(ctx, m, attemptID)
}

// turn waits for the model's rate.
func (r *Router) turn(ctx context.Context, m Model) error {
	wait, ok, err := r.limits.Reserve(ctx, "rate:"+m.Name, m.Every, m.Burst, maxRateWait)
	if err != nil {
		return fmt.Errorf("rate of %s: %w", m.Name, err)
	}
	if !ok {
		return r.busy(m, wait)
	}
	return pause(ctx, wait)
}

// renew keeps a slot until stop. A slot that is lost meanwhile (the limits were wiped and others came) is not worth the
// call that holds it: the call goes on.
func (r *Router) renew(ctx context.Context, m Model, attemptID string) (stop func()) {
	if m.MaxParallel <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var renewing sync.WaitGroup
	renewing.Go(func() {
		for pause(ctx, slotRenew) == nil {
			_, _ = r.limits.Acquire(ctx, slotKey(m), attemptID, m.MaxParallel, slotTTL)
		}
	})
	return func() {
		cancel()
		renewing.Wait()
	}
}

// free outlives the call; a slot that cannot be given back runs out by itself.
func (r *Router) free(ctx context.Context, m Model, attemptID string) {
	if m.MaxParallel <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitsTimeout)
	defer cancel()
	_ = r.limits.Release(ctx, slotKey(m), attemptID)
}

func (r *Router) busy(m Model, wait time.Duration) error {
	name := routerName
	if p := r.owner[m.Name]; p != nil {
		name = p.Name()
	}
	return &Error{
		Provider: name, Class: RateLimited, Billed: BilledNo, Wait: wait, Scope: ScopeCall,
		Err: errors.New("all calls of the model are in use"),
	}
}

func slotKey(m Model) string { return "slots:" + m.Name }

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
