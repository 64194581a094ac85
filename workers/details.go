package workers

import (
	"context"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// details tells how an image was made.
func (w *Workers) details(ctx context.Context, in *incoming, p press, b board) error {
	if b.n >= len(b.images) {
		return w.expired(ctx, in, p)
	}
	attempts, err := w.Store.Attempts(ctx, b.g.ID)
	if err != nil {
		return err
	}
	var rows [][]telegram.Button
	if n := utf8.RuneCountInString(b.g.Request.Prompt); n <= telegram.MaxCopy {
		rows = rowsOf(row(telegram.Button{Text: in.texts.Plain(texts.ButtonCopyPrompt, nil), Copy: b.g.Request.Prompt}))
	}
	w.answer(in, p, "")
	in.effect.Sends = append(in.effect.Sends, storage.Send{User: in.person.ID, Kind: storage.SendMessage, Body: messageBody{
		Chat: in.chat.ID, ReplyTo: p.messageID(), Text: in.texts.HTML(texts.MessageDetails, w.detailsOf(in, b, attempts)), Keyboard: rows,
	}})
	return w.done(ctx, in)
}

func (w *Workers) detailsOf(in *incoming, b board, attempts []storage.Attempt) map[string]any {
	g, image := b.g, b.images[b.n]
	provider := ""
	for _, a := range attempts {
		if a.State == storage.AttemptSucceeded {
			if p, ok := w.Router.Provider(a.Provider); ok && a.Provider != BuiltIn {
				provider = Title(p)
			}
		}
	}
	var took time.Duration
	if !g.Started.IsZero() {
		took = g.Stored.Sub(g.Started)
	}
	seed := image.Seed
	if seed == 0 {
		seed = g.Params.Seed + int64(b.n)
	}
	return map[string]any{
		"Prompt": g.Request.Prompt, "Negative": g.Request.Negative, "Seed": strconv.FormatInt(seed, 10), "Model": w.title(g.Model, in.texts),
		"Provider": provider, "Count": g.Price / int64(max(g.Params.Count, 1)), "Size": strconv.Itoa(image.Width) + " × " + strconv.Itoa(image.Height),
		"Took": took, "When": g.Created,
	}
}
