package providers

import (
	"context"
	"maps"
	"sync"
	"time"
)

// sweepAt is how many entries a table of LocalLimits may hold before what has run out is thrown away.
const sweepAt = 1024

// LocalLimits are the Limits of a single process: for tests and for programs without Redis. Package queue has the ones
// that several processes share; both keep the same promises.
type LocalLimits struct {
	mu    sync.Mutex
	tat   map[string]time.Time            // when the next call would be due if all were evenly spaced
	slots map[string]map[string]time.Time // by key and member, when the slot runs out
	cool  map[string]time.Time
}

var _ Limits = (*LocalLimits)(nil)

// NewLocalLimits returns empty limits.
func NewLocalLimits() *LocalLimits {
	return &LocalLimits{
		tat:   make(map[string]time.Time),
		slots: make(map[string]map[string]time.Time),
		cool:  make(map[string]time.Time),
	}
}

// Reserve implements Limits by the generic cell rate algorithm: one instant per key is all it keeps.
func (l *LocalLimits) Reserve(
	ctx context.Context, key string, every time.Duration, burst int, maxWait time.Duration,
) (time.Duration, bool, error) {
	if err := ctx.Err(); err != nil {
		return 0, false, err
	}
	if every <= 0 {
		return 0, true, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	dropPast(l.tat, now)
	due := l.tat[key]
	if due.Before(now) {
		due = now
	}
	due = due.Add(every)
	wait := max(0, due.Add(-time.Duration(max(1, burst))*every).Sub(now))
	if wait > maxWait {
		return wait, false, nil
	}
	l.tat[key] = due
	return wait, true, nil
}

// Acquire implements Limits. A limit of zero or less is no bound.
func (l *LocalLimits) Acquire(ctx context.Context, key, member string, limit int, ttl time.Duration) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if limit <= 0 {
		return true, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	held := l.slots[key]
	if held == nil {
		held = make(map[string]time.Time)
		l.slots[key] = held
	}
	maps.DeleteFunc(held, func(_ string, until time.Time) bool { return !until.After(now) })
	if _, mine := held[member]; !mine && len(held) >= limit {
		return false, nil
	}
	held[member] = now.Add(ttl)
	return true, nil
}

// Release implements Limits.
func (l *LocalLimits) Release(_ context.Context, key, member string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.slots[key], member)
	return nil
}

// Cool implements Limits: a cooldown is only ever made longer.
func (l *LocalLimits) Cool(ctx context.Context, key string, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	dropPast(l.cool, now)
	if until := now.Add(d); until.After(l.cool[key]) {
		l.cool[key] = until
	}
	return nil
}

// Cooling implements Limits.
func (l *LocalLimits) Cooling(ctx context.Context, key string) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	until, ok := l.cool[key]
	if !ok {
		return 0, nil
	}
	return max(0, time.Until(until)), nil
}

// dropPast keeps a table of instants small.
func dropPast(table map[string]time.Time, now time.Time) {
	if len(table) < sweepAt {
		return
	}
	maps.DeleteFunc(table, func(_ string, at time.Time) bool { return at.Before(now) })
}
