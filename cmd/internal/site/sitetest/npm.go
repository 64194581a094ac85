package sitetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

//go:embed tools
var tools embed.FS

// npmLimit bounds an installation, on a slow machine with an empty cache, and what is then run.
const npmLimit = 5 * time.Minute

// install returns the folder with one of the tools and what it needs. It is made once for each state of its files, and moved
// to its place as a whole, because packages are tested at the same time.
func install(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs nodejs, npm and a browser")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Fatal("install nodejs and npm")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	cache = filepath.Join(cache, "imagika-tests")
	files, err := fs.Sub(tools, "tools/"+name)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, name+"-"+digest(t, files))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(cache, "fresh-") //nolint:usetesting // it stays, under another name
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh) // gone already if all went well
	if err := os.CopyFS(fresh, files); err != nil {
		t.Fatal(err)
	}
	run(t, npmLimit, fresh, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	if err := os.Rename(fresh, dir); err != nil {
		if _, missing := os.Stat(dir); missing != nil { // nobody else was faster
			t.Fatal(err)
		}
	}
	return dir
}

// digest is of all files of a folder.
func digest(t *testing.T, files fs.FS) string {
	t.Helper()
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		h.Write([]byte(path + "\x00"))
		h.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// run runs a program in a folder and returns what it wrote to its output.
func run(t *testing.T, limit time.Duration, dir, name string, args ...string) string {
	t.Helper()
	out, said, err := try(t, limit, dir, name, args...)
	if err != nil {
		t.Fatalf("%s %.300q: %v\n%s\n%s", name, args, err, out, said)
	}
	return out
}

// try is run for programs that end with an error where they find one.
func try(t *testing.T, limit time.Duration, dir, name string, args ...string) (out, said string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}
