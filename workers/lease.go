package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
)

// whileClaimed renews a claim until the returned function is called. Its context ends, by [errLost], when somebody else took the
// claim over.
func whileClaimed(ctx context.Context, renew func(context.Context) error) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	end := renewing(ctx, storage.LeaseRenew, func() time.Duration {
		err := renew(ctx)
		switch {
		case errors.Is(err, storage.ErrFenced):
			cancel(errLost)
			return 0
		case err != nil:
			return renewAgain
		}
		return storage.LeaseRenew
	})
	return ctx, func() {
		end()
		cancel(nil)
	}
}

// renewing calls renew, first after that time and then whenever it said, until the returned function is called, the
// context ends or renew returns zero. The returned function waits for a renewal under way. A timer does it and no
// goroutine that waits: a thousand calls in flight would keep a thousand stacks.
func renewing(ctx context.Context, after time.Duration, renew func() (next time.Duration)) (stop func()) {
	turn := make(chan struct{}, 1) // a channel and no lock, because a renewal takes as long as the database does
	var timer *time.Timer
	var stopped bool
	turn <- struct{}{} // the timer is set before it is used
	timer = time.AfterFunc(after, func() {
		turn <- struct{}{}
		defer func() { <-turn }()
		if stopped || ctx.Err() != nil {
			return
		}
		if next := renew(); next > 0 {
			timer.Reset(next)
		}
	})
	<-turn
	return func() {
		turn <- struct{}{}
		defer func() { <-turn }()
		stopped = true
		timer.Stop()
	}
}
