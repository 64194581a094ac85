package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Telegram tells of a payment twice: it asks before it (pre_checkout_query) and tells after it (successful_payment). Neither
// waits in a lane. The question only reads: it is answered with what the order, the price and the person allow, and an answer
// that is lost costs nobody anything. The payment is booked once per charge, whatever comes twice, late, or out of order: a
// payment whose question was never seen counts all the same, and one that was refunded before it was told of gives nothing.
//
// What does not match its order gives credits to whoever paid, because their Stars are gone, and is counted and logged for the
// operator: by the rate of the order, or of the shelf where there is none. Only for somebody whom we do not know any more
// nothing is given; that payment is kept to be paid back.

// payment handles an update about money.
func (w *Workers) payment(ctx context.Context, p queue.UpdatePayment) error {
	u, err := w.Sealer.OpenPayment(p)
	if err != nil {
		return errors.Join(queue.ErrDrop, err)
	}
	ctx, end := w.Traces.Span(w.Traces.Continue(ctx, u.Hash), "handle update")
	parsed, err := telegram.ParseUpdate(u.Raw)
	if err != nil {
		err = w.keepPayment(ctx, u, err.Error())
	} else {
		err = w.money(ctx, u, parsed)
	}
	end(err)
	if err != nil && !errors.Is(err, storage.ErrSeen) {
		return err
	}
	return w.AckPayment(ctx, u.Hash)
}

// paying reports whether an update is about money.
func paying(u telegram.Update) bool {
	m := u.Message
	return u.PreCheckoutQuery != nil || m != nil && (m.SuccessfulPayment != nil || m.RefundedPayment != nil)
}

// money commits the effect of an update about money: storage.ErrSeen if that was done before.
func (w *Workers) money(ctx context.Context, u queue.Update, parsed telegram.Update) error {
	e := storage.Effect{Update: u.Hash, Body: bodyHash(u.Raw)}
	seen, _, err := w.Store.Seen(ctx, e.Update, e.Body)
	if seen {
		return storage.ErrSeen
	}
	if q := parsed.PreCheckoutQuery; q != nil { // a person waits for this: not to know whether it was answered is no reason to be silent
		return w.checkout(ctx, u, e, *q)
	}
	if err != nil {
		return err
	}
	m := parsed.Message
	sender, ok := parsed.Sender()
	if p := m.SuccessfulPayment; p != nil && ok && p.ChargeID != "" && p.TotalAmount > 0 {
		return w.book(ctx, e, *p, sender.ID, time.Unix(m.Date, 0))
	}
	if p := m.RefundedPayment; p != nil && p.ChargeID != "" && p.TotalAmount > 0 && m.Chat.Type == telegram.ChatPrivate {
		return w.refunded(ctx, e, *p, m.Chat.ID, time.Unix(m.Date, 0))
	}
	return w.keepPayment(ctx, u, "a payment that cannot be booked")
}

// keepPayment keeps an update about money that this program cannot use, with everything Telegram said.
func (w *Workers) keepPayment(ctx context.Context, u queue.Update, why string) error {
	w.Log.ErrorContext(ctx, "payment kept for the operator", "update", u.Hash, "reason", why)
	w.Metrics.payments.WithLabelValues("kept").Inc()
	return w.bury(ctx, u, why, 1)
}

// Telegram waits ten seconds for the answer to its question. After checkoutTime it is too late to answer; after checkoutTries a
// database that is away is reason enough to say no, which charges nobody.
const (
	checkoutTime  = 9 * time.Second
	checkoutTries = 5 * time.Second
)

// checkout answers the question before a payment.
func (w *Workers) checkout(ctx context.Context, u queue.Update, e storage.Effect, q telegram.PreCheckoutQuery) error {
	outcome := "late"
	if left := checkoutTime - time.Since(u.Received); left > 0 {
		ctx, cancel := context.WithTimeout(ctx, left)
		defer cancel()
		reason, text, err := w.objection(ctx, q)
		if err != nil && time.Since(u.Received) < checkoutTries {
			return err
		}
		if err != nil {
			w.Log.WarnContext(ctx, "payment refused because it cannot be checked", "error", err)
			reason, text = "trouble", w.printer(q.From.LanguageCode).Plain(texts.AnswerTrouble, nil)
		}
		if err := w.Telegram.AnswerPreCheckout(ctx, q.ID, text); err != nil && telegram.ClassOf(err) != telegram.TooOld {
			return err
		}
		w.Metrics.checkout.Observe(time.Since(u.Received).Seconds())
		outcome = reason
	}
	w.Metrics.checkouts.WithLabelValues(outcome).Inc()
	w.Step("answered")
	_, err := w.Store.Record(ctx, e)
	return err
}

// objection says why a payment must not go on, as a label and in the person's words; no words let it go on.
func (w *Workers) objection(ctx context.Context, q telegram.PreCheckoutQuery) (reason, text string, err error) {
	p, err := w.Store.KnownPerson(ctx, q.From.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return "", "", err
	}
	o, err := w.Store.Order(ctx, q.InvoicePayload)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return "", "", err
	}
	lang := p.Lang
	if p.ID == 0 {
		lang = q.From.LanguageCode
	}
	reason, key := unpayable(p, o, q, time.Now())
	if key == "" {
		s, err := w.agreement(ctx, p)
		if err != nil {
			return "", "", err
		}
		if !s.complete() {
			reason, key = "consent", texts.AnswerPayConsent
		}
	}
	if key != "" {
		text = w.printer(lang).Plain(key, nil)
	}
	return reason, text, nil
}

// renewable is how close to its end a subscription can be paid again.
const renewable = 24 * time.Hour

// unpayable holds a payment against its order and its person, of whom either may not be there.
func unpayable(p storage.Person, o storage.Order, q telegram.PreCheckoutQuery, now time.Time) (reason string, key texts.Key) {
	switch {
	case o.ID == "":
		return "unknown", texts.AnswerPayGone
	case p.ID != o.User:
		return "person", texts.AnswerPayForeign
	case p.Erasing:
		return "erasing", texts.AnswerPayErasing
	case p.Restricted:
		return "restricted", texts.AnswerPayRestricted
	case p.Ban.Active(now):
		return "banned", texts.AnswerPayBanned
	case q.Currency != telegram.Stars || q.TotalAmount != o.Stars:
		return "price", texts.AnswerPayPrice
	case o.Status == storage.OrderOpen && now.After(o.Expires):
		return "expired", texts.AnswerPayGone
	case o.Status == storage.OrderPaid && (o.Period == 0 || o.Until.Sub(now) > renewable):
		return "paid", texts.AnswerPayPaid
	}
	return "ok", ""
}
