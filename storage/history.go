package storage

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/oklog/ulid/v2"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Filter says which of a person's generations are looked for. The zero value is all.
type Filter struct {
	// Words have to stand in the prompt, all of them, in any order and case, whole or as a part.
	Words     string
	Favorites bool
	Results   bool // those with images only
	Open      bool `json:"Open,omitempty"` // those that are not over only
}

// searched is how many prompts one search opens at most. They are sealed, so a database cannot look into them.
const searched = 2000

// searchBatch is how many it reads at once.
const searchBatch = 100

// History returns a person's generations, newest first, older than the one with the id before, if that is given.
func (s *Store) History(ctx context.Context, user int64, before string, limit int) ([]Generation, error) {
	return s.Search(ctx, user, Filter{}, before, limit)
}

// Search is History of those that the filter lets through. It looks at the newest 2,000 of them.
func (s *Store) Search(ctx context.Context, user int64, f Filter, before string, limit int) ([]Generation, error) {
	found, _, err := s.SearchOn(ctx, user, f, before, limit, searched)
	return found, err
}

// SearchOn is Search that opens about so many prompts at most. It returns where to go on, which is empty at the end; there may be
// more although it found few.
func (s *Store) SearchOn(ctx context.Context, user int64, f Filter, before string, limit, prompts int) (found []Generation, next string, err error) {
	words := strings.Fields(searchable(f.Words))
	if len(words) == 0 {
		if found, err = s.page(ctx, user, f, before, limit+1); len(found) > limit {
			found, next = found[:limit], found[limit-1].ID
		}
		return found, next, err
	}
	for seen := 0; seen < prompts; seen += searchBatch {
		some, err := s.page(ctx, user, f, before, searchBatch)
		if err != nil {
			return nil, "", err
		}
		for _, g := range some {
			before = g.ID
			if containsAll(searchable(g.Request.Prompt), words) {
				found = append(found, g)
			}
			if len(found) == limit {
				return found, before, nil
			}
		}
		if len(some) < searchBatch {
			return found, "", nil
		}
	}
	return found, before, nil
}

// page reads what the database can filter, and opens the sealed parts after the rows are closed: that may need a
// connection of the key store.
func (s *Store) page(ctx context.Context, user int64, f Filter, before string, limit int) ([]Generation, error) {
	type row struct {
		g      Generation
		sealed []byte
	}
	rows, err := collect(ctx, s.r, func(sc scanner) (r row, err error) {
		r.g, r.sealed, err = scanGeneration(sc)
		return r, err
	}, `SELECT `+generationColumns+` FROM generations WHERE user_id = $1 AND deleted_at IS NULL
		AND ($2 = '' OR (created_at, id) < (COALESCE((SELECT c.created_at FROM generations c WHERE c.id = $2 AND c.user_id = $1), $7), $2))
		AND (favorite_at IS NOT NULL OR NOT $4)
		AND (NOT $5 OR EXISTS (SELECT 1 FROM images i WHERE i.generation_id = generations.id AND i.role = 'result')) AND (NOT $6 OR status IN ('held','generating')) ORDER BY created_at DESC, id DESC LIMIT $3`,
		user, before, limit, f.Favorites, f.Results, f.Open, madeAt(before))
	if err != nil {
		return nil, err
	}
	all := make([]Generation, 0, len(rows))
	for _, r := range rows {
		if err := s.unseal(ctx, user, "generations|request", r.g.ID, r.sealed, &r.g.Request); err != nil {
			return nil, err
		}
		all = append(all, r.g)
	}
	return all, nil
}

// Folded is a text as searching compares it: without case, and with one form for what looks the same.
func Folded(text string) string { return cases.Fold().String(norm.NFKC.String(text)) }

// searchable is a text as a history is searched: folded, and without what stands above or below its letters.
func searchable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(Folded(text)))
}

// madeAt is about when an id was made, for one whose row is gone.
func madeAt(id string) int64 {
	made, err := ulid.ParseStrict(id)
	if err != nil {
		return 0
	}
	return int64(made.Time()) * 1000 //nolint:gosec // 48 bits
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// MarkFavorite marks a generation of the person as a favorite, or no longer. ErrNotFound says that there is none.
func (s *Store) MarkFavorite(ctx context.Context, e Effect, user int64, id string, favorite bool) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		var at any
		if favorite {
			at = t.now
		}
		return t.change(ctx, ErrNotFound, `UPDATE generations SET favorite_at = $3 WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL`, id, user, at)
	})
}

// Browse is a history that somebody leafs through: which one, which page of it, and what is picked.
type Browse struct {
	ID     string   `json:"-"`
	Filter Filter   `json:"filter"`
	Starts []string `json:"starts"` // of each page known so far, the id before its first row; empty is the newest
	Page   int      `json:"page"`
	Rows   []string `json:"rows"` // ids of the generations on the page
	// Picking says that pressing a number picks it; Picked are ids, of any page.
	Picking bool     `json:"picking,omitempty"`
	Picked  []string `json:"picked,omitempty"`
}

// SaveBrowse keeps where somebody is. Nothing is kept of somebody who is being erased.
func (s *Store) SaveBrowse(ctx context.Context, e Effect, user int64, b Browse) (Outbox, error) {
	sealed, err := s.seal(ctx, user, "browses|body", b.ID, b)
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO browses (id, user_id, body, created_at) SELECT $1, id, $3, $4 FROM users
			WHERE id = $2 AND erasing_at IS NULL ON CONFLICT (id) DO UPDATE SET body = excluded.body`, b.ID, user, sealed, t.now)
		return err
	})
}

// Browse returns where the person was, or ErrNotFound: it is forgotten after [Retention].
func (s *Store) Browse(ctx context.Context, user int64, id string) (b Browse, err error) {
	var sealed []byte
	err = s.r.QueryRowContext(ctx, `SELECT body FROM browses WHERE id = $1 AND user_id = $2`, id, user).Scan(&sealed)
	if err != nil {
		return b, notFound(err)
	}
	b.ID = id
	return b, s.unseal(ctx, user, "browses|body", id, sealed, &b)
}

// Consumed reports whether a one-shot nonce was used.
func (s *Store) Consumed(ctx context.Context, nonce string) (used bool, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM consumed_actions WHERE nonce = $1)`, nonce).Scan(&used)
	return used, err
}

// DeleteResults hides finished generations from their person at once and returns the keys of the objects to remove. What
// was written is blanked; the money stays as it was. Those that are open, gone or another person's are left out;
// ErrNotFound says that none was left.
func (s *Store) DeleteResults(ctx context.Context, e Effect, user int64, ids []string) (objects []string, out Outbox, err error) {
	out, err = s.effect(ctx, e, func(t tx) error {
		objects = nil
		deleted := false
		for _, id := range ids {
			keys, found, err := t.deleteResult(ctx, user, id)
			if err != nil {
				return fmt.Errorf("delete result: %w", err)
			}
			objects, deleted = append(objects, keys...), deleted || found
		}
		if !deleted {
			return ErrNotFound
		}
		return t.dropFiles(ctx, user)
	})
	return objects, out, err
}

func (t tx) deleteResult(ctx context.Context, user int64, id string) (objects []string, found bool, err error) {
	n, err := t.exec(ctx, `UPDATE generations SET deleted_at = $3, favorite_at = NULL, request = NULL, updated_at = $3
		WHERE id = $1 AND user_id = $2 AND status NOT IN ('held','generating') AND deleted_at IS NULL`, id, user, t.now)
	if err != nil || n == 0 {
		return nil, false, err
	}
	objects, err = forgetWish(ctx, t, id)
	return objects, true, err
}
