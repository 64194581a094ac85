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

// Giving Stars back. Telegram knows a charge it gave back before, so the call is made again whenever its answer is not known:
//
//	it breaks…                          found as   then
//	before the credits left             paid       nothing happened: the button still works
//	after that, before the call         asked      the sweeper enqueues it, and Telegram is asked
//	in the call, or its answer is lost  asked      Telegram is asked again, and says that it was done
//	after the answer, before the note   asked      the same, or Telegram's own news of it notes it first
//	Telegram refuses for good           refused    the credits are where they were, and operators know

// refund asks Telegram to give a payment back.
func (w *Workers) refund(ctx context.Context, p queue.PaymentRefund) error {
	if w.Telegram == nil {
		return later(errors.New("no bot to refund with"), time.Minute)
	}
	r, err := w.Store.ClaimRefund(ctx, p.ID)
	if err != nil {
		return err
	}
	person, payer, err := w.payer(ctx, r)
	if err != nil {
		return err
	}
	w.Step("refunding")
	err = w.Telegram.RefundStars(ctx, payer, r.Charge)
	w.Step("refunded")
	ctx, cancel := settled(ctx)
	defer cancel()
	failed, known := errors.AsType[*telegram.Error](err)
	switch {
	case err == nil:
		return w.endRefund(ctx, r, person)
	case known && (failed.Class == telegram.Permanent || failed.Class == telegram.Blocked):
		return w.refuseRefund(ctx, r, person, failed)
	}
	return errors.Join(err, w.Store.YieldRefund(ctx, r))
}

// payer is who paid, and their Telegram id; the person is zero for somebody nobody knows.
func (w *Workers) payer(ctx context.Context, r storage.Refund) (person storage.Person, telegramID int64, err error) {
	if r.User != 0 {
		person, err = w.Store.PersonByID(ctx, r.User)
		return person, person.TelegramID, err
	}
	p, err := w.Store.Payment(ctx, r.Charge)
	return person, p.Payer, err
}

// refundedSend tells a person that Stars are back: once, whoever notes it.
func (w *Workers) refundedSend(person storage.Person, charge string, stars, credits int64) []storage.Send {
	if person.TelegramID == 0 {
		return nil
	}
	return []storage.Send{{Key: "refunded:" + charge, User: person.ID, Kind: storage.SendMessage, Body: messageBody{
		Chat: person.TelegramID, Text: w.printer(person.Lang).HTML(texts.MessageRefunded, map[string]any{"Stars": stars, "Count": credits}),
	}}}
}

// unsubscribe keeps a subscription of which a payment went back from being charged again.
func unsubscribe(person storage.Person, p storage.Payment) []storage.Send {
	if !p.Recurring || p.Order == "" || person.TelegramID == 0 {
		return nil
	}
	return []storage.Send{{Key: "unsubscribe:" + p.Charge, User: person.ID, Kind: storage.SendEdit, Body: editBody{Chat: person.TelegramID, Renewal: p.Order}}}
}

func (w *Workers) endRefund(ctx context.Context, r storage.Refund, person storage.Person) error {
	p, err := w.Store.Payment(ctx, r.Charge)
	if err != nil {
		return err
	}
	sends := append(w.refundedSend(person, r.Charge, r.Stars, r.Credits), unsubscribe(person, p)...)
	out, err := w.Store.FinishRefund(ctx, r, sends)
	if err != nil {
		return err // storage.ErrFenced: Telegram's news of it came first
	}
	w.Step("refund noted")
	w.Metrics.refunds.WithLabelValues("done").Inc()
	w.Metrics.refunded.Add(float64(r.Stars))
	w.post(ctx, out)
	return nil
}

// refuseRefund brings the credits back, and tells the person and the operators.
func (w *Workers) refuseRefund(ctx context.Context, r storage.Refund, person storage.Person, failed *telegram.Error) error {
	sends, err := w.operatorSends(ctx, texts.MessageDeskRefused, map[string]any{
		"Stars": r.Stars, "Person": w.personHash(r.User), "Reason": failed.Description,
	})
	if err != nil {
		return err
	}
	if person.TelegramID != 0 {
		sends = append(sends, storage.Send{User: person.ID, Kind: storage.SendMessage, Body: messageBody{
			Chat: person.TelegramID, Text: w.printer(person.Lang).HTML(texts.MessageRefundRefused, map[string]any{"Stars": r.Stars, "Count": r.Credits}),
		}})
	}
	out, err := w.Store.RefuseRefund(ctx, r, failed.Description, sends)
	if err != nil {
		return err
	}
	w.Metrics.refunds.WithLabelValues("refused").Inc()
	w.Log.ErrorContext(ctx, "refund refused", "refund", r.ID, "error", failed)
	w.post(ctx, out)
	return nil
}

// refunded books Telegram's news that a payment went back, whoever asked for it.
func (w *Workers) refunded(ctx context.Context, e storage.Effect, told telegram.Payment, telegramID int64, at time.Time) error {
	_, err := w.reverse(ctx, e, storage.Payment{
		Charge: told.ChargeID, Order: told.InvoicePayload, Payer: telegramID, Stars: told.TotalAmount, Paid: at,
	})
	if errors.Is(err, storage.ErrFenced) { // a refund was asked for just now
		err = later(err, time.Second)
	}
	return err
}

