package workers

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
)

const (
	booksEvery = time.Minute
	booksLease = 3 * time.Minute
	// signEvery is how long a transfer waits at most for its checkpoint.
	signEvery = time.Hour
	// expireAtOnce bounds the lots that expire in one look; there is another in a minute.
	expireAtOnce = 1000
	// verifyHour is when the whole ledger is verified, UTC.
	verifyHour = 3
)

// kept is when parts of keeping the books were last done by this process.
type kept struct{ signed, verified time.Time }

// KeepBooks keeps the ledger in order, until ctx ends: lots expire, gifts that nobody
// opened go back, checkpoints are signed, and every night everything is
// verified, the first time soon after the start, so that the metrics say something. One process of all does it at a time.
func (w *Workers) KeepBooks(ctx context.Context) {
	holder := rand.Text()
	tick := time.NewTicker(booksEvery)
	defer tick.Stop()
	var k kept
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		held, err := w.Store.Lease(ctx, "books", holder, booksLease)
		if err == nil && held {
			err = w.bookkeep(ctx, &k, time.Now().UTC())
		}
		if err != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "keeping the books failed", "error", err)
		}
	}
}

// bookkeep does what is due.
func (w *Workers) bookkeep(ctx context.Context, k *kept, now time.Time) error {
	n, err := w.Store.ExpireLots(ctx, expireAtOnce)
	w.Metrics.expired.Add(float64(n))
	if err = errors.Join(err, w.payReferrals(ctx), w.returnGifts(ctx)); err != nil {
		return err
	}
	night := time.Date(now.Year(), now.Month(), now.Day(), verifyHour, 0, 0, 0, time.UTC)
	if night.After(now) {
		night = night.AddDate(0, 0, -1)
	}
	switch {
	case k.verified.Before(night):
		found, err := w.Store.Audit(ctx)
		if err != nil {
			return err
		}
		k.signed, k.verified = now, now
		w.showBooks(ctx, found)
	case now.Sub(k.signed) >= signEvery:
		if _, err := w.Store.Checkpoint(ctx); err != nil {
			return err
		}
		k.signed = now
	}
	return nil
}

// showBooks shows what a look at the whole ledger found.
func (w *Workers) showBooks(ctx context.Context, b storage.Books) {
	for _, v := range b.Violations {
		w.Log.ErrorContext(ctx, "the ledger is broken", "invariant", v.Invariant)
	}
	w.Metrics.violated.Set(float64(len(b.Violations)))
	w.Metrics.verified.Set(float64(b.At.Unix()))
	for _, l := range b.Lots {
		w.Metrics.people.WithLabelValues(l.Name).Set(float64(l.Credits))
	}
	for _, h := range b.House {
		w.Metrics.house.WithLabelValues(h.Name).Set(float64(h.Credits))
	}
	for _, o := range b.Off {
		w.Metrics.off.WithLabelValues(o.Name).Set(float64(o.Credits))
	}
}
