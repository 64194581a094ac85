package telegramtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// subscriptionState is a subscription, known by its first charge.
type subscriptionState struct {
	ID       string       `json:"id"`
	UserID   int64        `json:"user_id"`
	Invoice  invoiceState `json:"invoice"`
	Expires  int64        `json:"expires"` // Unix seconds
	ByBot    bool         `json:"by_bot"`  // the extension was canceled by the bot
	ByPerson bool         `json:"by_person"`
	Over     bool         `json:"over"`
}

// Subscription is a subscription as the person's settings show it.
type Subscription struct {
	Charge          string `json:"charge"` // the id of its first charge
	Title           string `json:"title"`
	Stars           int    `json:"stars"`
	Expires         int64  `json:"expires"` // Unix seconds; it renews then, unless canceled
	CanceledByBot   bool   `json:"canceled_by_bot"`
	CanceledByOwner bool   `json:"canceled_by_owner"`
}

// extend starts the subscription of a first charge or moves its end one period on.
func (s *Server) extend(ch *chargeState, in *invoiceState) *subscriptionState {
	sub := s.w.Subscriptions[ch.Subscription]
	if sub == nil {
		ch.Subscription = ch.ID
		sub = &subscriptionState{ID: ch.ID, UserID: ch.UserID, Invoice: *in, Expires: s.now().Unix()}
		s.w.Subscriptions[sub.ID] = sub
	}
	sub.Expires += in.Period
	return sub
}

// endSubscription ends what a charge that was taken back has paid for.
func (s *Server) endSubscription(ch *chargeState) {
	if sub := s.w.Subscriptions[ch.Subscription]; sub != nil {
		sub.Over = true
	}
}

// renewSubscriptions extends those whose time is up and ends those that were canceled
// or cannot be paid. It returns how long until the next is due.
func (s *Server) renewSubscriptions() time.Duration {
	next := time.Hour
	for _, id := range slices.Sorted(maps.Keys(s.w.Subscriptions)) {
		sub := s.w.Subscriptions[id]
		for !sub.Over {
			if wait := time.Unix(sub.Expires, 0).Sub(s.now()); wait > 0 {
				next = min(next, wait)
				break
			}
			if _, err := s.renew(sub); err != nil {
				sub.Over = true
			}
			s.touch()
		}
	}
	return next
}

func (s *Server) renew(sub *subscriptionState) (string, error) {
	switch {
	case sub.Over || sub.ByBot || sub.ByPerson:
		return "", fmt.Errorf("telegramtest: the subscription %q does not renew", sub.ID)
	case s.w.Users[sub.UserID].Stars < int64(sub.Invoice.Invoice.TotalAmount):
		return "", ErrNotEnoughStars
	}
	return s.charge(sub.UserID, sub.UserID, &sub.Invoice, sub.ID), nil
}

// Renew renews a subscription now, a period before its time if need be, and returns
// the new charge's id. Any charge of the subscription names it. The same happens by
// itself when the server's clock passes its end.
func (s *Server) Renew(charge string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.subscriptionOf(charge)
	if sub == nil {
		return "", fmt.Errorf("telegramtest: no subscription of charge %q", charge)
	}
	defer s.touch()
	return s.renew(sub)
}

func (s *Server) subscriptionOf(charge string) *subscriptionState {
	if ch := s.findCharge(charge); ch != nil {
		return s.w.Subscriptions[ch.Subscription]
	}
	return nil
}

// Subscriptions lists the person's active subscriptions, the first to end first.
func (p *Person) Subscriptions() []Subscription {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.renewSubscriptions()
	var list []Subscription
	for _, sub := range p.s.w.Subscriptions {
		if sub.UserID == p.id && !sub.Over {
			list = append(list, Subscription{
				Charge: sub.ID, Title: sub.Invoice.Invoice.Title, Stars: sub.Invoice.Invoice.TotalAmount, Expires: sub.Expires,
				CanceledByBot: sub.ByBot, CanceledByOwner: sub.ByPerson,
			})
		}
	}
	slices.SortFunc(list, func(a, b Subscription) int {
		return cmp.Or(cmp.Compare(a.Expires, b.Expires), cmp.Compare(a.Charge, b.Charge))
	})
	return list
}

// CancelSubscription stops the extension of a subscription, or allows it again. It
// stays active up to its end; Telegram does not tell the bot. What the bot has
// canceled only the bot can allow again.
func (p *Person) CancelSubscription(charge string, canceled bool) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	sub := p.s.subscriptionOf(charge)
	if sub == nil || sub.UserID != p.id || sub.Over || !canceled && sub.ByBot {
		return fmt.Errorf("telegramtest: no subscription of charge %q to change", charge)
	}
	sub.ByPerson = canceled
	p.s.touch()
	return nil
}

func (s *Server) editUserStarSubscription(c *call) (any, error) {
	s.renewSubscriptions()
	sub := s.subscriptionOf(c.str("telegram_payment_charge_id"))
	switch {
	case s.w.Users[c.num("user_id")] == nil:
		return nil, bad("user not found")
	case sub == nil || sub.UserID != c.num("user_id") || sub.Over:
		return nil, bad("CHARGE_NOT_FOUND")
	}
	sub.ByBot = c.flag("is_canceled")
	return true, nil
}
