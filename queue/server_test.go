package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

func TestServerRunsAndSaysWhatItRuns(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		got := make(chan queue.GenerationGenerate, 10)
		for range 3 { // one id, one run
			enqueue(t, b, queue.NewGenerationGenerateTask("g", 1))
		}
		b.start(t, queue.ServerConfig{
			Pools: map[string]int{queue.PoolGenerate: 3},
			Call:  40 * time.Second,
			Handlers: map[string]queue.HandlerFunc{
				queue.TypeGenerationGenerate: func(ctx context.Context, payload []byte) error {
					if end, ok := ctx.Deadline(); !ok || time.Until(end) > 40*time.Second {
						t.Errorf("deadline %v %v", end, ok)
					}
					p, err := queue.DecodeGenerationGenerate(payload)
					got <- p
					return err
				},
			},
		})
		if p := <-got; p.ID != "g" || p.Epoch != 1 {
			t.Errorf("payload %+v", p)
		}
		enqueue(t, b, queue.NewGenerationGenerateTask("g", 2))
		if p := <-got; p.Epoch != 2 {
			t.Errorf("payload %+v", p)
		}
	})
}

func TestEnqueueRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, queuetest.Redis(t), queue.LaneConfig{})
	if err := b.client.Enqueue(t.Context(), queue.Task{Type: "no:such", ID: "x"}); err == nil {
		t.Error("an unknown type was enqueued")
	}
	big := queue.NewGenerationGenerateTask(strings.Repeat("x", 1024), 1)
	if err := b.client.Enqueue(t.Context(), big); !errors.Is(err, queue.ErrPayloadTooLarge) {
		t.Errorf("a large payload: %v", err)
	}
}

func TestNewServerRefuses(t *testing.T) {
	t.Parallel()
	h := func(context.Context, []byte) error { return nil }
	for _, cfg := range []queue.ServerConfig{
		{Handlers: map[string]queue.HandlerFunc{"no:such": h}},
		{Handlers: map[string]queue.HandlerFunc{queue.TypeChatDrain: nil}},
		{Pools: map[string]int{"no": 1}},
		{Pools: map[string]int{}},
		{Pools: map[string]int{queue.PoolDeliver: -1}},
	} {
		if _, err := queue.NewServer(nil, cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
	s, err := queue.NewServer(nil, queue.ServerConfig{})
	if err != nil || len(s.Pools()) != 6 || s.Grace() != queue.DefaultCallTimeout+15*time.Second {
		t.Errorf("%v: %d pools, grace %v", err, len(s.Pools()), s.Grace())
	}
}

var errArchive, errLater = errors.New("archive"), errors.New("later")

// fates are what a handler returns, by id of the delivery, and where asynq then has the task; gone if nowhere.
var fates = map[string]struct {
	err     error
	state   asynq.TaskState
	retried int
}{
	"ok":      {},
	"drop":    {err: fmt.Errorf("wrapped: %w", queue.ErrDrop)},
	"plain":   {errors.New("secret text"), asynq.TaskStateRetry, 1},
	"panic":   {errors.New("not returned"), asynq.TaskStateRetry, 1},
	"limit":   {fmt.Errorf("wrapped: %w", &queue.RetryAfter{After: time.Hour}), asynq.TaskStateRetry, 0},
	"later":   {errLater, asynq.TaskStateRetry, 0},
	"version": {&queue.VersionError{Type: "x", Version: 9}, asynq.TaskStateRetry, 0},
	"archive": {errArchive, asynq.TaskStateArchived, 0},
}

// judge is a hook as the workers have one.
func judge(err error) queue.Fate {
	switch {
	case errors.Is(err, errArchive):
		return queue.FateArchive
	case errors.Is(err, errLater):
		return queue.FateLater
	default:
		return queue.FateRetry
	}
}

func TestFates(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		var runs atomic.Int64
		stop := b.start(t, queue.ServerConfig{
			Pools: map[string]int{queue.PoolDeliver: 2},
			Handlers: map[string]queue.HandlerFunc{
				queue.TypeDeliverySend: func(_ context.Context, payload []byte) error {
					defer runs.Add(1)
					p, _ := queue.DecodeDeliverySend(payload)
					if p.ID == "panic" {
						panic("secret text")
					}
					return fates[p.ID].err
				},
			},
			Fate:   judge,
			Redact: func(err error) string { return fmt.Sprintf("redacted %T", err) },
		})
		for id := range fates {
			enqueue(t, b, queue.NewDeliverySendTask(id, 1))
		}
		enqueue(t, b, queue.NewGenerationProgressTask("nobody", 1))
		inspector := queue.NewInspector(r)
		eventually(t, 20*time.Second, func(ctx context.Context) bool {
			depth, err := inspector.Depth(ctx)
			d := depth[queue.QueueDeliver]
			return err == nil && d.Pending+d.Active == 0 && runs.Load() >= int64(len(fates))
		})
		stop()

		in := asynq.NewInspector(r.AsynqOpt())
		defer in.Close()
		for id, want := range fates {
			expect(t, in, "deliver:"+id+":1", want.state, want.retried)
		}
		expect(t, in, "progress:nobody:1", asynq.TaskStateRetry, 0)
		info, err := in.GetTaskInfo(queue.QueueDeliver, "deliver:limit:1")
		if err != nil || time.Until(info.NextProcessAt) < 59*time.Minute {
			t.Errorf("a limit of an hour: %+v, %v", info, err)
		}
	})
}

