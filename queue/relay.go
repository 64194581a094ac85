package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// bodyTTL is how long a body waits to be passed on. What is older has been lost by its lane, and its sender is told so.
const bodyTTL = time.Hour

// MaxBody bounds a body, in bytes: what a message of Telegram says fits several times.
const MaxBody = 256 << 10

// ErrBodyTooLarge is returned for a body beyond MaxBody.
var ErrBodyTooLarge = errors.New("body too large")

// Bodies keeps what people say to each other for the moment until it is passed on, sealed, where a copy by Telegram does not
// carry it. They are named by the hash of their update. Nothing of them is ever written anywhere else.
type Bodies struct {
	conn redis.UniversalClient
	keys *Keys
}

// NewBodies returns the bodies.
func NewBodies(r *Redis, keys *Keys) *Bodies { return &Bodies{conn: r.patient, keys: keys} }

// Put keeps a body. It may be repeated.
func (b *Bodies) Put(ctx context.Context, hash string, body []byte) error {
	if len(body) > MaxBody {
		return ErrBodyTooLarge
	}
	sealed, err := b.keys.sealBytes(kindRelay, hash, "", body)
	if err != nil {
		return err
	}
	if err := b.conn.Set(ctx, bodyKey(hash), sealed, bodyTTL).Err(); err != nil {
		return fmt.Errorf("keep body: %w", err)
	}
	return nil
}

// Get returns a body, nil if it is gone or cannot be opened any more.
func (b *Bodies) Get(ctx context.Context, hash string) ([]byte, error) {
	sealed, err := b.conn.Get(ctx, bodyKey(hash)).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get body: %w", err)
	}
	body, err := b.keys.open(kindRelay, hash, "", sealed)
	if errors.Is(err, ErrUnsealable) {
		return nil, nil
	}
	return body, err
}

// Drop forgets bodies. They need not be there.
func (b *Bodies) Drop(ctx context.Context, hashes ...string) error {
	keys := make([]string, 0, len(hashes))
	for _, h := range hashes {
		keys = append(keys, bodyKey(h))
	}
	if len(keys) == 0 {
		return nil
	}
	if _, err := b.conn.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, k := range keys {
			p.Del(ctx, k)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("drop body: %w", err)
	}
	return nil
}

func bodyKey(hash string) string { return bodyPrefix + hash + "}" }
