package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Claim makes the caller the only worker of a generation for the length of Lease, or returns ErrFenced when there is
// nothing to do: somebody else works on it, it is over, or it has not had its turn. Every later write names the Fence. Of a
// person of whom nothing is processed any more it is one that is to be canceled.
func (s *Store) Claim(ctx context.Context, id string) (g Generation, err error) {
	var sealed []byte
	g, err = changed(ctx, s, func(row scanner) (g Generation, err error) {
		g, sealed, err = scanGeneration(row)
		return g, err
	}, `UPDATE generations SET fence = fence + 1, lease_until = now_us() + $2,
		status = CASE WHEN refs_missing = 0 THEN 'generating' ELSE status END,
		started_at = CASE WHEN refs_missing = 0 THEN COALESCE(started_at, $3) ELSE started_at END,
		cancel_at = CASE WHEN `+active("generations.user_id")+` THEN cancel_at ELSE COALESCE(cancel_at, $3) END, sweeps = 0, updated_at = $3
		WHERE id = $1 AND status IN ('held','generating') AND promoted_at IS NOT NULL AND lease_until < now_us()
		RETURNING `+generationColumns, id, Lease.Microseconds(), s.now().UnixMicro())
	if errors.Is(err, ErrNotFound) {
		return g, ErrFenced
	}
	if err != nil {
		return g, err
	}
	return g, s.unseal(ctx, g.User, "generations|request", g.ID, sealed, &g.Request)
}

