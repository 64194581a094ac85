package queue_test

import (
	"testing"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// What is kept of one chat goes, what is kept of others stays, and the chat can go on.
func TestForget(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		b.push(t, 1, 1)
		b.push(t, 2, 2)
		bot := incoming(1, 1).Bot
		if err := b.lanes.Forget(t.Context(), bot, 1); err != nil {
			t.Fatal(err)
		}
		if n, other := b.items(t, 1), b.items(t, 2); n != 0 || other != 1 {
			t.Errorf("%d updates are left of the chat, and %d of another", n, other)
		}
		if b.push(t, 1, 3); b.items(t, 1) != 1 {
			t.Error("what comes later finds no lane")
		}
	})
}
