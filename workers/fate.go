package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram"
)

// errLost cancels the context of a claim that somebody else took over.
var errLost = errors.New("claim lost")

// errCancel cancels the context of a call because the person asked to.
var errCancel = errors.New("canceled by the person")

// fate decides what becomes of a task whose handler returned an error. Everything that is final has been committed by
// the handler, which then returns nil; what is left here is done again later, and only faults of our own count as
// failures.
func fate(err error) error {
	var limited *providers.Error
	var called *telegram.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, storage.ErrFenced), errors.Is(err, errLost), errors.Is(err, storage.ErrSeen):
		return nil // somebody else does it, or did
	case errors.As(err, new(*queue.RetryAfter)):
		return err
	case storage.IsUnavailable(err), errors.Is(err, objects.ErrUnavailable):
		return later(err, time.Second)
	case errors.As(err, &limited) && limited.Class == providers.RateLimited:
		return later(err, max(limited.Wait, time.Second))
	case errors.As(err, &called) && called.Class == telegram.RateLimited:
		return later(err, called.RetryAfter)
	case errors.As(err, &called) && called.Class == telegram.Transient:
		return later(err, 2*time.Second)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return later(err, time.Second)
	}
	return err
}

// later asks for another try that burns no retry.
func later(err error, after time.Duration) error { return &queue.RetryAfter{After: after, Err: err} }
