package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

// failed decides what a failed call means: another attempt, or the end of the generation. It is the one place that
// does.
func (w *Workers) failed(ctx context.Context, c *claim, a storage.Attempt, err error) error {
	var e *providers.Error
	if !errors.As(err, &e) {
		return w.interrupted(ctx, c, a, err)
	}
	w.Log.WarnContext(ctx, "provider call failed", "generation", c.ID, "attempt", a.Seq, "provider", a.Provider, "class", e.Class,
		"billed", e.Billed, "error", e.Err)
	if e.Class == providers.Canceled && !c.cancelAsked.Load() { // by somebody else: the person still waits for it
		e = &providers.Error{Provider: e.Provider, Class: providers.NoOutput, Billed: e.Billed, Err: e.Err}
	}
	end := failedEnd(a, e)
	if errors.Is(err, errUnjudged) {
		return w.finish(ctx, c, storage.StatusFailed, storage.ReasonUnjudged, a.ID, end)
	}
	switch e.Class {
	case providers.Rejected:
		end.State = storage.AttemptRefused
		return w.finish(ctx, c, storage.StatusRefused, refusal(e.Stage), a.ID, end)
	case providers.Canceled:
		end.State = storage.AttemptCanceled
		return w.finish(ctx, c, storage.StatusCanceled, storage.ReasonPerson, a.ID, end)
	case providers.UnknownCall:
		if w.canReconcile(a) && !errors.Is(err, context.DeadlineExceeded) { // the next claim asks what became of it
			return w.yield(ctx, c, false, 2*time.Second)
		}
		reason := storage.ReasonUnknown
		if errors.Is(err, context.DeadlineExceeded) {
			reason = storage.ReasonTimeout
		}
		return w.finish(ctx, c, storage.StatusFailed, reason, a.ID, unknownEnd(a))
	case providers.Auth:
		w.Log.ErrorContext(ctx, "a provider refused its key", "provider", a.Provider, "error", e.Err)
		return w.again(ctx, c, a, end, 0)
	case providers.BadRequest:
		if e.Scope == providers.ScopeModel {
			end.Class = notTaken
			return w.again(ctx, c, a, end, 0)
		}
		return w.finish(ctx, c, storage.StatusFailed, storage.ReasonUnsupported, a.ID, end)
	case providers.Lost:
		if e.Billed != providers.BilledNo { // it may have been paid for: not again
			return w.finish(ctx, c, storage.StatusFailed, storage.ReasonUnknown, a.ID, unknownEnd(a))
		}
	}
	if e.Class == providers.RateLimited && e.Billed == providers.BilledNo {
		if e.Scope != providers.ScopeCall { // the router knows, and goes elsewhere or says how long to wait
			e.Wait = 0
		}
		return w.again(ctx, c, a, end, max(e.Wait, 100*time.Millisecond))
	}
	tried, err := w.tried(ctx, c.ID)
	if err != nil {
		return err
	}
	for i := range tried {
		if tried[i].ID == a.ID {
			tried[i].State, tried[i].ErrClass, tried[i].Billed = end.State, end.Class, end.Billed
		}
	}
	if worn(tried) {
		return w.finish(ctx, c, storage.StatusFailed, exhausted(string(e.Class)), a.ID, end)
	}
	return w.again(ctx, c, a, end, max(e.Wait, time.Second<<min(max(len(since(tried))-1, 0), 5)))
}

// failedEnd books a call that failed: what it may have cost is lost.
func failedEnd(a storage.Attempt, e *providers.Error) storage.End {
	end := storage.End{State: storage.AttemptFailed, Class: string(e.Class), Billed: string(e.Billed)}
	if e.Billed != providers.BilledNo {
		end.Loss = a.EstCost
	}
	return end
}

// canReconcile reports whether one can ask what became of a call that has no handle.
func (w *Workers) canReconcile(a storage.Attempt) bool {
	p, ok := w.Router.Provider(a.Provider)
	if !ok || a.Handle != nil {
		return false
	}
	_, ok = p.(providers.Reconciler)
	return ok
}

// again closes the attempt and comes back for the next one.
func (w *Workers) again(ctx context.Context, c *claim, a storage.Attempt, end storage.End, wait time.Duration) error {
	done, cancel := settled(ctx)
	defer cancel()
	if err := w.insist(done, "database", func() error { return w.Store.EndAttempt(done, a.ID, end) }); err != nil {
		return err
	}
	w.Metrics.loss.Add(float64(end.Loss))
	epoch, err := w.Store.Resume(done, c.ID, c.Fence, wait)
	if err != nil {
		return err
	}
	w.enqueue(done, queue.NewGenerationGenerateTask(c.ID, epoch).After(wait))
	return nil
}

