package storage

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Promo is a code that brings credits.
type Promo struct {
	ID        string        `json:"id"`
	Label     string        `json:"label"` // for operators; the code itself is not kept
	Credits   int64         `json:"credits"`
	Uses      int64         `json:"uses"` // in all; zero is no limit
	Used      int64         `json:"used"`
	PerPerson int64         `json:"per_person"`
	Keep      time.Duration `json:"keep_ns,omitempty"` // how long the credits can be used; zero is for ever
	Expires   time.Time     `json:"expires,omitzero"`
	Disabled  time.Time     `json:"disabled,omitzero"`
	Created   time.Time     `json:"created"`
}

// ErrUsedUp says that a code was used as often as it was made for. ErrConsumed is about a person's own share.
var ErrUsedUp = errors.New("storage: everything was given away")

// promoCode is how codes are compared: without regard to case and to spaces around.
func promoCode(typed string) string { return strings.ToUpper(strings.TrimSpace(typed)) }

func (s *Store) promoKey(code string) []byte { return s.keys.Index("promo", promoCode(code)) }

// AddPromo makes a code. ErrKeyReuse says that there is one of that name, also if it is disabled.
func (s *Store) AddPromo(ctx context.Context, a Act, code string, p Promo) (Promo, error) {
	id, err := s.NewID()
	if err != nil {
		return p, err
	}
	p.ID, a.Object = id, id
	_, err = s.acted(ctx, Effect{}, a, func(t tx) error {
		p.Created = time.UnixMicro(t.now)
		return t.change(ctx, ErrKeyReuse, `INSERT INTO promos (id, code_key, label, credits, uses, per_person, keep, expires_at, created_at)
			VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT (code_key) DO NOTHING`,
			id, s.promoKey(code), p.Label, p.Credits, p.Uses, p.PerPerson, p.Keep.Microseconds(), micros(p.Expires), t.now)
	})
	return p, err
}

const promoColumns = `id, label, credits, uses, used, per_person, keep, expires_at, disabled_at, created_at`

// promoFields are the targets of promoColumns; the returned function makes a Promo of them.
func promoFields(p *Promo) (fields []any, finish func()) {
	var keep int64
	var expires, disabled, created sql.NullInt64
	return []any{&p.ID, &p.Label, &p.Credits, &p.Uses, &p.Used, &p.PerPerson, &keep, &expires, &disabled, &created}, func() {
		p.Keep = time.Duration(keep) * time.Microsecond
		p.Expires, p.Disabled, p.Created = fromMicros(expires), fromMicros(disabled), fromMicros(created)
	}
}

// Promos lists the codes there are, newest first.
func (s *Store) Promos(ctx context.Context, limit int) ([]Promo, error) {
	return collect(ctx, s.r, func(row scanner) (p Promo, err error) {
		fields, finish := promoFields(&p)
		err = row.Scan(fields...)
		finish()
		return p, err
	}, `SELECT `+promoColumns+` FROM promos ORDER BY id DESC LIMIT $1`, limit)
}

