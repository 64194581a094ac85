package workers

import (
	"slices"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/status"
)

// A model is told of once it was away for long, and is over once it was back for a while; nobody is told of what nobody knows.
func TestModelWatch(t *testing.T) {
	t.Parallel()
	m, now, open := newModelWatch(), time.Now(), map[string]storage.Incident{}
	look := func(after time.Duration, flux, gpt status.State) (begun, ended []string) {
		now = now.Add(after)
		begin, end := m.look([]status.Model{{Name: "flux", State: flux}, {Name: "gpt", State: gpt}}, open, now)
		for name := range begin {
			open[name], begun = storage.Incident{}, append(begun, name)
		}
		for _, name := range end {
			delete(open, name)
		}
		return begun, end
	}
	for n, step := range []struct {
		after      time.Duration
		flux, gpt  status.State
		begin, end []string
	}{
		{0, status.Away, status.Works, nil, nil},
		{9 * time.Minute, status.Away, status.Works, nil, nil},
		{time.Minute, status.Away, status.Works, []string{"flux"}, nil},
		{time.Minute, status.Away, status.Works, nil, nil},     // told already
		{time.Minute, status.Slow, status.Works, nil, nil},     // back
		{4 * time.Minute, status.Away, status.Works, nil, nil}, // not for long
		{4 * time.Minute, status.Works, status.Works, nil, nil},
		{time.Hour, status.Unknown, status.Unknown, nil, nil},
		{time.Hour, status.Works, status.Works, nil, []string{"flux"}},
		{time.Minute, status.Away, status.Works, nil, nil},
		{9 * time.Minute, status.Works, status.Works, nil, nil}, // not away for long enough
		{time.Minute, status.Away, status.Away, nil, nil},
		{time.Hour, status.Away, status.Away, []string{everyModel}, nil}, // once for all
		{time.Minute, status.Works, status.Away, []string{"gpt"}, nil},
		{5 * time.Minute, status.Works, status.Works, nil, []string{everyModel}},
	} {
		begin, end := look(step.after, step.flux, step.gpt)
		if !slices.Equal(begin, step.begin) || !slices.Equal(end, step.end) {
			t.Fatalf("step %d: begin %v, end %v, want %v, %v", n, begin, end, step.begin, step.end)
		}
	}
	if _, end := m.look([]status.Model{{Name: "owl", State: status.Works}}, open, now); len(end) != 0 {
		t.Errorf("over at once: %v", end)
	}
	if _, end := m.look([]status.Model{{Name: "owl", State: status.Works}}, open, now.Add(modelBack)); !slices.Equal(end, []string{"gpt"}) {
		t.Errorf("one that is offered no more is not over: %v", end)
	}
}

// What the watch finds everybody reads, in every language, and when it is over too.
func TestModelIncidents(t *testing.T) {
	t.Parallel()
	k, _ := newCrew(t)
	k.w.learned.of = make(map[string]experience)
	watch := newModelWatch()
	see := func(after time.Duration) []status.Incident {
		for name, since := range watch.away {
			watch.away[name] = since.Add(-after)
		}
		for name, since := range watch.back {
			watch.back[name] = since.Add(-after)
		}
		if err := k.w.watchModels(t.Context(), watch); err != nil {
			t.Fatal(err)
		}
		all, err := Incidents(t.Context(), k.w.Store, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	k.w.Router.Hold([]providers.Hold{{Provider: "fal"}, {Provider: "bfl"}})
	if all := see(0); len(all) != 0 {
		t.Fatalf("told at once: %+v", all)
	}
	all := see(modelAway)
	if len(all) != 1 || len(all[0].Title) != 5 || len(all[0].Updates[0].Text) != 5 || !all[0].Lasts() {
		t.Fatalf("%+v", all)
	}
	see(0)
	k.w.Router.Hold(nil)
	see(0)
	if all = see(modelBack); len(all) != 1 || all[0].Lasts() || len(all[0].Updates) != 2 {
		t.Errorf("%+v", all)
	}
}
