package queue_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/queue"
)

func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, call := range []time.Duration{0, time.Second, 90 * time.Second, 1500 * time.Millisecond, 10 * time.Minute} {
		for _, p := range queue.Policies(call) {
			switch {
			case p.Timeout < time.Second || p.Timeout%time.Second != 0:
				t.Errorf("%s: timeout %v is not in whole seconds", p.Type, p.Timeout)
			case p.Own <= 0 || p.Timeout-p.Own < 5*time.Second:
				t.Errorf("%s: own deadline %v within 5 s of asynq's %v", p.Type, p.Own, p.Timeout)
			case p.Timeout < 2*p.Own:
				t.Errorf("%s: timeout %v is less than twice the own deadline %v", p.Type, p.Timeout, p.Own)
			case p.MaxRetry < 5:
				t.Errorf("%s: %d retries are tight", p.Type, p.MaxRetry)
			case p.MaxPayload <= 0 || p.MaxPayload > 8<<10:
				t.Errorf("%s: payloads of %d bytes", p.Type, p.MaxPayload)
			}
			if n := poolsOf(p, call); n != 1 {
				t.Errorf("%s: queue %s is in %d pools, want 1", p.Type, p.Queue, n)
			}
		}
	}
}

func poolsOf(p queue.Policy, call time.Duration) (n int) {
	for _, pool := range queue.Pools(call, false) {
		for _, w := range pool.Queues {
			if w.Queue == p.Queue {
				n++
			}
		}
	}
	return n
}

func TestPoolsOutlastTheirHandlers(t *testing.T) {
	t.Parallel()
	// What is cut off begins again: a comparison of payments, whose bookings have keys; a request about data, at its last step; a
	// mail, under its Message-ID.
	again := []string{queue.TypePaymentReconcile, queue.TypeRightServe, queue.TypeMailSend}
	for _, call := range []time.Duration{0, time.Second, 10 * time.Minute} {
		for _, pool := range queue.Pools(call, false) {
			for _, p := range queue.Policies(call) {
				in := slices.ContainsFunc(pool.Queues, func(w queue.Weighted) bool { return w.Queue == p.Queue })
				if in && pool.Shutdown <= p.Own && !slices.Contains(again, p.Type) {
					t.Errorf("pool %s waits %v at shutdown, %s may take %v", pool.Name, pool.Shutdown, p.Type, p.Own)
				}
			}
			if pool.Concurrency < 1 || pool.Check <= 0 || pool.Delayed <= 0 {
				t.Errorf("pool %s: %+v", pool.Name, pool)
			}
		}
	}
}

func TestGenerateFollowsTheCall(t *testing.T) {
	t.Parallel()
	for _, p := range queue.Policies(200 * time.Second) {
		if p.Type == queue.TypeGenerationGenerate && (p.Own != 200*time.Second || p.Timeout != 400*time.Second) {
			t.Errorf("own %v, timeout %v", p.Own, p.Timeout)
		}
	}
	for _, p := range queue.Pools(200*time.Second, false) {
		if p.Name == queue.PoolGenerate && p.Shutdown != 215*time.Second {
			t.Errorf("shutdown %v, want the call and 15 s", p.Shutdown)
		}
	}
}

func TestEmbeddedPools(t *testing.T) {
	t.Parallel()
	got := make(map[string]time.Duration)
	for _, p := range queue.Pools(0, true) {
		got[p.Name] = p.Check
	}
	const ms = time.Millisecond
	want := map[string]time.Duration{
		"payments": 20 * ms, "interactive": 50 * ms, "generate": 50 * ms,
		"deliver": 50 * ms, "conversation": 50 * ms, "maintenance": 500 * ms,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("check intervals (-want +got):\n%s", diff)
	}
}

func TestQueues(t *testing.T) {
	t.Parallel()
	want := []string{"payments", "interactive", "generate", "deliver", "conversation", "maintenance", "bulk"}
	if diff := cmp.Diff(want, queue.Queues()); diff != "" {
		t.Errorf("queues (-want +got):\n%s", diff)
	}
}

func TestParsePools(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		spec string
		want map[string]int
		err  string
	}{
		{spec: ""},
		{spec: "  "},
		{spec: "interactive=32,generate=64", want: map[string]int{"interactive": 32, "generate": 64}},
		{spec: " payments , deliver=1", want: map[string]int{"payments": 0, "deliver": 1}},
		{spec: "generate=0", err: `pool "generate": concurrency "0" is not a number from 1 to 4096`},
		{spec: "generate=many", err: `pool "generate": concurrency "many" is not a number from 1 to 4096`},
		{spec: "generate=5000", err: `pool "generate": concurrency 5000 is not from 1 to 4096`},
		{spec: "generate=1,generate=2", err: `pool "generate" is named twice`},
		{spec: "gen", err: `no pool "gen": there are payments, interactive, generate, deliver, conversation, maintenance`},
		{spec: "payments,", err: `no pool "": there are payments, interactive, generate, deliver, conversation, maintenance`},
	} {
		got, err := queue.ParsePools(tc.spec)
		if tc.err != "" {
			if err == nil || err.Error() != tc.err {
				t.Errorf("%q: error %v, want %s", tc.spec, err, tc.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", tc.spec, err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.spec, diff)
		}
	}
}
