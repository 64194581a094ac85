package storagetest

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
)

// Row is one that Everything put in: values by column, those of sealed columns as they are before they are sealed.
type Row struct {
	Table  string
	Values map[string]any
}

// Everything gives a person a row in every table that the inventory says can have one, with the marker in everything that
// they wrote or that names them: what is exported is to have all of it, and what is left after an erasure none. Work that the
// rows are about is done, but for a generation that waits for its turn; the books agree. The person is one of the store at
// that address, whose keys these are. What the rows say of objects is not in any bucket.
func Everything(tb testing.TB, address string, k *keys.Store, user int64, marker string) []Row {
	tb.Helper()
	driver := "sqlite"
	if strings.HasPrefix(address, "postgres") {
		driver = "pgx"
	} else {
		address += "?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_txlock=immediate"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	f := &filler{TB: tb, k: k, seeds: newSeeds(user, marker)}
	f.tx, err = db.BeginTx(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.tx.Rollback()
	rows := f.seeds.all(f.telegramID())
	for _, r := range rows {
		f.insert(r)
	}
	if err := f.tx.Commit(); err != nil {
		tb.Fatal(err)
	}
	return slices.DeleteFunc(rows, func(r Row) bool { return r.Values["not_theirs"] != nil })
}

// filler writes rows, each as its store would.
type filler struct {
	testing.TB
	tx    *sql.Tx
	k     *keys.Store
	seeds seeds
}

// insert writes a row, and then what is sealed in it: that is bound to what the row says.
func (f *filler) insert(r Row) {
	f.Helper()
	table := f.table(r.Table)
	var names, places []string
	var args []any
	for _, name := range slices.Sorted(maps.Keys(r.Values)) {
		v := r.Values[name]
		switch {
		case name == "not_theirs":
			continue
		case sealedAs(table, name) != nil:
			v = []byte{0}
		}
		names, args = append(names, name), append(args, v)
		places = append(places, "$"+strconv.Itoa(len(args)))
	}
	query := "INSERT INTO " + r.Table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(places, ", ") + ")"
	switch r.Table {
	case "users", "accounts": // are there from the first
		if r.Values["not_theirs"] == nil {
			query = "UPDATE " + r.Table + " SET (" + strings.Join(names, ", ") + ") = (" + strings.Join(places, ", ") + ") WHERE " + names[slices.IndexFunc(names, isID)] +
				" = " + places[slices.IndexFunc(names, isID)]
		}
	}
	f.exec(query, args...)
	for _, s := range table.Sealed {
		if v, ok := r.Values[s.Name]; ok {
			f.seal(table, s, v)
		}
	}
}

func isID(column string) bool { return column == "id" || column == "user_id" }

// seal seals the values that insert left out.
func (f *filler) seal(table storage.Table, s storage.Sealed, v any) {
	f.Helper()
	var row any
	unsealed := " FROM " + table.Name + " WHERE " + s.Name + " = $1"
	if err := f.tx.QueryRowContext(f.Context(), "SELECT "+s.Row+unsealed, []byte{0}).Scan(&row); err != nil {
		f.Fatalf("%s: %v", table.Name, err)
	}
	place := fmt.Sprint(row)
	if raw, ok := row.([]byte); ok {
		place = hex.EncodeToString(raw)
	}
	plain, ok := v.([]byte)
	if !ok {
		var err error
		if plain, err = json.Marshal(v); err != nil {
			f.Fatal(err)
		}
	}
	owner := f.seeds.user
	if s.Nobodys {
		owner = 0
	}
	f.exec("UPDATE "+table.Name+" SET "+s.Name+" = $2 WHERE "+s.Name+" = $1", []byte{0}, f.sealer(owner).Seal(table.Name+"|"+s.Name+"|"+place, plain))
}

func (f *filler) sealer(user int64) *keys.Sealer {
	f.Helper()
	s, err := f.k.Person(f.Context(), user)
	if err != nil {
		f.Fatal(err)
	}
	return s
}

func (f *filler) exec(query string, args ...any) {
	f.Helper()
	if _, err := f.tx.ExecContext(context.WithoutCancel(f.Context()), query, args...); err != nil {
		f.Fatalf("%s: %v", query, err)
	}
}

// telegramID is the person's.
func (f *filler) telegramID() int64 {
	f.Helper()
	var sealed []byte
	if err := f.tx.QueryRowContext(f.Context(), `SELECT profile FROM users WHERE id = $1`, f.seeds.user).Scan(&sealed); err != nil {
		f.Fatal(err)
	}
	plain, err := f.sealer(f.seeds.user).Open("users|profile|"+strconv.FormatInt(f.seeds.user, 10), sealed)
	var p struct {
		TelegramID int64 `json:"telegram_id"`
	}
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(plain)).Decode(&p)
	}
	if err != nil {
		f.Fatal(err)
	}
	return p.TelegramID
}

func (f *filler) table(name string) storage.Table {
	f.Helper()
	for _, t := range storage.Inventory() {
		if t.Name == name {
			return t
		}
	}
	f.Fatalf("table %s is not in the inventory", name)
	return storage.Table{}
}

func sealedAs(t storage.Table, column string) *storage.Sealed {
	for _, s := range t.Sealed {
		if s.Name == column {
			return &s
		}
	}
	return nil
}

// now is when everything happened: a round moment, which is the same whatever it is written in.
func now() int64 { return time.Now().Truncate(time.Second).UnixMicro() }
