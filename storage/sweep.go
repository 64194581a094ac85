package storage

import (
	"context"
	"time"
)

// Sweeping repairs: SQL is the truth, the queue is transport, so whatever the queue lost is found here and enqueued
// again under the next epoch, because an old task id may be blocked for ever. Two tasks for one row are harmless: the
// claim decides.

// SweepAfter is how long a row is left to its first task before the sweeper looks at it.
const SweepAfter = 4 * time.Second

// backoff delays further sweeps of the same row, up to ten minutes; a claim starts over.
const backoff = `CASE WHEN sweeps > 5 THEN 600000000 WHEN sweeps > 3 THEN 160000000 WHEN sweeps > 2 THEN 60000000 WHEN sweeps > 1 THEN 20000000 ELSE 10000000 END`

// SweptGeneration is a generation whose task may be lost.
type SweptGeneration struct {
	Ref
	RefsMissing bool
}

// SweepGenerations finds open generations that nobody works on and raises their epoch. Now asks for those too that a
// task may still be on its way to: Redis lost everything.
func (s *Store) SweepGenerations(ctx context.Context, limit int, now bool) (all []SweptGeneration, err error) {
	err = s.write(ctx, func(t tx) error {
		all, err = collect(ctx, t, func(row scanner) (g SweptGeneration, err error) {
			err = row.Scan(&g.ID, &g.Epoch, &g.RefsMissing)
			return g, err
		}, `UPDATE generations SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1 WHERE id IN (
				SELECT id FROM generations g WHERE status IN ('held','generating') AND promoted_at IS NOT NULL
				AND lease_until < now_us() - $2 AND ($3 OR (updated_at < $4 AND swept_at + `+backoff+` < $1))
				AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.generation_id = g.id AND a.state IN ('submitted','running') AND a.next_poll_at > $4)
				ORDER BY lease_until LIMIT $5)
			AND status IN ('held','generating') RETURNING id, epoch, refs_missing > 0`,
			t.now, LeaseGrace.Microseconds(), now, t.now-SweepAfter.Microseconds(), limit)
		return err
	})
	return all, err
}

// SweepDeliveries finds deliveries that nobody sends although it is their turn, and raises their epoch.
func (s *Store) SweepDeliveries(ctx context.Context, limit int, now bool) (refs []Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE deliveries SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1 WHERE id IN (
				SELECT id FROM deliveries WHERE status IN ('pending','sending') AND lease_until < now_us() AND not_before <= $1
				AND ($2 OR (updated_at < $3 AND swept_at + `+backoff+` < $1)) AND NOT `+behind+` ORDER BY id LIMIT $4)
			AND status IN ('pending','sending') RETURNING id, epoch`, t.now, now, t.now-SweepAfter.Microseconds(), limit)
		return err
	})
	return refs, err
}

// SweepLate returns the attempts that are still running for generations that are over, and are due to be asked: the epoch is the
// number of that poll. Now does not wait whether the task of it still comes: Redis lost everything.
func (s *Store) SweepLate(ctx context.Context, limit int, now bool) ([]Ref, error) {
	due := s.now()
	if !now {
		due = due.Add(-SweepAfter)
	}
	return collect(ctx, s.r, scanRef,
		`SELECT a.id, a.polls + 1 FROM attempts a JOIN generations g ON g.id = a.generation_id WHERE a.state IN ('submitted','running')
			AND g.status NOT IN ('held','generating') AND a.next_poll_at < $1 ORDER BY a.next_poll_at LIMIT $2`,
		due.UnixMicro(), limit)
}

// SweepTurns returns people with generations that wait for their turn.
func (s *Store) SweepTurns(ctx context.Context, limit int) ([]int64, error) {
	return collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
		`SELECT DISTINCT user_id FROM generations WHERE status = 'held' AND promoted_at IS NULL LIMIT $1`, limit)
}

// Lease makes the caller the only holder of a named duty for a while, or reports false.
func (s *Store) Lease(ctx context.Context, name, holder string, d time.Duration) (held bool, err error) {
	err = s.write(ctx, func(t tx) error {
		n, err := t.exec(ctx, `INSERT INTO leases (name, holder, lease_until) VALUES ($1, $2, now_us() + $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
			WHERE leases.lease_until < now_us() OR leases.holder = excluded.holder`, name, holder, d.Microseconds())
		held = n == 1
		return err
	})
	return held, err
}

// BuryUpdate keeps an update that was given up, sealed under the person's key (that of id 0 where nobody knows whose it
// is), and notes it as seen: the lane goes on.
func (s *Store) BuryUpdate(ctx context.Context, update, body string, user int64, raw []byte, cause string, failures int) error {
	sealed, err := s.sealBytes(ctx, user, "dead_letters|body", update, raw)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t tx) error {
		if _, err := t.exec(ctx, `INSERT INTO dead_letters (update_key, user_id, body, error, failures, created_at) VALUES ($1,$2,$3,$4,$5,$6)
			ON CONFLICT (update_key) DO UPDATE SET error = excluded.error, failures = dead_letters.failures + excluded.failures, retried_at = NULL
			WHERE dead_letters.retried_at IS NOT NULL`, update, nullID(user), sealed, cause, failures, t.now); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO seen_updates (update_key, body_sha256, seen_at) VALUES ($1,$2,$3) ON CONFLICT (update_key) DO NOTHING`,
			update, body, t.now)
		return err
	})
}

func nullID(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
