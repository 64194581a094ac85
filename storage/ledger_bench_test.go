package storage_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// BenchmarkLedger is how many holds with their captures a second the ledger takes from 1, 16 and 64 workers, each a durable
// transaction, of many people or of one. bare/s is how many pairs of transactions the same database takes in the same run that insert a row and
// update another and do nothing else; x_bare is the share of that rate.
func BenchmarkLedger(b *testing.B) {
	const people = 1000
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		s := storagetest.New(b, engine)
		l := storage.Ledger{Store: s}
		prepareLedger(b, l, people)
		for _, accounts := range []int{people, 1} {
			many := map[int]string{people: "many", 1: "one"}[accounts]
			for _, workers := range []int{1, 16, 64} {
				b.Run(fmt.Sprintf("%s/%s/%d", engine, many, workers), func(b *testing.B) {
					run := fmt.Sprint(accounts, workers, b.N)
					bare := func(i int) error {
						for _, half := range []string{"a", "b"} {
							if err := l.Exec(b.Context(), bareStatements, []any{run + half + itoa(int64(i)), i}, []any{i%accounts + 1}); err != nil {
								return err
							}
						}
						return nil
					}
					pair := func(i int) error {
						id := run + itoa(int64(i))
						if err := l.Hold(b.Context(), int64(i%accounts+1), id, 4); err != nil {
							return err
						}
						return l.Capture(b.Context(), id, 3)
					}
					barely, fully := inTurns(b, workers, bare, pair)
					b.ReportMetric(float64(b.N)/fully.Seconds(), "pairs/s")
					b.ReportMetric(float64(b.N)/barely.Seconds(), "bare/s")
					b.ReportMetric(barely.Seconds()/fully.Seconds(), "x_bare")
				})
			}
		}
	}
}

var bareStatements = []string{
	`INSERT INTO bare_journal (id, n) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`,
	`UPDATE bare_accounts SET n = n + 1 WHERE id = $1`,
}

// prepareLedger gives people more credits than they can spend.
func prepareLedger(b *testing.B, l storage.Ledger, people int) {
	b.Helper()
	count := `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ` + itoa(int64(people)) + `) `
	for _, q := range []string{
		`CREATE TABLE bare_journal (id TEXT PRIMARY KEY, n BIGINT NOT NULL)`,
		`CREATE TABLE bare_accounts (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)`,
		count + `INSERT INTO bare_accounts (id, n) SELECT i, 0 FROM n`,
		count + `INSERT INTO accounts (user_id, posted) SELECT i, 1000000000 FROM n`,
		`INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at)
			SELECT 'grant:' || CAST(user_id AS TEXT), 'grant', user_id, 'promo', posted, posted, 0, CAST(user_id AS TEXT), 1 FROM accounts`,
		`INSERT INTO lots (id, user_id, source, credits, left_, created_at) SELECT id, user_id, 'promo', amount, amount, 1 FROM transfers`,
	} {
		if err := l.Exec(b.Context(), []string{q}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// inTurns does two things b.N times each, in turns, so that neither has the quieter machine, and returns how long they took.
func inTurns(b *testing.B, workers int, one, other func(i int) error) (first, second time.Duration) {
	b.Helper()
	const turns = 10
	for turn := range turns {
		from, to := b.N*turn/turns, b.N*(turn+1)/turns
		first += inParallel(b, workers, from, to, one)
		second += inParallel(b, workers, from, to, other)
	}
	return first, second
}

func inParallel(b *testing.B, workers, from, to int, do func(i int) error) time.Duration {
	b.Helper()
	var next atomic.Int64
	next.Store(int64(from))
	var wg sync.WaitGroup
	begin := time.Now()
	for range workers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(to); i = next.Add(1) {
				if err := do(int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begin)
}
