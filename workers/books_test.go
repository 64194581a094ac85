package workers

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// links counts checkpoints by their lines in the log.
type links struct {
	slog.Handler
	n int
}

func (l *links) Enabled(context.Context, slog.Level) bool { return true }

func (l *links) Handle(context.Context, slog.Record) error {
	l.n++
	return nil
}

// welcome has somebody agree, for as many credits.
func welcome(t *testing.T, s *storage.Store, user, credits int64) {
	t.Helper()
	c := storage.Consent{User: user, Version: "1", Locale: "en", Grant: credits, Document: []string{"policy"}}
	if granted, _, err := s.Agree(t.Context(), storage.Effect{}, c); err != nil || !granted {
		t.Fatalf("%v, %v", granted, err)
	}
}

func TestBooksAreKept(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)
	log := &links{Handler: slog.DiscardHandler}
	s, err := storage.Open(t.Context(), storage.Config{
		URL: storagetest.Migrated(t, storagetest.OnSQLite), Keys: storagetest.Keys(t), Log: slog.New(log), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	registry := prometheus.NewRegistry()
	w := &Workers{Config: Config{Store: s, Metrics: NewMetrics(registry), Log: slog.New(slog.DiscardHandler)}}
	p, err := s.PersonByTelegram(t.Context(), 1, "en")
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(24 * time.Hour) // whoever came today gets nothing for today
	d, err := s.Daily(t.Context(), p.ID, storage.DailyTerms{Credits: 3, Keep: 30 * time.Minute})
	if err == nil {
		_, err = s.TakeDaily(t.Context(), storage.Effect{User: p.ID}, d)
	}
	if err != nil {
		t.Fatal(err)
	}
	welcome(t, s, p.ID, 5)
	type books struct {
		Links                  int
		Daily, Expired, Broken float64
		Verified               time.Time
	}
	start := now
	var k kept
	for _, step := range []struct {
		after time.Duration
		want  books
	}{
		{0, books{1, 3, 0, 0, start}},                                 // at first everything
		{59 * time.Minute, books{1, 3, 1, 0, start}},                  // the lot is gone; the next look at all shows it
		{time.Minute, books{2, 3, 1, 0, start}},                       // an hour is over
		{time.Hour, books{3, 0, 1, 0, start.Add(2 * time.Hour)}},      // it is night
		{23 * time.Hour, books{4, 0, 1, 0, start.Add(2 * time.Hour)}}, // but still the same
		{time.Hour, books{5, 0, 1, 0, start.Add(26 * time.Hour)}},
	} {
		now = now.Add(step.after)
		if err := w.bookkeep(t.Context(), &k, now); err != nil {
			t.Fatal(err)
		}
		got := gathered(t, registry)
		if diff := cmp.Diff(step.want, books{
			log.n, got["imagika_ledger_left_credits daily"], got["imagika_ledger_expired_lots_total"], got["imagika_ledger_violations"],
			time.Unix(int64(got["imagika_ledger_verified_timestamp_seconds"]), 0).UTC(),
		}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", now, diff)
		}
	}
}

// gathered are the values of metrics, by name and labels.
func gathered(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				name = append(name, l.GetValue())
			}
			all[strings.Join(name, " ")] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return all
}

// Every hour what is new is looked at, every night all there is; what takes too long is told apart from what must never be.
func TestInvariantsAreWatched(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 3, 4, 0, 0, 0, time.UTC)
	url := storagetest.Migrated(t, storagetest.OnSQLite)
	s := storagetest.Open(t, url, func() time.Time { return now })
	registry := prometheus.NewRegistry()
	w := &Workers{Config: Config{Store: s, Metrics: NewMetrics(registry), Log: slog.New(slog.DiscardHandler)}}
	raw, err := sql.Open("sqlite", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	var k kept
	look := func(after time.Duration, do ...string) map[string]float64 {
		t.Helper()
		for _, q := range do {
			if _, err := raw.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(after)
		if err := w.bookkeep(t.Context(), &k, now); err != nil {
			t.Fatal(err)
		}
		all := gathered(t, registry)
		for name := range all {
			if !strings.HasPrefix(name, MetricVerifyViolations+" ") || all[name] == 0 {
				delete(all, name)
			}
		}
		return all
	}
	p, err := s.PersonByTelegram(t.Context(), 1, "en")
	if err != nil {
		t.Fatal(err)
	}
	welcome(t, s, p.ID, 5)
	if got := look(0); len(got) > 0 {
		t.Errorf("at first: %v", got)
	}
	if got := look(59*time.Minute, `UPDATE accounts SET posted = posted + 1`); len(got) > 0 {
		t.Errorf("before an hour is over: %v", got)
	}
	want := map[string]float64{"imagika_verify_violations ledger broken recent": 2} // of its transfers, and of its lots
	if diff := cmp.Diff(want, look(time.Minute)); diff != "" {
		t.Errorf("after an hour (-want +got):\n%s", diff)
	}
	if got := look(3*time.Hour, `INSERT INTO lobby (user_id, lang, search, since) SELECT id, 'en', 's', 1 FROM users`); got["imagika_verify_violations conversations late recent"] != 1 ||
		got["imagika_verify_violations ledger broken recent"] != 0 {
		t.Errorf("when nothing of it is new: %v", got)
	}
	got := look(24*time.Hour, `UPDATE lobby SET since = since + 1`)
	if got["imagika_verify_violations ledger broken all"] != 3 || got["imagika_verify_violations conversations late recent"] != 1 || len(got) != 2 {
		t.Errorf("at night: %v", got)
	}
	if got := look(time.Hour, `DELETE FROM lobby`); got["imagika_verify_violations ledger broken all"] != 3 || len(got) != 1 {
		t.Errorf("an hour after the night: %v", got)
	}
}
