package workers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/status"
)

// incidentView is an incident as operators and everybody else see it.
func incidentView(i storage.Incident) status.Incident {
	v := status.Incident{ID: i.ID, Impact: string(i.Impact), Title: i.Title, Began: i.Began, Resolved: i.Resolved}
	for _, p := range i.Parts {
		v.Parts = append(v.Parts, status.Part(p))
	}
	for _, u := range i.Updates {
		v.Updates = append(v.Updates, status.Update{ID: u.ID, Stage: string(u.Stage), Text: u.Text, At: u.At})
	}
	if len(v.Updates) > 0 {
		v.Stage = v.Updates[0].Stage
	}
	if !v.Resolved.IsZero() {
		v.Stage = status.Resolved
	}
	return v
}

// Incidents lists those that last, and those that were resolved since a time, the newest first.
func Incidents(ctx context.Context, s *storage.Store, since time.Time) ([]status.Incident, error) {
	all, err := s.Incidents(ctx, since)
	views := make([]status.Incident, 0, len(all))
	for _, i := range all {
		views = append(views, incidentView(i))
	}
	return views, err
}

// Incidents is the function of that name.
func (d *Desk) Incidents(ctx context.Context, since time.Time) ([]status.Incident, error) {
	return Incidents(ctx, d.Store, since)
}

// Limits of what is said in public, in characters, and of when it can have begun.
const (
	incidentTitle = 120
	incidentText  = 4000
	incidentAge   = 30 * 24 * time.Hour
)

// DraftIncident is what an operator wants to say in public.
type DraftIncident struct {
	Title, Text string // in English; both are empty where Document has them
	// Document has texts in several languages, as ParseAnnouncement reads them, but in plain words. Of an incident that begins, the
	// first line of each is its title.
	Document string
	Impact   storage.Impact        // empty leaves it, or is degraded
	Stage    storage.IncidentStage // empty leaves it, or is investigating
	Parts    []string              // none leaves them
	Began    time.Time             // of one that begins; zero is now
}

// OpenIncident begins an incident.
func (d *Desk) OpenIncident(ctx context.Context, by storage.By, draft DraftIncident) (status.Incident, error) {
	v, _, err := d.openIncident(ctx, storage.Effect{}, by, draft)
	return v, err
}

func (d *Desk) openIncident(ctx context.Context, e storage.Effect, by storage.By, draft DraftIncident) (status.Incident, storage.Outbox, error) {
	i, u, err := d.newIncident(draft)
	if err != nil {
		return status.Incident{}, nil, err
	}
	i, out, err := d.Store.OpenIncident(ctx, e, &storage.Act{By: by, What: "incident open"}, i, u)
	return incidentView(i), out, err
}

// newIncident is what a draft begins, and the first that is said about it.
func (d *Desk) newIncident(draft DraftIncident) (storage.Incident, storage.IncidentUpdate, error) {
	now := d.Store.Now()
	titles, words, err := d.incidentWords(draft, true)
	if err != nil {
		return storage.Incident{}, storage.IncidentUpdate{}, err
	}
	i := storage.Incident{Impact: storage.ImpactDegraded, Title: titles, Began: draft.Began}
	if i.Began.IsZero() {
		i.Began = now
	}
	u := storage.IncidentUpdate{Stage: storage.IncidentInvestigating, Text: words}
	err = draft.into(&i, &u)
	switch {
	case err != nil:
	case i.Began.Before(now.Add(-incidentAge)):
		err = refusedText("it began more than %d days ago: nobody would see it", incidentAge/(24*time.Hour))
	case i.Began.After(now.Add(time.Minute)) && i.Impact != storage.ImpactNotice:
		err = refusedText("it begins in the future: only a notice can, such as of planned work")
	}
	return i, u, err
}

// incident finds one.
func (d *Desk) incident(ctx context.Context, id string) (storage.Incident, error) {
	i, err := d.Store.Incident(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		err = refusedText("there is no incident %s; imagika admin incident list lists them", id)
	}
	return i, err
}

// UpdateIncident says more about an incident; one that is resolved can only get a last word.
func (d *Desk) UpdateIncident(ctx context.Context, by storage.By, id string, draft DraftIncident) (status.Incident, error) {
	v, _, err := d.updateIncident(ctx, storage.Effect{}, by, id, draft)
	return v, err
}

