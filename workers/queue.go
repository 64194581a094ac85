package workers

import (
	"context"
	"slices"
	"strconv"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// queuePage is how many open generations the list shows; the others are counted.
const queuePage = 10

// queueCommand lists what is painted for the person and what waits, with a button to cancel each.
func (w *Workers) queueCommand(ctx context.Context, in *incoming, _ string) error {
	all, err := w.Store.OpenGenerations(ctx, in.person.ID)
	if err != nil {
		return err
	}
	text, rows, err := w.queueList(ctx, in, all)
	if err != nil {
		return err
	}
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		User: in.person.ID, Kind: storage.SendMessage, Body: messageBody{Chat: in.chat.ID, Text: text, Keyboard: rows},
	})
	return w.done(ctx, in)
}

// pressQueue is any button of the list: it always shows what is so afterwards.
func (w *Workers) pressQueue(ctx context.Context, in *incoming, p press) error {
	switch p.Op {
	case telegram.OpQueueCancel:
		return w.cancel(ctx, in, only(p.Object), func(c cancellation) error {
			w.answerCanceled(in, p, c)
			return w.editQueue(ctx, in, p, c.left())
		})
	case telegram.OpQueueAllYes:
		return w.cancel(ctx, in, func(storage.OpenGeneration) bool { return true }, func(c cancellation) error {
			w.answerCanceled(in, p, c)
			return w.editQueue(ctx, in, p, c.left())
		})
	}
	all, err := w.Store.OpenGenerations(ctx, in.person.ID)
	if err != nil {
		return err
	}
	w.answer(in, p, "")
	if p.Op == telegram.OpQueueAll && len(all) > 0 {
		w.edit(in, p, "", [][]telegram.Button{telegram.Row(
			w.button(in, texts.ButtonQueueAllYes, telegram.OpQueueAllYes, "", newNonce()),
			w.button(in, texts.ButtonQueueAllNo, telegram.OpQueue, "", ""))})
		return w.done(ctx, in)
	}
	if err := w.editQueue(ctx, in, p, all); err != nil {
		return err
	}
	return w.done(ctx, in)
}

func (w *Workers) editQueue(ctx context.Context, in *incoming, p press, all []storage.OpenGeneration) error {
	text, rows, err := w.queueList(ctx, in, all)
	if err == nil {
		w.edit(in, p, text, rows)
	}
	return err
}

// queueList renders the list, in the order in which it will be done, and its buttons.
func (w *Workers) queueList(ctx context.Context, in *incoming, all []storage.OpenGeneration) (text string, rows [][]telegram.Button, err error) {
	if len(all) == 0 {
		return in.texts.HTML(texts.MessageQueueEmpty, nil), nil, nil
	}
	var lines []texts.Markup
	var cancel []telegram.Button
	for i, g := range all[:min(len(all), queuePage)] {
		line, err := w.queueRow(ctx, in, i+1, g)
		if err != nil {
			return "", nil, err
		}
		lines = append(lines, line)
		if !g.CancelAsked && w.stops(g) {
			b := w.button(in, texts.ButtonCancel, telegram.OpQueueCancel, g.ID, "")
			b.Text = "✖️ " + strconv.Itoa(i+1)
			cancel = append(cancel, b)
		}
	}
	some := len(cancel) > 1 || len(all) > queuePage
	rows = slices.Collect(slices.Chunk(cancel, 5))
	last := telegram.Row(w.button(in, texts.ButtonRefresh, telegram.OpQueue, "", ""))
	if some {
		last = append(last, w.button(in, texts.ButtonQueueAll, telegram.OpQueueAll, "", ""))
	}
	return in.texts.HTML(texts.MessageQueue, map[string]any{
		"Rows": lines, "More": max(len(all)-queuePage, 0), "Count": credits(all),
	}), append(rows, last), nil
}

func (w *Workers) queueRow(ctx context.Context, in *incoming, n int, g storage.OpenGeneration) (texts.Markup, error) {
	s, err := w.standing(ctx, g.Generation)
	if err != nil {
		return "", err
	}
	status := texts.StatusHeld
	switch {
	case g.CancelAsked:
		status = texts.StatusCanceling
	case s.call != nil:
		status = texts.StatusGenerating
	}
	return in.texts.Markup(texts.RowQueue, map[string]any{
		"Prompt": strconv.Itoa(n) + ". " + g.Request.Prompt, "Status": in.texts.Plain(status, nil), "From": s.from, "Until": s.until,
	}), nil
}
