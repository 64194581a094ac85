package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// promoLink is how links begin that bring a code.
const promoLink = "promo"

// promoCommand redeems a code.
func (w *Workers) promoCommand(ctx context.Context, in *incoming, args string) error {
	if clean(args) == "" {
		w.say(in, texts.MessagePromoWhat, map[string]any{"Example": "/promo SUMMER"})
		return w.done(ctx, in)
	}
	return w.redeem(ctx, in, clean(args))
}

// redeem gives what a code brings, or says why it brings nothing.
func (w *Workers) redeem(ctx context.Context, in *incoming, code string) error {
	pause, err := w.Store.PromoPause(ctx, in.person.ID)
	if err != nil {
		return err
	}
	if pause > 0 {
		w.say(in, texts.MessagePromoSlow, map[string]any{"Until": pause})
		return w.done(ctx, in)
	}
	p, err := w.Store.Promo(ctx, in.person.ID, code)
	if errors.Is(err, storage.ErrNotFound) {
		return w.missPromo(ctx, in, code)
	}
	said := len(in.effect.Sends)
	if err != nil {
		return w.noPromo(ctx, in, said, err)
	}
	acc, err := w.Store.Account(ctx, in.person.ID)
	if err != nil {
		return err
	}
	var when any
	if p.Keep > 0 {
		when = time.Now().Add(p.Keep)
	}
	w.say(in, texts.MessagePromo, map[string]any{"Count": p.Credits, "When": when, "Balance": acc.Available() + p.Credits})
	out, err := w.Store.RedeemPromo(ctx, in.effect, in.person.ID, p)
	if err != nil && !isBanned(err) {
		return w.noPromo(ctx, in, said, err)
	}
	return w.given(ctx, in, said, out, err)
}

// noPromo says why a code brings nothing.
func (w *Workers) noPromo(ctx context.Context, in *incoming, said int, err error) error {
	switch {
	case errors.Is(err, storage.ErrExpired):
		return w.sayInstead(ctx, in, said, texts.MessagePromoExpired, nil)
	case errors.Is(err, storage.ErrUsedUp):
		return w.sayInstead(ctx, in, said, texts.MessagePromoUsedUp, nil)
	case errors.Is(err, storage.ErrConsumed):
		return w.sayInstead(ctx, in, said, texts.MessagePromoUsed, nil)
	}
	return err
}

// missPromo says that there is no such code, and remembers that somebody may be guessing.
func (w *Workers) missPromo(ctx context.Context, in *incoming, code string) error {
	w.say(in, texts.MessagePromoUnknown, map[string]any{"Code": code})
	out, err := w.Store.MissPromo(ctx, in.effect, in.person.ID)
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

func isBanned(err error) bool { return errors.Is(err, storage.ErrBanned) }
