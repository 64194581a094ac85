package queue_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		if err := r.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := r.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCheckRefusesEviction(t *testing.T) {
	t.Parallel()
	s := queuetest.StartReal(t, "--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb")
	err := queuetest.Open(t, s.URL()).Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "noeviction") {
		t.Errorf("check: %v", err)
	}
}

func TestCheckRules(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		url     string
		exposed bool
	}{
		{"redis://127.0.0.1:6379", false},
		{"redis://localhost", false},
		{"redis://[::1]:6379", false},
		{"unix:///run/redis.sock", false},
		{"redis://redis:6379", true},
		{"redis://10.0.0.1", true},
		{"redis://:secret@redis:6379", false},
		{"rediss://redis:6379", false},
		{"redis://127.0.0.1:6379?addr=127.0.0.1:6380", false},
		{"redis://127.0.0.1:6379?addr=redis:6379", true},
	} {
		if got := queue.Exposed(t, tc.url); got != tc.exposed {
			t.Errorf("%s: exposed %v, want %v", tc.url, got, tc.exposed)
		}
	}
	for version, want := range map[string]bool{
		"7.0.15": false, "6.2.0": false, "6.0.16": true, "5.0": true, "10.1": false, "": false, "valkey": false,
	} {
		if got := queue.Older(version); got != want {
			t.Errorf("%q is too old: %v, want %v", version, got, want)
		}
	}
}

func TestOpenErrorsKeepTheSecret(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"redis://:hunter2@host:port", "http://:hunter2@host", "://hunter2", "redis://:hunter2@127.0.0.1:1"} {
		ctx, cancel := t.Context(), func() {}
		if strings.HasSuffix(url, ":1") {
			ctx, cancel = queue.Soon(t)
		}
		_, err := queue.Open(ctx, queue.RedisConfig{URL: url})
		cancel()
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("open: %v", err)
		}
	}
}

// A start that waits for Redis says so, once, and where.
func TestOpenSaysThatItWaits(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := queue.Open(ctx, queue.RedisConfig{URL: "redis://me:hunter2@127.0.0.1:1", Log: slog.New(slog.NewTextHandler(&b, nil))})
	if s := b.String(); err == nil || strings.Count(s, "\n") != 1 || !strings.Contains(s, "waiting for redis") || !strings.Contains(s, "address=127.0.0.1:1 ") || strings.Contains(s, "hunter2") {
		t.Errorf("%v, said %q", err, s)
	}
	b.Reset()
	s := queuetest.StartReal(t)
	if _, err := queue.Open(t.Context(), queue.RedisConfig{URL: "redis://me:hunter2@" + s.Addr(), Log: slog.New(slog.NewTextHandler(&b, nil))}); err == nil || b.Len() != 0 {
		t.Errorf("refused by one that is there: %v, said %q", err, b.String())
	}
}

func TestSentinel(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		look := func(want bool) {
			t.Helper()
			got, err := r.SentinelMissing(t.Context())
			if err != nil || got != want {
				t.Errorf("missing %v %v, want %v", got, err, want)
			}
		}
		look(true)
		look(false)
		queuetest.Flush(t, r)
		look(true)
		look(false)

		// asynq's clients register a queue once; after a wipe we have to.
		in := asynq.NewInspector(r.AsynqOpt())
		defer in.Close()
		queues, err := in.Queues()
		if err != nil || len(queues) != len(queue.Queues()) {
			t.Errorf("asynq knows %v, %v", queues, err)
		}
	})
}

// TestACL runs everything as a user who may do no more than the ACL says.
func TestACL(t *testing.T) {
	t.Parallel()
	s := queuetest.StartReal(t)
	root := queuetest.Open(t, s.URL())
	rule := append([]any{"ACL", "SETUSER", "imagika", "on", ">pass"}, words(queue.ACL)...)
	if err := root.Conn().Do(t.Context(), rule...).Err(); err != nil {
		t.Fatal(err)
	}
	r := queuetest.Open(t, "redis://imagika:pass@"+s.Addr())
	if err := r.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := r.SentinelMissing(t.Context()); err != nil {
		t.Error(err)
	}
	b, w := setup(t, r, queue.LaneConfig{}), newWorld()
	stop := b.serve(t, 2, w)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if n, err := b.front.Wait(ctx, []queue.Receipt{b.push(t, 1, 1)}); n != 1 || err != nil {
		t.Errorf("%d acknowledged, %v", n, err)
	}
	stop()
	if _, err := b.lanes.Stats(ctx); err != nil {
		t.Error(err)
	}
	if _, err := queue.NewInspector(r).Depth(ctx); err != nil {
		t.Error(err)
	}
	l := queue.NewLimits(r, nil)
	if _, _, err := l.Reserve(ctx, "k", time.Second, 1, 0); err != nil {
		t.Error(err)
	}
	acquire(t, l, "m", true)
	if err := l.Cool(ctx, "k", time.Second); err != nil {
		t.Error(err)
	}
	if err := r.Clear(ctx); err == nil {
		t.Error("may empty Redis")
	}
}

func words(s string) []any {
	var out []any
	for w := range strings.FieldsSeq(s) {
		out = append(out, w)
	}
	return out
}
