package workers

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

const (
	sweepEvery = 2 * time.Second
	sweepLease = 5 * time.Second
	sweepLimit = 500
	// sweepBlind is how long the sweeper may have been without the database, or asleep, and still trusts that whose lease ran out is
	// dead: who renewed right before it lasts longer than that.
	sweepBlind = storage.Lease - storage.LeaseRenew - renewAgain
)

// Sweep repairs, until ctx ends: rows and lanes whose task was lost are enqueued again. One process of all does it at a
// time. It is a loop and not a task, because it must work when the queue has lost everything.
func (w *Workers) Sweep(ctx context.Context) error {
	holder := rand.Text()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var all, looked bool
	seen := awake()
	for {
		pause := sweepEvery
		held, err := w.Store.Lease(ctx, "sweep", holder, sweepLease)
		blind := awake().Sub(seen) > sweepBlind
		if err == nil { // whoever led goes on telling of a database that is away
			w.leads.Store(held)
		}
		switch {
		case err == nil && blind: // leases ran out that nobody could renew: their owners go first
			pause = storage.LeaseRenew
		case err == nil && held:
			all = w.wiped(ctx) || all
			err = w.sweep(ctx, all)
			all = all && (storage.IsUnavailable(err) || ctx.Err() != nil) // else every part had its turn
			if err == nil && !looked {
				err = w.eraseUndead(ctx)
				looked = err == nil
			}
		}
		if err != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "sweep failed", "error", err)
		}
		if !storage.IsUnavailable(err) {
			seen = awake()
		}
		tick.Reset(pause)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// awake is the time by the clock on the wall, which goes on while a machine sleeps.
func awake() time.Time { return time.Now().Round(0) }

// wiped reports whether the queue lost everything, so that nothing in it has to be waited for.
func (w *Workers) wiped(ctx context.Context) bool {
	if w.Wiped == nil {
		return false
	}
	lost, err := w.Wiped(ctx)
	if err != nil {
		return false
	}
	if lost {
		w.Log.InfoContext(ctx, "the queue holds nothing, enqueueing all open work")
	}
	return lost
}

// mend is a part of a pass: it looks after one thing, and says how many it found.
type mend struct {
	what string // by its name in the metric, empty for what is not counted
	find func() (int, error)
}

// sweep is one pass.
func (w *Workers) sweep(ctx context.Context, all bool) error {
	return w.mend(ctx, slices.Concat([]mend{
		{"generation", func() (int, error) {
			found, err := w.Store.SweepGenerations(ctx, sweepLimit, all)
			for _, g := range found {
				w.enqueue(ctx, startTask(g.Ref, g.RefsMissing))
			}
			return len(found), err
		}},
		{"delivery", func() (int, error) {
			found, err := w.Store.SweepDeliveries(ctx, sweepLimit, all)
			w.post(ctx, found)
			return len(found), err
		}},
		{"late", func() (int, error) { return w.requeue(ctx, all, w.Store.SweepLate, queue.NewGenerationPollTask) }},
		{"look", func() (int, error) { return w.requeue(ctx, all, w.Store.SweepLooks, queue.NewGenerationProgressTask) }},
		{"", func() (int, error) {
			people, err := w.Store.SweepTurns(ctx, sweepLimit)
			for _, id := range people {
				w.promote(ctx, id)
			}
			return 0, err
		}},
		{"album", func() (int, error) { return w.requeue(ctx, all, w.openAlbums, closeLater) }},
		{"writing", func() (int, error) { return w.requeue(ctx, all, w.Store.SweepWritings, queue.NewPromptWriteTask) }},
		{"right", func() (int, error) { return w.requeue(ctx, all, w.Store.SweepRights, queue.NewRightServeTask) }},
		{"announcement", func() (int, error) { return w.sweepAnnouncements(ctx, all) }},
		{"relay", func() (int, error) { return w.sweepRelays(ctx, all) }},
		{"", func() (int, error) { return 0, w.sweepConversations(ctx) }},
		{"lane", func() (int, error) { return w.Lanes.Sweep(ctx, sweepLimit) }},
	}, w.moneyMends(ctx, all), w.elsewhereMends(ctx, all)))
}

// mend does all parts. One that fails leaves the others their turn, unless it is the database that is away: what one row keeps from
// being repaired must not keep everything else from it.
func (w *Workers) mend(ctx context.Context, parts []mend) (failed error) {
	for _, p := range parts {
		n, err := p.find()
		if p.what != "" {
			w.Metrics.swept.WithLabelValues(p.what).Add(float64(n))
		}
		failed = errors.Join(failed, err)
		if storage.IsUnavailable(err) || ctx.Err() != nil {
			break
		}
	}
	return failed
}

// requeue enqueues the tasks of what a look finds, and returns how many.
func (w *Workers) requeue(
	ctx context.Context, all bool, look func(ctx context.Context, limit int, now bool) ([]storage.Ref, error), task func(id string, epoch int64) queue.Task,
) (int, error) {
	found, err := look(ctx, sweepLimit, all)
	for _, r := range found {
		w.enqueue(ctx, task(r.ID, r.Epoch))
	}
	return len(found), err
}

// openAlbums are those that nobody closes, which are put off by as much as their tasks.
func (w *Workers) openAlbums(ctx context.Context, limit int, now bool) ([]storage.Ref, error) {
	return w.Store.SweepAlbums(ctx, limit, now, albumAgain)
}

func closeLater(id string, epoch int64) queue.Task {
	return queue.NewAlbumCloseTask(id, epoch).After(albumAgain)
}
