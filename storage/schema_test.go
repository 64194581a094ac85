package storage_test

import (
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/imagika/imagika/storage/storagetest"
)

// updating reports whether golden files are to be written; the flag is that of the tests inside the package.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// schemaFile lists the columns that a release may be using while the next one migrates. Lines are added by -update; one is
// taken out only in the release after the one that stopped using it.
var schemaFile = filepath.Join("testdata", "golden", "columns.txt")

// TestSchemaServesThePreviousRelease: processes of two releases run beside each other during a rollout, and a rollback goes
// back to a schema that is ahead. So a migration may not take away a column, make one mandatory that the previous release
// does not know, or refuse it a null.
func TestSchemaServesThePreviousRelease(t *testing.T) {
	t.Parallel()
	now := columns(t)
	text, err := os.ReadFile(schemaFile)
	if err != nil && !updating() {
		t.Fatal(err)
	}
	was, tables := map[string]string{}, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		name, form, _ := strings.Cut(strings.TrimSpace(line), " ")
		table, _, _ := strings.Cut(name, ".")
		was[name], tables[table] = form, true
	}
	for name, form := range was {
		switch is, ok := now[name]; {
		case !ok:
			t.Errorf("column %s is gone, which the previous release uses", name)
		case is != form && strings.HasSuffix(is, mandatory):
			t.Errorf("column %s was %q and is %q: the previous release may leave it out", name, form, is)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		table, _, _ := strings.Cut(name, ".")
		switch {
		case was[name] != "":
		case tables[table] && strings.HasSuffix(now[name], mandatory):
			t.Errorf("column %s is new and mandatory: the previous release does not fill it; give it a default", name)
		case !updating():
			t.Errorf("column %s is new: run with -update once it is what it is to be", name)
		}
		if was[name] == "" {
			was[name] = now[name]
		}
	}
	if updating() {
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(was)) {
			fmt.Fprintf(&b, "%s %s\n", name, was[name])
		}
		if err := os.WriteFile(schemaFile, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const mandatory = "mandatory"

// columns are those of a database with every migration: whether a row can do without.
func columns(t *testing.T) map[string]string {
	t.Helper()
	db, err := sql.Open("pgx", storagetest.Migrated(t, storagetest.OnPostgres))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT table_name || '.' || column_name, is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES'
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'goose_db_version'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var name string
		var optional bool
		if err := rows.Scan(&name, &optional); err != nil {
			t.Fatal(err)
		}
		all[name] = mandatory
		if optional {
			all[name] = "optional"
		}
	}
	if err := rows.Err(); err != nil || len(all) < 100 {
		t.Fatalf("%d columns, %v", len(all), err)
	}
	return all
}

// TestMigrationsOnlyAdd: none takes away or renames what the previous release uses. Nothing ever runs the way back that stands
// in them: a rollback runs the previous release over the newest schema.
func TestMigrationsOnlyAdd(t *testing.T) {
	t.Parallel()
	taking := regexp.MustCompile(`(?i)\b(DROP\s+(COLUMN|TABLE)|RENAME\b|TRUNCATE\b)`)
	// A table whose checks become wider is made anew under its own name. That it has all its columns is for
	// TestSchemaServesThePreviousRelease to say.
	wider := regexp.MustCompile(`DROP TABLE (\w+);\nALTER TABLE (\w+)_wider RENAME TO (\w+);`)
	files, err := filepath.Glob(filepath.Join("migrations", "*.sql"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		up = wider.ReplaceAllStringFunc(up, func(found string) string {
			if m := wider.FindStringSubmatch(found); m[1] == m[2] && m[2] == m[3] {
				return ""
			}
			return found
		})
		if found := taking.FindString(up); found != "" {
			t.Errorf("%s: %s takes away what the previous release uses", name, found)
		}
	}
}
