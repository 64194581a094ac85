package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// A subscription is an order that Telegram pays again each period, and tells of each time. It ends when no such word has
// come a while after its end: Telegram tells of no end, nor of a person who canceled it in the app.

// lapseGrace is how long after its end a subscription may still be renewed.
const lapseGrace = time.Hour

// subscriptionCommand shows the running subscription, with a button that cancels it or takes that back.
func (w *Workers) subscriptionCommand(ctx context.Context, in *incoming, _ string) error {
	has, err := w.hasSubscription(ctx, in)
	if err != nil || has {
		return err
	}
	if w.Shop == nil {
		return w.showPacks(ctx, in, "")
	}
	var rows [][]telegram.Button
	if p, ok := w.Shop.Subscription(); ok {
		rows = append(rows, telegram.Row(w.packButton(in, p, "")))
	}
	w.say(in, texts.MessageSubscriptionNone, nil, rows...)
	return w.done(ctx, in)
}

// hasSubscription shows the running subscription and commits that, or reports false.
func (w *Workers) hasSubscription(ctx context.Context, in *incoming) (bool, error) {
	o, _, err := w.Store.Subscription(ctx, in.person.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	text, row := w.subscription(in, o, !o.Canceled.IsZero())
	w.tell(in, messageBody{Chat: in.chat.ID, Text: text, Keyboard: [][]telegram.Button{row}})
	return true, w.done(ctx, in)
}

// subscription is how a subscription is shown, canceled or not.
func (w *Workers) subscription(in *incoming, o storage.Order, canceled bool) (text string, row []telegram.Button) {
	if canceled {
		return in.texts.HTML(texts.MessageSubscriptionCanceled, map[string]any{"When": o.Until}),
			telegram.Row(w.button(in, texts.ButtonResubscribe, telegram.OpSubscription, o.ID+"-1", ""))
	}
	return in.texts.HTML(texts.MessageSubscription, map[string]any{"Count": o.Credits, "Stars": o.Stars, "When": o.Until}),
		telegram.Row(w.button(in, texts.ButtonUnsubscribe, telegram.OpSubscription, o.ID+"-0", ""))
}

// pressSubscription cancels a subscription or takes that back. Telegram is told through the outbox.
func (w *Workers) pressSubscription(ctx context.Context, in *incoming, p press) error {
	o, _, err := w.Store.Subscription(ctx, in.person.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return w.gone(ctx, in, p, texts.AnswerExpired)
	}
	if err != nil {
		return err
	}
	cancel := p.Object == o.ID+"-0"
	text, row := w.subscription(in, o, cancel)
	w.answer(in, p, "")
	w.edit(in, p, text, [][]telegram.Button{row})
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		User: in.person.ID, Kind: storage.SendEdit, Body: editBody{Chat: in.chat.ID, Renewal: o.ID},
	})
	out, err := w.Store.CancelSubscription(ctx, in.effect, in.person.ID, o.ID, cancel)
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// sendRenewal tells Telegram whether a subscription is to renew, as its person wants it by now. One that Telegram does not let
// renew again has to be bought anew, and its person is told.
func (w *Workers) sendRenewal(ctx context.Context, d storage.Delivery, order string) error {
	o, charge, err := w.Store.Subscription(ctx, d.User)
	if errors.Is(err, storage.ErrNotFound) || err == nil && o.ID != order {
		return nil // over
	}
	if err != nil {
		return err
	}
	p, err := w.Store.PersonByID(ctx, d.User)
	if err != nil {
		return err
	}
	canceled := !o.Canceled.IsZero()
	err = w.Telegram.EditSubscription(ctx, p.TelegramID, charge, canceled)
	if telegram.ClassOf(err) != telegram.Permanent || canceled {
		return err
	}
	w.Log.WarnContext(ctx, "subscription cannot renew again", "error", err)
	stuck := w.Desk().tell(p, 0, texts.MessageSubscriptionStuck, map[string]any{"When": o.Until})
	out, err := w.Store.CancelSubscription(ctx, storage.Effect{User: p.ID, Sends: []storage.Send{stuck}}, p.ID, o.ID, true)
	w.post(ctx, out)
	return ignore(err, storage.ErrConsumed)
}

// endSubscriptions tells people that their subscriptions are over.
func (w *Workers) endSubscriptions(ctx context.Context) error {
	all, err := w.Store.LapsedSubscriptions(ctx, lapseGrace, sweepLimit)
	return errors.Join(err, storage.Each(all, func(o storage.Order) error { return w.endSubscription(ctx, o) }))
}

func (w *Workers) endSubscription(ctx context.Context, o storage.Order) error {
	p, err := w.Store.PersonByID(ctx, o.User)
	if err != nil {
		return err
	}
	e := storage.Effect{User: p.ID}
	if p.TelegramID != 0 {
		e.Sends = []storage.Send{w.Desk().tell(p, 0, texts.MessageSubscriptionEnded, nil)}
	}
	out, err := w.Store.EndSubscription(ctx, e, o)
	if err == nil {
		w.post(ctx, out)
	}
	return ignore(err, storage.ErrFenced)
}
