package workers

import (
	"context"
	"errors"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// payment handles an update about money, which waits in no lane. The bot sells nothing yet, so a question before a
// payment is answered no; a payment that came all the same is kept for the operator, with everything Telegram said.
func (w *Workers) payment(ctx context.Context, p queue.UpdatePayment) error {
	u, err := w.Sealer.OpenPayment(p)
	if err != nil {
		return errors.Join(queue.ErrDrop, err)
	}
	parsed, err := telegram.ParseUpdate(u.Raw)
	if err != nil {
		return w.keepPayment(ctx, u, err.Error())
	}
	if q := parsed.PreCheckoutQuery; q != nil {
		reason := w.printer(q.From.LanguageCode).Plain(texts.AnswerTrouble, nil)
		if err := w.Telegram.AnswerPreCheckout(ctx, q.ID, reason); err != nil && telegram.ClassOf(err) != telegram.TooOld {
			return err
		}
		if _, err := w.Store.Record(ctx, storage.Effect{Update: u.Hash, Body: bodyHash(u.Raw)}); err != nil && !errors.Is(err, storage.ErrSeen) {
			return err
		}
		return w.AckPayment(ctx, u.Hash)
	}
	return w.keepPayment(ctx, u, "a payment without an order")
}

func (w *Workers) keepPayment(ctx context.Context, u queue.Update, why string) error {
	w.Log.ErrorContext(ctx, "payment kept for the operator", "update", u.Hash, "reason", why)
	if err := w.Store.BuryUpdate(ctx, u.Hash, bodyHash(u.Raw), 0, u.Raw, why, 1); err != nil {
		return err
	}
	return w.AckPayment(ctx, u.Hash)
}
