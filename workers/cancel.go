package workers

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// cancellation is what canceling comes to: what ends now and is released, what a provider is asked to stop, and what is
// painted to its end because nobody can stop it.
type cancellation struct {
	all, free, asked, late []storage.OpenGeneration
}

// credits are what generations cost together.
func credits(all []storage.OpenGeneration) (sum int64) {
	for _, g := range all {
		sum += g.Price
	}
	return sum
}

// stops reports whether a generation that somebody works on can still be stopped: nobody is called, whoever is takes it
// back, or further calls would follow.
func (w *Workers) stops(g storage.OpenGeneration) bool {
	route, ok := w.Router.Route(g.Provider, g.Route)
	return g.Provider == "" || (ok && (route.Model.Cancel || g.Made+route.Model.MaxCount < g.Params.Count))
}

// judge says what canceling the wanted ones of all comes to.
func (w *Workers) judge(all []storage.OpenGeneration, wanted func(storage.OpenGeneration) bool) cancellation {
	c := cancellation{all: all}
	for _, g := range all {
		switch {
		case !wanted(g):
		case g.Free:
			c.free = append(c.free, g)
		case w.stops(g):
			c.asked = append(c.asked, g)
		default:
			c.late = append(c.late, g)
		}
	}
	return c
}

// left are the generations that stay, as they are after it.
func (c cancellation) left() []storage.OpenGeneration {
	has := func(some []storage.OpenGeneration, id string) bool {
		return slices.ContainsFunc(some, func(g storage.OpenGeneration) bool { return g.ID == id })
	}
	var left []storage.OpenGeneration
	for _, g := range c.all {
		if has(c.free, g.ID) {
			continue
		}
		g.CancelAsked = g.CancelAsked || has(c.asked, g.ID)
		left = append(left, g)
	}
	return left
}

// cancel cancels the wanted ones of the person's open generations. What is told is true: it is committed with what it
// tells, and told anew if a generation began to be painted in between.
func (w *Workers) cancel(ctx context.Context, in *incoming, wanted func(storage.OpenGeneration) bool, tell func(cancellation) error) error {
	return w.cancelBy(ctx, in, w.Store.CancelAll, wanted, tell)
}

// canceler commits what is canceled with its effect: [storage.Store.CancelAll], or what does it for another reason.
type canceler func(ctx context.Context, e storage.Effect, user int64, free, busy []string, final []storage.Send) (storage.Outbox, []storage.Ref, error)

func (w *Workers) cancelBy(ctx context.Context, in *incoming, commit canceler, wanted func(storage.OpenGeneration) bool, tell func(cancellation) error) error {
	said := len(in.effect.Sends)
	for range 5 {
		all, err := w.Store.OpenGenerations(ctx, in.person.ID)
		if err != nil {
			return err
		}
		c := w.judge(all, wanted)
		in.effect.Sends = in.effect.Sends[:said]
		if err := tell(c); err != nil {
			return err
		}
		var final []storage.Send
		for _, g := range c.free {
			final = append(final, finalSends(g.Generation)...)
		}
		out, between, err := commit(ctx, in.effect, in.person.ID, ids(c.free), ids(c.asked), final)
		if errors.Is(err, storage.ErrFenced) {
			continue
		}
		if err != nil {
			return err
		}
		w.post(ctx, out)
		for _, r := range between {
			w.enqueue(ctx, startTask(r, false))
		}
		for _, g := range c.free {
			w.ended(ctx, g.Generation, storage.StatusCanceled, storage.ReasonPerson)
		}
		return nil
	}
	return later(errors.New("what is to be canceled changes all the time"), time.Second)
}

func ids(all []storage.OpenGeneration) (list []string) {
	for _, g := range all {
		list = append(list, g.ID)
	}
	return list
}

func only(id string) func(storage.OpenGeneration) bool {
	return func(g storage.OpenGeneration) bool { return g.ID == id }
}

// cancelCommand cancels the newest generation that can still be canceled.
func (w *Workers) cancelCommand(ctx context.Context, in *incoming, _ string) error {
	all, err := w.Store.OpenGenerations(ctx, in.person.ID)
	if err != nil {
		return err
	}
	target := ""
	for _, g := range all {
		if !g.CancelAsked && (target == "" || g.Free || w.stops(g)) {
			target = g.ID
		}
	}
	return w.cancel(ctx, in, only(target), func(c cancellation) error {
		switch {
		case len(c.free) > 0: // its status message says so
		case len(c.asked) > 0:
			w.say(in, texts.MessageCanceling, nil)
		case len(c.late) > 0:
			w.say(in, texts.MessageCancelTooLate, map[string]any{"Count": credits(c.late)})
		default:
			w.say(in, texts.MessageNothingToCancel, nil)
		}
		return nil
	})
}

// pressCancel is the button under a status message.
func (w *Workers) pressCancel(ctx context.Context, in *incoming, p press) error {
	return w.cancel(ctx, in, only(p.Object), func(c cancellation) error {
		w.answerCanceled(in, p, c)
		return nil
	})
}

// answerCanceled says what became of the credits.
func (w *Workers) answerCanceled(in *incoming, p press, c cancellation) {
	switch {
	case len(c.free) > 0:
		w.answerWith(in, p, texts.AnswerCanceled, map[string]any{"Count": credits(c.free)})
	case len(c.asked) > 0:
		w.answer(in, p, texts.AnswerCanceling)
	case len(c.late) > 0:
		w.answerWith(in, p, texts.AnswerCancelTooLate, map[string]any{"Count": credits(c.late)})
	default:
		w.answer(in, p, texts.AnswerDone)
	}
}

// tellTooLate says, once, that a provider did not stop what the person wanted canceled.
func (w *Workers) tellTooLate(ctx context.Context, g storage.Generation) {
	owner, err := w.Store.PersonByID(ctx, g.User)
	if err != nil || g.Form != storage.FormChat {
		return
	}
	out, err := w.Store.Record(ctx, storage.Effect{Sends: []storage.Send{{Key: "toolate:" + g.ID, User: g.User, Kind: storage.SendMessage, Body: messageBody{
		Chat: g.Request.Chat, Thread: g.Request.Thread, ReplyTo: g.Request.Message, Text: w.printer(owner.Lang).HTML(texts.MessageCancelTooLate, map[string]any{"Count": g.Price}),
	}}}})
	if err != nil {
		w.Log.WarnContext(ctx, "could not tell that it is too late to cancel", "error", err)
		return
	}
	w.post(ctx, out)
}

// cancelButton stands under the status message.
func (w *Workers) cancelButton(p texts.Printer, owner int64, generation string) [][]telegram.Button {
	return [][]telegram.Button{{{Text: p.Plain(texts.ButtonCancel, nil), Data: w.signer.Data(telegram.OpCancel, generation, owner, "")}}}
}
