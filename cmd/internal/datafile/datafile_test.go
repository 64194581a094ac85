package datafile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/catalogue"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/shop"
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
	if _, err := Read(path, builtIn, parse); err == nil || err.Error() != path+": a mistake" {
		t.Errorf("a mistake: %v", err)
	}
	if _, err := Read(filepath.Dir(path), builtIn, parse); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
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
	for i, want := range []string{"one", "two", path + ": a mistake", "one"} {
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

// What is wrong with a file is said with its line and key, and of no type of the program's.
func TestExplain(t *testing.T) {
	t.Parallel()
	def := func() (struct{}, error) { return struct{}{}, errors.New("not asked for") }
	for _, tt := range []struct {
		desc, text string
		parse      func([]byte) (struct{}, error)
		want       []string
	}{
		{"text for a list", "models: yes\n", of(catalogue.Parse), []string{`line 1, models: "yes" stands there, want a list`}},
		{"a list for a group", "models:\n  - [1, 2]\n", of(catalogue.Parse), []string{"line 2: there is a list, which cannot stand there"}},
		{"text for a group", "models:\n  - fox\n", of(catalogue.Parse), []string{`line 2: "fox" stands there, want a group of keys`}},
		{"words for a number", "models: []\nproviders:\n  fal:\n    parallel: many\n", of(catalogue.Parse), []string{`line 4, parallel: "many" stands there, want a whole number`}},
		{"a word for stars", "packs:\n  - id: small\n    stars: ten\n    nosuch: 1\n", of(shop.Parse), []string{
			`line 3, stars: "ten" stands there, want a whole number`, `line 4: there is no key "nosuch" here`,
		}},
		{"a key of another file", "models: []\n", of(moderation.Parse), []string{`line 1: there is no key "models" here`}},
		{"a tab", "models:\n\t- name: x\n", of(catalogue.Parse), []string{"line 2: a tab"}},
		{"a colon too many", "a: b: c\n", of(catalogue.Parse), []string{"line 1: a colon that cannot stand there"}},
		{"an open bracket", "packs: [1, 2\n", of(shop.Parse), []string{"it does not fit what stands above"}},
		{"nothing", "", of(moderation.Parse), []string{"the file says nothing"}},
		{"what the file is about", "models: []\n", of(catalogue.Parse), []string{"there are no models"}},
	} {
		path := filepath.Join(t.TempDir(), "file.yaml")
		write(t, path, tt.text)
		_, err := Read(path, def, tt.parse)
		if err == nil {
			t.Errorf("%s: was read", tt.desc)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", tt.desc, err, want)
			}
		}
		for _, foreign := range []string{"unmarshal", "!!", "type ", "EOF"} {
			if !strings.HasPrefix(err.Error(), path) || strings.Contains(err.Error(), foreign) {
				t.Errorf("%s: %v", tt.desc, err)
			}
		}
	}
}

// of is a parser without what it reads.
func of[T any](parse func([]byte) (T, error)) func([]byte) (struct{}, error) {
	return func(text []byte) (struct{}, error) {
		_, err := parse(text)
		return struct{}{}, err
	}
}
