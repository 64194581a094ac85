package storage

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"
)

// A payment goes back in one of two ways. We give it back: its unspent credits leave the account in the transaction that
// asks for it, and a row of refunds is worked on until Telegram says yes, or no for good, which brings the credits back. Or
// Telegram gives it back unasked: what is unspent is taken, what was spent is a debt.

// RefundWhy says who wants a refund.
type RefundWhy string

// The reasons.
const (
	RefundByPerson    RefundWhy = "person"    // wholly unspent, by one tap
	RefundByOperator  RefundWhy = "operator"  // who may give back what was partly spent
	RefundByReconcile RefundWhy = "reconcile" // nobody got anything for it
)

// RefundStatus is where a refund stands:
//
//	asked ──► done
//	  ▲ └───► refused
//	  └─────────┘
type RefundStatus string

// The statuses.
const (
	RefundAsked   RefundStatus = "asked"   // entered by AskRefund: the credits are gone, Telegram is being asked
	RefundDone    RefundStatus = "done"    // the Stars are with the person
	RefundRefused RefundStatus = "refused" // Telegram will not; the credits are back. It can be asked for again
)

// Refund is a payment that we give back.
type Refund struct {
	ID      string
	Charge  string
	User    int64 // zero: nobody we know
	Stars   int64
	Credits int64 // that left the account for it
	Why     RefundWhy
	Tries   int64
	Fence   int64
}

// Errors of refunds.
var (
	// ErrPartlySpent: of what the payment bought something is spent, given away or promised to a generation.
	ErrPartlySpent = errors.New("storage: the payment is partly spent")
	// ErrHeld: credits that the payment bought are held for a generation that is not over.
	ErrHeld = errors.New("storage: credits of the payment are held")
)

// AskRefund asks for a payment to be given back. ErrConsumed says that it was, or is being; ErrNotFound that there is no such
// payment, or that it is not of user, unless that is zero. What a person asks for has to be wholly unspent, else it is
// ErrPartlySpent; an operator can give back what is not, but not while a part of it is ErrHeld.
func (s *Store) AskRefund(ctx context.Context, e Effect, a *Act, user int64, charge string, why RefundWhy) (r Refund, ref Ref, out Outbox, err error) {
	id, err := s.NewID()
	if err != nil {
		return r, ref, nil, err
	}
	f := func(t tx) error {
		r, ref, err = t.askRefund(ctx, id, user, charge, why)
		return err
	}
	out, err = s.effectBy(ctx, e, a, f)
	return r, ref, out, err
}

func (t tx) askRefund(ctx context.Context, id string, user int64, charge string, why RefundWhy) (r Refund, ref Ref, err error) {
	var status PaymentStatus
	var credits int64
	err = t.QueryRowContext(ctx, `SELECT COALESCE(user_id, 0), stars, credits, status FROM payments WHERE charge_id = $1`, charge).
		Scan(&r.User, &r.Stars, &credits, &status)
	switch {
	case err != nil:
		return r, ref, notFound(err)
	case user != 0 && user != r.User:
		return r, ref, ErrNotFound
	case status != PaymentPaid && status != PaymentUnmatched:
		return r, ref, ErrConsumed
	}
	if err := t.change(ctx, ErrConsumed, `UPDATE payments SET status = 'refunding', updated_at = $3 WHERE charge_id = $1 AND status = $2`,
		charge, string(status), t.now); err != nil {
		return r, ref, err
	}
	err = t.QueryRowContext(ctx, `INSERT INTO refunds (id, charge_id, user_id, stars, credits, why, status, created_at, updated_at)
		VALUES ($1,$2,$3,$4,0,$5,'asked',$6,$6) ON CONFLICT (charge_id) DO UPDATE SET status = 'asked', why = excluded.why, reason = '', ended_at = NULL,
			tries = refunds.tries + 1, epoch = refunds.epoch + 1, lease_until = 0, updated_at = excluded.updated_at WHERE refunds.status = 'refused'
		RETURNING id, epoch, tries`, id, charge, nullID(r.User), r.Stars, string(why), t.now).Scan(&ref.ID, &ref.Epoch, &r.Tries)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrConsumed
	}
	if err != nil {
		return r, ref, err
	}
	r.ID, r.Charge, r.Why = ref.ID, charge, why
	if credits > 0 {
		r.Credits, err = t.clawRefund(ctx, r, credits)
	}
	return r, ref, err
}

