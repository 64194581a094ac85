package queue_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// TestSweepResumesLanesOfDeadDrains with the lease and grace of production: within 15 s.
func TestSweepResumesLanesOfDeadDrains(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for a lease of 10 s")
	}
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		b.push(t, 1, 1)
		b.die(t, 1)
		started := time.Now()
		b.serve(t, 4, w) // the push's own drain finds a live lease
		b.sweep(t)
		eventually(t, 15*time.Second, func(context.Context) bool { return w.count() == 1 })
		if took := time.Since(started); took < 8*time.Second {
			t.Errorf("resumed after %v, before the lease ended", took)
		}
	})
}

// die takes the lease of a lane as a drain whose process then dies.
func (b *bundle) die(t *testing.T, chat int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	inside, dead := make(chan struct{}), make(chan struct{})
	w := newWorld()
	w.before = func(context.Context, queue.Update) error {
		close(inside)
		<-dead
		return nil
	}
	zombie := b.r.Zombie(t)
	lanes := queue.NewLanes(zombie, b.client, b.keys, queue.LaneConfig{}, nil, nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = lanes.Drain(ctx, b.keys.LaneHash(7, chat), b.epoch(t, chat), w)
	}()
	<-inside
	zombie.Close() // nothing it does reaches Redis any more
	t.Cleanup(func() {
		cancel()
		close(dead)
		<-done
	})
}

// TestZombieDrain: a drain that slept longer than its lease is canceled, and what it does late changes nothing.
func TestZombieDrain(t *testing.T) {
	t.Parallel()
	for desc, end := range map[string]func(context.Context) error{
		"waits for the cancellation": func(ctx context.Context) error {
			<-ctx.Done()
			return context.Cause(ctx)
		},
		"succeeds late":     func(context.Context) error { return nil },
		"fails late":        func(context.Context) error { return errInjected },
		"wants to go later": func(context.Context) error { return &queue.RetryAfter{After: time.Minute} },
	} {
		t.Run(desc, func(t *testing.T) {
			t.Parallel()
			queuetest.Each(t, func(t *testing.T, r *queue.Redis) { zombie(t, r, end) })
		})
	}
}

func zombie(t *testing.T, r *queue.Redis, end func(context.Context) error) {
	t.Helper()
	b, w := setup(t, r, queue.LaneConfig{Lease: 300 * time.Millisecond}), newWorld()
	b.push(t, 1, 1)
	b.push(t, 1, 2)
	lane, epoch := b.keys.LaneHash(7, 1), b.epoch(t, 1)
	w.before = func(ctx context.Context, _ queue.Update) error {
		// Somebody else becomes the owner, as after a freeze.
		r.Conn().HSet(ctx, queue.LaneKeys(lane)[2], "owner", "other", "until", "9999999999999999")
		return end(ctx)
	}
	if err := b.lanes.Drain(t.Context(), lane, epoch, w); err != nil {
		t.Error(err)
	}
	if b.items(t, 1) != 2 || b.epoch(t, 1) != epoch || b.meta(t, 1, "owner") != "other" {
		t.Error("a drain without the lease changed the lane")
	}
}

// TestLeaseIsRenewed: a head may take longer than a lease.
func TestLeaseIsRenewed(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{Lease: 3 * time.Second}), newWorld()
		w.before = func(ctx context.Context, _ queue.Update) error {
			pause(7 * time.Second)
			return ctx.Err()
		}
		b.push(t, 1, 1)
		b.sweep(t)
		if err := b.lanes.Drain(t.Context(), b.keys.LaneHash(7, 1), b.epoch(t, 1), w); err != nil {
			t.Fatal(err)
		}
		if w.count() != 1 {
			t.Error("the head was canceled")
		}
		w.check(t)
	})
}

func TestSweepBacksOff(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		const grace = 200 * time.Millisecond
		b := setup(t, r, queue.LaneConfig{Grace: grace})
		sweep := func() int {
			n, err := b.lanes.Sweep(t.Context(), 10)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		var before, after []time.Time // each sweep was between the two
		pushed := time.Now()
		b.push(t, 1, 1)
		began := time.Now()
		switch n := sweep(); {
		case n == 0:
		case time.Since(pushed) < grace:
			t.Errorf("swept %d lanes that had just been pushed to", n)
		default: // this machine was that slow
			before, after = append(before, began), append(after, time.Now())
		}
		eventually(t, 10*time.Second, func(context.Context) bool {
			began := time.Now()
			if sweep() == 1 {
				before, after = append(before, began), append(after, time.Now())
			}
			return len(after) == 3
		})
		if first, second := after[1].Sub(before[0]), after[2].Sub(before[1]); first < 350*time.Millisecond || second < 750*time.Millisecond {
			t.Errorf("swept again after %v and %v, want 400 and 800 ms", first, second)
		}
		depth, _ := queue.NewInspector(r).Depth(t.Context())
		if n := depth["interactive"].Pending; n != 4 {
			t.Errorf("%d drains, want one of the push and one per sweep", n)
		}
	})
}

