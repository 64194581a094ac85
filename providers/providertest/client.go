package providertest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Client is somebody else's client of a service, for Node: a copy of testdata/js, with the version of the client in its
// lock file and a drive.mjs that goes through the API, checks what it gets and says "done" and the number of its steps.
type Client struct {
	// Picture is the path of a PNG.
	Picture string

	t   *testing.T
	dir string
}

// NewClient copies the client. It skips the test in short mode, and fails it without Node.
func NewClient(t *testing.T) *Client {
	t.Helper()
	if testing.Short() {
		t.Skip("needs nodejs and npm")
	}
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatal("install nodejs and npm")
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/js")); err != nil {
		t.Fatal(err)
	}
	c := &Client{t: t, dir: dir}
	r, err := Picture().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	picture, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	c.Picture = c.File("picture.png", picture)
	return c
}

// File puts a file into the folder, and returns its path.
func (c *Client) File(name string, file []byte) string {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// Drive installs and runs the client, which has to get through all its steps.
func (c *Client) Drive(steps int, args ...string) {
	c.t.Helper()
	c.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	out := c.run("node", append([]string{"drive.mjs"}, args...)...)
	if want := fmt.Sprintf("done %d", steps); !strings.HasSuffix(strings.TrimSpace(out), want) {
		c.t.Errorf("the client did not finish with %q:\n%s", want, out)
	}
}

func (c *Client) run(name string, args ...string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = c.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
