package telegramtest

import "fmt"

// giveBack refunds a charge, and tells both sides by a service message.
func (s *Server) giveBack(ch *chargeState) {
	ch.Refunded = s.now().Unix()
	e := s.entry(ch.ID)
	e.Out = true
	s.book(e)
	s.endSubscription(ch)
	from := s.botUser()
	m := &Message{From: &from, RefundedPayment: &RefundedPayment{
		Currency: "XTR", TotalAmount: ch.Amount, InvoicePayload: ch.Payload, TelegramPaymentChargeID: ch.ID,
	}}
	s.append(ch.UserID, m)
	s.push(queueOfPayments(ch.UserID), Update{Message: m})
}

// Refund gives a charge back to its person, as Telegram's own support does: the bot did
// not ask for it, and is told by a service message.
func (s *Server) Refund(charge string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.findCharge(charge)
	if ch == nil || ch.Refunded != 0 {
		return fmt.Errorf("telegramtest: no charge %q to give back", charge)
	}
	s.giveBack(ch)
	s.touch()
	return nil
}

// Charge lets the person pay an invoice with that payload, without the way through
// message, form and pre-checkout query, and returns the charge's id. The bot is told
// by a service message.
func (p *Person) Charge(stars int, payload string) (charge string, err error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if p.s.w.Users[p.id].Stars < int64(stars) {
		return "", ErrNotEnoughStars
	}
	defer p.s.touch()
	return p.s.charge(p.id, p.chat, &invoiceState{Payload: payload, Invoice: Invoice{TotalAmount: stars}}, ""), nil
}
