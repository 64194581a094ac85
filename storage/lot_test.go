package storage_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// eachAt is storagetest.Each with a clock that the test sets.
func eachAt(t *testing.T, f func(t *testing.T, s *storage.Store, clock *clock)) {
	t.Helper()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := &clock{now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC), step: time.Second}
			f(t, storagetest.Open(t, storagetest.Migrated(t, engine), c.tick), c)
		})
	}
}

// clock goes on by a step with each look of the store.
type clock struct {
	mu   sync.Mutex
	now  time.Time
	step time.Duration
}

func (c *clock) tick() time.Time {
	c.skip(c.step)
	return c.look()
}

func (c *clock) look() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) skip(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// give gives credits that last for a while, or for ever.
func (b *bench) give(key string, source storage.Source, credits int64, expires time.Time) {
	b.Helper()
	fresh, err := b.s.Give(b.Context(), storage.Given{User: b.person.ID, Key: key, Source: source, Credits: credits, Expires: expires})
	if err != nil || !fresh {
		b.Fatalf("give %s: %v, %v", key, fresh, err)
	}
}

func (b *bench) buy(charge string, credits int64) {
	b.Helper()
	p := storage.Payment{Charge: charge, User: b.person.ID, Stars: credits, Credits: credits, Paid: time.Unix(0, 0)}
	if _, err := b.s.Pay(b.Context(), storage.Effect{}, p); err != nil {
		b.Fatalf("buy %s: %v", charge, err)
	}
}

// lots are the person's lots as "id left free".
func (b *bench) lots(want ...string) {
	b.Helper()
	all, err := b.s.Lots(b.Context(), b.person.ID)
	if err != nil {
		b.Fatal(err)
	}
	var got []string
	for _, l := range all {
		got = append(got, fmt.Sprintf("%s %d %d", l.ID, l.Left, l.Free))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("lots (-want +got):\n%s", diff)
	}
}

// paint spends credits on that many of two images.
func (b *bench) paint(price int64, images int) storage.Generation {
	b.Helper()
	g := b.claim(b.reserve(price).ID)
	b.finish(g, images)
	return g
}

func (b *bench) finish(g storage.Generation, images int) {
	b.Helper()
	a := b.attempt(g)
	if _, err := b.s.Complete(b.Context(), g, a, 0, b.images(g, a, images), b.result(g)); err != nil {
		b.Fatal(err)
	}
}

func TestLotsAreSpentInTheirOrder(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		b := setup(t, s, 0)
		b.buy("c1", 10)
		b.give("daily:1", storage.SourceDaily, 3, c.now.Add(48*time.Hour))
		b.give("welcome", storage.SourceWelcome, 5, time.Time{})
		b.give("daily:2", storage.SourceDaily, 3, c.now.Add(24*time.Hour))
		b.buy("c2", 10)
		g := b.claim(b.reserve(8).ID)
		b.lots("grant:daily:2 3 0", "grant:daily:1 3 0", "grant:welcome 5 3", "pay:c1 10 10", "pay:c2 10 10")
		b.finish(g, 1) // of two: half is paid, the rest is free again
		b.lots("grant:daily:1 2 2", "grant:welcome 5 5", "pay:c1 10 10", "pay:c2 10 10")
		b.paint(18, 2)
		b.lots("pay:c2 9 9")
		spent, err := s.SpentByModel(t.Context(), b.person.ID, c.now.Add(-time.Hour))
		if diff := cmp.Diff([]storage.ModelSpend{{Model: "local", Generations: 2, Credits: 22}}, spent); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestExpiryWaitsForHolds(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		b := setup(t, s, 0)
		b.give("daily:1", storage.SourceDaily, 3, c.now.Add(24*time.Hour))
		b.give("daily:2", storage.SourceDaily, 3, c.now.Add(25*time.Hour))
		b.give("daily:3", storage.SourceDaily, 3, c.now.Add(90*time.Hour))
		g := b.reserve(2)
		expire := func(want int) {
			t.Helper()
			if n, err := s.ExpireLots(t.Context(), 10); err != nil || n != want {
				t.Errorf("expired %d, %v, want %d", n, err, want)
			}
		}
		expire(0)
		c.skip(48 * time.Hour)
		expire(1) // the hold counts on the first
		b.lots("grant:daily:1 3 1", "grant:daily:3 3 3")
		if _, _, err := s.Cancel(t.Context(), b.person.ID, g.ID, nil); err != nil {
			t.Fatal(err)
		}
		expire(1)
		expire(0)
		b.lots("grant:daily:3 3 3")
		page, more, err := s.Movements(t.Context(), b.person.ID, "", 2)
		if err != nil || !more || len(page) != 2 || page[0].ID != "expire:grant:daily:1" || page[0].Source != storage.SourceDaily || page[0].Balance != 3 {
			t.Errorf("movements: %+v, %v, %v", page, more, err)
		}
	})
}

