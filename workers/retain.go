package workers

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/texts"
)

const (
	retainEvery = 10 * time.Minute
	// retainTurn bounds one turn, so that everything in it has its turn.
	retainTurn = 2 * time.Minute
	// unusedAtOnce is how many people are told in a minute that their account goes, and how many erasures begin.
	unusedAtOnce = 20
	// UnusedNotice is how long before it people are told that an account goes that nobody uses.
	UnusedNotice = 30 * 24 * time.Hour
)

// Retain deletes what is past its time, until ctx ends: rows by the table of storage, objects that no row names, accounts that
// nobody uses, after a notice. One process of all does it at a time.
func (w *Workers) Retain(ctx context.Context) {
	var retained time.Time
	w.onDuty(ctx, duty{
		name: "retain", failed: func(ctx context.Context, err error) {
			w.Log.WarnContext(ctx, "data past its time was not deleted, it is tried again", "error", err)
		},
		turn: func(ctx context.Context) error { return w.retain(ctx, &retained) },
	})
}

// retain is one turn.
func (w *Workers) retain(ctx context.Context, retained *time.Time) (err error) {
	ctx, cancel := context.WithTimeout(ctx, retainTurn)
	defer cancel()
	if time.Since(*retained) > retainEvery {
		*retained = time.Now()
		r, failed := w.Store.Retain(ctx)
		for kind, n := range r.Rows {
			w.Metrics.retained.WithLabelValues(kind).Add(float64(n))
		}
		w.removeObjects(ctx, r.Objects)
		err = errors.Join(failed, w.dropExports(ctx))
	}
	return errors.Join(err, w.warnUnused(ctx), w.eraseUnused(ctx), w.removeOrphans(ctx), w.countMissing(ctx), w.wipe(ctx))
}

// removeObjects removes what no row names any more. What is left for a fault is found by removeOrphans.
func (w *Workers) removeObjects(ctx context.Context, keys []string) {
	for _, key := range keys {
		if err := w.Objects.Remove(ctx, key); err != nil {
			w.Log.WarnContext(ctx, "object without a row not removed yet", "error", err)
		}
	}
}

// warnUnused tells people that their account goes because nobody uses it.
func (w *Workers) warnUnused(ctx context.Context) error {
	if w.Settings.Inactive == 0 {
		return nil
	}
	since := w.Store.Now().Add(-w.Settings.Inactive)
	ids, err := w.Store.Unused(ctx, since, unusedAtOnce)
	for _, id := range ids {
		err = errors.Join(err, w.warnOne(ctx, id, since))
	}
	return err
}

func (w *Workers) warnOne(ctx context.Context, id int64, since time.Time) error {
	p, err := w.Store.PersonByID(ctx, id)
	if err != nil {
		return err
	}
	e := storage.Effect{User: id}
	if !p.Unreachable {
		s := w.Desk().tell(p, 0, texts.MessageUnused, map[string]any{"When": w.Store.Now().Add(UnusedNotice)})
		s.Key = "unused:" + strconv.FormatInt(id, 10) + ":" + since.UTC().Format(time.DateOnly)
		e.Sends = append(e.Sends, s)
	}
	out, err := w.Store.WarnUnused(ctx, e, since)
	w.post(ctx, out)
	return ignore(err, storage.ErrNotFound)
}

// eraseUnused erases whoever was told and did not come back, as if they had asked for it.
func (w *Workers) eraseUnused(ctx context.Context) error {
	if w.Settings.Inactive == 0 {
		return nil
	}
	ids, err := w.Store.Lapsed(ctx, w.Store.Now().Add(-UnusedNotice), unusedAtOnce)
	for _, id := range ids {
		err = errors.Join(err, w.eraseFor(ctx, id))
	}
	return err
}

// eraseFor begins the erasure of somebody who did not ask for it themselves.
func (w *Workers) eraseFor(ctx context.Context, user int64) error {
	ref, out, err := w.Store.AskRight(ctx, storage.Effect{User: user}, storage.Right{
		User: user, Kind: storage.RightErase, Origin: storage.RightOperator, Status: storage.RightAsked,
	})
	if err != nil {
		if errors.Is(err, storage.ErrConsumed) { // they asked for it themselves just now
			return nil
		}
		return ignore(err, storage.ErrRestricted)
	}
	w.post(ctx, out)
	w.enqueue(ctx, queue.NewRightServeTask(ref.ID, ref.Epoch))
	return nil
}

const (
	orphans      = "orphans"
	orphansEvery = 7 * 24 * time.Hour
	// orphanAge is how long an object may be without its row: it is uploaded before.
	orphanAge   = 24 * time.Hour
	orphanBatch = 500
)

// removeOrphans compares the bucket with the rows, once a week, and goes on where it was when it is interrupted.
func (w *Workers) removeOrphans(ctx context.Context) error {
	c, err := w.Store.Chore(ctx, orphans)
	if err != nil || !c.Done.IsZero() && w.Store.Now().Sub(c.Done) < orphansEvery {
		return err
	}
	if c.Started.IsZero() || !c.Done.IsZero() {
		c = storage.Chore{Name: orphans, Started: w.Store.Now()}
	}
	var batch []string
	for o, err := range w.Objects.ListAfter(ctx, objects.ImagesPrefix, c.Place) {
		if err != nil && ctx.Err() != nil {
			return nil // the next turn goes on
		}
		if err != nil {
			return err
		}
		c.Place = o.Key
		if w.Store.Now().Sub(o.Modified) > orphanAge {
			batch = append(batch, o.Key)
		}
		if len(batch) == orphanBatch {
			if err := w.removeUnknown(ctx, c, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return w.removeUnknown(ctx, c.Finish(w.Store.Now()), batch)
}

// removeUnknown removes those objects that have no row, and notes how far it has come.
func (w *Workers) removeUnknown(ctx context.Context, c storage.Chore, keys []string) error {
	unknown, err := w.Store.UnknownObjects(ctx, keys)
	if err != nil {
		return err
	}
	for _, key := range unknown {
		if err := w.Objects.Remove(ctx, key); err != nil {
			return err
		}
		w.Metrics.orphaned.Inc()
	}
	return w.Store.SaveChore(ctx, c)
}
