package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Credits come in lots: each transfer that gives credits makes one, and each that takes them says from which (lot_uses).
// So it is always known what a payment bought and what of it is unspent. What was given is spent before what was bought,
// what expires soonest before the rest, and the oldest first. Lots change only while the account's row is locked, hence
// after apply. A hold takes nothing from them yet; what it will take is reckoned in the same order.

// Source is where credits of a lot came from.
type Source string

// The sources. Only purchased credits can be refunded or given away, and only they have a charge.
const (
	SourceWelcome  Source = "welcome"
	SourceDaily    Source = "daily"
	SourceReferral Source = "referral"
	SourcePromo    Source = "promo"
	SourceGift     Source = "gift"     // from another person
	SourceOperator Source = "operator" // by hand
	SourceReturn   Source = "return"   // credits that had been taken
	SourcePurchase Source = "purchase"
)

// Lot is credits that came together.
type Lot struct {
	ID      string // of the transfer that gave it
	Source  Source
	Charge  string // of a purchase
	Credits int64  // that came
	Left    int64  // unspent
	Free    int64  // Left less what open holds will take
	Expires time.Time
	Created time.Time
}

// spendingOrder is in which order lots are used up.
const spendingOrder = `source = 'purchase', COALESCE(expires_at, 9223372036854775807), created_at, id`

// Lots returns the lots of a person that have something left, in the order they are spent in.
func (s *Store) Lots(ctx context.Context, user int64) ([]Lot, error) {
	return lots(ctx, s.r, user)
}

func lots(ctx context.Context, q querier, user int64) ([]Lot, error) {
	var held int64
	all, err := collect(ctx, q, func(row scanner) (l Lot, err error) {
		var expires, created sql.NullInt64
		err = row.Scan(&l.ID, &l.Source, &l.Charge, &l.Credits, &l.Left, &expires, &created, &held)
		l.Expires, l.Created = fromMicros(expires), fromMicros(created)
		return l, err
	}, `SELECT id, source, COALESCE(charge_id, ''), credits, left_, expires_at, created_at,
			(SELECT held FROM accounts a WHERE a.user_id = $1)
		FROM lots WHERE user_id = $1 AND left_ > 0 ORDER BY `+spendingOrder, user)
	for i, l := range all {
		promised := min(held, l.Left)
		all[i].Free = l.Left - promised
		held -= promised
	}
	return all, err
}

// addLot keeps what a transfer gave.
func (t tx) addLot(ctx context.Context, e transfer, source Source, charge string, expires time.Time) error {
	_, err := t.exec(ctx, `INSERT INTO lots (id, user_id, source, charge_id, credits, left_, expires_at, created_at) VALUES ($1,$2,$3,$4,$5,$5,$6,$7)`,
		e.id, e.user, string(source), nullString(charge), e.amount, micros(expires), t.now)
	return err
}

// pick narrows the lots that credits are taken from; its zero value is all of a person's.
type pick struct {
	source Source
	lot    string
}

// use takes the amount of a transfer from lots, or returns ErrInsufficient: the picked ones have less. Those that were not
// picked always cover the open holds then, because the account does.
func (t tx) use(ctx context.Context, e transfer, from pick) error {
	if e.amount == 0 {
		return nil
	}
	taken, err := collect(ctx, t, func(row scanner) (n int64, err error) { return n, row.Scan(&n) },
		`INSERT INTO lot_uses (transfer_id, lot_id, credits)
		SELECT $1, id, CASE WHEN left_ < $3 - before THEN left_ ELSE $3 - before END FROM (
			SELECT id, left_, CAST(COALESCE(SUM(left_) OVER (ORDER BY `+spendingOrder+` ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS BIGINT) AS before
			FROM lots WHERE user_id = $2 AND left_ > 0 AND ($4 = '' OR source = $4) AND ($5 = '' OR id = $5)) l
		WHERE before < $3 RETURNING credits`, e.id, e.user, e.amount, string(from.source), from.lot)
	if err != nil {
		return err
	}
	var sum int64
	for _, n := range taken {
		sum += n
	}
	if sum != e.amount {
		return fmt.Errorf("%w: the lots for %s have %d of %d", ErrInsufficient, e.id, sum, e.amount)
	}
	return nil
}
