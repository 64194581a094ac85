package workers

import (
	"context"
	"errors"
	"strings"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// People and operators write to each other through the bot: a person by a reply to whatever is about their request, an
// operator by a reply to the question that the button asks, or at the command line (desk_money.go). Neither sees who the other
// is. A person who is banned is heard too.

// askHelp asks for a person's words to the operators, about a payment or none.
func (w *Workers) askHelp(in *incoming, p press, text, charge string) {
	w.tell(in, messageBody{
		Chat: in.chat.ID, Thread: in.thread(), ReplyTo: p.messageID(), Text: text, Asks: true, About: &storage.About{Help: true, Charge: charge},
	})
}

// correspond passes a reply on that is part of such a conversation, and reports whether the update was one.
func (w *Workers) correspond(ctx context.Context, in *incoming) (done bool, err error) {
	m := in.update.Message
	if m == nil {
		return false, nil
	}
	if m.ReplyTo == nil {
		return w.typedCode(ctx, in, m)
	}
	if _, _, command := m.Command(""); command {
		return false, nil
	}
	about, err := w.Store.NoteOn(ctx, in.person.ID, in.chat.ID, m.ReplyTo.ID)
	if err != nil || !about.Help && about.Answer == "" && about.Deed == nil && about.Email == nil && !about.Token {
		return false, ignore(err, storage.ErrNotFound)
	}
	in.message = m
	words := strings.TrimSpace(m.Words())
	switch {
	case about.Email != nil:
		return true, w.aboutEmail(ctx, in, *about.Email, words)
	case about.Token:
		return true, w.nameToken(ctx, in, words)
	case words == "":
		w.say(in, texts.MessageHelpdeskWords, nil)
		return true, w.done(ctx, in)
	case about.Deed != nil:
		return true, w.replyDeed(ctx, in, *about.Deed, words)
	case about.Help:
		return true, w.askOperators(ctx, in, about.Charge, words)
	}
	return true, w.answerTicket(ctx, in, about.Answer, words)
}

// corresponds reports whether a message in the group of the operators is an answer to a person.
func (w *Workers) corresponds(ctx context.Context, m *telegram.Message, sender int64) (bool, error) {
	if !w.operators(m.Chat.ID) || m.ReplyTo == nil {
		return false, nil
	}
	p, err := w.Store.KnownPerson(ctx, sender)
	if err != nil {
		return false, ignore(err, storage.ErrNotFound)
	}
	about, err := w.Store.NoteOn(ctx, p.ID, m.Chat.ID, m.ReplyTo.ID)
	return err == nil && (about.Answer != "" || about.Deed != nil), ignore(err, storage.ErrNotFound)
}

// askOperators adds a person's words to their request, or opens one.
func (w *Workers) askOperators(ctx context.Context, in *incoming, charge, words string) error {
	desk, err := w.operatorAccount(ctx)
	if err != nil {
		return err
	}
	paid, err := w.askedAbout(ctx, in.person.ID, charge)
	if err != nil {
		return err
	}
	event := "added"
	_, out, err := w.Store.Ask(ctx, in.effect, in.person.ID, charge, words, func(k storage.Ticket, fresh bool) ([]storage.Send, error) {
		key := texts.MessageHelpdeskAdded
		if fresh {
			key, event = texts.MessageHelpdeskOpened, "opened"
		}
		body := w.body(in, key, nil)
		body.About = &storage.About{Help: true, Charge: charge}
		sends := []storage.Send{{User: in.person.ID, Kind: storage.SendMessage, Body: body}}
		return append(sends, w.ticketSends(desk, k, paid, words, fresh)...), nil
	})
	switch {
	case errors.Is(err, storage.ErrRestricted): // nothing is kept of somebody who is being erased
		return w.done(ctx, in)
	case errors.Is(err, storage.ErrTooMany):
		w.say(in, texts.MessageHelpdeskFull, nil)
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	w.Metrics.tickets.WithLabelValues(event).Inc()
	w.post(ctx, out)
	return nil
}

// askedAbout is the payment that a request is about, zero for none.
func (w *Workers) askedAbout(ctx context.Context, user int64, charge string) (storage.Bought, error) {
	if charge == "" {
		return storage.Bought{}, nil
	}
	b, err := w.ownPayment(ctx, user, paymentRef(charge))
	return b, ignore(err, storage.ErrNotFound)
}

// ticketSends shows the operators what a person wrote.
func (w *Workers) ticketSends(desk storage.Person, k storage.Ticket, paid storage.Bought, words string, fresh bool) []storage.Send {
	p := w.printer(desk.Lang)
	data := map[string]any{"Person": w.personHash(k.User), "Words": words, "Fresh": fresh, "Payment": ""}
	row := telegram.Row(
		w.deskButton(p, texts.ButtonDeskReply, nil, telegram.OpDeskReply, k.ID, ""),
		w.deskButton(p, texts.ButtonDeskClose, nil, telegram.OpDeskClose, k.ID, ""),
	)
	if paid.Charge != "" {
		data["Payment"] = paymentRow(p, paid, 0)
		if paid.Status == storage.PaymentPaid {
			refund := w.deskButton(p, texts.ButtonDeskRefund, map[string]any{"Stars": paid.Stars}, telegram.OpDeskRefund, ticketPayment(k, paid), "")
			return w.toOperators(desk, texts.MessageDeskTicket, data, telegram.Row(refund), row)
		}
	}
	return w.toOperators(desk, texts.MessageDeskTicket, data, row)
}

// ticketPayment names a ticket and the payment that a button of it is about: a person may ask about another one later.
func ticketPayment(k storage.Ticket, b storage.Bought) string {
	return k.ID + "-" + paymentRef(b.Charge)[:refLength]
}

// refLength is how much of a payment's name is enough among those of one person.
const refLength = 6

// answerTicket passes an operator's words on.
func (w *Workers) answerTicket(ctx context.Context, in *incoming, id, words string) error {
	k, err := w.Store.Ticket(ctx, id)
	if err == nil {
		said := len(in.effect.Sends)
		w.say(in, texts.MessageDeskSent, nil)
		var out storage.Outbox
		if out, err = w.Desk().answer(ctx, in.effect, w.presser(in), k, words); err == nil {
			w.Metrics.tickets.WithLabelValues("answered").Inc()
			w.post(ctx, out)
			return nil
		}
		in.effect.Sends = in.effect.Sends[:said]
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	w.say(in, texts.MessageDeskNot, nil)
	return w.done(ctx, in)
}

// pressDesk is a press in the chat of the operators, about a person's request.
func (w *Workers) pressDesk(ctx context.Context, in *incoming, p press) error {
	id, ref, _ := strings.Cut(p.Object, "-")
	k, err := w.Store.Ticket(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || !w.operators(in.chat.ID) {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	switch p.Op {
	case telegram.OpDeskReply:
		return w.pressReply(ctx, in, p, k)
	case telegram.OpDeskClose:
		return w.pressClose(ctx, in, p, k)
	}
	b, err := w.ownPayment(ctx, k.User, ref)
	if errors.Is(err, storage.ErrNotFound) || err == nil && b.Status != storage.PaymentPaid {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	if p.Op == telegram.OpDeskRefundYes {
		return w.pressDeskRefund(ctx, in, p, k, b)
	}
	w.answer(in, p, "")
	w.say(in, texts.MessageDeskRefundAsk, map[string]any{"Stars": b.Stars, "Count": b.Credits, "Left": b.Left},
		telegram.Row(w.deskButton(in.texts, texts.ButtonRefundYes, nil, telegram.OpDeskRefundYes, ticketPayment(k, b), newNonce())))
	return w.done(ctx, in)
}

func (w *Workers) pressReply(ctx context.Context, in *incoming, p press, k storage.Ticket) error {
	if k.Status != storage.TicketOpen {
		w.answer(in, p, texts.AnswerDeskClosed)
		return w.done(ctx, in)
	}
	body := w.body(in, texts.MessageDeskReplyAsk, map[string]any{"Person": w.personHash(k.User)})
	body.ReplyTo, body.Asks, body.About = p.messageID(), true, &storage.About{Answer: k.ID}
	w.answer(in, p, "")
	w.tell(in, body)
	return w.done(ctx, in)
}

func (w *Workers) pressClose(ctx context.Context, in *incoming, p press, k storage.Ticket) error {
	w.answer(in, p, texts.AnswerDeskClosed)
	w.edit(in, p, "", nil)
	out, err := w.Desk().closeTicket(ctx, in.effect, w.presser(in), k)
	if errors.Is(err, storage.ErrNotFound) { // closed before
		return w.done(ctx, in)
	}
	if err == nil {
		w.Metrics.tickets.WithLabelValues("closed").Inc()
		w.post(ctx, out)
	}
	return err
}

func (w *Workers) pressDeskRefund(ctx context.Context, in *incoming, p press, k storage.Ticket, b storage.Bought) error {
	said := len(in.effect.Sends)
	w.answer(in, p, texts.AnswerDeskAsked)
	w.edit(in, p, "", nil)
	act := storage.Act{By: w.presser(in), What: "refund", Object: k.ID}
	_, ref, out, err := w.Store.AskRefund(ctx, in.effect, &act, k.User, b.Charge, storage.RefundByOperator)
	if errors.Is(err, storage.ErrHeld) {
		in.effect.Nonce, in.effect.Sends = "", in.effect.Sends[:said]
		w.answer(in, p, texts.AnswerDeskHeld)
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	w.Metrics.refunds.WithLabelValues("asked").Inc()
	w.post(ctx, out)
	w.enqueue(ctx, queue.NewPaymentRefundTask(ref.ID, ref.Epoch))
	return nil
}