func (d *Desk) updateIncident(ctx context.Context, e storage.Effect, by storage.By, id string, draft DraftIncident) (status.Incident, storage.Outbox, error) {
	i, err := d.incident(ctx, id)
	if err != nil {
		return status.Incident{}, nil, err
	}
	_, words, err := d.incidentWords(draft, false)
	if err != nil {
		return status.Incident{}, nil, err
	}
	u := storage.IncidentUpdate{Stage: storage.IncidentStage(incidentView(i).Stage), Text: words}
	if err := draft.into(&i, &u); err != nil {
		return status.Incident{}, nil, err
	}
	if !i.Resolved.IsZero() && u.Stage != storage.IncidentResolved {
		return status.Incident{}, nil, refusedText("it is resolved: open another one, or leave out the stage to add a last word")
	}
	what := "incident update"
	if u.Stage == storage.IncidentResolved && i.Resolved.IsZero() {
		what = "incident resolve"
	}
	i, out, err := d.Store.UpdateIncident(ctx, e, &storage.Act{By: by, What: what, Object: id}, i, u)
	if errors.Is(err, storage.ErrConsumed) {
		err = refusedText("somebody else changed it just now; look at it again")
	}
	return incidentView(i), out, err
}

// into puts in what the draft says beside its words.
func (draft DraftIncident) into(i *storage.Incident, u *storage.IncidentUpdate) error {
	if draft.Impact != "" {
		i.Impact = draft.Impact
	}
	if draft.Stage != "" {
		u.Stage = draft.Stage
	}
	if len(draft.Parts) > 0 {
		i.Parts = draft.Parts
	}
	if !slices.Contains(storage.Impacts(), i.Impact) {
		return refusedText("%q is no impact: there are %s", i.Impact, enumerate(storage.Impacts()))
	}
	if !slices.Contains(storage.IncidentStages(), u.Stage) {
		return refusedText("%q is no stage: there are %s", u.Stage, enumerate(storage.IncidentStages()))
	}
	for _, p := range i.Parts {
		if !slices.Contains(status.Parts(), status.Part(p)) {
			return refusedText("%q is no part: there are %s", p, enumerate(status.Parts()))
		}
	}
	return nil
}

func enumerate[T ~string](all []T) string { return strings.Join(codes(all), ", ") }

// codes are the names of a closed set.
func codes[T ~string](all []T) []string {
	names := make([]string, len(all))
	for n, one := range all {
		names[n] = string(one)
	}
	return names
}

// incidentWords reads what is to be said, with titles or without.
func (d *Desk) incidentWords(draft DraftIncident, titled bool) (titles, words map[string]string, err error) {
	all := map[string]string{AnnouncementFallback: draft.Text}
	if titled {
		all[AnnouncementFallback] = strings.Join(strings.Fields(draft.Title), " ") + "\n" + draft.Text
	}
	if draft.Document != "" {
		if draft.Title != "" || draft.Text != "" {
			return nil, nil, refusedText("say it in the file or in the command, not in both")
		}
		if all, err = sections(d.Texts, draft.Document); err != nil {
			return nil, nil, err
		}
	}
	if _, ok := all[AnnouncementFallback]; !ok {
		return nil, nil, refusedText("there is no text for [%s]: everybody in whose language there is none reads that", AnnouncementFallback)
	}
	titles, words = make(map[string]string), make(map[string]string)
	for lang, text := range all {
		if titled {
			titles[lang], text, _ = strings.Cut(text, "\n")
			if err := checkWords("title", lang, titles[lang], incidentTitle); err != nil {
				return nil, nil, err
			}
		}
		words[lang] = strings.TrimSpace(text)
		if err := checkWords("text", lang, words[lang], incidentText); err != nil {
			return nil, nil, err
		}
	}
	return titles, words, nil
}

// checkWords refuses what cannot be shown as it is.
func checkWords(what, lang, text string, limit int) error {
	odd := func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r) }
	switch n := len([]rune(text)); {
	case strings.TrimSpace(text) == "":
		return refusedText("the %s in [%s] is empty", what, lang)
	case n > limit:
		return refusedText("the %s in [%s] has %d characters, and can have %d", what, lang, n, limit)
	case strings.ContainsFunc(text, odd):
		return refusedText("the %s in [%s] has a character that cannot be seen", what, lang)
	}
	return nil
}
