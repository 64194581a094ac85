package replicate_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/providers/replicate/replicatetest"
)

// TestClient drives the fake with Replicate's own client: what it takes for the service is one.
func TestClient(t *testing.T) {
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
	f, err := providertest.Picture().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	file, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	picture := filepath.Join(dir, "picture.png")
	if err := os.WriteFile(picture, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s := replicatetest.New(t)
	s.Lists(2, true)
	s.Fault(
		replicatetest.Fault{}, replicatetest.Fault{Pending: 2}, replicatetest.Fault{}, replicatetest.Fault{}, replicatetest.Fault{},
		replicatetest.Fault{End: "failed", Error: "The input was flagged as sensitive (E005)"},
	)
	at, body := strconv.FormatInt(time.Now().Unix(), 10), `{"id":"abc"}`
	run(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	out := run(t, dir, "node", "drive.mjs", s.URL(), replicatetest.Key, picture, replicatetest.Secret,
		"msg_1", at, sign(t, replicatetest.Secret, "msg_1", at, []byte(body)), body)
	if !strings.HasSuffix(strings.TrimSpace(out), "done 18") {
		t.Errorf("the client did not finish:\n%s", out)
	}
	if s.Billed() != 5 { // one was taken back, two were refused
		t.Errorf("billed %d, want 5", s.Billed())
	}
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
