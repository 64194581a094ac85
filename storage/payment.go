package storage

import (
	"context"
	"database/sql"
	"time"
)

// PaymentStatus is what became of a payment.
type PaymentStatus string

// The statuses.
const (
	PaymentPaid       PaymentStatus = "paid"        // entered by Pay: its credits were given
	PaymentUnmatched  PaymentStatus = "unmatched"   // entered by Pay: nobody has credits for it, so it is to be given back
	PaymentRefunding  PaymentStatus = "refunding"   // entered from paid and unmatched: Telegram is being asked to give it back
	PaymentRefunded   PaymentStatus = "refunded"    // entered from refunding, or when Telegram tells: its Stars are with who paid
	PaymentClawedBack PaymentStatus = "clawed_back" // entered from paid: Telegram took its Stars from us
)

// Problem is what was not as ordered about a payment. The set is closed; it doubles as metric label.
type Problem string

// The problems. All but ProblemErased and ProblemCurrency give credits all the same: whoever paid is not to lose by it.
const (
	ProblemNone     Problem = ""
	ProblemNoOrder  Problem = "no_order" // its payload names no order
	ProblemPerson   Problem = "person"   // somebody else paid than was offered
	ProblemAmount   Problem = "amount"   // another amount than was asked for
	ProblemAgain    Problem = "again"    // the order was paid before
	ProblemErased   Problem = "erased"   // nobody we know paid, or somebody who is being erased
	ProblemCurrency Problem = "currency" // not Stars
)

// Payment is what somebody paid.
type Payment struct {
	Charge    string // Telegram's id of it
	Order     string // empty: there is none
	User      int64  // who paid; zero: nobody we know
	Payer     int64  // their Telegram id, only where nothing was given for it
	Stars     int64
	Credits   int64 // what it gave
	Status    PaymentStatus
	Problem   Problem
	Recurring bool      // one of a subscription
	First     bool      // the first of one
	Until     time.Time // what a subscription is paid until
	Paid      time.Time // Telegram's time
	Created   time.Time
}

const paymentColumns = `charge_id, COALESCE(order_id, ''), COALESCE(user_id, 0), payer, stars, credits, status, problem, recurring, first, until_at, paid_at, created_at`

// Pay books a payment: the row, its order, its person's tier and its credits, which pay first what is owed; all of it or nothing. Without credits it is
// unmatched, and Payer is kept. ErrPaid says that the charge is known, whatever became of it since; ErrRestricted that the
// person is being erased and must not be given any.
func (s *Store) Pay(ctx context.Context, e Effect, p Payment) (Outbox, error) {
	var payer []byte
	if p.Credits == 0 {
		var err error
		if payer, err = s.seal(ctx, 0, "payments|payer", p.Charge, p.Payer); err != nil {
			return nil, err
		}
	}
	return s.effect(ctx, e, func(t tx) error { return t.pay(ctx, p, payer) })
}

func (t tx) pay(ctx context.Context, p Payment, payer []byte) error {
	status := PaymentPaid
	if p.Credits == 0 {
		status = PaymentUnmatched
	}
	if err := t.change(ctx, ErrPaid, `INSERT INTO payments (charge_id, order_id, user_id, payer, stars, credits, status, problem, recurring, first,
		until_at, paid_at, created_at, updated_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$13) ON CONFLICT (charge_id) DO NOTHING`,
		p.Charge, nullString(p.Order), nullID(p.User), payer, p.Stars, p.Credits, string(status), string(p.Problem), p.Recurring, p.First,
		micros(p.Until), p.Paid.UnixMicro(), t.now); err != nil {
		return err
	}
	if p.Credits == 0 {
		return nil
	}
	if err := t.change(ctx, ErrRestricted, `UPDATE users SET tier = $2 WHERE id = $1 AND erasing_at IS NULL`, p.User, string(TierPaid)); err != nil {
		return err
	}
	if err := t.paidOrder(ctx, p); err != nil {
		return err
	}
	debt, err := t.repay(ctx, p.User, p.Credits)
	if err != nil {
		return err
	}
	if _, err := t.purchase(ctx, p.User, p.Charge, p.Credits); err != nil || debt == 0 {
		return err
	}
	_, err = t.take(ctx, p.User, debtKey(p.Charge), debt)
	return err
}

// paidOrder moves the payer's own order on. A renewal that comes late or out of turn takes nothing from its end.
func (t tx) paidOrder(ctx context.Context, p Payment) error {
	var until int64
	if p.Recurring {
		until = p.Until.UnixMicro()
	}
	_, err := t.exec(ctx, `UPDATE orders SET status = 'paid', paid_at = COALESCE(paid_at, $3),
		canceled_at = CASE WHEN COALESCE(until_at, 0) < $4 THEN NULL ELSE canceled_at END,
		ended_at = CASE WHEN COALESCE(until_at, 0) < $4 THEN NULL ELSE ended_at END,
		until_at = CASE WHEN COALESCE(until_at, 0) < $4 THEN $4 ELSE until_at END
		WHERE id = $1 AND user_id = $2`, p.Order, p.User, t.now, until)
	return err
}

// Payment returns a payment, or ErrNotFound.
func (s *Store) Payment(ctx context.Context, charge string) (Payment, error) {
	return s.scanPayment(ctx, s.r.QueryRowContext(ctx, `SELECT `+paymentColumns+` FROM payments WHERE charge_id = $1`, charge))
}

// Payments returns what a person paid, newest first.
func (s *Store) Payments(ctx context.Context, user int64, limit int) ([]Payment, error) {
	return collect(ctx, s.r, func(row scanner) (Payment, error) { return s.scanPayment(ctx, row) },
		`SELECT `+paymentColumns+` FROM payments WHERE user_id = $1 ORDER BY paid_at DESC, charge_id LIMIT $2`, user, limit)
}

func (s *Store) scanPayment(ctx context.Context, row scanner) (p Payment, err error) {
	var payer []byte
	var until, paid, created sql.NullInt64
	err = row.Scan(&p.Charge, &p.Order, &p.User, &payer, &p.Stars, &p.Credits, &p.Status, &p.Problem, &p.Recurring, &p.First, &until, &paid, &created)
	if err != nil {
		return p, notFound(err)
	}
	p.Until, p.Paid, p.Created = fromMicros(until), fromMicros(paid), fromMicros(created)
	return p, s.unseal(ctx, 0, "payments|payer", p.Charge, payer, &p.Payer)
}
