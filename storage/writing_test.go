package storage_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

func TestWritings(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		p, err := s.PersonByTelegram(t.Context(), 1, "en")
		if err != nil {
			t.Fatal(err)
		}
		id, err := s.NewID()
		if err != nil {
			t.Fatal(err)
		}
		asked := storage.Writing{ID: id, User: p.ID, Kind: "improve", Request: storage.WritingRequest{Chat: 1, Text: "a fox", Without: []string{"x"}}}
		if _, _, err := s.AskWords(t.Context(), storage.Effect{Update: "u", Body: "b", User: p.ID}, asked); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.AskWords(t.Context(), storage.Effect{Update: "u", Body: "b", User: p.ID}, asked); !errors.Is(err, storage.ErrSeen) {
			t.Errorf("asked twice: %v", err)
		}
		if refs, err := s.SweepWritings(t.Context(), 10, true); err != nil || len(refs) != 1 || refs[0].Epoch != 2 {
			t.Errorf("swept %v, %v", refs, err)
		}
		w, err := s.ClaimWriting(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(asked.Request, w.Request); diff != "" || w.State != storage.WritingWaiting {
			t.Errorf("%s, %s", w.State, diff)
		}
		if _, err := s.ClaimWriting(t.Context(), id); !errors.Is(err, storage.ErrFenced) {
			t.Errorf("claimed twice: %v", err)
		}
		if err := errors.Join(s.RenewWriting(t.Context(), w), s.CallWriting(t.Context(), w, "fake")); err != nil {
			t.Error(err)
		}
		old := w
		old.Fence--
		if err := s.CallWriting(t.Context(), old, "fake"); !errors.Is(err, storage.ErrFenced) {
			t.Errorf("called under an old claim: %v", err)
		}
		if _, err := s.OwnWriting(t.Context(), p.ID, id); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("read before it is answered: %v", err)
		}
		end := storage.WritingEnd{State: storage.WritingReady, Answer: "a red fox", Cost: 7}
		if _, err := s.EndWriting(t.Context(), w, end, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.EndWriting(t.Context(), w, end, nil); !errors.Is(err, storage.ErrFenced) {
			t.Errorf("ended twice: %v", err)
		}
		got, err := s.OwnWriting(t.Context(), p.ID, id)
		if err != nil || got.Answer != "a red fox" || got.Provider != "fake" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.OwnWriting(t.Context(), p.ID+1, id); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("read by somebody else: %v", err)
		}
	})
}
