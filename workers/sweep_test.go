package workers

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/storage/storagetest"
)

// A part of a sweep that always fails keeps nobody else from being repaired.
func TestSweepGoesOn(t *testing.T) {
	t.Parallel()
	b, registry := newChoosing(t, storagetest.OnSQLite, 20), prometheus.NewRegistry()
	b.w.Metrics, b.w.Lanes = NewMetrics(registry), new(till)
	if _, err := b.w.Request(t.Context(), b.person(), fromAPI("a fox", "cheap")); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", b.url)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, q := range []string{
		`CREATE TRIGGER stuck BEFORE UPDATE OF sweeps ON generations BEGIN SELECT RAISE(ABORT, 'injected'); END`,
		`INSERT INTO albums (id, lookup, user_id, status, closes_at, created_at) SELECT 'x', x'00', MIN(id), 'open', 1, 1 FROM users`,
	} {
		if _, err := raw.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	b.ahead.Store(int64(time.Hour))
	if err := b.w.sweep(t.Context(), true); err == nil || !strings.Contains(err.Error(), "injected") {
		t.Errorf("got %v", err)
	}
	if n := gathered(t, registry)[MetricSweepRepaired+" album"]; n != 1 {
		t.Errorf("%v albums found", n)
	}
}

// passes tells that a pass of the sweeper has come to the lanes.
type passes chan struct{}

func (passes) Drain(context.Context, string, int64, queue.Handler) error { return nil }

func (p passes) Sweep(context.Context, int) (int, error) {
	select {
	case p <- struct{}{}:
	default:
	}
	return 0, nil
}

// While the database is away leases run out that nobody can renew. When it is back the sweeper lets their owners go first.
func TestSweepLetsOwnersGoFirst(t *testing.T) {
	t.Parallel()
	b := newChoosing(t, storagetest.OnSQLite, 20)
	passed := make(passes, 1)
	b.w.Metrics, b.w.Lanes = NewMetrics(prometheus.NewRegistry()), passed
	b.ahead.Store(-int64(time.Hour))
	v, err := b.w.Request(t.Context(), b.person(), fromAPI("a fox", "cheap"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.Claim(t.Context(), v.ID); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", b.url)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	swept := func() (n int) {
		t.Helper()
		if err := raw.QueryRowContext(t.Context(), `SELECT sweeps FROM generations`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	ctx, stop := context.WithCancel(t.Context())
	var sweeper sync.WaitGroup
	defer sweeper.Wait()
	defer stop()
	sweeper.Go(func() { _ = b.w.Sweep(ctx) })
	<-passed // beyond generations
	time.Sleep(300 * time.Millisecond)
	away, err := raw.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	for _, q := range []string{`PRAGMA busy_timeout = 10000`, `BEGIN IMMEDIATE`} {
		if _, err := away.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(sweepEvery + sweepBlind + 500*time.Millisecond)
	b.ahead.Store(0)
	for _, q := range []string{`UPDATE generations SET lease_until = 1`, `COMMIT`} { // it ran out meanwhile
		if _, err := away.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(storage.LeaseRenew / 2)
	if n := swept(); n != 0 {
		t.Errorf("swept %d times before its owner could renew it", n)
	}
	for end := time.Now().Add(30 * time.Second); swept() == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never swept")
		}
	}
}

// An attempt whose commit nobody answered did not leave: whoever finds it must not think that it may have.
func TestAttemptThatDidNotLeave(t *testing.T) {
	t.Parallel()
	b := newChoosing(t, storagetest.OnSQLite, 20)
	v, err := b.w.Request(t.Context(), b.person(), fromAPI("a fox", "cheap"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := b.s.Claim(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	a, err := b.s.StartAttempt(t.Context(), g, storage.Attempt{Provider: "cheap", Model: "cheap"})
	if err != nil {
		t.Fatal(err)
	}
	cut := errors.New("connection reset")
	if err := b.w.notStarted(t.Context(), a, cut); !errors.Is(err, cut) {
		t.Errorf("got %v", err)
	}
	if a, err = b.s.Attempt(t.Context(), a.ID); err != nil || a.State != storage.AttemptFailed || a.ErrClass != notAccepted || a.Billed != "no" {
		t.Errorf("%+v, %v", a, err)
	}
}

// A generation that breaks its workers, or has been waited for too long, ends, and its credits come back. Until then it goes on.
func TestNothingIsTriedForEver(t *testing.T) {
	t.Parallel()
	for desc, tt := range map[string]struct {
		change string
		reason storage.Reason // none for one that is painted
	}{
		"the last claim":      {`UPDATE generations SET fence = ` + strconv.Itoa(maxClaims-1), ""},
		"a claim too many":    {`UPDATE generations SET fence = ` + strconv.Itoa(maxClaims), storage.ReasonQuarantined},
		"waited for too long": {`UPDATE generations SET created_at = created_at - ` + strconv.FormatInt(maxAge.Microseconds(), 10), storage.ReasonTimeout},
	} {
		t.Run(desc, func(t *testing.T) {
			t.Parallel()
			b := newChoosing(t, storagetest.OnSQLite, 20)
			b.w.Objects, b.w.Keys, b.w.decode = objectstest.New(t), storagetest.Keys(t), make(chan struct{}, 1)
			v, err := b.w.Request(t.Context(), b.person(), fromAPI("a fox", "cheap"))
			if err != nil {
				t.Fatal(err)
			}
			b.do(tt.change)
			if err := b.w.generate(t.Context(), queue.GenerationGenerate{ID: v.ID}); err != nil {
				t.Fatal(err)
			}
			g := b.held(0, 1)
			if failed := g.Status == storage.StatusFailed; failed != (tt.reason != "") || g.Reason != tt.reason {
				t.Errorf("%s, %q, want %q", g.Status, g.Reason, tt.reason)
			}
			if calls := len(b.fakes["cheap"].Calls()); calls > 0 != (tt.reason == "") {
				t.Errorf("%d calls", calls)
			}
		})
	}
}
