package sitetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Validate holds the source of pages, by name, against the standard. All at once is as quick as one.
func Validate(t *testing.T, pages map[string]string) {
	t.Helper()
	tool, dir := install(t, "page"), t.TempDir()
	for name, html := range pages {
		if err := os.WriteFile(filepath.Join(dir, name+".html"), []byte(html), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, said, err := try(t, npmLimit, tool, "node", "node_modules/html-validate/bin/html-validate.mjs",
		"--config", "html-validate.json", "--formatter", "json", "--ext", "html", dir)
	var reports []struct {
		FilePath string
		Messages []struct {
			RuleID, Message string
			Line, Column    int
		}
	}
	if json.Unmarshal([]byte(out), &reports) != nil || len(reports) == 0 && err != nil {
		t.Fatalf("html-validate: %v\n%s\n%s", err, out, said)
	}
	for _, r := range reports {
		for _, m := range r.Messages {
			t.Errorf("%s:%d:%d: %s: %s", filepath.Base(r.FilePath), m.Line, m.Column, m.RuleID, m.Message)
		}
	}
}
