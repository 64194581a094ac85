package workers

import (
	"context"
	"slices"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// allows reports whether a person lets their data be used for a purpose.
func allows(p storage.Person, purpose storage.Purpose) bool {
	switch purpose {
	case storage.PurposeNews:
		return !p.NoNews
	case storage.PurposeReminders:
		return !p.NoReminders
	}
	return !p.NoCount
}

// allow is what changes that.
func allow(p *storage.Person, purpose storage.Purpose, on bool) {
	switch purpose {
	case storage.PurposeNews:
		p.NoNews = !on
	case storage.PurposeReminders:
		p.NoReminders = !on
	case storage.PurposeStatistics:
		p.NoCount = !on
	}
}

// Values of the switches, as they stand in buttons.
const (
	objectOff      = "-0"
	objectOn       = "-1"
	objectServices = "services"
)

// showObject shows the switches, and flips the one that was pressed. What a press does does not depend on how often.
func (w *Workers) showObject(ctx context.Context, in *incoming, p press) error {
	switch p.Object {
	case "":
		return w.privacyTurn(ctx, in, p, texts.MessageObject, nil, w.objectButtons(in)...)
	case objectServices:
		w.answer(in, p, "")
		return w.providersCommand(ctx, in, "")
	}
	name, off := strings.CutSuffix(p.Object, objectOff)
	purpose := storage.Purpose(strings.TrimSuffix(name, objectOn))
	if !slices.Contains(storage.Purposes(), purpose) {
		return w.expired(ctx, in, p)
	}
	return w.object(ctx, in, p, purpose, !off)
}

func (w *Workers) object(ctx context.Context, in *incoming, p press, purpose storage.Purpose, on bool) error {
	allow(&in.person, purpose, on)
	key := texts.AnswerObjected
	if on {
		key = texts.AnswerAllowed
	}
	w.answer(in, p, key)
	w.edit(in, p, in.texts.HTML(texts.MessageObject, nil), append(w.objectButtons(in), row(w.privacyBack(in))))
	out, err := w.Store.Object(ctx, in.effect, in.person.ID, purpose, on)
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// objectButtons are a switch for each purpose, with what counts now, and the way to those of the services.
func (w *Workers) objectButtons(in *incoming) [][]telegram.Button {
	var all []telegram.Button
	for _, purpose := range storage.Purposes() {
		mark, value := "✓ ", objectOff
		if !allows(in.person, purpose) {
			mark, value = "✗ ", objectOn
		}
		b := w.privacyButton(in, purposeText(purpose), "object="+string(purpose)+value)
		b.Text = mark + b.Text
		all = append(all, b)
	}
	return grid(append(all, w.privacyButton(in, texts.ButtonObjectServices, "object="+objectServices)), 2)
}

func purposeText(p storage.Purpose) texts.Key {
	switch p {
	case storage.PurposeNews:
		return texts.ButtonObjectNews
	case storage.PurposeReminders:
		return texts.ButtonObjectReminders
	}
	return texts.ButtonObjectStatistics
}
