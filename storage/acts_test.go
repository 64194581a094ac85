package storage_test

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// What operators do is listed with its reason, in one chain however many do it at once, also after lines of an older release.
func TestActs(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := storagetest.URL(t, engine)
			if err := storage.MigrateTo(t.Context(), url, 14); err != nil {
				t.Fatal(err)
			}
			raw := openRaw(t, engine, url)
			mustExec(t, raw, `INSERT INTO audit (id, who, what, object, created_at) VALUES ('00', 'eve', 'ban', 'x', 7)`)
			s := storagetest.Open(t, url, nil)
			before := time.Now().Add(-time.Minute)
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					a := storage.Act{By: storage.By{Who: "op" + strconv.Itoa(i%2), Why: "reason " + strconv.Itoa(i)}, What: "look", Object: strconv.Itoa(i)}
					if _, err := s.Acted(t.Context(), storage.Effect{}, a); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			for _, tt := range []struct {
				f    storage.ActFilter
				want int
			}{
				{storage.ActFilter{}, 9},
				{storage.ActFilter{Who: "op1"}, 4},
				{storage.ActFilter{Object: "3"}, 1},
				{storage.ActFilter{Since: before}, 8},
				{storage.ActFilter{Since: before, Limit: 2}, 2},
				{storage.ActFilter{Since: time.Now().Add(time.Hour)}, 0},
			} {
				if acts, err := s.Acts(t.Context(), tt.f); err != nil || len(acts) != tt.want {
					t.Errorf("%+v: %d acts, %v, want %d", tt.f, len(acts), err, tt.want)
				}
			}
			acts, err := s.Acts(t.Context(), storage.ActFilter{Object: "3"})
			if err != nil || acts[0].Why != "reason 3" || acts[0].Who != "op1" {
				t.Errorf("%+v, %v", acts, err)
			}
			verifyActs(t, s, "")
			checkGuarded(t, raw)
		})
	}
}

// checkGuarded tries to change what was written down, which is sealed besides.
func checkGuarded(t *testing.T, raw *sql.DB) {
	t.Helper()
	for _, q := range []string{`UPDATE audit SET who = 'mallory'`, `DELETE FROM audit`} {
		if _, err := raw.ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", q, err)
		}
	}
	var why []byte
	if err := raw.QueryRowContext(t.Context(), `SELECT why FROM audit WHERE object = '3'`).Scan(&why); err != nil || strings.Contains(string(why), "reason") {
		t.Errorf("a reason is kept as %q, %v", why, err)
	}
}

func verifyActs(t *testing.T, s *storage.Store, want string) {
	t.Helper()
	bad, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, v := range bad {
		found = append(found, v.Invariant+": "+v.Row)
	}
	if got := strings.Join(found, "; "); got != want && (want == "" || !strings.Contains(got, want)) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// Whoever gets past the guards is seen nevertheless.
func TestActsChangedByHand(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]string{
		"as it was written":           `UPDATE audit SET who = 'mallory' WHERE n = 2`,
		"as it was written: ":         `UPDATE audit SET why = NULL WHERE n = 2`,
		"log is missing: 2":           `DELETE FROM audit WHERE n = 2`,
		"log is missing: 1":           `DELETE FROM audit WHERE n = 1`,
		"a line of the audit log is ": `INSERT INTO audit (id, who, what, object, created_at, n, signature) SELECT 'x', who, what, object, created_at, 4, signature FROM audit WHERE n = 3`,
	} {
		url := storagetest.Migrated(t, storagetest.OnSQLite)
		s, raw := storagetest.Open(t, url, nil), openRaw(t, storagetest.OnSQLite, url)
		for i := range 3 {
			if _, err := s.Acted(t.Context(), storage.Effect{}, storage.Act{By: storage.By{Who: "ann", Why: "a test"}, What: "look", Object: strconv.Itoa(i)}); err != nil {
				t.Fatal(err)
			}
		}
		verifyActs(t, s, "")
		mustExec(t, raw, `DROP TRIGGER audit_no_update`, `DROP TRIGGER audit_no_delete`, q)
		verifyActs(t, s, want)
	}
}

// An act that is refused leaves no line, and a line nobody can write stops the act.
func TestActsAndLinesAreOne(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		act := storage.Act{By: storage.By{Who: "ann", Why: "a test"}, What: "unban"}
		if _, err := s.Unban(t.Context(), storage.Effect{}, act, b.person.ID); err == nil {
			t.Fatal("lifted a ban there is not")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Acted(ctx, storage.Effect{}, act); err == nil {
			t.Fatal("written down nowhere")
		}
		if acts, err := s.Acts(t.Context(), storage.ActFilter{}); err != nil || len(acts) != 0 {
			t.Errorf("%+v, %v", acts, err)
		}
	})
}
