package storagetest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
)

// Engines names the databases that Each runs on.
const (
	OnSQLite   = "sqlite"
	OnPostgres = "postgres"
)

// Each runs f once per engine, as a parallel subtest with an empty database.
func Each(t *testing.T, f func(t *testing.T, s *storage.Store)) {
	t.Helper()
	for _, engine := range []string{OnSQLite, OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f(t, New(t, engine))
		})
	}
}

// New opens an empty database of that engine, closed when the test ends.
func New(tb testing.TB, engine string) *storage.Store {
	tb.Helper()
	return Open(tb, URL(tb, engine), nil)
}

// URL returns the address of an empty database.
func URL(tb testing.TB, engine string) string {
	tb.Helper()
	if engine == OnPostgres {
		return PostgresURL(tb)
	}
	return "file:" + filepath.Join(tb.TempDir(), "imagika.db")
}

// Open opens a database with a new key store; now may be nil.
func Open(tb testing.TB, url string, now func() time.Time) *storage.Store {
	tb.Helper()
	s, err := storage.Open(tb.Context(), storage.Config{URL: url, Keys: Keys(tb), Now: now})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// Keys opens an empty key store.
func Keys(tb testing.TB) *keys.Store {
	tb.Helper()
	master, err := keys.ParseMasterKeys(keys.GenerateMaster())
	if err != nil {
		tb.Fatal(err)
	}
	k, err := keys.Open(tb.Context(), keys.Config{URL: "file:" + filepath.Join(tb.TempDir(), "keys.db"), Master: master})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = k.Close() })
	return k
}
