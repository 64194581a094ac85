package storage_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// A database of an older release keeps its rows and what they refer to, and takes expansions from then on.
func TestExpandIsAllowedInAnOldDatabase(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := storagetest.URL(t, engine)
			if err := storage.MigrateTo(t.Context(), url, 7); err != nil {
				t.Fatal(err)
			}
			old := openRaw(t, engine, url)
			generation := func(id, operation string) string {
				return `INSERT INTO generations (id, user_id, origin, request_key, form, status, model, operation, images_wanted, price, created_at, updated_at)
					VALUES ('` + id + `', 5, 'chat', '` + id + `', 'chat', 'held', 'local', '` + operation + `', 1, 0, 1, 1)`
			}
			attempt := func(generation string) string {
				return `INSERT INTO attempts (id, generation_id, user_id, seq, fence, provider, model, state, created_at)
					VALUES ('a` + generation + `', '` + generation + `', 5, 1, 1, 'local', 'local', 'sending', 1)`
			}
			mustExec(t, old, `INSERT INTO users (id, kind, created_at) VALUES (5, 'person', 1)`, generation("g1", "vary"), generation("g2", "edit"), attempt("g1"))
			if _, err := old.ExecContext(t.Context(), generation("g3", "expand")); err == nil {
				t.Fatal("the old database took an expansion: this test tests nothing")
			}
			s := storagetest.Open(t, url, nil)
			all, err := s.History(t.Context(), 5, "", 9)
			if err != nil || len(all) != 2 || all[0].ID != "g2" || all[1].Operation != "vary" || all[1].Status != storage.StatusHeld {
				t.Errorf("after the migration: %+v, %v", all, err)
			}
			mustExec(t, old, generation("g3", "expand"), attempt("g3"))
			for what, q := range map[string]string{
				"an unknown operation":                 generation("g4", "dream"),
				"an attempt of nothing":                attempt("g9"),
				"a generation with attempts is erased": `DELETE FROM generations WHERE id = 'g1'`,
				"the same request twice":               `UPDATE generations SET request_key = 'g2' WHERE id = 'g1'`,
			} {
				if _, err := old.ExecContext(t.Context(), q); err == nil {
					t.Errorf("the database took %s", what)
				}
			}
		})
	}
}

func mustExec(t *testing.T, db *sql.DB, queries ...string) {
	t.Helper()
	for _, q := range queries {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// painted makes a delivered generation with this prompt.
func (b *bench) painted(prompt string) storage.Generation {
	b.Helper()
	n := b.request(2)
	n.Request.Prompt = prompt
	if _, _, _, err := b.s.Reserve(b.Context(), storage.Effect{}, n); err != nil {
		b.Fatal(err)
	}
	g := b.claim(n.ID)
	a := b.attempt(g)
	_, err := b.s.Complete(b.Context(), g, a, 0, b.images(g, a, 2), []storage.Send{{Key: "result:" + g.ID, User: g.User, Generation: g.ID, Kind: storage.SendResult}})
	if err != nil {
		b.Fatal(err)
	}
	return g
}

func (b *bench) search(f storage.Filter, before string, limit int) (prompts []string, last string) {
	b.Helper()
	all, err := b.s.Search(b.Context(), b.person.ID, f, before, limit)
	if err != nil {
		b.Fatal(err)
	}
	for _, g := range all {
		prompts, last = append(prompts, g.Request.Prompt), g.ID
	}
	return prompts, last
}

func TestSearchingOnesPrompts(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 100)
		fox := b.painted("A red Fox\nunder the moon")
		b.painted("eine Straße im Regen")
		b.painted("foxes and the MOON")
		failed := b.claim(b.reserve(2).ID) // "a red fox"
		if _, err := s.Finish(t.Context(), failed, storage.StatusFailed, storage.ReasonProvider, "", storage.End{}, nil); err != nil {
			t.Fatal(err)
		}
		other, err := s.PersonByTelegram(t.Context(), 7, "en")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.MarkFavorite(t.Context(), storage.Effect{}, other.ID, fox.ID, true); err == nil {
			t.Error("a stranger marked a favorite")
		}
		if _, err := s.MarkFavorite(t.Context(), storage.Effect{}, fox.User, fox.ID, true); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			f    storage.Filter
			want []string
		}{
			{storage.Filter{Words: "MOON fox"}, []string{"foxes and the MOON", "A red Fox\nunder the moon"}},
			{storage.Filter{Words: "STRASSE"}, []string{"eine Straße im Regen"}},
			{storage.Filter{Words: "red fox"}, []string{"a red fox", "A red Fox\nunder the moon"}},
			{storage.Filter{Words: "red fox", Results: true}, []string{"A red Fox\nunder the moon"}},
			{storage.Filter{Favorites: true}, []string{"A red Fox\nunder the moon"}},
			{storage.Filter{Favorites: true, Words: "regen"}, nil},
			{storage.Filter{Words: "stráßë"}, []string{"eine Straße im Regen"}},
			{storage.Filter{Open: true}, nil},
		} {
			if got, _ := b.search(tt.f, "", 10); !cmp.Equal(tt.want, got) {
				t.Errorf("%+v: %s", tt.f, cmp.Diff(tt.want, got))
			}
		}
		for before, pages := "", 0; pages < 5; pages++ { // one prompt at a time, and one result of a generation
			found, next, err := s.SearchOn(t.Context(), fox.User, storage.Filter{Results: true}, before, 1, 1)
			if err != nil || len(found) != 1 || (next == "") != (pages == 2) {
				t.Fatalf("page %d: %d found, next %q, %v", pages, len(found), next, err)
			}
			images, err := s.ImagesOf(t.Context(), fox.User, []string{found[0].ID, failed.ID})
			if err != nil || len(images) != 1 || len(images[found[0].ID]) == 0 || images[found[0].ID][0].User != fox.User {
				t.Errorf("images %+v, %v", images, err)
			}
			if before = next; next == "" {
				break
			}
		}
		if images, err := s.ImagesOf(t.Context(), other.ID, []string{fox.ID}); err != nil || len(images) > 0 {
			t.Errorf("a stranger is shown %+v, %v", images, err)
		}
		first, last := b.search(storage.Filter{Words: "fox"}, "", 2)
		rest, _ := b.search(storage.Filter{Words: "fox"}, last, 2)
		if want := []string{"a red fox", "foxes and the MOON", "A red Fox\nunder the moon"}; !cmp.Equal(want, append(first, rest...)) {
			t.Errorf("in pages: %q, then %q", first, rest)
		}
		if all, err := s.Search(t.Context(), other.ID, storage.Filter{Words: "fox"}, "", 9); err != nil || len(all) > 0 {
			t.Errorf("a stranger found %d, %v", len(all), err)
		}
	})
}

