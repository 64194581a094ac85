package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

func TestIncidents(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx, now := t.Context(), time.Now().UTC().Truncate(time.Microsecond)
		said := func(stage storage.IncidentStage, words string) storage.IncidentUpdate {
			return storage.IncidentUpdate{Stage: stage, Text: map[string]string{"en": words}}
		}
		act := storage.Act{By: storage.By{Who: "ann"}, What: "incident open"}
		old := storage.Incident{Impact: storage.ImpactNotice, Parts: []string{"website"}, Title: map[string]string{"en": "Planned work", "de": "Geplante Arbeit"}, Began: now.Add(-time.Hour)}
		old, _, err := s.OpenIncident(ctx, storage.Effect{}, &act, old, said(storage.IncidentResolved, "Done."))
		if err != nil {
			t.Fatal(err)
		}
		i := storage.Incident{Impact: storage.ImpactOutage, Parts: []string{"images", "delivery"}, Title: map[string]string{"en": "No pictures"}, Began: now}
		if i, _, err = s.OpenIncident(ctx, storage.Effect{}, &act, i, said(storage.IncidentInvestigating, "We look.")); err != nil {
			t.Fatal(err)
		}
		stale := i
		act.What, act.Object, i.Impact = "incident update", i.ID, storage.ImpactDegraded
		if i, _, err = s.UpdateIncident(ctx, storage.Effect{}, &act, i, said(storage.IncidentIdentified, "It is the disk.")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.UpdateIncident(ctx, storage.Effect{}, &act, stale, said(storage.IncidentMonitoring, "No.")); !errors.Is(err, storage.ErrConsumed) {
			t.Errorf("changed what somebody else had changed: %v", err)
		}
		if i, _, err = s.UpdateIncident(ctx, storage.Effect{}, &act, i, said(storage.IncidentResolved, "It is over.")); err != nil || i.Resolved.IsZero() {
			t.Fatalf("%+v, %v", i, err)
		}
		all, err := s.Incidents(ctx, time.Time{})
		if diff := cmp.Diff([]storage.Incident{i, old}, all); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if all, err = s.Incidents(ctx, now.Add(time.Hour)); err != nil || len(all) != 0 {
			t.Errorf("%d incidents after all of them, %v", len(all), err)
		}
		if got, err := s.Incident(ctx, i.ID); err != nil || len(got.Updates) != 3 || got.Updates[0].Text["en"] != "It is over." {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.Incident(ctx, "none"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("one there is not: %v", err)
		}
		if acts, err := s.Acts(ctx, storage.ActFilter{Object: i.ID}); err != nil || len(acts) != 3 {
			t.Errorf("%+v, %v", acts, err)
		}
	})
}

// What the program finds by itself is one incident at a time, whoever finds it, and no operator's act.
func TestWatchedIncidents(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := t.Context()
		found := storage.Incident{Impact: storage.ImpactDegraded, Title: map[string]string{"en": "x"}, Watched: "flux", Began: time.Now()}
		u := storage.IncidentUpdate{Stage: storage.IncidentInvestigating, Text: map[string]string{"en": "x"}}
		first, _, err := s.OpenIncident(ctx, storage.Effect{}, nil, found, u)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.OpenIncident(ctx, storage.Effect{}, nil, found, u); !errors.Is(err, storage.ErrConsumed) {
			t.Errorf("found twice: %v", err)
		}
		other := found
		if other.Watched = "gpt"; err == nil {
			_, _, err = s.OpenIncident(ctx, storage.Effect{}, nil, other, u)
		}
		u.Stage = storage.IncidentResolved
		if err == nil {
			_, _, err = s.UpdateIncident(ctx, storage.Effect{}, nil, first, u)
		}
		u.Stage = storage.IncidentInvestigating
		if err == nil {
			_, _, err = s.OpenIncident(ctx, storage.Effect{}, nil, found, u)
		}
		if err != nil {
			t.Errorf("another one: %v", err)
		}
		if acts, err := s.Acts(ctx, storage.ActFilter{}); err != nil || len(acts) != 0 {
			t.Errorf("%+v, %v", acts, err)
		}
	})
}
