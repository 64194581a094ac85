package storage_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

var (
	growthPeople  = flag.Int("growth.people", 100_000, "people of BenchmarkGrowth when there are many")
	growthHistory = flag.Int("growth.history", 100_000, "rows of history of BenchmarkGrowth when it is long")
)

// grown is a database of Postgres with people who are real, made by the store, and people and a history that were there before.
type grown struct {
	*storage.Store
	url    string
	people []storage.Person
}

// newGrown makes one. What was there is of ids below zero, which the store makes none of; a generation of the history is five rows.
func newGrown(tb testing.TB, people, history int) *grown {
	tb.Helper()
	url := storagetest.Migrated(tb, storagetest.OnPostgres)
	fillPeople(tb, url, people)
	fillHistory(tb, url, people, history/5)
	g := &grown{Store: storagetest.Open(tb, url, nil), url: url}
	for i := range 50 {
		p, err := g.PersonByTelegram(tb.Context(), int64(i+1), "en")
		if err != nil {
			tb.Fatal(err)
		}
		g.people = append(g.people, p)
	}
	const credits = 1_000_000
	fill(tb, url, []any{credits}, // for those who are real
		`INSERT INTO accounts (user_id, posted) SELECT id, $1::bigint FROM users WHERE id > 0 ON CONFLICT (user_id) DO UPDATE SET posted = accounts.posted + excluded.posted`,
		`INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at)
			SELECT 'grant:' || id, 'grant', id, 'promo', $1::bigint, $1::bigint, 0, id::text, 1 FROM users WHERE id > 0`,
		`INSERT INTO lots (id, user_id, source, credits, left_, created_at) SELECT 'grant:' || id, id, 'promo', $1::bigint, $1::bigint, 1 FROM users WHERE id > 0`)
	return g
}

// fill runs statements as an operator would, and has the planner look at what there is.
func fill(tb testing.TB, url string, args []any, statements ...string) {
	tb.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	for _, q := range statements {
		if _, err := db.ExecContext(tb.Context(), q, args...); err != nil {
			tb.Fatalf("%s: %v", q, err)
		}
	}
	if _, err := db.ExecContext(tb.Context(), `VACUUM (ANALYZE)`); err != nil {
		tb.Fatal(err)
	}
}

func fillPeople(tb testing.TB, url string, people int) {
	tb.Helper()
	fill(tb, url, []any{people},
		`INSERT INTO users (id, kind, lookup, profile, created_at, seen_at) SELECT -i, 'person', sha256(('l' || i)::bytea), sha256(('p' || i)::bytea), i, i
			FROM generate_series(1, $1::bigint) i`,
		`INSERT INTO accounts (user_id, posted) SELECT -i, 20 FROM generate_series(1, $1::bigint) i`)
}

// authors are people with a history, however short it is: each has a page of it at least, or a long one would have longer pages.
const authors = 20

// fillHistory gives people pictures that were made more than forty days ago.
func fillHistory(tb testing.TB, url string, people, generations int) {
	tb.Helper()
	people = min(people, max(authors, generations/pageSize))
	const row = ` FROM generate_series(1, $1::bigint) i CROSS JOIN LATERAL (SELECT -(1 + i % $2::bigint) AS person, 't' || lpad(i::text, 25, '0') AS id,
		$3::bigint - i * 1000000 AS at) x`
	old := time.Now().Add(-40 * 24 * time.Hour).UnixMicro()
	fill(tb, url, []any{generations, people, old},
		`INSERT INTO generations (id, user_id, origin, request_key, form, status, model, operation, images_wanted, price, promoted_at, created_at, updated_at, started_at, stored_at, done_at)
			SELECT id, person, 'chat', 'k' || id, 'chat', 'delivered', 'm', 'generate', 1, 4, at, at, at, at, at, at`+row,
		`INSERT INTO attempts (id, generation_id, user_id, seq, fence, provider, model, state, created_at, ended_at)
			SELECT 'a' || id, id, person, 1, 1, 'p', 'm', 'succeeded', at, at`+row,
		`INSERT INTO images (generation_id, role, n, attempt_id, user_id, object_key, sha256, bytes, width, height, media_type, created_at)
			SELECT id, 'result', 0, 'a' || id, person, 'o' || id, 's', 1, 1, 1, 'image/png', at`+row,
		`INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at) SELECT 'hold:' || id, 'hold', person, 'revenue', 4, 0, 4, id, at`+row,
		`INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at) SELECT 'settle:' || id, 'capture', person, 'revenue', 4, -4, -4, id, at`+row)
}

// What is measured, or looked at: each is done many times a second, or again and again by every process.

