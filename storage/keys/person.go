package keys

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Person returns what seals and opens the data of a person, making a key on first use. The error is [ErrDestroyed] once
// [Store.Destroy] was called. The id is our own random one, not Telegram's.
func (s *Store) Person(ctx context.Context, userID int64) (*Sealer, error) {
	if sealer, ok := s.cache.get(userID); ok {
		return sealer, nil
	}
	epoch := s.cache.mark()
	key, err := s.read(ctx, userID)
	if errors.Is(err, sql.ErrNoRows) {
		key, err = s.create(ctx, userID)
	}
	if err != nil {
		return nil, err
	}
	sealer, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	s.cache.put(userID, sealer, epoch)
	return sealer, nil
}

// Destroy destroys a person's key for good, also one that was never made: from here on everything it sealed is
// unreadable and [Store.Person] answers [ErrDestroyed]. Doing it again is fine.
func (s *Store) Destroy(ctx context.Context, userID int64) error {
	const q = `
		INSERT INTO person_keys (user_id, wrapped, created_at, destroyed_at) VALUES ($1, NULL, $2, $2)
		ON CONFLICT (user_id) DO UPDATE
		SET wrapped = NULL, destroyed_at = COALESCE(person_keys.destroyed_at, excluded.destroyed_at)`
	_, err := s.db.ExecContext(ctx, q, userID, time.Now().UnixMicro())
	s.cache.drop(userID)
	if err != nil {
		return fmt.Errorf("keys: destroy: %w", err)
	}
	if s.sqlite {
		// The page as it was still lies in the write-ahead log.
		if _, err := s.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
			return fmt.Errorf("keys: destroy: truncate the log: %w", err)
		}
	}
	return nil
}

// create offers a new key and returns the one that was stored, which may be somebody else's who was faster.
func (s *Store) create(ctx context.Context, userID int64) ([]byte, error) {
	wrapped, err := s.ring.wrap(personPlace(userID), random())
	if err != nil {
		return nil, err
	}
	const q = `INSERT INTO person_keys (user_id, wrapped, created_at) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING`
	if _, err := s.db.ExecContext(ctx, q, userID, wrapped, time.Now().UnixMicro()); err != nil {
		return nil, fmt.Errorf("keys: create: %w", err)
	}
	return s.read(ctx, userID)
}

// read returns the stored key, [ErrDestroyed] or sql.ErrNoRows.
func (s *Store) read(ctx context.Context, userID int64) ([]byte, error) {
	var wrapped []byte
	err := s.db.QueryRowContext(ctx, `SELECT wrapped FROM person_keys WHERE user_id = $1`, userID).Scan(&wrapped)
	if err != nil {
		return nil, fmt.Errorf("keys: read: %w", err)
	}
	if wrapped == nil {
		return nil, ErrDestroyed
	}
	return s.ring.unwrap(personPlace(userID), wrapped)
}

// personPlace binds a wrapped key to its row.
func personPlace(userID int64) string {
	return "person_keys|wrapped|" + strconv.FormatInt(userID, 10)
}
