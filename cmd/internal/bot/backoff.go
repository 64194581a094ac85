package bot

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	// firstPause is also the least: the same offset again within 0.5 s is answered with one update only.
	firstPause = 600 * time.Millisecond
	mostPause  = time.Minute
	// operatorPause is the least while the token is refused.
	operatorPause = 15 * time.Second
)

// backoff doubles the pause between failures.
type backoff struct{ pause time.Duration }

func newBackoff() *backoff { return &backoff{} }

func (b *backoff) reset() { b.pause = 0 }

// next returns how long to wait after err: doubling up to a minute, spread so that two replicas do not meet again, and
// never less than Telegram asked for.
func (b *backoff) next(err error) time.Duration {
	b.pause = min(max(2*b.pause, firstPause), mostPause)
	if operators(err) {
		b.pause = max(b.pause, operatorPause)
	}
	wait := b.pause
	if wait > firstPause {
		wait = wait/2 + rand.N(wait/2)
	}
	if e, ok := errors.AsType[*callError](err); ok {
		wait = max(wait, e.retryAfter)
	}
	return max(wait, firstPause)
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
