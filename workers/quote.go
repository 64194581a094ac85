package workers

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// A wish that does not start at once is a quote: because it costs more than its person wants to spend unasked, because
// they lack the credits, or because who should paint cannot be reached. Its buttons name the quote and which of its wishes
// they start: the one that was asked for, or another model's.

// dearAt is how much faster a model has to be to be offered at a higher price: it takes less than this share of the time.
const dearAt = 0.8

// longDown is how long a model may ask to be left alone and still count as there: the wish just waits in line.
const longDown = 30 * time.Second

// priced is a wish beside how long it takes.
type priced struct {
	ask
	took estimate
}

// kept is what a quote keeps of a wish.
func (a ask) kept() storage.Wish {
	return storage.Wish{
		Request: a.request, Params: a.params, Model: a.model, Operation: a.operation, Parent: a.parent, ParentN: a.parentN, Price: a.price,
	}
}

// askOf is the wish that a quote kept.
func askOf(k storage.Wish) ask {
	return ask{
		request: k.Request, params: k.Params, model: k.Model, operation: k.Operation, parent: k.Parent, parentN: k.ParentN, price: k.Price,
	}
}

// routeAsk is what a wish wants of a route.
func (a ask) routeAsk() providers.Ask {
	return routeAsk(storage.Generation{Model: a.model, Operation: a.operation, Request: a.request, Params: a.params}, nil)
}

// possible reports whether anybody could ever serve the wish.
func (w *Workers) possible(a ask) bool {
	m, ok := w.Router.Model(a.model)
	return ok && m.Can(providers.Operation(a.operation)) && w.Router.Possible(a.routeAsk())
}

// down reports whether nobody can serve the wish now, and not soon either.
func (w *Workers) down(ctx context.Context, a ask) bool {
	all, err := w.Router.Explain(ctx, a.routeAsk())
	if err != nil {
		return false // the shared records are away, which says nothing about the model
	}
	alone := false
	for _, c := range all {
		switch c.Verdict {
		case providers.Chosen, providers.Standby, providers.StillRamped, providers.AllInUse:
			return false
		case providers.LeftAlone, providers.OverBudget, providers.SwitchedOff:
			if c.State != providers.StateDisabled && c.Wait < longDown {
				return false
			}
			alone = true
		}
	}
	return alone
}

// by is the same wish by another model, which may lack the size or the quality.
func (w *Workers) by(a ask, m providers.Model) ask {
	size := m.Nearest(providers.Size{Width: a.params.Width, Height: a.params.Height})
	a.model, a.params.Width, a.params.Height = m.Name, size.Width, size.Height
	if !slices.Contains(m.Qualities, providers.Quality(a.params.Quality)) {
		a.params.Quality = ""
	}
	a.price = w.price(a.model, a.operation, a.params)
	return a
}

// eta is when a wish would be done if it started now.
func (w *Workers) eta(ctx context.Context, in *incoming, a ask) (estimate, error) {
	g := storage.Generation{User: in.person.ID, Model: a.model, Operation: a.operation, Params: a.params}
	return w.estimate(ctx, g, in.person.Tier)
}

// others are the same wish by every other model that can start it now.
func (w *Workers) others(ctx context.Context, in *incoming, a ask) (all []priced, err error) {
	if op := providers.Operation(a.operation); op != providers.Generate && op != providers.Edit {
		return nil, nil // the size says more than what to paint
	}
	for _, o := range w.choices() {
		m, ok := w.Router.Model(o.Name)
		if !ok || o.Name == a.model {
			continue
		}
		other := w.by(a, m)
		if !w.possible(other) || w.down(ctx, other) {
			continue
		}
		took, err := w.eta(ctx, in, other)
		if err != nil {
			return nil, err
		}
		all = append(all, priced{other, took})
	}
	return all, nil
}

// beside are at most two of the others: the cheapest that costs less, and the fastest that is clearly faster for more.
func beside(a priced, others []priced) (all []priced) {
	cheaper := slices.DeleteFunc(slices.Clone(others), func(o priced) bool { return o.price >= a.price })
	faster := slices.DeleteFunc(slices.Clone(others), func(o priced) bool {
		return o.price < a.price || float64(o.took.P50) > dearAt*float64(a.took.P50)
	})
	if len(cheaper) > 0 {
		all = append(all, slices.MinFunc(cheaper, func(a, b priced) int {
			return cmp.Or(cmp.Compare(a.price, b.price), cmp.Compare(a.took.P50, b.took.P50))
		}))
	}
	if len(faster) > 0 {
		all = append(all, slices.MinFunc(faster, func(a, b priced) int {
			return cmp.Or(cmp.Compare(a.took.P50, b.took.P50), cmp.Compare(a.price, b.price))
		}))
	}
	return all
}

