package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// What is kept for a time is a row of the table in retain_table.go: which rows, for how long, and what becomes of them. The
// sweeper runs through it, a part at a time, so that nobody waits; a figure says how long the oldest row is past its time, so
// that a table that nobody runs through shows.

// Retained is what a run through the table did.
type Retained struct {
	Rows    map[string]int64 // by kind
	Objects []string         // keys of objects that no row names any more, for the caller to remove
}

// Overdue is how long the oldest row of a kind is past its time.
type Overdue struct {
	Kind string
	By   time.Duration // zero if nothing is
}

const (
	retainAtOnce = 5000
	// retainRounds bounds one run, for a kind that comes faster than it goes.
	retainRounds = 200
)

// Retain deletes what is past its time. What fails for one kind is tried for the others all the same.
func (s *Store) Retain(ctx context.Context) (r Retained, err error) {
	r.Rows = make(map[string]int64)
	for _, one := range s.RetentionRules() {
		for range retainRounds {
			n, objects, failed := s.retain(ctx, one)
			r.Rows[one.Kind] += n
			r.Objects = append(r.Objects, objects...)
			if failed != nil {
				err = errors.Join(err, fmt.Errorf("retain %s: %w", one.Kind, failed))
			}
			if failed != nil || n < one.atOnce() {
				break
			}
		}
	}
	return r, err
}

// retain does a part of one kind. Nothing is written where nothing is due.
func (s *Store) retain(ctx context.Context, one RetentionRule) (n int64, objects []string, err error) {
	if one.first != nil {
		if err := s.write(ctx, func(t tx) error { return one.first(ctx, t) }); err != nil {
			return 0, nil, err
		}
	}
	over, err := s.overdue(ctx, one)
	if err != nil || over == 0 {
		return 0, nil, err
	}
	if one.does != nil {
		n, err = one.does(s, ctx, one)
		return n, nil, err
	}
	err = s.write(ctx, func(t tx) error {
		n, objects, err = t.retain(ctx, one)
		return err
	})
	return n, objects, err
}

func (t tx) retain(ctx context.Context, one RetentionRule) (n int64, objects []string, err error) {
	args := []any{one.before(time.UnixMicro(t.now)).UnixMicro()}
	if strings.Contains(one.Set, "$2") {
		args = append(args, t.now)
	}
	if one.whole == nil {
		n, err = t.exec(ctx, one.statement(), args...)
		return n, nil, err
	}
	ids, err := collect(ctx, t, func(row scanner) (id string, err error) { return id, row.Scan(&id) }, one.statement()+` RETURNING `+one.Key, args...)
	for _, id := range ids {
		keys, failed := one.whole(ctx, t, id)
		if objects = append(objects, keys...); failed != nil {
			return 0, nil, failed
		}
	}
	return int64(len(ids)), objects, err
}

// Overdue says of each kind how long its oldest row is past its time.
func (s *Store) Overdue(ctx context.Context) ([]Overdue, error) {
	var all []Overdue
	for _, one := range s.RetentionRules() {
		by, err := s.overdue(ctx, one)
		if err != nil {
			return nil, fmt.Errorf("retention of %s: %w", one.Kind, err)
		}
		all = append(all, Overdue{one.Kind, by})
	}
	return all, nil
}

func (s *Store) overdue(ctx context.Context, one RetentionRule) (time.Duration, error) {
	now := s.now()
	var oldest sql.NullInt64
	if err := s.r.QueryRowContext(ctx, `SELECT MIN(`+one.At+`) FROM `+one.due(), one.before(now).UnixMicro()).Scan(&oldest); err != nil || !oldest.Valid {
		return 0, err
	}
	return max(time.Microsecond, now.Sub(one.End(fromMicros(oldest)))), nil
}

// due are the table and the rows of it that are past their time at $1.
func (r RetentionRule) due() string {
	text := r.Table + ` WHERE ` + r.At + ` < $1`
	if r.Only != "" {
		text += ` AND ` + r.Only
	}
	return text
}

// atOnce is how many rows are done at a time.
func (r RetentionRule) atOnce() int64 {
	if r.does != nil {
		return closeAtOnce
	}
	return retainAtOnce
}

// statement deletes or empties some of what is due; $2 is the time.
func (r RetentionRule) statement() string {
	some := fmt.Sprintf(` WHERE (%s) IN (SELECT %s FROM %s LIMIT %d)`, r.Key, r.Key, r.due(), retainAtOnce)
	if r.Set != "" {
		return `UPDATE ` + r.Table + ` SET ` + r.Set + some
	}
	return `DELETE FROM ` + r.Table + some
}

// sumUp keeps the numbers of announcements before who got them is forgotten.
func sumUp(ctx context.Context, t tx) error {
	old, err := collect(ctx, t, func(row scanner) (id string, err error) { return id, row.Scan(&id) },
		`SELECT id FROM announcements WHERE ended_at < $1 AND summary = '' LIMIT 10`, t.now-announcementKept.Microseconds())
	if err != nil {
		return err
	}
	for _, id := range old {
		by, err := announcementCounts(ctx, t, id)
		if err != nil {
			return err
		}
		text, err := json.Marshal(by)
		if err != nil {
			return fmt.Errorf("encode summary: %w", err)
		}
		if _, err := t.exec(ctx, `UPDATE announcements SET summary = $2 WHERE id = $1`, id, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// forgetWish takes along what belongs to a generation that is no longer shown, and returns the keys of its objects.
func forgetWish(ctx context.Context, t tx, id string) (objects []string, err error) {
	if _, err := t.exec(ctx, `DELETE FROM message_notes WHERE generation_id = $1`, id); err != nil {
		return nil, err
	}
	if _, err := t.askDeletions(ctx, "generation_id", id); err != nil {
		return nil, err
	}
	return collect(ctx, t, func(row scanner) (key string, err error) { return key, row.Scan(&key) },
		`DELETE FROM images WHERE generation_id = $1 RETURNING object_key`, id)
}
