package queue_test

import (
	"errors"
	"testing"

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
