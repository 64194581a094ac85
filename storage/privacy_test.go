package storage_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
)

// TestInventory holds the inventory against the schema as it is: whoever adds a table or a column says what it is to the
// people it is about.
func TestInventory(t *testing.T) {
	t.Parallel()
	listed := make(map[string][]string)
	for _, table := range storage.Inventory() {
		names := append(strings.Fields(table.Show), strings.Fields(table.Inner)...)
		for _, s := range table.Sealed {
			names = append(names, s.Name)
		}
		slices.Sort(names)
		if listed[table.Name] != nil {
			t.Errorf("table %s is listed twice", table.Name)
		}
		listed[table.Name] = names
	}
	live := make(map[string][]string)
	for name := range columns(t) {
		table, column, _ := strings.Cut(name, ".")
		live[table] = append(live[table], column)
		slices.Sort(live[table])
	}
	delete(live, "goose_db_version")
	if diff := cmp.Diff(live, listed); diff != "" {
		t.Errorf("the inventory is not the schema (-schema +inventory):\n%s", diff)
	}
}

func TestInventoryIsComplete(t *testing.T) {
	t.Parallel()
	for _, table := range storage.Inventory() {
		if table.Purpose == "" || table.Ground == "" || table.Keep == "" || table.Category == "" || table.Fate == "" {
			t.Errorf("table %s: purpose, ground, retention, category or fate is missing: %+v", table.Name, table)
		}
		if (table.Of == "") != (table.Fate == storage.FateNobody) {
			t.Errorf("table %s: rows are found by %q and are %s after an erasure", table.Name, table.Of, table.Fate)
		}
	}
}

// What belongs to a person is found by a column that names them: one without a place in the inventory would survive them.
func TestInventoryFindsPeople(t *testing.T) {
	t.Parallel()
	for _, table := range storage.Inventory() {
		names := strings.Fields(table.Show + " " + table.Inner)
		if slices.Contains(names, "user_id") && table.Of == "" {
			t.Errorf("table %s has a user_id, and no rows of people", table.Name)
		}
	}
}

func TestPlacesCoverObjects(t *testing.T) {
	t.Parallel()
	_, bucket := storage.Places()
	for _, key := range []string{objects.ResultKey(1, "g", "a", 0, "png"), objects.ReferenceKey(1, "g", 0, "jpg"), objects.ExportKey(1, "n")} {
		if !slices.ContainsFunc(bucket, func(p storage.Place) bool { ok, _ := path.Match(p.Pattern, key); return ok }) {
			t.Errorf("object %s is in no place of the inventory", key)
		}
	}
}
