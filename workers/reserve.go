package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// ask is a wish for a generation, whoever has it.
type ask struct {
	request   storage.Request
	params    storage.Params
	model     string
	operation string
	parent    string
	parentN   int
	shaped    bool   // the aspect ratio was typed
	price     int64  // in credits, for all images
	quote     string // that it was offered in, which holds the price
	// done, refused and waits add what a press is answered; nil for messages.
	done, refused, waits func()
}

// reserve starts a wish, or asks its person first.
func (w *Workers) reserve(ctx context.Context, in *incoming, a ask) error {
	if ok, err := w.permitted(ctx, in, a); err != nil || !ok {
		return err
	}
	if m, ok := w.Router.Model(a.model); !ok || !m.Can(providers.Operation(a.operation)) {
		return w.notServed(ctx, in, a, texts.MessageFailedRequest)
	}
	a.request.Without = in.person.Settings.Without
	if !w.possible(a) {
		return w.notServed(ctx, in, a, texts.MessageNoRoute)
	}
	a.price = w.price(a.model, a.operation, a.params)
	if w.down(ctx, a) {
		if asked, err := w.instead(ctx, in, a); asked || err != nil {
			return err
		}
	}
	if a.price > w.askAbove(in.person.Settings) {
		return w.askFirst(ctx, in, a)
	}
	return w.begin(ctx, in, a)
}

// begin commits the generation with the hold of its price and the status message it owes, then enqueues both.
func (w *Workers) begin(ctx context.Context, in *incoming, a ask) error {
	id, err := w.Store.NewID()
	if err != nil {
		return err
	}
	a.request.Chat, a.request.Thread, a.request.Without = in.chat.ID, in.thread(), in.person.Settings.Without
	said := len(in.effect.Sends)
	if a.done != nil {
		a.done()
	}
	in.effect.Sends = append(in.effect.Sends, statusSend(in.person.ID, in.chat.ID, id))
	_, err = w.place(ctx, in, a, storage.NewGeneration{ID: id, Origin: storage.OriginChat, RequestKey: in.effect.Update, Form: storage.FormChat})
	if err != nil {
		in.effect.Sends = in.effect.Sends[:said]
		return w.notReserved(ctx, in, a, err)
	}
	return nil
}

// place commits a wish with the hold of its price and what is owed for it, then enqueues both. It is the one place where
// generations begin that somebody asks for, wherever they do.
func (w *Workers) place(ctx context.Context, in *incoming, a ask, n storage.NewGeneration) (storage.Generation, error) {
	caps, tier := w.Settings.caps(in.person.Tier), string(in.person.Tier)
	if in.person.Operator {
		tier = tierOperator
	}
	n.User, n.Model, n.Operation, n.Parent, n.ParentN = in.person.ID, a.model, a.operation, a.parent, a.parentN
	n.Request, n.Params, n.Price, n.Quote = a.request, a.params, a.price, a.quote
	n.Cap, n.Parallel, n.Waiting = in.person.Settings.Cap, caps.Parallel, caps.Waiting
	reserving, end := w.Traces.Span(ctx, "reserve", "operation", a.operation)
	g, ref, out, err := w.Store.Reserve(reserving, in.effect, n)
	end(err)
	if err != nil {
		return g, err
	}
	w.Step("reserved")
	if g.ID == n.ID {
		w.Metrics.taken(a.operation, tier)
	}
	w.post(ctx, out)
	if ref != nil {
		w.enqueue(ctx, startTask(*ref, g.RefsMissing > 0))
	}
	return g, nil
}

// notServed says that nobody makes this. The button is not used up, and a reference still waits.
func (w *Workers) notServed(ctx context.Context, in *incoming, a ask, key texts.Key) error {
	w.Metrics.refused(rejectedUnsupported)
	w.say(in, key, nil)
	w.unused(in, a)
	return w.done(ctx, in)
}

// price of a wish in credits.
func (w *Workers) price(model, operation string, p storage.Params) int64 {
	each := w.Settings.Price
	if offer, ok := w.Router.Offer(model); ok {
		size := providers.Size{Width: p.Width, Height: p.Height}
		if own, ok := offer.Price.Of(providers.Operation(operation), providers.Quality(p.Quality), size); ok {
			each = own
		}
	}
	return each * int64(p.Count)
}

