package openai

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/openai/openaitest"
	"github.com/imagika/imagika/providers/providertest"
)

// TestOfficialClient drives the server of these tests with OpenAI's client for Node, so that it is not only our own
// reading of the API that the adapter is tested against.
func TestOfficialClient(t *testing.T) {
	if testing.Short() {
		t.Skip("needs nodejs and npm")
	}
	t.Parallel()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatal("install nodejs and npm")
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/js")); err != nil {
		t.Fatal(err)
	}
	fox := filepath.Join(dir, "fox.png")
	if err := os.WriteFile(fox, readAll(t, providertest.Picture()), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openaitest.New(t, openaitest.OpenAI)
	for range 10 { // what the server does and refuses by itself; a wrong key is no call
		s.Fault(openaitest.Fault{})
	}
	s.Fault(refuse(400, `{"error":{"message":"rejected by the safety system","type":"image_generation_user_error","param":null,"code":"moderation_blocked"}}`))
	s.Fault(limit("Retry-After", "9", `{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}`))
	s.Fault(refuse(500, `<html></html>`))
	s.Fault(openaitest.Fault{Cut: true})
	run(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	out := run(t, dir, "node", "drive.mjs", s.URL(), openaitest.Key, fox)
	if !strings.HasSuffix(strings.TrimSpace(out), "done 16") {
		t.Errorf("the client did not finish:\n%s", out)
	}
	if n := len(s.Calls()); n != 14 || s.Billed() != 5 {
		t.Errorf("%d calls, %d billed; want 14 and 5", n, s.Billed())
	}
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