// transferKey of the clawback of a refund: a second try after Telegram refused takes its credits anew.
func (r Refund) transferKey() string {
	if r.Tries > 1 {
		return r.Charge + ":" + strconv.FormatInt(r.Tries, 10)
	}
	return r.Charge
}

// clawRefund takes the credits of a refund.
func (t tx) clawRefund(ctx context.Context, r Refund, credits int64) (taken int64, err error) {
	taken, err = t.clawback(ctx, clawback{kind: kindRefund, key: r.transferKey(), user: r.User, charge: r.Charge, want: credits})
	switch {
	case err != nil:
		return taken, err
	case taken < credits && r.Why == RefundByPerson:
		return taken, ErrPartlySpent
	case taken < credits:
		var left int64
		if err := t.QueryRowContext(ctx, `SELECT left_ FROM lots WHERE charge_id = $1`, r.Charge).Scan(&left); err != nil {
			return taken, err
		}
		if left > 0 {
			return taken, ErrHeld
		}
	}
	_, err = t.exec(ctx, `UPDATE refunds SET credits = $2 WHERE id = $1`, r.ID, taken)
	return taken, err
}

const refundColumns = `id, charge_id, COALESCE(user_id, 0), stars, credits, why, tries, fence`

func scanRefund(row scanner) (r Refund, err error) {
	err = row.Scan(&r.ID, &r.Charge, &r.User, &r.Stars, &r.Credits, &r.Why, &r.Tries, &r.Fence)
	return r, notFound(err)
}

// ClaimRefund makes the caller the only one who works on it for the length of Lease, or returns ErrFenced.
func (s *Store) ClaimRefund(ctx context.Context, id string) (r Refund, err error) {
	err = s.alone(ctx, func(t tx) error {
		r, err = scanRefund(t.QueryRowContext(ctx, `UPDATE refunds SET fence = fence + 1, lease_until = now_us() + $2, sweeps = 0, updated_at = $3
			WHERE id = $1 AND status = 'asked' AND lease_until < now_us() RETURNING `+refundColumns, id, RefundLease.Microseconds(), t.now))
		return err
	})
	if errors.Is(err, ErrNotFound) {
		err = ErrFenced
	}
	return r, err
}

