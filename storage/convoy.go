package storage

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// convoy has trips to the database go together: while some are under way, whoever comes waits, and all who wait then are one
// transaction. Where few talk, everybody goes at once and alone; the more do, the more share a trip, a commit and the wait for
// the disk. If one of them is refused nothing of the others has happened either, and each goes again by itself.
type convoy struct {
	// travel runs trips as one transaction; hurry has it wait for no lock for long.
	travel func(ctx context.Context, trips []*traveler, hurry bool) error

	mu      sync.Mutex
	waiting []*traveler
	away    bool // some are under way
}

// traveler is a trip.
type traveler struct {
	lane  RelayLane
	plan  func() []step
	steps []step
	err   error
	alone bool      // it is to go again, by itself
	turn  chan bool // tells whether it leads those who wait; else it has been taken along
}

// The most trips of a convoy, and how long it may take. Nobody's context ends it: it is not theirs alone.
const (
	convoyMost = 64
	convoyTime = 15 * time.Second
)

// errConvoy is told where nobody knows what became of a convoy.
var errConvoy = errors.New("storage: the transaction broke off")

// join runs a trip, with others if there are any, and returns when it is over.
func (c *convoy) join(ctx context.Context, lane RelayLane, plan func() []step) error {
	t := &traveler{lane: lane, plan: plan, turn: make(chan bool, 1)}
	leads, err := c.enter(ctx, t)
	if err != nil {
		return err
	}
	if leads {
		c.lead(ctx, t)
	}
	if !t.alone {
		return t.err
	}
	if err := c.travel(ctx, []*traveler{t}, false); err != nil {
		return err
	}
	return t.err
}

// enter waits for a trip's turn, and reports whether it leads. Its context ends the wait, until it is taken along.
func (c *convoy) enter(ctx context.Context, t *traveler) (leads bool, err error) {
	c.mu.Lock()
	c.waiting = append(c.waiting, t)
	first := !c.away
	c.away = true
	c.mu.Unlock()
	if first {
		return true, nil
	}
	select {
	case leads = <-t.turn:
		return leads, nil
	case <-ctx.Done():
	}
	if c.leave(t) {
		return false, context.Cause(ctx)
	}
	return <-t.turn, nil
}

// leave reports whether a trip could still be called off: it was neither taken along nor told to lead.
func (c *convoy) leave(t *traveler) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.waiting, t)
	if i < 0 || len(t.turn) > 0 {
		return false
	}
	c.waiting = slices.Delete(c.waiting, i, i+1)
	return true
}

// lead takes along who waits. They go in the order of what they lock, so that two processes do not wait for each other.
func (c *convoy) lead(ctx context.Context, own *traveler) {
	c.mu.Lock()
	n := min(len(c.waiting), convoyMost)
	trips := slices.Clone(c.waiting[:n])
	c.waiting = slices.Delete(c.waiting, 0, n)
	c.mu.Unlock()
	slices.SortStableFunc(trips, func(a, b *traveler) int {
		return cmp.Or(cmp.Compare(a.lane.Conversation, b.lane.Conversation), cmp.Compare(a.lane.Side, b.lane.Side))
	})
	err := errConvoy // should travel panic
	defer func() { c.arrive(trips, own, err) }()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), convoyTime)
	defer cancel()
	err = c.travel(ctx, trips, true)
}

// arrive tells everybody what became of their trip, and has the first of those who came meanwhile lead the next.
func (c *convoy) arrive(trips []*traveler, own *traveler, err error) {
	c.mu.Lock()
	if c.away = len(c.waiting) > 0; c.away {
		c.waiting[0].turn <- true
	}
	c.mu.Unlock()
	for _, t := range trips {
		if err != nil {
			t.err = err
			t.alone = refused(err) && (len(trips) > 1 || waitedForLock(err))
		}
		if t != own {
			t.turn <- false
		}
	}
}