// notReserved says why nothing was reserved. Nothing was held either, and the button, if there was one, is not used up.
func (w *Workers) notReserved(ctx context.Context, in *incoming, a ask, err error) error {
	w.turnedDown(err)
	switch {
	case errors.Is(err, storage.ErrInsufficient):
		return w.noCredits(ctx, in, a)
	case errors.Is(err, storage.ErrCapped):
		return w.capped(ctx, in, a)
	case errors.Is(err, storage.ErrBanned): // just now
		return w.turnAway(ctx, in, a)
	case errors.Is(err, storage.ErrFrozen):
		return w.frozen(ctx, in, a)
	case errors.Is(err, storage.ErrRestricted):
		return w.restricted(ctx, in, a)
	case errors.Is(err, storage.ErrTooMany):
		caps := w.Settings.caps(in.person.Tier)
		w.say(in, texts.MessageTooManyWaiting, map[string]any{"Count": caps.Waiting + caps.Parallel})
		w.unused(in, a)
		return w.done(ctx, in)
	}
	return err
}

// turnedDown counts a wish that the database did not take.
func (w *Workers) turnedDown(err error) {
	for because, reason := range map[error]string{
		storage.ErrInsufficient: rejectedNoCredits, storage.ErrCapped: rejectedCapped, storage.ErrBanned: rejectedBanned,
		storage.ErrFrozen: rejectedFrozen, storage.ErrRestricted: rejectedRestricted, storage.ErrTooMany: rejectedTooMany,
	} {
		if errors.Is(err, because) {
			w.Metrics.refused(reason)
		}
	}
}

// noCredits says what is missing, and keeps the wish; one that is kept already just stays.
func (w *Workers) noCredits(ctx context.Context, in *incoming, a ask) error {
	in.effect.Nonce = ""
	if a.refused != nil {
		a.refused()
	}
	if a.quote != "" {
		return w.done(ctx, in)
	}
	acc, err := w.Store.Account(ctx, in.person.ID)
	if err != nil {
		return err
	}
	text := in.texts.HTML(texts.MessageNoCredits, map[string]any{"Count": a.price, "Balance": acc.Available()})
	daily, err := w.dailyNow(ctx, in)
	if err != nil {
		return err
	}
	return w.keep(ctx, in, offered{[]priced{{ask: a}}, text, texts.ButtonStart, a.price - acc.Available()}, daily...)
}

// capped says how far the person's own limit reaches, and keeps the wish for when they raise it.
func (w *Workers) capped(ctx context.Context, in *incoming, a ask) error {
	spent, err := w.Store.Spent(ctx, in.person.ID)
	if err != nil {
		return err
	}
	w.unused(in, a)
	data := map[string]any{"Count": a.price, "Spent": spent, "Cap": in.person.Settings.Cap, "When": nextMonth(time.Now())}
	raise := w.button(in, texts.ButtonRaise, telegram.OpSetting, pageAnew+"cap", "")
	if a.quote != "" { // its message stays, and can start it later
		w.say(in, texts.MessageCapped, data, telegram.Row(raise))
		return w.done(ctx, in)
	}
	return w.shelve(ctx, in, a, texts.MessageCapped, data, raise)
}

// startTask is the first stage of a generation: references are fetched before it is painted.
func startTask(r storage.Ref, refsMissing bool) queue.Task {
	if refsMissing {
		return queue.NewGenerationPrepareTask(r.ID, r.Epoch)
	}
	return queue.NewGenerationGenerateTask(r.ID, r.Epoch)
}

// promote lets the person's next generations take their turn, and reports whether somebody is due credits for having invited
// the person.
func (w *Workers) promote(ctx context.Context, user int64) (due bool) {
	refs, due, err := w.Store.Promote(context.WithoutCancel(ctx), user, func(t storage.Tier) int { return w.Settings.caps(t).Parallel })
	if err != nil {
		w.Log.WarnContext(ctx, "next in line not promoted, the sweeper will", "error", err)
		return due
	}
	for _, r := range refs {
		g, err := w.Store.Generation(ctx, r.ID)
		if err != nil {
			continue // swept
		}
		w.enqueue(ctx, startTask(r, g.RefsMissing > 0))
	}
	return due
}

// ended counts a generation that is over and lets the next one start. A friend's first one brings the credits of their
// invitation.
func (w *Workers) ended(ctx context.Context, g storage.Generation, status storage.Status, reason storage.Reason) {
	w.Metrics.finished.WithLabelValues(string(status), string(reason)).Inc()
	if due := w.promote(ctx, g.User); due && status == storage.StatusStored {
		w.payReferral(ctx, g.User)
	}
}
