package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// Archived tasks are listed, run again and forgotten, one by one or all; what is not archived is left alone.
func TestArchived(t *testing.T) {
	t.Parallel()
	r := queuetest.Redis(t)
	in := queue.NewInspector(r)
	if n, err := in.RetryArchived(queue.QueueDeliver, ""); err != nil || n != 0 {
		t.Errorf("of a queue that nobody used: %d, %v", n, err)
	}
	client := queue.NewClient(r, 0, nil)
	raw := asynq.NewInspector(r.AsynqOpt())
	t.Cleanup(func() { _ = raw.Close() })
	for _, id := range []string{"d1", "d2", "d3", "d4"} {
		if err := client.Enqueue(t.Context(), queue.NewDeliverySendTask(id, 1)); err != nil {
			t.Fatal(err)
		}
		if id != "d4" {
			if err := raw.ArchiveTask(queue.QueueDeliver, "deliver:"+id+":1"); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, err := in.Archived(t.Context(), queue.QueueDeliver, 2)
	if err != nil || len(all) != 2 || all[0].Type != queue.TypeDeliverySend {
		t.Errorf("%+v, %v", all, err)
	}
	for _, id := range []string{"deliver:d4:1", "deliver:none:1"} {
		if _, err := in.DeleteArchived(queue.QueueDeliver, id); !errors.Is(err, queue.ErrNoTask) {
			t.Errorf("%s is forgotten: %v", id, err)
		}
	}
	if n, err := in.DeleteArchived(queue.QueueDeliver, "deliver:d1:1"); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := in.RetryArchived(queue.QueueDeliver, "deliver:d2:1"); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := in.RetryArchived(queue.QueueDeliver, ""); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	depth, err := in.Depth(t.Context())
	if q := depth[queue.QueueDeliver]; err != nil || q.Pending != 3 || q.Archived != 0 {
		t.Errorf("%+v, %v", q, err)
	}
}

// A payment that was given up is handled again whatever became of its task, but not twice at the same time.
func TestPushPaymentAgain(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		in := incoming(1, 9)
		in.Payment = true
		receipt, err := b.front.Push(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		raw := asynq.NewInspectorFromRedisClient(r.Conn())
		if err := raw.ArchiveTask(queue.QueuePayments, "upd:"+receipt.Hash); err != nil {
			t.Fatal(err)
		}
		begun, goOn := make(chan struct{}), make(chan struct{})
		b.start(t, queue.ServerConfig{
			Pools: map[string]int{queue.PoolPayments: 0},
			Handlers: map[string]queue.HandlerFunc{queue.TypeUpdatePayment: func(ctx context.Context, _ []byte) error {
				begun <- struct{}{}
				<-goOn
				return b.client.Ack(ctx, receipt.Hash)
			}},
		})
		for n := range 3 { // it was archived, then it is kept as completed
			eventually(t, 10*time.Second, func(ctx context.Context) bool { return b.front.PushAgain(ctx, in) == nil })
			select {
			case <-begun:
			case <-time.After(10 * time.Second):
				t.Fatalf("push %d: it is not handled", n)
			}
			if err := b.front.PushAgain(t.Context(), in); !errors.Is(err, queue.ErrAtWork) {
				t.Errorf("push %d: while it is handled: %v", n, err)
			}
			goOn <- struct{}{}
		}
	})
}

// One too large for a task took the lane, and does so again.
func TestPushLargePaymentAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, queuetest.Redis(t), queue.LaneConfig{})
	in := incoming(1, 9)
	in.Payment, in.Raw = true, make([]byte, 10_000)
	for n := range 2 {
		if err := b.front.PushAgain(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		w := newWorld()
		if err := b.lanes.Drain(t.Context(), b.keys.LaneHash(7, 1), b.epoch(t, 1), w); err != nil || w.count() != 1 {
			t.Errorf("push %d: %d handled, %v", n, w.count(), err)
		}
	}
}
