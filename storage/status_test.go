package storage_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// shownStatus is a generation whose status message is in the chat.
func (b *bench) shownStatus() storage.Generation {
	b.Helper()
	g := b.reserve(2)
	out, err := b.s.Record(b.Context(), storage.Effect{Sends: []storage.Send{{User: b.person.ID, Generation: g.ID, Kind: storage.SendStatus}}})
	if err != nil {
		b.Fatal(err)
	}
	d, err := b.s.ClaimDelivery(b.Context(), out[0].ID)
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := b.s.Sent(b.Context(), d, storage.Shown{Messages: []int64{77}}); err != nil {
		b.Fatal(err)
	}
	return g
}

// result is what is owed to the person at the end.
func (b *bench) result(g storage.Generation) []storage.Send {
	return []storage.Send{{Key: "result:" + g.ID, User: g.User, Generation: g.ID, Kind: storage.SendResult}}
}

func TestStatusIsEditedByOneAtATimeAndNeverAfterTheEnd(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		g := b.shownStatus()
		show := func(want bool, what storage.Show, pause time.Duration) {
			t.Helper()
			if ok, err := s.ShowStatus(t.Context(), g.ID, what, pause); ok != want || err != nil {
				t.Errorf("show %+v: %v, %v; want %v", what, ok, err, want)
			}
		}
		pending := func(want bool) {
			t.Helper()
			if _, is, err := s.Edited(t.Context(), g.ID); is != want || err != nil {
				t.Errorf("pending: %v, %v; want %v", is, err, want)
			}
		}
		show(false, storage.Show{Text: "a"}, time.Hour) // it was sent just now
		show(true, storage.Show{Text: "a"}, 0)
		show(false, storage.Show{Text: "b"}, 0) // the other edit is under way
		pending(true)
		if err := s.StatusShown(t.Context(), g.ID, ""); err != nil {
			t.Fatal(err)
		}
		pending(false)
		show(false, storage.Show{Text: "a"}, 0) // nothing new
		show(true, storage.Show{Text: "a", Preview: "p"}, 0)
		if err := s.StatusShown(t.Context(), g.ID, "p"); err != nil {
			t.Fatal(err)
		}
		show(false, storage.Show{Text: "b"}, 0) // it is a picture by now
		show(false, storage.Show{Text: "a", Preview: "p", Was: "p"}, 0)
		show(true, storage.Show{Text: "b", Was: "p"}, 0)
		if err := s.StatusShown(t.Context(), g.ID, "p"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Generation(t.Context(), g.ID); err != nil || got.StatusMedia != "p" {
			t.Errorf("shows %q, %v", got.StatusMedia, err)
		}
		if _, _, err := s.Cancel(t.Context(), g.User, g.ID, nil); err != nil {
			t.Fatal(err)
		}
		show(false, storage.Show{Text: "c", Was: "p"}, 0)
	})
}

func TestLostLooksAreRevivedOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		b.reserve(2) // without a status message there is nothing to look after
		g := b.shownStatus()
		if refs, err := s.SweepLooks(t.Context(), 10, false); err != nil || len(refs) != 0 {
			t.Errorf("revived %v at once, %v", refs, err)
		}
		first, err := s.SweepLooks(t.Context(), 10, true)
		if err != nil || len(first) != 1 || first[0].ID != g.ID || first[0].Epoch < 1000 {
			t.Fatalf("revived %v, %v", first, err)
		}
		got, err := s.Generation(t.Context(), g.ID)
		if err != nil || got.Look != first[0].Epoch || time.Since(got.Looked) > time.Minute {
			t.Errorf("looks count from %d, seen %v, %v", got.Look, got.Looked, err)
		}
	})
}

// Canceling is one transaction with what is said about it: what cannot be so any more changes nothing.
func TestCancelAllIsAsItWasTold(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 20)
		free, yielded := b.reserve(2), b.reserve(2)
		waiting := b.reserve(2)
		yielded = b.claim(yielded.ID)
		if err := s.Yield(t.Context(), yielded.ID, yielded.Fence, true, 0); err != nil {
			t.Fatal(err)
		}
		open, err := s.OpenGenerations(t.Context(), b.person.ID)
		if err != nil || len(open) != 3 || open[0].ID != free.ID || !open[0].Free || !open[1].Free || !open[2].Free || open[1].Request.Prompt == "" {
			t.Fatalf("open: %+v, %v", open, err)
		}
		called := b.claim(free.ID)
		b.attempt(called)
		said := storage.Effect{Sends: []storage.Send{{User: b.person.ID, Kind: storage.SendMessage, Body: "all three are canceled"}}}
		_, _, err = s.CancelAll(t.Context(), said, b.person.ID, []string{free.ID, yielded.ID, waiting.ID}, nil, nil)
		want(t, err, storage.ErrFenced)
		b.account(20, 6)
		if open, err = s.OpenGenerations(t.Context(), b.person.ID); err != nil || open[0].Free || open[0].Provider != "local" || open[1].CancelAsked {
			t.Fatalf("open: %+v, %v", open, err)
		}
		out, between, err := s.CancelAll(t.Context(), said, b.person.ID, []string{yielded.ID, waiting.ID}, []string{called.ID}, nil)
		if err != nil || len(out) != 1 || len(between) != 0 {
			t.Fatalf("cancel: %v, %v, %v", out, between, err)
		}
		b.account(20, 2)
		if asked, err := s.Renew(t.Context(), called.ID, called.Fence); err != nil || !asked {
			t.Errorf("renewal tells of the wish: %v, %v", asked, err)
		}
		_, _, err = s.CancelAll(t.Context(), storage.Effect{}, b.person.ID+1, []string{called.ID}, nil, nil)
		want(t, err, storage.ErrFenced)
	})
}

