package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// supportRows is how many payments a person is shown.
const supportRows = 10

// paysupportCommand lists a person's payments, each with the way back. Words behind the command go to the operators.
func (w *Workers) paysupportCommand(ctx context.Context, in *incoming, args string) error {
	if strings.TrimSpace(args) != "" {
		return w.askOperators(ctx, in, "", args)
	}
	text, rows, err := w.supportPage(ctx, in)
	if err != nil {
		return err
	}
	w.tell(in, messageBody{Chat: in.chat.ID, Text: text, Keyboard: rows})
	return w.done(ctx, in)
}

// supportPage is the list of payments, newest first.
func (w *Workers) supportPage(ctx context.Context, in *incoming) (text string, rows [][]telegram.Button, err error) {
	all, err := w.bought(ctx, in.person.ID, supportRows)
	if err != nil {
		return "", nil, err
	}
	_, err = w.Store.OpenTicket(ctx, in.person.ID)
	if ignore(err, storage.ErrNotFound) != nil {
		return "", nil, err
	}
	data := map[string]any{"Ticket": err == nil}
	help := telegram.Row(w.button(in, texts.ButtonHelpdesk, telegram.OpHelpdesk, "", ""))
	if len(all) == 0 {
		return in.texts.HTML(texts.MessagePaysupportNone, data), [][]telegram.Button{help}, nil
	}
	var lines []texts.Markup
	for i, b := range all {
		lines = append(lines, paymentRow(in.texts, b, i+1))
		if b.Status != storage.PaymentPaid {
			continue
		}
		label := in.texts.Plain(texts.NoteRefund, map[string]any{"Number": i + 1, "Stars": b.Stars})
		rows = append(rows, telegram.Row(telegram.Button{Text: label, Data: w.signer.Data(telegram.OpRefund, paymentRef(b.Charge), in.person.TelegramID, "")}))
	}
	data["Rows"], data["Count"] = lines, int(w.Settings.RefundWindow/(24*time.Hour))
	return in.texts.HTML(texts.MessagePaysupport, data), append(pairs(rows), help), nil
}

// pairs puts rows of one button beside each other.
func pairs(rows [][]telegram.Button) (all [][]telegram.Button) {
	for i, r := range rows {
		if i%2 == 0 {
			all = append(all, r)
			continue
		}
		all[len(all)-1] = append(all[len(all)-1], r...)
	}
	return all
}

// bought are a person's payments, newest first, with what of them is left.
func (w *Workers) bought(ctx context.Context, user int64, limit int) ([]storage.Bought, error) {
	all, err := w.Store.Payments(ctx, user, limit)
	if err != nil {
		return nil, err
	}
	return w.Store.Unspent(ctx, user, all)
}

// paymentRow is a payment in one line, numbered from 1, or 0 for no number.
func paymentRow(p texts.Printer, b storage.Bought, number int) texts.Markup {
	state := ""
	switch b.Status {
	case storage.PaymentRefunding, storage.PaymentUnmatched:
		state = p.Plain(texts.NotePaymentGoing, nil)
	case storage.PaymentRefunded, storage.PaymentClawedBack:
		state = p.Plain(texts.NotePaymentGone, nil)
	}
	return p.Markup(texts.RowPayment, map[string]any{
		"Number": number, "When": b.Paid, "Stars": b.Stars, "Count": b.Credits, "Left": b.Left, "State": state,
	})
}

// paymentRef names a payment in a button: its charge is too long for one.
func paymentRef(charge string) string {
	sum := sha256.Sum256([]byte(charge))
	return hex.EncodeToString(sum[:10])
}

// ownPayment finds the payment that a button names, in full or by how it begins, among the person's own, or returns storage.ErrNotFound.
func (w *Workers) ownPayment(ctx context.Context, user int64, ref string) (storage.Bought, error) {
	all, err := w.bought(ctx, user, 1000)
	if err != nil {
		return storage.Bought{}, err
	}
	for _, b := range all {
		if ref != "" && strings.HasPrefix(paymentRef(b.Charge), ref) {
			return b, nil
		}
	}
	return storage.Bought{}, storage.ErrNotFound
}

