package main

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
)

func TestLedgerVerifyNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	env := map[string]string{"IMAGIKA_DATA": dataFolder(t), "IMAGIKA_LOG_LEVEL": "error"}
	r := execute(t.Context(), env, nil, "admin", "ledger", "verify")
	if r.code != exitOK || !regexp.MustCompile(`(?m)^transfers +0$`).MatchString(r.out) || !regexp.MustCompile(`(?m)^checkpoints +1$`).MatchString(r.out) ||
		!strings.HasSuffix(r.out, "\nevery invariant holds\n") {
		t.Fatalf("%+v", r)
	}
	files, err := filepath.Glob(filepath.Join(env["IMAGIKA_DATA"], "imagika*.db"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	db, err := sql.Open("sqlite", "file:"+files[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO accounts (user_id, posted) VALUES (5, 3)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r = execute(t.Context(), env, nil, "admin", "ledger", "verify")
	if r.code != exitFailed || !strings.Contains(r.out, "\nbroken: an account is the sum of its transfers: 5\n") ||
		!strings.Contains(r.err, "the books do not agree") || !strings.Contains(r.err, "Keep a copy") {
		t.Errorf("%+v", r)
	}
	r = execute(t.Context(), env, nil, "admin", "ledger", "verify", "--json")
	var b storage.Books
	if err := json.Unmarshal([]byte(r.out), &b); err != nil || r.code != exitFailed {
		t.Fatalf("%+v, %v", r, err)
	}
	want := []storage.Violation{
		{Invariant: "an account is the sum of its transfers", Row: "5"},
		{Invariant: "what people have is what the house gave", Row: "3"},
		{Invariant: "every account is somebody's", Row: "5"},
		{Invariant: "an account is the sum of its lots", Row: "5"},
	}
	if diff := cmp.Diff(want, b.Violations); diff != "" || b.Posted != 3 || b.People != 1 || b.Checkpoint.N != 3 || len(b.Checkpoint.Signature) != 64 {
		t.Errorf("%s%+v", diff, b)
	}
}
