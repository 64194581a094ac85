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

// movementPage is how many movements one page shows: two rows of four.
const movementPage = 8

// What the buttons of the ledger do.
const (
	ledgerPage    = "p" // and its number
	ledgerReceipt = "r" // and the number of the row, from 0
)

// ledgerCommand shows every credit that came or went, newest first.
func (w *Workers) ledgerCommand(ctx context.Context, in *incoming, _ string) error {
	id, err := w.Store.NewID()
	if err != nil {
		return err
	}
	m := &moving{Workers: w, in: in, Browse: storage.Browse{ID: id, Starts: []string{""}}}
	if err := m.open(ctx, 0); err != nil {
		return err
	}
	if len(m.shown) == 0 {
		w.say(in, texts.MessageLedgerEmpty, nil)
		return w.done(ctx, in)
	}
	w.tell(in, messageBody{Chat: in.chat.ID, Text: m.text(), Keyboard: m.buttons()})
	return m.save(ctx)
}

// moving is a person on a page of their movements.
type moving struct {
	*Workers
	storage.Browse
	in    *incoming
	shown []storage.Movement
}

// open moves to a page and reads it.
func (m *moving) open(ctx context.Context, page int) error {
	if page < 0 || page >= len(m.Starts) {
		page = 0
	}
	shown, more, err := m.Store.Movements(ctx, m.in.person.ID, m.Starts[page], movementPage)
	if err != nil {
		return err
	}
	m.shown, m.Page, m.Starts, m.Rows = shown, page, m.Starts[:page+1], nil
	for _, one := range shown {
		m.Rows = append(m.Rows, one.ID)
	}
	if more {
		m.Starts = append(m.Starts, m.Rows[len(m.Rows)-1])
	}
	return nil
}

func (m *moving) save(ctx context.Context) error {
	out, err := m.Store.SaveBrowse(ctx, m.in.effect, m.in.person.ID, m.Browse)
	if err == nil {
		m.post(ctx, out)
	}
	return err
}

// pressLedger opens the movements, turns a page, or shows the receipt of a row.
func (w *Workers) pressLedger(ctx context.Context, in *incoming, p press) error {
	id, do, _ := strings.Cut(p.Object, "-")
	if id == "" {
		w.answer(in, p, "")
		return w.ledgerCommand(ctx, in, "")
	}
	b, err := w.Store.Browse(ctx, in.person.ID, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && len(do) < 2 {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(do[1:])
	if do[:1] == ledgerReceipt {
		if n < 0 || n >= len(b.Rows) {
			return w.expired(ctx, in, p)
		}
		w.answer(in, p, "")
		return w.proof(ctx, in, b.Rows[n])
	}
	m := &moving{Workers: w, in: in, Browse: b}
	if err := m.open(ctx, n); err != nil {
		return err
	}
	w.answer(in, p, "")
	w.edit(in, p, m.text(), m.buttons())
	return m.save(ctx)
}

func (m *moving) text() string {
	rows := make([]texts.Markup, 0, len(m.shown))
	for i, one := range m.shown {
		change := "✓" // settles what another one set aside
		if one.Credits != 0 {
			change = signed(one.Credits)
		}
		rows = append(rows, m.in.texts.Markup(texts.RowMovement, map[string]any{
			"Number": i + 1, "Change": change, "What": what(m.in.texts, one), "When": one.At,
		}))
	}
	return m.in.texts.HTML(texts.MessageLedger, map[string]any{"Rows": rows})
}

// buttons are a number for each movement, and the way to other pages.
func (m *moving) buttons() [][]telegram.Button {
	var all, turn []telegram.Button
	for i := range m.shown {
		all = append(all, m.sign(strconv.Itoa(i+1), ledgerReceipt+strconv.Itoa(i)))
	}
	if m.Page > 0 {
		turn = append(turn, m.sign(m.in.texts.Plain(texts.ButtonNewer, nil), ledgerPage+strconv.Itoa(m.Page-1)))
	}
	if m.Page+1 < len(m.Starts) {
		turn = append(turn, m.sign(m.in.texts.Plain(texts.ButtonOlder, nil), ledgerPage+strconv.Itoa(m.Page+1)))
	}
	return append(grid(all, movementPage/2), rowsOf(turn)...)
}

func (m *moving) sign(text, do string) telegram.Button {
	return telegram.Button{Text: text, Data: m.signer.Data(telegram.OpLedger, m.ID+"-"+do, m.in.person.TelegramID, "")}
}

// signed writes what a movement changed, with its sign.
func signed(n int64) string {
	switch {
	case n > 0:
		return "+" + strconv.FormatInt(n, 10)
	case n < 0:
		return "−" + strconv.FormatInt(-n, 10)
	}
	return "0"
}

// what says in words what a movement was.
func what(p texts.Printer, m storage.Movement) string {
	switch m.Kind {
	case "hold":
		return p.Plain(texts.NoteMoveHold, nil)
	case "capture":
		return p.Plain(texts.NoteMoveCapture, map[string]any{"Credits": -m.Posted})
	case "release":
		return p.Plain(texts.NoteMoveRelease, nil)
	case "refund":
		return p.Plain(texts.NoteMoveRefund, nil)
	case "clawback":
		return p.Plain(texts.NoteMoveClawback, nil)
	case "expire":
		return p.Plain(texts.NoteMoveExpire, nil)
	case "take":
		if storage.PaidDebt(m) {
			return p.Plain(texts.NoteMoveDebt, nil)
		}
		return p.Plain(texts.NoteMoveTake, nil)
	case "gift":
		if m.Posted < 0 {
			return p.Plain(texts.NoteMoveGiven, nil)
		}
	}
	return p.Plain(sourceText(m.Source), nil)
}

// proof shows the receipt of a movement.
func (w *Workers) proof(ctx context.Context, in *incoming, id string) error {
	m, err := w.Store.Movement(ctx, in.person.ID, id)
	if err != nil {
		return err
	}
	token, err := w.Store.MakeReceipt(ctx, in.person.ID, id)
	if err != nil {
		return err
	}
	w.say(in, texts.MessageReceipt, map[string]any{
		"Change": signed(m.Credits), "What": what(in.texts, m), "When": m.At, "Left": m.Balance, "Token": token,
	})
	return w.done(ctx, in)
}

// checkCommand says whether a receipt is genuine, whoever shows it.
func (w *Workers) checkCommand(ctx context.Context, in *incoming, args string) error {
	token := strings.Join(strings.Fields(args), "")
	if token == "" {
		w.say(in, texts.MessageCheckHow, nil)
		return w.done(ctx, in)
	}
	if e, err := w.Store.CheckErasure(token); err == nil {
		w.say(in, texts.MessageCheckErased, map[string]any{"Asked": e.Asked, "When": e.Erased})
		return w.done(ctx, in)
	}
	r, err := w.Store.CheckReceipt(ctx, token)
	switch {
	case errors.Is(err, storage.ErrForged):
		w.say(in, texts.MessageCheckBad, nil)
	case err != nil:
		return err
	case !r.Intact:
		w.say(in, texts.MessageCheckChanged, nil)
	default:
		w.say(in, texts.MessageCheckGood, map[string]any{
			"Change": signed(r.Movement.Credits), "What": what(in.texts, r.Movement), "When": r.Movement.At, "Own": r.User == in.person.ID,
		})
	}
	return w.done(ctx, in)
}
