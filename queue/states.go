package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
)

// statePrefix of the records, with those of limits under one rule of the ACL.
const statePrefix = "limit:{state}:"

// stateTries is how often a change is made again after somebody else was faster.
const stateTries = 20

// States keeps small records that all processes on one Redis share and change by compare-and-set, so that what they
// mean is decided in Go alone.
type States struct {
	conn redis.UniversalClient
}

// NewStates returns the states.
func NewStates(r *Redis) *States { return &States{conn: r.patient} }

// Load returns the records of the keys, in their order, nil for one that is not there.
func (s *States) Load(ctx context.Context, keys ...string) ([][]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	named := make([]string, len(keys))
	for i, k := range keys {
		named[i] = statePrefix + k
	}
	values, err := s.conn.MGet(ctx, named...).Result()
	if err != nil {
		return nil, fmt.Errorf("load states: %w", err)
	}
	all := make([][]byte, len(keys))
	for i, v := range values {
		if text, ok := v.(string); ok {
			all[i] = []byte(text)
		}
	}
	return all, nil
}

// swapScript replaces a record unless it changed. KEYS record; ARGV old, new, TTL ms.
var swapScript = redis.NewScript(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`)

// giveWay spreads those who change one record at a time, a little more with every try.
func giveWay(ctx context.Context, try int) error {
	if try == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(time.Duration(rand.Int64N(int64(try) * int64(2*time.Millisecond))))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errContended says that a record changed faster than it could be changed.
var errContended = errors.New("record is contended")

// Update replaces a record by what change makes of it; change is called again when somebody else was faster. A record
// that stays as it is is not written. It is forgotten ttl after it was written last.
func (s *States) Update(ctx context.Context, key string, ttl time.Duration, change func(old []byte) []byte) error {
	for try := range stateTries {
		if err := giveWay(ctx, try); err != nil {
			return err
		}
		old, err := s.conn.Get(ctx, statePrefix+key).Bytes()
		if err != nil && !errors.Is(err, redis.Nil) {
			return fmt.Errorf("update state: %w", err)
		}
		next := change(old)
		if bytes.Equal(old, next) {
			return nil
		}
		n, err := swapScript.Run(ctx, s.conn, []string{statePrefix + key}, old, next, ttl.Milliseconds()).Int()
		if err != nil {
			return fmt.Errorf("update state: %w", err)
		}
		if n == 1 {
			return nil
		}
	}
	return fmt.Errorf("update state: %w", errContended)
}
