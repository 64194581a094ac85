package gemini

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/gemini/geminitest"
	"github.com/imagika/imagika/providers/providertest"
)

// TestOfficialClient drives the server of these tests with Google's client for Node, so that it is not only our own
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
	s := geminitest.New(t)
	for range 6 { // what the server does and refuses by itself; a wrong key is no call
		s.Fault(geminitest.Fault{})
	}
	s.Fault(geminitest.Fault{Block: "PROHIBITED_CONTENT"})
	s.Fault(geminitest.Fault{Finish: "IMAGE_SAFETY"})
	s.Fault(geminitest.Fault{Words: true})
	s.Fault(geminitest.Fault{Drafts: true})
	s.Fault(limit(perMinute, delay("17s")))
	s.Fault(failure(500, "INTERNAL", "An internal error has occurred."))
	run(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	out := run(t, dir, "node", "drive.mjs", s.Root(), geminitest.Key, fox(t, dir))
	if !strings.HasSuffix(strings.TrimSpace(out), "done 14") {
		t.Errorf("the client did not finish:\n%s", out)
	}
	if n := len(s.Calls()); n != 12 || s.Billed() != 6 {
		t.Errorf("%d calls, %d billed; want 12 and 6", n, s.Billed())
	}
}

// fox is a picture in a file.
func fox(t *testing.T, dir string) string {
	t.Helper()
	picture, err := providertest.Picture().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = picture.Close() }()
	bytes, err := io.ReadAll(picture)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "fox.png")
	if err := os.WriteFile(file, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
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