// interrupted is a fault of our own after the call: the object store or the database is away, the claim is lost. The
// attempt stays as it is; the next claim finds out what can still be had of it.
func (w *Workers) interrupted(ctx context.Context, c *claim, a storage.Attempt, err error) error {
	w.Log.ErrorContext(ctx, "generation interrupted", "generation", c.ID, "attempt", a.Seq, "error", err)
	if errors.Is(context.Cause(ctx), errLost) {
		return errLost
	}
	return w.yield(ctx, c, false, 2*time.Second)
}

// refusal names the stage of a rejection.
func refusal(stage string) storage.Reason {
	if stage == "output" {
		return storage.ReasonOutput
	}
	return storage.ReasonInput
}

// exhausted is the reason of a generation whose attempts all failed, by the class of the last one.
func exhausted(class string) storage.Reason {
	if class == string(providers.NoOutput) {
		return storage.ReasonBadImage
	}
	return storage.ReasonProvider
}

// reconcile finds out what became of a call that was cut off. What nobody knows is not sent again.
func (w *Workers) reconcile(ctx context.Context, c *claim, a storage.Attempt, tried []storage.Attempt) error {
	route, ok := w.Router.Route(a.Provider, a.Model)
	if !ok {
		return w.finish(ctx, c, storage.StatusFailed, storage.ReasonUnknown, a.ID, unknownEnd(a))
	}
	req, err := w.request(ctx, c, route.Model)
	if err != nil {
		return err
	}
	req.AttemptID, req.Known = a.ID, knownAt(a.Provider, tried)
	outcome, sub, err := w.Router.Reconcile(ctx, route.Provider, req)
	if err != nil {
		return w.notReconciled(ctx, c, a, err)
	}
	switch outcome {
	case providers.NotAccepted:
		if err := w.Store.EndAttempt(ctx, a.ID, notAcceptedEnd()); err != nil {
			return err
		}
		tried, err := w.tried(ctx, c.ID)
		if err != nil {
			return err
		}
		return w.attempt(ctx, c, tried)
	case providers.Found:
		if sub.Images == nil {
			return w.submitted(ctx, c, route, a, sub)
		}
		images, err := w.keepResults(ctx, c.Generation, a, sub.Images, c.made)
		if err != nil {
			return w.failed(ctx, c, a, callError(ctx, route.Provider, err))
		}
		return w.stored(ctx, c, route, a, sub.Cost, images)
	}
	w.Log.ErrorContext(ctx, "a call's outcome is not known", "generation", c.ID, "provider", a.Provider)
	return w.finish(ctx, c, storage.StatusFailed, storage.ReasonUnknown, a.ID, unknownEnd(a))
}

// knownAt are the ids that a provider gave to calls.
func knownAt(provider string, tried []storage.Attempt) (ids []string) {
	for _, a := range tried {
		if a.Provider == provider && a.ExternalID != "" {
			ids = append(ids, a.ExternalID)
		}
	}
	return ids
}

// notReconciled asks again later; maxClaims bounds how often.
func (w *Workers) notReconciled(ctx context.Context, c *claim, a storage.Attempt, err error) error {
	w.Log.WarnContext(ctx, "provider does not say what became of a call", "provider", a.Provider, "error", err)
	return w.yield(ctx, c, false, 5*time.Second)
}

// submitted stores the handle of an asynchronous call, first of all, and schedules its first poll.
func (w *Workers) submitted(ctx context.Context, c *claim, route providers.Route, a storage.Attempt, sub providers.Submission) error {
	done, cancel := settled(ctx)
	defer cancel()
	a.Handle, a.ExternalID = sub.Handle, sub.ExternalID
	a.NextPoll, a.Expires = time.Now().Add(sub.NextPoll), time.Now().Add(route.Model.Timeout+route.Model.ResultTTL)
	if err := w.insist(done, "database", func() error { return w.Store.Submitted(done, a) }); err != nil {
		return err
	}
	w.Step("submitted")
	if err := w.Router.Keep(done, route, c.ID, slotKept(sub.NextPoll)); err != nil {
		w.Log.WarnContext(ctx, "slot not kept", "model", route.Model.Name, "error", err)
	}
	w.enqueue(done, queue.NewGenerationPollTask(a.ID, 1).After(sub.NextPoll))
	return w.Store.Yield(done, c.ID, c.Fence, true, 0)
}

// slotKept is how long a slot is held until the next poll keeps it again.
func slotKept(next time.Duration) time.Duration { return next + 20*time.Second }
