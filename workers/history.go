package workers

import (
	"context"
	"strconv"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// historyPage is how many generations one page shows.
const historyPage = 8

func (w *Workers) historyCommand(ctx context.Context, in *incoming, _ string) error {
	text, rows, err := w.history(ctx, in, "")
	if err != nil {
		return err
	}
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		User: in.person.ID, Kind: storage.SendMessage, Body: messageBody{Chat: in.chat.ID, Text: text, Keyboard: rows},
	})
	return w.done(ctx, in)
}

// turnPage is the press that shows other rows of the history in the same message.
func (w *Workers) turnPage(ctx context.Context, in *incoming, p press) error {
	before := p.Object
	if before == newest {
		before = ""
	}
	text, rows, err := w.history(ctx, in, before)
	if err != nil {
		return err
	}
	w.answer(in, p, "")
	w.edit(in, p, text, rows)
	return w.done(ctx, in)
}

// newest is the cursor of the first page.
const newest = "0"

// history renders a page: a numbered list, a button per result that shows it again, and the way to other pages.
func (w *Workers) history(ctx context.Context, in *incoming, before string) (text string, rows [][]telegram.Button, err error) {
	all, err := w.Store.History(ctx, in.person.ID, before, historyPage+1)
	if err != nil {
		return "", nil, err
	}
	if len(all) == 0 {
		return in.texts.HTML(texts.MessageHistoryEmpty, nil), nil, nil
	}
	more := len(all) > historyPage
	all = all[:min(len(all), historyPage)]
	var lines []texts.Markup
	var show []telegram.Button
	for i, g := range all {
		lines = append(lines, in.texts.Markup(texts.RowHistory, map[string]any{
			"Prompt": strconv.Itoa(i+1) + ". " + g.Request.Prompt, "Status": in.texts.Plain(statusText(g.Status), nil), "When": g.Created,
		}))
		if g.Status == storage.StatusDelivered || g.Status == storage.StatusUndeliverable {
			b := w.button(in, texts.ButtonShow, telegram.OpShow, g.ID, "")
			b.Text = "👀 " + strconv.Itoa(i+1)
			show = append(show, b)
		}
	}
	for len(show) > 0 {
		n := min(4, len(show))
		rows, show = append(rows, show[:n]), show[n:]
	}
	var turn []telegram.Button
	if before != "" {
		turn = append(turn, w.button(in, texts.ButtonNewer, telegram.OpHistory, newest, ""))
	}
	if more {
		turn = append(turn, w.button(in, texts.ButtonOlder, telegram.OpHistory, all[len(all)-1].ID, ""))
	}
	if len(turn) > 0 {
		rows = append(rows, turn)
	}
	return in.texts.HTML(texts.MessageHistory, map[string]any{"Rows": lines}), rows, nil
}

func statusText(s storage.Status) texts.Key { return texts.Key("status." + string(s)) }
