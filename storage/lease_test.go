package storage_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// leased is a row that one at a time works on.
type leased struct {
	name, table, where string
	claim              func() error
}

// eachLeased makes one of each kind that a crowd can come for.
func eachLeased(b *bench) []leased {
	b.Helper()
	s, ctx := b.s, b.Context()
	_, refund, _, err := s.AskRefund(ctx, storage.Effect{}, nil, 0, b.bought("c1", 10), storage.RefundByPerson)
	if err != nil {
		b.Fatal(err)
	}
	right, _, err := s.AskRight(ctx, storage.Effect{}, storage.Right{
		User: b.person.ID, Kind: storage.RightExport, Origin: storage.RightChat, Status: storage.RightAsked, Body: json.RawMessage(`{}`),
	})
	if err != nil {
		b.Fatal(err)
	}
	k := newTalk(b.T, s)
	k.says(storage.NewRelay{Sources: []int64{11}})
	generation, delivery := b.reserve(2).ID, b.owe(storage.Send{User: b.person.ID, Kind: storage.SendMessage, Body: addressed{4242, "hello"}})[0].ID
	is := func(id string) string { return `id = '` + id + `'` }
	return []leased{
		{"generation", "generations", is(generation), func() error { _, err := s.Claim(ctx, generation); return err }},
		{"delivery", "deliveries", is(delivery), func() error { _, err := s.ClaimDelivery(ctx, delivery); return err }},
		{"right", "rights", is(right.ID), func() error { _, err := s.ClaimRight(ctx, right.ID); return err }},
		{"refund", "refunds", is(refund.ID), func() error { _, err := s.ClaimRefund(ctx, refund.ID); return err }},
		{"relay lane", "conversation_members", `conversation_id = '` + k.c.ID + `' AND side = 0`, func() error { _, _, err := s.ClaimRelay(ctx, k.c.ID, 0); return err }},
	}
}

// claimed has eight come at once and counts who has it.
func (l leased) claimed(t *testing.T) int64 {
	t.Helper()
	var won atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			switch err := l.claim(); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, storage.ErrFenced):
				t.Errorf("%s: %v", l.name, err)
			}
		})
	}
	all.Wait()
	return won.Load()
}

// stands reads the fence, and until when it is claimed.
func (l leased) stands(t *testing.T, raw *sql.DB) (fence, until int64) {
	t.Helper()
	if err := raw.QueryRowContext(t.Context(), `SELECT fence, lease_until FROM `+l.table+` WHERE `+l.where).Scan(&fence, &until); err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	return fence, until
}

// A claim within a live lease is refused and changes nothing, and when the lease has run out one of all who come has it. That is
// tried directly: with the fence behind it, its loss would only show in what is done twice for nothing.
func TestALiveLeaseRefusesASecondClaim(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := setup(t, s, 10)
		for _, l := range eachLeased(b) {
			if n := l.claimed(t); n != 1 {
				t.Errorf("%s: %d claims at once", l.name, n)
			}
			fence, until := l.stands(t, raw)
			if n := l.claimed(t); n != 0 {
				t.Errorf("%s: %d claims within a live lease", l.name, n)
			}
			if f, u := l.stands(t, raw); f != fence || u != until {
				t.Errorf("%s: those who were refused left fence %d and lease %d, it was %d and %d", l.name, f, u, fence, until)
			}
			mustExec(t, raw, `UPDATE `+l.table+` SET lease_until = 1 WHERE `+l.where) // it ran out
			if n := l.claimed(t); n != 1 {
				t.Errorf("%s: %d claims of what nobody has any more", l.name, n)
			}
			if f, _ := l.stands(t, raw); f != fence+1 {
				t.Errorf("%s: fence %d after %d", l.name, f, fence)
			}
		}
	})
}

// A process whose clock is wrong takes nothing from anybody: what counts is the database's.
func TestLeasesGoByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var wrong atomic.Int64
			s := storagetest.Open(t, storagetest.Migrated(t, engine), func() time.Time { return time.Now().Add(time.Duration(wrong.Load())) })
			for _, l := range eachLeased(setup(t, s, 10)) {
				wrong.Store(0)
				if n := l.claimed(t); n != 1 {
					t.Errorf("%s: %d claims at once", l.name, n)
				}
				wrong.Store(int64(time.Hour))
				if n := l.claimed(t); n != 0 {
					t.Errorf("%s: %d claims by an hour ahead", l.name, n)
				}
			}
		})
	}
}

// What an update does and the note that it was done are one transaction: a process that dies at the beginning of whatever it begins
// leaves both or neither. That is tried directly, because most of what updates do has a key that would hide it.
func TestAnUpdateAndItsEffectAreOneTransaction(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		for begun := range 3 { // before it dies
			t.Run(engine+"/"+strconv.Itoa(begun), func(t *testing.T) {
				t.Parallel()
				ctx, die := context.WithCancel(t.Context())
				defer die()
				var left atomic.Int64
				left.Store(100)
				s, err := storage.Open(t.Context(), storage.Config{URL: storagetest.Migrated(t, engine), Keys: storagetest.Keys(t), Step: func(context.Context) {
					if left.Add(-1) < 0 {
						die()
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = s.Close() })
				p, err := s.PersonByTelegram(ctx, 4242, "en")
				if err != nil {
					t.Fatal(err)
				}
				left.Store(int64(begun))
				_, err = s.Record(ctx, storage.Effect{
					Update: "u", Body: "b", User: p.ID, Sends: []storage.Send{{User: p.ID, Kind: storage.SendMessage, Body: addressed{4242, "hello"}}},
				})
				if (err == nil) != (begun > 0) {
					t.Errorf("it says %v", err)
				}
				seen, _, errs := s.Seen(t.Context(), "u", "b")
				out, err := s.SweepDeliveries(t.Context(), 10, true)
				if err = errors.Join(err, errs); err != nil || seen != (begun > 0) || len(out) != min(begun, 1) {
					t.Errorf("seen %v, told %d times, %v", seen, len(out), err)
				}
			})
		}
	}
}
