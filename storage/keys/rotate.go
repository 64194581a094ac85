package keys

import (
	"context"
	"fmt"
)

// rewrapBatch is how many rows are read at a time.
const rewrapBatch = 500

// Rewrap wraps again, by the first master key, whatever another one wrapped, and returns how many keys that were. When it
// has returned without error, the other master keys are no longer needed and can be destroyed. It may run while the
// service does, and again after it was interrupted. Processes that still wrap by an old key have to be restarted first.
func (s *Store) Rewrap(ctx context.Context) (int, error) {
	done, err := s.rewrapSecrets(ctx)
	if err != nil {
		return done, err
	}
	rows, err := s.personKeys(ctx, `SELECT user_id, wrapped FROM person_keys WHERE wrapped IS NOT NULL ORDER BY user_id LIMIT $1`, rewrapBatch)
	for err == nil && len(rows) > 0 {
		for _, row := range rows {
			n, err := s.rewrapPerson(ctx, row)
			done += n
			if err != nil {
				return done, err
			}
		}
		rows, err = s.personKeys(ctx, `SELECT user_id, wrapped FROM person_keys WHERE wrapped IS NOT NULL AND user_id > $2
			ORDER BY user_id LIMIT $1`, rewrapBatch, rows[len(rows)-1].userID)
	}
	if err == nil {
		err = s.forgetMasters(ctx)
	}
	if err != nil {
		return done, err
	}
	s.log.InfoContext(ctx, "keys rewrapped", "count", done, "master", s.ring[0])
	return done, nil
}

// personKey is a stored row.
type personKey struct {
	userID  int64
	wrapped []byte
}

// personKeys reads rows to the end, because on SQLite the only connection must be free for the writes that follow.
func (s *Store) personKeys(ctx context.Context, query string, args ...any) ([]personKey, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("keys: list: %w", err)
	}
	defer rows.Close()
	var keys []personKey
	for rows.Next() {
		var k personKey
		if err := rows.Scan(&k.userID, &k.wrapped); err != nil {
			return nil, fmt.Errorf("keys: list: %w", err)
		}
		keys = append(keys, k)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("keys: list: %w", err)
	}
	return keys, nil
}

// rewrapPerson returns 1 if it changed the row. A row that was destroyed meanwhile stays destroyed.
func (s *Store) rewrapPerson(ctx context.Context, row personKey) (int, error) {
	wrapped, err := s.rewrap(personPlace(row.userID), row.wrapped)
	if err != nil || wrapped == nil {
		return 0, err
	}
	_, err = s.db.ExecContext(ctx, `UPDATE person_keys SET wrapped = $1 WHERE user_id = $2 AND wrapped IS NOT NULL`,
		wrapped, row.userID)
	if err != nil {
		return 0, fmt.Errorf("keys: rewrap: %w", err)
	}
	return 1, nil
}

// rewrap returns the same key wrapped by the first master key, or nil if it is already.
func (s *Store) rewrap(place string, wrapped []byte) ([]byte, error) {
	if s.ring.current(wrapped) {
		return nil, nil
	}
	key, err := s.ring.unwrap(place, wrapped)
	if err != nil {
		return nil, err
	}
	return s.ring.wrap(place, key)
}
