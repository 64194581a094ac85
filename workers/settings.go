package workers

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// setting is one thing people set by buttons: a button that shows what is set, and a page of what it can be.
type setting struct {
	name   string
	button texts.Key
	ask    texts.Key
	wide   int // options in a row
	// options are the values there are, as they stand in buttons.
	options func(w *Workers, in *incoming) []string
	// get and set read and write the value in the settings.
	get func(w *Workers, s storage.Settings) string
	set func(s *storage.Settings, value string)
	// data fills the page's text.
	data func(w *Workers, ctx context.Context, in *incoming) (map[string]any, error)
}

// settings is the table. Who paints is a page of its own, /model.
func settings() []setting {
	return []setting{
		{
			"ratio", texts.ButtonSetRatio, texts.MessageSetRatio, 3, (*Workers).ratioOptions,
			func(_ *Workers, s storage.Settings) string { return cmp.Or(s.Ratio, auto) },
			func(s *storage.Settings, v string) { s.Ratio = strings.TrimPrefix(v, auto) }, nil,
		},
		{
			"quality", texts.ButtonSetQuality, texts.MessageSetQuality, 2,
			func(*Workers, *incoming) []string { return append([]string{auto}, qualities()...) },
			func(_ *Workers, s storage.Settings) string { return cmp.Or(s.Quality, auto) },
			func(s *storage.Settings, v string) { s.Quality = strings.TrimPrefix(v, auto) }, (*Workers).qualityData,
		},
		{
			"count", texts.ButtonSetCount, texts.MessageSetCount, 4, (*Workers).countOptions,
			func(w *Workers, s storage.Settings) string {
				return strconv.Itoa(min(max(s.Count, 1), w.Settings.MaxImages))
			},
			func(s *storage.Settings, v string) { s.Count, _ = strconv.Atoi(v) }, nil,
		},
		{
			"style", texts.ButtonSetStyle, texts.MessageSetStyle, 2, (*Workers).styleOptions,
			func(_ *Workers, s storage.Settings) string { return cmp.Or(s.Style, noStyle) },
			func(s *storage.Settings, v string) { s.Style = strings.TrimPrefix(v, noStyle) }, nil,
		},
		{
			"ask", texts.ButtonSetAsk, texts.MessageSetAsk, 3,
			(*Workers).askOptions,
			func(w *Workers, s storage.Settings) string { return strconv.FormatInt(w.askAbove(s), 10) },
			func(s *storage.Settings, v string) {
				if n, err := strconv.ParseInt(v, 10, 64); err == nil {
					s.AskAbove = &n
				}
			}, nil,
		},
		{
			"cap", texts.ButtonSetCap, texts.MessageSetCap, 3,
			func(*Workers, *incoming) []string {
				return []string{"0", "20", "50", "100", "200", "500", "1000", "2000"}
			},
			func(_ *Workers, s storage.Settings) string { return strconv.FormatInt(s.Cap, 10) },
			func(s *storage.Settings, v string) { s.Cap, _ = strconv.ParseInt(v, 10, 64) }, (*Workers).capData,
		},
	}
}

// unlimited is the price above which nobody asks, because nothing costs as much.
const unlimited = "1000000000"

// askAbove is the most that a person lets the bot spend without asking.
func (w *Workers) askAbove(s storage.Settings) int64 {
	if s.AskAbove != nil {
		return *s.AskAbove
	}
	return *w.Settings.AskAbove
}

// label is how a value reads in a button.
func (w *Workers) label(p texts.Printer, s setting, value string) string {
	named := map[string]texts.Key{
		auto: texts.ButtonAuto, string(providers.QualityLow): texts.ButtonQualityLow, string(providers.QualityMedium): texts.ButtonQualityMedium,
		string(providers.QualityHigh): texts.ButtonQualityHigh, "ask 0": texts.ButtonAlways, "ask " + unlimited: texts.ButtonNever, "cap 0": texts.ButtonNoLimit,
	}
	if s.name == "style" {
		if i := slices.IndexFunc(styles(), func(one style) bool { return one.name == value }); i >= 0 {
			return p.Plain(styles()[i].title, nil)
		}
	}
	for _, name := range []string{value, s.name + " " + value} {
		if key, ok := named[name]; ok {
			return p.Plain(key, nil)
		}
	}
	return value
}

// settingsCommand shows the settings.
func (w *Workers) settingsCommand(ctx context.Context, in *incoming, _ string) error {
	w.say(in, texts.MessageSettings, w.settingsData(in), w.settingsButtons(in)...)
	return w.done(ctx, in)
}

