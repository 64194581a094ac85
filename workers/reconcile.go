package workers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Telegram's list of transactions says what was paid and what went back, whatever updates were lost. It is read page by page,
// the oldest first, and held against the payments here. What can be set right is: a payment that is missing here is booked as
// if its update had come, one that went back is taken back. The rest is for operators to look at. What the bot was paid before
// this database knew anybody is left alone: another program sold it.

const (
	// reconcileGrace is how young a transaction is left alone: the update that tells of it may be on its way.
	reconcileGrace = 10 * time.Minute
	// reconcileOverlap is how much of the list is read again the next time.
	reconcileOverlap = 48 * time.Hour
	// reconcileShown is how many findings operators are told in their chat.
	reconcileShown = 20
	// failuresAtOnce is how many transactions may fail before the rest is left for another try: it is not they that are at fault then.
	failuresAtOnce = 10
)

// FindingKind is how payments here and at Telegram differ. A closed set; it doubles as metric label.
type FindingKind string

// The kinds.
const (
	FoundMissingHere  FindingKind = "missing_here"         // it was booked now
	FoundNobody       FindingKind = "payer_unknown"        // it was paid by nobody we know, and goes back
	FoundMissingThere FindingKind = "missing_there"        // Telegram does not list a payment of ours
	FoundStars        FindingKind = "stars_differ"         // another amount
	FoundPerson       FindingKind = "person_differs"       // another person
	FoundRefundHere   FindingKind = "refund_missing_here"  // it went back; its credits were taken now
	FoundRefundThere  FindingKind = "refund_missing_there" // we think it went back, Telegram does not
	FoundTaken        FindingKind = "taken"                // Stars were taken for no payment: a bank did, most likely
)

// Finding is one difference.
type Finding struct {
	Kind   FindingKind `json:"kind"`
	Charge string      `json:"charge"`
	Stars  int64       `json:"stars"`            // at Telegram
	Here   int64       `json:"here,omitempty"`   // the amount here, where it differs
	Person string      `json:"person,omitempty"` // hashed
	At     time.Time   `json:"at"`
}

// Reconciled is the report of a comparison.
type Reconciled struct {
	From         time.Time `json:"from,omitzero"` // of the oldest transaction that was compared
	Until        time.Time `json:"until"`
	Transactions int       `json:"transactions"`
	Paid         int64     `json:"stars_paid"`
	Refunded     int64     `json:"stars_refunded"`
	Other        int64     `json:"stars_other"` // neither: withdrawals, advertisements, messages above the limit; less than zero went out
	Balance      int64     `json:"balance"`     // of the bot, now
	Findings     []Finding `json:"findings"`
}

// comparison is one on its way.
type comparison struct {
	w        *Workers
	since    time.Time
	report   Reconciled
	paid     map[string]bool // charges in Telegram's list
	returned map[string]bool
	next     int     // where the next one starts
	failed   []error // of transactions that could not be compared
	// looking leaves everything as it is: what is missing here is only found.
	looking bool
}

// reconcilePayments compares payments with Telegram's list.
func (w *Workers) reconcilePayments(ctx context.Context, p queue.PaymentReconcile) error {
	if w.Telegram == nil {
		return later(errors.New("no bot to ask"), time.Minute)
	}
	run, err := w.Store.ClaimReconcile(ctx, p.ID)
	if err != nil {
		return err
	}
	ctx, stop := whileClaimed(ctx, func(ctx context.Context) error { return w.Store.RenewReconcile(ctx, run) })
	defer stop()
	return w.comparePayments(ctx, run, time.Now())
}

func (w *Workers) comparePayments(ctx context.Context, run storage.Reconciliation, now time.Time) error {
	c := &comparison{w: w, since: run.Since, next: run.Offset}
	err := c.compare(ctx, run.Offset, now)
	if err != nil {
		return err
	}
	if c.report.Balance, err = w.Telegram.StarBalance(ctx); err != nil {
		return err
	}
	return c.end(ctx, run)
}

