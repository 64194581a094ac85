package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// rivals are the other models that could paint the same.
func (w *Workers) rivals(g storage.Generation) []providers.Offer {
	return slices.DeleteFunc(w.Router.Offers(), func(o providers.Offer) bool {
		return o.Name == g.Model || !w.possible(w.besides(g, target{}, o.Name))
	})
}

// besides asks another model for the same, to be shown next to it.
func (w *Workers) besides(g storage.Generation, t target, model string) ask {
	a := repeated(g)
	a.model, a.params.Count, a.params.Seed = model, 1, g.Params.Seed
	a.params.Beside, a.params.BesideN = g.ID, t.n
	if m, ok := w.Router.Model(model); ok && !slices.Contains(m.Qualities, providers.Quality(a.params.Quality)) {
		a.params.Quality = ""
	}
	if a.parentN < 0 {
		a.parent = g.ID
	}
	a.price = w.price(a.model, a.operation, a.params)
	return a
}

// short stands for a model's name where there is no room for it.
func short(model string) string {
	sum := sha256.Sum256([]byte(model))
	return hex.EncodeToString(sum[:2])
}

// showRivals asks whom to compare with, in place of the buttons.
func (w *Workers) showRivals(ctx context.Context, in *incoming, p press, b board) error {
	rivals := w.rivals(b.g)
	if len(rivals) == 0 {
		return w.expired(ctx, in, p)
	}
	w.answer(in, p, texts.AnswerCompare)
	w.edit(in, p, "", b.rivals(rivals))
	return w.done(ctx, in)
}

// rivals are one a row, with what the picture costs there.
func (b board) rivals(all []providers.Offer) (rows [][]telegram.Button) {
	for _, o := range all {
		text := spoken(o.Title, b.texts)
		if price := b.w.besides(b.g, target{n: b.n}, o.Name).price; price > 0 {
			text = fmt.Sprintf("%s · %d", text, price)
		}
		rows = append(rows, row(telegram.Button{Text: text, Data: b.data(telegram.OpCompareWith, short(o.Name), newNonce())}))
	}
	return append(rows, row(b.free(texts.ButtonBack, telegram.OpMore, "")))
}

// compare paints the same with another model. The result is an album of both.
func (w *Workers) compare(ctx context.Context, in *incoming, p press, b board, t target) error {
	rivals := w.rivals(b.g)
	i := slices.IndexFunc(rivals, func(o providers.Offer) bool { return short(o.Name) == t.how })
	if i < 0 || t.n >= len(b.images) {
		return w.expired(ctx, in, p)
	}
	return w.spend(ctx, in, p, w.besides(b.g, t, rivals[i].Name), b.first)
}

// beside puts the image that a result is to be compared with before it, as long as that exists.
func (w *Workers) beside(ctx context.Context, r *result) error {
	if r.g.Params.Beside == "" || r.as == asOriginal || len(r.images) == 0 {
		return nil
	}
	other, err := w.Store.Generation(ctx, r.g.Params.Beside)
	if err != nil || other.Deleted {
		return err
	}
	images, err := w.Store.Images(ctx, other.ID, true)
	if err != nil || r.g.Params.BesideN >= len(images) {
		return err
	}
	r.images = append([]storage.Image{images[r.g.Params.BesideN]}, r.images...)
	r.note = r.texts.Plain(texts.NoteCompare, map[string]any{"First": w.title(other.Model, r.texts), "Second": w.title(r.g.Model, r.texts)})
	return nil
}
