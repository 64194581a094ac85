package datafile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// parse takes anything but a mistake.
func parse(text []byte) (string, error) {
	if string(text) == "mistake" {
		return "", errors.New("a mistake")
	}
	return string(text), nil
}

func builtIn() (string, error) { return "built in", nil }

// write replaces a file at once, as an operator should.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if got, err := Read("", builtIn, parse); err != nil || got != "built in" {
		t.Errorf("no file: %q, %v", got, err)
	}
	if _, err := Read(path, builtIn, parse); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	write(t, path, "one")
	if got, err := Read(path, builtIn, parse); err != nil || got != "one" {
		t.Errorf("a file: %q, %v", got, err)
	}
	write(t, path, "mistake")
	if _, err := Read(path, builtIn, parse); err == nil {
		t.Error("a mistake was read")
	}
	write(t, path, strings.Repeat("x", maxFile+1))
	if _, err := Read(path, builtIn, parse); err == nil || !strings.Contains(err.Error(), "larger than 4 MB") {
		t.Errorf("a large file: %v", err)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "one")
	ctx, stop := context.WithCancel(t.Context())
	heard, ended := make(chan string), make(chan struct{})
	go func() {
		defer close(ended)
		watch(ctx, path, time.Millisecond, parse, func(text string, err error) {
			if err != nil {
				text = err.Error()
			}
			heard <- text
		})
	}()
	for i, want := range []string{"one", "two", "a mistake", "one"} {
		if got := <-heard; got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
		if next := []string{"two", "mistake", "one"}; i < len(next) {
			write(t, path, next[i])
		}
	}
	stop()
	<-ended
}
