package keys

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// The secrets that belong to the store and not to a person: rows of the table index_keys.
const (
	indexName = "blind"
	signName  = "sign"
)

func secretPlace(name string) string { return "index_keys|wrapped|" + name }

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

// loadSecret returns a secret of the store, making it on first use. It also proves that the master keys fit the store.
func (s *Store) loadSecret(ctx context.Context, name string) ([]byte, error) {
	fresh, err := s.ring.wrap(secretPlace(name), random())
	if err != nil {
		return nil, err
	}
	const q = `INSERT INTO index_keys (name, wrapped, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`
	if _, err := s.db.ExecContext(ctx, q, name, fresh, time.Now().UnixMicro()); err != nil {
		return nil, fmt.Errorf("keys: %s secret: %w", name, err)
	}
	wrapped, err := s.readSecret(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.ring.unwrap(secretPlace(name), wrapped)
}

func (s *Store) readSecret(ctx context.Context, name string) (wrapped []byte, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT wrapped FROM index_keys WHERE name = $1`, name).Scan(&wrapped)
	if err != nil {
		return nil, fmt.Errorf("keys: %s secret: %w", name, err)
	}
	return wrapped, nil
}