// expect checks where a task of the deliver queue is; a zero state is nowhere.
func expect(t *testing.T, in *asynq.Inspector, id string, state asynq.TaskState, retried int) {
	t.Helper()
	info, err := in.GetTaskInfo(queue.QueueDeliver, id)
	switch {
	case state == 0 && err == nil:
		t.Errorf("%s is %v, want it gone", id, info.State)
	case state == 0:
	case err != nil:
		t.Errorf("%s: %v", id, err)
	case info.State != state || info.Retried != retried:
		t.Errorf("%s is %v after %d retries, want %v after %d", id, info.State, info.Retried, state, retried)
	case !strings.HasPrefix(info.LastErr, "redacted "):
		t.Errorf("%s keeps the error %q", id, info.LastErr)
	}
}

func enqueue(t testing.TB, b *bundle, task queue.Task) {
	t.Helper()
	if err := b.client.Enqueue(t.Context(), task); err != nil {
		t.Fatal(err)
	}
}

// TestLimitStorm: a limit that refuses again and again burns no retry, however often. Each task is refused twice for sure, because
// a slow machine asks too seldom for the limit to be reached.
func TestLimitStorm(t *testing.T) {
	t.Parallel()
	r := queuetest.RealRedis(t)
	b := setup(t, r, queue.LaneConfig{})
	limits := queue.NewLimits(r, nil)
	var mu sync.Mutex
	done, refused := make(map[string]int), make(map[string]int)
	b.start(t, queue.ServerConfig{
		Pools: map[string]int{queue.PoolGenerate: 16},
		Handlers: map[string]queue.HandlerFunc{
			queue.TypeGenerationGenerate: func(ctx context.Context, payload []byte) error {
				if n, ok := asynq.GetRetryCount(ctx); n != 0 || !ok {
					t.Errorf("retry count %d", n)
				}
				p, err := queue.DecodeGenerationGenerate(payload)
				if err != nil {
					return err
				}
				wait, ok, err := limits.Reserve(ctx, "provider", 50*time.Millisecond, 6, 0)
				mu.Lock()
				defer mu.Unlock()
				if err != nil || !ok || refused[p.ID] < 2 {
					refused[p.ID]++
					return &queue.RetryAfter{After: max(wait, 50*time.Millisecond), Err: err}
				}
				done[p.ID]++
				return nil
			},
		},
	})
	for i := range 30 {
		enqueue(t, b, queue.NewGenerationGenerateTask(strconv.Itoa(i), 1))
	}
	eventually(t, time.Minute, func(context.Context) bool {
		mu.Lock()
		defer mu.Unlock()
		return len(done) == 30
	})
}

// TestShutdownWaitsForHandlers: what is in flight ends, what waits stays, and drains hand over at once.
func TestShutdownWaitsForHandlers(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		inside, finish := make(chan struct{}, 10), make(chan struct{})
		var ended, stops atomic.Int64
		stop := b.start(t, queue.ServerConfig{
			Pools: map[string]int{queue.PoolGenerate: 2},
			Handlers: map[string]queue.HandlerFunc{
				queue.TypeGenerationGenerate: func(ctx context.Context, _ []byte) error {
					inside <- struct{}{}
					<-queue.Stopping(ctx)
					stops.Add(1)
					<-finish
					if ctx.Err() == nil {
						ended.Add(1)
					}
					return nil
				},
			},
		})
		for i := range 5 {
			enqueue(t, b, queue.NewGenerationGenerateTask(strconv.Itoa(i), 1))
		}
		<-inside
		<-inside
		done := make(chan struct{})
		go func() {
			defer close(done)
			stop()
		}()
		eventually(t, 10*time.Second, func(context.Context) bool { return stops.Load() == 2 })
		close(finish)
		<-done
		depth, err := queue.NewInspector(r).Depth(t.Context())
		if g := depth["generate"]; err != nil || ended.Load() != 2 || g.Pending != 3 || g.Active != 0 {
			t.Errorf("%d ended, %+v, %v", ended.Load(), g, err)
		}
	})
}

