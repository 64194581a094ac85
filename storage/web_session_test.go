package storage_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

func TestWebSessions(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			clock := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
			s := storagetest.Open(t, storagetest.Migrated(t, engine), func() time.Time { return clock })
			ann, bob := visitor(t, s, 1), visitor(t, s, 2)
			open := func(token string, p storage.Person, proof storage.Proof) error {
				t.Helper()
				return s.OpenWebSession(t.Context(), token, storage.WebSession{
					User: p.ID, Origin: storage.SessionTelegram, Expires: clock.Add(time.Minute), Ends: clock.Add(time.Hour),
				}, proof)
			}
			whose := func(token string) (int64, error) {
				p, _, err := s.WebSession(t.Context(), token)
				return p.ID, err
			}
			speaks := func(token string, p storage.Person) {
				t.Helper()
				if id, err := whose(token); err != nil || id != p.ID {
					t.Errorf("%s speaks for %d, %v; want %d", token, id, err, p.ID)
				}
			}
			over := func(token string) {
				t.Helper()
				if id, err := whose(token); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("%s speaks for %d, %v; want nobody", token, id, err)
				}
			}
			if err := errors.Join(open("a", ann, storage.Proof{}), open("b", bob, storage.Proof{})); err != nil {
				t.Fatal(err)
			}
			speaks("a", ann)
			speaks("b", bob)
			over("c")
			over("")

			clock = clock.Add(59 * time.Second)
			if err := s.RenewWebSession(t.Context(), "a", clock.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			clock = clock.Add(time.Second)
			speaks("a", ann)
			over("b")
			if err := s.RenewWebSession(t.Context(), "b", clock.Add(time.Minute)); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("renewed what is over: %v", err)
			}
			if _, w, err := s.WebSession(t.Context(), "a"); err != nil || w.Origin != storage.SessionTelegram || w.User != ann.ID {
				t.Errorf("session %+v, %v", w, err)
			}

			if err := errors.Join(open("d", ann, storage.Proof{}), s.EndWebSession(t.Context(), "a"), s.EndWebSession(t.Context(), "no such")); err != nil {
				t.Fatal(err)
			}
			over("a")
			speaks("d", ann)
			if err := errors.Join(open("e", bob, storage.Proof{}), s.EndWebSessions(t.Context(), ann.ID)); err != nil {
				t.Fatal(err)
			}
			over("d")
			speaks("e", bob)

			for i := range 25 {
				clock = clock.Add(time.Millisecond)
				if err := open(fmt.Sprint("many", i), ann, storage.Proof{}); err != nil {
					t.Fatal(err)
				}
			}
			over("many4")
			speaks("many5", ann)
			speaks("many24", ann)
			speaks("e", bob)
			if err := open("o", storage.Person{ID: 12345}, storage.Proof{}); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("a session for nobody: %v", err)
			}
		})
	}
}

func TestProofIsShownOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ann, bob := visitor(t, s, 1), visitor(t, s, 2)
		show := func(p storage.Person, nonce, holder string) error {
			token, err := s.NewID()
			if err != nil {
				return err
			}
			return s.OpenWebSession(t.Context(), token, storage.WebSession{
				User: p.ID, Origin: storage.SessionTelegram, Expires: time.Now().Add(time.Minute), Ends: time.Now().Add(time.Hour),
			}, storage.Proof{Nonce: nonce, Holder: holder})
		}
		for _, step := range []struct {
			desc          string
			person        storage.Person
			nonce, holder string
			want          error
		}{
			{"first", ann, "one", "key", nil},
			{"again by the same", ann, "one", "key", nil},
			{"by another", ann, "one", "other", storage.ErrConsumed},
			{"by another again", ann, "one", "other", storage.ErrConsumed},
			{"by nobody", ann, "one", "", storage.ErrConsumed},
			{"for another person", bob, "one", "key", storage.ErrConsumed},
			{"still by the same", ann, "one", "key", nil},
			{"another one", ann, "two", "key", nil},
			{"without a holder", ann, "three", "", nil},
			{"again without a holder", ann, "three", "", storage.ErrConsumed},
			{"a holder later", ann, "three", "key", storage.ErrConsumed},
		} {
			if err := show(step.person, step.nonce, step.holder); !errors.Is(err, step.want) {
				t.Errorf("%s: %v, want %v", step.desc, err, step.want)
			}
		}
		first := make(chan error)
		for i := range 8 {
			go func() { first <- show(ann, "race", fmt.Sprint("holder", i)) }()
		}
		won := 0
		for range 8 {
			if err := <-first; err == nil {
				won++
			} else if !errors.Is(err, storage.ErrConsumed) {
				t.Errorf("race: %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d of eight won", won)
		}
	})
}

func visitor(t *testing.T, s *storage.Store, telegramID int64) storage.Person {
	t.Helper()
	p, err := s.PersonByTelegram(t.Context(), telegramID, "en")
	want(t, err, nil)
	return p
}
