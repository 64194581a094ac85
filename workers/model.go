package workers

import (
	"cmp"
	"context"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Model is what somebody gets who chose nothing. What a reloaded catalogue no longer has gives way to what it has.
func (w *Workers) Model() providers.Model {
	m, ok := w.Router.Model(w.Settings.Model)
	if offers := w.Router.Offers(); !ok && len(offers) > 0 {
		m, _ = w.Router.Model(offers[0].Name)
	}
	return m
}

// modelFor is the model of a person's choice, or where that cannot do the operation, the first that can.
func (w *Workers) modelFor(p storage.Person, op providers.Operation) providers.Model {
	return w.modelOf(p.Settings.Model, op)
}

func (w *Workers) modelOf(name string, op providers.Operation) providers.Model {
	chosen, ok := w.Router.Model(name)
	if !ok {
		chosen = w.Model()
	}
	if chosen.Can(op) {
		return chosen
	}
	for _, o := range w.Router.Offers() {
		if m, ok := w.Router.Model(o.Name); ok && m.Can(op) {
			return m
		}
	}
	return chosen
}

// choices are the models that paint from words or change a picture; what only enlarges is no choice of a painter.
func (w *Workers) choices() []providers.Offer {
	var all []providers.Offer
	for _, o := range w.Router.Offers() {
		if m, _ := w.Router.Model(o.Name); m.Can(providers.Generate) || m.Can(providers.Edit) {
			all = append(all, o)
		}
	}
	return all
}

// modelCommand shows the models; a name after the command chooses one at once.
func (w *Workers) modelCommand(ctx context.Context, in *incoming, args string) error {
	typed := args
	if name, ok := find(w.vocabulary(in.person.Settings).models, args, false); ok {
		in.person.Settings.Model, typed = name, ""
	}
	rows, err := w.modelRows(ctx, in)
	if err != nil {
		return err
	}
	w.say(in, texts.MessageModels, map[string]any{"Rows": rows, "Typed": typed}, w.modelButtons(in)...)
	return w.saveSettings(ctx, in)
}

// pressModel is the press that chooses.
func (w *Workers) pressModel(ctx context.Context, in *incoming, p press) error {
	offer, ok := w.Router.Offer(p.Object)
	if !ok {
		w.answer(in, p, texts.AnswerExpired)
		return w.done(ctx, in)
	}
	in.person.Settings.Model = offer.Name
	w.answer(in, p, texts.AnswerModel)
	if err := w.editModels(ctx, in, p); err != nil {
		return err
	}
	return w.saveSettings(ctx, in)
}

// showModels shows the models in the message whose button was pressed.
func (w *Workers) showModels(ctx context.Context, in *incoming, p press) error {
	if err := w.editModels(ctx, in, p); err != nil {
		return err
	}
	return w.done(ctx, in)
}

func (w *Workers) editModels(ctx context.Context, in *incoming, p press) error {
	rows, err := w.modelRows(ctx, in)
	if err == nil {
		w.edit(in, p, in.texts.HTML(texts.MessageModels, map[string]any{"Rows": rows, "Typed": ""}), w.modelButtons(in))
	}
	return err
}

// title is the name people know a model by.
func (w *Workers) title(model string, p texts.Printer) string {
	if o, ok := w.Router.Offer(model); ok {
		return spoken(o.Title, p)
	}
	return model
}

// saveSettings commits what the person set.
func (w *Workers) saveSettings(ctx context.Context, in *incoming) error {
	out, err := w.Store.SetSettings(ctx, in.effect, in.person.ID, in.person.Settings)
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// modelRows say of each model what an image of the usual kind costs, how long it takes and what the model can do.
func (w *Workers) modelRows(ctx context.Context, in *incoming) ([]texts.Markup, error) {
	var rows []texts.Markup
	for _, o := range w.choices() {
		m, _ := w.Router.Model(o.Name)
		op := providers.Generate
		if !m.Can(op) {
			op = providers.Edit
		}
		t, err := w.timing(ctx, o.Name)
		if err != nil {
			return nil, err
		}
		size := m.Nearest(providers.Size{})
		rows = append(rows, in.texts.Markup(texts.RowModel, map[string]any{
			"Title": spoken(o.Title, in.texts), "About": spoken(o.About, in.texts), "Can": canDo(m, in.texts), "Speed": round(t.P50),
			"Count": w.price(o.Name, string(op), storage.Params{Width: size.Width, Height: size.Height, Count: 1}),
		}))
	}
	return rows, nil
}

// canDo says what a model can do beyond painting from words.
func canDo(m providers.Model, p texts.Printer) string {
	var can []string
	if m.Can(providers.Edit) {
		can = append(can, p.Plain(texts.NoteCanEdit, nil))
		if m.MaxRefs > 1 {
			can = append(can, p.Plain(texts.NoteCanRefs, map[string]any{"Count": m.MaxRefs}))
		}
	}
	if m.Can(providers.Upscale) {
		can = append(can, p.Plain(texts.NoteCanUpscale, nil))
	}
	if m.Can(providers.Expand) {
		can = append(can, p.Plain(texts.NoteCanExpand, nil))
	}
	return strings.Join(can, " · ")
}

// modelButtons are one a row, the chosen one with a tick.
func (w *Workers) modelButtons(in *incoming) (rows [][]telegram.Button) {
	chosen := w.modelFor(in.person, providers.Generate).Name
	for _, o := range w.choices() {
		text := spoken(o.Title, in.texts)
		if o.Name == chosen {
			text = "✓ " + text
		}
		rows = append(rows, telegram.Row(telegram.Button{
			Text: text, Data: w.signer.Data(telegram.OpModel, o.Name, in.person.TelegramID, ""),
		}))
	}
	return append(rows, telegram.Row(w.button(in, texts.ButtonSettings, telegram.OpSetting, "", "")))
}

// spoken are a catalogue's words in the person's language, or in English.
func spoken(words map[string]string, p texts.Printer) string {
	return cmp.Or(words[p.Language()], words["en"])
}
