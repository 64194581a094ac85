package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// statePrefix of the records, with those of limits under one rule of the ACL.
const statePrefix = "limit:{state}:"

// stateTries is how often a change is made again after somebody else was faster.
const stateTries = 20

// States keeps small records that all processes on one Redis share and change by compare-and-set, so that what they
// mean is decided in Go alone. Those of one process who want to change a record at the same time do it together: else
// calls that end together would keep each other from writing down that they did.
type States struct {
	conn redis.UniversalClient

	mu      sync.Mutex
	records map[string]*record
}

// record is one that somebody of this process changes.
type record struct {
	turn    chan struct{} // has an element while somebody writes
	waiting []*wish
	used    int // by how many calls of Update
}

// wish is what one call of Update wants.
type wish struct {
	change func(old []byte) []byte
	done   chan struct{}
	err    error
}

// NewStates returns the states.
func NewStates(r *Redis) *States {
	return &States{conn: r.patient, records: make(map[string]*record)}
}

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
	own := &wish{change: change, done: make(chan struct{})}
	r := s.enter(key, own)
	defer s.leave(key, r)
	off := ctx.Done()
	for {
		select {
		case r.turn <- struct{}{}:
			s.lead(ctx, key, ttl, r, own)
			<-own.done
			return own.err
		case <-own.done:
			return own.err
		case <-off:
			if s.withdraw(r, own) {
				return ctx.Err()
			}
			off = nil // somebody is at it, and may yet be called off as well: then it is whoever takes the turn that says so
		}
	}
}

func (s *States) enter(key string, own *wish) *record {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[key]
	if r == nil {
		r = &record{turn: make(chan struct{}, 1)}
		s.records[key] = r
	}
	r.used++
	r.waiting = append(r.waiting, own)
	return r
}

func (s *States) leave(key string, r *record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.used--; r.used == 0 {
		delete(s.records, key)
	}
}

// withdraw reports whether a change could be taken back before somebody began with it.
func (s *States) withdraw(r *record, own *wish) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(r.waiting, own)
	if i >= 0 {
		r.waiting = slices.Delete(r.waiting, i, i+1)
	}
	return i >= 0
}

// lead makes the changes that wait, and gives the turn to the next. When the leader is called off the others find another.
func (s *States) lead(ctx context.Context, key string, ttl time.Duration, r *record, own *wish) {
	defer func() { <-r.turn }()
	s.mu.Lock()
	all := r.waiting
	r.waiting = nil
	s.mu.Unlock()
	if len(all) == 0 {
		return
	}
	err := s.swap(ctx, key, ttl, all)
	for _, one := range all {
		if one != own && err != nil && ctx.Err() != nil {
			s.mu.Lock()
			r.waiting = append(r.waiting, one)
			s.mu.Unlock()
			continue
		}
		one.err = err
		close(one.done)
	}
}

// swap makes changes, one after the other, of a record.
func (s *States) swap(ctx context.Context, key string, ttl time.Duration, all []*wish) error {
	for try := range stateTries {
		if err := giveWay(ctx, try); err != nil {
			return err
		}
		old, err := s.conn.Get(ctx, statePrefix+key).Bytes()
		if err != nil && !errors.Is(err, redis.Nil) {
			return fmt.Errorf("update state: %w", err)
		}
		next := old
		for _, one := range all {
			next = one.change(next)
		}
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
