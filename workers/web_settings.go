package workers

import (
	"context"
	"slices"
	"strconv"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// WebSettings are what a person set, as the Mini App shows it, and what can be set.
type WebSettings struct {
	Language  string     `json:"language"`
	Model     string     `json:"model"`
	Aspect    string     `json:"aspect"`
	Quality   string     `json:"quality"`
	Style     string     `json:"style"`
	Count     int        `json:"count"`
	Negative  string     `json:"negative"`
	AskAbove  int64      `json:"ask_above"`
	Cap       int64      `json:"cap"`
	News      bool       `json:"news"`
	Reminders bool       `json:"reminders"`
	Options   WebOptions `json:"options"`
}

// WebOptions are the values that settings can have.
type WebOptions struct {
	Languages []Named  `json:"languages"`
	Models    []Named  `json:"models"`
	Aspects   []string `json:"aspects"`
	Qualities []string `json:"qualities"`
	Styles    []Named  `json:"styles"`
	Counts    []int    `json:"counts"`
	AskAbove  []int64  `json:"ask_above"`
	Caps      []int64  `json:"caps"`
}

// WebChange changes settings; nil leaves one as it is.
type WebChange struct {
	Language  *string `json:"language"`
	Model     *string `json:"model"`
	Aspect    *string `json:"aspect"`
	Quality   *string `json:"quality"`
	Style     *string `json:"style"`
	Count     *int    `json:"count"`
	Negative  *string `json:"negative"`
	AskAbove  *int64  `json:"ask_above"`
	Cap       *int64  `json:"cap"`
	News      *bool   `json:"news"`
	Reminders *bool   `json:"reminders"`
}

// WebSettings returns a person's settings.
func (w *Workers) WebSettings(p storage.Person) WebSettings {
	in := w.visitor(p, storage.OriginApp)
	value := map[string]string{}
	options := map[string][]string{}
	for _, s := range settings() {
		value[s.name], options[s.name] = s.get(w, p.Settings), s.options(w, in)
	}
	v := WebSettings{
		Language: in.texts.Language(), Model: w.modelFor(p, "generate").Name, Aspect: value["ratio"], Quality: value["quality"], Style: value["style"],
		Negative: p.Settings.Negative, AskAbove: w.askAbove(p.Settings), Cap: p.Settings.Cap, News: !p.NoNews, Reminders: !p.NoReminders,
		Options: WebOptions{
			Languages: w.languages(), Aspects: options["ratio"], Qualities: options["quality"], Styles: w.namedStyles(in), Counts: w.counts(),
			AskAbove: numbers(options["ask"]), Caps: numbers(options["cap"]),
		},
	}
	v.Count, _ = strconv.Atoi(value["count"])
	for _, o := range w.choices() {
		v.Options.Models = append(v.Options.Models, Named{o.Name, spoken(o.Title, in.texts)})
	}
	return v
}

func numbers(all []string) (some []int64) {
	for _, one := range all {
		if n, err := strconv.ParseInt(one, 10, 64); err == nil {
			some = append(some, n)
		}
	}
	return some
}

// ChangeSettings sets what a change names. What cannot be chosen is a Refusal, and nothing is changed then.
func (w *Workers) ChangeSettings(ctx context.Context, p storage.Person, c WebChange) error {
	in := w.visitor(p, storage.OriginApp)
	if c.Language != nil && !slices.ContainsFunc(w.languages(), func(l Named) bool { return l.ID == *c.Language }) {
		return w.notOffered(in, "language")
	}
	own, err := w.changed(in, c)
	if err != nil {
		return err
	}
	if c.Sets() {
		out, err := w.Store.SetSettings(ctx, in.effect, p.ID, own)
		if err != nil {
			return err
		}
		w.post(ctx, out)
	}
	for purpose, on := range map[storage.Purpose]*bool{storage.PurposeNews: c.News, storage.PurposeReminders: c.Reminders} {
		if on == nil {
			continue
		}
		if _, err := w.Store.Object(ctx, in.effect, p.ID, purpose, *on); err != nil {
			return err
		}
	}
	if c.Language == nil {
		return nil
	}
	in.texts = w.printer(*c.Language)
	return w.setLanguage(ctx, in)
}

// Sets reports whether it changes what pictures are made by.
func (c WebChange) Sets() bool {
	c.Language, c.News, c.Reminders = nil, nil, nil
	return c != WebChange{}
}

// changed is what the person's settings become.
func (w *Workers) changed(in *incoming, c WebChange) (storage.Settings, error) {
	own := in.person.Settings
	if c.Model != nil {
		if _, ok := w.Router.Offer(*c.Model); !ok {
			return own, w.notOffered(in, "model")
		}
		own.Model = *c.Model
		in.person.Settings.Model = *c.Model // what else there is to choose depends on it
	}
	if c.Negative != nil {
		if own.Negative = clean(*c.Negative); own.Negative != "" {
			if err := checkLength(own.Negative, own.Negative, w.Settings.PromptMax); err != nil {
				return own, w.invalid(in, "negative", err)
			}
		}
	}
	for field, s := range c.values() {
		i := slices.IndexFunc(settings(), func(one setting) bool { return one.name == s.name })
		if !slices.Contains(settings()[i].options(w, in), s.value) {
			return own, w.notOffered(in, field)
		}
		settings()[i].set(&own, s.value)
	}
	return own, nil
}

// values are what a change sets of the table of settings, by the names of its fields.
func (c WebChange) values() map[string]struct{ name, value string } {
	all := map[string]struct{ name, value string }{}
	add := func(field, name string, value *string) {
		if value != nil {
			all[field] = struct{ name, value string }{name, *value}
		}
	}
	add("aspect", "ratio", c.Aspect)
	add("quality", "quality", c.Quality)
	add("style", "style", c.Style)
	if c.Count != nil {
		add("count", "count", new(strconv.Itoa(*c.Count)))
	}
	if c.AskAbove != nil {
		add("ask_above", "ask", new(strconv.FormatInt(*c.AskAbove, 10)))
	}
	if c.Cap != nil {
		add("cap", "cap", new(strconv.FormatInt(*c.Cap, 10)))
	}
	return all
}

func (w *Workers) notOffered(in *incoming, field string) error {
	return &Refusal{Code: RefusedInvalid, Param: field, Text: in.texts.Plain(texts.NoteNotOffered, nil)}
}
