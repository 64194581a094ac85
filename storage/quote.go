package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// QuoteTime is how long a quote holds its prices.
const QuoteTime = 10 * time.Minute

// Quote is a wish that waits for its person: to agree to the price, or to have the credits for it. Its prices hold until
// it expires; after that it can still be asked for anew, as long as [Retention].
type Quote struct {
	ID      string
	User    int64
	Wishes  []Wish // the one that was asked for, then those that were offered beside it
	Expires time.Time
	Used    bool
}

// Wish is all that Reserve needs to know of what a person wants, and its price then.
type Wish struct {
	Request   Request `json:"request"`
	Params    Params  `json:"params"`
	Model     string  `json:"model"`
	Operation string  `json:"operation"`
	Parent    string  `json:"parent,omitempty"`
	ParentN   int     `json:"parent_n"`
	Price     int64   `json:"price"` // for all images
}

// AddQuote keeps a quote; the id is the caller's, so that buttons can name it. Nothing is kept of somebody who is being
// erased, or restricts what is done with their data: ErrRestricted.
func (s *Store) AddQuote(ctx context.Context, e Effect, q Quote) (Outbox, error) {
	return s.keepQuote(ctx, e, q, func(t tx, sealed []byte) error {
		return t.change(ctx, ErrRestricted, `INSERT INTO quotes (id, user_id, body, expires_at, created_at)
			SELECT $1, id, $3, $4, $5 FROM users WHERE id = $2 AND erasing_at IS NULL AND restricted_at IS NULL`,
			q.ID, q.User, sealed, t.now+QuoteTime.Microseconds(), t.now)
	})
}

// RenewQuote gives a quote that was not used other prices, and time anew. ErrConsumed says that it was used.
func (s *Store) RenewQuote(ctx context.Context, e Effect, q Quote) (Outbox, error) {
	return s.keepQuote(ctx, e, q, func(t tx, sealed []byte) error {
		return t.change(ctx, ErrConsumed, `UPDATE quotes SET body = $3, expires_at = $4 WHERE id = $1 AND user_id = $2 AND used_at IS NULL`,
			q.ID, q.User, sealed, t.now+QuoteTime.Microseconds())
	})
}

func (s *Store) keepQuote(ctx context.Context, e Effect, q Quote, write func(t tx, sealed []byte) error) (Outbox, error) {
	sealed, err := s.seal(ctx, q.User, "quotes|body", q.ID, q.Wishes)
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, func(t tx) error { return write(t, sealed) })
}

// OwnQuote returns one of the person's own, or ErrNotFound.
func (s *Store) OwnQuote(ctx context.Context, user int64, id string) (Quote, error) {
	q := Quote{ID: id, User: user}
	var sealed []byte
	var expires, used sql.NullInt64
	err := s.r.QueryRowContext(ctx, `SELECT body, expires_at, used_at FROM quotes WHERE id = $1 AND user_id = $2`, id, user).
		Scan(&sealed, &expires, &used)
	if err != nil {
		return q, notFound(err)
	}
	q.Expires, q.Used = fromMicros(expires), used.Valid
	return q, s.unseal(ctx, user, "quotes|body", id, sealed, &q.Wishes)
}

// DropQuote turns a quote down. ErrConsumed says that it was used.
func (s *Store) DropQuote(ctx context.Context, e Effect, user int64, id string) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		err := t.useQuote(ctx, user, id)
		if errors.Is(err, ErrExpired) {
			_, err = t.exec(ctx, `UPDATE quotes SET used_at = $3 WHERE id = $1 AND user_id = $2 AND used_at IS NULL`, id, user, t.now)
		}
		return err
	})
}

// useQuote uses a quote up while its price holds: ErrConsumed, ErrExpired.
func (t tx) useQuote(ctx context.Context, user int64, id string) error {
	n, err := t.exec(ctx, `UPDATE quotes SET used_at = $3 WHERE id = $1 AND user_id = $2 AND used_at IS NULL AND expires_at > $3`, id, user, t.now)
	if err != nil || n == 1 {
		return err
	}
	var used sql.NullInt64
	err = t.QueryRowContext(ctx, `SELECT used_at FROM quotes WHERE id = $1 AND user_id = $2`, id, user).Scan(&used)
	switch {
	case err != nil:
		return notFound(err)
	case used.Valid:
		return ErrConsumed
	}
	return ErrExpired
}

// month is the start of the calendar month, UTC, in microseconds.
func month(now int64) int64 {
	t := time.UnixMicro(now).UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC).UnixMicro()
}

// spentQuery is what a person spent since $2, and has set aside.
const spentQuery = `SELECT a.held + COALESCE((SELECT SUM(amount) FROM transfers
	WHERE user_id = $1 AND kind = 'capture' AND created_at >= $2), 0) FROM accounts a WHERE a.user_id = $1`

// Spent is how many credits a person spent in this calendar month, UTC, with those that are set aside.
func (s *Store) Spent(ctx context.Context, user int64) (n int64, err error) {
	err = s.r.QueryRowContext(ctx, spentQuery, user, month(s.now().UnixMicro())).Scan(&n)
	return n, notFound(err)
}

// underCap refuses what would take a person beyond their own limit of the month: ErrCapped. The account is locked first, so
// that two at once cannot both be the last that fits: the sums are read by a later statement, which sees what the other
// committed.
func (t tx) underCap(ctx context.Context, user, limit, amount int64) error {
	if limit == 0 || amount == 0 {
		return nil
	}
	if err := t.lock(ctx, user); err != nil {
		return err
	}
	var spent int64
	if err := t.QueryRowContext(ctx, spentQuery, user, month(t.now)).Scan(&spent); err != nil {
		return err
	}
	if spent+amount > limit {
		return ErrCapped
	}
	return nil
}