// Between two calls of one generation there may be images: they are somebody's, and are settled by whoever goes on.
func TestCancelBetweenCallsLosesNothing(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		g := b.claim(b.reserve(4).ID)
		a := b.attempt(g)
		if _, err := s.Part(t.Context(), g, a, 0, b.images(g, a, 1)); err != nil {
			t.Fatal(err)
		}
		open, err := s.OpenGenerations(t.Context(), b.person.ID)
		if err != nil || len(open) != 1 || open[0].Free || open[0].Made != 1 {
			t.Fatalf("open: %+v, %v", open, err)
		}
		if done, _, err := s.Cancel(t.Context(), g.User, g.ID, nil); done || err != nil {
			t.Errorf("canceled with an image: %v, %v", done, err)
		}
		_, between, err := s.CancelAll(t.Context(), storage.Effect{}, g.User, nil, []string{g.ID}, nil)
		if err != nil || len(between) != 1 || between[0].ID != g.ID {
			t.Errorf("between calls: %v, %v", between, err)
		}
		b.account(10, 4)
		g = b.claim(g.ID)
		if _, err := s.CompleteParts(t.Context(), g, "", storage.End{}, b.result(g)); err != nil || !g.CancelAsked {
			t.Errorf("settle: %v, asked %v", err, g.CancelAsked)
		}
		b.account(8, 0)
	})
}

func TestLineAndSamples(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 100)
		first, second, third := b.reserve(2), b.reserve(2), b.reserve(2)
		if l, err := s.Line(t.Context(), third); err != nil || l.Own != 2 {
			t.Errorf("third: %+v, %v", l, err)
		}
		if l, err := s.Line(t.Context(), second); err != nil || l.Ahead != 1 || l.SameAhead != 1 || l.Busy != 0 || l.Waiting() != 1 {
			t.Errorf("second: %+v, %v", l, err)
		}
		g := b.claim(first.ID)
		a := b.attempt(g)
		if err := s.Told(t.Context(), a.ID, 0.25, 3); err != nil {
			t.Fatal(err)
		}
		if a, err := s.Attempt(t.Context(), a.ID); err != nil || a.Fraction != 0.25 || a.Ahead != 3 {
			t.Errorf("attempt: %+v, %v", a, err)
		}
		if l, err := s.Line(t.Context(), second); err != nil || l.Ahead != 0 || l.SameBusy != 1 {
			t.Errorf("second while the first is painted: %+v, %v", l, err)
		}
		if l, err := s.Line(t.Context(), storage.Generation{User: b.person.ID + 1, Model: "other"}); err != nil || l.Own != 0 || l.Ahead != 1 || l.SameAhead != 0 || l.Busy != 1 {
			t.Errorf("somebody about to ask for another model: %+v, %v", l, err)
		}
		b.promise(g, storage.Guess{At: time.Now(), Base: 3 * time.Second, Wait: time.Second, P90: 5 * time.Second})
		if _, err := s.Complete(t.Context(), g, a, 0, b.images(g, a, 2), b.result(g)); err != nil {
			t.Fatal(err)
		}
		all, err := s.Samples(t.Context(), "local", 10)
		if err != nil || len(all) != 1 || all[0].Guess.At.IsZero() || all[0].Stored.Before(all[0].Began) {
			t.Fatalf("samples: %+v, %v", all, err)
		}
		all[0].Guess.At = time.Time{}
		if diff := cmp.Diff(storage.Guess{Base: 3 * time.Second, Wait: time.Second, P90: 5 * time.Second}, all[0].Guess); diff != "" || all[0].Params.Count != 2 {
			t.Error(diff, all[0].Params)
		}
		late := b.claim(second.ID)
		a = b.attempt(late)
		if _, err := s.Complete(t.Context(), late, a, 0, b.images(late, a, 2), b.result(late)); err != nil {
			t.Fatal(err)
		}
		b.promise(late, storage.Guess{At: time.Now().Add(time.Second), Base: time.Second}) // what is there already is no guess
		if g, err := s.Generation(t.Context(), late.ID); err != nil || !g.Guess.At.IsZero() || g.StatusMessage != 7 {
			t.Errorf("promised late: %+v, %v", g.Guess, err)
		}
	})
}

// promise has the status message of a generation sent, with what it promises.
func (b *bench) promise(g storage.Generation, said storage.Guess) {
	b.Helper()
	out, err := b.s.Record(b.Context(), storage.Effect{User: b.person.ID, Sends: []storage.Send{{User: b.person.ID, Chat: 42, Generation: g.ID, Kind: storage.SendStatus}}})
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := b.s.Sent(b.Context(), b.claimDelivery(out[0].ID), storage.Shown{Messages: []int64{7}, Guess: said}); err != nil {
		b.Fatal(err)
	}
}
