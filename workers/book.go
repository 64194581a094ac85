package workers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// book gives what was paid for and says so, once per charge. Telegram's id says who paid, at is Telegram's time. What else
// happened with the effect is committed even where the charge is known.
func (w *Workers) book(ctx context.Context, e storage.Effect, told telegram.Payment, telegramID int64, at time.Time) error {
	p, person, err := w.booking(ctx, told, telegramID)
	if err != nil {
		return err
	}
	p.Paid = at
	sends := e.Sends
	if e.User = person.ID; p.Credits > 0 {
		receipt, err := w.receipt(ctx, person, p)
		if err != nil {
			return err
		}
		e.Sends = append(append(slices.Clip(sends), receipt), w.debtSends(person, p)...)
	}
	alarm, err := w.alarm(ctx, p)
	if err != nil {
		return err
	}
	e.Sends = append(slices.Clip(e.Sends), alarm...)
	w.Step("paying")
	out, err := w.Store.Pay(ctx, e, p)
	if errors.Is(err, storage.ErrPaid) {
		w.Metrics.payments.WithLabelValues("duplicate").Inc()
		e.Sends = sends
		out, err = w.Store.Record(ctx, e)
	} else if err == nil {
		w.booked(ctx, p)
	}
	if err == nil {
		w.Step("paid")
		w.post(ctx, out)
	}
	return err
}

// alarm tells operators of a payment that was not as ordered.
func (w *Workers) alarm(ctx context.Context, p storage.Payment) ([]storage.Send, error) {
	if p.Problem == storage.ProblemNone {
		return nil, nil
	}
	return w.operatorSends(ctx, texts.MessageDeskPayment, map[string]any{
		"Reason": string(p.Problem), "Stars": p.Stars, "Credits": p.Credits, "Person": w.personHash(p.User), "Charge": p.Charge,
	})
}

// booked counts a payment, and logs one that was not as ordered.
func (w *Workers) booked(ctx context.Context, p storage.Payment) {
	outcome := "paid"
	switch {
	case p.Problem != storage.ProblemNone:
		outcome = string(p.Problem)
		w.Log.ErrorContext(ctx, "payment is not as ordered", "problem", outcome, "stars", p.Stars, "credits", p.Credits)
	case p.Recurring && !p.First:
		outcome = "renewed"
	}
	w.Metrics.payments.WithLabelValues(outcome).Inc()
	w.Metrics.stars.Add(float64(p.Stars))
}

// booking finds out what a payment is for, and what it gives.
func (w *Workers) booking(ctx context.Context, told telegram.Payment, telegramID int64) (p storage.Payment, person storage.Person, err error) {
	p = storage.Payment{
		Charge: told.ChargeID, Payer: telegramID, Stars: told.TotalAmount, Recurring: told.ExpiresAt > 0, First: told.First,
	}
	if p.Recurring {
		p.Until = time.Unix(told.ExpiresAt, 0)
	}
	o, err := w.Store.Order(ctx, told.InvoicePayload)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return p, person, err
	}
	person, err = w.Store.KnownPerson(ctx, telegramID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return p, person, err
	}
	p.Order, p.User = o.ID, person.ID
	p.Problem = mismatch(told, p, o, person)
	switch p.Problem {
	case storage.ProblemErased, storage.ProblemCurrency:
	case storage.ProblemNoOrder:
		p.Credits = w.worth(p.Stars)
	default:
		p.Credits = max(1, o.Credits*p.Stars/o.Stars)
	}
	return p, person, nil
}

// mismatch is what is not as ordered.
func mismatch(told telegram.Payment, p storage.Payment, o storage.Order, person storage.Person) storage.Problem {
	switch {
	case person.ID == 0 || person.Erasing:
		return storage.ProblemErased
	case told.Currency != telegram.Stars:
		return storage.ProblemCurrency
	case o.ID == "":
		return storage.ProblemNoOrder
	case o.User != person.ID:
		return storage.ProblemPerson
	case o.Stars != p.Stars:
		return storage.ProblemAmount
	case o.Status == storage.OrderPaid && o.Period == 0:
		return storage.ProblemAgain
	}
	return storage.ProblemNone
}

// worth is what Stars are worth that no order explains.
func (w *Workers) worth(stars int64) int64 {
	if w.Shop == nil {
		return stars
	}
	return w.Shop.Worth(stars)
}

// receipt says what was paid and given. It starts the wish that waited for it.
func (w *Workers) receipt(ctx context.Context, person storage.Person, p storage.Payment) (storage.Send, error) {
	acc, err := w.Store.Account(ctx, person.ID)
	if err != nil {
		return storage.Send{}, err
	}
	wish, err := w.waiting(ctx, person, p.Order)
	if err != nil {
		return storage.Send{}, err
	}
	speak := w.printer(person.Lang)
	data := map[string]any{
		"Count": p.Credits, "Stars": p.Stars, "Balance": acc.Available() + p.Credits - min(p.Credits, person.Debt), "Charge": shortCharge(p.Charge), "When": nil, "Waits": wish != "",
	}
	if p.Recurring {
		data["When"] = p.Until
	}
	var rows [][]telegram.Button
	if wish != "" {
		rows = append(rows, telegram.Row(telegram.Button{
			Text: speak.Plain(texts.ButtonPaintNow, nil), Data: w.signer.Data(telegram.OpStart, wish+"-0"+receiptMark, person.TelegramID, newNonce()),
		}))
	}
	return storage.Send{Key: "receipt:" + p.Charge, User: person.ID, Kind: storage.SendMessage, Body: messageBody{
		Chat: person.TelegramID, Text: speak.HTML(texts.MessagePaid, data), Keyboard: rows,
	}}, nil
}

// waiting is the quote that an order was made for, if it still waits.
func (w *Workers) waiting(ctx context.Context, person storage.Person, order string) (quote string, err error) {
	o, err := w.Store.Order(ctx, order)
	if err == nil && o.User == person.ID && o.Quote != "" {
		var q storage.Quote
		if q, err = w.Store.OwnQuote(ctx, person.ID, o.Quote); err == nil && !q.Used {
			return q.ID, nil
		}
	}
	return "", ignore(err, storage.ErrNotFound)
}

// receiptMark ends the object of a button under a receipt, which stays when it is pressed.
const receiptMark = "-r"

func (p press) onReceipt() bool { return strings.HasSuffix(p.Object, receiptMark) }

// shortCharge is enough of a charge's id to find it by.
func shortCharge(charge string) string {
	if runes := []rune(charge); len(runes) > 12 {
		return "…" + string(runes[len(runes)-12:])
	}
	return charge
}