// compare goes through both lists, Telegram's from a place on.
func (c *comparison) compare(ctx context.Context, offset int, now time.Time) error {
	c.paid, c.returned = map[string]bool{}, map[string]bool{}
	c.report.Until, c.report.Findings = now.Add(-reconcileGrace).UTC(), []Finding{}
	began, err := c.w.Store.Began(ctx)
	if err != nil {
		return err
	}
	if began = began.Truncate(time.Second); c.since.Before(began) { // Telegram tells seconds
		c.since = began
	}
	if err := c.read(ctx, offset); err != nil {
		return err
	}
	return errors.Join(append(c.failed, c.missing(ctx, offset > 0))...)
}

// read goes through Telegram's list.
func (c *comparison) read(ctx context.Context, offset int) error {
	for {
		page, err := c.w.Telegram.StarTransactions(ctx, offset, telegram.MaxStarPage)
		if err != nil {
			return err
		}
		for i, t := range page {
			if t.At.Before(c.report.Until.Add(-reconcileOverlap)) {
				c.next = offset + i + 1
			}
			if err := c.transaction(ctx, t); err != nil {
				c.failed = append(c.failed, fmt.Errorf("transaction %s: %w", t.ID, err))
			}
			if len(c.failed) > failuresAtOnce || ctx.Err() != nil {
				return errors.Join(c.failed...)
			}
		}
		if offset += len(page); len(page) < telegram.MaxStarPage {
			return nil
		}
	}
}

// transaction holds one against what is here.
func (c *comparison) transaction(ctx context.Context, t telegram.StarTransaction) error {
	if t.Invoice { // also one that is too young or too old: it is there
		if t.Out {
			c.returned[t.ID] = true
		} else {
			c.paid[t.ID] = true
		}
	}
	if t.At.Before(c.since) || t.At.After(c.report.Until) {
		return nil
	}
	if c.report.Transactions++; c.report.From.IsZero() {
		c.report.From = t.At
	}
	switch {
	case t.Invoice && t.Out:
		c.report.Refunded += t.Stars
		return c.wentBack(ctx, t)
	case t.Invoice:
		c.report.Paid += t.Stars
		return c.cameIn(ctx, t)
	case t.Out:
		c.report.Other -= t.Stars
		if t.Partner == "other" {
			c.found(FoundTaken, t, 0)
		}
	default:
		c.report.Other += t.Stars
	}
	return nil
}

func (c *comparison) found(kind FindingKind, t telegram.StarTransaction, user int64) *Finding {
	f := Finding{Kind: kind, Charge: t.ID, Stars: t.Stars, At: t.At.UTC()}
	if user != 0 && !c.looking {
		f.Person = c.w.personHash(user)
	}
	c.report.Findings = append(c.report.Findings, f)
	return &c.report.Findings[len(c.report.Findings)-1]
}

// cameIn compares a payment, and books one that is missing.
func (c *comparison) cameIn(ctx context.Context, t telegram.StarTransaction) error {
	p, err := c.w.Store.Payment(ctx, t.ID)
	switch {
	case errors.Is(err, storage.ErrNotFound) && c.looking:
		c.found(FoundMissingHere, t, 0)
		return nil
	case errors.Is(err, storage.ErrNotFound):
		return c.bookMissing(ctx, t)
	}
	if err != nil {
		return err
	}
	if p.Stars != t.Stars {
		c.found(FoundStars, t, p.User).Here = p.Stars
	}
	person, err := c.w.Store.KnownPerson(ctx, t.User)
	if err == nil && p.User != person.ID {
		c.found(FoundPerson, t, p.User)
	}
	return ignore(err, storage.ErrNotFound)
}

