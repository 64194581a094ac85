package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// What operators do is written down in the transaction that does it: an act without its line, or a line without its act,
// cannot be. Lines are append-only. Each carries a signature over itself and the signature before it, with a key that is
// not in this database, so that one that was changed, taken out or put in by hand shows. As with checkpoints, the end alone
// can be cut off unseen.

// actPurpose is what the signing key is for.
const actPurpose = "audit"

// link is an act in the chain.
type link struct {
	Act
	n         int64
	why       []byte // sealed
	signature []byte
}

// message is what is signed, given the signature before it.
func (l link) message(before []byte) []byte {
	return fmt.Appendf(nil, "imagika audit 1\n%d %q %q %q %q %d %x %x", l.n, l.ID, l.Who, l.What, l.Object, l.At.UnixMicro(), l.why, before)
}

// acted is effect for what an operator does.
func (s *Store) acted(ctx context.Context, e Effect, a Act, f func(t tx) error) (Outbox, error) {
	id, err := s.NewID()
	if err != nil {
		return nil, err
	}
	l := link{Act: a}
	l.ID = id
	if a.Why != "" {
		if l.why, err = s.seal(ctx, nobody, "audit|why", id, a.Why); err != nil {
			return nil, err
		}
	}
	return s.effect(ctx, e, func(t tx) error {
		if err := s.enlist(ctx, t, l); err != nil {
			return err
		}
		return f(t)
	})
}

// Acted is Record for what an operator does elsewhere, or is about to: what Redis keeps, what is only looked at.
func (s *Store) Acted(ctx context.Context, e Effect, a Act) (Outbox, error) {
	return s.acted(ctx, e, a, func(tx) error { return nil })
}

// enlist adds a link. The next one waits here for the end of this transaction.
func (s *Store) enlist(ctx context.Context, t tx, l link) error {
	if _, err := t.exec(ctx, `INSERT INTO leases (name) VALUES ('audit') ON CONFLICT (name) DO UPDATE SET holder = ''`); err != nil {
		return err
	}
	var before []byte
	err := t.QueryRowContext(ctx, `SELECT n, signature FROM audit WHERE n IS NOT NULL ORDER BY n DESC LIMIT 1`).Scan(&l.n, &before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	l.n++
	l.At = time.UnixMicro(t.now)
	l.signature = s.keys.Sign(actPurpose, l.message(before))
	_, err = t.exec(ctx, `INSERT INTO audit (id, who, what, object, created_at, n, why, signature) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`,
		l.ID, l.Who, l.What, l.Object, t.now, l.n, l.why, l.signature)
	return err
}

const linkColumns = `id, who, what, object, created_at, COALESCE(n, 0), why, signature FROM audit`

func scanLink(row scanner) (l link, err error) {
	var at sql.NullInt64
	err = row.Scan(&l.ID, &l.Who, &l.What, &l.Object, &at, &l.n, &l.why, &l.signature)
	l.At = fromMicros(at)
	return l, err
}

// ActFilter narrows a list of acts; zero values leave it open.
type ActFilter struct {
	Who    string
	Object string
	Since  time.Time
	Limit  int // at most; zero is all
}

// Acts lists what operators did, newest first.
func (s *Store) Acts(ctx context.Context, f ActFilter) ([]Act, error) {
	limit := int64(f.Limit)
	if limit == 0 {
		limit = 1 << 62
	}
	links, err := collect(ctx, s.r, scanLink, `SELECT `+linkColumns+` WHERE ($1 = '' OR who = $1) AND ($2 = '' OR object = $2) AND created_at >= $3
		ORDER BY created_at DESC, id DESC LIMIT $4`, f.Who, f.Object, sinceMicros(f.Since), limit)
	all := make([]Act, 0, len(links))
	for _, l := range links {
		if l.why != nil {
			if err := s.unseal(ctx, nobody, "audit|why", l.ID, l.why, &l.Why); err != nil {
				return nil, err
			}
		}
		all = append(all, l.Act)
	}
	return all, err
}

// sinceMicros is a point in time to compare with; the zero time is before everything.
func sinceMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// What a look at the chain says.
const (
	actMissing = "no line of the audit log is missing"
	actChanged = "a line of the audit log is as it was written"
)

// verifyActs names the lines of the audit log that are not as they were written.
func (s *Store) verifyActs(ctx context.Context) (broken []Violation, err error) {
	links, err := collect(ctx, s.r, scanLink, `SELECT `+linkColumns+` WHERE n IS NOT NULL ORDER BY n`)
	if err != nil {
		return nil, err
	}
	var before link
	for _, l := range links {
		if l.n != before.n+1 {
			broken = append(broken, Violation{actMissing, strconv.FormatInt(before.n+1, 10)})
		} else if !s.keys.Signed(actPurpose, l.message(before.signature), l.signature) {
			broken = append(broken, Violation{actChanged, l.ID})
		}
		before = l
	}
	return broken[:min(len(broken), 10)], nil
}
