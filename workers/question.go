package workers

import (
	"cmp"
	"context"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// askWords asks for the words of an edit or of a remix, in reply to the result. Who replies to the question changes the
// picture, or has the words painted in its way.
func (w *Workers) askWords(ctx context.Context, in *incoming, p press, b board, t target) error {
	key := texts.MessageAskEdit
	if p.Op == telegram.OpRemix {
		key = texts.MessageAskRemix
	}
	bot := ""
	if in.chat.Type != telegram.ChatPrivate {
		bot = w.BotName // nothing else is heard there
	}
	body := w.body(in, key, map[string]any{"Prompt": b.g.Request.Prompt, "Bot": bot})
	body.ReplyTo, body.Asks = p.messageID(), true
	body.About = &storage.About{Generation: b.g.ID, N: t.n, Remix: p.Op == telegram.OpRemix}
	w.answer(in, p, "")
	w.tell(in, body)
	return w.done(ctx, in)
}

// remixed finds what a message is a remix of. It reports false for one that is none.
func (w *Workers) remixed(ctx context.Context, in *incoming) (b board, ok bool, err error) {
	if in.message.ReplyTo == nil {
		return b, false, nil
	}
	about, err := w.Store.NoteOn(ctx, in.person.ID, in.chat.ID, in.message.ReplyTo.ID)
	if err != nil || !about.Remix {
		return b, false, ignore(err, storage.ErrNotFound)
	}
	b, err = w.boardOf(ctx, in, target{generation: about.Generation, n: about.N})
	return b, err == nil, ignore(err, storage.ErrNotFound)
}

// remix paints other words in the way of an earlier generation. Flags among them count.
func (w *Workers) remix(ctx context.Context, in *incoming, b board, typed string) error {
	was, settings := repeated(b.g), in.person.Settings
	settings.Choice = storage.Choice{
		Model: was.model, Quality: was.params.Quality, Style: was.params.Style, Count: was.params.Count, Negative: was.request.Negative,
	}
	a, err := w.ask(typed, settings, providers.Operation(was.operation))
	if err != nil {
		return w.refuseWords(ctx, in, err)
	}
	if a.params.Strength, a.params.Margins = was.params.Strength, was.params.Margins; !a.shaped {
		a.params.Width, a.params.Height, a.params.AsIs = was.params.Width, was.params.Height, was.params.AsIs
	}
	a.params.Style, a.params.Scale = cmp.Or(a.params.Style, was.params.Style), was.params.Scale
	a.request.References, a.parent, a.parentN = was.request.References, was.parent, was.parentN
	a.request.Message, a.request.Lang = in.message.ID, in.texts.Language()
	return w.reserve(ctx, in, a)
}
