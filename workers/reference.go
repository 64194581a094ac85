package workers

import (
	"context"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// referenceTime is how long an image waits for the next prompt.
const referenceTime = time.Hour

// keepReference makes an image the reference of the next prompt.
func (w *Workers) keepReference(ctx context.Context, in *incoming, p press, b board, t target) error {
	if _, ok := w.onImage(b.g, b.images, t, providers.Edit); !ok {
		return w.expired(ctx, in, p)
	}
	in.person.Settings.Reference = &storage.Reference{Generation: t.generation, N: t.n, Until: time.Now().Add(referenceTime).Unix(), Nonce: newNonce()}
	body := w.body(in, texts.MessageReference, map[string]any{"Until": referenceTime}, row(b.free(texts.ButtonNoReference, telegram.OpNoReference, "")))
	body.ReplyTo = p.messageID()
	w.answer(in, p, "")
	w.tell(in, body)
	return w.saveSettings(ctx, in)
}

// dropReference forgets it, unless it has given way to another image.
func (w *Workers) dropReference(ctx context.Context, in *incoming, p press) error {
	if r := in.person.Settings.Reference; r != nil && (target{generation: r.Generation, n: r.N}).String() == p.Object {
		in.person.Settings.Reference = nil
	}
	w.answer(in, p, "")
	w.edit(in, p, in.texts.HTML(texts.MessageReferenceDropped, nil), nil)
	return w.saveSettings(ctx, in)
}

// reference is the image that waits for a prompt, if there is one. It is used up in the transaction that takes the prompt.
func (w *Workers) reference(ctx context.Context, in *incoming) (source, error) {
	r := in.person.Settings.Reference
	if r == nil || in.chat.Type != telegram.ChatPrivate || time.Now().After(time.Unix(r.Until, 0)) {
		return noSource(), nil
	}
	if spent, err := w.Store.Consumed(ctx, r.Nonce); err != nil || spent {
		return noSource(), err
	}
	src, err := w.sourceOf(ctx, in, storage.About{Generation: r.Generation, N: r.N}, nil)
	if err == nil && src.count() > 0 {
		in.effect.Nonce = r.Nonce
	}
	return src, err
}