// settingsData says what of the settings the chosen model leaves out.
func (w *Workers) settingsData(in *incoming) map[string]any {
	m := w.modelFor(in.person, providers.Generate)
	out := unfit(in.person.Settings.Choice, m)
	var unfit []string
	for _, s := range settings() {
		if value := s.get(w, storage.Settings{Choice: out}); value != s.get(w, storage.Settings{}) {
			unfit = append(unfit, w.settingButton(in, s, storage.Settings{Choice: out}))
		}
	}
	return map[string]any{"Model": w.title(m.Name, in.texts), "Unfit": strings.Join(unfit, ", ")}
}

func (w *Workers) settingButton(in *incoming, s setting, from storage.Settings) string {
	return in.texts.Plain(s.button, map[string]any{"Value": w.label(in.texts, s, s.get(w, from))})
}

// settingsButtons are a button for each setting, with what is set.
func (w *Workers) settingsButtons(in *incoming) [][]telegram.Button {
	own := in.person.Settings
	all := []telegram.Button{
		{
			Text: in.texts.Plain(texts.ButtonSetModel, map[string]any{"Value": w.title(w.modelFor(in.person, providers.Generate).Name, in.texts)}),
			Data: w.signer.Data(telegram.OpSetting, "model", in.person.TelegramID, ""),
		},
	}
	for _, s := range settings() {
		all = append(all, telegram.Button{Text: w.settingButton(in, s, own), Data: w.signer.Data(telegram.OpSetting, s.name, in.person.TelegramID, "")})
	}
	all = append(all, telegram.Button{
		Text: in.texts.Plain(texts.ButtonSetPresets, map[string]any{"Value": strconv.Itoa(len(own.Presets))}),
		Data: w.signer.Data(telegram.OpSetting, "presets", in.person.TelegramID, ""),
	})
	news := telegram.Row(w.newsSettingButton(in))
	if w.Settings.Conversations {
		news = append(news, w.chatButton(in, texts.ButtonSetChat, "card"))
	}
	return append(grid(all, 2), news,
		telegram.Row(w.button(in, texts.ButtonSetSave, telegram.OpSetting, "save", ""), w.button(in, texts.ButtonSetReset, telegram.OpSetting, "reset", "")))
}

// grid puts buttons into rows.
func grid(all []telegram.Button, wide int) (rows [][]telegram.Button) {
	for row := range slices.Chunk(all, wide) {
		rows = append(rows, row)
	}
	return rows
}

// pressSetting opens a page of the settings in place, or sets what one of its buttons says.
func (w *Workers) pressSetting(ctx context.Context, in *incoming, p press) error {
	object, anew := strings.CutPrefix(p.Object, pageAnew)
	name, value, chosen := strings.Cut(object, "=")
	switch name {
	case "":
		w.answer(in, p, "")
		w.showSettings(in, p)
		return w.done(ctx, in)
	case "model":
		w.answer(in, p, "")
		return w.showModels(ctx, in, p)
	case "presets":
		w.answer(in, p, "")
		w.showPresets(in, p)
		return w.done(ctx, in)
	case newsSetting:
		return w.setNews(ctx, in, p, value)
	case "save":
		w.answer(in, p, "")
		w.say(in, texts.MessagePresetHow, map[string]any{"Example": "/preset save poster"})
		return w.done(ctx, in)
	case "reset":
		return w.reset(ctx, in, p, chosen)
	}
	i := slices.IndexFunc(settings(), func(s setting) bool { return s.name == name })
	if i < 0 || chosen && !slices.Contains(settings()[i].options(w, in), value) {
		w.answer(in, p, texts.AnswerExpired)
		return w.done(ctx, in)
	}
	if anew {
		return w.openPage(ctx, in, p, settings()[i])
	}
	return w.choose(ctx, in, p, settings()[i], value, chosen)
}

// pageAnew stands before a page that is to be a message of its own, because the one with the button is still needed.
const pageAnew = "+"

// openPage shows the page of one setting as a new message.
func (w *Workers) openPage(ctx context.Context, in *incoming, p press, s setting) error {
	data, err := w.fill(ctx, in, s)
	if err != nil {
		return err
	}
	w.answer(in, p, "")
	w.say(in, s.ask, data, w.optionButtons(in, s)...)
	return w.done(ctx, in)
}

