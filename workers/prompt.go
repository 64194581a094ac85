package workers

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// MaxPictureBytes is the largest picture a person can send: what a bot can download.
const MaxPictureBytes = telegram.MaxDownloadBytes

// newSeed picks a seed that people can type.
func newSeed() int64 { return int64(rand.Int32()) }

// imagineCommand is a prompt after a command.
func (w *Workers) imagineCommand(ctx context.Context, in *incoming, args string) error {
	return w.prompt(ctx, in, args)
}

// prompt makes a generation of a message: words, or a picture with words.
func (w *Workers) prompt(ctx context.Context, in *incoming, typed string) error {
	picture, has := in.message.Picture()
	switch {
	case !has && in.message.Kind() == telegram.KindDocument:
		w.say(in, texts.MessageUnsupportedDocument, nil)
		return w.done(ctx, in)
	case has && in.message.MediaGroupID != "":
		return w.album(ctx, in)
	case has && typed == "":
		w.say(in, texts.MessagePhotoWithoutCaption, nil)
		return w.done(ctx, in)
	case has && picture.Size > MaxPictureBytes:
		w.say(in, texts.MessagePictureTooBig, map[string]any{"Count": MaxPictureBytes >> 20})
		return w.done(ctx, in)
	}
	op := providers.Generate
	if has {
		op = providers.Edit
	}
	a, err := w.ask(typed, in.person.Settings, op)
	if err != nil {
		return w.refuseWords(ctx, in, err)
	}
	a.request.Chat, a.request.Message, a.request.Lang = in.chat.ID, in.message.ID, in.texts.Language()
	if has {
		a.request.References = []string{picture.FileID}
		w.keepShape(&a, picture)
	}
	return w.reserve(ctx, in, a)
}

// keepShape leaves an edit in the shape of its picture, unless another was typed. Telegram does not tell that of files.
func (w *Workers) keepShape(a *ask, picture telegram.FileRef) {
	if a.shaped {
		return
	}
	a.params.AsIs = true
	if m, ok := w.Router.Model(a.model); ok && picture.Width > 0 && picture.Height > 0 {
		size := m.Nearest(providers.Size{Width: picture.Width, Height: picture.Height})
		a.params.Width, a.params.Height = size.Width, size.Height
	}
}

// refuseWords says what is wrong with the words.
func (w *Workers) refuseWords(ctx context.Context, in *incoming, err error) error {
	var bad *wordsError
	if !errors.As(err, &bad) {
		return err
	}
	w.say(in, bad.key, bad.in(in.texts))
	return w.done(ctx, in)
}

// album refuses several pictures at once, with one answer for all of them.
func (w *Workers) album(ctx context.Context, in *incoming) error {
	w.say(in, texts.MessageTooManyPictures, map[string]any{"Count": 1})
	in.effect.Sends[len(in.effect.Sends)-1].Key = "album:" + w.Sealer.LogID(in.message.MediaGroupID)
	return w.done(ctx, in)
}
