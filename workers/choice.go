package workers

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// named is something people choose by name: what it is called here, and all it is called by people.
type named struct {
	name  string
	words []string
}

// vocabulary is what the values of flags can be.
type vocabulary struct {
	models, styles, presets []named
	of                      map[string]storage.Choice // by preset
	maxCount, maxWords      int
}

// vocabulary is that of a person: the presets are their own.
func (w *Workers) vocabulary(s storage.Settings) vocabulary {
	v := vocabulary{of: map[string]storage.Choice{}, maxCount: w.Settings.MaxImages, maxWords: w.Settings.PromptMax}
	for _, o := range w.choices() {
		v.models = append(v.models, named{o.Name, slices.Collect(maps.Values(o.Title))})
	}
	w.styled.Do(func() {
		for _, one := range styles() {
			n := named{name: one.name}
			for _, lang := range w.Texts.Languages() {
				n.words = append(n.words, w.printer(lang).Plain(one.title, nil))
			}
			w.styles = append(w.styles, n)
		}
	})
	v.styles = w.styles
	for _, p := range s.Presets {
		v.presets = append(v.presets, named{name: p.Name})
		v.of[p.Name] = p.Choice
	}
	return v
}

// fold is how names are compared: by their letters and digits alone.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// find returns what is called so; a part of a name will do where only one has it.
func find(all []named, typed string, whole bool) (name string, ok bool) {
	key := fold(typed)
	if key == "" {
		return "", false
	}
	var parts []string
	for _, n := range all {
		for _, word := range append([]string{n.name}, n.words...) {
			if fold(word) == key {
				return n.name, true
			}
			if len(key) > 2 && strings.Contains(fold(word), key) && !slices.Contains(parts, n.name) {
				parts = append(parts, n.name)
			}
		}
	}
	if whole || len(parts) != 1 {
		return "", false
	}
	return parts[0], true
}

// lists are the names a flag chooses among; nil for one that takes something else.
func (v vocabulary) lists(flag string) []named {
	return map[string][]named{"model": v.models, "style": v.styles, "preset": v.presets}[flag]
}

// called reports whether something is called exactly so.
func (v vocabulary) called(flag, value string) bool {
	_, ok := find(v.lists(flag), value, true)
	return ok
}

// chosen is what typed words choose.
type chosen struct {
	prompt string
	typed  storage.Choice // by flags
	preset storage.Choice // by the preset that a flag names
}

// read takes typed words apart and checks all that does not depend on the model. The prompt may be empty.
func (v vocabulary) read(typed string) (c chosen, err error) {
	prompt, flags := split(clean(typed), v.called)
	c.prompt = prompt
	seen := map[string]bool{}
	for _, f := range flags {
		if seen[f.name] {
			return c, &wordsError{key: texts.MessageFlagTwice, data: map[string]any{"Flag": "--" + f.name}}
		}
		seen[f.name] = true
		if err := v.take(&c, f); err != nil {
			return c, err
		}
	}
	return c, nil
}

// auto is the value that leaves something to the model, whatever the settings say.
const auto = "auto"

// take notes one flag.
func (v vocabulary) take(c *chosen, f typedFlag) error {
	ok := f.value != ""
	switch f.name {
	case "n":
		c.typed.Count, ok = number(f.value, 1, v.maxCount)
	case "ar":
		c.typed.Ratio = strings.NewReplacer("x", ":", "/", ":").Replace(strings.ToLower(f.value))
	case "seed":
		var n int
		if n, ok = number(f.value, 0, math.MaxInt32); ok {
			seed := int64(n)
			c.typed.Seed = &seed
		}
	case "no":
		c.typed.Negative = f.value
		if ok {
			return checkLength(f.value, f.value, v.maxWords)
		}
	case "quality":
		c.typed.Quality = strings.ToLower(f.value)
		ok = slices.Contains(qualities(), c.typed.Quality) || c.typed.Quality == auto
	case "model":
		c.typed.Model, ok = find(v.models, f.value, false)
	case "style":
		c.typed.Style, ok = find(v.styles, f.value, false)
	case "preset":
		var name string
		name, ok = find(v.presets, f.value, false)
		c.preset = v.of[name]
	default:
		return &wordsError{key: texts.MessageFlagUnknown, data: map[string]any{
			"Flag": "--" + f.name, "Known": "--" + strings.Join(flagNames(), ", --"), "Meant": meant(f.name),
		}}
	}
	if !ok {
		return v.refuse(f)
	}
	return nil
}

func number(typed string, least, most int) (int, bool) {
	n, err := strconv.Atoi(typed)
	return n, err == nil && n >= least && n <= most
}

// qualities are what a quality can be called.
func qualities() []string {
	return []string{string(providers.QualityLow), string(providers.QualityMedium), string(providers.QualityHigh)}
}

