package storage_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
)

// TestNoteAccess: however often somebody looks at what is held about them, it is one row a day, of each place where they look. What they
// are told is owed each time.
func TestNoteAccess(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		p, err := s.PersonByTelegram(t.Context(), 1, "en")
		if err != nil {
			t.Fatal(err)
		}
		look := func(from storage.RightOrigin, want int) {
			t.Helper()
			out, err := s.NoteAccess(t.Context(), storage.Effect{User: p.ID, Sends: []storage.Send{{User: p.ID, Chat: 1, Kind: storage.SendMessage, Body: "x"}}}, p.ID, from)
			all, failed := s.Rights(t.Context(), p.ID, 10)
			if err != nil || failed != nil || len(out) != 1 || len(all) != want {
				t.Errorf("%d rows, want %d; %d sends, %v %v", len(all), want, len(out), err, failed)
			}
		}
		look(storage.RightChat, 1)
		look(storage.RightChat, 1)
		look(storage.RightWeb, 2)
		pass(storage.AccessAgain - time.Minute)
		look(storage.RightChat, 2)
		pass(2 * time.Minute)
		look(storage.RightChat, 3)
		look(storage.RightChat, 3)
		all, err := s.Rights(t.Context(), p.ID, 1)
		if r := all[0]; err != nil || r.Kind != storage.RightAccess || r.Status != storage.RightDone || r.Ended.IsZero() || r.Due.Sub(r.Created) != storage.RightTime {
			t.Errorf("%+v, %v", r, err)
		}
		erase, _, err := s.AskRight(t.Context(), storage.Effect{}, storage.Right{User: p.ID, Kind: storage.RightErase, Origin: storage.RightChat, Status: storage.RightAsked})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.ClaimRight(t.Context(), erase.ID)
		if err == nil {
			err = s.MarkErasing(t.Context(), r, storage.Farewell{})
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.NoteAccess(t.Context(), storage.Effect{}, p.ID, storage.RightChat); !errors.Is(err, storage.ErrRestricted) {
			t.Errorf("of somebody who is being erased: %v", err)
		}
	})
}

// A request waits for its days of grace, can be canceled until somebody begins with it, and is worked on by one claim at a time.
func TestRights(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		p, err := s.PersonByTelegram(t.Context(), 1, "en")
		if err != nil {
			t.Fatal(err)
		}
		ask := func(kind storage.RightKind, grace time.Duration) storage.Ref {
			t.Helper()
			ref, _, err := s.AskRight(t.Context(), storage.Effect{}, storage.Right{
				User: p.ID, Kind: kind, Origin: storage.RightChat, Status: storage.RightAsked, Body: json.RawMessage(`{"chat":1}`), NotBefore: time.Now().Add(grace),
			})
			if err != nil {
				t.Fatal(err)
			}
			return ref
		}
		erase := ask(storage.RightErase, time.Hour)
		if _, _, err := s.AskRight(t.Context(), storage.Effect{}, storage.Right{User: p.ID, Kind: storage.RightErase, Origin: storage.RightChat, Status: storage.RightAsked}); err == nil {
			t.Error("two erasures at once")
		}
		if _, err := s.ClaimRight(t.Context(), erase.ID); !errors.Is(err, storage.ErrFenced) {
			t.Errorf("claimed within its grace: %v", err)
		}
		if refs, err := s.SweepRights(t.Context(), 10, true); err != nil || len(refs) != 0 {
			t.Errorf("swept within its grace: %v, %v", refs, err)
		}
		if _, err := s.CancelRight(t.Context(), storage.Effect{}, p.ID, erase.ID); err != nil {
			t.Error(err)
		}

		export := ask(storage.RightExport, 0)
		pass(time.Minute)
		if refs, err := s.SweepRights(t.Context(), 10, false); err != nil || len(refs) != 1 || refs[0] != (storage.Ref{ID: export.ID, Epoch: 2}) {
			t.Errorf("swept %v, %v", refs, err)
		}
		r, err := s.ClaimRight(t.Context(), export.ID)
		if err != nil || string(r.Body) != `{"chat":1}` || r.Status != storage.RightRunning {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, err := s.ClaimRight(t.Context(), export.ID); !errors.Is(err, storage.ErrFenced) {
			t.Errorf("claimed twice: %v", err)
		}
		if _, err := s.CancelRight(t.Context(), storage.Effect{}, p.ID, export.ID); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("canceled while it runs: %v", err)
		}
		if err := errors.Join(s.RenewRight(t.Context(), r), s.StepRight(t.Context(), r, "packed")); err != nil {
			t.Error(err)
		}
		if _, err := s.PauseRight(t.Context(), r, "packed", time.Now()); err != nil {
			t.Error(err)
		}
		old := r
		if r, err = s.ClaimRight(t.Context(), export.ID); err != nil || r.Step != "packed" {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, err := s.EndRight(t.Context(), old, storage.RightDone, "", nil); !errors.Is(err, storage.ErrFenced) {
			t.Errorf("ended under an old claim: %v", err)
		}
		if _, err := s.EndRight(t.Context(), r, storage.RightDone, "", nil); err != nil {
			t.Error(err)
		}
		all, err := s.Rights(t.Context(), p.ID, 10)
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v, %v", all, err)
		}
		for _, one := range all {
			want := map[string]storage.RightStatus{erase.ID: storage.RightCanceled, export.ID: storage.RightDone}[one.ID]
			if one.Status != want || one.Due.Sub(one.Created) != storage.RightTime || one.Ended.IsZero() {
				t.Errorf("%+v, want %s", one, want)
			}
		}
	})
}
