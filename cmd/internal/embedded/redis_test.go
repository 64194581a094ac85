package embedded_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/imagika/imagika/cmd/internal/embedded"
)

func startRedis(t *testing.T) (*embedded.RedisServer, *redis.Options) {
	t.Helper()
	r, err := embedded.Redis(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	opts, err := redis.ParseURL(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	return r, opts
}

func TestRedis(t *testing.T) {
	t.Parallel()
	_, opts := startRedis(t)
	c := redis.NewClient(opts)
	defer c.Close()
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	got, err := c.Eval(t.Context(), `return redis.call('GET', KEYS[1])`, []string{"k"}).Text()
	if err != nil || got != "v" {
		t.Errorf("%q, %v, want v", got, err)
	}
	if !strings.HasPrefix(opts.Addr, "127.0.0.1:") {
		t.Errorf("listens on %s", opts.Addr)
	}
}

func TestRedisNeedsThePassword(t *testing.T) {
	t.Parallel()
	_, opts := startRedis(t)
	for _, password := range []string{"", "guess"} {
		wrong := *opts
		wrong.Password = password
		c := redis.NewClient(&wrong)
		if err := c.Ping(t.Context()).Err(); err == nil {
			t.Errorf("password %q was let in", password)
		}
		_ = c.Close()
	}
}

func TestRedisKeysExpire(t *testing.T) {
	t.Parallel()
	_, opts := startRedis(t)
	c := redis.NewClient(opts)
	defer c.Close()
	if err := c.Set(t.Context(), "lease", "v", 1500*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := c.Get(ctx, "lease").Err()
		if errors.Is(err, redis.Nil) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		<-tick.C
	}
	// One tick of slack either way.
	if took := time.Since(start); took < 500*time.Millisecond {
		t.Errorf("a lease of 1.5 s ended after %s", took)
	}
}

func TestRedisEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := embedded.Redis(ctx)
	if err != nil {
		t.Fatal(err)
	}
	opts, err := redis.ParseURL(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	r.Close() // returns once the server is down, also when it already is
	r.Close()
	opts.MaxRetries = -1
	c := redis.NewClient(opts)
	defer c.Close()
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Error("the server still answers")
	}
}