// TestWipe empties Redis under load. What was not acknowledged is given again, as Telegram does, and all of it has its
// effect.
func TestWipe(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		w.before = func(context.Context, queue.Update) error {
			pause(2 * time.Millisecond)
			return nil
		}
		b.serve(t, 8, w)
		b.sweep(t)
		var all []queue.Incoming
		for id := range int64(200) {
			all = append(all, incoming(id%20, id))
		}
		wipes := 0
		deadline := time.Now().Add(3 * time.Minute) // a sweep backs off to a minute
		for open := all; len(open) > 0 && time.Now().Before(deadline); {
			open = b.offer(t, open, func() {
				if wipes < 3 {
					wipes++
					queuetest.Flush(t, r)
				}
			})
		}
		if w.count() != len(all) || wipes != 3 {
			t.Errorf("%d of %d handled after %d wipes", w.count(), len(all), wipes)
		}
		w.check(t)
	})
}

// offer pushes updates, wipes, waits a little and returns those that were not acknowledged, as a poller does that
// leaves its offset at the first of them.
func (b *bundle) offer(t *testing.T, open []queue.Incoming, wipe func()) []queue.Incoming {
	t.Helper()
	var receipts []queue.Receipt
	var pushed, left []queue.Incoming
	for _, in := range open {
		r, err := b.front.Push(t.Context(), in)
		if err != nil { // a busy machine; Telegram keeps what is not taken
			left = append(left, in)
			continue
		}
		pushed, receipts = append(pushed, in), append(receipts, r)
	}
	open = pushed
	wipe()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	acked := make([]bool, len(open))
	var wg sync.WaitGroup
	for i := range open {
		wg.Go(func() {
			n, _ := b.front.Wait(ctx, receipts[i:i+1])
			acked[i] = n == 1
		})
	}
	wg.Wait()
	for i, in := range open {
		if !acked[i] {
			left = append(left, in)
		}
	}
	return left
}

// TestRedisAwayWhileHandling: what ends while Redis is away is not run again by asynq, and drains go on.
func TestRedisAwayWhileHandling(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes Redis away for 3 s")
	}
	s := queuetest.StartReal(t, "--appendonly", "yes", "--appendfsync", "always")
	b, w := setup(t, queuetest.Open(t, s.URL()), queue.LaneConfig{}), newWorld()
	inside, finish := make(chan struct{}, 100), make(chan struct{})
	w.before = func(context.Context, queue.Update) error {
		inside <- struct{}{}
		<-finish
		return nil
	}
	for chat := range int64(10) {
		b.push(t, chat, 1)
	}
	b.serve(t, 10, w)
	b.sweep(t)
	for range 10 {
		<-inside
	}
	s.Kill()
	close(finish)
	pause(2 * time.Second)
	s.Start()
	eventually(t, 25*time.Second, func(context.Context) bool {
		stats, err := b.lanes.Stats(t.Context())
		return err == nil && stats.Waiting == 0
	})
	if w.count() != 10 || w.repeats != 0 {
		t.Errorf("%d handled, %d twice", w.count(), w.repeats)
	}
}

// TestShutdownWhileRedisHangs: a stop takes its grace at most, although asynq would wait for Redis before it begins to stop.
func TestShutdownWhileRedisHangs(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for a grace of 11 s")
	}
	const grace = 11 * time.Second
	s := queuetest.StartReal(t)
	b := setup(t, queuetest.Open(t, s.URL()), queue.LaneConfig{})
	stop := b.start(t, queue.ServerConfig{
		Grace: grace,
		Handlers: map[string]queue.HandlerFunc{
			queue.TypeGenerationGenerate: func(context.Context, []byte) error { return nil },
		},
	})
	s.Hang()
	pause(2 * time.Second) // until asynq waits for an answer
	started := time.Now()
	stop()
	if took := time.Since(started); took > grace {
		t.Errorf("took %v of %v", took, grace)
	}
}
