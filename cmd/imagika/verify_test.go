package main

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// The real command: what it says and how it ends where everything holds, where something does not, and where it cannot be meant.
func TestVerify(t *testing.T) {
	t.Parallel()
	env := map[string]string{"IMAGIKA_DATA": t.TempDir(), "IMAGIKA_LOG_LEVEL": "error"}
	if r := execute(t.Context(), env, nil, "admin", "verify"); r.code != exitRefused || !strings.Contains(r.err, "there is no data in "+env["IMAGIKA_DATA"]) {
		t.Errorf("of no database: %+v", r)
	}
	if r := execute(t.Context(), env, nil, "migrate"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	r := execute(t.Context(), env, nil, "admin", "verify")
	if r.code != exitOK || !regexp.MustCompile(`(?m)^ledger +\d\d +0 +0 +0$`).MatchString(r.out) || !strings.HasSuffix(r.out, "\nevery invariant holds\n") || r.err != "" {
		t.Fatalf("%+v", r)
	}
	v := verified(t, env, exitOK)
	if len(v.Checks) < 80 || len(v.Broken()) != 0 || v.Scope != storage.ScopeAll || v.Engine != "SQLite" {
		t.Errorf("%+v", v)
	}
	db := openData(t, env)
	for _, q := range []string{
		`INSERT INTO users (id, kind, lookup, created_at) VALUES (5, 'person', 'five', 1), (6, 'person', 'six', 1)`,
		`INSERT INTO accounts (user_id, posted) VALUES (5, 3)`,
		`INSERT INTO lobby (user_id, lang, search, since) VALUES (6, 'en', 's', 1)`,
	} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	r = execute(t.Context(), env, nil, "admin", "verify")
	for _, want := range []string{
		"\nbroken: an account is the sum of its transfers (IL): 1: 5\n  https://", "/InvariantBroken.md#ledger\n",
		"\nlate: who looks for a partner is let go after a while (I13): 1: 6\n", "/WorkOverdue.md#conversations\n",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("%q is not in %s", want, r.out)
		}
	}
	if r.code != exitFailed || !strings.Contains(r.err, "promises do not hold") || !strings.Contains(r.err, "Keep a copy") || strings.Contains(r.out, "every invariant") {
		t.Errorf("%+v", r)
	}
	if v = verified(t, env, exitFailed); len(v.Broken()) != 4 || len(v.Violations()) != 3 {
		t.Errorf("%+v", v.Broken())
	}
	for _, flag := range []string{"--pictures", "--bytes", "--stars", "--nonsense"} {
		if r := execute(t.Context(), env, nil, "admin", "verify", flag); r.code != exitUsage {
			t.Errorf("%s: %+v", flag, r)
		}
	}
	if n := len(storagetest.Column(t, db, `SELECT CAST(n AS TEXT) FROM checkpoints`)); n != 0 {
		t.Errorf("%d checkpoints were made", n)
	}
}

// verified is what the command prints for programs.
func verified(t *testing.T, env map[string]string, code int) (v storage.Verdict) {
	t.Helper()
	r := execute(t.Context(), env, nil, "admin", "verify", "--json")
	if err := json.Unmarshal([]byte(r.out), &v); err != nil || r.code != code {
		t.Fatalf("%+v, %v", r, err)
	}
	return v
}

// openData opens the database in a data folder.
func openData(t *testing.T, env map[string]string) *sql.DB {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(env["IMAGIKA_DATA"], "imagika*.db"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	db, err := sql.Open("sqlite", "file:"+files[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Whatever a check is about has its part of the runbook.
func TestRunbooksHaveEveryGroup(t *testing.T) {
	t.Parallel()
	for page, groups := range map[string][]storage.Group{
		"InvariantBroken": storage.Groups(),
		"WorkOverdue": {
			storage.GroupLedger, storage.GroupCredits, storage.GroupPayments, storage.GroupGenerations, storage.GroupMessages, storage.GroupConversations, storage.GroupPrivacy,
		},
	} {
		text, err := os.ReadFile("../internal/ops/runbooks/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			if !strings.Contains(string(text), "\n### "+string(g)+"\n\n") {
				t.Errorf("%s says nothing of %s", page, g)
			}
		}
	}
}
