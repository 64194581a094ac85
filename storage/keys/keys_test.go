package keys_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/storagetest"
)

// onBoth runs a test on an empty key store of each engine.
func onBoth(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		u := url.URL{Scheme: "file", Path: filepath.Join(t.TempDir(), "a #%? name.db")}
		test(t, u.String())
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, storagetest.PostgresURL(t))
	})
}

func master(t *testing.T, n int) []keys.MasterKey {
	t.Helper()
	list := make([]string, n)
	for i := range list {
		list[i] = keys.GenerateMaster()
	}
	ring, err := keys.ParseMasterKeys(strings.Join(list, ","))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func open(t *testing.T, url string, ring ...keys.MasterKey) *keys.Store {
	t.Helper()
	s, err := keys.Open(t.Context(), keys.Config{URL: url, Master: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func person(t *testing.T, s *keys.Store, userID int64) *keys.Sealer {
	t.Helper()
	p, err := s.Person(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustOpen(t *testing.T, s *keys.Sealer, aad string, sealed []byte, want string) {
	t.Helper()
	got, err := s.Open(aad, sealed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Fatalf("opened (-want +got):\n%s", diff)
	}
}

func TestPersonKeepsTheirKeyAcrossProcesses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		ring := master(t, 1)
		sealed := person(t, open(t, url, ring...), 7).Seal("a", []byte("prompt"))
		other := open(t, url, ring...)
		mustOpen(t, person(t, other, 7), "a", sealed, "prompt")
		if _, err := person(t, other, 8).Open("a", sealed); !errors.Is(err, keys.ErrOpen) {
			t.Errorf("another person's key: %v, want ErrOpen", err)
		}
	})
}

func TestPersonRaceMakesOneKey(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		ring := master(t, 1)
		stores := []*keys.Store{open(t, url, ring...), open(t, url, ring...)}
		const people, racers = 5, 16
		for userID := range int64(people) {
			sealers := make([]*keys.Sealer, racers)
			errs := make([]error, racers)
			var wg sync.WaitGroup
			for i := range racers {
				wg.Go(func() { sealers[i], errs[i] = stores[i%len(stores)].Person(t.Context(), userID) })
			}
			wg.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			sealed := sealers[0].Seal("a", []byte("x"))
			for _, s := range sealers {
				mustOpen(t, s, "a", sealed, "x")
			}
		}
	})
}

func TestOpenRace(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		ring := master(t, 1)
		stores := make([]*keys.Store, 8)
		errs := make([]error, len(stores))
		var wg sync.WaitGroup
		for i := range stores {
			wg.Go(func() { stores[i], errs[i] = keys.Open(t.Context(), keys.Config{URL: url, Master: ring}) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		for _, s := range stores {
			if !bytes.Equal(s.Index("a"), stores[0].Index("a")) {
				t.Error("two processes made two index secrets")
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestDestroy(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		ring := master(t, 1)
		s := open(t, url, ring...)
		person(t, s, 7)
		keep := person(t, s, 8).Seal("a", []byte("kept"))
		for _, userID := range []int64{7, 7, 9} { // known, again, never seen
			if err := s.Destroy(t.Context(), userID); err != nil {
				t.Fatal(err)
			}
		}
		for _, store := range []*keys.Store{s, open(t, url, ring...)} {
			for _, userID := range []int64{7, 9} {
				if _, err := store.Person(t.Context(), userID); !errors.Is(err, keys.ErrDestroyed) {
					t.Errorf("person %d after Destroy: %v, want ErrDestroyed", userID, err)
				}
			}
			mustOpen(t, person(t, store, 8), "a", keep, "kept")
		}
	})
}

func TestDestroyWinsAgainstPerson(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		s := open(t, url, master(t, 1)...)
		for userID := range int64(20) {
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if _, err := s.Person(t.Context(), userID); err != nil && !errors.Is(err, keys.ErrDestroyed) {
						t.Error(err)
					}
				})
			}
			wg.Go(func() {
				if err := s.Destroy(t.Context(), userID); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			if _, err := s.Person(t.Context(), userID); !errors.Is(err, keys.ErrDestroyed) {
				t.Fatalf("after a race: %v, want ErrDestroyed", err)
			}
		}
	})
}

// The bytes of a destroyed key must be gone from the files, not only from the tables.
func TestDestroyOverwritesOnSQLite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, "file:"+path, master(t, 1)...)
	person(t, s, 7)
	wrapped := wrappedKey(t, "sqlite", path, 7)
	if !inFiles(t, path, wrapped) {
		t.Fatal("the test does not find a key that is there")
	}
	if err := s.Destroy(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	if inFiles(t, path, wrapped) {
		t.Error("the wrapped key is still in the files")
	}
}

func inFiles(t *testing.T, path string, b []byte) bool {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, b) {
			return true
		}
	}
	return false
}

