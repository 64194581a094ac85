package storage_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
)

func TestBreaches(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		act := storage.Act{By: storage.By{Who: "ann"}, What: "breach record"}
		b, err := s.RecordBreach(t.Context(), act, storage.Breach{
			BreachBody: storage.BreachBody{Facts: "a backup lay open", Categories: "prompts"}, People: 7, Discovered: now.Add(-time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		if left := b.Left(now); left != 71*time.Hour {
			t.Errorf("%s are left", left)
		}
		f, err := s.Figures(t.Context())
		if err != nil || f.Breaches.Count != 1 || !f.Breaches.Oldest.Equal(b.Discovered) {
			t.Errorf("%+v, %v", f.Breaches, err)
		}
		b.Remedy, b.Authority = "it is closed", now
		act.What, act.Object = "breach update", b.ID
		if err := s.ChangeBreach(t.Context(), act, b); err != nil {
			t.Fatal(err)
		}
		got, err := s.Breach(t.Context(), b.ID)
		got.Created = b.Created
		if diff := cmp.Diff(b, got); err != nil || diff != "" || got.Left(now) != 0 {
			t.Errorf("%v\n%s", err, diff)
		}
		if f, err = s.Figures(t.Context()); err != nil || f.Breaches.Count != 0 {
			t.Errorf("%+v, %v", f.Breaches, err)
		}
		if err := s.ChangeBreach(t.Context(), act, storage.Breach{ID: "none", Discovered: now}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("changed one there is not: %v", err)
		}
		acts, err := s.Acts(t.Context(), storage.ActFilter{Object: b.ID})
		if err != nil || len(acts) != 2 {
			t.Errorf("%+v, %v", acts, err)
		}
		var body []byte
		if err := raw.QueryRowContext(t.Context(), `SELECT body FROM breaches`).Scan(&body); err != nil || strings.Contains(string(body), "backup") {
			t.Errorf("it is readable: %q, %v", body, err)
		}
	})
}
