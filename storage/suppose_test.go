package storage_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// Queries of TestSuppose.
const (
	supposedRow = `INSERT INTO seen_updates (update_key, body_sha256, seen_at) VALUES ($1, '', 0)`
	supposedHit = `UPDATE seen_updates SET seen_at = 1 WHERE update_key = $1`
)

// What is supposed and is not so is found out by running everything again one by one, and nothing of the first run is left. With one
// connection, none may be lost or left with an open transaction.
func TestSuppose(t *testing.T) {
	t.Parallel()
	errOwn := errors.New("of its own")
	type later = func(query string, args ...any)
	type now = func(query string, args ...any) (int64, error)
	for desc, tt := range map[string]struct {
		f    func(ctx context.Context, cancel func(), l later, n now) error
		want error
		runs int
		left int
	}{
		"as supposed": {func(_ context.Context, _ func(), l later, _ now) error {
			l(supposedRow, "a")
			l(supposedHit, "a")
			return nil
		}, nil, 1, 1},
		"nothing at all": {func(context.Context, func(), later, now) error { return nil }, nil, 1, 0},
		"touches nothing": {func(_ context.Context, _ func(), l later, _ now) error {
			l(supposedRow, "a")
			l(supposedHit, "b")
			return nil
		}, nil, 2, 1},
		"there already": {func(_ context.Context, _ func(), l later, _ now) error {
			l(supposedRow, "a")
			l(supposedRow, "a")
			return nil
		}, errAny, 2, 0},
		"refuses at once":     {func(context.Context, func(), later, now) error { return errOwn }, errOwn, 1, 0},
		"refuses after these": {func(_ context.Context, _ func(), l later, _ now) error { l(supposedRow, "a"); return errOwn }, errOwn, 2, 0},
		"refuses what it saw": {func(_ context.Context, _ func(), l later, n now) error {
			l(supposedRow, "a")
			if touched, err := n(supposedHit, "a"); touched != 1 || err != nil {
				return err
			}
			return errOwn
		}, errOwn, 1, 0},
		"does not listen": {func(_ context.Context, _ func(), l later, n now) error {
			l(supposedHit, "b")
			_, _ = n(supposedRow, "a")
			_, _ = n(supposedRow, "c")
			return nil
		}, nil, 2, 2},
		"gives up": {func(_ context.Context, cancel func(), l later, n now) error {
			_, err := n(supposedRow, "a")
			cancel()
			l(supposedRow, "b")
			return err
		}, context.Canceled, 1, 0},
		"is cut off": {func(_ context.Context, _ func(), l later, n now) error {
			l(supposedRow, "a")
			_, err := n(`SELECT pg_terminate_backend(pg_backend_pid())`)
			return err
		}, errAny, 1, 0},
	} {
		t.Run(desc, func(t *testing.T) {
			t.Parallel()
			url := storagetest.Migrated(t, storagetest.OnPostgres)
			s, err := storage.Open(t.Context(), storage.Config{URL: url, Keys: storagetest.Keys(t), MaxConns: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			runs := 0
			err = s.Suppose(ctx, func(later later, now now) error {
				runs++
				return tt.f(ctx, cancel, later, now)
			})
			if fine := errors.Is(err, tt.want) || err != nil && errors.Is(tt.want, errAny); !fine || runs != tt.runs {
				t.Errorf("%v after %d runs", err, runs)
			}
			if left := storagetest.Column(t, openRaw(t, storagetest.OnPostgres, url), `SELECT update_key FROM seen_updates`); len(left) != tt.left {
				t.Errorf("left are %v", left)
			}
			if out, err := s.Record(t.Context(), storage.Effect{Update: "after"}); len(out) != 0 || err != nil {
				t.Errorf("afterwards: %v, %v", out, err)
			}
		})
	}
}

// errAny is whatever the database says.
var errAny = errors.New("any")

// BenchmarkSuppose is what it brings on Postgres: reservations with their cancelation per second, and as a multiple of those of a
// store that waits for each answer, in the same run and in turns.
// TestSupposeEndsItsTransaction: whatever becomes of it, nobody waits for locks of a transaction that is over.
func TestSupposeEndsItsTransaction(t *testing.T) {
	t.Parallel()
	url := storagetest.Migrated(t, storagetest.OnPostgres)
	s, err := storage.Open(t.Context(), storage.Config{URL: url, Keys: storagetest.Keys(t), MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	raw := openRaw(t, storagetest.OnPostgres, url)
	for desc, end := range map[string]func(cancel func()){
		"the context ends before the commit": func(cancel func()) { cancel() },
		"it panics":                          func(func()) { panic("injected") },
	} {
		func() {
			defer func() { _ = recover() }()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := s.Suppose(ctx, func(_ func(string, ...any), now func(string, ...any) (int64, error)) error {
				_, err := now(supposedRow, desc)
				end(cancel)
				return err
			})
			want(t, err, context.Canceled)
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := raw.ExecContext(ctx, supposedRow, desc); err != nil {
			t.Errorf("when %s, another one: %v", desc, err)
		}
		var open int
		err := raw.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`).Scan(&open)
		if err != nil || open > 0 {
			t.Errorf("when %s, %d transactions are open, %v", desc, open, err)
		}
	}
}

func BenchmarkSuppose(b *testing.B) {
	round := func(s *storage.Store, user int64, what string) time.Duration {
		begin := time.Now()
		for i := range 200 {
			id, err := s.NewID()
			if err != nil {
				b.Fatal(err)
			}
			if _, _, _, err := s.Reserve(b.Context(), storage.Effect{Update: what + strconv.Itoa(i), User: user}, storage.NewGeneration{
				ID: id, User: user, Origin: storage.OriginCLI, RequestKey: what + strconv.Itoa(i), Form: storage.FormPull, ParentN: -1,
				Model: "m", Operation: "generate", Params: storage.Params{Count: 1}, Parallel: 1, Waiting: 1,
			}); err != nil {
				b.Fatal(err)
			}
			if _, _, err := s.Cancel(b.Context(), user, id, nil); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(begin)
	}
	quick, slow := storagetest.New(b, storagetest.OnPostgres), storagetest.New(b, storagetest.OnPostgres)
	slow.Await()
	var took [2]time.Duration
	for n := 0; b.Loop(); n++ {
		for i, s := range []*storage.Store{quick, slow} {
			p, err := s.PersonByTelegram(b.Context(), 1, "en")
			if err != nil {
				b.Fatal(err)
			}
			took[i] += round(s, p.ID, strconv.Itoa(n)+":")
		}
	}
	b.ReportMetric(float64(b.N)*200/took[0].Seconds(), "pairs/s")
	b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "x_one_by_one")
}
