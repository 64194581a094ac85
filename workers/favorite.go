package workers

import (
	"context"
	"errors"

	"github.com/imagika/imagika/storage"
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
