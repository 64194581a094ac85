package fal

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/fal/faltest"
	"github.com/imagika/imagika/providers/providertest"
)

// TestOfficialClient drives the server of these tests with fal's client for Node, so that it is not only our own
// reading of the queue that the adapter is tested against.
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
	if err := os.WriteFile(fox, picture(t), 0o600); err != nil {
		t.Fatal(err)
	}
	s := faltest.New(t)
	for range 7 { // what the server does and refuses by itself; a wrong key is no call
		s.Fault(faltest.Fault{})
	}
	s.Fault(faltest.Fault{EndStatus: 422, Body: detail("content_policy_violation")})
	command(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	out := command(t, dir, "node", "drive.mjs", s.URL(), faltest.Key, fox)
	if !strings.HasSuffix(strings.TrimSpace(out), "done 12") {
		t.Errorf("the client did not finish:\n%s", out)
	}
	calls := s.Calls()
	if len(calls) != 8 || s.Billed() != 3 {
		t.Fatalf("%d calls, %d billed; want 8 and 3", len(calls), s.Billed())
	}
	if c := calls[1]; c.Callback != "https://imagika.example/callback?x=1" || c.Header.Get("X-Fal-Request-Timeout") != "60" {
		t.Errorf("callback %q, header %v", c.Callback, c.Header)
	}
}

// picture is a PNG.
func picture(t *testing.T) []byte {
	t.Helper()
	r, err := providertest.Picture().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func command(t *testing.T, dir, name string, args ...string) string {
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
