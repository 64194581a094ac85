package queue_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// A drain that lost its lane learns of it by its next renewal, and not when its head has taken too long.
func TestZombieIsCanceledSoon(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{Lease: 300 * time.Millisecond}), newWorld()
		b.push(t, 1, 1)
		lane := b.keys.LaneHash(7, 1)
		b.endsSoon(t, b.lanes, w, func(ctx context.Context) {
			r.Conn().HSet(ctx, queue.LaneKeys(lane)[2], "owner", "other", "until", "9999999999999999")
		})
	})
}

// endsSoon drains the lane of chat 1, whose head waits until it is called off after something has happened.
func (b *bundle) endsSoon(t *testing.T, lanes *queue.Lanes, w *world, happens func(context.Context)) {
	t.Helper()
	took := time.Hour
	w.before = func(ctx context.Context, _ queue.Update) error {
		happens(ctx)
		began := time.Now()
		<-ctx.Done()
		took = time.Since(began)
		return context.Cause(ctx)
	}
	if err := lanes.Drain(t.Context(), b.keys.LaneHash(7, 1), b.epoch(t, 1), w); err != nil {
		t.Error(err)
	}
	if took > 10*time.Second { // a head has 20 s
		t.Errorf("it went on for %v", took)
	}
}

// A head is removed once, also when the answer was lost and the script is run again: what is behind it was not handled.
func TestRemovedTwiceIsRemovedOnce(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		first := b.push(t, 1, 1)
		b.push(t, 1, 2)
		lane, epoch := b.keys.LaneHash(7, 1), b.epoch(t, 1)
		w.before = func(ctx context.Context, _ queue.Update) error {
			for range 2 {
				if err := b.lanes.Remove(ctx, lane, b.meta(t, 1, "owner"), first.Hash); err != nil {
					t.Error(err)
				}
			}
			if n := b.items(t, 1); n != 1 {
				t.Errorf("%d left behind it", n)
			}
			return &queue.RetryAfter{After: time.Minute}
		}
		if err := b.lanes.Drain(t.Context(), lane, epoch, w); err != nil {
			t.Error(err)
		}
	})
}

// After one that was too much nothing of a batch is taken: that one comes again, and must not come after what followed it.
func TestNothingOvertakesWhatWasTooMuch(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{MaxBytes: 1000})
		big := incoming(1, 1)
		big.Raw = make([]byte, 2000)
		for i, p := range b.front.PushAll(t.Context(), []queue.Incoming{big, incoming(1, 2)}) {
			if !errors.Is(p.Err, queue.ErrLaneFull) {
				t.Errorf("%d: %v", i, p.Err)
			}
		}
		if n := b.items(t, 1); n != 0 {
			t.Errorf("%d taken", n)
		}
	})
}

// A drain whose renewals do not get through ends its head when the lease may be over: others may have the lane by then.
func TestNobodyWorksOnWithoutRenewals(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		b.push(t, 1, 1)
		cut := r.Zombie(t)
		lanes := queue.NewLanes(cut, b.client, b.keys, queue.LaneConfig{Lease: 300 * time.Millisecond}, nil, nil)
		b.endsSoon(t, lanes, w, func(context.Context) { cut.Close() })
	})
}

// What is pushed while the last head of a lane is handled keeps its place in the index, or nobody would look after it when the drain dies.
func TestWhatComesLastIsNotForgotten(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		b.push(t, 1, 1)
		lane, epoch := b.keys.LaneHash(7, 1), b.epoch(t, 1)
		known := func() bool { return r.Conn().ZScore(t.Context(), queue.LaneIndex, lane).Err() == nil }
		w.before = func(context.Context, queue.Update) error {
			if w.count() == 0 {
				b.push(t, 1, 2)
			} else if !known() {
				t.Error("while the second is handled nobody knows of its lane")
			}
			return nil
		}
		if err := b.lanes.Drain(t.Context(), lane, epoch, w); err != nil || w.count() != 2 {
			t.Errorf("%d handled, %v", w.count(), err)
		}
		b.push(t, 1, 3)
		if err := b.lanes.ForgetEmpty(t.Context(), lane); err != nil || !known() { // it was empty a moment ago
			t.Errorf("a lane with an item is known: %v, %v", known(), err)
		}
	})
}

// What is under way goes on when asynq has lost its lease of the task, until its own time is over; but not when the server stops.
func TestWorkGoesOnWithoutAsynqsLease(t *testing.T) {
	t.Parallel()
	for _, stopped := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			asynqs, lost := context.WithCancel(t.Context())
			ctx, end := queue.Unleased(asynqs, stopped)
			defer end()
			lost()
			synctest.Wait()
			if ended := ctx.Err() != nil; ended != stopped {
				t.Errorf("stopped %v: ended %v", stopped, ended)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			if ctx.Err() == nil {
				t.Errorf("stopped %v: it goes on for ever", stopped)
			}
		})
	}
}

// Redis may be away for longer than asynq's lease of half a minute: a call that is under way is not cut off.
func TestWorkSurvivesALongOutage(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes Redis away for 40 s")
	}
	s := queuetest.StartReal(t)
	b := setup(t, queuetest.Open(t, s.URL()), queue.LaneConfig{})
	inside, finish, ended := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	b.start(t, queue.ServerConfig{Handlers: map[string]queue.HandlerFunc{
		queue.TypeGenerationGenerate: func(ctx context.Context, _ []byte) error {
			close(inside)
			select {
			case <-ctx.Done():
			case <-finish:
			}
			ended <- ctx.Err()
			return nil
		},
	}})
	if err := b.client.Enqueue(t.Context(), queue.NewGenerationGenerateTask("g", 1)); err != nil {
		t.Fatal(err)
	}
	<-inside
	s.Kill()
	pause(40 * time.Second)
	s.Start()
	pause(8 * time.Second) // asynq's next heartbeat
	close(finish)
	if err := <-ended; err != nil {
		t.Errorf("cut off: %v", err)
	}
}
