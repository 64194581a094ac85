package storage

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"time"
)

// By is the operator who does something, and why.
type By struct {
	Who string `json:"who"`           // account of the operator
	Why string `json:"why,omitempty"` // in the operator's words, sealed; empty where nothing has to be said
}

// Act is what an operator does, for the record.
type Act struct {
	ID string `json:"id"`
	By
	What   string    `json:"what"`
	Object string    `json:"object"` // an id, or a hashed person: nothing personal
	At     time.Time `json:"at"`
}

// Decide ends an appeal. One that is accepted lifts the strike of the case, and the ban where the case is one. ErrNotFound
// says that nobody appealed, or that it was decided.
func (s *Store) Decide(ctx context.Context, e Effect, a Act, c Case, accept bool) (Outbox, error) {
	status := CaseRejected
	if accept {
		status = CaseAccepted
	}
	return s.acted(ctx, e, a, func(t tx) error {
		if err := t.change(ctx, ErrNotFound, `UPDATE cases SET status = $2, decided_at = $3 WHERE id = $1 AND status = 'appealed'`,
			c.ID, string(status), t.now); err != nil || !accept {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM strikes WHERE id = $1`, c.ID); err != nil {
			return err
		}
		if err := t.liftPause(ctx, c); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE users SET ban_until = NULL, ban_case = NULL WHERE id = $1 AND ban_case = $2`, c.User, c.ID)
		return err
	})
}

// Ban bans a person until a time, instead of any ban there is.
func (s *Store) Ban(ctx context.Context, e Effect, a Act, c Case, until time.Time) (Outbox, error) {
	ban, err := s.banner(ctx, c, until)
	if err != nil {
		return nil, err
	}
	return s.acted(ctx, e, a, func(t tx) error {
		if err := t.unban(ctx, c.User); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		return ban(t)
	})
}

// Unban lifts a ban and the strikes behind it. ErrNotFound says that there is none.
func (s *Store) Unban(ctx context.Context, e Effect, a Act, user int64) (Outbox, error) {
	return s.acted(ctx, e, a, func(t tx) error {
		if err := t.unban(ctx, user); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM strikes WHERE user_id = $1`, user)
		return err
	})
}

func (t tx) unban(ctx context.Context, user int64) error {
	return t.change(ctx, ErrNotFound, `UPDATE users SET ban_until = NULL, ban_case = NULL WHERE id = $1 AND ban_until > $2`, user, t.now)
}

// Report is what a person says is wrong with a result.
type Report struct {
	Generation string
	User       int64
	Reason     string // of a closed set
	Model      string
	Providers  []string // who painted
	At         time.Time
}

// Report keeps a report, the first of a person about a result. ErrConsumed says that there is one.
func (s *Store) Report(ctx context.Context, e Effect, r Report) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrConsumed, `INSERT INTO reports (generation_id, user_id, reason, created_at) VALUES ($1,$2,$3,$4)
			ON CONFLICT (generation_id, user_id) DO NOTHING`, r.Generation, r.User, r.Reason, t.now)
	})
}

// Reports lists reports, newest first.
func (s *Store) Reports(ctx context.Context, limit int) ([]Report, error) {
	rows, err := collect(ctx, s.r, func(row scanner) (r Report, err error) {
		var at sql.NullInt64
		var provider sql.NullString
		err = row.Scan(&r.Generation, &r.User, &r.Reason, &r.Model, &at, &provider)
		r.At = fromMicros(at)
		if provider.Valid {
			r.Providers = []string{provider.String}
		}
		return r, err
	}, `SELECT r.generation_id, r.user_id, r.reason, g.model, r.created_at, a.provider FROM reports r
		JOIN generations g ON g.id = r.generation_id
		LEFT JOIN attempts a ON a.generation_id = r.generation_id AND a.state = 'succeeded'
		ORDER BY r.created_at DESC, r.generation_id, r.user_id, a.seq LIMIT $1`, limit)
	var all []Report
	for _, r := range rows {
		if n := len(all); n > 0 && all[n-1].Generation == r.Generation && all[n-1].User == r.User {
			if last := &all[n-1]; !slices.Contains(last.Providers, r.Providers[0]) {
				last.Providers = append(last.Providers, r.Providers[0])
			}
			continue
		}
		all = append(all, r)
	}
	return all, err
}

// FindPerson returns our id of the person with a Telegram id, or ErrNotFound. Nothing is kept of one that is not known.
func (s *Store) FindPerson(ctx context.Context, telegramID int64) (id int64, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT id FROM users WHERE lookup = $1`,
		s.keys.Index("telegram", strconv.FormatInt(telegramID, 10))).Scan(&id)
	return id, notFound(err)
}

// People gives the ids of all people to yield, until it returns false.
func (s *Store) People(ctx context.Context, yield func(id int64) bool) error {
	for after := int64(0); ; {
		ids, err := collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
			`SELECT id FROM users WHERE id > $1 AND kind = 'person' ORDER BY id LIMIT 1000`, after)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, after = range ids {
			if !yield(after) {
				return nil
			}
		}
	}
}
