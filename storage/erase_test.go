package storage_test

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/storagetest"
)

const year = 365 * 24 * time.Hour

// leaver is a person with a row in every table, and a database whose files can be looked into.
type leaver struct {
	*bench
	k      *keys.Store
	url    string
	marker string
	rows   []storagetest.Row
	ahead  atomic.Int64
}

// leaves runs f on both engines.
func leaves(t *testing.T, f func(l *leaver)) {
	t.Helper()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			l := &leaver{k: storagetest.Keys(t), url: storagetest.Migrated(t, engine), marker: "canary-" + engine}
			l.open(t)
			f(l)
		})
	}
}

func (l *leaver) open(t *testing.T) {
	t.Helper()
	s, err := storage.Open(t.Context(), storage.Config{URL: l.url, Keys: l.k, Now: func() time.Time { return time.Now().Add(time.Duration(l.ahead.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	p, err := s.PersonByTelegram(t.Context(), 987654321012, "en")
	if err != nil {
		t.Fatal(err)
	}
	l.bench = &bench{T: t, s: s, person: p}
	l.rows = storagetest.Everything(t, l.url, l.k, p.ID, l.marker)
}

// erase does all steps of the database, each twice, as if the process had died between its end and the note of it.
func (l *leaver) erase() storage.Right {
	l.Helper()
	if _, err := l.s.Erasure(l.Context(), l.person.ID); errors.Is(err, storage.ErrNotFound) {
		if _, err := l.s.AskErasure(l.Context(), storage.Act{By: storage.By{Who: "ann", Why: "a test"}, What: "erase", Object: "somebody"}, l.person.ID, time.Now()); err != nil {
			l.Fatal(err)
		}
	}
	r, err := l.s.Erasure(l.Context(), l.person.ID)
	if err == nil {
		r, err = l.s.ClaimRight(l.Context(), r.ID)
	}
	if err != nil {
		l.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { return l.s.MarkErasing(l.Context(), r, storage.Farewell{Chat: 987654321012, Lang: "en"}) },
		func() error { _, err := l.s.StopGenerations(l.Context(), r); return err },
		func() error { return l.s.CloseAccount(l.Context(), r) },
		func() error { return l.s.EraseRows(l.Context(), r) },
		func() error { return l.s.ClearPerson(l.Context(), r, year) },
		func() error { return l.k.Destroy(l.Context(), r.User) },
		func() error { return l.s.EraseTraces(l.Context()) },
	} {
		for range 2 {
			if err := step(); err != nil {
				l.Fatal(err)
			}
		}
	}
	return r
}

// raw is the database without the store.
func (l *leaver) raw() *sql.DB {
	l.Helper()
	driver := "sqlite"
	if strings.HasPrefix(l.url, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, l.url)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = db.Close() })
	return db
}

// Nothing is left of somebody who was erased but what the inventory says, and everything of everybody else.
func TestErasure(t *testing.T) {
	t.Parallel()
	leaves(t, func(l *leaver) {
		db := l.raw()
		before := l.dump(db)
		if !strings.Contains(before, l.marker) {
			t.Fatal("the canary is nowhere in the clear: the search proves nothing")
		}
		ben := &bench{T: t, s: l.s}
		var err error
		if ben.person, err = l.s.PersonByTelegram(t.Context(), 555, "en"); err != nil {
			t.Fatal(err)
		}
		storagetest.Everything(t, l.url, l.k, ben.person.ID, "bystander")
		others := l.counts(db, ben.person.ID)
		r := l.erase()
		for name, n := range l.counts(db, l.person.ID) {
			if n != 0 {
				t.Errorf("%d rows are left in %s", n, name)
			}
		}
		for name, n := range l.counts(db, ben.person.ID) {
			if n != others[name] {
				t.Errorf("somebody else has %d rows in %s, had %d", n, name, others[name])
			}
		}
		l.onlyBooks(db)
		l.cleared(db)
		if err := l.s.EndErasure(t.Context(), r); err != nil {
			t.Error(err)
		}
		if _, err := l.s.Gone(t.Context(), r.ID); err != nil {
			t.Error(err)
		}
	})
}

// counts are a person's rows in the tables of which none are to stay.
func (l *leaver) counts(db *sql.DB, user int64) map[string]int {
	l.Helper()
	all := make(map[string]int)
	for _, table := range storage.Inventory() {
		if table.Fate != storage.FateDeleted {
			continue
		}
		var n int
		if err := db.QueryRow(`SELECT COUNT(*) FROM `+table.Name+` WHERE `+table.Of, user).Scan(&n); err != nil {
			l.Fatal(err)
		}
		all[table.Name] = n
	}
	return all
}

// dump is every value of every table, a line each.
func (l *leaver) dump(db *sql.DB) string {
	l.Helper()
	var b strings.Builder
	for _, table := range storage.Inventory() {
		for _, row := range l.read(db, `SELECT * FROM `+table.Name) {
			for name, v := range row {
				fmt.Fprintf(&b, "%s.%s %s\n", table.Name, name, v)
			}
		}
	}
	return b.String()
}

// read returns rows, by the names of their columns.
func (l *leaver) read(db *sql.DB, query string) (all []map[string]any) {
	l.Helper()
	rows, err := db.Query(query)
	if err != nil {
		l.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		l.Fatal(err)
	}
	for rows.Next() {
		values, row := make([]any, len(names)), make(map[string]any)
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			l.Fatal(err)
		}
		for i, v := range values {
			row[names[i]] = *v.(*any)
		}
		all = append(all, row)
	}
	if rows.Err() != nil {
		l.Fatal(rows.Err())
	}
	return all
}

// onlyBooks holds that the marker, the Telegram id and the person's own id are left in the books alone.
func (l *leaver) onlyBooks(db *sql.DB) {
	l.Helper()
	stays := make(map[string]bool)
	for _, table := range storage.Inventory() {
		stays[table.Name] = table.Fate != storage.FateDeleted && table.Fate != storage.FateNobody
	}
	for line := range strings.Lines(l.dump(db)) {
		table, _, _ := strings.Cut(line, ".")
		if strings.Contains(line, strconv.FormatInt(l.person.TelegramID, 10)) || strings.Contains(line, l.marker) && (!stays[table] || !strings.Contains(line, l.marker+"-charge")) {
			l.Errorf("left: %s", line)
		}
		if strings.Contains(line, strconv.FormatInt(l.person.ID, 10)) && !stays[table] && table != "receipts" && table != "checkpoint_marks" {
			l.Errorf("left: %s", line)
		}
	}
}

// cleared holds that a person's row is like that of nobody: whoever adds a column of users empties it in tx.clear.
func (l *leaver) cleared(db *sql.DB) {
	l.Helper()
	rows := l.read(db, `SELECT * FROM users WHERE id = `+strconv.FormatInt(l.person.ID, 10))
	if len(rows) != 1 {
		l.Fatal("the mark that somebody was here is gone")
	}
	for name, v := range rows[0] {
		switch name {
		case "id", "kind", "created_at", "erasing_at", "erased_at":
			if v == nil {
				l.Errorf("%s is empty", name)
			}
		case "tier":
			if v != "free" {
				l.Errorf("%s is %v", name, v)
			}
		default:
			if v != nil && v != "" && v != int64(0) {
				l.Errorf("%s is %v", name, v)
			}
		}
	}
}

// Who comes back is somebody new, but for welcome credits, a ban and a debt, for a year.
func TestComingBack(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		b := setup(t, s, 0)
		agree := func(p storage.Person) bool {
			t.Helper()
			id, err := s.NewID()
			if err != nil {
				t.Fatal(err)
			}
			granted, _, err := s.Agree(t.Context(), storage.Effect{Update: id}, storage.Consent{User: p.ID, Version: "1", Locale: "en", Grant: 5, Document: []string{"policy"}})
			if err != nil {
				t.Fatal(err)
			}
			return granted
		}
		if !agree(b.person) {
			t.Error("no welcome for somebody new")
		}
		code := b.promo("SPRING", storage.Promo{Credits: 7, PerPerson: 1})
		if err := b.redeem("SPRING"); err != nil {
			t.Fatal(err)
		}
		l := &leaver{bench: b, k: s.Keys()}
		for _, owed := range []int64{0, 3} { // what they have pays first; the second time they have nothing
			b.ban()
			if err := (storage.Ledger{Store: s}).Exec(t.Context(), []string{`UPDATE users SET debt = 3, frozen_at = 1 WHERE id = $1`}, []any{b.person.ID}); err != nil {
				t.Fatal(err)
			}
			was := b.person
			gone := l.erase()
			if _, _, err := s.Agree(t.Context(), storage.Effect{}, storage.Consent{User: was.ID, Document: []string{"policy"}}); !errors.Is(err, storage.ErrRestricted) {
				t.Errorf("who is gone agreed: %v", err)
			}
			if err := s.EndErasure(t.Context(), gone); err != nil {
				t.Fatal(err)
			}
			p, err := s.PersonByTelegram(t.Context(), 4242, "de")
			if err != nil || p.ID == was.ID || !p.Ban.Active(time.Now()) || p.Lang != "de" {
				t.Fatalf("%+v, %v", p, err)
			}
			if p.Debt != owed {
				t.Errorf("they owe %d, want %d", p.Debt, owed)
			}
			if agree(p) {
				t.Error("welcome credits twice")
			}
			b.person = p
			if err := (storage.Ledger{Store: s}).Exec(t.Context(), []string{`UPDATE users SET ban_until = NULL WHERE id = $1`}, []any{p.ID}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.RedeemPromo(t.Context(), storage.Effect{}, p.ID, code); !errors.Is(err, storage.ErrConsumed) {
				t.Errorf("a code twice: %v", err)
			}
		}
		if err := s.EndErasure(t.Context(), l.erase()); err != nil {
			t.Fatal(err)
		}
		pass(366 * 24 * time.Hour)
		if _, err := s.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		p, err := s.PersonByTelegram(t.Context(), 4242, "en")
		if err != nil || p.Debt != 0 || p.Ban.Active(time.Now()) || !agree(p) {
			t.Errorf("after a year %+v, %v", p, err)
		}
	})
}

// A backup of before an erasure tells nothing about who was erased, and is found to need it again.
func TestCryptoErasure(t *testing.T) {
	t.Parallel()
	leaves(t, cryptoErasure)
}

func cryptoErasure(l *leaver) {
	t := l.T
	mine := l.reserve(0)
	ben, err := l.s.PersonByTelegram(t.Context(), 555, "en")
	if err != nil {
		t.Fatal(err)
	}
	request := l.request(0)
	request.User = ben.ID
	his, _, _, err := l.s.Reserve(t.Context(), storage.Effect{}, request)
	if err != nil {
		t.Fatal(err)
	}
	backup := storagetest.Backup(t, l.url)
	r := l.erase()
	if err := l.s.EndErasure(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{"a red fox", strconv.FormatInt(l.person.TelegramID, 10)} { // as it is, and as pg_dump writes bytes
		if strings.Contains(string(content), canary) || strings.Contains(string(content), hex.EncodeToString([]byte(canary))) {
			t.Errorf("the backup says what nobody sealed: %s", canary)
		}
	}

	address := storagetest.Restore(t, backup)
	restored, err := storage.Open(t.Context(), storage.Config{URL: address, Keys: l.k})
	if err != nil {
		t.Fatal(err)
	}
	defer restored.Close()
	if _, err := restored.Generation(t.Context(), mine.ID); !errors.Is(err, keys.ErrDestroyed) {
		t.Errorf("the backup opens: %v", err)
	}
	if p, err := restored.PersonByTelegram(t.Context(), l.person.TelegramID, "en"); err != nil || !p.Erasing || p.TelegramID != 0 {
		t.Errorf("who was erased is %+v, %v", p, err)
	}
	if g, err := restored.Generation(t.Context(), his.ID); err != nil || g.Request.Prompt != "a red fox" {
		t.Errorf("somebody else's prompt is %q, %v", g.Request.Prompt, err)
	}
	undead, err := restored.Undead(t.Context(), 10)
	if err != nil || len(undead) != 1 || undead[0] != l.person.ID {
		t.Fatalf("undead are %v, %v", undead, err)
	}
	again := &leaver{bench: &bench{T: t, s: restored, person: l.person}, k: l.k, url: address, marker: l.marker}
	if err := restored.EndErasure(t.Context(), again.erase()); err != nil {
		t.Fatal(err)
	}
	if undead, err = restored.Undead(t.Context(), 10); err != nil || len(undead) != 0 {
		t.Errorf("undead are %v, %v", undead, err)
	}
	for name, n := range again.counts(again.raw(), l.person.ID) {
		if n != 0 {
			t.Errorf("%d rows are left in %s of the backup", n, name)
		}
	}
}

// Whoever lost their claim deletes nothing more, and nothing is asked for who is being erased.
func TestErasureIsFenced(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		claimed := b.claim(b.reserve(4).ID)
		a := b.attempt(claimed)
		r := b.erasing()
		if _, err := s.AskErasure(t.Context(), storage.Act{By: storage.By{Who: "ann", Why: "a test"}, What: "erase", Object: "x"}, b.person.ID, time.Now()); !errors.Is(err, storage.ErrRestricted) {
			t.Errorf("asked twice: %v", err)
		}
		if _, _, _, err := s.Reserve(t.Context(), storage.Effect{}, b.request(1)); !errors.Is(err, storage.ErrRestricted) {
			t.Errorf("somebody who is being erased has something painted: %v", err)
		}
		old := r
		old.Fence--
		if _, err := s.StopGenerations(t.Context(), old); !errors.Is(err, storage.ErrFenced) {
			t.Errorf("stopped under an old claim: %v", err)
		}
		if err := s.CloseAccount(t.Context(), r); !errors.Is(err, storage.ErrHeld) {
			t.Errorf("closed while credits are held: %v", err)
		}
		if n, err := s.StopGenerations(t.Context(), r); err != nil || n != 1 {
			t.Errorf("stopped %d, %v", n, err)
		}
		if _, err := s.Complete(t.Context(), claimed, a, 1, b.images(claimed, a, 2), nil); !errors.Is(err, storage.ErrFenced) {
			t.Errorf("stored for somebody who is being erased: %v", err)
		}
		b.account(10, 0)
		for _, f := range []func() error{
			func() error { return s.CloseAccount(t.Context(), old) },
			func() error { return s.EraseRows(t.Context(), old) },
			func() error { return s.ClearPerson(t.Context(), old, year) },
			func() error { return s.EndErasure(t.Context(), old) },
		} {
			if err := f(); !errors.Is(err, storage.ErrFenced) {
				t.Errorf("done under an old claim: %v", err)
			}
		}
		if err := s.CloseAccount(t.Context(), r); err != nil {
			t.Error(err)
		}
		b.account(0, 0)
	})
}

