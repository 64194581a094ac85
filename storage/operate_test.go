package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// ann is an operator.
var ann = storage.By{Who: "ann", Why: "a test"}

func nothingToSay(int64) ([]storage.Send, error) { return nil, nil }

// Credits go back to where they came from, once; what expires comes back as what does not.
func TestReturnCredits(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		b.give("daily", storage.SourceDaily, 1, time.Now().Add(time.Hour))
		b.give("code", storage.SourcePromo, 1, time.Time{})
		b.buy("c1", 10)
		g := b.paint(4, 2)
		b.lots("pay:c1 8 8")
		act := storage.Act{By: ann, What: "generation refund", Object: g.ID}
		if credits, err := s.ReturnCredits(t.Context(), act, g, func(n int64) ([]storage.Send, error) {
			return []storage.Send{{User: g.User, Kind: storage.SendMessage, Body: addressed{4242, "sorry"}}}, nil
		}); err != nil || credits != 4 {
			t.Fatalf("%d credits, %v", credits, err)
		}
		b.lots("grant:code 1 1", "grant:return:settle:"+g.ID+" 1 1", "pay:c1 10 10")
		ok := b.atOnce(4, func(int) error {
			_, err := s.ReturnCredits(t.Context(), act, g, nothingToSay)
			return err
		}, storage.ErrConsumed)
		if acts, err := s.Acts(t.Context(), storage.ActFilter{Object: g.ID}); ok != 0 || err != nil || len(acts) != 1 {
			t.Errorf("given back %d times more; acts %+v, %v", ok, acts, err)
		}
		entries, err := s.Entries(t.Context(), g.ID)
		if err != nil || len(entries) != 3 || entries[2].Posted != 4 {
			t.Errorf("%+v, %v", entries, err)
		}
		calls, err := s.Calls(t.Context(), g.ID)
		if err != nil || len(calls) != 1 || calls[0].State != storage.AttemptSucceeded || calls[0].Ended.IsZero() || calls[0].Cost == nil {
			t.Errorf("%+v, %v", calls, err)
		}
	})
}

// Nothing goes back of what was free, is under way, or was paid by a payment that went back itself.
func TestReturnNoCredits(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		b.buy("c1", 4)
		spent := b.paint(4, 2)
		refund := storage.Act{By: ann, What: "refund", Object: "c1"}
		_, ref, _, err := s.AskRefund(t.Context(), storage.Effect{}, &refund, 0, "c1", storage.RefundByOperator)
		if err != nil {
			t.Fatal(err)
		}
		act := storage.Act{By: ann, What: "generation refund", Object: spent.ID}
		_, err = s.ReturnCredits(t.Context(), act, spent, nothingToSay)
		want(t, err, storage.ErrHeld)
		r, err := s.ClaimRefund(t.Context(), ref.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.FinishRefund(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
		_, err = s.ReturnCredits(t.Context(), act, spent, nothingToSay)
		want(t, err, storage.ErrNotFound)
		b.give("more", storage.SourcePromo, 4, time.Time{})
		_, err = s.ReturnCredits(t.Context(), act, b.reserve(4), nothingToSay)
		want(t, err, storage.ErrNotFound)
	})
}

