package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Chore is long work that goes on where it was, whoever does it.
type Chore struct {
	Name    string
	Place   string // how far it has come; empty is the beginning
	Started time.Time
	Done    time.Time // when it was last finished; zero while it never was
}

// Finish notes that a chore is done.
func (c Chore) Finish(now time.Time) Chore {
	c.Place, c.Done = "", now
	return c
}

// Chore returns how far some work has come; one that never began is zero but for its name.
func (s *Store) Chore(ctx context.Context, name string) (c Chore, err error) {
	var started, done sql.NullInt64
	err = s.r.QueryRowContext(ctx, `SELECT name, place, started_at, done_at FROM chores WHERE name = $1`, name).Scan(&c.Name, &c.Place, &started, &done)
	if errors.Is(err, sql.ErrNoRows) {
		return Chore{Name: name}, nil
	}
	c.Started, c.Done = fromMicros(started), fromMicros(done)
	return c, err
}

// SaveChore keeps how far it has come.
func (s *Store) SaveChore(ctx context.Context, c Chore) error {
	return s.write(ctx, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO chores (name, place, started_at, done_at) VALUES ($1,$2,$3,$4)
			ON CONFLICT (name) DO UPDATE SET place = excluded.place, started_at = excluded.started_at, done_at = excluded.done_at`,
			c.Name, c.Place, c.Started.UnixMicro(), micros(c.Done))
		return err
	})
}

// Painted returns people who have pictures, by their ids, after one of them.
func (s *Store) Painted(ctx context.Context, after int64, limit int) ([]int64, error) {
	return collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
		`SELECT id FROM users WHERE id > $1 AND EXISTS (SELECT 1 FROM images i WHERE i.user_id = users.id) ORDER BY id LIMIT $2`, after, limit)
}

// ObjectKeys returns where the pictures of a person lie.
func (s *Store) ObjectKeys(ctx context.Context, user int64) ([]string, error) {
	return collect(ctx, s.r, func(row scanner) (key string, err error) { return key, row.Scan(&key) }, `SELECT object_key FROM images WHERE user_id = $1`, user)
}

// UnknownObjects returns those of the keys that no picture has. What was uploaded a moment ago may not have its row yet.
func (s *Store) UnknownObjects(ctx context.Context, keys []string) (unknown []string, err error) {
	for _, key := range keys {
		var known bool
		if err := s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM images WHERE object_key = $1)`, key).Scan(&known); err != nil {
			return nil, err
		}
		if !known {
			unknown = append(unknown, key)
		}
	}
	return unknown, nil
}

// Pictures returns the rows of a person's pictures, those they sent too.
func (s *Store) Pictures(ctx context.Context, user int64) ([]Image, error) {
	return collect(ctx, s.r, scanImage, `SELECT `+imageColumns+` FROM images WHERE user_id = $1 ORDER BY object_key`, user)
}

// Here reports whether there is to be anything of a person: they are here, or their erasure is not over.
func (s *Store) Here(ctx context.Context, user int64) (here bool, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND (u.erased_at IS NULL
		OR EXISTS (SELECT 1 FROM rights r WHERE r.user_id = u.id AND r.kind = 'erase' AND r.status IN ('asked','running'))))`, user).Scan(&here)
	return here, err
}
