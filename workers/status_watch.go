package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/status"
	"github.com/imagika/imagika/workers/texts"
)

// A model that nobody can use for long is an incident, also where no operator is awake to say so. It begins and ends by itself,
// and operators can say more about it like about any other.

const (
	// modelAway is how long a model has to be away before everybody is told, modelBack how long it has to be back.
	modelAway = 10 * time.Minute
	modelBack = 5 * time.Minute
	// everyModel stands for all of them together.
	everyModel = "*"
)

// WatchModels opens and ends those incidents, until ctx ends. One process of all does it at a time.
func (w *Workers) WatchModels(ctx context.Context) {
	watch := newModelWatch()
	w.onDuty(ctx, duty{
		name: "models", failed: func(ctx context.Context, err error) { w.Log.WarnContext(ctx, "models are not watched", "error", err) },
		turn: func(ctx context.Context) error { return w.watchModels(ctx, watch) },
	})
}

func (w *Workers) watchModels(ctx context.Context, watch *modelWatch) error {
	now := w.Store.Now()
	all, err := w.Store.Incidents(ctx, now)
	if err != nil {
		return err
	}
	open := make(map[string]storage.Incident)
	for _, i := range all {
		if i.Watched != "" && i.Resolved.IsZero() {
			open[i.Watched] = i
		}
	}
	begin, end := watch.look(status.Judge(status.Readings{Models: w.Models(ctx)}).Models, open, now)
	for name, since := range begin {
		i, u := w.modelIncident(name, since)
		if _, _, err := w.Store.OpenIncident(ctx, storage.Effect{}, nil, i, u); err != nil && !errors.Is(err, storage.ErrConsumed) {
			return err
		}
	}
	for _, name := range end {
		u := storage.IncidentUpdate{Stage: storage.IncidentResolved, Text: w.everyLanguage(texts.NoteModelBack, "")}
		if _, _, err := w.Store.UpdateIncident(ctx, storage.Effect{}, nil, open[name], u); err != nil && !errors.Is(err, storage.ErrConsumed) {
			return err
		}
	}
	return nil
}

// modelIncident says that a model is away, or that all of them are.
func (w *Workers) modelIncident(name string, since time.Time) (storage.Incident, storage.IncidentUpdate) {
	impact, title, text := storage.ImpactDegraded, texts.NoteModelDown, texts.MessageModelDown
	if name == everyModel {
		impact, title, text = storage.ImpactOutage, texts.NoteModelsDown, texts.MessageModelsDown
	}
	i := storage.Incident{Impact: impact, Parts: []string{string(status.Images)}, Watched: name, Title: w.everyLanguage(title, name), Began: since}
	return i, storage.IncidentUpdate{Stage: storage.IncidentInvestigating, Text: w.everyLanguage(text, name)}
}

// everyLanguage says something about a model in each language.
func (w *Workers) everyLanguage(key texts.Key, model string) map[string]string {
	all := make(map[string]string)
	for _, lang := range w.Texts.Languages() {
		p := w.printer(lang)
		all[lang] = p.Plain(key, map[string]any{"Title": w.title(model, p)})
	}
	return all
}

// modelWatch remembers since when models are away, and since when those are back that everybody was told of.
type modelWatch struct{ away, back map[string]time.Time }

func newModelWatch() *modelWatch {
	return &modelWatch{make(map[string]time.Time), make(map[string]time.Time)}
}

// look says which models everybody is to be told of, and since when they are away; and which of the open incidents are over.
// Where all models are away, that is one incident and not one of each.
func (m *modelWatch) look(models []status.Model, open map[string]storage.Incident, now time.Time) (begin map[string]time.Time, end []string) {
	down := downs(models)
	begin = make(map[string]time.Time)
	for name, is := range down {
		if !is {
			delete(m.away, name)
			continue
		}
		delete(m.back, name)
		if m.away[name].IsZero() {
			m.away[name] = now
		}
		_, told := open[name]
		if part := down[everyModel] && name != everyModel; !told && !part && now.Sub(m.away[name]) >= modelAway {
			begin[name] = m.away[name]
		}
	}
	for name := range open {
		if is, known := down[name]; is || !known && unsure(models, name) {
			continue
		}
		if m.back[name].IsZero() {
			m.back[name] = now
		}
		if now.Sub(m.back[name]) >= modelBack {
			end = append(end, name)
			delete(m.back, name)
		}
	}
	return begin, end
}

// downs says of models whether they are away, as far as that is known, and of all of them together where there are several.
func downs(models []status.Model) map[string]bool {
	down, away := make(map[string]bool), 0
	for _, m := range models {
		if m.State != status.Unknown {
			down[m.Name] = m.State == status.Away
		}
		if m.State == status.Away {
			away++
		}
	}
	if len(down) == len(models) && len(models) > 1 {
		down[everyModel] = away == len(models)
	}
	return down
}

// unsure reports whether nobody knows how a model is doing. One that is offered no more is no matter for anybody.
func unsure(models []status.Model, name string) bool {
	for _, m := range models {
		if m.State == status.Unknown && (m.Name == name || name == everyModel) {
			return true
		}
	}
	return false
}