func TestWhatAPaymentBoughtIsTakenBack(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, _ *clock) {
		b, l := setup(t, s, 5), storage.Ledger{Store: s}
		b.buy("c1", 10)
		b.buy("c2", 10)
		again, err := l.Purchase(t.Context(), b.person.ID, "c1", 10)
		if again || err != nil {
			t.Errorf("bought twice: %v, %v", again, err)
		}
		_, err = l.Purchase(t.Context(), b.person.ID, "c1", 11)
		want(t, err, storage.ErrKeyReuse)
		b.paint(8, 2)
		g := b.reserve(4)
		for range 2 { // spent 3 of 10, held 4
			if n, err := l.Refund(t.Context(), b.person.ID, "c1", 10); n != 3 || err != nil {
				t.Errorf("refunded %d, %v", n, err)
			}
		}
		b.lots("pay:c1 4 0", "pay:c2 10 10")
		if n, err := l.Chargeback(t.Context(), b.person.ID, "c2", 6); n != 6 || err != nil {
			t.Errorf("clawed back %d, %v", n, err)
		}
		for range 2 {
			if n, err := l.GiveBack(t.Context(), b.person.ID, "refund:c1"); n != 3 || err != nil {
				t.Errorf("gave back %d, %v", n, err)
			}
		}
		b.lots("pay:c1 7 3", "pay:c2 4 4")
		b.finish(b.claim(g.ID), 2)
		if n, err := l.Chargeback(t.Context(), b.person.ID, "unknown", 6); n != 0 || err != nil {
			t.Errorf("clawed back of an unknown charge: %d, %v", n, err)
		}
		b.lots("pay:c1 3 3", "pay:c2 4 4")
		b.account(7, 0)
	})
}

func TestGiftsAreBoughtCredits(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, _ *clock) {
		b, l := setup(t, s, 5), storage.Ledger{Store: s}
		bob, err := s.PersonByTelegram(t.Context(), 77, "en")
		if err != nil {
			t.Fatal(err)
		}
		b.buy("c1", 10)
		want(t, l.GiftOut(t.Context(), "g1", b.person.ID, 11), storage.ErrInsufficient)
		for _, id := range []string{"g1", "g2"} {
			if err := l.GiftOut(t.Context(), id, b.person.ID, 4); err != nil {
				t.Fatal(err)
			}
		}
		b.lots("grant:test 5 5", "pay:c1 2 2")
		want(t, l.GiftIn(t.Context(), "g9", bob.ID), storage.ErrNotFound)
		for range 2 {
			want(t, l.GiftIn(t.Context(), "g1", bob.ID), nil)
			want(t, l.GiftIn(t.Context(), "g2", b.person.ID), nil)
		}
		want(t, l.GiftIn(t.Context(), "g1", b.person.ID), storage.ErrKeyReuse)
		want(t, l.GiftIn(t.Context(), "g2", bob.ID), storage.ErrKeyReuse)
		b.lots("grant:test 5 5", "pay:c1 6 6")
		want(t, l.GiftOut(t.Context(), "g3", bob.ID, 1), storage.ErrInsufficient) // what was given cannot be given on
		want(t, l.Take(t.Context(), bob.ID, "t1", 5), storage.ErrInsufficient)
		want(t, l.Take(t.Context(), bob.ID, "t1", 3), nil)
		page, _, err := s.Movements(t.Context(), bob.ID, "", 9)
		if err != nil || len(page) != 2 || page[1].Source != storage.SourceGift || page[0].Credits != -3 || page[0].Balance != 1 {
			t.Errorf("movements: %+v, %v", page, err)
		}
	})
}

func TestMovementsInPages(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, _ *clock) {
		b, l := setup(t, s, 5), storage.Ledger{Store: s}
		b.buy("c1", 10)
		g := b.paint(4, 1)
		if _, err := l.Refund(t.Context(), b.person.ID, "c1", 10); err != nil {
			t.Fatal(err)
		}
		if _, err := l.GiveBack(t.Context(), b.person.ID, "refund:c1"); err != nil {
			t.Fatal(err)
		}
		var got []string
		for before, more := "", true; more; {
			page, m, err := s.Movements(t.Context(), b.person.ID, before, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range page {
				got = append(got, fmt.Sprintf("%s %s %s%s %+d = %d", one.Kind, one.Source, one.Charge, strings.ReplaceAll(one.Generation, g.ID, "g"), one.Credits, one.Balance))
				before = one.ID
			}
			more = m
		}
		if diff := cmp.Diff([]string{
			"grant return c1 +10 = 13", "refund  c1 -10 = 3", "capture  g +2 = 13", "hold  g -4 = 11", "purchase purchase c1 +10 = 15", "grant promo  +5 = 5",
		}, got); diff != "" {
			t.Error(diff)
		}
		if page, more, err := s.Movements(t.Context(), b.person.ID+1, "refund:c1", 9); err != nil || more || len(page) > 0 {
			t.Errorf("somebody else sees %+v, %v", page, err)
		}
	})
}

// Whatever takes at once, nobody takes more than there is, and from lots what from the account.
func TestStormOnLots(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b, l := setup(t, s, 20), storage.Ledger{Store: s}
		for i := range 4 {
			b.buy(fmt.Sprint("c", i), 10)
		}
		ctx := context.Background()
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				var err error
				if i >= 16 {
					if _, err := s.Checkpoint(ctx); err != nil {
						t.Errorf("checkpoint: %v", err)
					}
					return
				}
				charge, gift := fmt.Sprint("c", i%4), fmt.Sprint("g", i/2)
				switch i % 4 {
				case 0:
					_, err = l.Refund(ctx, b.person.ID, charge, 7)
				case 1:
					err = l.GiftOut(ctx, gift, b.person.ID, 3)
				case 2:
					err = l.Take(ctx, b.person.ID, charge, 5)
				case 3:
					_, err = l.Chargeback(ctx, b.person.ID, charge, 10)
				}
				if err != nil && i%4 != 2 {
					t.Errorf("taker %d: %v", i, err)
				}
			})
		}
		wg.Wait()
	})
}
