package workers

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

const (
	sweepEvery = 2 * time.Second
	sweepLease = 5 * time.Second
	sweepLimit = 500
)

// Sweep repairs, until ctx ends: rows and lanes whose task was lost are enqueued again. One process of all does it at a
// time. It is a loop and not a task, because it must work when the queue has lost everything.
func (w *Workers) Sweep(ctx context.Context) error {
	holder := rand.Text()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var all, looked bool
	for {
		held, err := w.Store.Lease(ctx, "sweep", holder, sweepLease)
		if err == nil { // whoever led goes on telling of a database that is away
			w.leads.Store(held)
		}
		if err == nil && held {
			all = w.wiped(ctx) || all
			if err = w.sweep(ctx, all); err == nil {
				all = false
			}
			if err == nil && !looked {
				err = w.eraseUndead(ctx)
				looked = err == nil
			}
		}
		tick.Reset(sweepEvery)
		if err != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "sweep failed", "error", err)
			tick.Reset(sweepEvery + storage.LeaseRenew) // leases ran out while the database was away: their owners go first
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

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

// sweep is one pass.
func (w *Workers) sweep(ctx context.Context, all bool) error {
	generations, err := w.Store.SweepGenerations(ctx, sweepLimit, all)
	if err != nil {
		return err
	}
	for _, g := range generations {
		w.enqueue(ctx, startTask(g.Ref, g.RefsMissing))
	}
	deliveries, err := w.Store.SweepDeliveries(ctx, sweepLimit, all)
	if err != nil {
		return err
	}
	w.post(ctx, deliveries)
	late, err := w.Store.SweepLate(ctx, sweepLimit)
	if err != nil {
		return err
	}
	for _, a := range late {
		w.enqueue(ctx, queue.NewGenerationPollTask(a.ID, a.Polls+1))
	}
	looks, err := w.Store.SweepLooks(ctx, sweepLimit, all)
	if err != nil {
		return err
	}
	for _, l := range looks {
		w.enqueue(ctx, queue.NewGenerationProgressTask(l.ID, l.Epoch))
	}
	people, err := w.Store.SweepTurns(ctx, sweepLimit)
	if err != nil {
		return err
	}
	for _, id := range people {
		w.promote(ctx, id)
	}
	albums, err := w.Store.SweepAlbums(ctx, sweepLimit, all, albumAgain)
	if err != nil {
		return err
	}
	for _, a := range albums {
		w.enqueue(ctx, queue.NewAlbumCloseTask(a.ID, a.Epoch).After(albumAgain))
	}
	writings, err := w.Store.SweepWritings(ctx, sweepLimit, all)
	if err != nil {
		return err
	}
	for _, r := range writings {
		w.enqueue(ctx, queue.NewPromptWriteTask(r.ID, r.Epoch))
	}
	rights, err := w.Store.SweepRights(ctx, sweepLimit, all)
	if err != nil {
		return err
	}
	for _, r := range rights {
		w.enqueue(ctx, queue.NewRightServeTask(r.ID, r.Epoch))
	}
	announcements, err := w.sweepAnnouncements(ctx, all)
	if err != nil {
		return err
	}
	relays, err := w.sweepRelays(ctx, all)
	if err != nil {
		return err
	}
	if err := w.sweepPayments(ctx, all); err != nil {
		return err
	}
	if err := w.sweepConversations(ctx); err != nil {
		return err
	}
	if err := w.sweepElsewhere(ctx, all); err != nil {
		return err
	}
	lanes, err := w.Lanes.Sweep(ctx, sweepLimit)
	for what, n := range map[string]int{"generation": len(generations), "delivery": len(deliveries), "late": len(late), "album": len(albums), "writing": len(writings), "look": len(looks), "announcement": announcements, "right": len(rights), "relay": relays, "lane": lanes} {
		w.Metrics.swept.WithLabelValues(what).Add(float64(n))
	}
	return err
}