// refuse says which values a flag takes.
func (v vocabulary) refuse(f typedFlag) error {
	list := func(all []named) string {
		names := make([]string, 0, len(all))
		for _, n := range all {
			names = append(names, n.name)
		}
		return strings.Join(names, ", ")
	}
	switch f.name {
	case "n":
		return badValue(f, texts.NoteCountValues, map[string]any{"Max": v.maxCount})
	case "ar":
		return badValue(f, texts.NoteNameValues, map[string]any{"Names": strings.Join(shapes, ", ")})
	case "seed":
		return badValue(f, texts.NoteSeedValues, map[string]any{"Max": math.MaxInt32})
	case "no":
		return badValue(f, texts.NoteLeaveOut, nil)
	case "quality":
		return badValue(f, texts.NoteNameValues, map[string]any{"Names": strings.Join(qualities(), ", ")})
	case "preset":
		if len(v.presets) == 0 {
			return &wordsError{key: texts.MessagePresetsEmpty, data: map[string]any{"Example": presetExample}}
		}
	}
	return badValue(f, texts.NoteNameValues, map[string]any{"Names": list(v.lists(f.name))})
}

// badValue is the error of a flag whose value is missing or wrong.
func badValue(f typedFlag, accepted texts.Key, data map[string]any) error {
	key, said := texts.MessageFlagValue, map[string]any{"Flag": "--" + f.name, "Value": f.value}
	if f.value == "" {
		key = texts.MessageFlagMissing
	}
	return &wordsError{key, said, accepted, data}
}

// ask reads typed words for an operation: flags over the preset they name over the person's settings. What a flag chooses
// has to be possible; what was set once gives way.
func (w *Workers) ask(typed string, s storage.Settings, op providers.Operation) (ask, error) {
	c, err := w.vocabulary(s).read(typed)
	if err != nil {
		return ask{}, err
	}
	if err := checkPrompt(c.prompt, typed, w.Settings.PromptMax); err != nil {
		return ask{}, err
	}
	base := c.preset
	if op == providers.Generate {
		base = base.Over(s.Choice)
	} else { // a picture that is changed keeps its looks, unless somebody says otherwise here and now
		base = base.Over(storage.Choice{Model: s.Model, Quality: s.Quality, Count: s.Count, Negative: s.Negative})
	}
	m, ok := w.Router.Model(c.typed.Model)
	if !ok {
		m = w.modelOf(base.Model, op)
	}
	if err := w.checkFit(c.typed, m, op); err != nil {
		return ask{}, err
	}
	return newAsk(c.prompt, within(c.typed.Over(base), m, w.Settings.MaxImages), m, op), nil
}

// checkFit refuses what a flag chose and the model cannot do.
func (w *Workers) checkFit(typed storage.Choice, m providers.Model, op providers.Operation) error {
	title := func(m providers.Model) string { return w.title(m.Name, w.printer("en")) }
	switch {
	case !m.Can(op) && typed.Model != "":
		return &wordsError{key: texts.MessageModelCannot, data: map[string]any{
			"Model": title(m), "Takes": "", "Able": w.able(func(m providers.Model) bool { return m.Can(op) }),
		}}
	case typed.Ratio != "" && typed.Ratio != auto && !slices.Contains(ratios(m), typed.Ratio):
		return badValue(typedFlag{"ar", typed.Ratio}, texts.NoteNameValues, map[string]any{"Names": strings.Join(ratios(m), ", ")})
	case typed.Quality != "" && typed.Quality != auto && !slices.Contains(m.Qualities, providers.Quality(typed.Quality)):
		return &wordsError{key: texts.MessageFlagModel, data: map[string]any{
			"Flag": "--quality " + typed.Quality, "Pick": "--model", "Model": title(m), "Able": w.able(func(m providers.Model) bool {
				return m.Can(op) && slices.Contains(m.Qualities, providers.Quality(typed.Quality))
			}),
		}}
	}
	return nil
}

// able lists the models that can do something, by name.
func (w *Workers) able(can func(providers.Model) bool) string {
	var names []string
	for _, o := range w.choices() {
		if m, ok := w.Router.Model(o.Name); ok && can(m) {
			names = append(names, o.Name)
		}
	}
	return strings.Join(names, ", ")
}

// unfit is what of a choice the model leaves out: settings are made for one model and met by another.
func unfit(c storage.Choice, m providers.Model) storage.Choice {
	var out storage.Choice
	if c.Ratio != auto && !slices.Contains(ratios(m), c.Ratio) {
		out.Ratio = c.Ratio
	}
	if c.Quality != auto && !slices.Contains(m.Qualities, providers.Quality(c.Quality)) {
		out.Quality = c.Quality
	}
	return out
}

// within is a choice as the model can do it.
func within(c storage.Choice, m providers.Model, most int) storage.Choice {
	out := unfit(c, m)
	if c.Ratio == auto || out.Ratio != "" {
		c.Ratio = ""
	}
	if c.Quality == auto || out.Quality != "" {
		c.Quality = ""
	}
	c.Count = min(max(c.Count, 1), most)
	return c
}

// newAsk is a wish for what was chosen, which the model can do.
func newAsk(prompt string, c storage.Choice, m providers.Model, op providers.Operation) ask {
	size := sizeFor(m, c.Ratio)
	a := ask{
		request: storage.Request{Prompt: prompt, Negative: c.Negative}, model: m.Name, operation: string(op), parentN: -1, shaped: c.Ratio != "",
		params: storage.Params{Width: size.Width, Height: size.Height, Count: c.Count, Quality: c.Quality, Style: c.Style},
	}
	if a.params.Style == noStyle {
		a.params.Style = ""
	}
	if c.Seed != nil {
		a.params.Seed = *c.Seed
	} else {
		a.params.Seed = newSeed()
	}
	return a
}
