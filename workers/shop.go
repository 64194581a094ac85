package workers

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/shop"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Buying: a pack that somebody chose is an order, whose prices no longer change, and an invoice that carries its id. Telegram
// asks before the payment and tells after it (payment.go). A wish without the credits for it rides along with the order, so
// that the receipt can start it.

// buyLink is how deep links that buy begin: t.me/<bot>?start=buy, or buy_<pack>.
const buyLink = "buy"

// buyCommand shows what there is to buy.
func (w *Workers) buyCommand(ctx context.Context, in *incoming, _ string) error {
	return w.showPacks(ctx, in, "")
}

// showPacks shows what there is to buy, for a wish that waits or none.
func (w *Workers) showPacks(ctx context.Context, in *incoming, quote string) error {
	if w.Shop == nil {
		w.say(in, texts.MessageShopClosed, nil)
		return w.done(ctx, in)
	}
	acc, err := w.Store.Account(ctx, in.person.ID)
	if err != nil {
		return err
	}
	var lines []texts.Markup
	var rows [][]telegram.Button
	for _, p := range w.Shop.Packs() {
		lines = append(lines, in.texts.Markup(texts.RowPack, map[string]any{
			"Title": p.Title(in.texts.Language()), "Count": p.Credits(), "Stars": p.Stars, "Bonus": p.Bonus, "Monthly": p.Subscription,
		}))
		rows = append(rows, telegram.Row(w.packButton(in, p, quote)))
	}
	w.say(in, texts.MessageBuy, map[string]any{"Count": acc.Available(), "Rows": lines}, rows...)
	return w.done(ctx, in)
}

// packButton orders a pack, for a wish that waits or none.
func (w *Workers) packButton(in *incoming, p shop.Pack, quote string) telegram.Button {
	return telegram.Button{Text: in.texts.Plain(texts.NotePack, map[string]any{
		"Credits": p.Credits(), "Stars": p.Stars, "Percent": p.Percent(), "Monthly": p.Subscription,
	}), Data: w.signer.Data(telegram.OpBuy, p.ID+"-"+quote, in.person.TelegramID, "")}
}

// buyButtons are the way from a wish that lacks credits to the pack that has them. In a group it leads into the private chat.
func (w *Workers) buyButtons(in *incoming, lacking int64, quote string) (rows [][]telegram.Button) {
	if w.Shop == nil {
		return nil
	}
	best, ok := w.Shop.Enough(lacking)
	all := w.button(in, texts.ButtonPacks, telegram.OpBuy, "-"+quote, "")
	switch {
	case in.chat.Type != telegram.ChatPrivate:
		link := "https://t.me/" + w.BotName + "?start=" + buyLink
		return rowsOf(row(telegram.Button{Text: in.texts.Plain(texts.ButtonBuy, nil), URL: link}))
	case !ok:
		return rowsOf(row(all))
	}
	return rowsOf(row(w.packButton(in, best, quote), all))
}

// pressBuy orders a pack, or shows them all. Object: the pack or nothing, a dash, and the wish that waits or nothing.
func (w *Workers) pressBuy(ctx context.Context, in *incoming, p press) error {
	if ok, err := w.agreed(ctx, in); err != nil || !ok {
		return err
	}
	pack, quote, _ := strings.Cut(p.Object, "-")
	w.answer(in, p, "")
	if pack == "" {
		return w.showPacks(ctx, in, quote)
	}
	return w.order(ctx, in, pack, quote)
}

// order makes an order of a pack and its invoice. A pack that is no longer sold leads to those that are, and who has a
// subscription is shown it.
func (w *Workers) order(ctx context.Context, in *incoming, id, quote string) error {
	if w.Shop == nil {
		return w.showPacks(ctx, in, quote)
	}
	pack, ok := w.Shop.Pack(id)
	if !ok {
		return w.showPacks(ctx, in, quote)
	}
	if in.person.Ban.Active(time.Now()) { // a deep link gets here all the same
		return w.bar(ctx, in)
	}
	if pack.Subscription {
		has, err := w.hasSubscription(ctx, in)
		if err != nil || has {
			return err
		}
	}
	o, err := w.newOrder(in, pack, quote)
	if err != nil {
		return err
	}
	w.tell(in, w.invoice(in, pack, o))
	err = w.openOrder(ctx, in, o)
	if errors.Is(err, storage.ErrConsumed) && in.message != nil { // a link opened twice
		in.effect.Sends = nil
		return w.done(ctx, in)
	}
	return err
}

// newOrder is an order of a pack, for a wish that waits or none.
func (w *Workers) newOrder(in *incoming, p shop.Pack, quote string) (o storage.Order, err error) {
	o = storage.Order{User: in.person.ID, Pack: p.ID, Stars: p.Stars, Credits: p.Credits(), Period: p.Period(), Quote: quote}
	o.ID, err = w.Store.NewID()
	return o, err
}

// openOrder commits an order, with what is said about it.
func (w *Workers) openOrder(ctx context.Context, in *incoming, o storage.Order) error {
	out, err := w.Store.OpenOrder(ctx, in.effect, o)
	if err == nil {
		w.Metrics.orders.WithLabelValues(o.Pack).Inc()
		w.post(ctx, out)
	}
	return err
}

// invoice offers an order. Telegram sells a subscription only through a link.
func (w *Workers) invoice(in *incoming, p shop.Pack, o storage.Order) messageBody {
	body := w.body(in, texts.MessageSubscribe, map[string]any{"Count": o.Credits, "Stars": o.Stars})
	about := p.About(in.texts.Language())
	if about == "" {
		about = in.texts.Plain(texts.NoteInvoice, map[string]any{"Count": o.Credits})
	}
	body.Invoice = &invoiceBody{Invoice: telegram.Invoice{
		Title: p.Title(in.texts.Language()), About: about, Payload: o.ID, Stars: o.Stars, Period: o.Period, Start: buyLink + "_" + p.ID,
	}, Link: in.texts.Plain(texts.ButtonSubscribe, nil)}
	return body
}

// sendInvoice sends an invoice, or of a subscription a message with the link to it.
func (w *Workers) sendInvoice(ctx context.Context, b messageBody) (storage.Shown, error) {
	offer := b.Invoice.Invoice
	if offer.Period == 0 {
		return one(w.Telegram.SendInvoice(ctx, b.Chat, offer))
	}
	offer.Start = ""
	link, err := w.Telegram.InvoiceLink(ctx, offer)
	if err != nil {
		return storage.Shown{}, err
	}
	return one(w.Telegram.SendMessage(ctx, telegram.Text{
		ChatID: b.Chat, HTML: b.Text, Keyboard: telegram.Keyboard{telegram.Row(telegram.Button{Text: b.Invoice.Link, URL: link})},
	}))
}

// subscribes reports whether there is a subscription to buy.
func (w *Workers) subscribes() bool {
	if w.Shop == nil {
		return false
	}
	_, ok := w.Shop.Subscription()
	return ok
}