func (w *Workers) fill(ctx context.Context, in *incoming, s setting) (map[string]any, error) {
	if s.data == nil {
		return map[string]any{}, nil
	}
	return s.data(w, ctx, in)
}

// choose shows the page of one setting, with what was chosen there, if something was.
func (w *Workers) choose(ctx context.Context, in *incoming, p press, s setting, value string, chosen bool) error {
	answer := texts.Key("")
	if chosen {
		s.set(&in.person.Settings, value)
		answer = texts.AnswerModel
	}
	data, err := w.fill(ctx, in, s)
	if err != nil {
		return err
	}
	w.answer(in, p, answer)
	w.edit(in, p, in.texts.HTML(s.ask, data), w.optionButtons(in, s))
	if chosen {
		return w.saveSettings(ctx, in)
	}
	return w.done(ctx, in)
}

// optionButtons are the values of a setting, the one that counts with a tick, and the way back.
func (w *Workers) optionButtons(in *incoming, s setting) [][]telegram.Button {
	var all []telegram.Button
	for _, value := range s.options(w, in) {
		b := telegram.Button{Text: w.label(in.texts, s, value), Data: w.signer.Data(telegram.OpSetting, s.name+"="+value, in.person.TelegramID, "")}
		if value == s.get(w, in.person.Settings) {
			b.Text = "✓ " + b.Text
		}
		all = append(all, b)
	}
	return append(grid(all, s.wide), telegram.Row(w.button(in, texts.ButtonBack, telegram.OpSetting, "", "")))
}

// reset asks, and then forgets what was set, except the presets and who may not get the person's prompts.
func (w *Workers) reset(ctx context.Context, in *incoming, p press, sure bool) error {
	if !sure {
		w.answer(in, p, "")
		w.edit(in, p, in.texts.HTML(texts.MessageSetReset, nil), [][]telegram.Button{telegram.Row(
			w.button(in, texts.ButtonResetYes, telegram.OpSetting, "reset=", ""), w.button(in, texts.ButtonBack, telegram.OpSetting, "", ""))})
		return w.done(ctx, in)
	}
	in.person.Settings = in.person.Settings.Reset()
	w.answer(in, p, texts.AnswerModel)
	w.showSettings(in, p)
	return w.saveSettings(ctx, in)
}

func (w *Workers) showSettings(in *incoming, p press) {
	w.edit(in, p, in.texts.HTML(texts.MessageSettings, w.settingsData(in)), w.settingsButtons(in))
}

func (w *Workers) ratioOptions(in *incoming) []string {
	all := append([]string{auto}, ratios(w.modelFor(in.person, providers.Generate))...)
	if own := in.person.Settings.Ratio; own != "" && !slices.Contains(all, own) {
		all = append(all, own) // set for another model
	}
	return all
}

// askOptions have what counts for the person among them, which may be the operator's.
func (w *Workers) askOptions(in *incoming) []string {
	all := []string{"0", "2", "5", "10", "20", "50", "100", unlimited}
	own := w.askAbove(in.person.Settings)
	for i, one := range all {
		if n, err := strconv.ParseInt(one, 10, 64); err == nil && own <= n {
			if own < n {
				all = slices.Insert(all, i, strconv.FormatInt(own, 10))
			}
			break
		}
	}
	return all
}

func (w *Workers) countOptions(*incoming) []string {
	all := make([]string, 0, w.Settings.MaxImages)
	for n := range w.Settings.MaxImages {
		all = append(all, strconv.Itoa(n+1))
	}
	return all
}

func (w *Workers) styleOptions(*incoming) []string { return StyleNames() }

// StyleNames are what styles are called in every language, in the order in which they are offered.
func StyleNames() []string {
	var all []string
	for _, s := range styles() {
		all = append(all, s.name)
	}
	return all
}

// qualityData names the model if it knows no qualities.
func (w *Workers) qualityData(_ context.Context, in *incoming) (map[string]any, error) {
	m := w.modelFor(in.person, providers.Generate)
	if len(m.Qualities) > 0 {
		return map[string]any{"Fixed": ""}, nil
	}
	return map[string]any{"Fixed": w.title(m.Name, in.texts)}, nil
}

func (w *Workers) capData(ctx context.Context, in *incoming) (map[string]any, error) {
	spent, err := w.Store.Spent(ctx, in.person.ID)
	return map[string]any{"Spent": spent, "When": nextMonth(time.Now())}, err
}

// nextMonth is when a month's credits are counted anew.
func nextMonth(now time.Time) time.Time {
	now = now.UTC()
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}
