package workers

import (
	"context"
	"sync"
	"time"
)

// renewing calls renew, first after that time and then whenever it said, until the returned function is called, the
// context ends or renew returns zero. The returned function waits for a renewal under way. A timer does it and no
// goroutine that waits: a thousand calls in flight would keep a thousand stacks.
func renewing(ctx context.Context, after time.Duration, renew func() (next time.Duration)) (stop func()) {
	var mu sync.Mutex
	var timer *time.Timer
	var stopped bool
	mu.Lock() // the timer is set before it is used
	defer mu.Unlock()
	timer = time.AfterFunc(after, func() {
		mu.Lock()
		defer mu.Unlock()
		if stopped || ctx.Err() != nil {
			return
		}
		if next := renew(); next > 0 {
			timer.Reset(next)
		}
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		timer.Stop()
	}
}
