package storage

import (
	"context"
	"time"
)

// What comes in is Stars, what goes out is dollars to providers. Stars are booked on the day they were paid, and earned by the
// model that the credits they bought were spent on: what was given away earns nothing, and costs all the same.

// Money is what came in and went out, of a day or by a model.
type Money struct {
	Day      time.Time // UTC; zero for a model
	Model    string    // empty for a day
	Payments int64
	Stars    int64   // that people paid
	Refunded int64   // that went back to them
	Earned   float64 // Stars that paid for what was spent
	Spent    int64   // credits captured, given ones too
	Cost     int64   // of providers, micro-dollars; what nobody knows whether it was billed counts
	Calls    int64
}

const day = int64(24 * time.Hour / time.Microsecond)

// earned is a row per use of bought credits: when, by which generation, and what they cost in Stars.
const earned = `SELECT t.created_at AS at, t.ref AS generation, CAST(u.credits AS DOUBLE PRECISION) * p.stars / p.credits AS stars
	FROM transfers t JOIN lot_uses u ON u.transfer_id = t.id JOIN lots l ON l.id = u.lot_id JOIN payments p ON p.charge_id = l.charge_id
	WHERE t.kind = 'capture' AND t.created_at >= $1 AND p.credits > 0`

// MoneyByDay returns the days since a time on which money moved, the oldest first.
func (s *Store) MoneyByDay(ctx context.Context, since time.Time) ([]Money, error) {
	return collect(ctx, s.r, func(row scanner) (m Money, err error) {
		var n int64
		err = row.Scan(&n, &m.Payments, &m.Stars, &m.Refunded, &m.Earned, &m.Spent, &m.Cost, &m.Calls)
		m.Day = time.UnixMicro(n * day).UTC()
		return m, err
	}, `SELECT d, CAST(SUM(payments) AS BIGINT), CAST(SUM(stars) AS BIGINT), CAST(SUM(refunded) AS BIGINT), SUM(earned), CAST(SUM(spent) AS BIGINT),
			CAST(SUM(cost) AS BIGINT), CAST(SUM(calls) AS BIGINT) FROM (
		SELECT paid_at / $2 AS d, 1 AS payments, stars, 0 AS refunded, 0.0 AS earned, 0 AS spent, 0 AS cost, 0 AS calls FROM payments WHERE paid_at >= $1
		UNION ALL SELECT updated_at / $2, 0, 0, stars, 0.0, 0, 0, 0 FROM payments WHERE updated_at >= $1 AND status IN ('refunded','clawed_back')
		UNION ALL SELECT at / $2, 0, 0, 0, stars, 0, 0, 0 FROM (`+earned+`) e
		UNION ALL SELECT created_at / $2, 0, 0, 0, 0.0, amount, 0, 0 FROM transfers WHERE kind = 'capture' AND created_at >= $1
		UNION ALL SELECT created_at / $2, 0, 0, 0, 0.0, 0, COALESCE(actual_cost, est_cost), 1 FROM attempts WHERE billed <> 'no' AND created_at >= $1
	) x GROUP BY d ORDER BY d`, since.UnixMicro(), day)
}

// MoneyByModel returns the models of the catalogue that something was spent on since a time, the dearest first.
func (s *Store) MoneyByModel(ctx context.Context, since time.Time) ([]Money, error) {
	return collect(ctx, s.r, func(row scanner) (m Money, err error) {
		err = row.Scan(&m.Model, &m.Earned, &m.Spent, &m.Cost, &m.Calls)
		return m, err
	}, `SELECT model, SUM(earned), CAST(SUM(spent) AS BIGINT), CAST(SUM(cost) AS BIGINT), CAST(SUM(calls) AS BIGINT) FROM (
		SELECT g.model, e.stars AS earned, 0 AS spent, 0 AS cost, 0 AS calls FROM (`+earned+`) e JOIN generations g ON g.id = e.generation
		UNION ALL SELECT g.model, 0.0, t.amount, 0, 0 FROM transfers t JOIN generations g ON g.id = t.ref WHERE t.kind = 'capture' AND t.created_at >= $1
		UNION ALL SELECT g.model, 0.0, 0, COALESCE(a.actual_cost, a.est_cost), 1 FROM attempts a JOIN generations g ON g.id = a.generation_id
			WHERE a.billed <> 'no' AND a.created_at >= $1
	) x GROUP BY model ORDER BY 4 DESC, 2 DESC, 1`, since.UnixMicro())
}

// PaymentFilter narrows a list of payments.
type PaymentFilter struct {
	User   int64         // zero: everybody's
	Status PaymentStatus // empty: every
	Limit  int
}

// AllPayments lists payments, newest first.
func (s *Store) AllPayments(ctx context.Context, f PaymentFilter) ([]Payment, error) {
	return collect(ctx, s.r, func(row scanner) (Payment, error) { return s.scanPayment(ctx, row) },
		`SELECT `+paymentColumns+` FROM payments WHERE ($1 = 0 OR user_id = $1) AND ($2 = '' OR status = $2) ORDER BY paid_at DESC, charge_id LIMIT $3`,
		f.User, string(f.Status), f.Limit)
}

// Bought is what a payment bought and how much of that is left.
type Bought struct {
	Payment
	Left int64 // unspent
	Free int64 // Left less what open holds will take
}

// Unspent says of payments of one person what of them is left.
func (s *Store) Unspent(ctx context.Context, user int64, payments []Payment) ([]Bought, error) {
	lots, err := s.Lots(ctx, user)
	if err != nil {
		return nil, err
	}
	all := make([]Bought, 0, len(payments))
	for _, p := range payments {
		b := Bought{Payment: p}
		for _, l := range lots {
			if l.Charge == p.Charge {
				b.Left, b.Free = l.Left, l.Free
			}
		}
		all = append(all, b)
	}
	return all, nil
}