// YieldRefund gives the claim back for another try.
func (s *Store) YieldRefund(ctx context.Context, r Refund) error {
	return s.alone(ctx, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE refunds SET lease_until = 0 WHERE id = $1 AND fence = $2 AND status = 'asked'`, r.ID, r.Fence)
		return err
	})
}

// RefundLease is how long a claim of a refund lasts: longer than the one call that it is for, which may be made twice.
const RefundLease = 45 * time.Second

// FinishRefund notes that the Stars are with the person. ErrFenced says that it is noted, or somebody else's to note.
func (s *Store) FinishRefund(ctx context.Context, r Refund, sends []Send) (Outbox, error) {
	return s.effect(ctx, Effect{User: r.User, Sends: sends}, func(t tx) error {
		if err := t.change(ctx, ErrFenced, `UPDATE refunds SET status = 'done', lease_until = 0, ended_at = $3, updated_at = $3
			WHERE id = $1 AND fence = $2 AND status = 'asked'`, r.ID, r.Fence, t.now); err != nil {
			return err
		}
		return t.gone(ctx, r.Charge, r.User, PaymentRefunded)
	})
}

// gone notes that a payment's Stars are no longer ours, and what follows from it: a subscription does not renew, and is over
// if it ran on them; a person without another payment is one who does not pay; what they asked operators about it is answered.
func (t tx) gone(ctx context.Context, charge string, user int64, status PaymentStatus) error {
	for _, q := range []string{
		`UPDATE payments SET status = $2, updated_at = $3 WHERE charge_id = $1 AND status <> $2`,
		`UPDATE orders SET canceled_at = COALESCE(canceled_at, $3),
			ended_at = CASE WHEN until_at = (SELECT until_at FROM payments WHERE charge_id = $1) THEN $3 ELSE ended_at END
			WHERE until_at IS NOT NULL AND $2 <> '' AND id = (SELECT order_id FROM payments WHERE charge_id = $1 AND recurring)`,
		`UPDATE tickets SET status = 'closed', waits_since = NULL, closed_at = $3 WHERE charge_id = $1 AND status = 'open' AND $2 <> ''`,
	} {
		if _, err := t.exec(ctx, q, charge, string(status), t.now); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, `UPDATE users SET tier = $2 WHERE id = $1 AND tier = $3
		AND NOT EXISTS (SELECT 1 FROM payments WHERE user_id = $1 AND status IN ('paid','refunding'))`, user, string(TierFree), string(TierPaid))
	return err
}

// RefuseRefund notes that Telegram does not give it back, in words of its own, and brings the credits back to where they were.
func (s *Store) RefuseRefund(ctx context.Context, r Refund, reason string, sends []Send) (Outbox, error) {
	return s.effect(ctx, Effect{User: r.User, Sends: sends}, func(t tx) error {
		if err := t.change(ctx, ErrFenced, `UPDATE refunds SET status = 'refused', reason = $3, credits = 0, lease_until = 0, ended_at = $4, updated_at = $4
			WHERE id = $1 AND fence = $2 AND status = 'asked'`, r.ID, r.Fence, reason, t.now); err != nil {
			return err
		}
		if err := t.change(ctx, ErrFenced, `UPDATE payments SET status = CASE WHEN credits = 0 THEN 'unmatched' ELSE 'paid' END, updated_at = $2
			WHERE charge_id = $1 AND status = 'refunding'`, r.Charge, t.now); err != nil || r.Credits == 0 {
			return err
		}
		_, err := t.giveBack(ctx, r.User, kindRefund+":"+r.transferKey())
		return err
	})
}

// SweepRefunds finds refunds that nobody works on and raises their epoch. Now asks for those too that a task may still be on
// its way to.
func (s *Store) SweepRefunds(ctx context.Context, limit int, now bool) (refs []Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE refunds SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1 WHERE id IN (
				SELECT id FROM refunds WHERE status = 'asked' AND lease_until < now_us() - $2
				AND ($3 OR (updated_at < $4 AND swept_at + `+backoff+` < $1)) ORDER BY updated_at LIMIT $5)
			AND status = 'asked' RETURNING id, epoch`,
			t.now, LeaseGrace.Microseconds(), now, t.now-SweepAfter.Microseconds(), limit)
		return err
	})
	return refs, err
}

// Unwanted lists charges of payments that nobody got anything for and that nobody asked to be given back yet.
func (s *Store) Unwanted(ctx context.Context, limit int) ([]string, error) {
	return collect(ctx, s.r, func(row scanner) (c string, err error) { return c, row.Scan(&c) },
		`SELECT charge_id FROM payments p WHERE status = 'unmatched' AND problem <> 'currency'
			AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.charge_id = p.charge_id) ORDER BY created_at LIMIT $1`, limit)
}

// RefundOf returns what became of a refund, or ErrNotFound.
func (s *Store) RefundOf(ctx context.Context, charge string) (r Refund, status RefundStatus, reason string, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT `+refundColumns+`, status, reason FROM refunds WHERE charge_id = $1`, charge).
		Scan(&r.ID, &r.Charge, &r.User, &r.Stars, &r.Credits, &r.Why, &r.Tries, &r.Fence, &status, &reason)
	return r, status, reason, notFound(err)
}
