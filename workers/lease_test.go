package workers

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestRenewing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var at []time.Duration
		start := time.Now()
		answers := []time.Duration{time.Second, 3 * time.Second, 3 * time.Second, 0}
		stop := renewing(ctx, 3*time.Second, func() time.Duration {
			at = append(at, time.Since(start))
			return answers[min(len(at), len(answers))-1]
		})
		time.Sleep(time.Minute)
		stop()
		if len(at) != 4 || at[0] != 3*time.Second || at[1] != 4*time.Second || at[3] != 10*time.Second {
			t.Errorf("renewed at %v, want 3, 4, 7 and 10 s and then never", at)
		}
		calls := 0
		stop = renewing(ctx, time.Second, func() time.Duration { calls++; return time.Second })
		time.Sleep(1500 * time.Millisecond)
		stop()
		time.Sleep(time.Minute)
		if calls != 1 {
			t.Errorf("renewed %d times although stopped after the first", calls)
		}
		stop = renewing(ctx, time.Second, func() time.Duration { calls++; return time.Second })
		cancel()
		time.Sleep(time.Minute)
		stop()
		if calls != 1 {
			t.Error("renewed after the context had ended")
		}
	})
}
