package keys

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Person returns what seals and opens the data of a person, making a key on first use. The error is [ErrDestroyed] once
// [Store.Destroy] was called. The id is our own random one, not Telegram's.
func (s *Store) Person(ctx context.Context, userID int64) (*Sealer, error) {
	sealer, err := s.Known(ctx, userID)
	if !errors.Is(err, ErrNoKey) {
		return sealer, err
	}
	epoch := s.cache.mark()
	key, err := s.create(ctx, userID)
	if err != nil {
		return nil, err
	}
	return s.cached(userID, key, epoch)
}

// Known is Person for who has a key; else it is [ErrNoKey], and none is made.
func (s *Store) Known(ctx context.Context, userID int64) (*Sealer, error) {
	if sealer, ok := s.cache.get(userID); ok {
		return sealer, nil
	}
	epoch := s.cache.mark()
	key, err := s.read(ctx, userID)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoKey
	}
	if err != nil {
		return nil, err
	}
	return s.cached(userID, key, epoch)
}

// cached makes what a key seals with, and keeps it unless the key was destroyed since that epoch.
func (s *Store) cached(userID int64, key []byte, epoch uint64) (*Sealer, error) {
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
	return s.forgetBytes(ctx)
}

// forgetBytes makes an end of what was destroyed as far as the engine lets us.
func (s *Store) forgetBytes(ctx context.Context) error {
	if !s.sqlite {
		return nil
	}
	// The page as it was still lies in the write-ahead log.
	if _, err := s.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return fmt.Errorf("keys: destroy: truncate the log: %w", err)
	}
	return nil
}

// DestroyAll is Destroy of those whose key there is, and returns how many that were: none, unless the key store was put back to
// where it was before.
func (s *Store) DestroyAll(ctx context.Context, people []int64) (n int, err error) {
	if len(people) == 0 {
		return 0, nil
	}
	gone, err := s.personKeys(ctx, `SELECT user_id, NULL FROM person_keys WHERE wrapped IS NULL AND user_id IN (`+numbers(people)+`)`)
	if err != nil {
		return 0, err
	}
	for _, id := range people {
		if slices.ContainsFunc(gone, func(k personKey) bool { return k.userID == id }) {
			continue
		}
		if err := s.Destroy(ctx, id); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// KnowsAny reports whether any of these people has a key here, or had one that was destroyed.
func (s *Store) KnowsAny(ctx context.Context, people []int64) (bool, error) {
	if len(people) == 0 {
		return false, nil
	}
	known, err := s.personKeys(ctx, `SELECT user_id, NULL FROM person_keys WHERE user_id IN (`+numbers(people)+`) LIMIT 1`)
	return len(known) > 0, err
}

// Undestroyed returns those of these people whose key there is.
func (s *Store) Undestroyed(ctx context.Context, people []int64) (ids []int64, err error) {
	if len(people) == 0 {
		return nil, nil
	}
	there, err := s.personKeys(ctx, `SELECT user_id, NULL FROM person_keys WHERE wrapped IS NOT NULL AND user_id IN (`+numbers(people)+`) ORDER BY user_id`)
	for _, k := range there {
		ids = append(ids, k.userID)
	}
	return ids, err
}

// numbers are ids for a statement: no text, so that it cannot mean anything else.
func numbers(people []int64) string {
	ids := make([]string, len(people))
	for i, id := range people {
		ids[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(ids, ",")
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

// Destroyed gives the ids of the people whose keys were destroyed to yield, in order, until it returns false.
func (s *Store) Destroyed(ctx context.Context, yield func(userID int64) bool) error {
	const page = 1000
	for after := int64(math.MinInt64); ; {
		ids, err := s.destroyed(ctx, after, page)
		if err != nil {
			return fmt.Errorf("keys: destroyed: %w", err)
		}
		for _, id := range ids {
			if !yield(id) {
				return nil
			}
			after = id
		}
		if len(ids) < page {
			return nil
		}
	}
}

func (s *Store) destroyed(ctx context.Context, after int64, limit int) (ids []int64, err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT user_id FROM person_keys WHERE destroyed_at IS NOT NULL AND user_id > $1 ORDER BY user_id LIMIT $2`, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