// DisablePromo ends a code, named by itself or by its id. What was given with it stays. ErrNotFound says that there is none.
func (s *Store) DisablePromo(ctx context.Context, a Act, code string) (p Promo, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT id FROM promos WHERE (code_key = $1 OR id = $2) AND disabled_at IS NULL`,
		s.promoKey(code), code).Scan(&a.Object)
	if err != nil {
		return p, notFound(err)
	}
	_, err = s.acted(ctx, Effect{}, a, func(t tx) error {
		fields, finish := promoFields(&p)
		defer finish()
		return notFound(t.QueryRowContext(ctx, `UPDATE promos SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL
			RETURNING `+promoColumns, a.Object, t.now).Scan(fields...))
	})
	return p, err
}

// Promo returns what a code brings, or why it brings nothing: ErrNotFound, ErrExpired, ErrUsedUp, ErrConsumed for a person
// who had their share. The code is found by a keyed hash and compared in constant time, so that nothing can be learned from how long that
// takes.
func (s *Store) Promo(ctx context.Context, user int64, code string) (p Promo, err error) {
	key := s.promoKey(code)
	var found []byte
	var mine int64
	fields, finish := promoFields(&p)
	err = s.r.QueryRowContext(ctx, `SELECT code_key, (SELECT COUNT(*) FROM promo_uses u WHERE u.promo_id = promos.id AND u.user_id = $2), `+
		promoColumns+` FROM promos WHERE code_key = $1`, key, user).Scan(append([]any{&found, &mine}, fields...)...)
	finish()
	switch {
	case err != nil:
		return p, notFound(err)
	case !hmac.Equal(key, found), !p.Disabled.IsZero():
		return p, ErrNotFound
	case mine >= p.PerPerson:
		return p, ErrConsumed
	case !p.Expires.IsZero() && !s.now().Before(p.Expires):
		return p, ErrExpired
	case p.Uses > 0 && p.Used >= p.Uses:
		return p, ErrUsedUp
	}
	return p, nil
}

// RedeemPromo gives what a code brings. Its row is locked by the statement that counts the use, so that its limits hold
// however many redeem it at once; the errors are those of [Store.Promo], ErrBanned and ErrRestricted.
func (s *Store) RedeemPromo(ctx context.Context, e Effect, user int64, p Promo) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		if err := t.welcome(ctx, user); err != nil {
			return err
		}
		if err := t.change(ctx, ErrUsedUp, `UPDATE promos SET used = used + 1 WHERE id = $1 AND disabled_at IS NULL
			AND (expires_at IS NULL OR expires_at > $2) AND (uses = 0 OR used < uses)`, p.ID, t.now); err != nil {
			return err
		}
		var mine int64
		var before bool // somebody who was erased may have used it
		if err := t.QueryRowContext(ctx, `SELECT COUNT(*), EXISTS (SELECT 1 FROM users u, promos p WHERE u.id = $2 AND p.id = $1 AND p.created_at < u.welcomed_at)
			FROM promo_uses WHERE promo_id = $1 AND user_id = $2`, p.ID, user).Scan(&mine, &before); err != nil {
			return err
		}
		if before || mine >= p.PerPerson {
			return ErrConsumed // rolls the count back
		}
		if _, err := t.exec(ctx, `INSERT INTO promo_uses (promo_id, user_id, n, created_at) VALUES ($1,$2,$3,$4)`, p.ID, user, mine+1, t.now); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM promo_misses WHERE user_id = $1`, user); err != nil {
			return err
		}
		_, err := t.give(ctx, Given{
			User: user, Key: fmt.Sprintf("promo:%s:%d:%d", p.ID, user, mine+1), Source: SourcePromo, Credits: p.Credits, Expires: t.after(p.Keep),
		})
		return err
	})
}

// Guessing codes: a few mistakes cost nothing, after that each doubles the wait; a day without one forgets them.
const (
	missesFree  = 5
	missPause   = time.Minute
	longestMiss = 24 * time.Hour
)

// PromoPause is how long a person who typed codes there are not has to wait before the next.
func (s *Store) PromoPause(ctx context.Context, user int64) (time.Duration, error) {
	var misses, at int64
	err := s.r.QueryRowContext(ctx, `SELECT misses, missed_at FROM promo_misses WHERE user_id = $1`, user).Scan(&misses, &at)
	if errors.Is(err, sql.ErrNoRows) || misses < missesFree {
		return 0, ignore(err, sql.ErrNoRows)
	}
	wait := min(missPause<<min(misses-missesFree, 11), longestMiss)
	return max(0, time.UnixMicro(at).Add(wait).Sub(s.now())), nil
}

// ignore returns err, or nil where it is the target.
func ignore(err, target error) error {
	if errors.Is(err, target) {
		return nil
	}
	return err
}

// MissPromo counts a code that there is not.
func (s *Store) MissPromo(ctx context.Context, e Effect, user int64) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO promo_misses (user_id, misses, missed_at) SELECT id, 1, $2 FROM users
			WHERE id = $1 AND erasing_at IS NULL ON CONFLICT (user_id) DO UPDATE SET missed_at = excluded.missed_at,
			misses = CASE WHEN promo_misses.missed_at < $3 THEN 1 ELSE promo_misses.misses + 1 END`,
			user, t.now, t.now-longestMiss.Microseconds())
		return err
	})
}
