package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

// What a person deletes is deleted with whoever painted it too, where they can be asked for that; the others keep it under
// their own terms, which is said to whoever asks who got their data. Nobody waits for a provider: what is to be deleted is
// noted with the deletion here, and asked for until it is done.

// deletesAt reports whether a provider can be asked to delete what it has.
func (w *Workers) deletesAt(provider string) bool {
	p, _ := w.Router.Provider(provider)
	d, ok := p.(providers.Deleter)
	return ok && d.Deletes()
}

// What becomes of a call that is to be deleted.
const (
	forgotten     = "deleted"
	forgetFailed  = "failed" // and is tried again
	forgetGivenUp = "given_up"
	forgetKept    = "kept" // the provider cannot be asked
)

// deleteElsewhere asks one provider to delete what it has of one call. A failure that may pass is left to the next try, which
// the sweeper begins.
func (w *Workers) deleteElsewhere(ctx context.Context, p queue.AttemptDelete) error {
	d, err := w.Store.Deletion(ctx, p.ID)
	if err != nil {
		return ignore(err, storage.ErrNotFound)
	}
	can, err := w.Router.Delete(ctx, d.Provider, d.ExternalID)
	failed, known := errors.AsType[*providers.Error](err)
	outcome := forgotten
	switch {
	case !can:
		outcome = forgetKept
	case err == nil:
	case time.Since(d.Created) > storage.DeletionTime, known && failed.Class == providers.BadRequest:
		outcome = forgetGivenUp
		w.Log.ErrorContext(ctx, "a provider did not delete what it has", "provider", d.Provider, "attempt", d.Attempt, "error", err)
	default:
		w.Log.WarnContext(ctx, "a provider did not delete what it has yet", "provider", d.Provider, "attempt", d.Attempt, "error", err)
		w.Metrics.elsewhere.WithLabelValues(forgetFailed).Inc()
		return nil
	}
	w.Metrics.elsewhere.WithLabelValues(outcome).Inc()
	return w.Store.EndDeletion(ctx, d.Attempt, outcome == forgotten)
}

// elsewhereMends begin what is due of the mails and of sign-ins by mail, and of what providers are to delete.
func (w *Workers) elsewhereMends(ctx context.Context, all bool) []mend {
	deletions := func(ctx context.Context, limit int, _ bool) ([]storage.Ref, error) {
		return w.Store.SweepDeletions(ctx, limit)
	}
	return []mend{
		{"mail", func() (int, error) { return w.requeue(ctx, all, w.Store.SweepMails, queue.NewMailSendTask) }},
		{"sign-in", func() (int, error) { return w.requeue(ctx, all, w.Store.SweepSignIns, queue.NewSignInMailTask) }},
		{"deletion", func() (int, error) { return w.requeue(ctx, all, deletions, queue.NewAttemptDeleteTask) }},
	}
}
