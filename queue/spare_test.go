package queue_test

import (
	"context"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// TestIdlePoolsRunNoScript: beside an embedded Redis tasks run at once, later and again as ever, and looking for them costs no
// script. This also notices an asynq that polls in another way.
func TestIdlePoolsRunNoScript(t *testing.T) {
	t.Parallel()
	server := queuetest.StartReal(t)
	r := queuetest.Open(t, server.URL())
	b := setup(t, r, queue.LaneConfig{})
	done := make(chan int, 2)
	tries := 0
	b.start(t, queue.ServerConfig{
		Embedded: true, Pools: map[string]int{queue.PoolGenerate: 1},
		Handlers: map[string]queue.HandlerFunc{queue.TypeGenerationGenerate: func(context.Context, []byte) error {
			if tries++; tries == 1 {
				return &queue.RetryAfter{After: 10 * time.Millisecond}
			}
			done <- tries
			return nil
		}},
	})
	enqueue(t, b, queue.NewGenerationGenerateTask("now", 1))
	enqueue(t, b, queue.NewGenerationGenerateTask("later", 1).After(100*time.Millisecond))
	for range 2 {
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatal("a task was not found")
		}
	}
	opts, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(opts)
	t.Cleanup(func() { _ = c.Close() })
	looks, scripts := calls(t, c, "exists"), calls(t, c, "evalsha")
	eventually(t, time.Minute, func(context.Context) bool { return calls(t, c, "exists") >= looks+50 })
	if n := calls(t, c, "evalsha") - scripts; n > 10 {
		t.Errorf("%d scripts ran beside 50 looks", n)
	}
}

// calls is how often a server was given a command.
func calls(t *testing.T, c *redis.Client, command string) int {
	t.Helper()
	info, err := c.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`cmdstat_` + command + `:calls=(\d+)`).FindStringSubmatch(info)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
