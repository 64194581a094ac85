package storage

import (
	"context"
	"time"
)

// The status message of a generation is edited by whoever has news: the chain of looks, the worker whose provider shows
// a preview. Each edit is claimed here first, so that there is one at a time over all processes, with a pause between
// two, and none once the generation is over. Whoever shows the result waits for the last one to end.

// EditLease is how long an edit of a status message may be under way; one that takes longer is given up before that.
const EditLease = 5 * time.Second

// Show is what a status message is to show.
type Show struct {
	Text    string // a hash of the text
	Preview string // a hash of the picture; empty leaves the message as it is, with or without one
	Was     string // what of Preview the caller takes the message to show now: it decides how to edit
}

// ShowStatus claims the next edit of the status message: it reports whether what is to be shown differs from what is
// shown, the last edit is long enough ago, no other is under way and the generation is still open. The caller edits only
// then, within EditLease, and calls StatusShown.
func (s *Store) ShowStatus(ctx context.Context, generation string, show Show, pause time.Duration) (bool, error) {
	var n int64
	err := s.alone(ctx, func(t tx) (err error) {
		n, err = t.exec(ctx, `UPDATE generations SET status_shown = $2, status_at = $3, status_busy = now_us() + $4,
			status_media = CASE WHEN $5 = '' THEN status_media ELSE $5 END
			WHERE id = $1 AND status IN ('held','generating') AND status_message IS NOT NULL AND status_at <= $6
			AND status_busy < now_us() AND status_media = $7 AND (status_shown <> $2 OR ($5 <> '' AND status_media <> $5))`,
			generation, show.Text, t.now, EditLease.Microseconds(), show.Preview, t.now-pause.Microseconds(), show.Was)
		return err
	})
	return n == 1, err
}

// StatusShown ends an edit and notes the preview that the message shows after it, empty if it is a text.
func (s *Store) StatusShown(ctx context.Context, generation, preview string) error {
	return s.alone(ctx, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE generations SET status_busy = 0, status_media = $2 WHERE id = $1`, generation, preview)
		return err
	})
}

// Edited returns a generation, and whether its status message is being edited.
func (s *Store) Edited(ctx context.Context, id string) (g Generation, busy bool, err error) {
	row := s.r.QueryRowContext(ctx, `SELECT `+generationColumns+`, COALESCE(status_busy >= now_us(), FALSE) FROM generations WHERE id = $1`, id)
	g, err = s.readGeneration(ctx, longer{row, []any{&busy}})
	return g, busy, err
}

// Looked notes that the chain of looks at a generation is alive.
func (s *Store) Looked(ctx context.Context, generation string) error {
	return s.alone(ctx, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE generations SET looked_at = $2 WHERE id = $1`, generation, t.now)
		return err
	})
}

const (
	// LookedEvery is how often a chain of looks says that it is alive.
	LookedEvery = 10 * time.Second
	// lookLost is after which silence it is lost.
	lookLost = 30 * time.Second
	// lookStep is more looks than any chain has: chains are told apart by it.
	lookStep = 1 << 20
)

// SweepLooks finds open generations whose status message nobody looks after any more, and starts a new chain for each:
// the epoch is its first look, and looks before that end. Now asks for all of them: Redis lost everything.
func (s *Store) SweepLooks(ctx context.Context, limit int, now bool) (refs []Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE generations SET look = look + $1, looked_at = $2 WHERE id IN (
				SELECT id FROM generations WHERE status IN ('held','generating') AND status_message IS NOT NULL
				AND ($3 OR (looked_at < $4 AND status_at < $4)) LIMIT $5)
			AND status IN ('held','generating') RETURNING id, look`,
			lookStep, t.now, now, t.now-lookLost.Microseconds(), limit)
		return err
	})
	return refs, err
}
