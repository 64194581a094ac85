package storage_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// quote keeps a quote for the bench's person.
func (b *bench) quote(price int64) storage.Quote {
	b.Helper()
	n := b.request(price)
	q := storage.Quote{ID: n.ID, User: b.person.ID, Wishes: []storage.Wish{{
		Request: n.Request, Params: n.Params, Model: n.Model, Operation: n.Operation, ParentN: -1, Price: price,
	}}}
	if _, err := b.s.AddQuote(b.Context(), storage.Effect{}, q); err != nil {
		b.Fatal(err)
	}
	return q
}

// start reserves what a quote is about.
func (b *bench) start(q storage.Quote) error {
	n := b.request(q.Wishes[0].Price)
	n.Quote = q.ID
	_, _, _, err := b.s.Reserve(b.Context(), storage.Effect{}, n)
	return err
}

// eachTimed is storagetest.Each with a clock of the program that a test turns.
func eachTimed(t *testing.T, f func(t *testing.T, s *storage.Store, pass func(time.Duration))) {
	t.Helper()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var ahead atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			s := storagetest.Open(t, storagetest.Migrated(t, engine), now)
			f(t, s, func(d time.Duration) { ahead.Add(int64(d)) })
		})
	}
}

func TestAQuoteIsKeptWhole(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		q := b.quote(4)
		got, err := s.OwnQuote(t.Context(), b.person.ID, q.ID)
		if diff := cmp.Diff(q.Wishes, got.Wishes); err != nil || diff != "" || got.Used {
			t.Errorf("%v, used %v, %s", err, got.Used, diff)
		}
		if left := time.Until(got.Expires); left < 9*time.Minute || left > storage.QuoteTime {
			t.Errorf("it holds for %v", left)
		}
		other, err := s.PersonByTelegram(t.Context(), 777, "en")
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.OwnQuote(t.Context(), other.ID, q.ID)
		want(t, err, storage.ErrNotFound)
		_, err = s.DropQuote(t.Context(), storage.Effect{}, other.ID, q.ID)
		want(t, err, storage.ErrNotFound)
	})
}

// However often and from wherever a quote is started at once, it is one generation.
func TestAQuoteStartsOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 100)
		q := b.quote(4)
		var started atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				switch err := b.start(q); {
				case err == nil:
					started.Add(1)
				case !errors.Is(err, storage.ErrConsumed):
					t.Errorf("started: %v", err)
				}
			})
		}
		wg.Wait()
		if started.Load() != 1 {
			t.Errorf("%d generations of one quote", started.Load())
		}
		b.account(100, 4)
		_, err := s.DropQuote(t.Context(), storage.Effect{}, b.person.ID, q.ID)
		want(t, err, storage.ErrConsumed)
	})
}

func TestAQuoteExpires(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		b := setup(t, s, 10)
		q, dropped := b.quote(4), b.quote(4)
		pass(storage.QuoteTime)
		want(t, b.start(q), storage.ErrExpired)
		b.account(10, 0)
		q.Wishes[0].Price = 5
		if _, err := s.RenewQuote(t.Context(), storage.Effect{}, q); err != nil {
			t.Fatal(err)
		}
		if err := b.start(q); err != nil {
			t.Fatal(err)
		}
		b.account(10, 5)
		_, err := s.RenewQuote(t.Context(), storage.Effect{}, q)
		want(t, err, storage.ErrConsumed)
		if _, err := s.DropQuote(t.Context(), storage.Effect{}, b.person.ID, dropped.ID); err != nil {
			t.Errorf("turned down after its time: %v", err)
		}
		want(t, b.start(dropped), storage.ErrConsumed)
	})
}

// What is not reserved does not use the quote up.
func TestAQuoteOutlivesWhatFails(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 3)
		q := b.quote(4)
		want(t, b.start(q), storage.ErrInsufficient)
		if _, err := s.Give(t.Context(), storage.Given{User: b.person.ID, Key: "more", Source: storage.SourcePromo, Credits: 1}); err != nil {
			t.Fatal(err)
		}
		if err := b.start(q); err != nil {
			t.Error(err)
		}
		b.account(4, 4)
	})
}

func TestQuotesAreDeletedInTime(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		b := setup(t, s, 0)
		old := b.quote(1)
		pass(storage.Retention + time.Minute)
		young := b.quote(1)
		if _, err := s.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := s.OwnQuote(t.Context(), b.person.ID, old.ID)
		want(t, err, storage.ErrNotFound)
		_, err = s.OwnQuote(t.Context(), b.person.ID, young.ID)
		want(t, err, nil)
	})
}

// The limit of a month counts what was spent and what is set aside, and nothing that was given back.
func TestCapOfTheMonth(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		b := setup(t, s, 100)
		capped := func(price int64) error {
			n := b.request(price)
			n.Cap = 10
			_, _, _, err := s.Reserve(t.Context(), storage.Effect{}, n)
			return err
		}
		g := b.claim(b.reserve(4).ID)
		a := b.attempt(g)
		if _, err := s.Complete(t.Context(), g, a, 0, b.images(g, a, 2), []storage.Send{{Key: "result", User: g.User, Generation: g.ID, Kind: storage.SendResult}}); err != nil {
			t.Fatal(err)
		}
		open := b.reserve(4)
		want(t, capped(4), storage.ErrCapped)
		want(t, capped(0), nil)
		if spent, err := s.Spent(t.Context(), b.person.ID); err != nil || spent != 8 {
			t.Errorf("%d spent, %v", spent, err)
		}
		if _, _, err := s.Cancel(t.Context(), b.person.ID, open.ID, nil); err != nil {
			t.Fatal(err)
		}
		want(t, capped(6), nil)
		want(t, capped(2), storage.ErrCapped)
		pass(32 * 24 * time.Hour)
		want(t, capped(4), nil) // 6 are still set aside, the 4 were spent in another month
	})
}

// Of many at once no more pass than the limit takes.
func TestCapHoldsAtOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 100)
		var passed atomic.Int64
		var wg sync.WaitGroup
		for range 12 {
			n := b.request(4)
			n.Cap, n.Parallel, n.Waiting = 10, 100, 100
			wg.Go(func() {
				switch _, _, _, err := s.Reserve(t.Context(), storage.Effect{}, n); {
				case err == nil:
					passed.Add(1)
				case !errors.Is(err, storage.ErrCapped):
					t.Errorf("reserve: %v", err)
				}
			})
		}
		wg.Wait()
		if passed.Load() != 2 {
			t.Errorf("%d passed under a limit for 2", passed.Load())
		}
		b.account(100, 8)
	})
}

func TestOneChoiceOverAnother(t *testing.T) {
	t.Parallel()
	seed := int64(0)
	got := storage.Choice{Ratio: "16:9", Seed: &seed}.Over(storage.Choice{Model: "m", Ratio: "1:1", Quality: "low", Style: "oil", Count: 2, Negative: "text"})
	if diff := cmp.Diff(storage.Choice{Model: "m", Ratio: "16:9", Quality: "low", Style: "oil", Count: 2, Negative: "text", Seed: &seed}, got); diff != "" {
		t.Error(diff)
	}
}
