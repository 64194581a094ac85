package storage_test

import (
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
func openRaw(t testing.TB, engine, url string) *sql.DB {
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
			"a changed use of a lot":         `UPDATE lot_uses SET credits = 1`,
			"a deleted use of a lot":         `DELETE FROM lot_uses`,
			"a lot that is overdrawn":        `INSERT INTO lot_uses (transfer_id, lot_id, credits) SELECT 'take:x', id, left_ + 1 FROM lots`,
			"a lot with more than it had":    `INSERT INTO lot_uses (transfer_id, lot_id, credits) SELECT 'take:x', id, left_ - credits - 1 FROM lots`,
			"what was bought and expires":    `INSERT INTO lots (id, user_id, source, charge_id, credits, left_, expires_at, created_at) VALUES ('pay:x', 1, 'purchase', 'x', 1, 1, 1, 1)`,
			"a gift that is neither":         insert("gift:x:up", "gift", 5, 5, 0, "x:up"),
			"a grant from what was earned":   insert("grant:y", "grant", 5, 5, 0, "y"),
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
		"a gift is out of its giver's account":          `INSERT INTO gifts (id, user_id, credits, status, expires_at, created_at) SELECT 'x', id, 5, 'open', 1, 1 FROM users`,
		"a code was used as often as it says":           `INSERT INTO promos (id, code_key, label, credits, uses, used, per_person, created_at) VALUES ('x', 'x', 'x', 1, 0, 1, 1, 1)`,
		"what operators did moved credits":              `INSERT INTO credit_orders (id, who, user_id, credits, status, created_at, closed_at) SELECT 'x', 'ann', id, 5, 'done', 1, 1 FROM users`,
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
				if bad, err := s.Verify(t.Context()); err != nil || len(storagetest.ByHand(bad)) > 0 {
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

// The same for lots and payments: all of it is wrong at once here, and each is named.
func TestVerifyFindsWhatIsWrongWithLots(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := &bench{T: t, s: s}
		var err error
		if b.person, err = s.PersonByTelegram(t.Context(), 1, "en"); err != nil {
			t.Fatal(err)
		}
		b.give("a", storage.SourceWelcome, 9, time.Time{})
		b.buy("c1", 10)
		b.buy("c2", 10)
		b.buy("c3", 10)
		if err := (storage.Ledger{Store: s}).GiftOut(t.Context(), "g", b.person.ID, 3); err != nil {
			t.Fatal(err)
		}
		user := itoa(b.person.ID)
		want := map[string]string{
			"what a transfer gives or takes is in lots: grant:a":           `UPDATE lots SET credits = credits + 1, left_ = left_ + 1 WHERE id = 'grant:a'`,
			"a lot has what its uses left: pay:c2":                         `UPDATE lots SET left_ = left_ - 1 WHERE id = 'pay:c2'`,
			"a lot was given, and used by transfers of its person: pay:c9": `INSERT INTO lots (id, user_id, source, charge_id, credits, left_, created_at) VALUES ('pay:c9', ` + user + `, 'purchase', 'c9', 5, 5, 1)`,
			"an account is the sum of its lots: " + user:                   `SELECT 1`,
			"a payment gave its credits once: c4":                          `INSERT INTO payments (charge_id, user_id, stars, credits, status, paid_at, created_at, updated_at) VALUES ('c4', ` + user + `, 1, 5, 'paid', 1, 1, 1)`,
			"what was bought was paid for: pay:c3":                         `DELETE FROM payments WHERE charge_id = 'c3'`,
			"a gift arrives once, with what was given: gift:h:in":          `INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at) VALUES ('gift:h:in', 'gift', ` + user + `, 'gifts', 5, 5, 0, 'h:in', 1)`,
			"credits of a payment are taken from its lot alone: refund:c1": `INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at) VALUES ('refund:c1', 'refund', ` + user + `, 'stars', 1, -1, 0, 'c1', 1)`,
			"what people have is what the house gave: -4":                  `INSERT INTO lot_uses (transfer_id, lot_id, credits) VALUES ('refund:c1', 'grant:a', 1)`,
		}
		for _, what := range slices.Sorted(maps.Keys(want)) {
			if q := want[what]; !strings.Contains(q, "lot_uses") {
				mustExec(t, raw, q)
			}
		}
		mustExec(t, raw, want["what people have is what the house gave: -4"])
		bad, err := s.Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, v := range bad {
			found[v.Invariant+": "+v.Row] = true
		}
		for what := range want {
			if !found[what] {
				t.Errorf("not found: %s\nfound: %v", what, bad)
			}
		}
	})
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
