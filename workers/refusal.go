package workers

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/texts"
)

// The codes of a Refusal.
const (
	RefusedCredits    = "insufficient_credits"
	RefusedConsent    = "consent_required"  // age, policy or a new provider: asked for in the chat
	RefusedModeration = "moderation"        // the rules object
	RefusedTooMany    = "too_many"          // wait, or too many of theirs wait already
	RefusedBanned     = "banned"            // for a while, or until an operator has looked
	RefusedFrozen     = "frozen"            // credits are owed
	RefusedRestricted = "restricted"        // nothing is done with their data, or they are being erased
	RefusedCapped     = "capped"            // by a limit of their own for the month
	RefusedInvalid    = "invalid"           // Param says what
	RefusedModel      = "model_unavailable" // nobody who could paint it can be reached
	RefusedConflict   = "conflict"          // the key came with another wish
	RefusedCode       = "code_wrong"        // of a sign-in by e-mail
)

// Refusal is why a wish was not taken. Nothing was charged.
//
//nolint:errname // It reads as what it is.
type Refusal struct {
	Code string
	Text string // for people, in their language; plain
	// Param is the field of the wish that is wrong, in lower case; empty where none is.
	Param string
	// Price of the wish and Balance of whoever asks, in credits, where there were too few.
	Price, Balance int64
	// Wait is after how long it is worth trying again; zero is not known, or never.
	Wait time.Duration
}

func (r *Refusal) Error() string { return "wish refused: " + r.Code }

// mayAsk refuses whoever has not agreed to what has to be agreed to, and those of whom nothing is processed.
func (w *Workers) mayAsk(ctx context.Context, in *incoming) error {
	switch {
	case in.person.Erasing:
		return w.refused(in, RefusedRestricted, texts.MessageErasing, nil)
	case in.person.Restricted:
		return w.refused(in, RefusedRestricted, texts.MessageRestricted, nil)
	}
	return w.mayOwn(ctx, in)
}

// mayOwn refuses whoever has not agreed to what has to be agreed to.
func (w *Workers) mayOwn(ctx context.Context, in *incoming) error {
	s, err := w.agreement(ctx, in.person)
	if err != nil || s.complete() {
		return err
	}
	return &Refusal{Code: RefusedConsent, Text: in.texts.Plain(texts.AnswerPayConsent, nil)}
}

// refusedBan tells somebody that they are banned, why and until when.
func (w *Workers) refusedBan(ctx context.Context, in *incoming) error {
	c, err := w.Store.Case(ctx, in.person.Ban.Case)
	if ignore(err, storage.ErrNotFound) != nil {
		return err
	}
	return w.refused(in, RefusedBanned, texts.MessageBanned, banData(in.texts, c, in.person.Ban.Until))
}

// refused is a refusal in the words that a chat would be told.
func (w *Workers) refused(in *incoming, code string, key texts.Key, data map[string]any) *Refusal {
	return &Refusal{Code: code, Text: stripTags(in.texts.HTML(key, data))}
}

// allowed refuses what people's standing, the rules or the state of the painters forbid, before anything is charged. What the rules
// refuse counts as in a chat, once for a key, and can be appealed there.
func (w *Workers) allowed(ctx context.Context, in *incoming, wish Wish, a ask) error {
	o, err := w.objectionTo(ctx, in.person, a)
	switch {
	case err != nil:
		return err
	case o.banned:
		w.Metrics.refused(rejectedBanned)
		return w.refusedBan(ctx, in)
	case o.wait > 0:
		w.slowed()
		r := w.refused(in, RefusedTooMany, texts.MessageStrikes, strikesData(o.wait))
		r.Wait = o.wait
		return r
	case o.verdict.Action != moderation.Pass:
		return w.objected(ctx, in, wish, a, o)
	case !w.possible(a):
		w.Metrics.refused(rejectedUnsupported)
		return w.refused(in, RefusedModel, texts.MessageNoRoute, nil)
	case w.down(ctx, a):
		w.Metrics.refused(rejectedUnsupported)
		r := w.refused(in, RefusedModel, texts.MessageModelAway, map[string]any{"Title": w.title(a.model, in.texts)})
		r.Wait = longDown
		return r
	}
	return nil
}

// objected counts what the rules object to, and offers the appeal in the chat.
func (w *Workers) objected(ctx context.Context, in *incoming, wish Wish, a ask, o objection) error {
	if wish.Key != "" {
		in.effect.Update = hex.EncodeToString(w.Sealer.MAC("refused wish", wish.request(in.person.ID)))
	}
	if err := w.refuse(ctx, in, a, o); ignore(err, storage.ErrSeen) != nil {
		return err
	}
	category := string(o.verdict.Category)
	key := refusalKey(o.verdict.Action == moderation.Block, category)
	return w.refused(in, RefusedModeration, key, refusalData(in.texts, key, category))
}

// refusal is why the database did not take a wish.
func (w *Workers) refusal(ctx context.Context, in *incoming, a ask, err error) error {
	switch {
	case errors.Is(err, storage.ErrInsufficient):
		acc, err := w.Store.Account(ctx, in.person.ID)
		if err != nil {
			return err
		}
		r := w.refused(in, RefusedCredits, texts.MessageNoCredits, map[string]any{"Count": a.price, "Balance": acc.Available()})
		r.Price, r.Balance = a.price, acc.Available()
		return r
	case errors.Is(err, storage.ErrTokenCapped):
		return w.refused(in, RefusedCapped, texts.MessageAPICapped, map[string]any{"When": nextMonth(time.Now())})
	case errors.Is(err, storage.ErrCapped):
		spent, err := w.Store.Spent(ctx, in.person.ID)
		if err != nil {
			return err
		}
		return w.refused(in, RefusedCapped, texts.MessageCapped, map[string]any{
			"Count": a.price, "Spent": spent, "Cap": in.person.Settings.Cap, "When": nextMonth(time.Now()),
		})
	case errors.Is(err, storage.ErrBanned): // just now
		return w.refused(in, RefusedBanned, texts.MessageBanned, banData(in.texts, storage.Case{}, storage.Forever))
	case errors.Is(err, storage.ErrFrozen):
		owner, err := w.Store.PersonByID(ctx, in.person.ID)
		if err != nil {
			return err
		}
		return w.refused(in, RefusedFrozen, texts.MessageFrozen, map[string]any{"Count": owner.Debt})
	case errors.Is(err, storage.ErrRestricted):
		return w.refused(in, RefusedRestricted, texts.MessageRestricted, nil)
	case errors.Is(err, storage.ErrTooMany):
		caps := w.Settings.caps(in.person.Tier)
		r := w.refused(in, RefusedTooMany, texts.MessageTooManyWaiting, map[string]any{"Count": caps.Waiting + caps.Parallel})
		r.Wait = tooManyWait
		return r
	}
	return err
}

// tooManyWait is after how long one of many is likely over.
const tooManyWait = 10 * time.Second
