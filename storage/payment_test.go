package storage_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

var manyPayments = flag.Int("payments", 300, "how many payments are booked with duplicates, losses and reordering")

// order makes an open order of 100 credits for 50 Stars.
func (b *bench) order(period time.Duration) storage.Order {
	b.Helper()
	id, err := b.s.NewID()
	if err != nil {
		b.Fatal(err)
	}
	o := storage.Order{ID: id, User: b.person.ID, Pack: fmt.Sprintf("p%d", b.n.Add(1)), Stars: 50, Credits: 100, Period: period}
	if _, err := b.s.OpenOrder(b.Context(), storage.Effect{}, o); err != nil {
		b.Fatal(err)
	}
	return b.ordered(id)
}

func (b *bench) ordered(id string) storage.Order {
	b.Helper()
	o, err := b.s.Order(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return o
}

// payment is one as ordered.
func (b *bench) payment(o storage.Order, charge string) storage.Payment {
	return storage.Payment{Charge: charge, Order: o.ID, User: o.User, Payer: 4242, Stars: o.Stars, Credits: o.Credits, Paid: time.UnixMicro(1_700_000_000_000_000)}
}

func (b *bench) pay(p storage.Payment) {
	b.Helper()
	if _, err := b.s.Pay(b.Context(), storage.Effect{}, p); err != nil {
		b.Fatal(err)
	}
}

func TestPaymentGivesOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		o := b.order(0)
		if o.Status != storage.OrderOpen || !o.Expires.Equal(o.Created.Add(storage.OrderTime)) {
			t.Errorf("a new order: %+v", o)
		}
		p := b.payment(o, "charge-1")
		b.pay(p)
		b.account(100, 0)
		told := storage.Effect{Update: "again", Body: "00", User: b.person.ID, Sends: []storage.Send{{User: b.person.ID, Kind: storage.SendMessage}}}
		_, err := s.Pay(t.Context(), told, p)
		want(t, err, storage.ErrPaid)
		if seen, _, err := s.Seen(t.Context(), "again", "00"); seen || err != nil {
			t.Errorf("a known charge has an effect: %v, %v", seen, err)
		}
		b.account(100, 0)
		if got := b.ordered(o.ID); got.Status != storage.OrderPaid || got.Paid.IsZero() || !got.Until.IsZero() {
			t.Errorf("the order: %+v", got)
		}
		if who, err := s.PersonByID(t.Context(), b.person.ID); err != nil || who.Tier != storage.TierPaid {
			t.Errorf("the person: %+v, %v", who, err)
		}
		p.Status, p.Payer = storage.PaymentPaid, 0
		got, err := s.Payments(t.Context(), b.person.ID, 10)
		if err != nil || len(got) != 1 {
			t.Fatalf("payments: %+v, %v", got, err)
		}
		got[0].Created = time.Time{}
		if diff := cmp.Diff(p, got[0]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPaymentOfNobody(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		o := b.order(0)
		p := b.payment(o, "charge-1")
		p.User, p.Credits, p.Problem = 0, 0, storage.ProblemErased
		b.pay(p)
		b.account(0, 0)
		got, err := s.Payment(t.Context(), "charge-1")
		if err != nil || got.Status != storage.PaymentUnmatched || got.Payer != 4242 || got.Problem != storage.ProblemErased {
			t.Errorf("payment: %+v, %v", got, err)
		}
		if got := b.ordered(o.ID); got.Status != storage.OrderOpen {
			t.Errorf("nobody's payment paid the order: %+v", got)
		}
		other, err := s.PersonByTelegram(t.Context(), 4343, "en")
		if err != nil {
			t.Fatal(err)
		}
		foreign := b.payment(o, "charge-2")
		foreign.User, foreign.Problem = other.ID, storage.ProblemPerson
		b.pay(foreign)
		if got := b.ordered(o.ID); got.Status != storage.OrderOpen {
			t.Errorf("somebody else's payment paid the order: %+v", got)
		}
		_, err = s.Payment(t.Context(), "charge-3")
		want(t, err, storage.ErrNotFound)
	})
}

func TestOrderIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		o := b.order(0)
		again := o
		again.ID = "another"
		_, err := s.OpenOrder(t.Context(), storage.Effect{}, again)
		want(t, err, storage.ErrConsumed)
		again.Pack = "another"
		if _, err := s.OpenOrder(t.Context(), storage.Effect{}, again); err != nil {
			t.Error(err)
		}
	})
}