// A receipt says when and how much, to whoever has it, and nothing else.
func TestErasureReceipt(t *testing.T) {
	t.Parallel()
	l := &leaver{k: storagetest.Keys(t), url: storagetest.Migrated(t, storagetest.OnSQLite), marker: "canary"}
	l.open(t)
	r := l.erase()
	token, gone, err := l.s.ErasureReceipt(t.Context(), r)
	if err != nil || gone.Rows == 0 || gone.Erased.IsZero() {
		t.Fatalf("%+v, %v", gone, err)
	}
	e, err := l.s.CheckErasure(token)
	if err != nil || e.ID != r.ID || e.Rows != gone.Rows || e.Erased.Unix() != gone.Erased.Unix() || e.Asked.Unix() != r.Created.Unix() {
		t.Errorf("%+v, %v", e, err)
	}
	for _, forged := range []string{"", "x", token[:len(token)-2], "B" + token[1:], token[:30] + "AA" + token[32:]} {
		if _, err := l.s.CheckErasure(forged); !errors.Is(err, storage.ErrForged) {
			t.Errorf("%q: %v", forged, err)
		}
	}
	if _, err := l.s.CheckReceipt(t.Context(), token); !errors.Is(err, storage.ErrForged) {
		t.Errorf("it is a receipt of credits: %v", err)
	}
}

