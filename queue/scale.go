package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds are the fewest and the most processes of a pool that may be wanted.
type Bounds struct{ Min, Max int }

// DefaultBounds are those of a pool for which none are set.
var DefaultBounds = Bounds{1, 10}

// ErrNoPool says that there is no such pool.
var ErrNoPool = errors.New("no such pool")

// Target is how long a task of a queue may wait for its start: beyond it more processes are wanted, and after a while
// operators are told.
func Target(queue string) time.Duration {
	switch queue {
	case QueuePayments:
		return time.Second
	case QueueInteractive, QueueConversation:
		return 2 * time.Second
	case QueueDeliver:
		return 5 * time.Second
	case QueueGenerate:
		return time.Minute
	case QueueMaintenance:
		return 10 * time.Minute
	default:
		return time.Hour
	}
}

// Scale is how many processes of a pool are wanted, and how that was reckoned.
type Scale struct {
	Pool    string  `json:"pool"`
	Want    int     `json:"want"`
	Running int     `json:"running"` // processes that take tasks of the pool
	Pending int     `json:"pending"` // tasks that could start; those of a paused queue cannot
	Active  int     `json:"active"`  // tasks that run
	Slots   int     `json:"slots"`   // of one process
	Oldest  float64 `json:"oldest_seconds"`
	Target  float64 `json:"target_seconds"` // of the queue whose oldest task is the furthest beyond it
	Min     int     `json:"min"`
	Max     int     `json:"max"`
	Paused  bool    `json:"paused"` // one of its queues is
	Why     string  `json:"why"`    // the arithmetic, for people
}

// load is what is known of a pool.
type load struct {
	pool    Pool
	queues  map[string]Info
	running int
	slots   int
}

// reckon says how many processes are wanted: enough for what waits and runs, and a quarter more, one at least, while the
// oldest task has waited longer than its queue promises. What runs is counted because a long task needs its process until
// it ends, however short the queue has become.
func (l load) reckon(b Bounds) Scale {
	s := Scale{Pool: l.pool.Name, Running: l.running, Slots: max(1, l.slots), Min: b.Min, Max: b.Max}
	worst := -1.0
	for _, w := range l.pool.Queues {
		q := l.queues[w.Queue]
		s.Active += q.Active
		if q.Paused {
			s.Paused = true
			continue
		}
		s.Pending += q.Pending
		if ratio := q.Oldest.Seconds() / Target(w.Queue).Seconds(); ratio > worst {
			worst, s.Oldest, s.Target = ratio, q.Oldest.Seconds(), Target(w.Queue).Seconds()
		}
	}
	need := ceil(s.Pending+s.Active, s.Slots)
	step := 0
	if s.Pending > 0 && s.Oldest > s.Target {
		step = max(1, ceil(need, 4))
	}
	s.Want = min(max(need+step, b.Min), b.Max)
	s.Why = s.explain(need, step)
	return s
}

func ceil(a, b int) int { return (a + b - 1) / b }

// explain is the arithmetic in words.
func (s Scale) explain(need, step int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "(%d pending + %d active) / %d slots, rounded up = %d", s.Pending, s.Active, s.Slots, need)
	if step > 0 {
		fmt.Fprintf(&b, "; + %d because the oldest has waited %.0f s of %.0f s", step, s.Oldest, s.Target)
	}
	switch sum := need + step; {
	case sum < s.Min:
		fmt.Fprintf(&b, "; at least %d", s.Min)
	case sum > s.Max:
		fmt.Fprintf(&b, "; at most %d", s.Max)
	}
	if s.Paused {
		b.WriteString("; what waits in a paused queue does not count")
	}
	return b.String()
}

// Scaler reckons how many processes of each pool are wanted. It is safe for concurrent use.
type Scaler struct {
	inspector *Inspector
	roster    *Roster
	bounds    map[string]Bounds
}

// NewScaler returns a scaler; bounds are those of ParseBounds.
func NewScaler(in *Inspector, r *Roster, bounds map[string]Bounds) *Scaler {
	return &Scaler{in, r, bounds}
}

// Scales reckons for the pools of these names, or for all. An unknown name is ErrNoPool.
func (s *Scaler) Scales(ctx context.Context, names ...string) ([]Scale, error) {
	for _, name := range names {
		if all := poolNames(); !slices.Contains(all, name) {
			return nil, fmt.Errorf("%w as %q: there are %s", ErrNoPool, name, strings.Join(all, ", "))
		}
	}
	queues, err := s.inspector.Depth(ctx)
	if err != nil {
		return nil, err
	}
	seats, err := s.roster.Seats(ctx)
	if err != nil {
		return nil, err
	}
	var scales []Scale
	for _, p := range Pools(0, false) {
		if len(names) > 0 && !slices.Contains(names, p.Name) {
			continue
		}
		b, ok := s.bounds[p.Name]
		if !ok {
			b = DefaultBounds
		}
		running, slots := size(p, seats)
		scales = append(scales, load{p, queues, running, slots}.reckon(b))
	}
	return scales, nil
}

// size is how many processes take tasks of a pool, and how many slots one has: the fewest, if they differ, and the
// table's while there is none.
func size(p Pool, seats []Seat) (running, slots int) {
	for _, seat := range seats {
		if seat.Pool != p.Name || seat.Draining {
			continue
		}
		if running++; slots == 0 || seat.Slots < slots {
			slots = seat.Slots
		}
	}
	if running == 0 {
		slots = p.Concurrency
	}
	return running, slots
}
