package workers

import (
	"context"
	"errors"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// cancelCommand cancels the newest generation that is not over.
func (w *Workers) cancelCommand(ctx context.Context, in *incoming, _ string) error {
	g, err := w.Store.LastOpen(ctx, in.person.ID)
	if errors.Is(err, storage.ErrNotFound) {
		w.say(in, texts.MessageNothingToCancel, nil)
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	return w.cancel(ctx, in, g.ID, func(k texts.Key) {
		if k == texts.AnswerCancelTooLate {
			w.say(in, texts.MessageCancelTooLate, nil)
		}
	})
}

// cancel notes the wish; one that nobody works on is canceled at once, and its status message says so. A call that is
// under way can be canceled only where the provider takes it back.
func (w *Workers) cancel(ctx context.Context, in *incoming, id string, answer func(texts.Key)) error {
	g, err := w.Store.OwnGeneration(ctx, in.person.ID, id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if err != nil || !g.Status.Open() {
		answer(texts.AnswerDone)
		return w.done(ctx, in)
	}
	if m, ok := w.Router.Model(g.Model); ok && !m.Cancel && g.Status == storage.StatusGenerating {
		answer(texts.AnswerCancelTooLate)
		return w.done(ctx, in)
	}
	answer(texts.AnswerWorking)
	canceled, out, err := w.Store.Cancel(ctx, in.effect, in.person.ID, id, []storage.Send{resultSend(g)})
	if errors.Is(err, storage.ErrNotFound) { // it ended just now
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	w.post(ctx, out)
	if canceled {
		w.ended(ctx, g, storage.StatusCanceled, storage.ReasonPerson)
	}
	return nil
}