// Stars that go back after an erasure leave a debt of what was spent, for whoever comes back or has.
func TestDebtAfterErasure(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{false, true} {
		t.Run(fmt.Sprint("back ", back), func(t *testing.T) {
			t.Parallel()
			storagetest.Each(t, func(t *testing.T, s *storage.Store) {
				b := setup(t, s, 0)
				charge := b.bought("c1", 10)
				b.spend(4)
				l := &leaver{bench: b, k: s.Keys()}
				if err := s.EndErasure(t.Context(), l.erase()); err != nil {
					t.Fatal(err)
				}
				p := storage.Payment{Charge: charge, Payer: 4242, Stars: 10, Paid: time.Now()}
				if back {
					who, err := s.PersonByTelegram(t.Context(), 4242, "en")
					if err != nil {
						t.Fatal(err)
					}
					p.User = who.ID
				}
				for _, again := range []bool{false, true} {
					r, _, err := s.Reverse(t.Context(), storage.Effect{}, p, year, quiet)
					if err != nil || r.Again != again || !again && r.Owed != 4 {
						t.Fatalf("%+v, %v", r, err)
					}
				}
				who, err := s.PersonByTelegram(t.Context(), 4242, "en")
				if err != nil || who.Debt != 4 {
					t.Errorf("who comes back owes %d, %v", who.Debt, err)
				}
				if bad, err := s.Verify(t.Context()); err != nil || len(bad) > 0 {
					t.Errorf("the books: %+v, %v", bad, err)
				}
			})
		})
	}
}

