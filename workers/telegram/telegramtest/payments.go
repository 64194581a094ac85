package telegramtest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// checkoutLife is how long a pre-checkout query takes an answer.
const checkoutLife = 10 * time.Second

// invoiceState is an invoice that was offered, in a chat or as a link.
type invoiceState struct {
	Invoice Invoice `json:"invoice"`
	Payload string  `json:"payload"`
	ChatID  int64   `json:"chat_id"` // 0 for a link
}

// checkoutState is a purchase under way or done.
type checkoutState struct {
	ID      string       `json:"id"`
	UserID  int64        `json:"user_id"`
	ChatID  int64        `json:"chat_id"`
	Invoice invoiceState `json:"invoice"`
	Expires int64        `json:"expires"`
	Done    bool         `json:"done"`
	Error   string       `json:"error"`
	Charge  string       `json:"charge"`
}

// chargeState is money that came in, in Stars.
type chargeState struct {
	ID       string `json:"id"`
	UserID   int64  `json:"user_id"`
	Amount   int    `json:"amount"`
	Payload  string `json:"payload"`
	Date     int64  `json:"date"`
	Refunded int64  `json:"refunded"` // date, or 0
}

// labeledPrice is a line of an invoice; the amount is in Stars.
type labeledPrice struct {
	Label  string `json:"label"`
	Amount int    `json:"amount"`
}

// invoice reads and checks what the invoice methods share: the rules for Stars.
func (s *Server) invoice(c *call) (*invoiceState, error) {
	var prices []labeledPrice
	if err := c.decode("prices", "prices", &prices); err != nil {
		return nil, err
	}
	title, description, payload := c.str("title"), c.str("description"), c.str("payload")
	switch {
	case title == "" || utf8.RuneCountInString(title) > 32:
		return nil, bad("INVOICE_TITLE_INVALID")
	case description == "" || utf8.RuneCountInString(description) > 255:
		return nil, bad("INVOICE_DESCRIPTION_INVALID")
	case payload == "" || len(payload) > 128:
		return nil, bad("INVOICE_PAYLOAD_INVALID")
	case c.str("currency") != "XTR":
		return nil, bad("CURRENCY_INVALID")
	case c.str("provider_token") != "":
		return nil, bad("PAYMENT_PROVIDER_INVALID")
	case len(prices) != 1:
		return nil, bad("STARS_INVOICE_INVALID")
	case prices[0].Amount < 1 || prices[0].Amount > 100_000:
		return nil, bad("CURRENCY_TOTAL_AMOUNT_INVALID")
	}
	return &invoiceState{Payload: payload, Invoice: Invoice{
		Title: title, Description: description, Currency: "XTR", TotalAmount: prices[0].Amount, StartParameter: c.str("start_parameter"),
	}}, nil
}

func invoiceKey(chat, message int64) string { return fmt.Sprintf("%d/%d", chat, message) }

func (s *Server) sendInvoice(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	in, err := s.invoice(c)
	if err != nil {
		return nil, err
	}
	m := &Message{Invoice: &in.Invoice}
	if err := s.send(c, chat, m); err != nil {
		return nil, err
	}
	if m.ReplyMarkup == nil {
		m.ReplyMarkup = &Keyboard{InlineKeyboard: [][]Button{{{Text: fmt.Sprintf("Pay ⭐️%d", in.Invoice.TotalAmount), Pay: true}}}}
	}
	in.ChatID = chat.Chat.ID
	s.w.Invoices[invoiceKey(chat.Chat.ID, m.MessageID)] = in
	return m, nil
}

func (s *Server) createInvoiceLink(c *call) (any, error) {
	in, err := s.invoice(c)
	if err != nil {
		return nil, err
	}
	link := "https://t.me/$" + token(s.w.newID())
	s.w.Links[link] = in
	return link, nil
}

// Payment is a purchase under way.
type Payment struct {
	s  *Server
	id string
}

// Pay presses the Pay button of an invoice message: the bot gets a
// pre_checkout_query and has ten seconds to answer it. People have all the Stars
// they need.
func (p *Person) Pay(id int64) (*Payment, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	in := p.s.w.Invoices[invoiceKey(p.chat, id)]
	if in == nil || p.s.w.Chats[p.chat].live(id) == nil {
		return nil, fmt.Errorf("%w: no invoice %d", ErrNoMessage, id)
	}
	return p.checkout(in), nil
}

// PayLink opens an invoice link and pays.
func (p *Person) PayLink(link string) (*Payment, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	in := p.s.w.Links[link]
	if in == nil {
		return nil, fmt.Errorf("telegramtest: no invoice behind %q", link)
	}
	return p.checkout(in), nil
}

func (p *Person) checkout(in *invoiceState) *Payment {
	q := &checkoutState{
		ID: strconv.FormatInt(p.s.w.newID(), 10), UserID: p.id, ChatID: p.chat, Invoice: *in, Expires: p.s.until(checkoutLife),
	}
	p.s.w.Checkouts[q.ID] = q
	p.s.push(queueOfPayments(p.id), Update{PreCheckoutQuery: &PreCheckoutQuery{
		ID: q.ID, From: p.s.w.Users[p.id].User, Currency: "XTR", TotalAmount: in.Invoice.TotalAmount, InvoicePayload: in.Payload,
	}})
	p.s.touch()
	return &Payment{s: p.s, id: q.ID}
}

