package workers

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Asking to be erased: what goes and what stays, a yes, another yes that works once, and a day to think again. Meanwhile nothing
// changes for the person, and /start reminds them.

// askErase shows what an erasure would take, or the one that waits.
func (w *Workers) askErase(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, "")
	if waits, err := w.eraseWaits(ctx, in); err != nil || waits {
		return err
	}
	text, _, _, err := w.erasePreview(ctx, in)
	if err != nil {
		return err
	}
	w.tell(in, messageBody{Chat: in.chat.ID, Text: text, Keyboard: rowsOf(row(
		w.button(in, texts.ButtonErase, telegram.OpErase, "", ""), w.button(in, texts.ButtonEraseNo, telegram.OpEraseNo, "", ""),
	))})
	return w.done(ctx, in)
}

// erasePreview says what goes and what stays, and whether a subscription is among it.
func (w *Workers) erasePreview(ctx context.Context, in *incoming) (text string, e storage.Erasable, subscribed bool, err error) {
	if e, err = w.Store.Erasable(ctx, in.person.ID); err != nil {
		return "", e, false, err
	}
	_, _, err = w.Store.Subscription(ctx, in.person.ID)
	if subscribed = err == nil; ignore(err, storage.ErrNotFound) != nil {
		return "", e, false, err
	}
	return in.texts.HTML(texts.MessageErase, map[string]any{
		"Records": e.Rows, "Images": e.Images, "Running": e.Running, "Talking": in.person.Talking, "Subscription": subscribed, "Stars": e.Stars,
		"Lost": e.Credits, "Payments": e.Payments, "When": w.Store.Now().Add(w.Settings.EraseGrace + w.Settings.Remember), "Wait": w.Settings.EraseGrace,
	}), e, subscribed, nil
}

// eraseWaits says that an erasure waits, with the ways on from there, and commits that; or reports false.
func (w *Workers) eraseWaits(ctx context.Context, in *incoming) (bool, error) {
	r, err := w.Store.Erasure(ctx, in.person.ID)
	if err != nil {
		return false, ignore(err, storage.ErrNotFound)
	}
	w.sayEraseWaits(in, r.ID, r.NotBefore.Sub(w.Store.Now()))
	return true, w.done(ctx, in)
}

func (w *Workers) sayEraseWaits(in *incoming, id string, wait time.Duration) {
	w.say(in, texts.MessageEraseWaits, map[string]any{"Wait": max(wait, time.Minute)}, row(
		w.button(in, texts.ButtonEraseKeep, telegram.OpEraseKeep, id, ""), w.button(in, texts.ButtonEraseNow, telegram.OpEraseNow, id, newNonce()),
	))
}

// pressErase is a press under the messages of this file.
func (w *Workers) pressErase(ctx context.Context, in *incoming, p press) error {
	switch p.Op {
	case telegram.OpErase:
		w.answer(in, p, "")
		w.edit(in, p, "", nil)
		w.say(in, texts.MessageEraseSure, nil, row(w.button(in, texts.ButtonEraseNo, telegram.OpEraseNo, "", "")), row(
			w.button(in, texts.ButtonEraseYes, telegram.OpEraseYes, "", newNonce())))
	case telegram.OpEraseNo:
		w.answer(in, p, "")
		w.edit(in, p, in.texts.HTML(texts.MessageEraseKept, nil), nil)
	case telegram.OpEraseYes:
		return w.eraseYes(ctx, in, p)
	case telegram.OpEraseKeep:
		return w.eraseKeep(ctx, in, p)
	case telegram.OpEraseNow:
		return w.eraseNow(ctx, in, p)
	}
	return w.done(ctx, in)
}

// eraseYes asks for the erasure.
func (w *Workers) eraseYes(ctx context.Context, in *incoming, p press) error {
	if _, err := w.Store.Erasure(ctx, in.person.ID); !errors.Is(err, storage.ErrNotFound) { // by another such button
		if err != nil {
			return err
		}
		return w.expired(ctx, in, p)
	}
	w.answer(in, p, "")
	w.edit(in, p, "", nil)
	err := w.beginErase(ctx, in, storage.RightChat)
	if errors.Is(err, storage.ErrConsumed) || errors.Is(err, storage.ErrRestricted) { // asked for twice at once
		in.effect.Sends = nil
		return w.expired(ctx, in, p)
	}
	return err
}

// beginErase commits that somebody wants to be erased, and says in their chat how to take it back.
func (w *Workers) beginErase(ctx context.Context, in *incoming, from storage.RightOrigin) error {
	id, err := w.Store.NewID()
	if err != nil {
		return err
	}
	w.sayEraseWaits(in, id, w.Settings.EraseGrace)
	ref, out, err := w.Store.AskRight(ctx, in.effect, storage.Right{
		ID: id, User: in.person.ID, Kind: storage.RightErase, Origin: from, Status: storage.RightAsked, NotBefore: w.Store.Now().Add(w.Settings.EraseGrace),
	})
	if err != nil {
		return err
	}
	w.post(ctx, out)
	w.enqueue(ctx, queue.NewRightServeTask(ref.ID, ref.Epoch).After(w.Settings.EraseGrace))
	return nil
}

// eraseKeep takes it back.
func (w *Workers) eraseKeep(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, "")
	w.edit(in, p, in.texts.HTML(texts.MessageEraseKept, nil), nil)
	out, err := w.Store.CancelRight(ctx, in.effect, in.person.ID, p.Object)
	if errors.Is(err, storage.ErrNotFound) { // taken back before
		in.effect.Sends = nil
		return w.expired(ctx, in, p)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// eraseNow ends the wait.
func (w *Workers) eraseNow(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, "")
	w.edit(in, p, in.texts.HTML(texts.MessageErasing, nil), nil)
	ref, out, err := w.Store.HastenRight(ctx, in.effect, in.person.ID, p.Object)
	if errors.Is(err, storage.ErrNotFound) {
		in.effect.Sends, in.effect.Nonce = nil, ""
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	w.post(ctx, out)
	w.enqueue(ctx, queue.NewRightServeTask(ref.ID, ref.Epoch))
	return nil
}

// leaving answers somebody who is being erased, once, and drops what they sent. Whose key is gone already is told by the receipt.
func (w *Workers) leaving(ctx context.Context, in *incoming) error {
	in.effect.Sends = nil
	if in.person.TelegramID == 0 {
		return w.done(ctx, in)
	}
	if q := in.update.CallbackQuery; q != nil {
		w.answer(in, press{query: q}, texts.AnswerErasing)
	}
	if m := in.update.Message; m != nil && m.Chat.Type == telegram.ChatPrivate {
		in.message = m
		w.say(in, texts.MessageErasing, nil)
		in.effect.Sends[len(in.effect.Sends)-1].Key = "erasing:" + strconv.FormatInt(in.person.ID, 10)
	}
	return w.done(ctx, in)
}