// bookMissing does what the update would have done that never came.
func (c *comparison) bookMissing(ctx context.Context, t telegram.StarTransaction) error {
	told := telegram.Payment{Currency: telegram.Stars, TotalAmount: t.Stars, InvoicePayload: t.Payload, ChargeID: t.ID}
	if t.Period > 0 {
		told.Recurring, told.ExpiresAt = true, t.At.Add(t.Period).Unix()
	}
	if err := c.w.book(ctx, storage.Effect{}, told, t.User, t.At); err != nil {
		return err
	}
	p, err := c.w.Store.Payment(ctx, t.ID)
	if err != nil {
		return err
	}
	kind := FoundMissingHere
	if p.Status == storage.PaymentUnmatched {
		kind = FoundNobody // the sweeper gives it back
	}
	c.found(kind, t, p.User)
	return nil
}

// wentBack compares a refund, and takes back what it bought.
func (c *comparison) wentBack(ctx context.Context, t telegram.StarTransaction) error {
	p, err := c.w.Store.Payment(ctx, t.ID)
	if ignore(err, storage.ErrNotFound) != nil {
		return err
	}
	if c.looking {
		if err != nil || p.Status == storage.PaymentPaid {
			c.found(FoundRefundHere, t, 0)
		}
		return nil
	}
	r, err := c.w.reverse(ctx, storage.Effect{}, storage.Payment{Charge: t.ID, Order: t.Payload, Payer: t.User, Stars: t.Stars, Paid: t.At})
	if errors.Is(err, storage.ErrFenced) { // a refund was asked for just now, which ends the same way
		return nil
	}
	if err == nil && !r.Again && !r.Asked && p.Status != storage.PaymentUnmatched {
		c.found(FoundRefundHere, t, r.User)
	}
	return err
}

// missing looks for payments and refunds that only we know of. later says that the list was not read from its beginning.
func (c *comparison) missing(ctx context.Context, later bool) error {
	from := c.since
	if later && from.Before(c.report.From) {
		from = c.report.From.Add(time.Second) // others of the same second may stand before it
	}
	if later && c.report.From.IsZero() {
		return nil // nothing new
	}
	return c.w.Store.PaymentsBetween(ctx, from, c.report.Until, func(p storage.Payment) error {
		t := telegram.StarTransaction{ID: p.Charge, Stars: p.Stars, At: p.Paid}
		gone := p.Status == storage.PaymentRefunded || p.Status == storage.PaymentClawedBack
		switch {
		case !c.paid[p.Charge] && !c.returned[p.Charge]:
			c.found(FoundMissingThere, t, p.User)
		case gone && !c.returned[p.Charge]:
			c.found(FoundRefundThere, t, p.User)
		}
		return nil
	})
}

// end keeps the report, and tells the operators of what was found.
func (c *comparison) end(ctx context.Context, run storage.Reconciliation) error {
	found := c.report.Findings
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.At.Compare(b.At)) })
	var sends []storage.Send
	if len(found) > 0 {
		var rows []string
		for _, f := range found[:min(len(found), reconcileShown)] {
			rows = append(rows, string(f.Kind)+" "+shortCharge(f.Charge)+" "+f.Person)
		}
		var err error
		if sends, err = c.w.operatorSends(ctx, texts.MessageDeskReconciled, map[string]any{"Count": len(found), "Rows": rows}); err != nil {
			return err
		}
	}
	out, err := c.w.Store.EndReconcile(ctx, run, c.report, len(found), c.next, sends)
	if err != nil {
		return err
	}
	for _, f := range found {
		c.w.Metrics.findings.WithLabelValues(string(f.Kind)).Inc()
		c.w.Log.WarnContext(ctx, "payments differ from Telegram's", "kind", f.Kind, "stars", f.Stars)
	}
	c.w.post(ctx, out)
	return nil
}

// sweepReconciles enqueues the comparison that is due, and those that nobody works on.
func (w *Workers) sweepReconciles(ctx context.Context, all bool) (int, error) {
	if w.Settings.Reconcile > 0 {
		due, err := w.Store.DueReconcile(ctx, w.Settings.Reconcile)
		if err != nil {
			return 0, err
		}
		for _, r := range due {
			w.enqueue(ctx, queue.NewPaymentReconcileTask(r.ID, r.Epoch))
		}
	}
	return w.requeue(ctx, all, w.Store.SweepReconciles, queue.NewPaymentReconcileTask)
}
