package workers

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
)

// passCopy copies a message. What it quotes, and what is shown when it arrives, is left out if it is not known any more.
func (w *Workers) passCopy(ctx context.Context, c storage.RelayClaim, r storage.Relay) ([]int64, error) {
	var has telegram.Content
	if r.Body {
		if err := w.readBody(ctx, r, r.Sources[0], &has); err != nil && !errors.Is(err, errGone) {
			return nil, err
		}
	}
	m := telegram.Copy{
		ChatID: c.To.Chat, FromID: c.From.Chat, MessageID: r.Sources[0], Reply: telegram.Reply{MessageID: r.Reply, Quote: has.Quote},
		Effect: has.Effect, Bare: r.Kind == storage.RelayShare,
	}
	id, err := w.Telegram.CopyMessage(ctx, m)
	if telegram.ClassOf(err) == telegram.ReplyGone && m.Reply.Quote != nil {
		m.Reply.Quote = nil
		id, err = w.Telegram.CopyMessage(ctx, m)
	}
	return []int64{id}, err
}

// passAlbum copies messages that are one. Telegram does not copy an album as a reply, so such a one is sent anew.
func (w *Workers) passAlbum(ctx context.Context, c storage.RelayClaim, r storage.Relay) (targets []int64, err error) {
	var all []telegram.Content
	if r.Reply != 0 {
		if all, err = w.contents(ctx, r); err != nil {
			return nil, err
		}
	}
	if len(all) == len(r.Sources) {
		reply := telegram.Reply{MessageID: r.Reply, Quote: all[0].Quote}
		targets, err = w.Telegram.SendContents(ctx, c.To.Chat, all, reply)
		if telegram.ClassOf(err) == telegram.ReplyGone {
			targets, err = w.Telegram.SendContents(ctx, c.To.Chat, all, telegram.Reply{MessageID: r.Reply})
		}
	} else {
		targets, err = w.Telegram.CopyMessages(ctx, c.To.Chat, c.From.Chat, r.Sources)
	}
	return targets, err // where some are gone, nobody says which
}

// contents are those of an album, or none if one of them is gone.
func (w *Workers) contents(ctx context.Context, r storage.Relay) (all []telegram.Content, err error) {
	for _, m := range r.Sources {
		var one telegram.Content
		err := w.readBody(ctx, r, m, &one)
		if errors.Is(err, errGone) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// liveForever is the period of a place that moves until its sender ends it; liveLeast is the shortest there is.
const (
	liveForever = math.MaxInt32
	liveLeast   = 60
)

// passLocation sends a place that moves, for the time that is left. A copy of it would stand still.
func (w *Workers) passLocation(ctx context.Context, c storage.RelayClaim, r storage.Relay) ([]int64, error) {
	var has telegram.Content
	err := w.readBody(ctx, r, r.Sources[0], &has)
	if err != nil && !errors.Is(err, errGone) {
		return nil, err
	}
	if err != nil || has.Location == nil {
		return w.passCopy(ctx, c, r)
	}
	l := *has.Location
	if l.LivePeriod != liveForever {
		l.LivePeriod -= time.Now().Unix() - has.Date
	}
	if l.LivePeriod < liveLeast {
		return w.passCopy(ctx, c, r)
	}
	id, err := w.Telegram.SendLocation(ctx, c.To.Chat, l, telegram.Reply{MessageID: r.Reply, Quote: has.Quote})
	return []int64{id}, err
}

// passEdit makes the copy say what the message says now. There is nothing to edit where the copy did not arrive.
func (w *Workers) passEdit(ctx context.Context, c storage.RelayClaim, r storage.Relay) error {
	if r.Targets[0] == 0 {
		return nil
	}
	var now telegram.Content
	if err := w.readBody(ctx, r, r.Sources[0], &now); err != nil {
		return err
	}
	return w.Telegram.EditContent(ctx, c.To.Chat, r.Targets[0], now)
}

// passReaction puts a reaction on the message, or takes it away.
func (w *Workers) passReaction(ctx context.Context, c storage.RelayClaim, r storage.Relay) error {
	if r.Targets[0] == 0 {
		return nil
	}
	if !r.Body {
		return w.Telegram.SetReaction(ctx, c.To.Chat, r.Targets[0])
	}
	var one telegram.Reaction
	if err := w.readBody(ctx, r, r.Sources[0], &one); err != nil {
		return err
	}
	return w.Telegram.SetReaction(ctx, c.To.Chat, r.Targets[0], one)
}

// errNoTarget says that nobody knows any more what something became.
var errNoTarget = &telegram.Error{Method: "deleteMessage", Class: telegram.Permanent, Err: errors.New("nobody knows the copies")}

// passUnsend deletes the copies of messages. One that the partner has deleted already is gone all the same.
func (w *Workers) passUnsend(ctx context.Context, c storage.RelayClaim, r storage.Relay) error {
	if !slices.ContainsFunc(r.Targets, func(target int64) bool { return target != 0 }) {
		return errNoTarget
	}
	for _, target := range r.Targets {
		if target == 0 {
			continue
		}
		if err := w.Telegram.DeleteMessage(ctx, c.To.Chat, target); err != nil && telegram.ClassOf(err) != telegram.NotFound {
			return err
		}
	}
	return nil
}