func TestDeletingMany(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 100)
		one, two, kept := b.painted("one"), b.painted("two"), b.painted("kept")
		open := b.reserve(2)
		if _, _, err := s.DeleteResults(t.Context(), storage.Effect{Update: "u1"}, b.person.ID+1, []string{one.ID}); err == nil {
			t.Error("a stranger deleted a result")
		}
		objects, _, err := s.DeleteResults(t.Context(), storage.Effect{Update: "u2"}, b.person.ID, []string{one.ID, two.ID, open.ID, "nonsense"})
		if err != nil || len(objects) != 4 {
			t.Fatalf("%d objects, %v", len(objects), err)
		}
		if left, _ := b.search(storage.Filter{}, "", 9); !cmp.Equal([]string{"a red fox", "kept"}, left) {
			t.Errorf("left: %q", left)
		}
		_, _, err = s.DeleteResults(t.Context(), storage.Effect{Update: "u3"}, b.person.ID, []string{one.ID, open.ID})
		want(t, err, storage.ErrNotFound)
		if seen, _, err := s.Seen(t.Context(), "u3", ""); err != nil || seen {
			t.Errorf("an update without effect is seen: %v, %v", seen, err)
		}
		if g, err := s.Generation(t.Context(), kept.ID); err != nil || g.Deleted {
			t.Errorf("%+v, %v", g, err)
		}
	})
}

func TestBrowsesAreForgotten(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := storagetest.Open(t, storagetest.Migrated(t, storagetest.OnSQLite), func() time.Time { return now })
	b := setup(t, s, 0)
	browse := storage.Browse{ID: "b1", Filter: storage.Filter{Words: "fox"}, Starts: []string{"", "x"}, Page: 1, Rows: []string{"g"}, Picked: []string{"g"}}
	if _, err := s.SaveBrowse(t.Context(), storage.Effect{}, b.person.ID, browse); err != nil {
		t.Fatal(err)
	}
	got, err := s.Browse(t.Context(), b.person.ID, "b1")
	if err != nil || !cmp.Equal(browse, got) {
		t.Errorf("%s, %v", cmp.Diff(browse, got), err)
	}
	_, err = s.Browse(t.Context(), b.person.ID+1, "b1")
	want(t, err, storage.ErrNotFound)
	now = now.Add(storage.Retention + time.Minute)
	if _, err := s.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = s.Browse(t.Context(), b.person.ID, "b1")
	want(t, err, storage.ErrNotFound)
}
