package workers

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/status"
	"github.com/imagika/imagika/workers/texts"
)

// What is said is read from flags or from a file with languages; what everybody would see broken is refused.
func TestIncidentWords(t *testing.T) {
	t.Parallel()
	catalog, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	d := &Desk{Texts: catalog}
	titles, words, err := d.incidentWords(DraftIncident{Document: "[en]\nPictures are late\n\nWe look.\n\nAnd look.\n[de]\nBilder dauern\nWir schauen."}, true)
	if diff := cmp.Diff([]map[string]string{{"en": "Pictures are late", "de": "Bilder dauern"}, {"en": "We look.\n\nAnd look.", "de": "Wir schauen."}}, []map[string]string{titles, words}); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if titles, words, err = d.incidentWords(DraftIncident{Text: "It is the disk."}, false); err != nil || len(titles) != 0 || words["en"] != "It is the disk." {
		t.Errorf("%v %v %v", titles, words, err)
	}
	for said, draft := range map[string]DraftIncident{
		"the text in [en] is empty":     {Title: "Late"},
		"the title in [en] is empty":    {Text: "Slow"},
		"has 121 characters":            {Title: strings.Repeat("x", 121), Text: "Slow"},
		"has 4001 characters":           {Title: "Late", Text: strings.Repeat("x", 4001)},
		"that cannot be seen":           {Title: "Late", Text: "Slow \u202e"},
		"not in both":                   {Title: "Late", Document: "[en]\nLate\nSlow"},
		"there is no text for [en]":     {Document: "[de]\nSpät\nLangsam"},
		"none of the bot’s languages":   {Document: "[xx]\nLate\nSlow"},
		"the text in [de] is empty":     {Document: "[en]\nLate\nSlow\n[de]\nSpät"},
		"say which language this is":    {Document: "Late"},
		"there are two texts for [en]":  {Document: "[en]\nLate\nSlow\n[en]\nLate\nSlow"},
		"the title in [en] has a chara": {Title: "Late\x07", Text: "Slow"},
	} {
		if _, _, err := d.incidentWords(draft, true); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%v, want %q", err, said)
		}
	}
}

// The words of the public page for impacts and stages are those of the database.
func TestIncidentTerms(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]storage.Impact{status.Notice, status.Degraded, status.Outage}, storage.Impacts()); diff != "" {
		t.Errorf("impacts (-page +database):\n%s", diff)
	}
	if storage.IncidentResolved != status.Resolved {
		t.Errorf("resolved is %q here and %q there", status.Resolved, storage.IncidentResolved)
	}
}

// A route does what its model and its provider's key do; what an operator switched off or a budget ended is away.
func TestRouteState(t *testing.T) {
	t.Parallel()
	health := func(key, model providers.State, held time.Duration) providers.Health {
		return providers.Health{Models: []providers.ModelHealth{{State: key}, {Offer: "fox", Model: "fox-1", State: model, Held: held}, {Offer: "owl", Model: "owl-1", State: providers.StateOpen}}}
	}
	spent := health(providers.StateClosed, providers.StateClosed, 0)
	spent.Spent, spent.Budget = 5, 5
	failing := health(providers.StateClosed, providers.StateRamping, 0)
	failing.Models[1].Failing = true
	for _, tt := range []struct {
		desc string
		h    providers.Health
		want status.State
	}{
		{"well", health(providers.StateClosed, providers.StateClosed, 0), status.Works},
		{"coming back", health(providers.StateClosed, providers.StateRamping, 0), status.Slow},
		{"asked for a pause", health(providers.StateCooling, providers.StateClosed, 0), status.Slow},
		{"left alone", health(providers.StateClosed, providers.StateOpen, 0), status.Away},
		{"key refused", health(providers.StateDisabled, providers.StateClosed, 0), status.Away},
		{"switched off", health(providers.StateClosed, providers.StateClosed, time.Hour), status.Away},
		{"budget spent", spent, status.Away},
		{"coming back again and again", failing, status.Away},
	} {
		if got := routeState(tt.h, "fox", "fox-1"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.desc, got, tt.want)
		}
	}
}
