package workers

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// A gift is a link. Its credits leave the giver when it is made, and go to whoever opens it first; the giver can take it
// back until then, and it goes back by itself after a while. Who opened it is told to nobody.

// giftLink is how links begin that bring a gift.
const giftLink = "gift"

// giftCommand wraps credits.
func (w *Workers) giftCommand(ctx context.Context, in *incoming, args string) error {
	if w.Settings.Given.Gifts == 0 {
		w.say(in, texts.MessageGiftOff, nil)
		return w.done(ctx, in)
	}
	most, err := w.Store.Giftable(ctx, in.person.ID)
	if err != nil {
		return err
	}
	typed := clean(args)
	credits, bad := strconv.ParseInt(typed, 10, 64)
	switch {
	case bad != nil && !errors.Is(bad, strconv.ErrRange), credits <= 0:
		w.say(in, texts.MessageGiftHow, map[string]any{"Count": most, "Example": "/gift 10"})
		return w.done(ctx, in)
	case credits > most:
		w.say(in, texts.MessageGiftFew, map[string]any{"Count": most, "Typed": typed})
		return w.done(ctx, in)
	}
	return w.wrap(ctx, in, credits)
}

func (w *Workers) wrap(ctx context.Context, in *incoming, credits int64) error {
	g := storage.Gift{ID: w.Store.NewGiftID(), User: in.person.ID, Credits: credits}
	said, link := len(in.effect.Sends), w.startLink(giftLink, g.ID)
	w.say(in, texts.MessageGift, map[string]any{"Count": credits, "URL": link, "When": time.Now().Add(storage.GiftTime)},
		row(w.share(in, link, texts.NoteShareGift, credits), w.button(in, texts.ButtonGiftCancel, telegram.OpGiftCancel, g.ID, newNonce())))
	out, err := w.Store.MakeGift(ctx, in.effect, g, w.Settings.Given.Gifts)
	switch {
	case errors.Is(err, storage.ErrTooMany):
		return w.sayInstead(ctx, in, said, texts.MessageGiftMany, map[string]any{"Count": w.Settings.Given.Gifts})
	case errors.Is(err, storage.ErrInsufficient): // just spent
		return w.sayInstead(ctx, in, said, texts.MessageGiftFew, map[string]any{"Count": int64(0), "Typed": strconv.FormatInt(credits, 10)})
	}
	return w.given(ctx, in, said, out, err)
}

// openGift gives a gift to who opened its link.
func (w *Workers) openGift(ctx context.Context, in *incoming, id string) error {
	said := len(in.effect.Sends)
	g, err := w.Store.Gift(ctx, id)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return w.sayInstead(ctx, in, said, texts.MessageGiftGone, nil)
	case err != nil:
		return err
	case g.Status == storage.GiftOpen && g.User == in.person.ID:
		return w.sayInstead(ctx, in, said, texts.MessageGiftOwn, nil)
	}
	giver, err := w.Store.PersonByID(ctx, g.User)
	if err != nil {
		return err
	}
	acc, err := w.Store.Account(ctx, in.person.ID)
	if err != nil {
		return err
	}
	w.say(in, texts.MessageGiftTaken, map[string]any{"Count": g.Credits, "Balance": acc.Available() + g.Credits})
	in.effect.Sends = append(in.effect.Sends, w.Desk().tell(giver, 0, texts.MessageGiftArrived, map[string]any{"Count": g.Credits}))
	out, err := w.Store.TakeGift(ctx, in.effect, id, in.person.ID)
	if errors.Is(err, storage.ErrConsumed) {
		return w.sayInstead(ctx, in, said, texts.MessageGiftGone, nil)
	}
	return w.given(ctx, in, said, out, err)
}

// cancelGift takes a gift back.
func (w *Workers) cancelGift(ctx context.Context, in *incoming, p press) error {
	g, err := w.Store.Gift(ctx, p.Object)
	if errors.Is(err, storage.ErrNotFound) {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	w.answer(in, p, "")
	said := len(in.effect.Sends)
	w.edit(in, p, in.texts.HTML(texts.MessageGiftCanceled, map[string]any{"Count": g.Credits}), nil)
	out, err := w.Store.ReturnGift(ctx, in.effect, g.ID, in.person.ID)
	if errors.Is(err, storage.ErrConsumed) {
		in.effect.Sends, in.effect.Nonce = in.effect.Sends[:said], ""
		w.edit(in, p, in.texts.HTML(texts.MessageGiftGone, nil), nil)
		return w.done(ctx, in)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// returnGifts gives back what nobody opened in time.
func (w *Workers) returnGifts(ctx context.Context) error {
	all, err := w.Store.StaleGifts(ctx, sweepLimit)
	return errors.Join(err, storage.Each(all, func(g storage.Gift) error { return w.returnGift(ctx, g) }))
}

func (w *Workers) returnGift(ctx context.Context, g storage.Gift) error {
	giver, err := w.Store.PersonByID(ctx, g.User)
	if err != nil {
		return err
	}
	e := storage.Effect{User: g.User, Sends: []storage.Send{w.Desk().tell(giver, 0, texts.MessageGiftReturned, map[string]any{"Count": g.Credits})}}
	out, err := w.Store.ReturnGift(ctx, e, g.ID, g.User)
	if err != nil {
		return ignore(err, storage.ErrConsumed)
	}
	w.post(ctx, out)
	return nil
}
