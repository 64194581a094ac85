package storage_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/storagetest"
)

// eachFilled runs f on both engines, with two people who have everything.
func eachFilled(t *testing.T, f func(t *testing.T, h household)) {
	t.Helper()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h := household{k: storagetest.Keys(t), address: storagetest.Migrated(t, engine)}
			s, err := storage.Open(t.Context(), storage.Config{URL: h.address, Keys: h.k})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			h.Store = s
			for i, marker := range []string{"hers", "his"} {
				p, err := s.PersonByTelegram(t.Context(), int64(7001+i), "en")
				if err != nil {
					t.Fatal(err)
				}
				h.people = append(h.people, p.ID)
				h.rows = append(h.rows, storagetest.Everything(t, h.address, h.k, p.ID, marker))
			}
			f(t, h)
		})
	}
}

type household struct {
	*storage.Store
	k       *keys.Store
	address string
	people  []int64
	rows    [][]storagetest.Row
}

// broken are the invariants that do not hold, but for the one that nobody with everything can keep.
func (h household) broken(t *testing.T) (all []string) {
	t.Helper()
	bad, err := h.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range bad {
		if v.Invariant != "nobody looks for a partner and has one" {
			all = append(all, v.Invariant+": "+v.Row)
		}
	}
	return all
}

// What a person is shown is what was put in, field by field, of every table of the inventory, and nothing of anybody else. A new
// table fails this until storagetest.Everything has a row for it.
func TestDossierIsEverything(t *testing.T) {
	t.Parallel()
	eachFilled(t, func(t *testing.T, h household) {
		for _, bad := range h.broken(t) {
			t.Errorf("the books of people with everything: %s", bad)
		}
		for _, table := range storage.Inventory() {
			if table.Of == "" {
				continue
			}
			put := slices.DeleteFunc(slices.Clone(h.rows[0]), func(r storagetest.Row) bool { return r.Table != table.Name })
			if len(put) == 0 {
				t.Errorf("table %s: storagetest.Everything has no row", table.Name)
			}
			if len(table.Shown()) == 0 {
				continue
			}
			var got []map[string]string
			for e, err := range h.Dossier(t.Context(), h.people[0], table) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, shownRow(t, table, e))
			}
			want := wantedRows(t, table, put)
			slices.SortFunc(got, func(a, b map[string]string) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			slices.SortFunc(want, func(a, b map[string]string) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("table %s (-put in +shown):\n%s", table.Name, diff)
			}
			if text := fmt.Sprint(got); strings.Contains(text, "his-") {
				t.Errorf("table %s shows what is another person's: %s", table.Name, text)
			}
		}
	})
}

// shownRow is a row with its values as JSON, but for those that nobody set.
func shownRow(t *testing.T, table storage.Table, e storage.DossierRow) map[string]string {
	t.Helper()
	row := map[string]string{}
	for i, name := range table.Shown() {
		row[name] = jsonOf(t, e.Values[i])
	}
	return set(row)
}

func set(row map[string]string) map[string]string {
	maps.DeleteFunc(row, func(_, v string) bool { return v == "null" || v == "false" || v == "0" || v == `""` })
	return row
}

// wantedRows are rows as they were put in, with what a person gets to see.
func wantedRows(t *testing.T, table storage.Table, put []storagetest.Row) (rows []map[string]string) {
	t.Helper()
	for _, r := range put {
		row := map[string]string{}
		for _, name := range table.Shown() {
			v, ok := r.Values[name]
			if n, isNumber := v.(int64); isNumber && (strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "_until") || name == "since") {
				v = time.UnixMicro(n).UTC()
			}
			switch raw, bytes := v.([]byte); {
			case !ok:
				continue
			case name == "params":
				v = json.RawMessage(v.(string))
			case name == "day":
				v = "2024-10-04"
			case bytes:
				v = string(raw)
			}
			row[name] = jsonOf(t, v)
		}
		rows = append(rows, set(row))
	}
	return rows
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Once the key is destroyed, what it sealed is not shown, and that keeps nothing else back.
func TestDossierWithoutAKey(t *testing.T) {
	t.Parallel()
	eachFilled(t, func(t *testing.T, h household) {
		if err := h.k.Destroy(t.Context(), h.people[0]); err != nil {
			t.Fatal(err)
		}
		for _, c := range storage.Categories() {
			for _, table := range storage.ShownTables(c) {
				for e, err := range h.Dossier(t.Context(), h.people[0], table) {
					if err != nil {
						t.Fatalf("%s: %v", table.Name, err)
					}
					for _, name := range e.Unreadable {
						if v := e.Values[slices.Index(table.Shown(), name)]; v != nil {
							t.Errorf("%s.%s is unreadable, and %v", table.Name, name, v)
						}
					}
				}
			}
		}
	})
}

// Every category has something, every table is in one of them, and counts are those of the person alone.
func TestHoldings(t *testing.T) {
	t.Parallel()
	eachFilled(t, func(t *testing.T, h household) {
		all, err := h.Holdings(t.Context(), h.people[0])
		if err != nil || len(all) != len(storage.Categories()) {
			t.Fatalf("%v, %v", all, err)
		}
		for _, one := range all {
			var want int64
			for _, r := range h.rows[0] {
				if slices.ContainsFunc(storage.ShownTables(one.Category), func(t storage.Table) bool { return t.Name == r.Table }) {
					want++
				}
			}
			if one.Rows != want {
				t.Errorf("%s: %d rows, want %d", one.Category, one.Rows, want)
			}
		}
	})
}

// Pictures come page by page, each once, whatever the pages.
func TestHeldImages(t *testing.T) {
	t.Parallel()
	eachFilled(t, func(t *testing.T, h household) {
		whole, err := h.HeldImages(t.Context(), h.people[0], storage.Cursor{}, 10)
		if err != nil || len(whole) != 2 {
			t.Fatalf("%+v, %v", whole, err)
		}
		var paged []storage.HeldImage
		for at := (storage.Cursor{}); ; at = paged[len(paged)-1].Cursor {
			page, err := h.HeldImages(t.Context(), h.people[0], at, 1)
			if err != nil {
				t.Fatal(err)
			}
			if paged = append(paged, page...); len(page) == 0 {
				break
			}
		}
		if diff := cmp.Diff(whole, paged); diff != "" {
			t.Errorf("(-whole +paged):\n%s", diff)
		}
	})
}