// TestShutdownHandsBack: what has not ended within the grace is put back before the process is killed, and another one takes it.
func TestShutdownHandsBack(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		inside, hold, again := make(chan struct{}), make(chan struct{}), make(chan struct{}, 1)
		defer close(hold)
		stop := b.start(t, queue.ServerConfig{
			Pools: map[string]int{queue.PoolGenerate: 1}, Grace: 11 * time.Second,
			Handlers: map[string]queue.HandlerFunc{
				queue.TypeGenerationGenerate: func(context.Context, []byte) error {
					inside <- struct{}{}
					<-hold
					return nil
				},
			},
		})
		enqueue(t, b, queue.NewGenerationGenerateTask("g", 1))
		<-inside
		stop()
		if depth, err := queue.NewInspector(r).Depth(t.Context()); err != nil || depth["generate"].Pending != 1 || depth["generate"].Active != 0 {
			t.Errorf("%+v, %v", depth["generate"], err)
		}
		b.start(t, queue.ServerConfig{
			Pools: map[string]int{queue.PoolGenerate: 1},
			Handlers: map[string]queue.HandlerFunc{
				queue.TypeGenerationGenerate: func(ctx context.Context, _ []byte) error {
					if n, _ := asynq.GetRetryCount(ctx); n != 0 {
						t.Errorf("being put back counts as %d failures", n)
					}
					again <- struct{}{}
					return nil
				},
			},
		})
		<-again
	})
}

func TestStopHandsLanesOver(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		inside, finish := make(chan struct{}), make(chan struct{})
		w.before = func(context.Context, queue.Update) error {
			inside <- struct{}{}
			<-finish
			return nil
		}
		for id := range int64(3) {
			b.push(t, 1, id)
		}
		stop := b.serve(t, 4, w)
		<-inside
		done := make(chan struct{})
		go func() {
			defer close(done)
			stop()
		}()
		close(finish)
		for open := true; open; {
			select {
			case <-inside: // the stop may come a head later
			case <-done:
				open = false
			}
		}
		if w.count() == 0 {
			t.Error("the head in flight did not end")
		}
		if left := b.items(t, 1); left+w.count() != 3 {
			t.Errorf("%d handled, %d left", w.count(), left)
		}
		if b.meta(t, 1, "owner") != "" {
			t.Error("the lease was not given back")
		}
		w.before = nil
		b.serve(t, 4, w)
		eventually(t, 5*time.Second, func(context.Context) bool { return w.count() == 3 })
		w.check(t)
	})
}

func TestDelayIsALowerBound(t *testing.T) {
	t.Parallel()
	b := setup(t, queuetest.RealRedis(t), queue.LaneConfig{})
	ran := make(chan time.Time, 1)
	b.start(t, queue.ServerConfig{
		Pools: map[string]int{queue.PoolGenerate: 1},
		Handlers: map[string]queue.HandlerFunc{
			queue.TypeGenerationPoll: func(context.Context, []byte) error {
				ran <- time.Now()
				return nil
			},
		},
	})
	started := time.Now()
	enqueue(t, b, queue.NewGenerationPollTask("a", 1).After(1100*time.Millisecond))
	if took := (<-ran).Sub(started); took < 1100*time.Millisecond || took > 5*time.Second {
		t.Errorf("ran after %v", took)
	}
}

func TestPauseAndMetrics(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{Grace: time.Millisecond})
		in := queue.NewInspector(r)
		if _, err := r.SentinelMissing(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := in.Pause(queue.QueueGenerate); err != nil {
				t.Fatal(err)
			}
		}
		enqueue(t, b, queue.NewGenerationGenerateTask("g", 1))
		b.push(t, 1, 1)
		pause(5 * time.Millisecond)
		if depth, err := in.Depth(t.Context()); err != nil || depth[queue.QueueGenerate].Open() != 1 {
			t.Errorf("%+v, %v", depth[queue.QueueGenerate], err)
		}
		reg := prometheus.NewRegistry()
		reg.MustRegister(queue.NewCollector(in, b.lanes, nil))
		got := gather(t, reg)
		for name, want := range map[string]float64{
			`imagika_queue_paused{generate}`: 1, `imagika_queue_paused{deliver}`: 0,
			`imagika_queue_size{generate,pending}`: 1, `imagika_queue_size{bulk,archived}`: 0,
			`imagika_queue_registered{conversation}`: 1, `imagika_lane_waiting{}`: 1,
			`imagika_lane_stranded{}`: 1, `imagika_queue_latency_target_seconds{generate}`: 60,
		} {
			if v, ok := got[name]; !ok || v != want {
				t.Errorf("%s = %v (%v), want %v", name, v, ok, want)
			}
		}
		for range 2 {
			if err := in.Resume(queue.QueueGenerate); err != nil {
				t.Fatal(err)
			}
		}
		if err := in.Pause(queue.QueueGenerate); err != nil {
			t.Fatal(err)
		}
		if err := r.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := in.Resume(queue.QueueGenerate); err != nil {
			t.Errorf("after Redis lost everything: %v", err)
		}
	})
}

// gather reads all gauges as name{label values}.
func gather(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			got[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = m.GetGauge().GetValue()
		}
	}
	return got
}
