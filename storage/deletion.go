package storage

import (
	"context"
	"time"
)

// Providers are asked to delete what they have of a call once its result is deleted or its person erased. A row of the outbox
// is all that is left to do: it is written with the deletion here, names nobody, and stays until the provider has said yes.

// DeletionTime is how long a provider is asked again and again. After that nobody can say more than that it was asked.
const DeletionTime = 30 * 24 * time.Hour

// Deletion is a call of which a provider is to delete everything.
type Deletion struct {
	Attempt    string
	Provider   string
	ExternalID string
	Tries      int64 // how often it was begun
	Created    time.Time
}

// deletionBackoff is the pause after a try: a minute at first, six hours in the end.
const deletionBackoff = `CASE WHEN tries > 4 THEN 21600000000 WHEN tries > 3 THEN 3600000000 WHEN tries > 1 THEN 600000000 ELSE 60000000 END`

// askDeletions puts calls into the outbox: of a generation, or all of a person.
func (t tx) askDeletions(ctx context.Context, column string, of any) (n int64, err error) {
	return t.exec(ctx, `INSERT INTO provider_deletions (attempt_id, provider, external_id, not_before, created_at)
		SELECT id, provider, external_id, $2, $2 FROM attempts WHERE `+column+` = $1 AND external_id IS NOT NULL AND asked_deletion_at IS NULL
		ON CONFLICT (attempt_id) DO NOTHING`, of, t.now)
}

// AskDeletions has providers asked to delete what they have of a person. It only notes that, so it can be repeated, and what it notes
// outlives the person's own rows. It returns how many calls that is about, those left out that were asked for before.
func (s *Store) AskDeletions(ctx context.Context, user int64) (n int64, err error) {
	err = s.write(ctx, func(t tx) error {
		n, err = t.askDeletions(ctx, "user_id", user)
		return err
	})
	return n, err
}

// SweepDeletions finds what is due, and puts the next try off.
func (s *Store) SweepDeletions(ctx context.Context, limit int) (refs []Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE provider_deletions SET epoch = epoch + 1, tries = tries + 1, not_before = $1 + `+deletionBackoff+`
			WHERE attempt_id IN (SELECT attempt_id FROM provider_deletions WHERE not_before <= $1 ORDER BY not_before LIMIT $2) AND not_before <= $1
			RETURNING attempt_id, epoch`, t.now, limit)
		return err
	})
	return refs, err
}

// Deletion returns what is still to be deleted of a call, or ErrNotFound.
func (s *Store) Deletion(ctx context.Context, attempt string) (d Deletion, err error) {
	var created int64
	err = s.r.QueryRowContext(ctx, `SELECT attempt_id, provider, external_id, tries, created_at FROM provider_deletions WHERE attempt_id = $1`, attempt).
		Scan(&d.Attempt, &d.Provider, &d.ExternalID, &d.Tries, &created)
	d.Created = time.UnixMicro(created)
	return d, notFound(err)
}

// EndDeletion takes a call out of the outbox, and notes with it whether its provider deletes it.
func (s *Store) EndDeletion(ctx context.Context, attempt string, deleted bool) error {
	return s.write(ctx, func(t tx) error {
		if _, err := t.exec(ctx, `DELETE FROM provider_deletions WHERE attempt_id = $1`, attempt); err != nil || !deleted {
			return err
		}
		_, err := t.exec(ctx, `UPDATE attempts SET asked_deletion_at = $2 WHERE id = $1`, attempt, t.now)
		return err
	})
}
