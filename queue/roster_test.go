package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// TestDrainOfAProcess: a process that is asked to drain finishes what it has and takes nothing more, and another one
// takes what waits. Who is gone is off the roster.
func TestDrainOfAProcess(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, roster := setup(t, r, queue.LaneConfig{}), queue.NewRoster(r)
		inside, finish, other := make(chan string, 10), make(chan struct{}), make(chan string, 10)
		handle := func(at chan string, hold chan struct{}) queue.ServerConfig {
			return queue.ServerConfig{Pools: map[string]int{queue.PoolDeliver: 2}, Handlers: map[string]queue.HandlerFunc{
				queue.TypeDeliverySend: func(_ context.Context, payload []byte) error {
					p, err := queue.DecodeDeliverySend(payload)
					at <- p.ID
					<-hold
					return err
				},
			}}
		}
		stop := b.start(t, handle(inside, finish))
		enqueue(t, b, queue.NewDeliverySendTask("first", 1))
		<-inside
		seats := seen(t, roster, 1, func(all []queue.Seat) bool { return all[0].Busy == 1 })
		s := seats[0]
		if s.Pool != queue.PoolDeliver || s.Slots != 2 || s.PID == 0 || s.Host == "" || s.Draining || s.Progress.Before(s.Started) {
			t.Errorf("seat %+v", s)
		}
		if err := roster.Drain(t.Context(), "nobody"); !errors.Is(err, queue.ErrNoProcess) {
			t.Errorf("drain of nobody: %v", err)
		}
		if err := roster.Drain(t.Context(), s.Process); err != nil {
			t.Fatal(err)
		}
		seen(t, roster, 1, func(all []queue.Seat) bool { return all[0].Draining && all[0].Busy == 1 })

		enqueue(t, b, queue.NewDeliverySendTask("second", 1))
		free := make(chan struct{})
		close(free)
		b.start(t, handle(other, free))
		if id := <-other; id != "second" {
			t.Errorf("the other process was given %s", id)
		}
		close(finish)
		seen(t, roster, 2, func(all []queue.Seat) bool { return all[0].Busy+all[1].Busy == 0 })
		if len(inside) != 0 {
			t.Errorf("the process took %s while it drained", <-inside)
		}
		stop()
		if seats := seen(t, roster, 1, func([]queue.Seat) bool { return true }); seats[0].Process == s.Process {
			t.Error("who is gone is on the roster")
		}
	})
}

// seen waits until so many pools are on the roster that match.
func seen(t *testing.T, r *queue.Roster, n int, match func([]queue.Seat) bool) (all []queue.Seat) {
	t.Helper()
	eventually(t, 30*time.Second, func(ctx context.Context) bool {
		var err error
		all, err = r.Seats(ctx)
		return err == nil && len(all) == n && match(all)
	})
	return all
}

// TestSilentProcessesAreForgotten: a process that was killed is not counted for long.
func TestSilentProcessesAreForgotten(t *testing.T) {
	t.Parallel()
	r := queuetest.RealRedis(t)
	roster := queue.NewRoster(r)
	now, err := r.Conn().Time(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	for name, silent := range map[string]time.Duration{"alive/deliver": time.Second, "silent/deliver": 16 * time.Second, "gone/deliver": 2 * time.Hour} {
		queue.Beat(t, r, name, now.Add(-silent), queue.Seat{Process: name, Pool: queue.PoolDeliver})
	}
	if err := r.Conn().HSet(t.Context(), queue.RosterKey, "torn", "what is this").Err(); err != nil {
		t.Fatal(err)
	}
	if all, err := roster.Seats(t.Context()); err != nil || len(all) != 1 || all[0].Process != "alive/deliver" {
		t.Errorf("%+v, %v", all, err)
	}
	if n, err := r.Conn().HLen(t.Context(), queue.RosterKey).Result(); err != nil || n != 2 {
		t.Errorf("%d left, %v", n, err)
	}
}