// pressPaysupport is a press under the list or what followed from it.
func (w *Workers) pressPaysupport(ctx context.Context, in *incoming, p press) error {
	switch p.Op {
	case telegram.OpPaysupport:
		w.answer(in, p, "")
		w.edit(in, p, in.texts.HTML(texts.MessageRefundKept, nil), nil)
		return w.done(ctx, in)
	case telegram.OpHelpdesk:
		w.answer(in, p, "")
		w.askHelp(in, p, in.texts.HTML(texts.MessageHelpdeskAsk, nil), "")
		return w.done(ctx, in)
	}
	b, err := w.ownPayment(ctx, in.person.ID, p.Object)
	if errors.Is(err, storage.ErrNotFound) || err == nil && b.Status != storage.PaymentPaid {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	why, err := w.refundObstacle(ctx, in.texts, b)
	switch {
	case err != nil:
		return err
	case why != "":
		return w.refundByOperator(ctx, in, p, b, why)
	case p.Op == telegram.OpRefundYes:
		return w.refundNow(ctx, in, p, b)
	}
	w.answer(in, p, "")
	yes := w.button(in, texts.ButtonRefundYes, telegram.OpRefundYes, p.Object, newNonce())
	w.say(in, texts.MessageRefundAsk, map[string]any{"Stars": b.Stars, "Count": b.Credits},
		telegram.Row(yes, w.button(in, texts.ButtonRefundNo, telegram.OpPaysupport, "", "")))
	return w.done(ctx, in)
}

// refundObstacle says why a payment does not go back by one tap, or is empty.
func (w *Workers) refundObstacle(ctx context.Context, p texts.Printer, b storage.Bought) (string, error) {
	if b.Free < b.Credits || b.Credits == 0 {
		return p.Plain(texts.NoteRefundSpent, map[string]any{"Left": b.Free, "Count": b.Credits}), nil
	}
	if time.Since(b.Paid) > w.Settings.RefundWindow {
		return p.Plain(texts.NoteRefundOld, map[string]any{"Count": int(w.Settings.RefundWindow / (24 * time.Hour))}), nil
	}
	_, status, _, err := w.Store.RefundOf(ctx, b.Charge)
	if err == nil && status == storage.RefundRefused {
		return p.Plain(texts.NoteRefundTried, nil), nil
	}
	return "", ignore(err, storage.ErrNotFound)
}

// refundByOperator asks for the person's reasons; an operator decides.
func (w *Workers) refundByOperator(ctx context.Context, in *incoming, p press, b storage.Bought, why string) error {
	in.effect.Nonce = ""
	w.answer(in, p, "")
	w.askHelp(in, p, in.texts.HTML(texts.MessageRefundWrite, map[string]any{"Why": why}), b.Charge)
	return w.done(ctx, in)
}

// refundNow takes the credits and has Telegram asked for the Stars.
func (w *Workers) refundNow(ctx context.Context, in *incoming, p press, b storage.Bought) error {
	said := len(in.effect.Sends)
	w.answer(in, p, "")
	w.edit(in, p, in.texts.HTML(texts.MessageRefundAsked, map[string]any{"Stars": b.Stars}), nil)
	_, ref, out, err := w.Store.AskRefund(ctx, in.effect, nil, in.person.ID, b.Charge, storage.RefundByPerson)
	if errors.Is(err, storage.ErrPartlySpent) { // just now
		in.effect.Sends = in.effect.Sends[:said]
		why := in.texts.Plain(texts.NoteRefundSpent, map[string]any{"Left": b.Free, "Count": b.Credits})
		return w.refundByOperator(ctx, in, p, b, why)
	}
	if err != nil {
		return err
	}
	w.Step("refund asked")
	w.Metrics.refunds.WithLabelValues("asked").Inc()
	w.post(ctx, out)
	w.enqueue(ctx, queue.NewPaymentRefundTask(ref.ID, ref.Epoch))
	return nil
}