// A key store that was put back to before an erasure makes what backups have of them readable again: it is found before it is done
// again, at the next start. An erasure that is not over is not meant.
func TestKeyOfWhoWasErasedIsFound(t *testing.T) {
	t.Parallel()
	leaves(t, func(l *leaver) {
		before := storagetest.Keys(l)
		if _, err := before.Person(l.Context(), l.person.ID); err != nil {
			l.Fatal(err)
		}
		old, err := storage.Open(l.Context(), storage.Config{URL: l.url, Keys: before})
		if err != nil {
			l.Fatal(err)
		}
		defer old.Close()
		found := func(s *storage.Store) (rows []string) {
			bad, err := s.Verify(l.Context())
			if err != nil {
				l.Fatal(err)
			}
			for _, v := range bad {
				if v.Invariant == "who was erased has no key" {
					rows = append(rows, v.Row)
				}
			}
			return rows
		}
		r := l.erase()
		if rows := found(old); len(rows) > 0 {
			l.Errorf("while they are being erased: %v", rows)
		}
		if err := l.s.EndErasure(l.Context(), r); err != nil {
			l.Fatal(err)
		}
		if rows := found(l.s); len(rows) > 0 {
			l.Errorf("whose key is destroyed: %v", rows)
		}
		if rows := found(old); len(rows) != 1 || rows[0] != itoa(l.person.ID) {
			l.Errorf("whose key is back: %v", rows)
		}
		if n, err := old.DestroyErased(l.Context()); err != nil || n != 1 {
			l.Errorf("destroyed again: %d, %v", n, err)
		}
		if rows := found(old); len(rows) > 0 {
			l.Errorf("whose key is destroyed again: %v", rows)
		}
	})
}
