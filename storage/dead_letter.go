package storage

import (
	"context"
	"database/sql"
	"time"
)

// DeadLetter is an update that was given up.
type DeadLetter struct {
	ID       string    `json:"id"` // keyed hash of the update
	Error    string    `json:"error"`
	Failures int64     `json:"failures"`
	Bytes    int64     `json:"bytes"` // sealed
	Buried   time.Time `json:"buried"`
	Retried  time.Time `json:"retried,omitzero"`
	Handled  bool      `json:"handled"` // after it was tried again
}

// deadLetterColumns count as handled what was tried again and seen since: burying marks an update as seen, trying it again
// takes that back.
const deadLetterColumns = `update_key, error, failures, COALESCE(length(body), 0), created_at, retried_at, retried_at IS NOT NULL
	AND EXISTS (SELECT 1 FROM seen_updates s WHERE s.update_key = dead_letters.update_key) FROM dead_letters`

func scanDeadLetter(row scanner) (d DeadLetter, err error) {
	var buried, retried sql.NullInt64
	err = row.Scan(&d.ID, &d.Error, &d.Failures, &d.Bytes, &buried, &retried, &d.Handled)
	d.Buried, d.Retried = fromMicros(buried), fromMicros(retried)
	return d, notFound(err)
}

// DeadLetters lists updates that were given up, newest first.
func (s *Store) DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error) {
	return collect(ctx, s.r, scanDeadLetter, `SELECT `+deadLetterColumns+` ORDER BY created_at DESC, update_key LIMIT $1`, limit)
}

// DeadLetter returns one, or ErrNotFound.
func (s *Store) DeadLetter(ctx context.Context, id string) (DeadLetter, error) {
	return scanDeadLetter(s.r.QueryRowContext(ctx, `SELECT `+deadLetterColumns+` WHERE update_key = $1`, id))
}

// OpenDeadLetter returns the update itself, and writes down who read it. ErrNotFound says that there is none, or that its
// content is gone.
func (s *Store) OpenDeadLetter(ctx context.Context, a Act, id string) (raw []byte, err error) {
	sealed, user, err := s.deadBody(ctx, id)
	if err != nil {
		return nil, err
	}
	if _, err := s.Acted(ctx, Effect{}, a); err != nil {
		return nil, err
	}
	return s.openBytes(ctx, user, "dead_letters|body", id, sealed)
}

func (s *Store) deadBody(ctx context.Context, id string) (sealed []byte, user int64, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT body, COALESCE(user_id, 0) FROM dead_letters WHERE update_key = $1 AND body IS NOT NULL`, id).Scan(&sealed, &user)
	return sealed, user, notFound(err)
}

// Exhume makes an update one that nobody has seen, so that it can be handled when it is pushed again, and returns it. It
// stays among the dead letters until somebody drops it, so that nothing is lost if it is not pushed. ErrConsumed says that it
// was handled.
func (s *Store) Exhume(ctx context.Context, a Act, id string) (raw []byte, err error) {
	sealed, user, err := s.deadBody(ctx, id)
	if err != nil {
		return nil, err
	}
	if raw, err = s.openBytes(ctx, user, "dead_letters|body", id, sealed); err != nil {
		return nil, err
	}
	_, err = s.acted(ctx, Effect{}, a, func(t tx) error {
		seen, err := t.exec(ctx, `DELETE FROM seen_updates WHERE update_key = $1`, id)
		if err != nil {
			return err
		}
		d, err := scanDeadLetter(t.QueryRowContext(ctx, `SELECT `+deadLetterColumns+` WHERE update_key = $1`, id))
		if err != nil {
			return err
		}
		if seen > 0 && !d.Retried.IsZero() {
			return ErrConsumed
		}
		_, err = t.exec(ctx, `UPDATE dead_letters SET retried_at = $2 WHERE update_key = $1`, id, t.now)
		return err
	})
	return raw, err
}

// DropDeadLetter deletes one for good, or returns ErrNotFound.
func (s *Store) DropDeadLetter(ctx context.Context, a Act, id string) error {
	_, err := s.acted(ctx, Effect{}, a, func(t tx) error {
		return t.change(ctx, ErrNotFound, `DELETE FROM dead_letters WHERE update_key = $1`, id)
	})
	return err
}