// offered is a quote as people see it.
type offered struct {
	wishes []priced // the one that was asked for, then the others
	text   string
	start  texts.Key // the button that starts the first
	lacks  int64     // credits that are missing for it
}

// offer puts a wish beside its others, with the price, how long it takes and what remains.
func (w *Workers) offer(ctx context.Context, in *incoming, a ask, balance int64) (offered, error) {
	took, err := w.eta(ctx, in, a)
	if err != nil {
		return offered{}, err
	}
	others, err := w.others(ctx, in, a)
	if err != nil {
		return offered{}, err
	}
	first := priced{a, took}
	return offered{append([]priced{first}, beside(first, others)...), in.texts.HTML(texts.MessageQuote, map[string]any{
		"Count": a.price, "Title": w.title(a.model, in.texts), "Prompt": a.request.Prompt, "From": round(took.P50), "Until": round(took.P90),
		"Left": balance - a.price, "Private": in.chat.Type == telegram.ChatPrivate,
	}), texts.ButtonStart, 0}, nil
}

// buttons of a quote. Each that spends carries a nonce of its own.
func (o offered) buttons(w *Workers, in *incoming, id string) (rows [][]telegram.Button) {
	start := func(n int) string {
		return w.signer.Data(telegram.OpStart, id+"-"+strconv.Itoa(n), in.person.TelegramID, newNonce())
	}
	if o.lacks > 0 {
		rows = w.buyButtons(in, o.lacks, id)
	}
	first := in.texts.Plain(o.start, nil)
	if o.start == texts.ButtonWait { // the text says nothing of its price
		first += " · " + strconv.FormatInt(o.wishes[0].price, 10)
	}
	rows = append(rows, telegram.Row(telegram.Button{Text: first, Data: start(0)}))
	for n, other := range o.wishes[1:] {
		mark := "🪙 "
		if other.price >= o.wishes[0].price {
			mark = "⚡ "
		}
		rows = append(rows, telegram.Row(telegram.Button{Text: mark + in.texts.Plain(texts.NoteRival, map[string]any{
			"Title": w.title(other.model, in.texts), "Credits": other.price, "Typical": round(other.took.P50),
		}), Data: start(n + 1)}))
	}
	return append(rows, telegram.Row(w.button(in, texts.ButtonNotNow, telegram.OpDrop, id, "")))
}

