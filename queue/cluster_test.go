package queue_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// TestCluster does on a Redis Cluster what the other tests do on a server: lanes and queues lie on different nodes, what is about
// several of them beside, and the loss of one node is noticed.
func TestCluster(t *testing.T) {
	t.Parallel()
	r := queuetest.Open(t, queuetest.StartCluster(t))
	if err := r.Check(t.Context()); err != nil {
		t.Error(err)
	}
	for _, want := range []bool{true, false} {
		if lost, err := r.SentinelMissing(t.Context()); lost != want || err != nil {
			t.Errorf("lost %v, %v, want %v", lost, err, want)
		}
	}
	clusterLanes(t, r)
	clusterShared(t, r)

	// One node of three is emptied.
	nodes := r.Conn().(*redis.ClusterClient)
	node, err := nodes.MasterForKey(t.Context(), "asynq:queues")
	if err != nil {
		t.Fatal(err)
	}
	if err := node.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if lost, err := r.SentinelMissing(t.Context()); !lost || err != nil {
		t.Errorf("the loss of a node was not noticed: %v", err)
	}
	if depth, err := queue.NewInspector(r).Depth(t.Context()); err != nil || !depth["interactive"].Registered {
		t.Errorf("queues are not registered again: %v", err)
	}
}

// clusterLanes pushes to lanes on all nodes, a batch at a time, and has them drained in order.
func clusterLanes(t *testing.T, r *queue.Redis) {
	t.Helper()
	b, w := setup(t, r, queue.LaneConfig{}), newWorld()
	b.serve(t, 16, w)
	b.sweep(t) // the index of lanes is on another node: it may name one for a while that is empty already
	const chats, each = 60, 5
	var receipts []queue.Receipt
	for id := range int64(each) {
		var batch []queue.Incoming
		for chat := range int64(chats) {
			batch = append(batch, incoming(chat, id))
		}
		for _, p := range b.front.PushAll(t.Context(), batch) {
			if p.Err != nil {
				t.Fatal(p.Err)
			}
			receipts = append(receipts, p.Receipt)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if n, err := b.front.Wait(ctx, receipts); n != chats*each || err != nil {
		t.Errorf("%d updates of %d were handled, %v", n, chats*each, err)
	}
	w.check(t)
	eventually(t, time.Minute, func(ctx context.Context) bool {
		stats, err := b.lanes.Stats(ctx)
		return err == nil && stats.Waiting == 0
	})
	if err := b.lanes.Forget(t.Context(), 7, 1); err != nil {
		t.Error(err)
	}
	if again := b.push(t, 1, 0); again.Done {
		t.Error("what was handled in a lane that was forgotten is known")
	}
	eventually(t, time.Minute, func(ctx context.Context) bool {
		seats, err := queue.NewRoster(r).Seats(ctx)
		return err == nil && len(seats) == 1 && seats[0].Pool == queue.PoolInteractive
	})
}

// clusterShared uses what processes share beside lanes.
func clusterShared(t *testing.T, r *queue.Redis) {
	t.Helper()
	l := queue.NewLimits(r, nil)
	for _, key := range []string{"a", "b", "c", "d"} {
		if _, ok, err := l.Reserve(t.Context(), key, time.Second, 1, 0); !ok || err != nil {
			t.Errorf("reserve: %v %v", ok, err)
		}
		acquire(t, l, "m", true)
		if err := l.Cool(t.Context(), key, time.Minute); err != nil {
			t.Error(err)
		}
	}
	left, err := l.Cooling(t.Context(), "a", "d", "e")
	if err != nil || left[0] == 0 || left[1] == 0 || left[2] != 0 {
		t.Errorf("cooling %v, %v", left, err)
	}
	states := queue.NewStates(r)
	for _, key := range []string{"x", "y"} {
		if err := states.Update(t.Context(), key, time.Minute, func([]byte) []byte { return []byte(key) }); err != nil {
			t.Error(err)
		}
	}
	if all, err := states.Load(t.Context(), "x", "y"); err != nil || string(all[0])+string(all[1]) != "xy" {
		t.Errorf("states %q, %v", all, err)
	}
	bodies := queue.NewBodies(r, queuetest.Keys(t))
	if err := bodies.Put(t.Context(), "hash", []byte("words")); err != nil {
		t.Error(err)
	}
	if err := bodies.Drop(t.Context(), "hash", "other"); err != nil {
		t.Error(err)
	}
}

func TestClusterURLs(t *testing.T) {
	t.Parallel()
	ctx, cancel := queue.Soon(t)
	defer cancel()
	_, err := queue.Open(ctx, queue.RedisConfig{URL: "redis://:hunter2@127.0.0.1:1?addr=127.0.0.1:2"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("open: %v", err)
	}
	_, err = queue.Open(ctx, queue.RedisConfig{URL: "redis://:hunter2@127.0.0.1:1?addr=127.0.0.1:2&db=3&nonsense=4"})
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "addr=host:port") {
		t.Errorf("open: %v", err)
	}
}
