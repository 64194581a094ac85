package queue_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

func TestScaleArithmetic(t *testing.T) {
	t.Parallel()
	wide := queue.Bounds{Min: 0, Max: 1000}
	for _, tc := range []struct {
		desc   string
		pool   string
		queues map[string]queue.Info
		slots  int
		bounds queue.Bounds
		want   int
		why    string
	}{
		{"nothing to do", "generate", nil, 64, wide, 0, "(0 pending + 0 active) / 64 slots, rounded up = 0"},
		{"nothing to do, and one always", "generate", nil, 64, queue.DefaultBounds, 1, "(0 pending + 0 active) / 64 slots, rounded up = 0; at least 1"},
		{"one task", "generate", map[string]queue.Info{"generate": {Pending: 1}}, 64, wide, 1, "(1 pending + 0 active) / 64 slots, rounded up = 1"},
		{"full slots", "generate", map[string]queue.Info{"generate": {Active: 64}}, 64, wide, 1, "(0 pending + 64 active) / 64 slots, rounded up = 1"},
		{"one more than the slots", "generate", map[string]queue.Info{"generate": {Pending: 1, Active: 64}}, 64, wide, 2, "(1 pending + 64 active) / 64 slots, rounded up = 2"},
		{"long tasks keep their processes", "generate", map[string]queue.Info{"generate": {Active: 200}}, 64, wide, 4, "= 4"},
		{
			"late", "generate",
			map[string]queue.Info{"generate": {Pending: 240, Active: 64, Oldest: 95 * time.Second}},
			64, wide, 7,
			"(240 pending + 64 active) / 64 slots, rounded up = 5; + 2 because the oldest has waited 95 s of 60 s",
		},
		{
			"late and bounded", "generate",
			map[string]queue.Info{"generate": {Pending: 240, Active: 64, Oldest: 95 * time.Second}},
			64,
			queue.Bounds{Min: 1, Max: 6},
			6,
			"(240 pending + 64 active) / 64 slots, rounded up = 5; + 2 because the oldest has waited 95 s of 60 s; at most 6",
		},
		{"just in time", "generate", map[string]queue.Info{"generate": {Pending: 1, Oldest: time.Minute}}, 64, wide, 1, "= 1"},
		{"late by a moment", "payments", map[string]queue.Info{"payments": {Pending: 1, Oldest: 1100 * time.Millisecond}}, 16, wide, 2, "+ 1 because the oldest has waited 1 s of 1 s"},
		{
			"paused", "generate",
			map[string]queue.Info{"generate": {Pending: 500, Active: 3, Oldest: time.Hour, Paused: true}},
			64, wide, 1,
			"(0 pending + 3 active) / 64 slots, rounded up = 1; what waits in a paused queue does not count",
		},
		{
			"one of two queues late", "maintenance",
			map[string]queue.Info{"maintenance": {Pending: 2, Oldest: time.Minute}, "bulk": {Pending: 2, Oldest: 2 * time.Hour}},
			4, wide, 2,
			"(4 pending + 0 active) / 4 slots, rounded up = 1; + 1 because the oldest has waited 7200 s of 3600 s",
		},
		{"no slots at all", "deliver", map[string]queue.Info{"deliver": {Pending: 3}}, 0, wide, 3, "/ 1 slots"},
	} {
		got := queue.Reckon(tc.pool, tc.queues, 1, tc.slots, tc.bounds)
		if got.Want != tc.want || !strings.Contains(got.Why, tc.why) {
			t.Errorf("%s: %d because %q, want %d because %q", tc.desc, got.Want, got.Why, tc.want, tc.why)
		}
		if got.Pool != tc.pool || got.Min != tc.bounds.Min || got.Max != tc.bounds.Max || got.Running != 1 {
			t.Errorf("%s: %+v", tc.desc, got)
		}
	}
}

func TestEveryQueueHasATarget(t *testing.T) {
	t.Parallel()
	for _, q := range queue.Queues() {
		if d := queue.Target(q); d < time.Second || d > time.Hour {
			t.Errorf("queue %s: target %v", q, d)
		}
	}
}

