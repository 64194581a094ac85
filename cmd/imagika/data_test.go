package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/storagetest"
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

// Nor is one made beside a key store in Postgres, or while nobody can say whether there is one: it would be what the operator backs up.
func TestNoNewMasterKeyBesideAKeyStoreInPostgres(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := map[string]string{
		"IMAGIKA_DATA": dir, "IMAGIKA_LOG_LEVEL": "error", "IMAGIKA_WEB_ADDR": "127.0.0.1:0", "IMAGIKA_ADMIN_ADDR": "127.0.0.1:0",
	}
	file := filepath.Join(dir, "master.key")
	away := with(env, "IMAGIKA_KEYS_DATABASE_URL", "postgres://u:hidden@"+closed(t)+"/keys")
	env = with(env, "IMAGIKA_KEYS_DATABASE_URL", storagetest.PostgresURL(t))
	if r := execute(t.Context(), away, nil, "run"); r.code == exitOK || !strings.Contains(r.err, "IMAGIKA_KEYS_DATABASE_URL") || strings.Contains(r.err, "hidden") {
		t.Errorf("with the key store away: %+v", r)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("there is a master key of a key store that nobody saw: %v", err)
	}
	if r := execute(t.Context(), env, nil, "migrate"); r.code != exitOK {
		t.Fatalf("a new key store: %+v", r)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"run", "migrate"} {
		r := execute(t.Context(), env, nil, command)
		if r.code != exitUsage || !strings.Contains(r.err, file+" is missing: put it back from your backup") {
			t.Errorf("%s: %+v", command, r)
		}
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
		if r.code != exitUsage || !strings.Contains(r.err, filepath.Join(dir, "keys.db")+" knows none of the people") || !strings.Contains(r.err, "Put back the key store") {
			t.Errorf("%s: %+v", command, r)
		}
	}
	if r := execute(t.Context(), env, nil, "doctor"); r.code != exitFailed || !strings.Contains(r.out, "knows none of the people of the database: it is another one, or empty") {
		t.Errorf("doctor of an empty one: %+v", r)
	}
}

// What is wrong with a file of the data folder is said of the file, not of a setting that nobody made.
func TestDataIsNamed(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	env := map[string]string{"IMAGIKA_DATA": dir, "IMAGIKA_LOG_LEVEL": "error"}
	r := execute(t.Context(), with(env, "IMAGIKA_MASTER_KEY", keys.GenerateMaster()), nil, "migrate")
	if r.code != exitFailed || !strings.Contains(r.err, filepath.Join(dir, "keys.db")+": keys: wrapped by another master key") || !strings.Contains(r.err, "put that one back") {
		t.Errorf("another master key: %+v", r)
	}
	if err := os.WriteFile(filepath.Join(dir, "imagika.db"), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := execute(t.Context(), env, nil, "migrate"); r.code != exitFailed || !strings.Contains(r.err, filepath.Join(dir, "imagika.db")+": ") || strings.Contains(r.err, "IMAGIKA_") {
		t.Errorf("no database: %+v", r)
	}
}

// Others of the machine read no database, neither a new one nor one that an older release left open to them.
func TestDataIsPrivate(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	private := func() {
		t.Helper()
		all, err := filepath.Glob(filepath.Join(dir, "*.*"))
		if err != nil || len(all) < 3 {
			t.Fatalf("%q, %v", all, err)
		}
		for _, name := range all {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", name, info.Mode(), err)
			}
		}
	}
	private()
	for _, name := range []string{"imagika.db", "keys.db"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil { //nolint:gosec // that is the mistake
			t.Fatal(err)
		}
	}
	if r := execute(t.Context(), map[string]string{"IMAGIKA_DATA": dir, "IMAGIKA_LOG_LEVEL": "error"}, nil, "migrate"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	private()
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

// A tool says whom it waits for, and does not wait for long.
func TestToolsWait(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and answers nobody
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for _, tt := range []struct {
		address string
		command []string
		want    []string
	}{
		{"127.0.0.1:1", []string{"admin", "pools"}, []string{`msg="waiting for redis" address=127.0.0.1:1 `, "\nimagika: IMAGIKA_REDIS_URL: ", "connection refused\n"}},
		{"127.0.0.1:1", []string{"admin", "models"}, []string{`msg="waiting for redis" address=127.0.0.1:1 `, "\nimagika: IMAGIKA_REDIS_URL: ", "connection refused\n"}},
		{silent.Addr().String(), []string{"admin", "queues", "list"}, []string{"imagika: IMAGIKA_REDIS_URL: ", "timeout"}},
	} {
		t.Run(tt.command[1], func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			r := execute(t.Context(), map[string]string{
				"IMAGIKA_DATA": t.TempDir(), "IMAGIKA_REDIS_URL": "redis://" + tt.address, "IMAGIKA_REDIS_PASSWORD": "hidden", "IMAGIKA_QUEUE_KEY": keys.GenerateMaster(),
			}, nil, tt.command...)
			if took := time.Since(begun); r.code != exitFailed || took > time.Minute || strings.Contains(r.err, "hidden") || strings.Contains(r.err, "deadline") {
				t.Errorf("after %s %+v", took, r)
			}
			for _, want := range tt.want {
				if !strings.Contains(r.err, want) {
					t.Errorf("said %q, want %q", r.err, want)
				}
			}
		})
	}
}

// A start that waits for a server ends in good order when it is told to.
func TestAStartThatWaitsEnds(t *testing.T) {
	t.Parallel()
	const away = "127.0.0.1:1"
	for _, command := range []string{"run", "worker"} {
		se := begin(t, map[string]string{
			"IMAGIKA_DATA": t.TempDir(), "IMAGIKA_REDIS_URL": "redis://" + away, "IMAGIKA_QUEUE_KEY": keys.GenerateMaster(), "IMAGIKA_MASTER_KEY": keys.GenerateMaster(),
			"IMAGIKA_DATABASE_URL": "postgres://u:hidden@" + away + "/x", "IMAGIKA_KEYS_DATABASE_URL": "postgres://u:hidden@" + away + "/keys",
			"IMAGIKA_S3_ENDPOINT": away, "IMAGIKA_S3_ACCESS_KEY": "a", "IMAGIKA_S3_SECRET_KEY": "b", "IMAGIKA_TELEGRAM_TOKEN": token,
			"IMAGIKA_WEB_ADDR": "127.0.0.1:0", "IMAGIKA_ADMIN_ADDR": "127.0.0.1:0",
		}, 80, command)
		se.err.wait(t, "waiting for redis")
		se.ctrlC()
		se.end(t, exitOK)
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
