package storage_test

import (
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
)

// Who made a result is asked to delete it too, when it is deleted here and when its person is erased, until they said yes.
func TestProvidersAreAskedToDelete(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		b := setup(t, s, 10)
		made := func(external string) (storage.Generation, storage.Attempt) {
			t.Helper()
			g := b.claim(b.reserve(1).ID)
			a := b.attempt(g)
			if external != "" {
				a.ExternalID, a.Handle = external, []byte("handle")
				want(t, s.Submitted(t.Context(), a), nil)
			}
			_, err := s.Finish(t.Context(), g, storage.StatusFailed, storage.ReasonProvider, a.ID, storage.End{State: storage.AttemptFailed, Billed: "no"}, nil)
			want(t, err, nil)
			return g, a
		}
		deleted, first := made("r-1")
		_, second := made("r-2")
		made("") // answered in the call: there is nothing to name it by
		_, _, err := s.DeleteResults(t.Context(), storage.Effect{}, b.person.ID, []string{deleted.ID})
		want(t, err, nil)
		refs, err := s.SweepDeletions(t.Context(), 10)
		if err != nil || len(refs) != 1 || refs[0] != (storage.Ref{ID: first.ID, Epoch: 1}) {
			t.Fatalf("swept %v, %v", refs, err)
		}
		if d, err := s.Deletion(t.Context(), first.ID); err != nil || d.ExternalID != "r-1" || d.Provider != first.Provider || d.Tries != 1 {
			t.Errorf("%+v, %v", d, err)
		}
		if refs, err := s.SweepDeletions(t.Context(), 10); err != nil || len(refs) != 0 {
			t.Errorf("swept at once again: %v, %v", refs, err)
		}
		pass(2 * time.Minute)
		if refs, err := s.SweepDeletions(t.Context(), 10); err != nil || len(refs) != 1 || refs[0].Epoch != 2 {
			t.Errorf("not tried again: %v, %v", refs, err)
		}
		want(t, s.EndDeletion(t.Context(), first.ID, true), nil)
		_, err = s.Deletion(t.Context(), first.ID)
		want(t, err, storage.ErrNotFound)

		if n, err := s.AskDeletions(t.Context(), b.person.ID); err != nil || n != 1 {
			t.Errorf("asked for %d, %v; want what was not asked for yet", n, err)
		}
		if d, err := s.Deletion(t.Context(), second.ID); err != nil || d.ExternalID != "r-2" {
			t.Errorf("%+v, %v", d, err)
		}
	})
}