// Wait returns when the bot has answered: the charge id, or the bot's reason not to
// go ahead as an error.
func (p *Payment) Wait(ctx context.Context) (charge string, err error) {
	for {
		p.s.mu.Lock()
		q, changed := *p.s.w.Checkouts[p.id], p.s.changed
		p.s.mu.Unlock()
		switch {
		case q.Done && q.Error != "":
			return "", fmt.Errorf("telegramtest: payment refused: %s", q.Error)
		case q.Done:
			return q.Charge, nil
		case !p.s.pause(ctx, changed):
			return "", fmt.Errorf("telegramtest: pre-checkout not answered: %w", context.Cause(ctx))
		}
	}
}

func (s *Server) answerPreCheckoutQuery(c *call) (any, error) {
	q := s.w.Checkouts[c.str("pre_checkout_query_id")]
	if q == nil || q.Done || s.past(q.Expires) {
		return nil, bad(wordsQueryOld)
	}
	if !c.flag("ok") {
		if q.Error = c.str("error_message"); q.Error == "" {
			return nil, bad("ERROR_TEXT_EMPTY")
		}
		q.Done = true
		return true, nil
	}
	q.Done = true
	s.charge(q)
	return true, nil
}

// charge moves the Stars and tells the bot by a service message.
func (s *Server) charge(q *checkoutState) {
	q.Charge = "stx" + token(s.w.newID(), q.UserID)
	amount := q.Invoice.Invoice.TotalAmount
	s.w.Charges = append(s.w.Charges, &chargeState{
		ID: q.Charge, UserID: q.UserID, Amount: amount, Payload: q.Invoice.Payload, Date: s.now().Unix(),
	})
	from := s.w.Users[q.UserID].User
	m := &Message{From: &from, SuccessfulPayment: &SuccessfulPayment{
		Currency: "XTR", TotalAmount: amount, InvoicePayload: q.Invoice.Payload,
		TelegramPaymentChargeID: q.Charge, ProviderPaymentChargeID: "",
	}}
	s.append(q.ChatID, m)
	s.push(queueOfPayments(q.UserID), Update{Message: m})
}

func (s *Server) refundStarPayment(c *call) (any, error) {
	for _, ch := range s.w.Charges {
		if ch.ID != c.str("telegram_payment_charge_id") || ch.UserID != c.num("user_id") {
			continue
		}
		if ch.Refunded != 0 {
			return nil, bad("CHARGE_ALREADY_REFUNDED")
		}
		ch.Refunded = s.now().Unix()
		from := s.botUser()
		m := &Message{From: &from, RefundedPayment: &RefundedPayment{
			Currency: "XTR", TotalAmount: ch.Amount, InvoicePayload: ch.Payload, TelegramPaymentChargeID: ch.ID,
		}}
		s.append(ch.UserID, m)
		s.push(queueOfPayments(ch.UserID), Update{Message: m})
		return true, nil
	}
	if s.w.Users[c.num("user_id")] == nil {
		return nil, bad("user not found")
	}
	return nil, bad("CHARGE_NOT_FOUND")
}

func (s *Server) getMyStarBalance(*call) (any, error) {
	sum := 0
	for _, ch := range s.w.Charges {
		if ch.Refunded == 0 {
			sum += ch.Amount
		}
	}
	return map[string]int{"amount": sum}, nil
}

// getStarTransactions lists payments and refunds in the order they happened; a
// refund has the id of its charge and a receiver instead of a source.
func (s *Server) getStarTransactions(c *call) (any, error) {
	type transaction struct {
		ID       string         `json:"id"`
		Amount   int            `json:"amount"`
		Date     int64          `json:"date"`
		Source   map[string]any `json:"source,omitempty"`
		Receiver map[string]any `json:"receiver,omitempty"`
	}
	var all []transaction
	for _, ch := range s.w.Charges {
		partner := map[string]any{
			"type": "user", "transaction_type": "invoice_payment", "user": s.w.Users[ch.UserID].User, "invoice_payload": ch.Payload,
		}
		all = append(all, transaction{ID: ch.ID, Amount: ch.Amount, Date: ch.Date, Source: partner})
		if ch.Refunded != 0 {
			all = append(all, transaction{ID: ch.ID, Amount: ch.Amount, Date: ch.Refunded, Receiver: partner})
		}
	}
	slices.SortStableFunc(all, func(a, b transaction) int { return cmp.Compare(a.Date, b.Date) })
	from := min(int(max(c.num("offset"), 0)), len(all))
	page := all[from:min(from+int(c.clamp("limit", 1, 100, 100)), len(all))]
	raw, err := json.Marshal(append([]transaction{}, page...))
	return map[string]json.RawMessage{"transactions": raw}, err
}
