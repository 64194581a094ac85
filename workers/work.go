package workers

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/imagika/imagika/storage"
)

// maxClaims is how often a generation is claimed without getting anywhere before it is given up: it breaks its workers.
const maxClaims = 6

// maxAge is when a generation that is still open has waited long enough, whatever happened to it.
const maxAge = 2 * time.Hour

// claim is a generation one worker has to itself, as long as the lease is renewed.
type claim struct {
	storage.Generation
	made        int // images stored by earlier calls
	cancelAsked atomic.Bool
	// onCancel, if set, ends the call that is under way.
	onCancel atomic.Pointer[context.CancelCauseFunc]
}

// underClaim claims a generation and works on it. The lease is renewed until work returns; if it is lost, the context
// is canceled, and whatever is written afterwards fails at the fence. The wish to cancel arrives with a renewal.
func (w *Workers) underClaim(ctx context.Context, id string, work func(context.Context, *claim) error) error {
	g, err := w.Store.Claim(ctx, id)
	if err != nil {
		return err
	}
	w.Step("claimed")
	ctx = w.Traces.Continue(ctx, g.RequestKey)
	if g.Fence == 1 {
		w.Metrics.since(stageWait, g.Created)
	}
	c := &claim{Generation: g}
	c.cancelAsked.Store(g.CancelAsked)
	if g.Params.Count > 1 {
		if c.made, err = w.Store.Made(ctx, id); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := w.keepClaim(ctx, c, cancel)
	err = w.guarded(ctx, c, work)
	cancel(nil)
	stop()
	return err
}

// guarded ends what must not go on before it starts.
func (w *Workers) guarded(ctx context.Context, c *claim, work func(context.Context, *claim) error) error {
	switch {
	case c.Claims > maxClaims:
		w.Metrics.quarantin.Inc()
		w.Log.ErrorContext(ctx, "generation quarantined", "generation", c.ID, "claims", c.Claims)
		return w.finishLast(ctx, c, storage.StatusFailed, storage.ReasonQuarantined)
	case time.Since(c.Created) > maxAge:
		return w.finishLast(ctx, c, storage.StatusFailed, storage.ReasonTimeout)
	}
	return work(ctx, c)
}

// renewAgain is the pause after a renewal that failed. A database that comes back is to hear from who works before the
// sweeper looks for work that nobody does.
const renewAgain = 500 * time.Millisecond

// keepClaim renews the lease until the returned function is called.
func (w *Workers) keepClaim(ctx context.Context, c *claim, cancel context.CancelCauseFunc) (stop func()) {
	return renewing(ctx, storage.LeaseRenew, func() time.Duration { return w.renew(ctx, c, cancel) })
}

// renew renews the lease once and returns when to do it again, zero for never. A database that does not answer is not a
// lost lease: the fence decides.
func (w *Workers) renew(ctx context.Context, c *claim, cancel context.CancelCauseFunc) (next time.Duration) {
	asked, err := w.Store.Renew(ctx, c.ID, c.Fence)
	switch {
	case errors.Is(err, storage.ErrFenced):
		if !w.over(ctx, c) { // work may have ended it just now
			cancel(errLost)
		}
		return 0
	case err != nil && ctx.Err() == nil:
		w.Log.WarnContext(ctx, "lease not renewed", "generation", c.ID, "error", err)
		return renewAgain
	case asked && !c.cancelAsked.Swap(true):
		if stop := c.onCancel.Load(); stop != nil {
			(*stop)(errCancel)
		}
	}
	return storage.LeaseRenew
}

// over reports whether the generation ended under this very claim.
func (w *Workers) over(ctx context.Context, c *claim) bool {
	g, err := w.Store.Generation(ctx, c.ID)
	return err == nil && g.Fence == c.Fence && !g.Status.Open()
}

// settled is a context for writing down what was paid for: it outlives a shutdown and a lost claim, but not for ever.
func settled(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
}

// finish ends a generation for which no more is done. Without images its credits are released; those that earlier calls made
// are the person's, and only they are paid.
func (w *Workers) finish(ctx context.Context, c *claim, status storage.Status, reason storage.Reason, attempt string, end storage.End) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	var out storage.Outbox
	err := w.insist(ctx, "database", func() (err error) {
		if c.made > 0 {
			status, reason = storage.StatusStored, storage.ReasonNone
			out, err = w.Store.CompleteParts(ctx, c.Generation, attempt, end, finalSends(c.Generation))
			return err
		}
		out, err = w.Store.Finish(ctx, c.Generation, status, reason, attempt, end, finalSends(c.Generation))
		return err
	})
	if err != nil {
		return err
	}
	w.Metrics.loss.Add(float64(end.Loss))
	w.Step("finished")
	w.post(ctx, out)
	w.ended(ctx, c.Generation, status, reason)
	return nil
}

// finishLast is finish where the open attempt, if there is one, is nobody's any more: its outcome is not known.
func (w *Workers) finishLast(ctx context.Context, c *claim, status storage.Status, reason storage.Reason) error {
	a, err := w.Store.LastAttempt(ctx, c.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return w.finish(ctx, c, status, reason, "", storage.End{})
	}
	if err != nil {
		return err
	}
	return w.finish(ctx, c, status, reason, a.ID, unknownEnd(a))
}

// unknownEnd books a call of which nobody knows what became.
func unknownEnd(a storage.Attempt) storage.End {
	return storage.End{State: storage.AttemptUnknown, Class: "unknown", Billed: "maybe", Loss: a.EstCost}
}

// yield gives the claim back for another task to go on after a while.
func (w *Workers) yield(ctx context.Context, c *claim, progress bool, wait time.Duration) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	if err := w.Store.Yield(ctx, c.ID, c.Fence, progress, wait); err != nil {
		return err
	}
	if g, err := w.Store.Generation(ctx, c.ID); err == nil && g.CancelAsked { // while it was claimed: nobody else ends it
		wait = 0
	}
	return later(nil, wait)
}
