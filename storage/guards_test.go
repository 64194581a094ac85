package storage_test

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// eachRaw is storagetest.Each with a connection of its own to the same database, for doing what the program never does.
func eachRaw(t *testing.T, f func(t *testing.T, s *storage.Store, raw *sql.DB)) {
	t.Helper()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := storagetest.Migrated(t, engine)
			s := storagetest.Open(t, url, nil)
			f(t, s, openRaw(t, engine, url))
		})
	}
}

// openRaw connects to a database past the program.
func openRaw(t *testing.T, engine, url string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", url
	if engine == storagetest.OnSQLite {
		driver, dsn = "sqlite", url+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)"
	}
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	return raw
}

// Each guard of the ledger is tried directly, because with the others in place its loss would not show.
func TestTheDatabaseItselfRefuses(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := setup(t, s, 10)
		g := b.claim(b.reserve(4).ID)
		a := b.attempt(g)
		if _, err := s.Complete(t.Context(), g, a, 0, b.images(g, a, 2), []storage.Send{{Key: "result", User: g.User, Generation: g.ID, Kind: storage.SendResult}}); err != nil {
			t.Fatal(err)
		}
		insert := func(id, kind string, amount, posted, held int64, ref string) string {
			return `INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at) VALUES ('` + id + `','` + kind +
				`',1,'revenue',` + itoa(amount) + `,` + itoa(posted) + `,` + itoa(held) + `,'` + ref + `',1)`
		}
		for name, q := range map[string]string{
			"a second settlement":            insert("settle:"+g.ID, "release", 0, 0, -4, g.ID),
			"a changed transfer":             `UPDATE transfers SET amount = 1`,
			"a deleted transfer":             `DELETE FROM transfers`,
			"a key of another kind":          insert("hold:x", "grant", 5, 5, 0, "x"),
			"a grant that takes":             insert("grant:x", "grant", 5, -5, 0, "x"),
			"a capture beyond its hold":      insert("settle:x", "capture", 5, -5, -4, "x"),
			"a balance below zero":           `UPDATE accounts SET posted = -1`,
			"a hold beyond the balance":      `UPDATE accounts SET held = posted + 1`,
			"a changed consent":              `INSERT INTO consents (id, user_id, document, version, locale, granted, update_key, created_at) SELECT 'c', id, 'other', '1', 'en', TRUE, 'u', 1 FROM users`,
			"two open attempts":              `INSERT INTO attempts (id, generation_id, user_id, seq, fence, provider, model, state, created_at) SELECT 'x' || n, '` + g.ID + `', 1, n, 1, 'p', 'm', 'sending', 1 FROM (SELECT 7 AS n UNION SELECT 8) t`,
			"an unknown outcome for free":    `INSERT INTO attempts (id, generation_id, user_id, seq, fence, provider, model, state, ended_at, created_at) VALUES ('y', '` + g.ID + `', 1, 9, 1, 'p', 'm', 'unknown', 1, 1)`,
			"a generation over but not done": `UPDATE generations SET status = 'failed'`,
		} {
			if _, err := raw.ExecContext(t.Context(), q); err == nil {
				t.Errorf("the database accepted %s", name)
			}
		}
	})
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Whatever is changed by hand, Verify finds it.
func TestVerifyFindsWhatWasChangedByHand(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]string{
		"an account is the sum of its transfers":        `UPDATE accounts SET posted = posted + 1`,
		"open holds are the holds without a settlement": `DELETE FROM open_holds`,
		"every open hold has its transfer":              `UPDATE open_holds SET amount = amount + 1`,
		"a generation's status agrees with its money":   `UPDATE generations SET status = 'delivered', done_at = 1`,
		"a generation stored for a chat has a delivery": `UPDATE generations SET status = 'stored'`,
		"an image lies under its owner's prefix":        `INSERT INTO images SELECT id, 'reference', 0, NULL, user_id, 'u/1/x.png', '', 1, 1, 1, 'image/png', 0, '', 1 FROM generations`,
		"every transfer has an account":                 `DELETE FROM accounts`,
		"a payment was granted, once, what it says":     `INSERT INTO payments (charge_id, user_id, stars, credits, status, paid_at, created_at, updated_at) SELECT 'x', id, 5, 9, 'paid', 1, 1, 1 FROM users`,
		"an order that is paid has a payment":           `INSERT INTO orders (id, user_id, pack, stars, credits, status, expires_at, created_at, paid_at) SELECT 'x', id, 'p', 5, 9, 'paid', 1, 1, 1 FROM users`,
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
				p, err := s.PersonByTelegram(t.Context(), 1, "en")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Give(t.Context(), storage.Given{User: p.ID, Key: "test", Source: storage.SourcePromo, Credits: 9}); err != nil {
					t.Fatal(err)
				}
				b := &bench{T: t, s: s, person: p}
				b.reserve(4)
				if bad, err := s.Verify(t.Context()); err != nil || len(bad) > 0 {
					t.Fatalf("before: %v, %v", bad, err)
				}
				if _, err := raw.ExecContext(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				bad, err := s.Verify(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var found []string
				for _, v := range bad {
					found = append(found, v.Invariant)
				}
				if !strings.Contains(strings.Join(found, "; "), want) {
					t.Errorf("found %q, want %q", found, want)
				}
			})
		})
	}
}

// Many resolvers race for every hold: complete, fail, cancel. Each generation is settled once, and the books agree.
func TestStormOfSettlements(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 1000)
		var lost, won atomic.Int64
		for range 30 {
			n := b.request(2)
			n.Parallel, n.Waiting = 1000, 1000
			if _, _, _, err := s.Reserve(t.Context(), storage.Effect{}, n); err != nil {
				t.Fatal(err)
			}
			g := b.claim(n.ID)
			a := b.attempt(g)
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() {
					var err error
					switch i % 3 {
					case 0:
						_, err = s.Complete(t.Context(), g, a, 0, b.images(g, a, 1+i%2), []storage.Send{{Key: "result:" + g.ID, User: g.User, Generation: g.ID, Kind: storage.SendResult}})
					case 1:
						_, err = s.Finish(t.Context(), g, storage.StatusFailed, storage.ReasonProvider, a.ID, storage.End{State: storage.AttemptFailed, Billed: "no"}, nil)
					case 2:
						_, _, err = s.Cancel(t.Context(), g.User, g.ID, nil)
						if errors.Is(err, storage.ErrNotFound) || err == nil {
							return
						}
					}
					switch {
					case err == nil:
						won.Add(1)
					case errors.Is(err, storage.ErrFenced):
						lost.Add(1)
					default:
						t.Errorf("resolver %d: %v", i, err)
					}
				})
			}
			wg.Wait()
		}
		if won.Load() != 30 || lost.Load() != 60 {
			t.Errorf("%d settled and %d refused, want 30 and 60", won.Load(), lost.Load())
		}
	})
}