// keep says what is offered and keeps it. A button that asked for it is not used up.
func (w *Workers) keep(ctx context.Context, in *incoming, o offered, more ...telegram.Button) error {
	id, err := w.Store.NewID()
	if err != nil {
		return err
	}
	rows := append(o.buttons(w, in, id), more)
	w.tell(in, messageBody{Chat: in.chat.ID, Thread: in.thread(), ReplyTo: in.replyTo(), Text: o.text, Keyboard: rows})
	in.effect.Nonce = ""
	out, err := w.Store.AddQuote(ctx, in.effect, storage.Quote{ID: id, User: in.person.ID, Wishes: o.kept()})
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

func (o offered) kept() (all []storage.Wish) {
	for _, p := range o.wishes {
		all = append(all, p.kept())
	}
	return all
}

// askFirst says what a wish costs and waits for a yes. What cannot be paid is said at once.
func (w *Workers) askFirst(ctx context.Context, in *incoming, a ask) error {
	acc, err := w.Store.Account(ctx, in.person.ID)
	if err != nil {
		return err
	}
	spent, err := w.Store.Spent(ctx, in.person.ID)
	switch limit := in.person.Settings.Cap; {
	case err != nil:
		return err
	case acc.Available() < a.price:
		return w.notReserved(ctx, in, a, storage.ErrInsufficient)
	case limit > 0 && spent+a.price > limit:
		return w.notReserved(ctx, in, a, storage.ErrCapped)
	}
	o, err := w.offer(ctx, in, a, acc.Available())
	if err != nil {
		return err
	}
	if a.waits != nil {
		a.waits()
	}
	return w.keep(ctx, in, o)
}

// instead offers who can paint now, because the one who should cannot be reached. It reports false where nobody else can:
// then the wish waits in line.
func (w *Workers) instead(ctx context.Context, in *incoming, a ask) (bool, error) {
	others, err := w.others(ctx, in, a)
	if err != nil || len(others) == 0 {
		return false, err
	}
	slices.SortStableFunc(others, func(x, y priced) int { return cmp.Compare(max(x.price, a.price), max(y.price, a.price)) })
	o := offered{append([]priced{{ask: a}}, others[:min(2, len(others))]...), in.texts.HTML(texts.MessageQuoteDown, map[string]any{
		"Title": w.title(a.model, in.texts), "Prompt": a.request.Prompt,
	}), texts.ButtonWait, 0}
	if a.waits != nil {
		a.waits()
	}
	return true, w.keep(ctx, in, o)
}

// shelve says why a wish cannot start, and keeps it: once the reason is gone, one tap starts it.
func (w *Workers) shelve(ctx context.Context, in *incoming, a ask, key texts.Key, data map[string]any, more ...telegram.Button) error {
	return w.keep(ctx, in, offered{[]priced{{ask: a}}, in.texts.HTML(key, data), texts.ButtonStart, 0}, more...)
}

// pressStart starts a wish of a quote: at its price as long as that holds, and after that only once the person saw the
// new one.
func (w *Workers) pressStart(ctx context.Context, in *incoming, p press) error {
	if ok, err := w.agreed(ctx, in); err != nil || !ok {
		return err
	}
	id, which, _ := strings.Cut(strings.TrimSuffix(p.Object, receiptMark), "-")
	q, err := w.Store.OwnQuote(ctx, in.person.ID, id)
	n, bad := strconv.Atoi(which)
	switch {
	case errors.Is(err, storage.ErrNotFound), err == nil && (bad != nil || n >= len(q.Wishes)):
		return w.gone(ctx, in, p, texts.AnswerExpired)
	case err != nil:
		return err
	case q.Used:
		return w.gone(ctx, in, p, texts.AnswerDone)
	}
	a := askOf(q.Wishes[n])
	a.quote = q.ID
	a.done = func() {
		w.answer(in, p, texts.AnswerWorking)
		if p.onReceipt() {
			w.edit(in, p, "", nil)
			return
		}
		w.unsay(in, p)
	}
	a.refused = func() { w.answer(in, p, texts.AnswerNoCredits) }
	a.waits = func() { w.answer(in, p, "") }
	if !w.possible(a) {
		return w.gone(ctx, in, p, texts.AnswerExpired)
	}
	if ok, err := w.permitted(ctx, in, a); err != nil || !ok { // rules and standing may be others by now
		return err
	}
	err = w.begin(ctx, in, a)
	if errors.Is(err, storage.ErrExpired) {
		return w.requote(ctx, in, p, q, a)
	}
	return err
}

// gone answers a press that has nothing to do any more.
func (w *Workers) gone(ctx context.Context, in *incoming, p press, key texts.Key) error {
	in.effect.Nonce = ""
	w.answer(in, p, key)
	return w.done(ctx, in)
}

// unsay takes away the message whose button was pressed.
func (w *Workers) unsay(in *incoming, p press) {
	if id := p.messageID(); id != 0 {
		in.effect.Sends = append(in.effect.Sends, storage.Send{
			User: in.person.ID, Kind: storage.SendDelete, Body: deleteBody{Chat: in.chat.ID, Messages: []int64{id}},
		})
	}
}

// requote changes the message into one with today's price.
func (w *Workers) requote(ctx context.Context, in *incoming, p press, q storage.Quote, a ask) error {
	acc, err := w.Store.Account(ctx, in.person.ID)
	if err != nil {
		return err
	}
	a.price = w.price(a.model, a.operation, a.params)
	in.effect.Nonce = ""
	if acc.Available() < a.price {
		a.refused()
		return w.done(ctx, in)
	}
	o, err := w.offer(ctx, in, a, acc.Available())
	if err != nil {
		return err
	}
	q.Wishes = o.kept()
	w.answer(in, p, texts.AnswerQuoteRenewed)
	if rows := o.buttons(w, in, q.ID); p.onReceipt() {
		w.edit(in, p, "", nil)
		w.tell(in, messageBody{Chat: in.chat.ID, Text: o.text, Keyboard: rows})
	} else {
		w.edit(in, p, o.text, rows)
	}
	out, err := w.Store.RenewQuote(ctx, in.effect, q)
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// pressDrop turns a quote down.
func (w *Workers) pressDrop(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, "")
	w.edit(in, p, in.texts.HTML(texts.MessageQuoteDropped, nil), nil)
	out, err := w.Store.DropQuote(ctx, in.effect, in.person.ID, p.Object)
	if errors.Is(err, storage.ErrNotFound) {
		in.effect.Sends = nil
		return w.gone(ctx, in, p, texts.AnswerExpired)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// cost says what a generation costs and, where nobody else reads it, what remains; empty for a free one.
func (w *Workers) cost(ctx context.Context, p texts.Printer, owner storage.Person, g storage.Generation) (string, error) {
	if g.Price == 0 {
		return "", nil
	}
	acc, err := w.Store.Account(ctx, owner.ID)
	if err != nil {
		return "", err
	}
	return "\n" + p.HTML(texts.RowCost, map[string]any{
		"Count": g.Price, "Left": acc.Available(), "Private": g.Request.Chat == owner.TelegramID,
	}), nil
}
