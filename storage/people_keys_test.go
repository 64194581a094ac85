package storage_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/storagetest"
)

// A key store is told from another one by the people it knows. One that lacks somebody, as after a backup was put back, is the right one.
func TestSameKeys(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			address := storagetest.Migrated(t, engine)
			with := func() (*storage.Store, *keys.Store) {
				k := storagetest.Keys(t)
				s, err := storage.Open(t.Context(), storage.Config{URL: address, Keys: k})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = s.Close() })
				return s, k
			}
			s, _ := with()
			if err := s.SameKeys(t.Context()); err != nil {
				t.Errorf("of nobody: %v", err)
			}
			var people []int64
			for id := range int64(3) {
				p, err := s.PersonByTelegram(t.Context(), 100+id, "en")
				if err != nil {
					t.Fatal(err)
				}
				people = append(people, p.ID)
			}
			if err := s.SameKeys(t.Context()); err != nil {
				t.Errorf("its own: %v", err)
			}
			slices.Sort(people)
			if got, err := storage.SomePeople(t.Context(), address); err != nil || !slices.Equal(got, people) {
				t.Errorf("people are %v, %v, want %v", got, err, people)
			}
			other, k := with()
			if err := other.SameKeys(t.Context()); !errors.Is(err, storage.ErrOtherKeys) {
				t.Errorf("another one: %v", err)
			}
			if err := k.Destroy(t.Context(), people[2]); err != nil {
				t.Fatal(err)
			}
			if err := other.SameKeys(t.Context()); err != nil {
				t.Errorf("one that lacks two of three: %v", err)
			}
		})
	}
}
