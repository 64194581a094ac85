package telegramtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// defaultStars is what a new person has.
const defaultStars = 100_000

// nanos is how many nanostars make a Star.
const nanos = 1_000_000_000

// What a transaction with a person is for, as getStarTransactions names it.
const (
	forInvoice   = "invoice_payment"
	forPaidMedia = "paid_media_payment"
)

// chargeState is a payment that came in, in Stars.
type chargeState struct {
	ID           string `json:"id"`
	UserID       int64  `json:"user_id"`
	Amount       int    `json:"amount"`
	Payload      string `json:"payload"`
	Date         int64  `json:"date"`
	Refunded     int64  `json:"refunded"`               // date, or 0
	Subscription string `json:"subscription,omitempty"` // its first charge
}

// starEntry is a movement of the bot's Stars. The ledger is kept in order.
type starEntry struct {
	ID       string          `json:"id"`
	Amount   int64           `json:"amount"`
	Nano     int64           `json:"nano,omitempty"`
	Date     int64           `json:"date"`
	Out      bool            `json:"out,omitempty"`
	UserID   int64           `json:"user_id,omitempty"` // 0: no person
	For      string          `json:"for,omitempty"`     // transaction_type, or the partner's type
	Payload  string          `json:"payload,omitempty"`
	Period   int64           `json:"period,omitempty"`
	Media    json.RawMessage `json:"media,omitempty"`
	Requests int             `json:"requests,omitempty"`
}

// Stars is the person's balance.
func (p *Person) Stars() int64 {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.w.Users[p.id].Stars
}

// AddStars gives the person Stars, or takes some away; a balance ends at 0.
func (p *Person) AddStars(n int64) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	u := p.s.w.Users[p.id]
	u.Stars = max(0, u.Stars+n)
	p.s.touch()
}

// charge moves the price from a person to the bot and tells the bot by a service
// message in the chat. A renewal names the first charge of its subscription.
func (s *Server) charge(user, chat int64, in *invoiceState, renews string) string {
	amount, now := in.Invoice.TotalAmount, s.now()
	ch := &chargeState{
		ID: "stx" + token(s.w.newID(), user), UserID: user, Amount: amount, Payload: in.Payload, Date: now.Unix(), Subscription: renews,
	}
	paid := &SuccessfulPayment{
		Currency: "XTR", TotalAmount: amount, InvoicePayload: in.Payload, TelegramPaymentChargeID: ch.ID,
	}
	if in.Period != 0 {
		sub := s.extend(ch, in)
		paid.SubscriptionExpirationDate, paid.IsRecurring, paid.IsFirstRecurring = sub.Expires, true, sub.ID == ch.ID
	}
	s.w.Charges = append(s.w.Charges, ch)
	s.book(starEntry{
		ID: ch.ID, Amount: int64(amount), UserID: user, For: forInvoice, Payload: in.Payload, Period: in.Period,
	})
	from := s.w.Users[user].User
	m := &Message{From: &from, SuccessfulPayment: paid}
	s.append(chat, m)
	s.push(queueOfPayments(user), Update{Message: m})
	return ch.ID
}

// book enters a movement into the ledger; the Stars of a person move the other way.
func (s *Server) book(e starEntry) {
	e.Date = s.now().Unix()
	s.w.Ledger = append(s.w.Ledger, &e)
	u := s.w.Users[e.UserID]
	switch {
	case u == nil:
	case e.Out:
		u.Stars += e.Amount
	default:
		u.Stars -= e.Amount
	}
}

func (s *Server) findCharge(id string) *chargeState {
	for _, ch := range s.w.Charges {
		if ch.ID == id {
			return ch
		}
	}
	return nil
}

func (s *Server) refundStarPayment(c *call) (any, error) {
	ch := s.findCharge(c.str("telegram_payment_charge_id"))
	switch {
	case s.w.Users[c.num("user_id")] == nil:
		return nil, bad("user not found")
	case ch == nil || ch.UserID != c.num("user_id"):
		return nil, bad("CHARGE_NOT_FOUND")
	case ch.Refunded != 0:
		return nil, bad("CHARGE_ALREADY_REFUNDED")
	}
	s.giveBack(ch)
	return true, nil
}

// entry is a copy of the incoming movement of a charge.
func (s *Server) entry(id string) starEntry {
	for _, e := range s.w.Ledger {
		if e.ID == id && !e.Out {
			return *e
		}
	}
	return starEntry{ID: id}
}

// Chargeback takes the Stars of a charge back from the bot, as when the buyer of the
// Stars goes to their bank. Telegram tells the bot nothing; its balance may fall
// below zero, and the transaction has a partner of type "other".
func (s *Server) Chargeback(charge string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.findCharge(charge)
	if ch == nil || ch.Refunded != 0 {
		return fmt.Errorf("telegramtest: no charge %q to take back", charge)
	}
	ch.Refunded = s.now().Unix()
	s.endSubscription(ch)
	s.book(starEntry{ID: "stx" + token(s.w.newID()), Amount: int64(ch.Amount), Out: true, For: "other"})
	s.touch()
	return nil
}

// balance is the bot's, in nanostars.
func (s *Server) balance() int64 {
	var sum int64
	for _, e := range s.w.Ledger {
		n := e.Amount*nanos + e.Nano
		if e.Out {
			n = -n
		}
		sum += n
	}
	return sum
}

