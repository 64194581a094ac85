package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
)

const (
	// signEvery is how long a transfer waits at most for its checkpoint.
	signEvery = time.Hour
	// expireAtOnce bounds the lots that expire in one look; there is another in a minute.
	expireAtOnce = 1000
	// proveMost bounds the look of every hour, which takes seconds: a database that takes longer has other troubles.
	proveMost = 10 * time.Minute
	// verifyHour is when the whole ledger is verified, UTC.
	verifyHour = 3
)

// kept is when parts of keeping the books were last done by this process.
type kept struct{ signed, verified time.Time }

// KeepBooks keeps the ledger in order, until ctx ends: lots expire, gifts that nobody opened go back, and every hour a checkpoint is
// signed and every invariant is held against what is new. Every night that is done with all there is, the first time soon after the
// start, so that the metrics say something. One process of all does it at a time.
func (w *Workers) KeepBooks(ctx context.Context) {
	var k kept
	w.onDuty(ctx, duty{
		name: "books", failed: func(ctx context.Context, err error) { w.Log.WarnContext(ctx, "keeping the books failed", "error", err) },
		turn:  func(ctx context.Context) error { return w.bookkeep(ctx, &k, time.Now().UTC()) },
		other: w.Metrics.broken.Reset, // what this process found is another's to look at
	})
}

// bookkeep does what is due.
func (w *Workers) bookkeep(ctx context.Context, k *kept, now time.Time) error {
	n, err := w.Store.ExpireLots(ctx, expireAtOnce)
	w.Metrics.expired.Add(float64(n))
	err = errors.Join(err, w.payReferrals(ctx), w.returnGifts(ctx))
	return errors.Join(err, w.prove(ctx, k, now)) // what could not be given keeps nobody from looking at what was
}

// prove signs and verifies as much as is due.
func (w *Workers) prove(ctx context.Context, k *kept, now time.Time) error {
	night := time.Date(now.Year(), now.Month(), now.Day(), verifyHour, 0, 0, 0, time.UTC)
	if night.After(now) {
		night = night.AddDate(0, 0, -1)
	}
	switch {
	case k.verified.Before(night):
		start := time.Now()
		found, err := w.Store.Audit(ctx)
		if err != nil {
			return err
		}
		k.signed, k.verified = now, now
		w.showBooks(found)
		w.showVerdict(ctx, found.Verdict, time.Since(start))
	case now.Sub(k.signed) >= signEvery:
		if _, err := w.Store.Checkpoint(ctx); err != nil {
			return err
		}
		k.signed = now
	default:
		return nil
	}
	return w.proveRecent(ctx)
}

// proveRecent holds every invariant against what is new.
func (w *Workers) proveRecent(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, proveMost)
	defer cancel()
	start := time.Now()
	v, err := w.Store.Prove(ctx, storage.ScopeRecent)
	if err != nil {
		return err
	}
	w.showVerdict(ctx, v, time.Since(start))
	return nil
}

// What contradicts an invariant: label kind of the metric.
const (
	kindBroken = "broken" // what holds always
	kindLate   = "late"   // what holds after a while
)

// showVerdict shows what a look at the invariants found. What is late is looked at every hour whole, so the last such look counts.
func (w *Workers) showVerdict(ctx context.Context, v storage.Verdict, took time.Duration) {
	type place struct {
		group storage.Group
		kind  string
	}
	found := map[place]int64{}
	for _, c := range v.Checks {
		at := place{c.Group, kindBroken}
		if c.Late {
			at.kind = kindLate
		}
		if c.Late && v.Scope == storage.ScopeAll {
			continue
		}
		found[at] += c.Broken
		if c.Broken > 0 {
			w.Log.ErrorContext(ctx, "an invariant is broken", "invariant", c.Invariant, "group", c.Group, "kind", at.kind, "rows", c.Broken, "runbook", c.Runbook)
		}
	}
	for at, n := range found {
		w.Metrics.broken.WithLabelValues(string(at.group), at.kind, string(v.Scope)).Set(float64(n))
	}
	w.Metrics.proved.WithLabelValues(string(v.Scope)).Set(float64(v.At.Unix()))
	w.Metrics.proveTime.WithLabelValues(string(v.Scope)).Set(took.Seconds())
}

// showBooks shows what a look at the whole ledger found.
func (w *Workers) showBooks(b storage.Books) {
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
