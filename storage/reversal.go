package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Reversal is a payment whose Stars are no longer ours, as Telegram tells, and what followed from it.
type Reversal struct {
	Payment
	// Known is false where the news of the payment is still to come: it will give nothing.
	Known bool
	// Asked says that we had asked for it.
	Asked bool
	// Again says that it was known, and nothing changed.
	Again   bool
	Taken   int64 // credits of the payment that were unspent
	Covered int64 // of those that were spent, what other credits of the person paid
	Owed    int64 // the rest: it is a debt now
}

// Reverse books what Telegram tells of a payment that it gave back, whoever asked for it: once, however often it is told. p
// says what is known of the payment where there is no row of it: who paid, how much. A debt is of whoever paid, also if they were
// erased since: it waits for them for keep. tell makes what people are told of it.
func (s *Store) Reverse(ctx context.Context, e Effect, p Payment, keep time.Duration, tell func(Reversal) ([]Send, error)) (r Reversal, out Outbox, err error) {
	var payer []byte
	if p.User == 0 {
		if payer, err = s.seal(ctx, 0, "payments|payer", p.Charge, p.Payer); err != nil {
			return r, nil, err
		}
	}
	var more Outbox
	out, err = s.effect(ctx, e, func(t tx) error {
		if r, err = t.reverse(ctx, p, payer); err != nil || r.Again {
			return err
		}
		if err := t.indebt(ctx, &r, p, s.rememberedKey(p.Payer), keep); err != nil {
			return err
		}
		sends, err := tell(r)
		if err != nil {
			return err
		}
		more, err = s.oweInside(ctx, t, sends)
		return err
	})
	return r, append(out, more...), err
}

func (t tx) reverse(ctx context.Context, p Payment, payer []byte) (r Reversal, err error) {
	n, err := t.exec(ctx, `INSERT INTO payments (charge_id, order_id, user_id, payer, stars, credits, status, paid_at, created_at, updated_at)
		VALUES ($1, (SELECT id FROM orders WHERE id = $2), $3, $4, $5, 0, 'refunded', $6, $7, $7) ON CONFLICT (charge_id) DO NOTHING`,
		p.Charge, p.Order, nullID(p.User), payer, p.Stars, p.Paid.UnixMicro(), t.now)
	if err != nil || n == 1 {
		return Reversal{Payment: p}, err
	}
	r.Charge, r.Known = p.Charge, true
	err = t.QueryRowContext(ctx, `SELECT COALESCE(order_id, ''), COALESCE(user_id, 0), stars, credits, status, recurring FROM payments WHERE charge_id = $1`, p.Charge).
		Scan(&r.Order, &r.User, &r.Stars, &r.Credits, &r.Status, &r.Recurring)
	if err != nil {
		return r, err
	}
	switch r.Status {
	case PaymentRefunded, PaymentClawedBack:
		r.Again = true
		return r, nil
	case PaymentRefunding:
		return r, t.confirm(ctx, &r)
	case PaymentUnmatched:
		r.Status = PaymentRefunded
		return r, t.gone(ctx, r.Charge, r.User, PaymentRefunded)
	}
	return r, t.chargeback(ctx, &r)
}

// confirm ends the refund that Telegram tells of. A worker that is about to note the same finds it noted.
func (t tx) confirm(ctx context.Context, r *Reversal) error {
	r.Asked, r.Status = true, PaymentRefunded
	err := t.QueryRowContext(ctx, `UPDATE refunds SET status = 'done', fence = fence + 1, lease_until = 0, ended_at = $2, updated_at = $2
		WHERE charge_id = $1 AND status = 'asked' RETURNING credits`, r.Charge, t.now).Scan(&r.Taken)
	if errors.Is(err, sql.ErrNoRows) {
		r.Again = true
		return nil
	}
	if err != nil {
		return err
	}
	return t.gone(ctx, r.Charge, r.User, PaymentRefunded)
}

// chargeback takes back what a payment bought. What is spent is paid by whatever else the person has, and the rest is a debt.
func (t tx) chargeback(ctx context.Context, r *Reversal) error {
	if err := t.lockPerson(ctx, r.User); err != nil {
		return err
	}
	if err := t.change(ctx, ErrFenced, `UPDATE payments SET status = 'clawed_back', updated_at = $2 WHERE charge_id = $1 AND status = 'paid'`,
		r.Charge, t.now); err != nil {
		return err
	}
	r.Status = PaymentClawedBack
	if err := t.gone(ctx, r.Charge, r.User, PaymentClawedBack); err != nil {
		return err
	}
	var err error
	r.Taken, err = t.clawback(ctx, clawback{kind: kindChargeback, key: r.Charge, user: r.User, charge: r.Charge, want: r.Credits})
	if err != nil {
		return err
	}
	have, err := t.available(ctx, r.User)
	if err != nil {
		return err
	}
	r.Covered = min(have, r.Credits-r.Taken)
	if r.Covered > 0 {
		if _, err := t.take(ctx, r.User, coverKey(r.Charge), r.Covered); err != nil {
			return err
		}
	}
	r.Owed = r.Credits - r.Taken - r.Covered
	return nil
}

// indebt books what is left to pay as a debt of the payer, who may have been erased since, and may have come back. What an
// erasure took of the payment's credits is not owed.
func (t tx) indebt(ctx context.Context, r *Reversal, p Payment, lookup []byte, keep time.Duration) error {
	if r.Owed == 0 {
		return nil
	}
	var erased bool
	var lost int64
	if err := t.QueryRowContext(ctx, `SELECT erased_at IS NOT NULL, (SELECT CAST(COALESCE(SUM(l.credits), 0) AS BIGINT) FROM lots b JOIN lot_uses l ON l.lot_id = b.id
		JOIN transfers e ON e.id = l.transfer_id AND e.kind = 'expire' WHERE b.charge_id = $2) FROM users WHERE id = $1`, r.User, r.Charge).Scan(&erased, &lost); err != nil {
		return notFound(err)
	}
	r.Owed -= lost
	switch {
	case !erased || p.Payer == 0:
		return t.owes(ctx, r.User, r.Owed)
	case r.Owed == 0:
		return nil
	case p.User != 0:
		return t.owes(ctx, p.User, r.Owed)
	}
	_, err := t.exec(ctx, `INSERT INTO remembered (lookup, welcome, debt, expires_at, created_at) VALUES ($1, FALSE, $2, $3, $4)
		ON CONFLICT (lookup) DO UPDATE SET debt = remembered.debt + excluded.debt,
		expires_at = CASE WHEN remembered.expires_at > excluded.expires_at THEN remembered.expires_at ELSE excluded.expires_at END`, lookup, r.Owed, t.now+keep.Microseconds(), t.now)
	return err
}
