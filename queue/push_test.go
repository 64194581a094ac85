package queue_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// results says in one word each what became of a batch.
func results(pushed []queue.Pushed) (words []string) {
	for _, p := range pushed {
		switch {
		case errors.Is(p.Err, queue.ErrLaneFull):
			words = append(words, "full")
		case p.Err != nil:
			words = append(words, "failed")
		case p.Done:
			words = append(words, "done")
		default:
			words = append(words, "pushed")
		}
	}
	return words
}

func TestPushAll(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{MaxItems: 2}), newWorld()
		paid, large := incoming(9, 50), incoming(9, 51)
		paid.Payment, large.Payment, large.Raw = true, true, make([]byte, 20<<10)
		batch := []queue.Incoming{incoming(1, 1), incoming(2, 2), paid, incoming(1, 3), incoming(1, 4), large}
		first := b.front.PushAll(t.Context(), batch)
		if diff := cmp.Diff([]string{"pushed", "pushed", "pushed", "pushed", "full", "pushed"}, results(first)); diff != "" {
			t.Errorf("first: %s", diff)
		}
		if first[0].Hash == "" || first[0].Lane != b.keys.LaneHash(7, 1) || first[2].Lane != "" || first[5].Lane != b.keys.LaneHash(7, 9) {
			t.Errorf("receipts: %+v", first)
		}
		depth, err := queue.NewInspector(r).Depth(t.Context())
		if err != nil || depth["interactive"].Pending != 3 || depth["payments"].Pending != 1 {
			t.Errorf("%+v, %v; want one drain per lane and one payment", depth, err)
		}
		if err := b.lanes.Drain(t.Context(), b.keys.LaneHash(7, 1), b.epoch(t, 1), w); err != nil {
			t.Fatal(err)
		}
		again := b.front.PushAll(t.Context(), batch)
		if diff := cmp.Diff([]string{"done", "pushed", "pushed", "done", "pushed", "pushed"}, results(again)); diff != "" {
			t.Errorf("again: %s", diff)
		}
		if one, two := b.items(t, 1), b.items(t, 2); one != 1 || two != 1 {
			t.Errorf("%d and %d items, want 1 and 1: what is known is not pushed twice", one, two)
		}
	})
}

func TestPushAllOfNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, queuetest.Redis(t), queue.LaneConfig{})
	if got := b.front.PushAll(t.Context(), nil); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestPushAllWithoutRedis(t *testing.T) {
	t.Parallel()
	s := queuetest.StartReal(t)
	b := setup(t, queuetest.Open(t, s.URL()), queue.LaneConfig{})
	s.Kill()
	paid := incoming(3, 3)
	paid.Payment = true
	got := b.front.PushAll(t.Context(), []queue.Incoming{incoming(1, 1), incoming(2, 2), paid})
	if diff := cmp.Diff([]string{"failed", "failed", "failed"}, results(got)); diff != "" {
		t.Error(diff)
	}
}

// Batches that fail in the middle and are pushed again, as a front-end does, are handled once and in order.
func TestPushAllKeepsOrderUnderFailures(t *testing.T) {
	t.Parallel()
	s := queuetest.StartReal(t, "--appendonly", "yes", "--appendfsync", "always")
	b, w := setup(t, queuetest.Open(t, s.URL()), queue.LaneConfig{}), newWorld()
	b.serve(t, 16, w)
	b.sweep(t)
	const chats, updates = 20, 1500
	restarted := make(chan struct{})
	time.AfterFunc(50*time.Millisecond, func() {
		defer close(restarted)
		s.Kill()
		s.Start()
	})
	repeated := 0
	for from := 0; from < updates; {
		var batch []queue.Incoming
		for id := from; id < min(from+50, updates); id++ {
			batch = append(batch, incoming(int64(id%chats), int64(id+1)))
		}
		// Longer each time, so that a slow machine comes to an end.
		ctx, cancel := context.WithTimeout(t.Context(), rand.N(20*time.Millisecond+time.Duration(repeated)*time.Millisecond))
		pushed := b.front.PushAll(ctx, batch)
		cancel()
		for _, p := range pushed {
			if p.Err != nil {
				repeated++
				break
			}
			from++
		}
	}
	<-restarted
	eventually(t, 2*time.Minute, func(context.Context) bool { return w.count() == updates })
	w.check(t)
	if repeated == 0 {
		t.Error("no batch failed")
	}
}
