package keys

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// masterPrefix begins the name of a row that says since when a master key wraps.
const masterPrefix = "master:"

// Master is a master key that was given or that something is wrapped by.
type Master struct {
	ID      string
	Given   bool // it is among those of the settings
	Current bool // it wraps what is new
	Wraps   int64
	Since   time.Time // when it first wrapped; zero where that is not known
}

// MasterState is what a master key is needed for.
type MasterState string

// The states.
const (
	MasterWraps   MasterState = "wraps"   // what is new
	MasterUnwraps MasterState = "unwraps" // what is old still
	MasterIdle    MasterState = "idle"    // nothing any more: it can go
	MasterMissing MasterState = "missing" // it wraps something and was not given
)

// State is that of the key.
func (m Master) State() MasterState {
	switch {
	case m.Current:
		return MasterWraps
	case m.Wraps == 0:
		return MasterIdle
	case !m.Given:
		return MasterMissing
	}
	return MasterUnwraps
}

// Masters says which master keys there are and how much each wraps, those that were given first, in their order.
func (s *Store) Masters(ctx context.Context) ([]Master, error) {
	var all []Master
	for i, k := range s.ring {
		all = append(all, Master{ID: k.ID(), Given: true, Current: i == 0})
	}
	at := func(id string) *Master {
		for i := range all {
			if all[i].ID == id {
				return &all[i]
			}
		}
		all = append(all, Master{ID: id})
		return &all[len(all)-1]
	}
	secrets, err := s.secrets(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range secrets {
		if id, ok := strings.CutPrefix(one.name, masterPrefix); ok {
			at(id).Since = one.created
			continue
		}
		at(masterOf(one.wrapped)).Wraps++
	}
	rows, err := s.db.QueryContext(ctx, `SELECT substr(wrapped, 1, 9), COUNT(*) FROM person_keys WHERE wrapped IS NOT NULL GROUP BY 1`)
	if err != nil {
		return nil, fmt.Errorf("keys: count: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var head []byte
		var n int64
		if err := rows.Scan(&head, &n); err != nil {
			return nil, fmt.Errorf("keys: count: %w", err)
		}
		at(masterOf(head)).Wraps += n
	}
	return all, rows.Err()
}

// masterOf is the id of the master key that wrapped it.
func masterOf(wrapped []byte) string {
	if len(wrapped) < 1+idSize {
		return ""
	}
	return hex.EncodeToString(wrapped[1 : 1+idSize])
}

// secret is a row of index_keys.
type secret struct {
	name    string
	wrapped []byte
	created time.Time
}

func (s *Store) secrets(ctx context.Context) ([]secret, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT name, wrapped, created_at FROM index_keys ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("keys: secrets: %w", err)
	}
	defer rows.Close()
	var all []secret
	for rows.Next() {
		var one secret
		var created int64
		if err := rows.Scan(&one.name, &one.wrapped, &created); err != nil {
			return nil, fmt.Errorf("keys: secrets: %w", err)
		}
		one.created = time.UnixMicro(created)
		all = append(all, one)
	}
	return all, rows.Err()
}

// rewrapSecrets returns how many rows it changed. That a master key wrapped once is forgotten with it.
func (s *Store) rewrapSecrets(ctx context.Context) (n int, err error) {
	all, err := s.secrets(ctx)
	if err != nil {
		return n, err
	}
	for _, one := range all {
		if strings.HasPrefix(one.name, masterPrefix) {
			continue
		}
		wrapped, err := s.rewrap(secretPlace(one.name), one.wrapped)
		if err != nil {
			return n, err
		}
		if wrapped == nil {
			continue
		}
		if _, err := s.db.ExecContext(ctx, `UPDATE index_keys SET wrapped = $1 WHERE name = $2`, wrapped, one.name); err != nil {
			return n, fmt.Errorf("keys: rewrap: %w", err)
		}
		n++
	}
	return n, nil
}

// forgetMasters forgets since when master keys wrapped that wrap nothing any more.
func (s *Store) forgetMasters(ctx context.Context) error {
	all, err := s.secrets(ctx)
	for _, one := range all {
		if strings.HasPrefix(one.name, masterPrefix) && one.name != masterPrefix+s.ring[0].ID() && err == nil {
			_, err = s.db.ExecContext(ctx, `DELETE FROM index_keys WHERE name = $1`, one.name)
		}
	}
	if err != nil {
		return fmt.Errorf("keys: forget a master key: %w", err)
	}
	return nil
}