func TestOldOrdersAreForgotten(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		now := time.Now()
		s := storagetest.Open(t, storagetest.Migrated(t, engine), func() time.Time { return now })
		b := setup(t, s, 0)
		open, paid, foreign := b.order(0), b.order(0), b.order(0)
		b.pay(b.payment(paid, "charge-1"))
		p := b.payment(foreign, "charge-2")
		p.User, p.Credits = 0, 0
		b.pay(p)
		now = now.Add(31 * 24 * time.Hour)
		if _, err := s.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := s.Order(t.Context(), open.ID)
		want(t, err, storage.ErrNotFound)
		b.ordered(paid.ID)
		b.ordered(foreign.ID)
	}
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		_, _, err := s.Subscription(t.Context(), b.person.ID)
		want(t, err, storage.ErrNotFound)
		o := b.order(30 * 24 * time.Hour)
		until := time.Now().Add(-time.Minute).Truncate(time.Second)
		bill := func(charge string, end time.Time, first bool) {
			p := b.payment(o, charge)
			p.Recurring, p.First, p.Until = true, first, end
			b.pay(p)
		}
		bill("second", until, false) // before the first, as it may come
		bill("first", until.Add(-o.Period), true)
		b.account(200, 0)
		got, charge, err := s.Subscription(t.Context(), b.person.ID)
		if err != nil || charge != "first" || !got.Until.Equal(until) {
			t.Errorf("subscription %+v, %q, %v", got, charge, err)
		}
		cancel := func(canceled bool) error {
			_, err := s.CancelSubscription(t.Context(), storage.Effect{}, b.person.ID, o.ID, canceled)
			return err
		}
		want(t, cancel(false), storage.ErrConsumed)
		want(t, cancel(true), nil)
		want(t, cancel(true), storage.ErrConsumed)
		bill("third", until.Add(time.Second), false) // canceled too late, or taken back in the app
		if got := b.ordered(o.ID); !got.Canceled.IsZero() {
			t.Errorf("a renewal left it canceled: %+v", got)
		}
		if all, err := s.LapsedSubscriptions(t.Context(), time.Hour, 10); err != nil || len(all) != 0 {
			t.Errorf("lapsed within the grace: %+v, %v", all, err)
		}
		all, err := s.LapsedSubscriptions(t.Context(), time.Second, 10)
		if err != nil || len(all) != 1 {
			t.Fatalf("lapsed: %+v, %v", all, err)
		}
		bill("fourth", until.Add(2*time.Second), false)
		_, err = s.EndSubscription(t.Context(), storage.Effect{}, all[0])
		want(t, err, storage.ErrFenced) // renewed meanwhile
		_, err = s.EndSubscription(t.Context(), storage.Effect{}, b.ordered(o.ID))
		want(t, err, nil)
		_, _, err = s.Subscription(t.Context(), b.person.ID)
		want(t, err, storage.ErrNotFound)
		want(t, cancel(true), storage.ErrConsumed)
		bill("fifth", time.Now().Add(o.Period), false) // late, but there
		if _, _, err = s.Subscription(t.Context(), b.person.ID); err != nil {
			t.Errorf("renewed after its end: %v", err)
		}
		b.account(500, 0)
	})
}

// Telegram delivers at least once, and not in order: payments come up to four times, some at the same time, some only when
// they are sent again.
func TestManyPaymentsEachOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		var told []storage.Payment
		for i := range *manyPayments {
			o := b.order(0)
			p := b.payment(o, fmt.Sprintf("charge-%d", i))
			for range 1 + rand.IntN(4) {
				told = append(told, p)
			}
		}
		rand.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
		lost, first := told[:len(told)/5], told[len(told)/5:]
		fresh := b.payAll(first) + b.payAll(append(lost, first[:len(first)/5]...))
		if fresh != *manyPayments {
			t.Errorf("%d of %d payments were booked", fresh, *manyPayments)
		}
		b.account(int64(100**manyPayments), 0)
	})
}

// payAll books payments, eight at a time, and returns how many were new.
func (b *bench) payAll(all []storage.Payment) (fresh int) {
	var group sync.WaitGroup
	var mu sync.Mutex
	work := make(chan storage.Payment)
	for range 8 {
		group.Go(func() {
			for p := range work {
				_, err := b.s.Pay(b.Context(), storage.Effect{}, p)
				mu.Lock()
				if err == nil {
					fresh++
				} else if !errors.Is(err, storage.ErrPaid) {
					b.Errorf("%s: %v", p.Charge, err)
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range all {
		work <- p
	}
	close(work)
	group.Wait()
	return fresh
}
