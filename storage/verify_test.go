package storage_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// sound is a database in which somebody has a row in every table, and all of it is right.
type sound struct {
	*storage.Store
	raw    *sql.DB
	url    string
	engine string
	user   int64
}

func newSound(t *testing.T, engine string) sound {
	t.Helper()
	url, k := storagetest.Migrated(t, engine), storagetest.Keys(t)
	s, err := storage.Open(t.Context(), storage.Config{URL: url, Keys: k})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	p, err := s.PersonByTelegram(t.Context(), 7, "de")
	if err != nil {
		t.Fatal(err)
	}
	storagetest.Everything(t, url, k, p.ID, "marker")
	w := sound{Store: s, raw: openRaw(t, engine, url), url: url, engine: engine, user: p.ID}
	mustExec(t, w.raw, `DELETE FROM lobby`) // they have a partner
	return w
}

func bothEngines(t *testing.T, f func(t *testing.T, w sound)) {
	t.Helper()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f(t, newSound(t, engine))
		})
	}
}

// unguard takes away what keeps the database from being broken: triggers, checks, references.
func (w *sound) unguard(t *testing.T) {
	t.Helper()
	if w.engine == storagetest.OnPostgres {
		mustExec(t, w.raw, `DO $$ DECLARE r RECORD; BEGIN
			FOR r IN SELECT conrelid::regclass AS table_name, conname FROM pg_constraint WHERE contype IN ('c','f') AND connamespace = 'public'::regnamespace ORDER BY contype DESC LOOP
				EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.table_name, r.conname); END LOOP;
			FOR r IN SELECT tgrelid::regclass AS table_name, tgname FROM pg_trigger WHERE NOT tgisinternal LOOP
				EXECUTE format('DROP TRIGGER %I ON %s', r.tgname, r.table_name); END LOOP;
		END $$`)
		return
	}
	w.raw.SetMaxOpenConns(1)
	for _, q := range []string{`PRAGMA foreign_keys = OFF`, `PRAGMA ignore_check_constraints = ON`} {
		mustExec(t, w.raw, q)
	}
	for _, name := range storagetest.Column(t, w.raw, `SELECT name FROM sqlite_master WHERE type = 'trigger'`) {
		mustExec(t, w.raw, "DROP TRIGGER "+name)
	}
}

// Whatever holds is broken here once by hand, each alone, and is found by its own check: in a look at everything, and in that of
// every hour unless it is left to the night.
func TestEachInvariantIsFoundBroken(t *testing.T) {
	t.Parallel()
	known := map[string]storage.Invariant{}
	for _, inv := range storage.Invariants() {
		if _, twice := known[inv.Name]; twice {
			t.Errorf("two invariants are called %q", inv.Name)
		}
		if known[inv.Name] = inv; breaks[inv.Name] == nil {
			t.Errorf("nothing breaks %q", inv.Name)
		}
	}
	for name := range breaks {
		if _, ok := known[name]; !ok {
			t.Errorf("no invariant is called %q", name)
		}
	}
	bothEngines(t, func(t *testing.T, w sound) {
		w.unguard(t)
		for _, name := range slices.Sorted(maps.Keys(breaks)) {
			w.tryBreak(t, known[name], breaks[name])
		}
	})
}

// tryBreak breaks one, looks, and takes it back.
func (w *sound) tryBreak(t *testing.T, inv storage.Invariant, by []string) {
	t.Helper()
	do, look, back := w.trial(t, inv.Name)
	defer back()
	if c := look(storage.ScopeAll); c.Broken != 0 {
		t.Errorf("%s: %v before anything is broken", inv.Name, c.Rows)
	}
	do(by)
	for _, scope := range []storage.Scope{storage.ScopeAll, storage.ScopeRecent} {
		c := look(scope)
		switch {
		case scope == storage.ScopeRecent && inv.Nightly:
		case c.Broken == 0 || len(c.Rows) == 0 || c.Rows[0] == "":
			t.Errorf("%s, looking at %s: not found", inv.Name, scope)
		case !strings.HasSuffix(c.Runbook, ".md#"+string(inv.Group)) || c.Group != inv.Group || c.Ref == "":
			t.Errorf("%s: %+v", inv.Name, c)
		case strings.Contains(fmt.Sprint(c.Rows), "marker-told"):
			t.Errorf("%s tells what somebody wrote: %v", inv.Name, c.Rows)
		}
	}
}

