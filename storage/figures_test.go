package storage_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// Figures count what waits, and since when.
func TestFigures(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		b := setup(t, s, 10)
		nothing, err := s.Figures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(storage.Figures{
			At:    nothing.At,
			Sends: map[string]storage.Backlog{"result": {}, "other": {}},
			Open:  map[string]int{"turn": 0, "queue": 0, "generating": 0, "deliver": 0},
			Rights: map[string]storage.Backlog{
				"access": {}, "rectify": {}, "export": {}, "port": {}, "erase": {}, "restrict": {}, "object": {}, "withdraw": {},
			},
			Desk: map[string]storage.Backlog{"appeal": {}, "ticket": {}, "refund": {}, "grant": {}},
		}, nothing); diff != "" {
			t.Errorf("nothing (-want +got):\n%s", diff)
		}
		first := b.reserve(2)
		pass(time.Minute)
		b.reserve(2)
		b.reserve(4) // waits for its turn
		b.claim(first.ID)
		if _, err := s.Record(t.Context(), storage.Effect{Update: "u", User: b.person.ID, Sends: []storage.Send{
			{User: b.person.ID, Chat: 4242, Kind: storage.SendMessage, Body: "hello"},
		}}); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		f, err := s.Figures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f.Holds.Count != 3 || f.HeldCredits != 8 || f.Holds.Age(f.At) < 2*time.Minute {
			t.Errorf("holds: %d of %d credits since %s", f.Holds.Count, f.HeldCredits, f.Holds.Age(f.At))
		}
		if diff := cmp.Diff(map[string]int{"turn": 1, "queue": 1, "generating": 1, "deliver": 0}, f.Open); diff != "" {
			t.Errorf("generations (-want +got):\n%s", diff)
		}
		if other := f.Sends["other"]; other.Count != 1 || other.Age(f.At) < time.Minute || f.Sends["result"].Count != 0 {
			t.Errorf("sends: %+v", f.Sends)
		}
		for since, want := range map[time.Duration]int{time.Second: 0, time.Hour: 1} {
			if n, err := s.Active(t.Context(), f.At.Add(-since)); err != nil || n != want {
				t.Errorf("%d people were active for %s (%v), want %d", n, since, err, want)
			}
		}
	})
}

// Entries are counted once they are committed: not those of a transaction that was rolled back, and not a second time.
func TestEntriesAreCounted(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	s, err := storage.Open(t.Context(), storage.Config{
		URL: storagetest.Migrated(t, storagetest.OnSQLite), Keys: storagetest.Keys(t), Metrics: storage.NewMetrics(registry),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	b := setup(t, s, 5)
	g := b.reserve(4)
	if _, _, _, err := s.Reserve(t.Context(), storage.Effect{}, b.request(4)); err == nil {
		t.Fatal("more was held than there is")
	}
	for range 2 {
		if _, _, err := s.Cancel(t.Context(), b.person.ID, g.ID, nil); err != nil && err != storage.ErrNotFound { //nolint:errorlint // as it comes
			t.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if v := m.GetCounter().GetValue(); v > 0 {
				got[f.GetName()+" "+m.GetLabel()[0].GetValue()] = v
			}
		}
	}
	if diff := cmp.Diff(map[string]float64{
		storage.MetricLedgerEntries + " grant": 1, storage.MetricLedgerEntries + " hold": 1, storage.MetricLedgerEntries + " release": 1,
		storage.MetricLedgerCredits + " grant": 5, storage.MetricLedgerCredits + " hold": 4, storage.MetricLedgerCredits + " release": 4,
	}, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}
