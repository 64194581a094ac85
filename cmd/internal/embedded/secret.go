package embedded

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

const secretSize = 32

// Secret returns the 32 bytes of the secret file at path, which is made with a random secret and mode 0600 if it is
// missing. It is never overwritten: of several processes that make it at once, all return the same. The file is base64
// and a line end, the form in which settings take such secrets.
func Secret(path string) ([]byte, error) {
	secret, err := ReadSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	fresh := make([]byte, secretSize)
	_, _ = rand.Read(fresh) // never fails: it ends the program instead
	if err := writeOnce(path, base64.StdEncoding.EncodeToString(fresh)+"\n"); err != nil {
		return nil, fmt.Errorf("secret %s: %w", path, err)
	}
	return ReadSecret(path)
}

// ReadSecret is [Secret] of a file that is there; else the error is [fs.ErrNotExist], and none is made.
func ReadSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("secret %s is open to others: mode %v, want 0600, as after chmod 600 %[1]s", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(secret) != secretSize {
		return nil, fmt.Errorf("secret %s is not %d bytes in base64", path, secretSize)
	}
	return secret, nil
}

// writeOnce makes a file appear whole and on disk, or leaves the one that is there.
func writeOnce(path, text string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if rerr := os.Remove(f.Name()); !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}()
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	// A link, not a rename: it fails where somebody was faster.
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := os.Rename(f.Name(), path); err != nil { // a file system without links
			return err
		}
	}
	return syncFile(filepath.Dir(path)) // so that the new name survives a power cut
}

// Private keeps others from a SQLite database in dir and the files beside it: what is not there yet is made, because SQLite would let
// everybody read it, and its log takes the mode of the database. What cannot be changed stays as it is, such as a file of somebody
// else's, or a file system without modes; that the folder lies open is for imagika doctor to say.
func Private(dir, name string) {
	path := filepath.Join(dir, name)
	if f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err == nil {
		_ = f.Close()
	}
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		_ = os.Chmod(file, 0o600)
	}
}

// SQLiteURL returns the URL of a database file in dir, absolute because [S3] changes the working directory.
func SQLiteURL(dir, name string) (string, error) {
	path, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		return "", fmt.Errorf("database %s: %w", name, err)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath(), nil
}
