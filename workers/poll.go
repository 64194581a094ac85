package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

// poll asks an asynchronous provider how a call is doing. Between two polls nobody works on the generation and nobody
// sleeps: the next poll is a task, and if it is lost, the sweeper finds the row.
func (w *Workers) poll(ctx context.Context, p queue.GenerationPoll) error {
	a, err := w.Store.Attempt(ctx, p.Attempt)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if a.State != storage.AttemptSubmitted && a.State != storage.AttemptRunning {
		return nil
	}
	g, err := w.Store.Generation(ctx, a.Generation)
	if err != nil {
		return err
	}
	if !g.Status.Open() {
		return w.pollLate(ctx, g, a)
	}
	return w.underClaim(ctx, a.Generation, func(ctx context.Context, c *claim) error {
		a, err := w.Store.Attempt(ctx, a.ID)
		if err != nil {
			return err
		}
		return w.askOnce(ctx, c, a)
	})
}

// askOnce asks once, under the claim.
func (w *Workers) askOnce(ctx context.Context, c *claim, a storage.Attempt) error {
	route, ok := w.Router.Route(a.Provider, a.Model)
	if !ok {
		return w.finish(ctx, c, storage.StatusFailed, storage.ReasonProvider, a.ID, unknownEnd(a))
	}
	if c.cancelAsked.Load() && w.takeBack(ctx, c, route, a) {
		end := storage.End{State: storage.AttemptCanceled, Class: string(providers.Canceled), Billed: string(providers.BilledNo)}
		return w.finish(ctx, c, storage.StatusCanceled, storage.ReasonPerson, a.ID, end)
	}
	progress, err := w.Router.Poll(ctx, route, a.Handle)
	switch {
	case err != nil:
		return w.pollFailed(ctx, c, route, a, err)
	case progress.Done:
		return w.fetch(ctx, c, route, a, progress.Cost)
	case time.Now().After(a.Deadline):
		return w.giveUpWaiting(ctx, c, route, a)
	}
	w.told(ctx, a, progress)
	return w.nextPoll(ctx, c, route, a, progress.Started, max(progress.NextPoll, 500*time.Millisecond))
}

// takeBack cancels a submitted call, and reports whether the provider confirms that it costs nothing.
func (w *Workers) takeBack(ctx context.Context, c *claim, route providers.Route, a storage.Attempt) bool {
	unbilled, err := w.Router.Cancel(ctx, route.Provider, a.Handle)
	if err != nil {
		w.Log.WarnContext(ctx, "provider did not cancel", "provider", a.Provider, "error", err)
	}
	if unbilled {
		w.Router.Free(ctx, route, c.ID)
	}
	if err == nil && !unbilled {
		w.tellTooLate(ctx, c.Generation)
	}
	return unbilled && err == nil
}

// fetch stores the images of a call that is done.
func (w *Workers) fetch(ctx context.Context, c *claim, route providers.Route, a storage.Attempt, cost int64) error {
	w.Step("fetching")
	images, err := w.Router.Fetch(ctx, route.Provider, a.Handle)
	var kept []storage.Image
	if err == nil {
		kept, err = w.keepResults(ctx, c.Generation, a, images, c.made)
	}
	if err != nil {
		return w.pollFailed(ctx, c, route, a, callError(ctx, route.Provider, err))
	}
	w.Router.Free(ctx, route, c.ID)
	w.Router.Took(ctx, route, time.Since(a.Created))
	w.Metrics.since(stageProvider, a.Created)
	return w.stored(ctx, c, route, a, cost, kept)
}

// pollFailed goes on asking where that makes sense: a question that failed says nothing about the call.
func (w *Workers) pollFailed(ctx context.Context, c *claim, route providers.Route, a storage.Attempt, err error) error {
	var e *providers.Error
	if !errors.As(err, &e) {
		return w.interrupted(ctx, c, a, err)
	}
	if asksAgain(e.Class) {
		if time.Now().After(a.Deadline) {
			return w.giveUpWaiting(ctx, c, route, a)
		}
		return w.nextPoll(ctx, c, route, a, false, max(e.Wait, 2*time.Second))
	}
	w.Router.Free(ctx, route, c.ID)
	return w.failed(ctx, c, a, err)
}

// asksAgain reports whether a failure is one of the question and says nothing about the call.
func asksAgain(class providers.Class) bool {
	switch class {
	case providers.Transient, providers.RateLimited, providers.UnknownCall, providers.Auth:
		return true
	}
	return false
}

