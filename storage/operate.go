package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// What operators do about a generation. Each act is one transaction with its line in the audit log and with what the person
// is told.

// effectBy is effect, or acted where an operator does it.
func (s *Store) effectBy(ctx context.Context, e Effect, a *Act, f func(t tx) error) (Outbox, error) {
	if a == nil {
		return s.effect(ctx, e, f)
	}
	return s.acted(ctx, e, *a, f)
}

// CancelFor is Cancel in the person's stead.
func (s *Store) CancelFor(ctx context.Context, a Act, g Generation, final []Send) (canceled bool, err error) {
	rows, err := s.sealSends(ctx, final)
	if err != nil {
		return false, err
	}
	_, err = s.acted(ctx, Effect{}, a, func(t tx) error {
		canceled, _, err = t.cancel(ctx, g.User, g.ID, rows)
		return err
	})
	return canceled, err
}

// RedeliverFor owes the person again what could not be delivered. ErrNotFound says that there is no such generation,
// ErrConsumed that it is owed already.
func (s *Store) RedeliverFor(ctx context.Context, a Act, g Generation, again Send) error {
	_, err := s.acted(ctx, Effect{User: g.User, Sends: []Send{again}}, a, func(t tx) error {
		var open int
		err := t.QueryRowContext(ctx, `SELECT COUNT(*) FROM deliveries WHERE generation_id = $1 AND kind = 'result' AND status IN ('pending','sending')`,
			g.ID).Scan(&open)
		if err == nil && open > 1 { // this one, and one before it
			err = ErrConsumed
		}
		if err != nil {
			return err
		}
		return t.change(ctx, ErrNotFound, `UPDATE generations SET updated_at = $2 WHERE id = $1 AND status = 'undeliverable' AND deleted_at IS NULL`,
			g.ID, t.now)
	})
	return err
}

// returnKey of the transfer grant:return:settle:<generation>.
func returnKey(generation string) string { return "return:settle:" + generation }

// ReturnCredits gives back what a generation cost: to where it was taken from, so that what was bought can still be
// refunded; what would have expired by now comes as credits that do not. What a payment paid for that went back itself stays
// spent. tell makes what the person is told of so many credits. ErrNotFound says that nothing was spent on it, ErrConsumed
// that it was given back, ErrHeld that a payment is just going back.
func (s *Store) ReturnCredits(ctx context.Context, a Act, g Generation, tell func(credits int64) ([]Send, error)) (credits int64, err error) {
	_, err = s.acted(ctx, Effect{User: g.User}, a, func(t tx) error {
		if credits, err = t.returnCredits(ctx, g); err != nil {
			return err
		}
		sends, err := tell(credits)
		if err != nil {
			return err
		}
		_, err = s.oweInside(ctx, t, sends)
		return err
	})
	return credits, err
}

// spent of a generation: lasting is from lots that stay, expiring from those that do not, leaving from payments that are
// just going back.
const spentOf = `SELECT CAST(COALESCE(SUM(CASE WHEN l.expires_at IS NULL AND COALESCE(p.status, 'paid') = 'paid' THEN u.credits END), 0) AS BIGINT),
		CAST(COALESCE(SUM(CASE WHEN l.expires_at IS NOT NULL THEN u.credits END), 0) AS BIGINT),
		CAST(COALESCE(SUM(CASE WHEN p.status = 'refunding' THEN u.credits END), 0) AS BIGINT), COUNT(*)
	FROM lot_uses u JOIN lots l ON l.id = u.lot_id LEFT JOIN payments p ON p.charge_id = l.charge_id WHERE u.transfer_id = $1`

func (t tx) returnCredits(ctx context.Context, g Generation) (credits int64, err error) {
	taker := "settle:" + g.ID
	e := transfer{id: "grant:" + returnKey(g.ID), kind: "grant", user: g.User, counter: "operations", ref: returnKey(g.ID)}
	err = t.QueryRowContext(ctx, `SELECT amount FROM transfers WHERE id = $1`, e.id).Scan(&credits)
	if err == nil {
		return 0, ErrConsumed
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	if err := t.lock(ctx, g.User); err != nil {
		return 0, err
	}
	var lasting, expiring, leaving, uses int64
	if err := t.QueryRowContext(ctx, spentOf, taker).Scan(&lasting, &expiring, &leaving, &uses); err != nil {
		return 0, err
	}
	switch e.amount = lasting + expiring; {
	case leaving > 0:
		return 0, ErrHeld
	case e.amount == 0:
		return 0, ErrNotFound
	}
	e.posted = e.amount
	if fresh, err := t.post(ctx, e); err != nil || !fresh {
		return 0, errors.Join(err, ErrConsumed)
	}
	if _, err := t.exec(ctx, `INSERT INTO lot_uses (transfer_id, lot_id, credits) SELECT $1, u.lot_id, -u.credits FROM lot_uses u JOIN lots l ON l.id = u.lot_id
		LEFT JOIN payments p ON p.charge_id = l.charge_id WHERE u.transfer_id = $2 AND l.expires_at IS NULL AND COALESCE(p.status, 'paid') = 'paid'`,
		e.id, taker); err != nil {
		return 0, fmt.Errorf("return credits to their lots: %w", err)
	}
	if credits = e.amount; expiring == 0 {
		return credits, nil
	}
	_, err = t.exec(ctx, `INSERT INTO lots (id, user_id, source, credits, left_, created_at) VALUES ($1,$2,$3,$4,$4,$5)`,
		e.id, e.user, string(SourceReturn), expiring, t.now)
	return credits, err
}
