package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// Whoever lost the claim of a refund has no say in what became of it: Telegram may have told the next one otherwise.
func TestRefundFenceHoldsAgainstASleeper(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		charge := b.bought("c1", 4)
		sleeper, err := b.refund(charge, storage.RefundByPerson)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.YieldRefund(t.Context(), sleeper); err != nil { // as if the lease had run out
			t.Fatal(err)
		}
		second, err := s.ClaimRefund(t.Context(), sleeper.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.RefuseRefund(t.Context(), sleeper, "CHARGE_ALREADY_REFUNDED", nil)
		want(t, err, storage.ErrFenced)
		_, err = s.FinishRefund(t.Context(), sleeper, nil)
		want(t, err, storage.ErrFenced)
		if err := s.YieldRefund(t.Context(), sleeper); err != nil {
			t.Fatal(err)
		}
		_, err = s.ClaimRefund(t.Context(), sleeper.ID)
		want(t, err, storage.ErrFenced) // the sleeper did not give away what is not theirs
		b.account(0, 0)
		if _, err := s.FinishRefund(t.Context(), second, nil); err != nil {
			t.Fatal(err)
		}
		b.account(0, 0)
		b.stands(charge, storage.PaymentRefunded, 0, storage.TierFree)
	})
}

// Who is being erased gets no credits for a payment that comes meanwhile: their account would be closed before, and the Stars be lost.
func TestPaymentOfSomebodyBeingErased(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := setup(t, s, 0)
		p := b.payment(b.order(0), "charge-1")
		mustExec(t, raw, `UPDATE users SET erasing_at = 1`)
		_, err := s.Pay(t.Context(), storage.Effect{Update: "u1"}, p)
		want(t, err, storage.ErrRestricted)
		b.account(0, 0)
		_, err = s.Payment(t.Context(), "charge-1") // nothing of it stays: it is told again, or found in Telegram's list
		want(t, err, storage.ErrNotFound)
		mustExec(t, raw, `UPDATE users SET erasing_at = NULL`) // the books are looked at in the end
	})
}

// Whose lease ran out calls nobody, although nobody else has come yet: whoever comes next could call at the same time.
func TestNoCallAfterTheLease(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := setup(t, s, 10)
		g := b.claim(b.reserve(2).ID)
		mustExec(t, raw, `UPDATE generations SET lease_until = 1`)
		_, err := s.StartAttempt(t.Context(), g, storage.Attempt{Provider: "local", Model: "local"})
		want(t, err, storage.ErrFenced)
	})
}

// Credits that a refund has taken come back if Telegram refuses it: until that is known the account of who is erased stays open.
func TestAccountStaysOpenForARefund(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		refund, err := b.refund(b.bought("c1", 4), storage.RefundByPerson)
		if err != nil {
			t.Fatal(err)
		}
		r := b.erasing()
		want(t, s.CloseAccount(t.Context(), r), storage.ErrHeld)
		if _, err := s.RefuseRefund(t.Context(), refund, "CHARGE_NOT_FOUND", nil); err != nil {
			t.Fatal(err)
		}
		b.account(4, 0)
		if err := s.CloseAccount(t.Context(), r); err != nil {
			t.Error(err)
		}
		b.account(0, 0)
	})
}

// Whoever lost a lane to somebody else is told before they call: both would show the same message.
func TestLostLaneIsNotHeld(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		k := newTalk(t, s)
		k.says(storage.NewRelay{Sources: []int64{11}})
		sleeper, _ := k.claim()
		mustExec(t, raw, `UPDATE conversation_members SET lease_until = 1`)
		second, turn := k.claim()
		if turn.Relay == nil || !turn.Interrupted {
			t.Errorf("%+v", turn)
		}
		want(t, s.HoldsRelay(t.Context(), sleeper), storage.ErrFenced)
		if err := s.HoldsRelay(t.Context(), second); err != nil {
			t.Error(err)
		}
	})
}

// Whoever lost the claim of a delivery has no say in it any more: what they would note of it, or put back, is somebody else's to send.
func TestDeliveryFenceHoldsAgainstASleeper(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		g, id := b.stored(4242)
		sleeper := b.claimDelivery(id)
		if _, err := s.Postpone(t.Context(), sleeper, -time.Second); err != nil { // as if the lease had run out
			t.Fatal(err)
		}
		second := b.claimDelivery(id)
		ctx := t.Context()
		for name, late := range map[string]func() error{
			"renewed":   func() error { return s.RenewDelivery(ctx, sleeper) },
			"sending":   func() error { return s.MarkSending(ctx, sleeper) },
			"sent":      func() error { _, _, err := s.Sent(ctx, sleeper, storage.Shown{Messages: []int64{1}}); return err },
			"not sent":  func() error { _, err := s.NotSent(ctx, sleeper, storage.ReasonBlocked); return err },
			"uncertain": func() error { _, _, err := s.Uncertain(ctx, sleeper, nil); return err },
			"put back":  func() error { _, err := s.Postpone(ctx, sleeper, 0); return err },
			"put aside": func() error { _, _, err := s.StepAside(ctx, sleeper, 0); return err },
		} {
			if err := late(); !errors.Is(err, storage.ErrFenced) {
				t.Errorf("%s by whoever lost it: %v", name, err)
			}
		}
		if err := s.MarkSending(ctx, second); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Sent(ctx, second, storage.Shown{Messages: []int64{2}}); err != nil {
			t.Fatal(err)
		}
		if messages, err := s.ResultMessages(ctx, b.person.ID, 4242, g.ID); err != nil || !slices.Equal(messages, []int64{2}) {
			t.Errorf("shown by %v, %v", messages, err)
		}
	})
}

// Who looked at their lane before they met somebody else speaks to whom they talk with now, and not to whom they left.
func TestPassRelayByALookOfAnotherConversation(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		k := newTalk(t, s)
		g, err := s.Greet(t.Context(), "u1", "b", k.chat())
		if err != nil || g.Look.Conversation != k.c.ID {
			t.Fatal(g, err)
		}
		if _, err := s.End(t.Context(), storage.Effect{}, k.c, storage.EndNext, func([2]int) []storage.Send { return nil }); err != nil {
			t.Fatal(err)
		}
		third, err := s.PersonByTelegram(t.Context(), 5002, "en")
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []int64{third.ID, k.two[0]} {
			if _, err := s.Enter(t.Context(), storage.Effect{User: id}, storage.Search{ID: fmt.Sprint("again", id), User: id, Lang: "en"}, 0, nil); err != nil {
				t.Fatal(err)
			}
		}
		now, _, err := s.Match(t.Context(), k.two[0], func(context.Context, storage.Conversation, [2]storage.Search) ([]storage.Send, error) {
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r := storage.NewRelay{User: k.two[0], Key: "u1", Kind: storage.RelayCopy, Sources: []int64{11}}
		c, next, _, err := s.PassRelay(t.Context(), storage.Effect{Update: "u1", Body: "b", User: r.User}, r, g.Look)
		if err != nil || next.Relay == nil || c.Conversation != now.ID || c.To.User != third.ID {
			t.Errorf("%+v to %+v, want to %d in %s, %v", next, c, third.ID, now.ID, err)
		}
	})
}
