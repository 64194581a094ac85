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
	lines map[string]map[string]place     // by key and member, who waits for one
}

// place is one who waits, and how long that is remembered.
type place struct {
	turn  int64
	until time.Time
}

var _ Limits = (*LocalLimits)(nil)

// NewLocalLimits returns empty limits.
func NewLocalLimits() *LocalLimits {
	return &LocalLimits{
		tat:   make(map[string]time.Time),
		slots: make(map[string]map[string]time.Time),
		lines: make(map[string]map[string]place),
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

// Unreserve implements Limits.
func (l *LocalLimits) Unreserve(_ context.Context, key string, every time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if due, ok := l.tat[key]; ok {
		l.tat[key] = due.Add(-every)
	}
	return nil
}

// Acquire implements Limits. A limit of zero or less is no bound.
func (l *LocalLimits) Acquire(ctx context.Context, key, member string, limit int, ttl time.Duration, turn int64, patience time.Duration) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if limit <= 0 {
		return true, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	held, line := l.slots[key], l.lines[key]
	if held == nil {
		held, line = make(map[string]time.Time), make(map[string]place)
		l.slots[key], l.lines[key] = held, line
	}
	maps.DeleteFunc(held, func(_ string, until time.Time) bool { return !until.After(now) })
	maps.DeleteFunc(line, func(_ string, p place) bool { return !p.until.After(now) })
	if _, mine := held[member]; !mine && len(held)+ahead(line, member, turn) >= limit {
		if patience > 0 {
			line[member] = place{turn, now.Add(patience)}
		}
		return false, nil
	}
	delete(line, member)
	held[member] = now.Add(ttl)
	return true, nil
}

// ahead counts who waits with an earlier turn.
func ahead(line map[string]place, member string, turn int64) (n int) {
	for who, p := range line {
		if who != member && p.turn < turn {
			n++
		}
	}
	return n
}

// Release implements Limits.
func (l *LocalLimits) Release(_ context.Context, key, member string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.slots[key], member)
	return nil
}

// dropPast keeps a table of instants small.
func dropPast(table map[string]time.Time, now time.Time) {
	if len(table) < sweepAt {
		return
	}
	maps.DeleteFunc(table, func(_ string, at time.Time) bool { return at.Before(now) })
}
