package storage_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// unguard lets a test do by hand what the database refuses.
func unguard(t *testing.T, engine string, raw *sql.DB) {
	t.Helper()
	for _, table := range []string{"transfers", "lot_uses", "checkpoints", "checkpoint_marks"} {
		if engine == storagetest.OnPostgres {
			mustExec(t, raw, `ALTER TABLE `+table+` DISABLE TRIGGER USER`)
			continue
		}
		mustExec(t, raw, `DROP TRIGGER `+table+`_no_update`, `DROP TRIGGER `+table+`_no_delete`)
	}
}

// What is changed by hand shows, even where every sum agrees with it.
func TestCheckpointsShowWhatWasChangedByHand(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		what, want string
		by         []string
	}{
		{
			"more bought, everywhere", "a transfer is as it was signed: pay:c1; a checkpoint has the transfers it was signed for: checkpoint 1",
			[]string{
				`UPDATE transfers SET amount = amount + 90, posted = posted + 90 WHERE id = 'pay:c1'`,
				`UPDATE lots SET credits = credits + 90, left_ = left_ + 90 WHERE id = 'pay:c1'`, `UPDATE accounts SET posted = posted + 90`,
			},
		},
		{
			"an end of its time", "a transfer is as it was signed: grant:test; a checkpoint has the transfers it was signed for: checkpoint 1",
			[]string{`UPDATE lots SET expires_at = 9 WHERE id = 'grant:test'`},
		},
		{
			"a purchase deleted", "a transfer in a checkpoint exists: pay:c2; a checkpoint has the transfers it was signed for: checkpoint 1",
			[]string{`DELETE FROM transfers WHERE id = 'pay:c2'`, `DELETE FROM lots WHERE id = 'pay:c2'`, `UPDATE accounts SET posted = posted - 10`},
		},
		{
			"credits of long ago", "a transfer of days ago is in a checkpoint: pay:c9",
			[]string{
				`INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at) SELECT 'pay:c9', 'purchase', id, 'stars', 5, 5, 0, 'c9', 1 FROM users`,
				`INSERT INTO lots (id, user_id, source, charge_id, credits, left_, created_at) SELECT 'pay:c9', id, 'purchase', 'c9', 5, 5, 1 FROM users`,
				`UPDATE accounts SET posted = posted + 5`,
			},
		},
		{
			"credits spent from another lot", "a transfer is as it was signed: take:t",
			[]string{
				`UPDATE lot_uses SET lot_id = 'pay:c2' WHERE lot_id = 'pay:c1'`,
				`UPDATE lots SET left_ = CASE id WHEN 'pay:c1' THEN 10 ELSE 9 END WHERE source = 'purchase'`,
			},
		},
		{"a checkpoint cut out", "checkpoints are a chain: checkpoint 3", []string{`DELETE FROM checkpoints WHERE n = 2`, `DELETE FROM checkpoint_marks WHERE n = 2`}},
		{"a checkpoint that says less", "a checkpoint is signed: checkpoint 2", []string{`UPDATE checkpoints SET transfers = 0 WHERE n = 2`}},
		{"a checkpoint signed by nobody", "a checkpoint is signed: checkpoint 3", []string{`UPDATE checkpoints SET signature = prev WHERE n = 3`}},
		{"a mark moved", "a checkpoint has the transfers it was signed for: checkpoint 2", []string{`UPDATE checkpoint_marks SET n = 3 WHERE n = 2`}},
	} {
		t.Run(strings.ReplaceAll(c.what, " ", "_"), func(t *testing.T) {
			t.Parallel()
			for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
				if i > 1 && engine == storagetest.OnPostgres {
					continue // what differs between the engines is in the first ones
				}
				t.Run(engine, func(t *testing.T) {
					t.Parallel()
					s, raw := signed(t, engine)
					if bad, err := s.Verify(t.Context()); err != nil || len(storagetest.ByHand(bad)) > 0 {
						t.Fatalf("before: %v, %v", bad, err)
					}
					unguard(t, engine, raw)
					mustExec(t, raw, c.by...)
					bad, err := s.Verify(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					var found []string
					for _, v := range bad {
						found = append(found, v.Invariant+": "+v.Row)
					}
					if all := strings.Join(found, "; "); !containsAll(all, strings.Split(c.want, "; ")) {
						t.Errorf("found %q, want %q", all, c.want)
					}
				})
			}
		})
	}
}

func containsAll(text string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}

// signed is a store with three checkpoints, of which the last covers nothing.
func signed(t *testing.T, engine string) (*storage.Store, *sql.DB) {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC), step: time.Second}
	url := storagetest.Migrated(t, engine)
	s := storagetest.Open(t, url, c.tick)
	p, err := s.PersonByTelegram(t.Context(), 1, "en")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, s: s, person: p}
	b.give("test", storage.SourcePromo, 9, time.Time{})
	b.buy("c1", 10)
	b.buy("c2", 10)
	var got []int64
	for range 3 {
		c.skip(time.Hour)
		one, err := s.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, one.Transfers); one.N == 1 {
			if err := (storage.Ledger{Store: s}).Take(t.Context(), p.ID, "t", 10); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff([]int64{3, 1, 0}, got); diff != "" {
		t.Errorf("transfers in checkpoints: %s", diff)
	}
	return s, openRaw(t, engine, url)
}

// More than fits in one checkpoint makes several, and what is younger than a minute waits.
func TestCheckpointsCoverAll(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c, url := &clock{now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC), step: time.Second}, storagetest.Migrated(t, engine)
			s := storagetest.Open(t, url, c.tick)
			b := setup(t, s, 0)
			count := `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100) `
			mustExec(t, openRaw(t, engine, url),
				count+`INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at)
					SELECT 'grant:' || CAST(i AS TEXT), 'grant', u.id, 'promo', 1, 1, 0, CAST(i AS TEXT), i / 7 FROM n, users u`,
				`INSERT INTO lots (id, user_id, source, credits, left_, created_at) SELECT id, user_id, 'daily', 1, 1, created_at FROM transfers`,
				`UPDATE accounts SET posted = 2100`)
			b.give("late", storage.SourcePromo, 1, time.Time{})
			books, err := s.Audit(t.Context())
			if err != nil || len(storagetest.ByHand(books.Violations)) > 0 {
				t.Fatal(books.Violations, err)
			}
			if books.Checkpoint.N != 2 || books.Checkpoint.Transfers != 100 || books.Transfers != 2101 || books.People != 1 || books.Posted != 2101 {
				t.Errorf("books: %+v, checkpoint %+v", books, books.Checkpoint)
			}
			if diff := cmp.Diff([]storage.Sum{{Name: "daily", Credits: 2100}, {Name: "promo", Credits: 1}}, books.Lots); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]storage.Sum{{Name: "promo", Credits: -2101}}, books.House); diff != "" {
				t.Error(diff)
			}
			raw := openRaw(t, engine, url)
			forbidden := []string{`UPDATE transfers SET ref = 'x'`, `UPDATE checkpoints SET n = n + 7`, `UPDATE checkpoint_marks SET n = 1`, `DELETE FROM transfers`, `DELETE FROM checkpoints`, `DELETE FROM checkpoint_marks`}
			if engine == storagetest.OnPostgres {
				forbidden = append(forbidden, `TRUNCATE transfers`, `TRUNCATE lot_uses`, `TRUNCATE checkpoints`, `TRUNCATE checkpoint_marks`)
			}
			for _, q := range forbidden {
				if _, err := raw.ExecContext(t.Context(), q); err == nil {
					t.Errorf("the database took %s", q)
				}
			}
		})
	}
}
