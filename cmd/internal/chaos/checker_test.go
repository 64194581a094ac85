package chaos_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
)

// A checker that finds nothing proves nothing: here it reads a calm run, in which nothing is wrong, and after each change behind the
// program's back it finds that.
func TestCheckerFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts five processes and three servers")
	}
	r := newRun(t, 1, nil, 3)
	for end := time.Now().Add(time.Minute); ; { // until two of those who talk have found each other, and talked
		r.storm(4 * time.Second)
		if len(apptest.Numbered(r.crowd.talkers[0].Person, true)) > 0 || time.Now().After(end) {
			break
		}
	}
	buyer := r.crowd.buyers[0]
	charge, err := buyer.Charge(50, "an order")
	fatal(t, err)
	buyer.charges = append(buyer.charges, charge)
	r.calm(time.Minute, false)
	if v := r.check(r.crowd); len(v.Wrong) > 0 {
		t.Fatalf("nothing happened, and it finds\n%s", strings.Join(v.Wrong, "\n"))
	}
	r.fleet.end()
	painter := r.crowd.painters[0]
	sql := func(query string) func() {
		return func() {
			_, err := r.raw.ExecContext(t.Context(), query)
			fatal(t, err)
		}
	}
	var found []string
	for _, tt := range []struct {
		finds  string
		change func()
	}{
		{"is lost", sql(`DELETE FROM seen_updates WHERE update_key = '` + r.hash(slices.Min(slices.Collect(maps.Keys(r.crowd.updates)))) + `'`)},
		{"had no effect", func() { painter.wishes[999_999] = true }},
		{"did not ask for", func() { delete(painter.wishes, slices.Min(slices.Collect(maps.Keys(painter.wishes)))) }},
		{"is not in the bucket", func() {
			fatal(t, r.bucket.Remove(t.Context(), r.texts(`SELECT object_key FROM images LIMIT 1`)[0]))
		}},
		{"is booked, and nobody made it", func() { buyer.charges = nil }},
		{"is not booked", func() { buyer.charges = []string{"made up"} }},
		{"was called", func() {
			for _, g := range r.gates {
				for _, c := range g.read() {
					if r.crowd.painters[1].wishes[c.prompt] {
						g.set(func() { g.calls = append(g.calls, c, c, c, c) })
					}
				}
			}
		}},
		{"said", func() { r.crowd.talkers[0].Text("#999999") }},
		{"the books: ", sql(`UPDATE accounts SET posted = posted + 1 WHERE user_id = (SELECT MIN(user_id) FROM accounts)`)},
		{"update given up", sql(`INSERT INTO dead_letters (update_key, error, failures, created_at) VALUES ('x', 'a test', 1, 0)`)},
	} {
		tt.change()
		v := r.check(r.crowd)
		if slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, tt.finds) }) ||
			!slices.ContainsFunc(v.Wrong, func(s string) bool { return strings.Contains(s, tt.finds) }) {
			t.Errorf("it was to find %q after this change alone, before that\n%s\nand then\n%s", tt.finds, strings.Join(found, "\n"), strings.Join(v.Wrong, "\n"))
		}
		found = v.Wrong
	}
}
