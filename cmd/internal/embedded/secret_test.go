package embedded_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/imagika/imagika/cmd/internal/embedded"
)

func TestSecretIsMadeOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	if _, err := embedded.ReadSecret(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("before there is one: %v", err)
	}
	secrets := make([][]byte, 16)
	errs := make([]error, len(secrets))
	var wg sync.WaitGroup
	for i := range secrets {
		wg.Go(func() { secrets[i], errs[i] = embedded.Secret(path) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		if len(s) != 32 || !bytes.Equal(s, secrets[0]) {
			t.Fatalf("secrets differ or have %d bytes", len(s))
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode().Perm())
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("left in the folder: %v, %v", names, err)
	}
	other, err := embedded.Secret(filepath.Join(dir, "other"))
	if err != nil || bytes.Equal(other, secrets[0]) {
		t.Errorf("two files, one secret, %v", err)
	}
}

func TestSecretErrors(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for _, tt := range []struct {
		desc, text string
		mode       os.FileMode
		want       string
	}{
		{"open to others", good, 0o644, "open to others"},
		{"empty", "", 0o600, "is not 32 bytes in base64"},
		{"short", good[:20], 0o600, "is not 32 bytes in base64"},
		{"not base64", "hunter2!", 0o600, "is not 32 bytes in base64"},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, []byte(tt.text), tt.mode); err != nil {
				t.Fatal(err)
			}
			_, err := embedded.Secret(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != tt.text {
				t.Errorf("the file was changed to %q, %v", text, err)
			}
		})
	}
	if _, err := embedded.Secret(filepath.Join(t.TempDir(), "none", "secret")); err == nil {
		t.Error("a secret in a folder that does not exist")
	}
}

func TestSQLiteURL(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a #%? folder")
	got, err := embedded.SQLiteURL(dir, "imagika.db")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "imagika.db"); u.Scheme != "file" || u.Path != want {
		t.Errorf("%s means %s, want %s", got, u.Path, want)
	}
	if got, err := embedded.SQLiteURL("data", "x.db"); err != nil || !strings.HasPrefix(got, "file:/") {
		t.Errorf("relative folder: %s, %v, want an absolute path", got, err)
	}
}

func TestLockFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	l, err := embedded.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := embedded.LockFolder(dir)
	if err == nil {
		_ = second.Close()
	}
	if !errors.Is(err, embedded.ErrLocked) || !strings.Contains(err.Error(), "process "+strconv.Itoa(os.Getpid())) {
		t.Errorf("%v, want ErrLocked with our process id", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := embedded.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// The lock must not go to children of the program: it would outlive it.
func TestLockIsNotInherited(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := embedded.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = cmd.Wait() }()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := embedded.LockFolder(dir)
	if err != nil {
		t.Fatalf("while a child runs: %v", err)
	}
	_ = again.Close()
}
