package queue_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

func TestStates(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		s := queue.NewStates(r)
		count := func(old []byte) []byte {
			n, _ := strconv.Atoi(string(old))
			return strconv.AppendInt(nil, int64(n+1), 10)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 25 {
					if err := s.Update(t.Context(), "n", time.Hour, count); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		got, err := s.Load(t.Context(), "missing", "n")
		if err != nil || got[0] != nil || string(got[1]) != "100" {
			t.Errorf("loaded %q, %v; want nothing and 100", got, err)
		}
		if err := s.Update(t.Context(), "short", 30*time.Millisecond, func([]byte) []byte { return []byte("x") }); err != nil {
			t.Fatal(err)
		}
		eventually(t, 5*time.Second, func(ctx context.Context) bool {
			got, err := s.Load(ctx, "short")
			return err == nil && got[0] == nil
		})
	})
}
