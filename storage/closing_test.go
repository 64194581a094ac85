package storage_test

import (
	"database/sql"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// house is what the accounts of the house come to, closed or not.
func house(t *testing.T, s *storage.Store) map[string]int64 {
	t.Helper()
	b, err := s.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Violations) > 0 {
		t.Fatalf("the books do not agree: %+v", b.Violations)
	}
	for _, off := range b.Off {
		if off.Credits != 0 {
			t.Errorf("%s is off by %d", off.Name, off.Credits)
		}
	}
	all := make(map[string]int64)
	for _, h := range b.House {
		all[h.Name] = h.Credits
	}
	return all
}

// Books of somebody who was erased are there until the law needs them no more; then nothing of them is, and what is left still
// balances and can be proved.
func TestBooksAreClosed(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var ahead atomic.Int64
			start := time.Now().UTC()
			now := func() time.Time { return start.Add(time.Duration(ahead.Load())) }
			at := func(when time.Time) { ahead.Store(int64(when.Sub(start))) }
			url := storagetest.Migrated(t, engine)
			k := storagetest.Keys(t)
			s, err := storage.Open(t.Context(), storage.Config{URL: url, Keys: k, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			raw := openRaw(t, engine, url)
			ada := setup(t, s, 0)
			code := ada.promo("SPRING", storage.Promo{Credits: 7, PerPerson: 1})
			if _, err := s.RedeemPromo(t.Context(), storage.Effect{}, ada.person.ID, code); err != nil {
				t.Fatal(err)
			}
			ada.bought("c1", 50)
			ben := ada.other(4343)
			ben.bought("c2", 20)
			if err := errors.Join(ben.unwrap(ada.wrapped(5)), ada.unwrap(ben.wrapped(6))); err != nil {
				t.Fatal(err)
			}
			ahead.Add(int64(time.Hour))
			if _, err := s.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
			ada.spend(4)
			ben.spend(3)
			ahead.Add(int64(time.Hour))
			before := house(t, s)

			l := &leaver{bench: ada, k: k, url: url}
			if err := s.EndErasure(t.Context(), l.erase()); err != nil {
				t.Fatal(err)
			}
			erased := house(t, s)
			if diff := cmp.Diff(before, erased); diff == "" {
				t.Error("what was left of their credits did not expire")
			}
			end := time.Date(now().Year()+storage.BookYears+1, 1, 1, 0, 0, 0, 0, time.UTC)
			at(end.Add(-time.Minute))
			if _, err := s.Retain(t.Context()); err != nil {
				t.Fatal(err)
			}
			booked := func() (n int) {
				t.Helper()
				if err := raw.QueryRow(`SELECT COUNT(*) FROM transfers WHERE user_id = $1`, ada.person.ID).Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			if booked() == 0 {
				t.Fatal("the books are gone before their time")
			}
			mustRefuse(t, raw, `DELETE FROM transfers`, `DELETE FROM lot_uses`, `DELETE FROM checkpoint_marks`)

			at(end.Add(time.Minute))
			r, err := s.Retain(t.Context())
			if err != nil || r.Rows["books"] != 1 {
				t.Fatalf("%+v, %v", r.Rows, err)
			}
			for _, table := range storage.Inventory() {
				if table.Of == "" {
					continue
				}
				var n int
				if err := raw.QueryRow(`SELECT COUNT(*) FROM `+table.Name+` WHERE `+table.Of, ada.person.ID).Scan(&n); err != nil || n != 0 {
					t.Errorf("%d rows are left in %s, %v", n, table.Name, err)
				}
			}
			for _, table := range []string{"transfers", "lots", "payments", "closed_marks", "checkpoint_marks", "receipts", "orders"} {
				for _, row := range l.read(raw, `SELECT * FROM `+table) {
					for name, v := range row {
						if text, ok := v.(string); ok && strings.Contains(text, "c1") && name != "digest" {
							t.Errorf("%s.%s is %q", table, name, text)
						}
					}
				}
			}
			if diff := cmp.Diff(erased, house(t, s)); diff != "" {
				t.Errorf("the house has something else than before:\n%s", diff)
			}
			mustRefuse(t, raw, `DELETE FROM transfers`, `DELETE FROM lot_uses`, `DELETE FROM checkpoint_marks`, `DELETE FROM closings`, `UPDATE closed_marks SET place = 9`)
			if began, err := s.Began(t.Context()); err != nil || began.Before(end.AddDate(-10, 0, 0)) {
				t.Errorf("payments are compared from %s, %v", began, err)
			}

			// The other one follows, years later.
			ahead.Add(int64(400 * 24 * time.Hour))
			l = &leaver{bench: ben, k: k, url: url}
			if err := s.EndErasure(t.Context(), l.erase()); err != nil {
				t.Fatal(err)
			}
			both := house(t, s)
			ahead.Add(int64(12 * 366 * 24 * time.Hour))
			if r, err := s.Retain(t.Context()); err != nil || r.Rows["books"] != 1 {
				t.Fatalf("%+v, %v", r.Rows, err)
			}
			if diff := cmp.Diff(both, house(t, s)); diff != "" {
				t.Errorf("the house has something else than before:\n%s", diff)
			}
			for _, table := range []string{"transfers", "closed_gifts", "closing_people", "users"} {
				if rows := l.read(raw, `SELECT * FROM `+table+map[bool]string{true: ` WHERE kind = 'person'`}[table == "users"]); len(rows) > 0 {
					t.Errorf("left in %s: %v", table, rows)
				}
			}

			// What is changed by hand shows.
			unguardClosings(t, engine, raw)
			mustExec(t, raw, `UPDATE closings SET transfers = transfers + 1 WHERE n = 1`, `UPDATE closed_marks SET place = place + 1000 WHERE closing = 2`)
			bad, err := s.Verify(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, v := range bad {
				found = append(found, v.Invariant+": "+v.Row)
			}
			if all := strings.Join(found, "; "); !containsAll(all, []string{"a closing is signed: closing 1", "a closing has what it was signed for, and comes to nothing: closing 2", "a checkpoint has the transfers it was signed for"}) {
				t.Errorf("found %q", all)
			}
			mustExec(t, raw, `UPDATE closings SET transfers = transfers - 1 WHERE n = 1`, `UPDATE closed_marks SET place = place - 1000 WHERE closing = 2`)
		})
	}
}

// mustRefuse holds that the database does not do it.
func mustRefuse(t *testing.T, raw *sql.DB, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := raw.ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", q, err)
		}
	}
}

func unguardClosings(t *testing.T, engine string, raw *sql.DB) {
	t.Helper()
	for _, table := range []string{"closings", "closed_marks"} {
		if engine == storagetest.OnPostgres {
			mustExec(t, raw, `ALTER TABLE `+table+` DISABLE TRIGGER USER`)
			continue
		}
		mustExec(t, raw, `DROP TRIGGER `+table+`_no_update`, `DROP TRIGGER `+table+`_no_delete`)
	}
}
