package workers

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// The history is one picture with a number for each result, which leafing replaces. Where somebody is, and what they have
// picked, is a row; its buttons say what to do with it and name generations by the end of their ids, so that an old one
// never means another picture.

// historyPage is how many generations one page shows: three rows of three.
const historyPage = 9

// historyWords is how much of what somebody looks for is kept, in characters.
const historyWords = 100

// What the buttons of the history do.
const (
	leafPage      = "p" // and its number
	leafAll       = "a"
	leafFavorites = "f"
	leafPick      = "s"
	leafStop      = "x"
	leafToggle    = "t" // and the end of an id
	leafAsk       = "d"
)

// idEnd tells the generations of one person apart.
const idEnd = 14

// historyCommand shows what the person made, or of that what has some words in its prompt.
func (w *Workers) historyCommand(ctx context.Context, in *incoming, args string) error {
	id, err := w.Store.NewID()
	if err != nil {
		return err
	}
	l := &leafing{Workers: w, in: in, Browse: storage.Browse{ID: id, Starts: []string{""}}}
	l.Filter.Words = texts.Clip(historyWords, clean(args))
	if err := l.open(ctx, 0); err != nil {
		return err
	}
	switch {
	case len(l.shown) > 0:
		in.effect.Sends = append(in.effect.Sends, storage.Send{User: in.person.ID, Kind: storage.SendMessage, Body: messageBody{
			Chat: in.chat.ID, Text: l.caption(), Sheet: sheetOf(l.shown), Keyboard: l.buttons(),
		}})
		return l.save(ctx)
	case l.Filter.Words != "":
		w.say(in, texts.MessageHistoryNone, map[string]any{"Words": l.Filter.Words})
	default:
		w.say(in, texts.MessageHistoryEmpty, nil)
	}
	return w.done(ctx, in)
}

// leafing is a person on a page of the history.
type leafing struct {
	*Workers
	storage.Browse
	in    *incoming
	shown []storage.Generation
}

// open moves to a page and reads it. One that has become empty gives way to the first.
func (l *leafing) open(ctx context.Context, page int) (err error) {
	if page < 0 || page >= len(l.Starts) {
		page = 0
	}
	if l.shown, err = l.Store.Search(ctx, l.in.person.ID, l.Filter, l.Starts[page], historyPage+1); err != nil {
		return err
	}
	if len(l.shown) == 0 && page > 0 {
		return l.open(ctx, 0)
	}
	l.Page, l.Starts, l.Rows = page, l.Starts[:page+1], nil
	if len(l.shown) > historyPage {
		l.shown = l.shown[:historyPage]
		l.Starts = append(l.Starts, l.shown[historyPage-1].ID)
	}
	for _, g := range l.shown {
		l.Rows = append(l.Rows, g.ID)
	}
	return nil
}

// save commits the update with where the person is now.
func (l *leafing) save(ctx context.Context) error {
	out, err := l.Store.SaveBrowse(ctx, l.in.effect, l.in.person.ID, l.Browse)
	if err == nil {
		l.post(ctx, out)
	}
	return err
}

