package workers

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// receiverRows is how many times a page lists.
const receiverRows = 8

// showReceivers lists which services got something of a person's, page by page.
func (w *Workers) showReceivers(ctx context.Context, in *incoming, p press) error {
	page, _ := strconv.Atoi(p.Object) // anything else is the first
	page = max(0, page)
	all, err := w.Store.Receivers(ctx, in.person.ID, page*receiverRows, receiverRows+1)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return w.privacyTurn(ctx, in, p, texts.MessageReceiversNone, nil)
	}
	var rows []texts.Markup
	for _, r := range all[:min(len(all), receiverRows)] {
		line, err := w.receiverRow(ctx, in, r)
		if err != nil {
			return err
		}
		rows = append(rows, line)
	}
	var newer, older telegram.Button
	if page > 0 {
		newer = w.privacyButton(in, texts.ButtonNewer, "who="+strconv.Itoa(page-1))
	}
	if len(all) > receiverRows {
		older = w.privacyButton(in, texts.ButtonOlder, "who="+strconv.Itoa(page+1))
	}
	return w.privacyTurn(ctx, in, p, texts.MessageReceivers, map[string]any{"Rows": rows, "Judges": w.judges(in.person)}, row(newer, older))
}

// receiverRow is one time, with the words it was about as long as the person keeps them.
func (w *Workers) receiverRow(ctx context.Context, in *incoming, r storage.Receiver) (texts.Markup, error) {
	prompt := ""
	if r.Kind == storage.OfGeneration || r.Kind == storage.OfJudging {
		g, err := w.Store.OwnGeneration(ctx, in.person.ID, r.ID)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return "", err
		}
		prompt = g.Request.Prompt
	}
	s := serviceOf(r.Provider)
	title := s.title
	if r.Provider == BuiltIn {
		title = w.title(r.Model, in.texts)
	}
	return in.texts.Markup(texts.RowReceiver, map[string]any{
		"When": r.At, "Service": title, "Region": in.texts.Plain(s.region, nil), "Maybe": !r.Certain, "Check": r.Kind == storage.OfJudging, "Prompt": prompt,
	}), nil
}

// judges names the services that may check what somebody asks for and gets, empty where there is none.
func (w *Workers) judges(p storage.Person) string {
	var names []string
	for _, one := range w.Router.Moderators(p.Settings.Without) {
		names = append(names, Title(one))
	}
	return strings.Join(names, ", ")
}