func wrappedKey(t *testing.T, driver, dsn string, userID int64) (wrapped []byte) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.QueryRowContext(t.Context(), `SELECT wrapped FROM person_keys WHERE user_id = $1`, userID).Scan(&wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return wrapped
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	person(t, open(t, "file:"+path, master(t, 1)...), 1)
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", filepath.Base(name), info.Mode().Perm())
		}
	}
}

func TestRewrap(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		const people = 1100 // more than two batches
		ring := master(t, 2)
		first, second := ring[0], ring[1]
		s := open(t, url, first)
		sealed := person(t, s, 1).Seal("a", []byte("old"))
		index := s.Index("a")
		for userID := range int64(people) {
			person(t, s, userID)
		}
		if err := s.Destroy(t.Context(), 2); err != nil {
			t.Fatal(err)
		}

		both := open(t, url, second, first)
		mustOpen(t, person(t, both, 1), "a", sealed, "old")
		for _, want := range []int{people - 1 + 3, 0} { // less the destroyed one, plus the secrets of the store; then nothing
			n, err := both.Rewrap(t.Context())
			if err != nil || n != want {
				t.Fatalf("Rewrap = %d, %v, want %d", n, err, want)
			}
		}

		after := open(t, url, second)
		mustOpen(t, person(t, after, 1), "a", sealed, "old")
		person(t, after, people-1)
		if !bytes.Equal(after.Index("a"), index) {
			t.Error("the index did not survive the rotation")
		}
		if _, err := after.Person(t.Context(), 2); !errors.Is(err, keys.ErrDestroyed) {
			t.Errorf("destroyed key after Rewrap: %v, want ErrDestroyed", err)
		}
		if _, err := keys.Open(t.Context(), keys.Config{URL: url, Master: ring[:1]}); !errors.Is(err, keys.ErrUnknownMaster) {
			t.Errorf("open by the retired master key: %v, want ErrUnknownMaster", err)
		}
	})
}

// A wrapped key copied to another person's row must not open there.
func TestWrappedKeyIsBoundToItsRow(t *testing.T) {
	t.Parallel()
	ring := master(t, 1)
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, "file:"+path, ring...)
	person(t, s, 1)
	person(t, s, 2)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const q = `UPDATE person_keys SET wrapped = (SELECT wrapped FROM person_keys WHERE user_id = 1) WHERE user_id = 2`
	if _, err := db.ExecContext(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, "file:"+path, ring...).Person(t.Context(), 2); !errors.Is(err, keys.ErrOpen) {
		t.Errorf("moved key: %v, want ErrOpen", err)
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	ring := master(t, 1)
	url := "file:" + filepath.Join(t.TempDir(), "keys.db")
	s := open(t, url, ring...)
	if got := len(s.Index("users", "42")); got != 32 {
		t.Errorf("%d bytes, want 32", got)
	}
	if !bytes.Equal(s.Index("users", "42"), open(t, url, ring...).Index("users", "42")) {
		t.Error("two processes index differently")
	}
	seen := map[string]string{}
	for _, parts := range [][]string{{"ab", "c"}, {"a", "bc"}, {"abc"}, {"abc", ""}, {}} {
		key := string(s.Index(parts...))
		if other, ok := seen[key]; ok {
			t.Errorf("%q and %s share an index", parts, other)
		}
		seen[key] = fmt.Sprintf("%q", parts)
	}
	elsewhere := open(t, "file:"+filepath.Join(t.TempDir(), "keys.db"), ring...)
	if bytes.Equal(s.Index("users", "42"), elsewhere.Index("users", "42")) {
		t.Error("two stores share an index secret")
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	ring := master(t, 1)
	for _, tt := range []struct {
		desc string
		conf keys.Config
		want string
	}{
		{"no master key", keys.Config{URL: "file:x"}, "no master key"},
		{"zero master key", keys.Config{URL: "file:x", Master: make([]keys.MasterKey, 1)}, "no master key"},
		{"no URL", keys.Config{Master: ring}, "must begin with"},
		{"a bare path", keys.Config{URL: "/tmp/keys.db", Master: ring}, "must begin with"},
		{"in memory", keys.Config{URL: "file::memory:", Master: ring}, "names no file"},
		{"no folder", keys.Config{URL: "file:" + t.TempDir() + "/none/keys.db", Master: ring}, "no such file"},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			if _, err := keys.Open(t.Context(), tt.conf); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
