package storage_test

import (
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// A handle that comes after its call was given up is kept: it was paid for, and the call is under way again.
func TestHandleOfACallThatWasGivenUp(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		g := b.claim(b.reserve(4).ID)
		a := b.attempt(g)
		if _, err := s.Finish(t.Context(), g, storage.StatusFailed, storage.ReasonUnknown, a.ID, storage.End{State: storage.AttemptUnknown, Billed: "maybe", Class: "unknown"}, nil); err != nil {
			t.Fatal(err)
		}
		a.Handle, a.ExternalID, a.NextPoll = []byte("handle"), "ext", time.Now()
		if err := s.Submitted(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		got, err := s.Attempt(t.Context(), a.ID)
		if err != nil || got.State != storage.AttemptSubmitted || string(got.Handle) != "handle" {
			t.Errorf("%+v, %v", got, err)
		}
		b.verify()
	})
}