// nextPoll notes when to ask again and gives the claim back.
func (w *Workers) nextPoll(ctx context.Context, c *claim, route providers.Route, a storage.Attempt, started bool, wait time.Duration) error {
	polls, err := w.Store.Polled(ctx, a.ID, started, time.Now().Add(wait))
	if err != nil {
		return err
	}
	if err := w.Router.Keep(ctx, route, c.ID, slotKept(wait)); err != nil {
		w.Log.WarnContext(ctx, "slot not kept", "model", route.Model.Name, "error", err)
	}
	if err := w.Store.Yield(ctx, c.ID, c.Fence, true, 0); err != nil {
		return err
	}
	w.enqueue(ctx, queue.NewGenerationPollTask(a.ID, polls+1).After(wait))
	return nil
}

// giveUpWaiting releases the credits of a call that takes too long. The call goes on, and is asked for until its result
// would have expired: what comes late is the person's, free.
func (w *Workers) giveUpWaiting(ctx context.Context, c *claim, route providers.Route, a storage.Attempt) error {
	w.Router.Free(ctx, route, c.ID)
	polls, err := w.Store.Polled(ctx, a.ID, false, time.Now().Add(latePause))
	if err != nil {
		return err
	}
	if err := w.finish(ctx, c, storage.StatusFailed, storage.ReasonTimeout, "", storage.End{}); err != nil {
		return err
	}
	w.enqueue(ctx, queue.NewGenerationPollTask(a.ID, polls+1).After(latePause))
	return nil
}

// latePause is the time between two questions about a call that nobody waits for any more.
const latePause = 5 * time.Second

// pollLate asks about a call whose generation is over. There is no claim: closing the attempt decides who stores it.
func (w *Workers) pollLate(ctx context.Context, g storage.Generation, a storage.Attempt) error {
	route, ok := w.Router.Route(a.Provider, a.Model)
	if !ok || time.Now().After(a.Expires) || g.Deleted {
		return w.endLate(ctx, a, unknownEnd(a))
	}
	progress, err := w.Router.Poll(ctx, route, a.Handle)
	if err == nil && progress.Done {
		err = w.keepLate(ctx, g, route.Provider, a, progress.Cost)
		if err == nil {
			return nil
		}
	}
	if err != nil {
		err = callError(ctx, route.Provider, err)
		w.Log.WarnContext(ctx, "late call failed", "generation", g.ID, "attempt", a.Seq, "provider", a.Provider, "error", err)
	}
	if e, ok := errors.AsType[*providers.Error](err); ok && !asksAgain(e.Class) {
		return w.endLate(ctx, a, failedEnd(a, e))
	}
	polls, err := w.Store.Polled(ctx, a.ID, false, time.Now().Add(latePause))
	if err != nil {
		return err
	}
	w.enqueue(ctx, queue.NewGenerationPollTask(a.ID, polls+1).After(latePause))
	return nil
}

// endLate closes a call that brings nothing any more. What was paid for it is lost.
func (w *Workers) endLate(ctx context.Context, a storage.Attempt, end storage.End) error {
	if err := w.Store.EndAttempt(ctx, a.ID, end); err != nil {
		return err
	}
	w.Metrics.loss.Add(float64(end.Loss))
	return nil
}

// keepLate stores a late result and owes it to the person, free.
func (w *Workers) keepLate(ctx context.Context, g storage.Generation, p providers.Provider, a storage.Attempt, cost int64) error {
	images, err := w.Router.Fetch(ctx, p, a.Handle)
	if err != nil {
		return err
	}
	made, err := w.Store.Made(ctx, g.ID)
	if err != nil {
		return err
	}
	kept, err := w.keepResults(ctx, g, a, images, made)
	if err != nil {
		return err
	}
	var sends []storage.Send
	if g.Form == storage.FormChat {
		sends = []storage.Send{{
			Key: "late:" + a.ID, User: g.User, Chat: g.Request.Chat, Generation: g.ID, Kind: storage.SendResult,
			Body: resultBody{As: asLate, From: made},
		}}
	}
	out, err := w.Store.CompleteLate(ctx, a, cost, kept, sends)
	if errors.Is(err, storage.ErrNotFound) { // deleted meanwhile
		var objects []string
		for _, i := range kept {
			objects = append(objects, i.Key)
		}
		w.removeObjects(ctx, objects)
		return w.endLate(ctx, a, unknownEnd(a))
	}
	if err != nil {
		return err
	}
	w.Metrics.loss.Add(float64(max(cost, 0)))
	w.post(ctx, out)
	return nil
}
