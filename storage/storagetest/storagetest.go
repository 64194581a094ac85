package storagetest

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
	return Open(tb, Migrated(tb, engine), nil)
}

// Migrated returns the address of an empty database that has the schema. It is a copy, which is quicker than to migrate.
func Migrated(tb testing.TB, engine string) string {
	tb.Helper()
	if engine == OnPostgres {
		s := serverFor(tb)
		template, err := s.template()
		if err != nil {
			tb.Fatalf("storagetest: migrate: %v", err)
		}
		return s.database(tb, template)
	}
	path := filepath.Join(tb.TempDir(), "imagika.db")
	CopySQLite(tb, path)
	return "file:" + path
}

// CopySQLite writes an empty SQLite database that has the schema.
func CopySQLite(tb testing.TB, path string) {
	tb.Helper()
	content, err := sqliteTemplate()
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		tb.Fatalf("storagetest: %v", err)
	}
}

// sqliteTemplate is the file that CopySQLite writes, made once.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "imagika-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "imagika.db")
	if err := migrate("file:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // closed, so nothing is left in the log beside it
})

// migrate gives a database the schema.
func migrate(url string) error {
	s, err := storage.Open(context.Background(), storage.Config{URL: url})
	if err != nil {
		return err
	}
	return s.Close()
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
	c := storage.Config{URL: url, Keys: Keys(tb), Now: now}
	if _, measured := tb.(*testing.B); !measured && strings.HasPrefix(url, "postgres:") && rand.IntN(3) == 0 {
		c.Doubt = true
		tb.Log("transactions that suppose something run twice")
	}
	s, err := storage.Open(tb.Context(), c)
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
