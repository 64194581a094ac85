package keys

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// indexName is the row of the one index secret there is.
const indexName = "blind"

const indexPlace = "index_keys|wrapped|" + indexName

// Index returns the blind index of a value: 32 bytes that are the same for the same parts and tell nothing about them
// to whoever does not have the key store. It finds the row of a Telegram id without storing the id. The first part
// should say what is looked up, so that equal values of different columns do not meet: Index("users", "tg_id", id).
func (s *Store) Index(parts ...string) []byte {
	mac := hmac.New(sha256.New, s.index)
	var n [8]byte
	for _, part := range parts {
		// The length first: otherwise ("ab", "c") and ("a", "bc") were one.
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		mac.Write(n[:])
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// loadIndex returns the index secret, making it on first use. It also proves that the master keys fit the store.
func (s *Store) loadIndex(ctx context.Context) ([]byte, error) {
	fresh, err := s.ring.wrap(indexPlace, random(keySize))
	if err != nil {
		return nil, err
	}
	const q = `INSERT INTO index_keys (name, wrapped, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`
	if _, err := s.db.ExecContext(ctx, q, indexName, fresh, time.Now().UnixMicro()); err != nil {
		return nil, fmt.Errorf("keys: index secret: %w", err)
	}
	wrapped, err := s.readIndex(ctx)
	if err != nil {
		return nil, err
	}
	return s.ring.unwrap(indexPlace, wrapped)
}

func (s *Store) readIndex(ctx context.Context) (wrapped []byte, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT wrapped FROM index_keys WHERE name = $1`, indexName).Scan(&wrapped)
	if err != nil {
		return nil, fmt.Errorf("keys: index secret: %w", err)
	}
	return wrapped, nil
}

// rewrapIndex returns 1 if it changed the row.
func (s *Store) rewrapIndex(ctx context.Context) (int, error) {
	old, err := s.readIndex(ctx)
	if err != nil {
		return 0, err
	}
	wrapped, err := s.rewrap(indexPlace, old)
	if err != nil || wrapped == nil {
		return 0, err
	}
	if _, err := s.db.ExecContext(ctx, `UPDATE index_keys SET wrapped = $1 WHERE name = $2`, wrapped, indexName); err != nil {
		return 0, fmt.Errorf("keys: rewrap: %w", err)
	}
	return 1, nil
}
