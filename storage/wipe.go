package storage

import "context"

// WipeChore is the name of the chore that erases everybody: the service ends. Its place says where it is.
const WipeChore = "wipe"

// WipeStopped is its place once an operator has stopped it.
const WipeStopped = "stopped"

// Wiped is how far the end of the service is.
type Wiped struct {
	People  int64 // that are left, those being erased among them
	Erasing int64
	Objects int64 // pictures
	Unspent int64 // credits that were paid for and go back
}

// Wiped counts what is left.
func (s *Store) Wiped(ctx context.Context) (w Wiped, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM users WHERE kind = 'person' AND erased_at IS NULL),
		(SELECT COUNT(*) FROM rights WHERE kind = 'erase' AND status IN ('asked','running')),
		(SELECT COUNT(*) FROM images),
		(SELECT CAST(COALESCE(SUM(left_), 0) AS BIGINT) FROM lots WHERE source = 'purchase')`).Scan(&w.People, &w.Erasing, &w.Objects, &w.Unspent)
	return w, err
}

// StartWipe has everybody erased, or goes on with that; StopWipe lets those live whose turn has not come.
func (s *Store) StartWipe(ctx context.Context, a Act) error { return s.moveWipe(ctx, a, "") }

// StopWipe ends what StartWipe began. ErrNotFound says that nothing is under way.
func (s *Store) StopWipe(ctx context.Context, a Act) error {
	c, err := s.Chore(ctx, WipeChore)
	if err == nil && (c.Started.IsZero() || c.Place == WipeStopped || !c.Done.IsZero()) {
		err = ErrNotFound
	}
	if err != nil {
		return err
	}
	return s.moveWipe(ctx, a, WipeStopped)
}

func (s *Store) moveWipe(ctx context.Context, a Act, place string) error {
	_, err := s.acted(ctx, Effect{}, a, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO chores (name, place, started_at) VALUES ($1,$2,$3)
			ON CONFLICT (name) DO UPDATE SET place = excluded.place, done_at = NULL`, WipeChore, place, t.now)
		return err
	})
	return err
}

// Unerased returns people who are there and have no erasure that begins by that time.
func (s *Store) Unerased(ctx context.Context, limit int) ([]int64, error) {
	return collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
		`SELECT id FROM users WHERE kind = 'person' AND erasing_at IS NULL AND NOT EXISTS (SELECT 1 FROM rights r
			WHERE r.user_id = users.id AND r.kind = 'erase' AND r.status IN ('asked','running')) ORDER BY id LIMIT $1`, limit)
}
