package workers

import (
	"context"
	"errors"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// repeat paints the same prompt again with another seed, or something close to its first image.
func (w *Workers) repeat(ctx context.Context, in *incoming, p press, g storage.Generation) error {
	if ok, err := w.agreed(ctx, in); err != nil || !ok {
		return err
	}
	a := ask{request: g.Request, params: g.Params, model: g.Model, operation: g.Operation, parent: g.Parent, parentN: g.ParentN}
	a.request.Message, a.request.Lang = p.messageID(), in.texts.Language()
	a.params.Seed = newSeed()
	if p.Op == telegram.OpVary {
		a.operation, a.parent, a.parentN, a.params.Count, a.params.Strength = "vary", g.ID, 0, 1, 0.35
	} else if len(a.request.References) > 0 {
		a.operation = "edit"
	}
	a.done = func() {
		w.answer(in, p, texts.AnswerWorking)
		w.edit(in, p, "", w.resultButtons(in.texts, in.person.TelegramID, g.ID)) // fresh nonces: it can be pressed again
	}
	a.refused = func() { w.answer(in, p, texts.AnswerNoCredits) }
	a.waits = func() { w.answer(in, p, "") } // the message says it
	return w.reserve(ctx, in, a)
}

// resend sends a stored result again: as it was shown, or as the original files. It costs nothing.
func (w *Workers) resend(ctx context.Context, in *incoming, p press, g storage.Generation, as string) error {
	if g.Status.Open() {
		w.answer(in, p, texts.AnswerWorking)
		return w.done(ctx, in)
	}
	w.answer(in, p, texts.AnswerWorking)
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		Key: as + ":" + in.effect.Update, User: in.person.ID, Generation: g.ID, Kind: storage.SendResult,
		Body: resultBody{As: as, Chat: in.chat.ID}, // where the button is, not where it was asked for
	})
	return w.done(ctx, in)
}

// confirmDelete asks before a result is deleted, in place of the buttons.
func (w *Workers) confirmDelete(ctx context.Context, in *incoming, p press, g storage.Generation) error {
	w.answer(in, p, "")
	w.edit(in, p, "", [][]telegram.Button{telegram.Row(
		w.button(in, texts.ButtonDeleteYes, telegram.OpDeleteYes, g.ID, newNonce()),
		w.button(in, texts.ButtonDeleteNo, telegram.OpDeleteNo, g.ID, ""))})
	return w.done(ctx, in)
}

// delete removes a result from the history, the store and the chat. The rows go first: an object that is left behind
// belongs to nobody and cannot be opened by anyone.
func (w *Workers) delete(ctx context.Context, in *incoming, p press, g storage.Generation) error {
	messages, err := w.Store.ResultMessages(ctx, in.person.ID, in.chat.ID, g.ID)
	if err != nil {
		return err
	}
	if id := p.messageID(); id != 0 {
		messages = append(messages, id)
	}
	w.answer(in, p, texts.AnswerDeleted)
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		User: in.person.ID, Kind: storage.SendDelete, Body: deleteBody{Chat: in.chat.ID, Messages: messages},
	})
	objects, out, err := w.Store.DeleteResult(ctx, in.effect, in.person.ID, g.ID)
	if errors.Is(err, storage.ErrNotFound) {
		in.effect.Sends = nil
		w.answer(in, p, texts.AnswerExpired)
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	w.post(ctx, out)
	for _, key := range objects {
		if err := w.Objects.Remove(ctx, key); err != nil {
			w.Log.WarnContext(ctx, "object of a deleted result not removed yet", "error", err)
		}
	}
	return nil
}
