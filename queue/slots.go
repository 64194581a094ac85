package queue

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// Slots are room for work that is at hand and needs no way through Redis: as much as a pool of this process has, and none
// where it does not run the pool. Such work has a task as well, or a sweeper, that takes it up where there is no room or the
// process dies. It goes on after its handler has returned, and obeys Stopping like one.
type Slots struct {
	taken chan struct{}
	log   *slog.Logger
}

// NewSlots returns as many slots as that pool has here; pools are those of ServerConfig.
func NewSlots(pools map[string]int, pool string, log *slog.Logger) *Slots {
	n, chosen := pools[pool]
	if pools != nil && !chosen {
		return &Slots{log: orLog(log)}
	}
	for _, p := range Pools(0, false) {
		if p.Name == pool && n == 0 {
			n = p.Concurrency
		}
	}
	return &Slots{taken: make(chan struct{}, n), log: orLog(log)}
}

// Take takes a slot if one is free. Run starts f and gives the slot back when it has returned; f may be nil. It has to be
// called once.
func (s *Slots) Take() (run func(f func()), ok bool) {
	select {
	case s.taken <- struct{}{}:
		return s.run, true
	default:
		return nil, false
	}
}

func (s *Slots) run(f func()) {
	if f == nil {
		<-s.taken
		return
	}
	go func() {
		defer func() {
			<-s.taken
			if v := recover(); v != nil {
				s.log.Error("panic in a slot", slog.String("type", fmt.Sprintf("%T", v)), slog.String("stack", string(debug.Stack())))
			}
		}()
		f()
	}()
}

// Close lets no more work begin and waits for what is under way until ctx ends.
func (s *Slots) Close(ctx context.Context) error {
	for range cap(s.taken) {
		select {
		case s.taken <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("wait for slots: %w", ctx.Err())
		}
	}
	return nil
}

// SlotsGrace is how long work in slots is waited for: as long as for tasks of the pool of conversations.
const SlotsGrace = 35 * time.Second
