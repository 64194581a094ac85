package workers

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// favorite marks a result, or takes the mark away.
func (w *Workers) favorite(ctx context.Context, in *incoming, p press, b board, t target) error {
	b.g.Favorite = t.how == "1"
	said := texts.AnswerFavorite
	if !b.g.Favorite {
		said = texts.AnswerNoFavorite
	}
	w.answer(in, p, said)
	w.edit(in, p, "", b.first())
	out, err := w.Store.MarkFavorite(ctx, in.effect, in.person.ID, b.g.ID, b.g.Favorite)
	if errors.Is(err, storage.ErrNotFound) { // deleted just now
		in.effect.Sends = nil
		return w.expired(ctx, in, p)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// starPause is how long the star in the chat waits for somebody who marks in the Mini App to think again.
const starPause = 1500 * time.Millisecond

// Favor marks a generation as a favorite, or no longer. The star under its result in the chat follows.
func (w *Workers) Favor(ctx context.Context, p storage.Person, id string, favorite bool) error {
	in := w.visitor(p, storage.OriginApp)
	g, err := w.Store.OwnGeneration(ctx, p.ID, id)
	if err != nil || g.Favorite == favorite {
		return err
	}
	key, err := w.Store.NewID()
	if err != nil {
		return err
	}
	if g.Form == storage.FormChat && !g.Status.Open() {
		in.effect.Sends = append(in.effect.Sends, storage.Send{
			Key: storage.StarKey + key, User: p.ID, Generation: id, Kind: storage.SendEdit, Body: editBody{Chat: in.chat.ID, Star: id}, Expires: time.Now().Add(time.Hour),
		})
	}
	out, err := w.Store.MarkFavorite(ctx, in.effect, p.ID, id, favorite)
	if err != nil {
		return err
	}
	for _, r := range out {
		w.enqueue(ctx, queue.NewDeliverySendTask(r.ID, r.Epoch).After(starPause))
	}
	return nil
}

// drawStar draws the buttons under a result anew, unless a later mark is about to. A message that is gone, or too old for Telegram
// to change it, stays as it is.
func (w *Workers) drawStar(ctx context.Context, d storage.Delivery, b editBody) error {
	later, err := w.Store.StarredAgain(ctx, d)
	if err != nil || later {
		return err
	}
	g, err := w.Store.OwnGeneration(ctx, d.User, b.Star)
	if err != nil {
		return ignore(err, storage.ErrNotFound)
	}
	owner, err := w.Store.PersonByID(ctx, d.User)
	if err != nil {
		return err
	}
	images, err := w.Store.Images(ctx, g.ID, true)
	if err != nil || len(images) == 0 {
		return err
	}
	for _, chat := range slices.Compact([]int64{b.Chat, g.Request.Chat}) {
		messages, err := w.Store.BoardMessages(ctx, d.User, chat, g.ID)
		if err != nil {
			return err
		}
		rows := w.resultButtons(chat, w.printer(owner.Lang), owner, g, images)
		for _, message := range messages {
			_, err := w.Telegram.EditKeyboard(ctx, chat, message, rows)
			if c := telegram.ClassOf(err); err != nil && c != telegram.NotFound && c != telegram.Permanent {
				return err
			}
		}
	}
	return nil
}