// leaf is a press under the history.
func (w *Workers) leaf(ctx context.Context, in *incoming, p press) error {
	id, do, _ := strings.Cut(p.Object, "-")
	b, err := w.Store.Browse(ctx, in.person.ID, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && do == "" && p.Op == telegram.OpBrowse {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	l := &leafing{Workers: w, in: in, Browse: b}
	switch {
	case p.Op == telegram.OpBrowseDelete:
		return l.deletePicked(ctx, p)
	case do[:1] == leafPage, do == leafAll, do == leafFavorites:
		return l.turn(ctx, p, do)
	}
	return l.pick(ctx, p, do)
}

// turn shows another page, or other pictures.
func (l *leafing) turn(ctx context.Context, p press, do string) error {
	page, _ := strconv.Atoi(do[1:])
	if do == leafAll || do == leafFavorites {
		l.Filter.Favorites, l.Starts, page = do == leafFavorites, []string{""}, 0
	}
	if err := l.open(ctx, page); err != nil {
		return err
	}
	if len(l.shown) == 0 {
		l.answer(l.in, p, texts.AnswerNoFavorites)
		return l.done(ctx, l.in)
	}
	l.answer(l.in, p, "")
	l.redraw(p)
	return l.save(ctx)
}

// redraw owes the page that is open now, in place of the one before.
func (l *leafing) redraw(p press) {
	if p.query.Message == nil {
		return
	}
	l.in.effect.Sends = append(l.in.effect.Sends, storage.Send{User: l.in.person.ID, Kind: storage.SendEdit, Body: editBody{
		Chat: l.in.chat.ID, Message: p.messageID(), Text: l.caption(), Sheet: sheetOf(l.shown), Keyboard: l.buttons(),
	}})
}

// pick begins or ends picking, picks a picture or puts it back, or asks whether to delete what is picked.
func (l *leafing) pick(ctx context.Context, p press, do string) error {
	switch do {
	case leafPick:
		l.Picking = true
	case leafStop:
		l.Picking, l.Picked = false, nil
	case leafAsk:
	default:
		i := slices.IndexFunc(l.Rows, func(id string) bool { return leafToggle+end(id) == do })
		if i < 0 {
			return l.expired(ctx, l.in, p)
		}
		if at := slices.Index(l.Picked, l.Rows[i]); at >= 0 {
			l.Picked = slices.Delete(l.Picked, at, at+1)
		} else {
			l.Picked = append(l.Picked, l.Rows[i])
		}
	}
	rows := l.buttons()
	if do == leafAsk && len(l.Picked) > 0 {
		yes := l.button(l.in, texts.ButtonDeleteYes, telegram.OpBrowseDelete, l.ID, newNonce())
		rows = rowsOf(row(counted(yes, len(l.Picked)), l.button(l.in, texts.ButtonDeleteNo, telegram.OpBrowse, l.ID+"-"+leafPick, "")))
	}
	l.answer(l.in, p, "")
	l.edit(l.in, p, "", rows)
	return l.save(ctx)
}

// deletePicked deletes what is picked, and then shows what is left. The second is only for the eye: the first is done
// without it.
func (l *leafing) deletePicked(ctx context.Context, p press) error {
	var all []storage.Generation
	for _, id := range l.Picked {
		g, err := l.Store.OwnGeneration(ctx, l.in.person.ID, id)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if err == nil {
			all = append(all, g)
		}
	}
	l.answer(l.in, p, texts.AnswerDeleted)
	err := l.deleteAll(ctx, l.in, all, deleteBody{Chat: l.in.chat.ID})
	if errors.Is(err, storage.ErrNotFound) {
		l.in.effect.Sends = nil
		return l.expired(ctx, l.in, p)
	}
	if err != nil {
		return err
	}
	l.in.effect = storage.Effect{User: l.in.person.ID}
	l.Picking, l.Picked = false, nil
	if err := l.open(ctx, l.Page); err != nil {
		return err
	}
	if l.redraw(p); len(l.shown) == 0 {
		l.in.effect.Sends = nil
		l.remove(l.in, deleteBody{Chat: l.in.chat.ID, Messages: []int64{p.messageID()}})
	}
	return l.save(ctx)
}

// end is the part of an id that its buttons carry.
func end(id string) string { return id[max(len(id)-idEnd, 0):] }

// counted adds a number to what a button says.
func counted(b telegram.Button, n int) telegram.Button {
	b.Text += " " + strconv.Itoa(n)
	return b
}

// caption names what is on the page. Results need no word about how they ended.
func (l *leafing) caption() string {
	rows := make([]texts.Markup, 0, len(l.shown))
	for i, g := range l.shown {
		mark := strconv.Itoa(i+1) + ". "
		if g.Favorite {
			mark += "⭐ "
		}
		status := ""
		if g.Status != storage.StatusDelivered {
			status = l.in.texts.Plain(statusText(g.Status), nil)
		}
		rows = append(rows, l.in.texts.Markup(texts.RowHistory, map[string]any{"Prompt": mark + g.Request.Prompt, "Status": status, "When": g.Created}))
	}
	return l.in.texts.HTML(texts.CaptionHistory, map[string]any{"Rows": rows, "Words": l.Filter.Words, "Favorites": l.Filter.Favorites})
}

// buttons stand under the page: a number for each picture, the way to other pages, and what else can be done.
func (l *leafing) buttons() [][]telegram.Button {
	var rows [][]telegram.Button
	for three := range slices.Chunk(l.Rows, 3) {
		var numbers []telegram.Button
		for i, id := range three {
			numbers = append(numbers, l.number(3*len(rows)+i+1, id))
		}
		rows = append(rows, numbers)
	}
	var turn []telegram.Button
	if l.Page > 0 {
		turn = append(turn, l.leafButton(texts.ButtonNewer, leafPage+strconv.Itoa(l.Page-1)))
	}
	if l.Page+1 < len(l.Starts) {
		turn = append(turn, l.leafButton(texts.ButtonOlder, leafPage+strconv.Itoa(l.Page+1)))
	}
	return append(rows, rowsOf(turn, l.doing(), row(l.appButton(l.in, texts.ButtonApp, appGallery)))...)
}

// number is the button of a picture: it shows it, or picks it.
func (l *leafing) number(n int, id string) telegram.Button {
	b := telegram.Button{Text: strconv.Itoa(n), Data: l.signer.Data(telegram.OpShow, id, l.in.person.TelegramID, "")}
	if !l.Picking {
		return b
	}
	b.Text = "☐ " + b.Text
	if slices.Contains(l.Picked, id) {
		b.Text = "☑ " + strconv.Itoa(n)
	}
	b.Data = l.signer.Data(telegram.OpBrowse, l.ID+"-"+leafToggle+end(id), l.in.person.TelegramID, "")
	return b
}

// doing are the buttons of the last row.
func (l *leafing) doing() []telegram.Button {
	switch {
	case l.Picking && len(l.Picked) > 0:
		return row(counted(l.leafButton(texts.ButtonDelete, leafAsk), len(l.Picked)), l.leafButton(texts.ButtonPickDone, leafStop))
	case l.Picking:
		return row(l.leafButton(texts.ButtonPickDone, leafStop))
	case l.Filter.Favorites:
		return row(l.leafButton(texts.ButtonAll, leafAll), l.leafButton(texts.ButtonPick, leafPick))
	}
	return row(l.leafButton(texts.ButtonFavorites, leafFavorites), l.leafButton(texts.ButtonPick, leafPick))
}

func (l *leafing) leafButton(key texts.Key, do string) telegram.Button {
	return l.button(l.in, key, telegram.OpBrowse, l.ID+"-"+do, "")
}

func statusText(s storage.Status) texts.Key { return texts.Key("status." + string(s)) }