// TestScalesOfWhatRuns reads the slots from the processes that run: of a pool that nobody runs the table's count.
func TestScalesOfWhatRuns(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, in := setup(t, r, queue.LaneConfig{}), queue.NewInspector(r)
		roster := queue.NewRoster(r)
		s := queue.NewScaler(in, roster, map[string]queue.Bounds{queue.PoolGenerate: {Min: 0, Max: 3}})
		if err := in.Pause(queue.QueueDeliver); err != nil {
			t.Fatal(err)
		}
		for i := range 9 {
			enqueue(t, b, queue.NewGenerationGenerateTask(strconv.Itoa(i), 1))
			enqueue(t, b, queue.NewDeliverySendTask(strconv.Itoa(i), 1))
		}
		scales, err := s.Scales(t.Context(), queue.PoolGenerate, queue.PoolDeliver)
		if err != nil || len(scales) != 2 {
			t.Fatalf("%+v, %v", scales, err)
		}
		if g := scales[0]; g.Want != 1 || g.Slots != 64 || g.Running != 0 || g.Pending != 9 {
			t.Errorf("with nobody at work: %+v", g)
		}
		if d := scales[1]; d.Want != 1 || !d.Paused || d.Pending != 0 {
			t.Errorf("a paused queue: %+v", d)
		}
		b.start(t, queue.ServerConfig{Pools: map[string]int{queue.PoolDeliver: 7}})
		b.start(t, queue.ServerConfig{Pools: map[string]int{queue.PoolDeliver: 5, queue.PoolInteractive: 1}})
		eventually(t, 20*time.Second, func(ctx context.Context) bool {
			scales, err = s.Scales(ctx)
			return err == nil && len(scales) == 6 && scales[3].Running == 2
		})
		if d := scales[3]; d.Pool != queue.PoolDeliver || d.Slots != 5 {
			t.Errorf("with two at work: %+v", d)
		}
		if _, err := s.Scales(t.Context(), "paint"); !errors.Is(err, queue.ErrNoPool) || !strings.Contains(err.Error(), `"paint": there are payments, interactive`) {
			t.Errorf("a pool that is none: %v", err)
		}
	})
}

func TestParseBounds(t *testing.T) {
	t.Parallel()
	got, err := queue.ParseBounds(" generate=0-20, deliver=2-4")
	if err != nil || got[queue.PoolGenerate] != (queue.Bounds{Min: 0, Max: 20}) || got[queue.PoolDeliver] != (queue.Bounds{Min: 2, Max: 4}) || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"generate", "generate=", "generate=4", "generate=4-2", "generate=0-0", "generate=-1-3", "generate=1-1001", "generate=a-b", "paint=1-2", "generate=1-2,generate=1-3"} {
		if got, err := queue.ParseBounds(bad); err == nil {
			t.Errorf("%q is %v", bad, got)
		}
	}
}

func TestParseQueues(t *testing.T) {
	t.Parallel()
	got, err := queue.ParseQueues("maintenance=0,bulk=3")
	if err != nil || len(got) != 2 || got[queue.QueueBulk] != 3 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"bulk", "bulk=-1", "bulk=101", "bulk=x", "paint=1", "bulk=1,bulk=1"} {
		if got, err := queue.ParseQueues(bad); err == nil {
			t.Errorf("%q is %v", bad, got)
		}
	}
	if _, err := queue.NewServer(nil, queue.ServerConfig{Pools: map[string]int{queue.PoolDeliver: 1}, Queues: map[string]int{queue.QueueDeliver: 0}}); err == nil {
		t.Error("a pool without a queue was accepted")
	}
	s, err := queue.NewServer(nil, queue.ServerConfig{Queues: got})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Pools() {
		if p.Name == queue.PoolMaintenance && (len(p.Queues) != 1 || p.Queues[0] != (queue.Weighted{Queue: queue.QueueBulk, Weight: 3})) {
			t.Errorf("queues of the pool: %v", p.Queues)
		}
	}
}