// trial returns what runs statements, in which $NOW and $USER stand for what they say, what looks at one invariant after them, and
// what takes them back.
func (w *sound) trial(t *testing.T, name string) (do func(by []string), look func(storage.Scope) storage.Check, back func()) {
	t.Helper()
	now := time.Now()
	tx, err := w.raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	values := strings.NewReplacer("$NOW", strconv.FormatInt(now.UnixMicro(), 10), "$USER", strconv.FormatInt(w.user, 10))
	do = func(by []string) {
		t.Helper()
		for _, q := range by {
			if _, err := tx.ExecContext(t.Context(), values.Replace(q)); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
	}
	look = func(scope storage.Scope) storage.Check {
		t.Helper()
		c, err := storage.CheckIn(t.Context(), tx, name, scope, now)
		if err != nil {
			t.Fatalf("%s, %s: %v", name, scope, err)
		}
		return c
	}
	return do, look, func() { _ = tx.Rollback() }
}

// Each invariant is compiled: a moment that cannot be read is a panic.
func TestInvariantsAreCompiled(t *testing.T) {
	t.Parallel()
	for _, inv := range storage.Invariants() {
		for _, scope := range []storage.Scope{storage.ScopeAll, storage.ScopeRecent} {
			query, args := storage.Compiled(inv, scope, time.Unix(100_000_000, 0))
			for n := range args {
				if !strings.Contains(query, "$"+strconv.Itoa(n+1)) {
					t.Errorf("%s: parameter %d of %q is not used", inv.Name, n+1, query)
				}
			}
			if strings.ContainsAny(query, "{}") || strings.Contains(query, "$"+strconv.Itoa(len(args)+1)) {
				t.Errorf("%s: %s", inv.Name, query)
			}
		}
	}
}

// A sound database has nothing broken, and looking at it changes nothing.
func TestProveFindsNothingAndChangesNothing(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, w sound) {
		if _, err := w.Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := w.digest(t)
		for _, scope := range []storage.Scope{storage.ScopeAll, storage.ScopeRecent} {
			v, err := w.Prove(t.Context(), scope)
			if err != nil {
				t.Fatal(err)
			}
			if b := v.Broken(); len(b) > 0 {
				t.Errorf("broken: %+v", b)
			}
			if v.Engine != w.Engine() || v.Scope != scope || len(v.Checks) < 60 || v.At.IsZero() {
				t.Errorf("%+v", v)
			}
			examined := map[string]int64{}
			for _, c := range v.Checks {
				examined[c.Invariant] = c.Examined
			}
			if n := examined["every transfer has an account"]; n != 8 {
				t.Errorf("%d transfers examined, want 8", n)
			}
		}
		if diff := cmp.Diff(before, w.digest(t)); diff != "" {
			t.Errorf("looking changed something (-before +after):\n%s", diff)
		}
	})
}

// digest is what every table says, goose's own too; on SQLite that is the file.
func (w *sound) digest(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	if w.engine == storagetest.OnSQLite {
		path := strings.TrimPrefix(w.url, "file:")
		for _, name := range []string{path, path + "-wal"} {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(b)
			all[name] = hex.EncodeToString(sum[:])
		}
		return all
	}
	for _, table := range storagetest.Column(t, w.raw, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`) {
		all[table] = storagetest.Column(t, w.raw, `SELECT COALESCE(md5(string_agg(x::text || x.ctid || x.xmin || x.xmax, '|' ORDER BY x.ctid)), '') FROM `+table+` x`)[0]
	}
	return all
}

// On Postgres looking is done in transactions that refuse to change anything.
func TestProveIsReadOnly(t *testing.T) {
	t.Parallel()
	w := newSound(t, storagetest.OnPostgres)
	mustExec(t, w.raw, `CREATE FUNCTION tell() RETURNS BIGINT LANGUAGE plpgsql AS $$ BEGIN
		IF current_setting('transaction_read_only') <> 'on' THEN RAISE EXCEPTION 'a check may write'; END IF; RETURN 0; END $$`)
	mustExec(t, w.raw, `ALTER TABLE gifts RENAME TO given`)
	mustExec(t, w.raw, `CREATE VIEW gifts AS SELECT id, user_id, credits, status, expires_at + tell() AS expires_at, created_at, closed_at FROM given`)
	mustExec(t, w.raw, `UPDATE given SET status = 'open', closed_at = NULL, expires_at = 1`)
	v, err := w.Prove(t.Context(), storage.ScopeRecent)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(v.Broken(), func(c storage.Check) bool { return c.Invariant == "a gift that nobody opened goes back" }) {
		t.Errorf("the view was not read: %+v", v.Broken())
	}
}

// What a look found is read by programs: its form is a promise.
func TestVerdictForm(t *testing.T) {
	t.Parallel()
	v := storage.Verdict{At: time.Unix(0, 0).UTC(), Engine: "SQLite", Scope: storage.ScopeAll, Checks: []storage.Check{
		{Invariant: "a", Ref: "I4", Group: storage.GroupLedger, Examined: 3, Rows: []string{}},
		storage.NewCheck("b", "I6", storage.GroupBucket, 20, slices.Repeat([]string{"x"}, 12)),
		{Invariant: "c", Ref: "I7", Group: storage.GroupMessages, Late: true, Broken: 1, Rows: []string{"y"}},
	}}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"at":"1970-01-01T00:00:00Z","engine":"SQLite","scope":"all","checks":[` +
		`{"invariant":"a","ref":"I4","group":"ledger","late":false,"examined":3,"broken":0,"rows":[]},` +
		`{"invariant":"b","ref":"I6","group":"bucket","late":false,"examined":20,"broken":12,"rows":["x","x","x","x","x","x","x","x","x","x"],"runbook":"InvariantBroken.md#bucket"},` +
		`{"invariant":"c","ref":"I7","group":"messages","late":true,"examined":0,"broken":1,"rows":["y"]}]}`
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Error(diff)
	}
	if got := len(v.Violations()); got != 10 {
		t.Errorf("%d violations, want 10: what is late is none", got)
	}
}