// starAmount is a number of nanostars as the Bot API shows it.
type starAmount struct {
	Amount int64 `json:"amount"`
	Nano   int64 `json:"nanostar_amount,omitempty"`
}

func (s *Server) getMyStarBalance(*call) (any, error) {
	sum := s.balance()
	return starAmount{sum / nanos, sum % nanos}, nil
}

// transaction is a movement as the Bot API shows it. A refund has the id of its
// charge and a receiver instead of a source.
type transaction struct {
	ID       string         `json:"id"`
	Amount   int64          `json:"amount"`
	Nano     int64          `json:"nanostar_amount,omitempty"`
	Date     int64          `json:"date"`
	Source   map[string]any `json:"source,omitempty"`
	Receiver map[string]any `json:"receiver,omitempty"`
}

func (s *Server) getStarTransactions(c *call) (any, error) {
	all := s.w.Ledger
	from := min(int(max(c.num("offset"), 0)), len(all))
	page := all[from:min(from+int(c.clamp("limit", 1, 100, 100)), len(all))]
	list := []transaction{}
	for _, e := range page {
		t := transaction{ID: e.ID, Amount: e.Amount, Nano: e.Nano, Date: e.Date}
		if e.Out {
			t.Receiver = s.partner(e)
		} else {
			t.Source = s.partner(e)
		}
		list = append(list, t)
	}
	return map[string][]transaction{"transactions": list}, nil
}

// partner is the other side of a movement.
func (s *Server) partner(e *starEntry) map[string]any {
	u := s.w.Users[e.UserID]
	if u == nil {
		p := map[string]any{"type": e.For}
		if e.Requests != 0 {
			p["request_count"] = e.Requests
		}
		return p
	}
	p := map[string]any{"type": "user", "transaction_type": e.For, "user": u.User}
	if e.For == forPaidMedia {
		p["paid_media"] = e.Media
		if e.Payload != "" {
			p["paid_media_payload"] = e.Payload
		}
		return p
	}
	p["invoice_payload"] = e.Payload
	if e.Period != 0 {
		p["subscription_period"] = e.Period
	}
	return p
}

// A bot that has enough Stars may pay for messages above the limit of all chats.
const (
	broadcastPrice   = nanos / 10 // of a message
	broadcastMinimum = 10_000     // Stars
	forBroadcast     = "telegram_api"
)

// payBroadcast pays for one message, if the bot is rich enough. Messages paid in a row
// are one transaction.
func (s *Server) payBroadcast() bool {
	if s.balance() < broadcastMinimum*nanos {
		return false
	}
	n := len(s.w.Ledger)
	if n == 0 || s.w.Ledger[n-1].For != forBroadcast {
		s.book(starEntry{ID: "stx" + token(s.w.newID()), Out: true, For: forBroadcast})
		n++
	}
	e := *s.w.Ledger[n-1]
	e.Requests++
	e.Nano += broadcastPrice
	e.Amount, e.Nano = e.Amount+e.Nano/nanos, e.Nano%nanos
	s.w.Ledger[n-1] = &e
	return true
}

// BuyMedia buys the paid media of a message: the person pays its Stars and sees it. The
// bot hears of it by purchased_paid_media if the media has a payload.
func (p *Person) BuyMedia(id int64) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.s.w.Chats[p.chat].live(id)
	switch {
	case m == nil || m.PaidMedia == nil:
		return fmt.Errorf("%w: no paid media %d", ErrNoMessage, id)
	case slices.Contains(m.BoughtBy, p.id):
		return nil
	case p.s.w.Users[p.id].Stars < int64(m.PaidMedia.StarCount):
		return ErrNotEnoughStars
	}
	media, err := json.Marshal(m.PaidMedia.PaidMedia)
	if err != nil {
		return fmt.Errorf("telegramtest: %w", err)
	}
	next := *m
	next.BoughtBy = append(slices.Clone(m.BoughtBy), p.id)
	p.s.swap(&next)
	charge := "stx" + token(p.s.w.newID(), p.id)
	p.s.book(starEntry{
		ID: charge, Amount: int64(m.PaidMedia.StarCount), UserID: p.id, For: forPaidMedia, Payload: m.PaidPayload, Media: media,
	})
	p.s.emit(Event{Kind: EventEdited, ChatID: p.chat, UserID: p.id, Message: &next})
	p.s.emit(Event{Kind: EventPayment, ChatID: p.chat, UserID: p.id, Data: charge})
	if m.PaidPayload != "" {
		p.s.push(queueOfPayments(p.id), Update{PurchasedPaidMedia: &PaidMediaPurchased{
			From: p.s.w.Users[p.id].User, PaidMediaPayload: m.PaidPayload,
		}})
	}
	p.s.touch()
	return nil
}

// PaidMediaPurchased tells that somebody bought paid media that had a payload.
type PaidMediaPurchased struct {
	From             User   `json:"from"`
	PaidMediaPayload string `json:"paid_media_payload"`
}

// tend lets time pass: it fails the purchases nobody answered, renews subscriptions,
// and returns how long until there is something to do again.
func (s *Server) tend() time.Duration {
	return min(s.lapseCheckouts(), s.renewSubscriptions())
}
