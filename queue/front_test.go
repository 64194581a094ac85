package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

func TestWaitHearsOfEffects(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		b.serve(t, 8, w)
		var receipts []queue.Receipt
		for id := range int64(30) {
			receipts = append(receipts, b.push(t, id%5, id))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		n, err := b.front.Wait(ctx, receipts)
		if n != 30 || err != nil || w.count() != 30 {
			t.Errorf("%d acknowledged, %v, %d handled", n, err, w.count())
		}
		if n, err := b.front.Wait(ctx, receipts); n != 30 || err != nil {
			t.Errorf("again: %d acknowledged, %v", n, err)
		}
		if n, err := b.front.Wait(ctx, nil); n != 0 || err != nil {
			t.Errorf("for nothing: %d acknowledged, %v", n, err)
		}
	})
}

// TestWaitSeesWhatWasBefore: what was handled between push and wait was published to nobody, and is known at once, not
// at the first of the regular looks.
func TestWaitSeesWhatWasBefore(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		receipt := b.push(t, 1, 1)
		if err := b.lanes.Drain(t.Context(), receipt.Lane, b.epoch(t, 1), newWorld()); err != nil {
			t.Fatal(err)
		}
		eventually(t, 10*time.Second, func(ctx context.Context) bool { // one of them on a machine that is not busy
			ctx, cancel := context.WithTimeout(ctx, 80*time.Millisecond)
			defer cancel()
			n, err := b.front.Wait(ctx, []queue.Receipt{receipt})
			return n == 1 && err == nil
		})
	})
}

// TestWaitWithoutPublications: whoever publishes to nobody is heard through the markers.
func TestWaitWithoutPublications(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		deaf := queue.NewFront(r, b.keys, queue.FrontConfig{})
		if err := deaf.Close(); err != nil {
			t.Fatal(err)
		}
		first, second := b.push(t, 1, 1), b.push(t, 2, 2)
		got := make(chan int, 1)
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			n, _ := deaf.Wait(ctx, []queue.Receipt{first, second})
			got <- n
		}()
		for _, chat := range []int64{1, 2} {
			lane := b.keys.LaneHash(7, chat)
			if err := b.lanes.Drain(t.Context(), lane, b.epoch(t, chat), newWorld()); err != nil {
				t.Fatal(err)
			}
		}
		if n := <-got; n != 2 {
			t.Errorf("%d acknowledged, want 2", n)
		}
	})
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		done, open := b.push(t, 1, 1), b.push(t, 2, 2)
		if err := b.lanes.Drain(t.Context(), b.keys.LaneHash(7, 1), b.epoch(t, 1), newWorld()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		n, err := b.front.Wait(ctx, []queue.Receipt{done, open})
		if n != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d acknowledged, %v", n, err)
		}
	})
}

func TestPayments(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		got := make(chan queue.Update, 10)
		b.start(t, queue.ServerConfig{
			Pools: map[string]int{queue.PoolPayments: 0},
			Handlers: map[string]queue.HandlerFunc{
				queue.TypeUpdatePayment: func(ctx context.Context, payload []byte) error {
					p, err := queue.DecodeUpdatePayment(payload)
					if err != nil {
						return err
					}
					u, err := b.keys.OpenPayment(p)
					if err != nil {
						return err
					}
					got <- u
					return b.client.Ack(ctx, u.Hash)
				},
			},
		})
		in := incoming(1, 9)
		in.Payment = true
		receipt, err := b.front.Push(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		u := <-got
		if string(u.Raw) != "1:9" || u.Bot != 7 || u.Hash != receipt.Hash || time.Since(u.Received) > time.Minute {
			t.Errorf("update %+v", u)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if n, err := b.front.Wait(ctx, []queue.Receipt{receipt}); n != 1 || err != nil {
			t.Errorf("%d acknowledged, %v", n, err)
		}
		again, err := b.front.Push(t.Context(), in) // its id stays taken: no second run
		if err != nil {
			t.Fatal(err)
		}
		if n, err := b.front.Wait(ctx, []queue.Receipt{again}); n != 1 || err != nil || len(got) > 0 {
			t.Errorf("again: %d acknowledged, %v, %d more runs", n, err, len(got))
		}
	})
}

func TestOversizedPaymentTakesTheLane(t *testing.T) {
	t.Parallel()
	b := setup(t, queuetest.Redis(t), queue.LaneConfig{})
	in := incoming(1, 9)
	in.Payment, in.Raw = true, make([]byte, 10_000)
	receipt, err := b.front.Push(t.Context(), in)
	if err != nil || receipt.Lane == "" || b.items(t, 1) != 1 {
		t.Errorf("%+v, %v", receipt, err)
	}
}

// TestKnownUpdateIsEnqueuedAgain: who pushed it may have died before it enqueued the drain.
func TestKnownUpdateIsEnqueuedAgain(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		b.push(t, 1, 1)
		lost, err := r.Conn().Del(t.Context(), "asynq:{interactive}:pending",
			"asynq:{interactive}:t:"+queue.NewChatDrainTask(b.keys.LaneHash(7, 1), b.epoch(t, 1)).ID).Result()
		if err != nil || lost != 2 {
			t.Fatal(lost, err)
		}
		b.push(t, 1, 1)
		depth, err := queue.NewInspector(r).Depth(t.Context())
		if err != nil || depth["interactive"].Pending != 1 {
			t.Errorf("%+v, %v", depth["interactive"], err)
		}
	})
}

// TestPushFailsSoon: a dead Redis is answered by not acknowledging, not by waiting.
func TestPushFailsSoon(t *testing.T) {
	t.Parallel()
	s := queuetest.StartReal(t)
	b := setup(t, queuetest.Open(t, s.URL()), queue.LaneConfig{})
	b.push(t, 1, 1)
	s.Kill()
	started := time.Now()
	if _, err := b.front.Push(t.Context(), incoming(1, 2)); err == nil {
		t.Error("pushed to a dead Redis")
	}
	if took := time.Since(started); took > 4*time.Second {
		t.Errorf("took %v", took)
	}
	s.Start()
	eventually(t, 20*time.Second, func(ctx context.Context) bool {
		_, err := b.front.Push(ctx, incoming(1, 2))
		return err == nil
	})
}
