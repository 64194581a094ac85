package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
)

// dataFolder is one with databases in it, in which nobody is yet.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if r := execute(t.Context(), map[string]string{"IMAGIKA_DATA": dir, "IMAGIKA_LOG_LEVEL": "error"}, nil, "migrate"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	return dir
}

// A new master key would open nothing and hide that the old one is missed: none is made beside a key store, by nobody.
func TestNoNewMasterKeyBesideAKeyStore(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	env := map[string]string{"IMAGIKA_DATA": dir, "IMAGIKA_LOG_LEVEL": "error", "IMAGIKA_WEB_ADDR": "127.0.0.1:0", "IMAGIKA_ADMIN_ADDR": "127.0.0.1:0"}
	file := filepath.Join(dir, "master.key")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"run"}, {"migrate"}, {"admin", "verify"}} {
		r := execute(t.Context(), env, nil, command...)
		if r.code != exitUsage || !strings.Contains(r.err, file+" is missing: put it back from your backup") {
			t.Errorf("%s: %+v", command, r)
		}
	}
	if r := execute(t.Context(), env, nil, "doctor"); r.code != exitFailed || !strings.Contains(r.out, file+" is missing") {
		t.Errorf("doctor: %+v", r)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("there is another master key: %v", err)
	}
}

// A key store that is gone would be made anew, with keys that open nothing: with people in the database nobody starts over one that
// knows none of them.
func TestAnotherKeyStoreIsRefused(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	env := map[string]string{"IMAGIKA_DATA": dir, "IMAGIKA_LOG_LEVEL": "error", "IMAGIKA_WEB_ADDR": "127.0.0.1:0", "IMAGIKA_ADMIN_ADDR": "127.0.0.1:0"}
	meet(t, dir)
	if r := execute(t.Context(), env, nil, "admin", "verify"); r.code != exitOK {
		t.Errorf("with its own key store: %+v", r)
	}
	gone, err := filepath.Glob(filepath.Join(dir, "keys.db*"))
	for _, name := range gone {
		if err == nil {
			err = os.Remove(name)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if r := execute(t.Context(), env, nil, "doctor"); r.code != exitFailed || !strings.Contains(r.out, "keys.db is missing") {
		t.Errorf("doctor of none: %+v", r)
	}
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, command := range [][]string{{"run"}, {"migrate"}, {"admin", "verify"}} {
		r := execute(soon, env, nil, command...)
		if r.code != exitUsage || !strings.Contains(r.err, filepath.Join(dir, "keys.db")+" knows none of the people") || !strings.Contains(r.err, "put back the one") {
			t.Errorf("%s: %+v", command, r)
		}
	}
	if r := execute(t.Context(), env, nil, "doctor"); r.code != exitFailed || !strings.Contains(r.out, "it knows none of the people") {
		t.Errorf("doctor of an empty one: %+v", r)
	}
}

// Whoever looks makes nothing, and says where there is nothing to see; migrate makes what it is for.
func TestToolsMakeNoData(t *testing.T) {
	t.Parallel()
	empty, none := t.TempDir(), filepath.Join(t.TempDir(), "none")
	for _, dir := range []string{empty, none} {
		env := map[string]string{"IMAGIKA_DATA": dir, "IMAGIKA_LOG_LEVEL": "error"}
		for _, command := range [][]string{
			{"admin", "users", "show", "nosuch"},
			{"admin", "verify"},
			{"admin", "ledger", "verify"},
			{"admin", "users", "export", "nosuch", "--out", filepath.Join(t.TempDir(), "x.zip"), "--why", "a test"},
		} {
			r := execute(t.Context(), env, nil, command...)
			if r.code != exitRefused || !strings.Contains(r.err, "there is no data in "+dir+"\n→ Start imagika run, or set IMAGIKA_DATA") {
				t.Errorf("%s: %+v", command, r)
			}
		}
		if r := execute(t.Context(), env, nil, "doctor"); !strings.Contains(r.out, "embedded by imagika run: IMAGIKA_KEYS_DATABASE_URL is not set") {
			t.Errorf("doctor: %+v", r)
		}
	}
	if made, err := os.ReadDir(empty); err != nil || len(made) != 0 {
		t.Errorf("a look made %v, %v", made, err)
	}
	if _, err := os.Stat(none); !os.IsNotExist(err) {
		t.Errorf("a look made the folder: %v", err)
	}
	if r := execute(t.Context(), map[string]string{"IMAGIKA_DATA": none}, nil, "migrate"); r.code != exitOK {
		t.Errorf("migrate: %+v", r)
	}
	away := closed(t)
	r := execute(t.Context(), map[string]string{"IMAGIKA_DATA": empty, "IMAGIKA_REDIS_URL": "redis://" + away}, nil, "admin", "queues", "list", "--json")
	if made, err := os.ReadDir(empty); r.code != exitUsage || !strings.Contains(r.err, "IMAGIKA_QUEUE_KEY is not set") || err != nil || len(made) != 0 {
		t.Errorf("without the queue's key: %+v, %v, %v", r, made, err)
	}
}

// meet makes somebody in the database of a data folder.
func meet(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	master, err := keys.ParseMasterKeys(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	k, err := keys.Open(t.Context(), keys.Config{URL: "file:" + filepath.Join(dir, "keys.db"), Master: master})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	s, err := storage.Open(t.Context(), storage.Config{URL: "file:" + filepath.Join(dir, "imagika.db"), Keys: k})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.PersonByTelegram(t.Context(), 4242, "en"); err != nil {
		t.Fatal(err)
	}
}
