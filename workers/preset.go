package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// maxPresets is how many presets a person can keep, and maxPresetName how long a name may be, in characters.
const (
	maxPresets    = 20
	maxPresetName = 20
)

// presetExample shows how a preset is saved.
const presetExample = "/preset save poster --ar 9:16 --style oil"

// presetCommand lists the presets, or saves one: "/preset save NAME" and flags, or none for the settings as they are.
func (w *Workers) presetCommand(ctx context.Context, in *incoming, args string) error {
	verb, rest, _ := strings.Cut(strings.TrimSpace(args), " ")
	if strings.EqualFold(verb, "save") {
		return w.savePreset(ctx, in, rest)
	}
	w.say(in, texts.MessagePresetsEmpty, map[string]any{"Example": presetExample})
	if len(in.person.Settings.Presets) > 0 {
		in.effect.Sends = in.effect.Sends[:len(in.effect.Sends)-1]
		w.say(in, texts.MessagePresets, w.presetData(in), w.presetButtons(in)...)
	}
	return w.done(ctx, in)
}

// savePreset keeps flags under a name; one of that name is replaced.
func (w *Workers) savePreset(ctx context.Context, in *incoming, args string) error {
	name, flags, _ := strings.Cut(strings.TrimSpace(clean(args)), " ")
	settings := &in.person.Settings
	c, err := w.vocabulary(*settings).read(flags)
	if err != nil {
		return w.refuseWords(ctx, in, err)
	}
	p := storage.Preset{Name: name, Choice: c.typed.Over(c.preset)}
	if flags == "" {
		p.Choice = settings.Choice
	}
	at := slices.IndexFunc(settings.Presets, func(p storage.Preset) bool { return fold(p.Name) == fold(name) })
	switch {
	case !presetName(name):
		w.say(in, texts.MessagePresetName, map[string]any{"Name": name, "Max": maxPresetName, "Example": presetExample})
		return w.done(ctx, in)
	case c.prompt != "":
		w.say(in, texts.MessagePresetWords, map[string]any{"Words": c.prompt})
		return w.done(ctx, in)
	case flagsOf(p.Choice) == "":
		w.say(in, texts.MessagePresetNothing, map[string]any{"Example": presetExample})
		return w.done(ctx, in)
	case at >= 0:
		settings.Presets[at] = p
	case len(settings.Presets) >= maxPresets:
		w.say(in, texts.MessagePresetsFull, map[string]any{"Count": maxPresets})
		return w.done(ctx, in)
	default:
		settings.Presets = append(settings.Presets, p)
	}
	w.say(in, texts.MessagePresetSaved, map[string]any{"Name": name, "Flags": flagsOf(p.Choice), "Flag": "--preset " + name})
	return w.saveSettings(ctx, in)
}

// presetName reports whether a preset can be called so: one word that begins with a letter, so that it is no flag's value.
func presetName(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	odd := func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && r != '-' && r != '_' }
	return unicode.IsLetter(first) && utf8.RuneCountInString(s) <= maxPresetName && !strings.ContainsFunc(s, odd)
}

// flagsOf writes a choice as it can be typed.
func flagsOf(c storage.Choice) string {
	var all []string
	flag := func(name, value string) {
		if value != "" && value != "0" {
			all = append(all, "--"+name+" "+value)
		}
	}
	flag("model", c.Model)
	flag("ar", c.Ratio)
	flag("n", strconv.Itoa(c.Count))
	flag("quality", c.Quality)
	flag("style", c.Style)
	if c.Seed != nil {
		all = append(all, "--seed "+strconv.FormatInt(*c.Seed, 10))
	}
	flag("no", c.Negative)
	return strings.Join(all, " ")
}

// presetData fills the list.
func (w *Workers) presetData(in *incoming) map[string]any {
	var rows []texts.Markup
	for _, p := range in.person.Settings.Presets {
		rows = append(rows, in.texts.Markup(texts.RowPreset, map[string]any{"Name": p.Name, "Flags": flagsOf(p.Choice)}))
	}
	return map[string]any{"Rows": rows, "Flag": "--preset " + in.person.Settings.Presets[0].Name}
}

// presetButtons use a preset, or delete it.
func (w *Workers) presetButtons(in *incoming) (rows [][]telegram.Button) {
	for _, p := range in.person.Settings.Presets {
		use := telegram.Button{Text: "▶️ " + p.Name, Data: w.signer.Data(telegram.OpPreset, presetID(p.Name), in.person.TelegramID, "")}
		if flagsOf(p.Choice) == flagsOf(in.person.Settings.Choice) {
			use.Text = "✓ " + p.Name
		}
		rows = append(rows, telegram.Row(use, telegram.Button{
			Text: "🗑", Data: w.signer.Data(telegram.OpPresetDelete, presetID(p.Name), in.person.TelegramID, newNonce()),
		}))
	}
	return append(rows, telegram.Row(w.button(in, texts.ButtonSettings, telegram.OpSetting, "", "")))
}

// presetID stands for a preset's name in a button, which has no room for it.
func presetID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:6])
}

// pressPreset makes a preset the settings, or deletes it.
func (w *Workers) pressPreset(ctx context.Context, in *incoming, p press) error {
	settings := &in.person.Settings
	at := slices.IndexFunc(settings.Presets, func(one storage.Preset) bool { return presetID(one.Name) == p.Object })
	switch {
	case at < 0:
		return w.expired(ctx, in, p)
	case p.Op == telegram.OpPresetDelete:
		w.answer(in, p, texts.AnswerDeleted)
		settings.Presets = slices.Delete(settings.Presets, at, at+1)
	default:
		w.answer(in, p, texts.AnswerModel)
		settings.Choice = settings.Presets[at].Choice
	}
	w.showPresets(in, p)
	return w.saveSettings(ctx, in)
}

// showPresets shows the list in the message whose button was pressed.
func (w *Workers) showPresets(in *incoming, p press) {
	if len(in.person.Settings.Presets) == 0 {
		back := telegram.Row(w.button(in, texts.ButtonSettings, telegram.OpSetting, "", ""))
		w.edit(in, p, in.texts.HTML(texts.MessagePresetsEmpty, map[string]any{"Example": presetExample}), [][]telegram.Button{back})
		return
	}
	w.edit(in, p, in.texts.HTML(texts.MessagePresets, w.presetData(in)), w.presetButtons(in))
}
