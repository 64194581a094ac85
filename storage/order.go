package storage

import (
	"context"
	"database/sql"
	"time"
)

// OrderStatus is how far an order is.
type OrderStatus string

// The statuses.
const (
	OrderOpen OrderStatus = "open" // entered when it is made, left by its first payment; it can be paid until it expires
	OrderPaid OrderStatus = "paid" // entered by the first payment; a subscription gets more of them
)

// OrderTime is how long an order can be paid.
const OrderTime = 24 * time.Hour

// orderAgain is how long the same order is not made twice: somebody tapped twice.
const orderAgain = 5 * time.Second

// orderKept is how long after its making an order is kept that nobody paid. Telegram may tell late of a payment.
const orderKept = 30 * 24 * time.Hour

// Order is an offer to a person, its prices frozen.
type Order struct {
	ID      string // the payload of its invoice
	User    int64
	Pack    string
	Stars   int64         // what each payment costs
	Credits int64         // what each payment gives
	Period  time.Duration // of a subscription; zero for a single payment
	Status  OrderStatus
	Quote   string // the wish that waits for it, or empty
	Expires time.Time
	Created time.Time
	Paid    time.Time // first
	// Of a subscription: until when it is paid, when it was canceled, when it was over. Zero for not.
	Until, Canceled, Ended time.Time
}

const orderColumns = `id, user_id, pack, stars, credits, period, status, COALESCE(quote_id, ''), expires_at, created_at, paid_at, until_at, canceled_at, ended_at`

func scanOrder(row scanner) (o Order, err error) {
	var seconds int64
	var expires, created, paid, until, canceled, ended sql.NullInt64
	err = row.Scan(&o.ID, &o.User, &o.Pack, &o.Stars, &o.Credits, &seconds, &o.Status, &o.Quote, &expires, &created, &paid, &until, &canceled, &ended)
	o.Period = time.Duration(seconds) * time.Second
	o.Expires, o.Created, o.Paid = fromMicros(expires), fromMicros(created), fromMicros(paid)
	o.Until, o.Canceled, o.Ended = fromMicros(until), fromMicros(canceled), fromMicros(ended)
	return o, notFound(err)
}

// OpenOrder makes an order; the id is the caller's, so that its invoice can name it. ErrConsumed says that the same order was
// made a moment ago, ErrRestricted that nothing is sold to its person.
func (s *Store) OpenOrder(ctx context.Context, e Effect, o Order) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		if err := t.allowed(ctx, o.User, `TRUE`); err != nil {
			return err
		}
		return t.change(ctx, ErrConsumed, `INSERT INTO orders (id, user_id, pack, stars, credits, period, status, quote_id, expires_at, created_at)
			SELECT $1, id, $3, $4, $5, $6, 'open', $7, $8, $9 FROM users WHERE id = $2 AND NOT EXISTS (
				SELECT 1 FROM orders o WHERE o.user_id = users.id AND o.pack = $3 AND o.status = 'open' AND o.created_at > $10)`,
			o.ID, o.User, o.Pack, o.Stars, o.Credits, int64(o.Period/time.Second), nullString(o.Quote), t.now+OrderTime.Microseconds(),
			t.now, t.now-orderAgain.Microseconds())
	})
}

// Order returns an order, or ErrNotFound.
func (s *Store) Order(ctx context.Context, id string) (Order, error) {
	return scanOrder(s.r.QueryRowContext(ctx, `SELECT `+orderColumns+` FROM orders WHERE id = $1`, id))
}

// LinkOrder notes the link to an order's invoice.
func (s *Store) LinkOrder(ctx context.Context, user int64, order, link string) error {
	return s.write(ctx, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE orders SET link = $3 WHERE id = $1 AND user_id = $2`, order, user, link)
	})
}

// OpenOrderOf returns the person's newest order of a pack that can still be paid, and the link to its invoice, which is empty as
// long as there is none. ErrNotFound says that there is no such order.
func (s *Store) OpenOrderOf(ctx context.Context, user int64, pack string) (o Order, link string, err error) {
	var expires sql.NullInt64
	err = s.r.QueryRowContext(ctx, `SELECT id, stars, credits, expires_at, link FROM orders WHERE user_id = $1 AND pack = $2 AND status = 'open'
		AND expires_at > $3 ORDER BY created_at DESC, id DESC LIMIT 1`, user, pack, s.now().UnixMicro()).Scan(&o.ID, &o.Stars, &o.Credits, &expires, &link)
	o.User, o.Pack, o.Expires = user, pack, fromMicros(expires)
	return o, link, notFound(err)
}

// Subscription returns the person's running subscription and the charge that Telegram knows it by, or ErrNotFound.
func (s *Store) Subscription(ctx context.Context, user int64) (o Order, charge string, err error) {
	o, err = scanOrder(s.r.QueryRowContext(ctx, `SELECT `+orderColumns+` FROM orders WHERE user_id = $1 AND until_at IS NOT NULL
		AND ended_at IS NULL ORDER BY until_at DESC LIMIT 1`, user))
	if err != nil {
		return o, "", err
	}
	err = s.r.QueryRowContext(ctx, `SELECT charge_id FROM payments WHERE order_id = $1 AND user_id = $2 AND recurring
		ORDER BY first DESC, paid_at LIMIT 1`, o.ID, user).Scan(&charge)
	return o, charge, notFound(err)
}

// CancelSubscription notes that a running subscription is not to renew, or that it is after all. ErrConsumed says that it was
// so before, or that it is over.
func (s *Store) CancelSubscription(ctx context.Context, e Effect, user int64, order string, canceled bool) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		var at any
		if canceled {
			at = t.now
		}
		return t.change(ctx, ErrConsumed, `UPDATE orders SET canceled_at = $3 WHERE id = $1 AND user_id = $2 AND until_at IS NOT NULL
			AND ended_at IS NULL AND (canceled_at IS NULL) = $4`, order, user, at, canceled)
	})
}

// LapsedSubscriptions are those that ended a while ago without a renewal, and of which nobody was told.
func (s *Store) LapsedSubscriptions(ctx context.Context, grace time.Duration, limit int) ([]Order, error) {
	return collect(ctx, s.r, scanOrder, `SELECT `+orderColumns+` FROM orders WHERE until_at < $1 AND ended_at IS NULL ORDER BY until_at LIMIT $2`,
		s.now().Add(-grace).UnixMicro(), limit)
}

// EndSubscription notes that a subscription is over. ErrFenced says that it was renewed meanwhile, or ended.
func (s *Store) EndSubscription(ctx context.Context, e Effect, o Order) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE orders SET ended_at = $3 WHERE id = $1 AND until_at = $2 AND ended_at IS NULL`,
			o.ID, o.Until.UnixMicro(), t.now)
	})
}