// Renew extends the claim and reports whether the person asked to cancel. A lease that ran out while the database was
// away is extended too, as long as nobody else claimed the work. ErrFenced says that the claim is lost: the caller stops
// at once, without any further effect.
func (s *Store) Renew(ctx context.Context, id string, fence int64) (cancelAsked bool, err error) {
	err = s.alone(ctx, func(t tx) error {
		var cancel sql.NullInt64
		err := t.QueryRowContext(ctx, `UPDATE generations SET lease_until = now_us() + $3
			WHERE id = $1 AND fence = $2 AND status IN ('held','generating') AND lease_until > 0 RETURNING cancel_at`,
			id, fence, Lease.Microseconds()).Scan(&cancel)
		cancelAsked = cancel.Valid
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return false, ErrFenced
	}
	return cancelAsked, err
}

// Yield gives the claim back with the work unfinished, for another task to go on. Progress says that this claim got
// somewhere; claims without progress are counted and end in quarantine. Until the wait is over the sweeper leaves the row to its task.
func (s *Store) Yield(ctx context.Context, id string, fence int64, progress bool, wait time.Duration) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE generations SET lease_until = 0, updated_at = $3,
			progress_fence = CASE WHEN $4 THEN fence ELSE progress_fence END
			WHERE id = $1 AND fence = $2 AND status IN ('held','generating')`, id, fence, t.now+wait.Microseconds(), progress)
	})
}

// Resume gives the claim back after progress, to a task that goes on after that time. The returned epoch is that of the task.
func (s *Store) Resume(ctx context.Context, id string, fence int64, wait time.Duration) (epoch int64, err error) {
	err = s.alone(ctx, func(t tx) error {
		epoch, err = t.resume(ctx, id, fence, wait)
		return err
	})
	return epoch, err
}

// resume counts the row as touched when the wait is over: the sweeper leaves it to its task until then.
func (t tx) resume(ctx context.Context, id string, fence int64, wait time.Duration) (epoch int64, err error) {
	err = t.QueryRowContext(ctx, `UPDATE generations SET lease_until = 0, epoch = epoch + 1, updated_at = $3, progress_fence = fence
		WHERE id = $1 AND fence = $2 AND status = 'generating' RETURNING epoch`, id, fence, t.now+wait.Microseconds()).Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrFenced
	}
	return epoch, err
}

// ReferencesReady notes that all references are stored, and gives the claim back. The returned epoch is that of the
// task that generates.
func (s *Store) ReferencesReady(ctx context.Context, id string, fence int64, refs []Image) (epoch int64, err error) {
	err = s.write(ctx, func(t tx) error {
		err := t.QueryRowContext(ctx, `UPDATE generations SET refs_missing = 0, lease_until = 0, epoch = epoch + 1, updated_at = $3,
			progress_fence = fence WHERE id = $1 AND fence = $2 AND status = 'held' RETURNING epoch`, id, fence, t.now).Scan(&epoch)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrFenced
		}
		if err != nil {
			return err
		}
		for _, img := range refs {
			if err := t.insertImage(ctx, "reference", img); err != nil {
				return err
			}
		}
		return nil
	})
	return epoch, err
}

// Cancel is the person's wish. A generation that nobody works on is canceled and released at once; for one in progress
// the wish is noted and whoever works on it decides. It reports whether it is canceled already. A generation that is
// over, or another person's, is ErrNotFound.
func (s *Store) Cancel(ctx context.Context, user int64, id string, final []Send) (canceled bool, out Outbox, err error) {
	rows, err := s.sealSends(ctx, final)
	if err != nil {
		return false, nil, err
	}
	err = s.write(ctx, func(t tx) error {
		canceled, out, err = t.cancel(ctx, user, id, rows)
		return err
	})
	return canceled, out, err
}

func (t tx) cancel(ctx context.Context, user int64, id string, final []sealedSend) (canceled bool, out Outbox, err error) {
	if err := t.change(ctx, ErrNotFound, wish, id, user, t.now); err != nil {
		return false, nil, err
	}
	err = t.cancelFree(ctx, id)
	if canceled = err == nil; !canceled {
		return false, nil, notFenced(err)
	}
	if out, err = t.owe(ctx, final); err != nil {
		return false, nil, err
	}
	return true, out, t.settle(ctx, id, 0)
}

// CancelAll ends those of the person's generations that nobody works on and notes the wish for the others, in one
// transaction with what the person is told about it. If it cannot be so any more, because somebody just began to work on
// one of the free ones, it is ErrFenced, and nothing is changed. The refs are of those between two calls: whoever takes
// them up settles what there is.
func (s *Store) CancelAll(ctx context.Context, e Effect, user int64, free, busy []string, final []Send) (out Outbox, refs []Ref, err error) {
	return s.cancelAll(ctx, e, user, free, busy, final, func(tx) error { return nil })
}

// cancelAll is CancelAll after something else that belongs to it.
func (s *Store) cancelAll(ctx context.Context, e Effect, user int64, free, busy []string, final []Send, first func(tx) error) (out Outbox, refs []Ref, err error) {
	rows, err := s.sealSends(ctx, final)
	if err != nil {
		return nil, nil, err
	}
	var more Outbox
	out, err = s.effect(ctx, e, func(t tx) error {
		refs = nil
		if err := first(t); err != nil {
			return err
		}
		for _, id := range busy {
			if _, err := t.exec(ctx, wish, id, user, t.now); err != nil {
				return err
			}
			between, err := collect(ctx, t, scanRef, `UPDATE generations SET epoch = epoch + 1 WHERE id = $1 AND user_id = $2
				AND status = 'generating' AND lease_until < now_us() AND `+noCall+` RETURNING id, epoch`, id, user)
			if err != nil {
				return err
			}
			refs = append(refs, between...)
		}
		for _, id := range free {
			if err := t.change(ctx, ErrFenced, wish, id, user, t.now); err != nil {
				return err
			}
			if err := t.cancelFree(ctx, id); err != nil {
				return err
			}
		}
		if more, err = t.owe(ctx, rows); err != nil {
			return err
		}
		for _, id := range free {
			if err := t.settle(ctx, id, 0); err != nil {
				return err
			}
		}
		return nil
	})
	return append(out, more...), refs, err
}

const wish = `UPDATE generations SET cancel_at = COALESCE(cancel_at, $3) WHERE id = $1 AND user_id = $2 AND status IN ('held','generating')`

// noCall is what holds for a generation without a call under way, nothingMade for one without an image.
const (
	noCall = `NOT EXISTS (SELECT 1 FROM attempts a WHERE a.generation_id = generations.id AND a.state IN ('sending','submitted','running'))`

	nothingMade = `NOT EXISTS (SELECT 1 FROM images i WHERE i.generation_id = generations.id AND i.role = 'result')`
)

// cancelFree ends a generation that nobody works on: there is no claim, no call under way, and no image of an earlier one.
// Else it is ErrFenced.
func (t tx) cancelFree(ctx context.Context, id string) error {
	return t.change(ctx, ErrFenced, `UPDATE generations SET status = 'canceled', reason = 'person', fence = fence + 1, lease_until = 0,
		done_at = $2, updated_at = $2 WHERE id = $1 AND status IN ('held','generating') AND lease_until < now_us()
		AND `+noCall+` AND `+nothingMade, id, t.now)
}

func notFenced(err error) error {
	if errors.Is(err, ErrFenced) {
		return nil
	}
	return err
}
