package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// What was on its way when its person deleted it, or began to be erased, is not kept, nor left with who made or shows it.

// erasing begins the erasure of the bench's person.
func (b *bench) erasing() storage.Right {
	b.Helper()
	act := storage.Act{By: storage.By{Who: "ann", Why: "a test"}, What: "erase", Object: "x"}
	ref, err := b.s.AskErasure(b.Context(), act, b.person.ID, time.Now())
	want(b.T, err, nil)
	r, err := b.s.ClaimRight(b.Context(), ref.ID)
	want(b.T, err, nil)
	want(b.T, b.s.MarkErasing(b.Context(), r, storage.Farewell{}), nil)
	return r
}

// A provider that takes a call of somebody who is being erased, or of what was deleted, is to delete it.
func TestSubmittedTooLate(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(b *bench, g storage.Generation, a storage.Attempt){
		"erased": func(b *bench, _ storage.Generation, _ storage.Attempt) {
			r := b.erasing()
			_, err := b.s.StopGenerations(b.Context(), r)
			want(b.T, err, nil)
			_, err = b.s.AskDeletions(b.Context(), b.person.ID)
			want(b.T, err, nil)
		},
		"erased, its rows too": func(b *bench, _ storage.Generation, _ storage.Attempt) {
			r := b.erasing()
			_, err := b.s.StopGenerations(b.Context(), r)
			want(b.T, err, nil)
			want(b.T, b.s.CloseAccount(b.Context(), r), nil)
			want(b.T, b.s.EraseRows(b.Context(), r), nil)
		},
		"deleted": func(b *bench, g storage.Generation, a storage.Attempt) {
			_, err := b.s.Finish(b.Context(), g, storage.StatusFailed, storage.ReasonUnknown, a.ID, storage.End{State: storage.AttemptUnknown, Billed: "maybe"}, nil)
			want(b.T, err, nil)
			_, _, err = b.s.DeleteResults(b.Context(), storage.Effect{}, b.person.ID, []string{g.ID})
			want(b.T, err, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
				b := setup(t, s, 10)
				g := b.claim(b.reserve(1).ID)
				a := b.attempt(g) // the call is on its way
				forget(b, g, a)
				a.ExternalID, a.Handle = "job-1", []byte("handle")
				if err := s.Submitted(t.Context(), a); !errors.Is(err, storage.ErrFenced) {
					t.Errorf("submitted: %v, want that nobody waits for it", err)
				}
				pass(time.Hour)
				refs, err := s.SweepDeletions(t.Context(), 10)
				if err != nil || len(refs) != 1 {
					t.Fatalf("deletions to ask for: %v, %v", refs, err)
				}
				d, err := s.Deletion(t.Context(), refs[0].ID)
				if err != nil || d.ExternalID != "job-1" || d.Provider != a.Provider {
					t.Errorf("deletion of %+v, %v", d, err)
				}
			})
		})
	}
}

// A handle that comes after its attempt has ended opens it no more: what was given up is booked, and maybe asked for again.
func TestSubmittedAfterTheEnd(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		a := b.attempt(b.claim(b.reserve(1).ID))
		want(t, s.EndAttempt(t.Context(), a.ID, storage.End{State: storage.AttemptFailed, Class: "transient", Billed: "no"}), nil)
		a.Handle = []byte("handle")
		want(t, s.Submitted(t.Context(), a), storage.ErrFenced)
		if a, err := s.Attempt(t.Context(), a.ID); err != nil || a.State != storage.AttemptFailed {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// A picture that comes late, to what is deleted by then, is not stored.
func TestLateAndDeleted(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, _ func(time.Duration)) {
		b := setup(t, s, 10)
		g := b.claim(b.reserve(1).ID)
		a := b.attempt(g)
		a.ExternalID, a.Handle = "job-1", []byte("handle")
		want(t, s.Submitted(t.Context(), a), nil)
		_, err := s.Finish(t.Context(), g, storage.StatusFailed, storage.ReasonTimeout, "", storage.End{}, nil)
		want(t, err, nil)
		_, _, err = s.DeleteResults(t.Context(), storage.Effect{}, b.person.ID, []string{g.ID})
		want(t, err, nil)
		_, err = s.CompleteLate(t.Context(), a, 5, b.images(g, a, 1), nil)
		if !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("stored late: %v", err)
		}
		if n, err := s.Made(t.Context(), g.ID); err != nil || n != 0 {
			t.Errorf("%d images of what was deleted, %v", n, err)
		}
	})
}

// A result that is deleted while it is being sent is removed from the chat, and nothing is noted of it.
func TestDeletedWhileSent(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, _ func(time.Duration)) {
		b := setup(t, s, 10)
		g, id := b.stored(4242)
		d := b.claimDelivery(id)
		want(t, s.MarkSending(t.Context(), d), nil)
		_, _, err := s.DeleteResults(t.Context(), storage.Effect{}, b.person.ID, []string{g.ID})
		want(t, err, nil)
		_, out, err := s.Sent(t.Context(), d, storage.Shown{
			Messages: []int64{77},
			Notes:    []storage.Note{{Chat: 4242, Message: 77, About: storage.About{Generation: g.ID, Words: "a red fox", Remix: true}}},
			Follow:   []storage.Send{{Key: "next", User: b.person.ID, Kind: storage.SendResult, Generation: g.ID}},
			Unwanted: []storage.Send{{User: b.person.ID, Kind: storage.SendDelete, Body: map[string]any{"chat": 4242, "messages": []int64{77}}}},
		})
		if err != nil || len(out) != 1 {
			t.Fatalf("owed %d, %v", len(out), err)
		}
		if d := b.claimDelivery(out[0].ID); d.Kind != storage.SendDelete {
			t.Errorf("owed a %s", d.Kind)
		}
		if about, err := s.NoteOn(t.Context(), b.person.ID, 4242, 77); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("noted %+v, %v", about, err)
		}
		if ids, err := s.ResultMessages(t.Context(), b.person.ID, 4242, g.ID); err != nil || len(ids) != 1 {
			t.Errorf("known messages %v, %v", ids, err)
		}
	})
}
