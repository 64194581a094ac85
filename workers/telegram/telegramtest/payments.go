package telegramtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkoutLife is how long a pre-checkout query takes an answer.
const checkoutLife = 10 * time.Second

// wordsNoCheckout is what the app says when the bot lets the ten seconds pass.
const wordsNoCheckout = "The bot did not respond in time. You have not been charged."

// ErrNotEnoughStars is returned when a person's Stars do not cover a price.
var ErrNotEnoughStars = errors.New("telegramtest: not enough Stars")

// PaymentError is why a payment did not go through; nothing was charged. Reason is
// what the person reads: the bot's words, or that it did not respond.
type PaymentError struct{ Reason string }

// Error tells the reason.
func (e *PaymentError) Error() string { return "telegramtest: payment refused: " + e.Reason }

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

// PaymentForm is what the app shows before a person pays.
type PaymentForm struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	PhotoURL    string `json:"photo_url,omitempty"`
	Stars       int    `json:"stars"`                         // the price
	Period      int64  `json:"subscription_period,omitempty"` // seconds; 0 is a single payment
	Balance     int64  `json:"balance"`                       // the person's Stars
}

// invoiceAt finds what an invoice message or an invoice link offers.
func (p *Person) invoiceAt(id int64, link string) (*invoiceState, error) {
	if link != "" {
		if in := p.s.w.Links["https://t.me/$"+link[strings.LastIndexByte(link, '$')+1:]]; in != nil {
			return in, nil
		}
		return nil, fmt.Errorf("telegramtest: no invoice behind %q", link)
	}
	in := p.s.w.Invoices[invoiceKey(p.chat, id)]
	if in == nil || p.s.w.Chats[p.chat].live(id) == nil {
		return nil, fmt.Errorf("%w: no invoice %d", ErrNoMessage, id)
	}
	return in, nil
}

func (p *Person) form(id int64, link string) (PaymentForm, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	in, err := p.invoiceAt(id, link)
	if err != nil {
		return PaymentForm{}, err
	}
	return PaymentForm{
		Title: in.Invoice.Title, Description: in.Invoice.Description, PhotoURL: in.PhotoURL,
		Stars: in.Invoice.TotalAmount, Period: in.Period, Balance: p.s.w.Users[p.id].Stars,
	}, nil
}

// Form is the payment form of an invoice message.
func (p *Person) Form(id int64) (PaymentForm, error) { return p.form(id, "") }

// LinkForm is the payment form behind an invoice link.
func (p *Person) LinkForm(link string) (PaymentForm, error) { return p.form(0, link) }

// Payment is a purchase under way.
type Payment struct {
	s  *Server
	id string
}

// ID is the id of the pre-checkout query.
func (p *Payment) ID() string { return p.id }

func (p *Person) pay(id int64, link string) (*Payment, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	in, err := p.invoiceAt(id, link)
	if err != nil {
		return nil, err
	}
	if p.s.w.Users[p.id].Stars < int64(in.Invoice.TotalAmount) {
		return nil, ErrNotEnoughStars
	}
	return p.checkout(in), nil
}

// Pay presses the Pay button of an invoice message, also of a forwarded one: the bot
// gets a pre_checkout_query and has ten seconds to answer it.
func (p *Person) Pay(id int64) (*Payment, error) { return p.pay(id, "") }

// PayLink opens an invoice link and pays. A link can be paid by many, and often.
func (p *Person) PayLink(link string) (*Payment, error) { return p.pay(0, link) }

func (p *Person) checkout(in *invoiceState) *Payment {
	q := &checkoutState{
		ID: strconv.FormatInt(p.s.w.newID(), 10), UserID: p.id, ChatID: p.chat, Invoice: *in, Expires: p.s.until(checkoutLife),
	}
	p.s.w.Checkouts[q.ID] = q
	p.s.w.Paying = append(p.s.w.Paying, q.ID)
	p.s.emit(Event{Kind: EventPaying, ChatID: p.chat, UserID: p.id, Text: in.Invoice.Title})
	p.s.push(queueOfPayments(p.id), Update{PreCheckoutQuery: &PreCheckoutQuery{
		ID: q.ID, From: p.s.w.Users[p.id].User, Currency: "XTR", TotalAmount: in.Invoice.TotalAmount, InvoicePayload: in.Payload,
	}})
	p.s.touch()
	return &Payment{s: p.s, id: q.ID}
}

// Wait returns when the payment is through, with the charge id, or has failed, with a
// [*PaymentError]: the bot said no, or nothing for ten seconds by the server's clock.
func (p *Payment) Wait(ctx context.Context) (charge string, err error) {
	for {
		p.s.mu.Lock()
		q, changed := *p.s.w.Checkouts[p.id], p.s.changed
		p.s.mu.Unlock()
		switch {
		case q.Done && q.Error != "":
			return "", &PaymentError{Reason: q.Error}
		case q.Done:
			return q.Charge, nil
		case !p.s.pause(ctx, changed):
			return "", fmt.Errorf("telegramtest: pre-checkout not answered: %w", context.Cause(ctx))
		}
	}
}

func (s *Server) answerPreCheckoutQuery(c *call) (any, error) {
	s.lapseCheckouts()
	q := s.w.Checkouts[c.str("pre_checkout_query_id")]
	if q == nil || q.Done {
		return nil, bad(wordsQueryOld)
	}
	if !c.flag("ok") {
		if !c.has("error_message") {
			return nil, bad("ERROR_TEXT_EMPTY")
		}
		s.settle(q, c.str("error_message"))
		return true, nil
	}
	if s.w.Users[q.UserID].Stars < int64(q.Invoice.Invoice.TotalAmount) {
		s.settle(q, ErrNotEnoughStars.Error())
		return true, nil
	}
	q.Charge = s.charge(q.UserID, q.ChatID, &q.Invoice, "")
	s.settle(q, "")
	return true, nil
}

// settle ends a purchase and tells the app how.
func (s *Server) settle(q *checkoutState, reason string) {
	q.Done, q.Error = true, reason
	s.w.Paying = slices.DeleteFunc(s.w.Paying, func(id string) bool { return id == q.ID })
	s.emit(Event{Kind: EventPayment, ChatID: q.ChatID, UserID: q.UserID, Data: q.Charge, Text: reason})
}

// lapseCheckouts fails the purchases that the bot did not answer in time and returns
// how long until the next would fail.
func (s *Server) lapseCheckouts() time.Duration {
	next := time.Hour
	for _, id := range slices.Clone(s.w.Paying) {
		q := s.w.Checkouts[id]
		if !s.past(q.Expires) {
			next = min(next, time.UnixMilli(q.Expires+1).Sub(s.now()))
			continue
		}
		s.settle(q, wordsNoCheckout)
		s.touch()
	}
	return max(next, time.Millisecond)
}
