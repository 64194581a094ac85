package storage_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/imagika/imagika/storage"
)

// Who received something: what certainly did not arrive is left out, and of what nobody knows it is said so.
func TestReceivers(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		b := setup(t, s, 10)
		g := b.claim(b.reserve(2).ID)
		call := func(provider string, end storage.End) {
			t.Helper()
			c.tick()
			a, err := s.StartAttempt(t.Context(), g, storage.Attempt{Provider: provider, Model: provider + "-1"})
			if err == nil && end.State != "" {
				err = s.EndAttempt(t.Context(), a.ID, end)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		call("away", storage.End{State: storage.AttemptFailed, Class: "not_accepted", Billed: "no"})
		call("torn", storage.End{State: storage.AttemptFailed, Class: "transient", Billed: "maybe"})
		call("strict", storage.End{State: storage.AttemptRefused, Class: "rejected", Billed: "no"})
		call("slow", storage.End{})
		c.tick()
		id, err := b.words()
		if err != nil {
			t.Fatal(err)
		}
		w, err := s.ClaimWriting(t.Context(), id)
		if err := errors.Join(err, s.CallWriting(t.Context(), w, "writer")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.EndWriting(t.Context(), w, storage.WritingEnd{State: storage.WritingReady, Answer: "a"}, nil); err != nil {
			t.Fatal(err)
		}
		c.tick()
		for _, answered := range []bool{true, false} { // what it got it has
			if err := s.Judged(t.Context(), storage.Generation{ID: g.ID, User: g.User}, "judge", storage.SubjectRequest, answered); err != nil {
				t.Fatal(err)
			}
		}
		b.other(7).reserve(0)

		all := []storage.Receiver{
			{ID: g.ID, Kind: storage.OfJudging, Provider: "judge", Certain: true},
			{ID: id, Kind: "improve", Provider: "writer", Certain: true},
			{ID: g.ID, Kind: storage.OfGeneration, Provider: "slow", Model: "slow-1"},
			{ID: g.ID, Kind: storage.OfGeneration, Provider: "strict", Model: "strict-1", Certain: true},
			{ID: g.ID, Kind: storage.OfGeneration, Provider: "torn", Model: "torn-1"},
		}
		for _, page := range []struct {
			offset, limit int
			want          []storage.Receiver
		}{{0, 10, all}, {1, 2, all[1:3]}, {5, 2, nil}} {
			got, err := s.Receivers(t.Context(), b.person.ID, page.offset, page.limit)
			if diff := cmp.Diff(page.want, got, cmpopts.IgnoreFields(storage.Receiver{}, "At"), cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("from %d (-want +got): %v\n%s", page.offset, err, diff)
			}
		}
	})
}
