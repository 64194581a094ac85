package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/shop"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// WebMovement is a credit that came or went, as the Mini App shows it.
type WebMovement struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Kind       string    `json:"kind"`   // of the transfer
	Amount     int64     `json:"amount"` // what it changed of what can be spent
	Note       string    `json:"note"`
	Balance    int64     `json:"balance"` // what could be spent after it
	Generation string    `json:"generation,omitempty"`
}

// WebLedger is a page of movements, and where the next one goes on: empty at the end.
type WebLedger struct {
	Items []WebMovement `json:"items"`
	Next  string        `json:"next"`
}

// WebLedger is a page of a person's movements, newest first.
func (w *Workers) WebLedger(ctx context.Context, p storage.Person, before string, limit int) (WebLedger, error) {
	shown, more, err := w.Store.Movements(ctx, p.ID, before, limit)
	page := WebLedger{Items: []WebMovement{}}
	for _, m := range shown {
		page.Items = append(page.Items, WebMovement{m.ID, m.At.UTC(), m.Kind, m.Credits, what(w.printer(p.Lang), m), m.Balance, m.Generation})
	}
	if more {
		page.Next = shown[len(shown)-1].ID
	}
	return page, err
}

// WebPacks are what there is to buy, and the subscription that runs.
type WebPacks struct {
	Packs        []WebPack        `json:"packs"`
	Subscription *WebSubscription `json:"subscription,omitempty"`
}

// WebPack is a pack of credits.
type WebPack struct {
	ID           string `json:"id"`
	Title        string `json:"title"`
	About        string `json:"about,omitempty"`
	Credits      int64  `json:"credits"` // with the bonus
	Stars        int64  `json:"stars"`
	Bonus        int64  `json:"bonus"`
	Percent      int64  `json:"percent"`
	Subscription bool   `json:"subscription"`
}

// WebSubscription is one that runs.
type WebSubscription struct {
	Until    time.Time `json:"until"`
	Canceled bool      `json:"canceled"`
	Credits  int64     `json:"credits"`
	Stars    int64     `json:"stars"`
}

// WebPacks lists what there is to buy.
func (w *Workers) WebPacks(ctx context.Context, p storage.Person) (WebPacks, error) {
	all, lang := WebPacks{Packs: []WebPack{}}, w.printer(p.Lang).Language()
	if w.Shop == nil {
		return all, nil
	}
	for _, one := range w.Shop.Packs() {
		all.Packs = append(all.Packs, WebPack{one.ID, one.Title(lang), one.About(lang), one.Credits(), one.Stars, one.Bonus, one.Percent(), one.Subscription})
	}
	o, _, err := w.Store.Subscription(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return all, nil
	}
	all.Subscription = &WebSubscription{o.Until.UTC(), !o.Canceled.IsZero(), o.Credits, o.Stars}
	return all, err
}

// linkWait is how long somebody waits for the link to an invoice, which a worker asks Telegram for; linkLook is how often it is
// looked whether it is there.
const (
	linkWait = 8 * time.Second
	linkLook = 50 * time.Millisecond
)

// RefusedAway is the code of a Refusal where another server does not answer. Trying again is worth it.
const RefusedAway = "unavailable"

// InvoiceLink orders a pack and returns the link that its invoice opens by, which can be paid once. The same key, and a double tap,
// order once.
func (w *Workers) InvoiceLink(ctx context.Context, p storage.Person, id, key string) (Link, error) {
	if w.Shop == nil {
		return Link{}, storage.ErrNotFound
	}
	pack, ok := w.Shop.Pack(id)
	if !ok {
		return Link{}, storage.ErrNotFound
	}
	in := w.doing(p, "invoice", id, key)
	if pack.Subscription {
		_, _, err := w.Store.Subscription(ctx, p.ID)
		if err == nil {
			return Link{}, &Refusal{Code: RefusedConflict, Text: in.texts.Plain(texts.NoteSubscribed, nil)}
		}
		if ignore(err, storage.ErrNotFound) != nil {
			return Link{}, err
		}
	}
	if err := w.orderLink(ctx, in, pack); err != nil {
		return Link{}, err
	}
	return w.awaitLink(ctx, in, id)
}

// orderLink makes the order, and owes the link to its invoice.
func (w *Workers) orderLink(ctx context.Context, in *incoming, pack shop.Pack) error {
	o, err := w.newOrder(in, pack, "")
	if err != nil {
		return err
	}
	offer := w.invoice(in, pack, o).Invoice.Invoice
	offer.Start = ""
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		Key: "invoice:" + o.ID, User: in.person.ID, Kind: storage.SendEdit, Body: editBody{Chat: in.chat.ID, Invoice: &offer}, Expires: time.Now().Add(time.Minute),
	})
	return once(w.openOrder(ctx, in, o))
}

// awaitLink waits for the link to the person's newest order of a pack.
func (w *Workers) awaitLink(ctx context.Context, in *incoming, pack string) (Link, error) {
	ctx, cancel := context.WithTimeout(ctx, linkWait)
	defer cancel()
	for {
		o, link, err := w.Store.OpenOrderOf(ctx, in.person.ID, pack)
		if err != nil && ctx.Err() == nil {
			return Link{}, err
		}
		if link != "" {
			return Link{link, o.Expires.UTC()}, nil
		}
		select {
		case <-ctx.Done():
			return Link{}, &Refusal{Code: RefusedAway, Text: in.texts.Plain(texts.NoteTelegramAway, nil), Wait: linkWait}
		case <-time.After(linkLook):
		}
	}
}

// linkInvoice asks Telegram for the link to an invoice. Asked twice, either link pays the same order.
func (w *Workers) linkInvoice(ctx context.Context, user int64, offer telegram.Invoice) error {
	link, err := w.Telegram.InvoiceLink(ctx, offer)
	if err != nil {
		return err
	}
	return ignore(w.Store.LinkOrder(ctx, user, offer.Payload, link), storage.ErrNotFound)
}
