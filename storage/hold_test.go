package storage_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/imagika/imagika/storage"
)

func TestHolds(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		act := storage.Act{By: storage.By{Who: "ops", Why: "a test"}, What: "provider off"}
		soon := c.tick().Add(time.Hour).Truncate(time.Microsecond)
		for _, h := range []storage.Hold{{Provider: "fal"}, {Provider: "fal", Model: "flux"}, {Provider: "bfl", Until: soon.Add(time.Hour)}, {Provider: "bfl", Until: soon}} {
			if _, err := s.HoldProvider(t.Context(), storage.Effect{}, act, h); err != nil {
				t.Fatal(err)
			}
		}
		holds := func(want ...storage.Hold) {
			t.Helper()
			got, err := s.Holds(t.Context())
			if d := cmp.Diff(want, got, cmpopts.IgnoreFields(storage.Hold{}, "Since"), cmpopts.EquateEmpty()); err != nil || d != "" {
				t.Errorf("(-want +got): %s, %v", d, err)
			}
		}
		holds(storage.Hold{Provider: "bfl", Until: soon}, storage.Hold{Provider: "fal"}, storage.Hold{Provider: "fal", Model: "flux"})
		if _, err := s.ReleaseProvider(t.Context(), storage.Effect{}, act, "fal", "flux"); err != nil {
			t.Fatal(err)
		}
		c.skip(2 * time.Hour)
		holds(storage.Hold{Provider: "fal"})
		for range 2 {
			if _, err := s.ReleaseProvider(t.Context(), storage.Effect{}, act, "fal", ""); err != nil {
				t.Fatal(err)
			}
		}
		holds()
	})
}

func TestProviderCallsAndStats(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		since := c.tick()
		b := setup(t, s, 9)
		b.spend(2)
		b.spend(3)
		g := b.claim(b.reserve(1).ID)
		a := b.attempt(g)
		if _, err := s.Finish(t.Context(), g, storage.StatusFailed, storage.ReasonProvider, a.ID, storage.End{State: storage.AttemptFailed, Class: "transient", Billed: "no"}, nil); err != nil {
			t.Fatal(err)
		}
		b.reserve(1)
		all, err := s.ProviderCalls(t.Context(), since)
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		if p := all[0]; p.Calls != 3 || p.Failed != 1 || p.Last != "transient" || p.LastAt.IsZero() || p.P50 <= 0 || p.P95 < p.P50 {
			t.Errorf("%+v", p)
		}
		st, err := s.Stats(t.Context(), since)
		if d := cmp.Diff(storage.Stats{People: 1, New: 1, Active: 1, Made: 2, Failed: 1, Open: 1}, st); err != nil || d != "" {
			t.Errorf("(-want +got): %s, %v", d, err)
		}
		if st.FailureRatio() != 33 || (storage.Stats{}).FailureRatio() != 0 {
			t.Errorf("%d %% failed", st.FailureRatio())
		}
		if st, err = s.Stats(t.Context(), c.tick().Add(time.Hour)); err != nil || st.New != 0 || st.Made != 0 || st.People != 1 || st.Open != 1 {
			t.Errorf("%+v, %v", st, err)
		}
	})
}
