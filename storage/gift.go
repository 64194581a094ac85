package storage

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"database/sql"
	"strings"
	"time"
)

// Gift is credits in a link: out of the giver's account since it was made, and nobody's until it is opened.
//
//	open ──► taken | returned
type Gift struct {
	ID      string // what the link says
	User    int64  // who gives
	Credits int64
	Status  GiftStatus
	Expires time.Time
}

// GiftStatus is where a gift stands.
type GiftStatus string

// The statuses.
const (
	GiftOpen     GiftStatus = "open"     // entered when it is made
	GiftTaken    GiftStatus = "taken"    // entered by whoever opens it first
	GiftReturned GiftStatus = "returned" // entered by the giver, or by the sweeper when its time is over
)

// GiftTime is how long a gift waits to be opened.
const GiftTime = 7 * 24 * time.Hour

const (
	giftSecret = 12 // random characters of a gift's id
	giftCode   = 10 // and those of the keyed code after them
)

// NewGiftID makes an id that nobody can guess, or make up: the database is not even asked about one that was.
func (s *Store) NewGiftID() string {
	secret := strings.ToLower(rand.Text()[:giftSecret])
	return secret + s.publicCode("gift", secret, giftCode)
}

func (s *Store) madeHere(gift string) bool {
	if len(gift) != giftSecret+giftCode {
		return false
	}
	return hmac.Equal([]byte(gift[giftSecret:]), []byte(s.publicCode("gift", gift[:giftSecret], giftCode)))
}

// Gift returns a gift, or ErrNotFound.
func (s *Store) Gift(ctx context.Context, id string) (g Gift, err error) {
	if !s.madeHere(id) {
		return g, ErrNotFound
	}
	g, err = scanGift(s.r.QueryRowContext(ctx, `SELECT `+giftColumns+` FROM gifts WHERE id = $1`, id))
	return g, notFound(err)
}

const giftColumns = `id, user_id, credits, status, expires_at`

func scanGift(row scanner) (g Gift, err error) {
	var expires sql.NullInt64
	err = row.Scan(&g.ID, &g.User, &g.Credits, &g.Status, &expires)
	g.Expires = fromMicros(expires)
	return g, err
}

// Giftable is how many credits a person can give away: what they bought, and neither spent nor set aside.
func (s *Store) Giftable(ctx context.Context, user int64) (n int64, err error) {
	all, err := s.Lots(ctx, user)
	for _, l := range all {
		if l.Source == SourcePurchase {
			n += l.Free
		}
	}
	return n, err
}

// MakeGift sets credits aside for whoever opens the gift. At most daily of them are made in 24 hours: ErrTooMany.
// ErrInsufficient says that the person has not bought as much, ErrBanned and ErrRestricted that they may not.
func (s *Store) MakeGift(ctx context.Context, e Effect, g Gift, daily int64) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		if err := t.welcome(ctx, g.User); err != nil {
			return err
		}
		if err := t.lock(ctx, g.User); err != nil { // so that two at once count each other
			return err
		}
		if err := t.change(ctx, ErrTooMany, `INSERT INTO gifts (id, user_id, credits, status, expires_at, created_at)
			SELECT $1, id, $3, 'open', $4, $5 FROM users WHERE id = $2
			AND (SELECT COUNT(*) FROM gifts WHERE user_id = $2 AND created_at > $6) < $7`,
			g.ID, g.User, g.Credits, t.now+GiftTime.Microseconds(), t.now, t.now-(24*time.Hour).Microseconds(), daily); err != nil {
			return err
		}
		return t.giftOut(ctx, g.ID, g.User, g.Credits)
	})
}

// TakeGift gives a gift to who opened it, the first. ErrConsumed says that it is gone or their own.
func (s *Store) TakeGift(ctx context.Context, e Effect, id string, user int64) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		if err := t.welcome(ctx, user); err != nil {
			return err
		}
		if err := t.change(ctx, ErrConsumed, `UPDATE gifts SET status = 'taken', closed_at = $3
			WHERE id = $1 AND status = 'open' AND expires_at > $3 AND user_id <> $2`, id, user, t.now); err != nil {
			return err
		}
		return t.giftIn(ctx, id, user)
	})
}

// ReturnGift gives a gift back to who made it, as the credits they were. ErrConsumed says that it is gone, or not theirs.
func (s *Store) ReturnGift(ctx context.Context, e Effect, id string, user int64) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		if err := t.change(ctx, ErrConsumed, `UPDATE gifts SET status = 'returned', closed_at = $3
			WHERE id = $1 AND status = 'open' AND user_id = $2`, id, user, t.now); err != nil {
			return err
		}
		return t.giftIn(ctx, id, user)
	})
}

// StaleGifts returns gifts that nobody opened in time.
func (s *Store) StaleGifts(ctx context.Context, limit int) ([]Gift, error) {
	return collect(ctx, s.r, scanGift, `SELECT `+giftColumns+` FROM gifts WHERE status = 'open' AND expires_at <= $1
		ORDER BY expires_at LIMIT $2`, s.now().UnixMicro(), limit)
}
