package storage_test

import (
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// A database of an older release keeps its journal, and what was spent was the oldest credits.
func TestOldTransfersGetLots(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := storagetest.URL(t, engine)
			if err := storage.MigrateTo(t.Context(), url, 10); err != nil {
				t.Fatal(err)
			}
			old := openRaw(t, engine, url)
			transfer := func(id, kind, counter string, amount, posted, held, at int64, ref string) string {
				return `INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at) VALUES ('` + id + `','` + kind + `',5,'` +
					counter + `',` + itoa(amount) + `,` + itoa(posted) + `,` + itoa(held) + `,'` + ref + `',` + itoa(at) + `)`
			}
			generation := func(id, status string, price int64) string {
				return `INSERT INTO generations (id, user_id, origin, request_key, form, status, reason, model, operation, images_wanted, price, stored_at, deleted_at, done_at, created_at, updated_at)
					VALUES ('` + id + `', 5, 'cli', '` + id + `', 'pull', '` + status + `', CASE WHEN '` + status + `' = 'canceled' THEN 'person' ELSE '' END, 'local', 'generate', 1, ` + itoa(price) + `, 1, 1, 1, 1, 1)`
			}
			mustExec(t, old, `INSERT INTO users (id, kind, lookup, created_at) VALUES (5, 'person', '5', 1)`, `INSERT INTO accounts (user_id, posted) VALUES (5, 9)`,
				generation("g1", "delivered", 3), generation("g2", "delivered", 4), generation("g3", "canceled", 2),
				transfer("grant:welcome:5", "grant", "promo", 5, 5, 0, 1, "welcome:5"),
				transfer("hold:g1", "hold", "revenue", 3, 0, 3, 2, "g1"), transfer("settle:g1", "capture", "revenue", 3, -3, -3, 3, "g1"),
				transfer("grant:operator:x", "grant", "operations", 1, 1, 0, 4, "operator:x"), transfer("grant:test", "grant", "promo", 10, 10, 0, 5, "test"),
				transfer("hold:g2", "hold", "revenue", 4, 0, 4, 6, "g2"), transfer("settle:g2", "capture", "revenue", 4, -4, -4, 7, "g2"),
				transfer("hold:g3", "hold", "revenue", 2, 0, 2, 8, "g3"), transfer("settle:g3", "release", "revenue", 0, 0, -2, 9, "g3"))
			s := storagetest.Open(t, url, nil)
			b := &bench{T: t, s: s, person: storage.Person{ID: 5}}
			b.lots("grant:test 9 9")
			b.verify()
			for what, q := range map[string]string{
				"a changed transfer":        `UPDATE transfers SET amount = 1`,
				"a deleted transfer":        `DELETE FROM transfers`,
				"a changed use of a lot":    `UPDATE lot_uses SET credits = 1`,
				"a lot overdrawn":           `INSERT INTO lot_uses (transfer_id, lot_id, credits) VALUES ('take:x', 'grant:test', 10)`,
				"a second settlement":       transfer("settle:g1", "release", "revenue", 0, 0, -3, 10, "g1"),
				"a purchase from the house": transfer("pay:c", "purchase", "promo", 1, 1, 0, 10, "c"),
			} {
				if _, err := old.ExecContext(t.Context(), q); err == nil {
					t.Errorf("the database took %s", what)
				}
			}
		})
	}
}