// work holds and settles a prompt.
func (g *grown) work(ctx context.Context, i int) error {
	p := g.people[i%len(g.people)]
	id, err := g.NewID()
	if err != nil {
		return err
	}
	_, _, _, err = g.Reserve(ctx, storage.Effect{}, storage.NewGeneration{
		ID: id, User: p.ID, Origin: storage.OriginCLI, RequestKey: id, Form: storage.FormPull, ParentN: -1,
		Model: "m", Operation: "generate", Params: storage.Params{Count: 1}, Price: 4, Parallel: 100, Waiting: 1000,
	})
	if err != nil {
		return err
	}
	_, _, err = g.Cancel(ctx, p.ID, id, nil)
	return err
}

// find looks a person up.
func (g *grown) find(ctx context.Context, i int) error {
	_, err := g.PersonByTelegram(ctx, int64(i%len(g.people)+1), "en")
	return err
}

const pageSize = 10

// page reads a page of somebody's history.
func (g *grown) page(ctx context.Context, i int) error {
	page, err := g.History(ctx, -int64(1+i%authors), "", pageSize)
	if err == nil && len(page) < pageSize {
		err = fmt.Errorf("a page of %d", len(page))
	}
	return err
}

// sweep looks for what was lost.
func (g *grown) sweep(ctx context.Context, _ int) error {
	if _, err := g.SweepGenerations(ctx, 100, false); err != nil {
		return err
	}
	if _, err := g.SweepDeliveries(ctx, 100, false); err != nil {
		return err
	}
	if _, err := g.SweepLate(ctx, 100, false); err != nil {
		return err
	}
	_, err := g.SweepTurns(ctx, 100)
	return err
}

// figures reads what the metrics and the page of the state of things show.
func (g *grown) figures(ctx context.Context, _ int) error {
	if _, err := g.Figures(ctx); err != nil {
		return err
	}
	if _, err := g.ProviderCalls(ctx, time.Now().Add(-time.Hour)); err != nil {
		return err
	}
	_, err := g.Active(ctx, time.Now().Add(-24*time.Hour))
	return err
}

// TestPlansUseIndexes: no table that grows with the people or with what they did is read as a whole by what is done all the time.
func TestPlansUseIndexes(t *testing.T) {
	t.Parallel()
	g := newGrown(t, 2000, 20_000)
	before := scans(t, g.url)
	for i := range 20 {
		for name, do := range map[string]func(context.Context, int) error{"work": g.work, "find": g.find, "page": g.page, "sweep": g.sweep, "figures": g.figures} {
			if err := do(t.Context(), i); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if err := g.Close(); err != nil { // the connections say what they did at their end
		t.Fatal(err)
	}
	after := scans(t, g.url)
	for _, table := range []string{"users", "accounts", "generations", "attempts", "images", "transfers"} {
		if n := after[table] - before[table]; n > 0 {
			t.Errorf("%s was read as a whole %d times", table, n)
		}
	}
	if after["open_holds"] == before["open_holds"] {
		t.Error("no scan was counted, of a table that is meant to be read as a whole")
	}
}

// scans is how often each table was read as a whole.
func scans(tb testing.TB, url string) map[string]int64 {
	tb.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(tb.Context(), `SELECT relname, seq_scan FROM pg_stat_user_tables`)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	all := make(map[string]int64)
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			tb.Fatal(err)
		}
		all[name] = n
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}

// BenchmarkGrowth is how many times a second things are done in a database of a thousand people or rows of history, and in one of many,
// in turns.
func BenchmarkGrowth(b *testing.B) {
	small := newGrown(b, 1000, 1000)
	for name, large := range map[string]*grown{"people": newGrown(b, *growthPeople, 1000), "history": newGrown(b, 1000, *growthHistory)} {
		b.Run(name, func(b *testing.B) {
			b.Run("work", func(b *testing.B) { benchGrowth(b, 16, 200, small.work, large.work) })
			b.Run("find", func(b *testing.B) { benchGrowth(b, 4, 1000, small.find, large.find) })
			b.Run("page", func(b *testing.B) { benchGrowth(b, 4, 200, small.page, large.page) })
			b.Run("sweep", func(b *testing.B) { benchGrowth(b, 1, 20, small.sweep, large.sweep) })
			b.Run("figures", func(b *testing.B) { benchGrowth(b, 1, 20, small.figures, large.figures) })
		})
	}
}

// benchGrowth does so many of each in every turn. The ratio is the median of those of the turns.
func benchGrowth(b *testing.B, workers, n int, small, large func(context.Context, int) error) {
	const turns = 7
	do := func(f func(context.Context, int) error) float64 {
		return inParallel(b, workers, 0, n, func(i int) error { return f(b.Context(), i) }).Seconds()
	}
	for b.Loop() {
		do(small)
		do(large)
		var ratios, rates []float64
		for range turns {
			a, z := do(small), do(large)
			ratios, rates = append(ratios, a/z), append(rates, float64(n)/z)
		}
		slices.Sort(ratios)
		slices.Sort(rates)
		b.ReportMetric(rates[turns/2], "ops/s")
		b.ReportMetric(ratios[turns/2], "x_small")
		b.ReportMetric(0, "ns/op")
	}
}