// reverse books a payment that went back. Of its payer only Telegram's id needs to be known.
func (w *Workers) reverse(ctx context.Context, e storage.Effect, p storage.Payment) (storage.Reversal, error) {
	person, err := w.Store.KnownPerson(ctx, p.Payer)
	if ignore(err, storage.ErrNotFound) != nil {
		return storage.Reversal{}, err
	}
	desk, err := w.operatorAccount(ctx)
	if err != nil {
		return storage.Reversal{}, err
	}
	p.User, e.User = person.ID, person.ID
	r, out, err := w.Store.Reverse(ctx, e, p, w.Settings.Remember, func(r storage.Reversal) ([]storage.Send, error) {
		return w.reversalSends(person, desk, r), nil
	})
	if err != nil {
		return r, err
	}
	w.Step("reversed")
	if !r.Again {
		w.Metrics.refunds.WithLabelValues(reversalOutcome(r)).Inc()
		w.Metrics.refunded.Add(float64(r.Stars))
	}
	w.post(ctx, out)
	return r, nil
}

func reversalOutcome(r storage.Reversal) string {
	switch {
	case r.Asked:
		return "done"
	case r.Owed > 0:
		return "debt"
	}
	return "reversed"
}

// reversalSends are what a person and the operators are told of a payment that went back.
func (w *Workers) reversalSends(person, desk storage.Person, r storage.Reversal) (sends []storage.Send) {
	switch {
	case !r.Known || person.TelegramID == 0 || person.ID != r.User:
	case r.Asked, r.Status == storage.PaymentRefunded:
		sends = w.refundedSend(person, r.Charge, r.Stars, r.Taken)
	default:
		sends = append(sends, storage.Send{Key: "reversed:" + r.Charge, User: person.ID, Kind: storage.SendMessage, Body: messageBody{
			Chat: person.TelegramID, Text: w.printer(person.Lang).HTML(texts.MessageReversed, map[string]any{
				"Stars": r.Stars, "Count": r.Credits, "Taken": r.Taken, "Covered": r.Covered, "Owed": r.Owed,
			}),
		}})
	}
	if r.Known && person.ID == r.User {
		sends = append(sends, unsubscribe(person, r.Payment)...)
	}
	if r.Owed > 0 {
		data := map[string]any{"Stars": r.Stars, "Person": w.personHash(r.User), "Count": r.Owed}
		sends = append(sends, w.toOperators(desk, texts.MessageDeskReversed, data)...)
	}
	return sends
}

// frozen says that credits are owed, and how to settle it. The wish waits.
func (w *Workers) frozen(ctx context.Context, in *incoming, a ask) error {
	person, err := w.Store.PersonByID(ctx, in.person.ID)
	if err != nil {
		return err
	}
	w.unused(in, a)
	data := map[string]any{"Count": person.Debt}
	if a.quote != "" { // its message stays, and can start it later
		w.say(in, texts.MessageFrozen, data, w.buyButtons(in, person.Debt+a.price, a.quote)...)
		return w.done(ctx, in)
	}
	return w.keep(ctx, in, offered{[]priced{{ask: a}}, in.texts.HTML(texts.MessageFrozen, data), texts.ButtonStart, person.Debt + a.price})
}

// debtSends says how much of a payment paid what was owed.
func (w *Workers) debtSends(person storage.Person, p storage.Payment) []storage.Send {
	if person.Debt == 0 {
		return nil
	}
	paid := min(person.Debt, p.Credits)
	send := w.Desk().tell(person, 0, texts.MessageDebtPaid, map[string]any{"Count": paid, "Owed": person.Debt - paid})
	send.Key = "debt:" + p.Charge
	return []storage.Send{send}
}

// tellFree is the news that nothing is owed any more.
func (w *Workers) tellFree(ctx context.Context) func(user int64) ([]storage.Send, error) {
	return func(user int64) ([]storage.Send, error) {
		person, err := w.Store.PersonByID(ctx, user)
		if err != nil || person.TelegramID == 0 {
			return nil, err
		}
		return []storage.Send{w.Desk().tell(person, 0, texts.MessageUnfrozen, nil)}, nil
	}
}

// moneyMends look after everything about money: payments whose way back got stuck, credits that pay a debt, and subscriptions that
// are over.
func (w *Workers) moneyMends(ctx context.Context, all bool) []mend {
	over := mend{"", func() (int, error) { return 0, w.endSubscriptions(ctx) }}
	if w.Telegram == nil {
		return []mend{over}
	}
	return []mend{
		{"unwanted", func() (int, error) { return w.refundUnwanted(ctx) }},
		{"refund", func() (int, error) { return w.requeue(ctx, all, w.Store.SweepRefunds, queue.NewPaymentRefundTask) }},
		{"debt", func() (int, error) {
			n, out, err := w.Store.CollectDebts(ctx, sweepLimit, w.tellFree(ctx))
			w.post(ctx, out)
			return n, err
		}},
		{"reconciliation", func() (int, error) { return w.sweepReconciles(ctx, all) }},
		over,
	}
}

// refundUnwanted gives back what was paid for nothing.
func (w *Workers) refundUnwanted(ctx context.Context) (int, error) {
	unwanted, err := w.Store.Unwanted(ctx, sweepLimit)
	failed := storage.Each(unwanted, func(charge string) error {
		_, ref, _, err := w.Store.AskRefund(ctx, storage.Effect{}, nil, 0, charge, storage.RefundByReconcile)
		if err == nil {
			w.enqueue(ctx, queue.NewPaymentRefundTask(ref.ID, ref.Epoch))
		}
		return ignore(err, storage.ErrConsumed)
	})
	return len(unwanted), errors.Join(err, failed)
}