// An operator cancels what is free at once, notes the wish for what is not, and races with whoever works on it.
func TestCancelFor(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 100)
		act := storage.Act{By: ann, What: "generation cancel"}
		final := func(g storage.Generation) []storage.Send {
			return []storage.Send{{Key: "result:" + g.ID, User: g.User, Generation: g.ID, Kind: storage.SendResult}}
		}
		g := b.reserve(4)
		if canceled, err := s.CancelFor(t.Context(), act, g, final(g)); err != nil || !canceled {
			t.Fatalf("%v, %v", canceled, err)
		}
		_, err := s.CancelFor(t.Context(), act, g, final(g))
		want(t, err, storage.ErrNotFound)
		busy := b.claim(b.reserve(4).ID)
		if canceled, err := s.CancelFor(t.Context(), act, busy, final(busy)); err != nil || canceled {
			t.Fatalf("of one in progress: %v, %v", canceled, err)
		}
		if asked, err := s.Renew(t.Context(), busy.ID, busy.Fence); err != nil || !asked {
			t.Errorf("the worker is not told: %v, %v", asked, err)
		}
		b.finish(busy, 2)
		for range 4 {
			g := b.reserve(4)
			b.atOnce(2, func(i int) error {
				if i == 0 {
					_, err := s.CancelFor(t.Context(), act, g, final(g))
					return err
				}
				claimed, err := s.Claim(t.Context(), g.ID)
				if err == nil {
					_, err = s.Finish(t.Context(), claimed, storage.StatusFailed, storage.ReasonProvider, "", storage.End{}, final(g))
				}
				return err
			}, storage.ErrNotFound, storage.ErrFenced)
		}
		all, err := s.Generations(t.Context(), storage.GenerationFilter{User: b.person.ID, Limit: 10})
		if err != nil || len(all) != 6 {
			t.Errorf("%d generations, %v", len(all), err)
		}
		if all, err = s.Generations(t.Context(), storage.GenerationFilter{Status: storage.StatusStored, Limit: 10}); err != nil || len(all) != 1 {
			t.Errorf("%d stored, %v", len(all), err)
		}
	})
}

// What could not be delivered is owed again, once at a time.
func TestRedeliverFor(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		g, id := b.stored(4242)
		act := storage.Act{By: ann, What: "generation retry", Object: g.ID}
		again := func(n string) storage.Send {
			return storage.Send{Key: "again:" + n, User: g.User, Chat: 4242, Generation: g.ID, Kind: storage.SendResult}
		}
		want(t, s.RedeliverFor(t.Context(), act, g, again("0")), storage.ErrConsumed)
		if _, err := s.NotSent(t.Context(), b.claimDelivery(id), storage.ReasonChat); err != nil {
			t.Fatal(err)
		}
		if err := s.RedeliverFor(t.Context(), act, g, again("1")); err != nil {
			t.Fatal(err)
		}
		want(t, s.RedeliverFor(t.Context(), act, g, again("2")), storage.ErrConsumed)
		owed, err := s.Dispatches(t.Context(), g.ID)
		if err != nil || len(owed) != 2 || owed[0].Status != "undeliverable" || owed[1].Status != "pending" {
			t.Errorf("%+v, %v", owed, err)
		}
	})
}

// An update that was given up is tried again, and given up again or handled; its content is opened for who says why.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		act := storage.Act{By: ann, What: "dead letter retry", Object: "u1"}
		bury := func() {
			t.Helper()
			if err := s.BuryUpdate(t.Context(), "u1", "body", 0, []byte(`{"update_id":1}`), "it broke", 5); err != nil {
				t.Fatal(err)
			}
		}
		state := func(retried, handled bool, failures int64) {
			t.Helper()
			d, err := s.DeadLetter(t.Context(), "u1")
			if err != nil || d.Retried.IsZero() == retried || d.Handled != handled || d.Failures != failures {
				t.Errorf("%+v, %v", d, err)
			}
		}
		bury()
		bury() // the same again, because its note was lost
		state(false, false, 5)
		for range 2 { // the second push, because the first may have been lost
			if raw, err := s.Exhume(t.Context(), act, "u1"); err != nil || string(raw) != `{"update_id":1}` {
				t.Fatalf("%q, %v", raw, err)
			}
			state(true, false, 5)
		}
		bury()
		state(false, false, 10)
		if _, err := s.Exhume(t.Context(), act, "u1"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Record(t.Context(), storage.Effect{Update: "u1", Body: "body"}); err != nil {
			t.Fatal(err)
		}
		state(true, true, 10)
		_, err := s.Exhume(t.Context(), act, "u1")
		want(t, err, storage.ErrConsumed)
		state(true, true, 10)
		if raw, err := s.OpenDeadLetter(t.Context(), act, "u1"); err != nil || string(raw) != `{"update_id":1}` {
			t.Errorf("%q, %v", raw, err)
		}
		if err := s.DropDeadLetter(t.Context(), act, "u1"); err != nil {
			t.Fatal(err)
		}
		_, err = s.OpenDeadLetter(t.Context(), act, "u1")
		if all, listed := s.DeadLetters(t.Context(), 10); listed != nil || len(all) != 0 || !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%+v, %v, %v", all, listed, err)
		}
	})
}