// ownRows are tables of which an index finds what is new, however many rows there are.
var ownRows = regexp.MustCompile(`Seq Scan on (transfers|accounts|lots|lot_uses|checkpoint_marks|generations|attempts|images|deliveries|users|relays|relay_map|seen_updates|consumed_actions|message_notes)\b`)

// What is looked at every hour does not read what was there before: the plans that Postgres makes for a long history have no scan of
// a table that grows with use.
func TestHourlyLooksUseIndexes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("fills a database")
	}
	g := newGrown(t, 3_000, 50_000)
	raw := openRaw(t, storagetest.OnPostgres, g.url)
	fill(t, g.url, []any{3_000, time.Now().Add(-30 * 24 * time.Hour).UnixMicro()},
		`INSERT INTO lots (id, user_id, source, credits, left_, created_at) SELECT 'grant:f' || i, -i, 'promo', 20, 20, $2::bigint + i FROM generate_series(1, $1::bigint) i`,
		`INSERT INTO lot_uses (transfer_id, lot_id, credits) SELECT 'settle:f' || i, 'grant:g' || i, 1 FROM generate_series(1, $1::bigint) i WHERE $2::bigint > 0`,
		`INSERT INTO deliveries (id, send_key, user_id, kind, status, created_at, updated_at, sent_at)
			SELECT 'f' || i, 'f' || i, -i, 'message', 'sent', $2::bigint + i, $2::bigint + i, $2::bigint + i FROM generate_series(1, $1::bigint) i`,
		`INSERT INTO relays (conversation_id, side, seq, update_key, kind, status, created_at, updated_at)
			SELECT 'f' || i % 100, 0, i, 'f' || i, 'copy', 'sent', $2::bigint + i, $2::bigint + i FROM generate_series(1, $1::bigint) i`,
		`INSERT INTO relay_map (conversation_id, side, source_message, target_message, created_at) SELECT 'f' || i % 100, 0, i, i, $2::bigint + i FROM generate_series(1, $1::bigint) i`,
		`INSERT INTO seen_updates (update_key, body_sha256, seen_at) SELECT 'f' || i, '', $2::bigint + i FROM generate_series(1, $1::bigint) i`,
		`INSERT INTO consumed_actions (nonce, user_id, consumed_at) SELECT 'f' || i, -i, $2::bigint + i FROM generate_series(1, $1::bigint) i`)
	for _, inv := range storage.Invariants() {
		if inv.Nightly {
			continue
		}
		query, args := storage.Compiled(inv, storage.ScopeRecent, time.Now())
		for n := len(args); n > 0; n-- {
			query = strings.ReplaceAll(query, "$"+strconv.Itoa(n), fmt.Sprint(args[n-1]))
		}
		plan := strings.Join(storagetest.Column(t, raw, "EXPLAIN "+query+" LIMIT 10"), "\n")
		if scan := ownRows.FindString(plan); scan != "" {
			t.Errorf("%s: %s\n%s", inv.Name, scan, plan[:min(len(plan), 2000)])
		}
	}
	plan := storagetest.Column(t, raw, "EXPLAIN SELECT * FROM transfers WHERE held < posted")
	if ownRows.FindString(strings.Join(plan, "\n")) == "" {
		t.Errorf("a look at everything would not be noticed: %v", plan)
	}
}
