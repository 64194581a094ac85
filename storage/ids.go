package storage

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// idSource makes ULIDs that increase within the process, so that rows made in order sort in order.
type idSource struct {
	mu      sync.Mutex
	entropy *ulid.MonotonicEntropy
	last    uint64
}

func newIDSource() *idSource {
	return &idSource{entropy: ulid.Monotonic(rand.Reader, 0)}
}

func (s *idSource) next(now time.Time) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last, ulid.Timestamp(now)) // a clock that steps back must not disturb the order
	id, err := ulid.New(s.last, s.entropy)
	if err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	return id.String(), nil
}

// newUserID returns a random positive id that survives a trip through a JSON number.
func newUserID() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return int64(binary.BigEndian.Uint64(b[:])>>11) | 1<<40
}

// IsID reports whether s is an id as we write them: a ULID of 26 characters of Crockford's alphabet, in upper case.
func IsID(s string) bool {
	id, err := ulid.ParseStrict(s)
	return err == nil && id.String() == s
}

// NewID returns a new ULID, for callers that must know an id before its row exists.
func (s *Store) NewID() (string, error) { return s.ids.next(s.now()) }
