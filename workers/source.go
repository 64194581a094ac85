package workers

import (
	"context"
	"errors"
	"slices"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// source is the pictures that words are about: a result of the person's own, at full quality, or files with Telegram.
type source struct {
	parent  string // a result; empty for none
	parentN int    // its image, -1 for none
	shape   providers.Size
	files   []storage.Picture
	album   *storage.Album // that the files are of; nil for none
}

func noSource() source { return source{parentN: -1} }

// count is how many pictures there are.
func (s source) count() int {
	if s.parent != "" {
		return len(s.files) + 1
	}
	return len(s.files)
}

// size is that of the first picture, as far as it is known.
func (s source) size() providers.Size {
	if s.parent == "" && len(s.files) > 0 {
		return providers.Size{Width: s.files[0].Width, Height: s.files[0].Height}
	}
	return s.shape
}

// tooBig reports whether a file cannot be downloaded.
func (s source) tooBig() bool {
	for _, f := range s.files {
		if f.Bytes > MaxPictureBytes {
			return true
		}
	}
	return false
}

// about is what a question about the pictures is about.
func (s source) about() storage.About {
	switch {
	case s.album != nil:
		return storage.About{Album: s.album.ID}
	case s.parent != "":
		return storage.About{Generation: s.parent, N: s.parentN}
	}
	return storage.About{Pictures: s.files}
}

func fileOf(p telegram.FileRef) storage.Picture {
	return storage.Picture{ID: p.FileID, Bytes: p.Size, Width: p.Width, Height: p.Height}
}

// source finds the pictures of a message: its own and that of the message it replies to, if some model takes both.
func (w *Workers) source(ctx context.Context, in *incoming) (source, error) {
	src, err := w.repliedTo(ctx, in)
	if err != nil {
		return src, err
	}
	if own, has := in.message.Picture(); has {
		if src.album != nil || w.painter(in.person, src.count()+1).MaxRefs <= src.count() {
			src = noSource()
		}
		src.files = append(src.files, fileOf(own))
	}
	in.use(src)
	return src, nil
}

// use makes the effect end the album of the source. One that is used stays as it is.
func (in *incoming) use(src source) {
	if src.album != nil && src.album.Status != storage.AlbumUsed {
		in.effect.Album = &storage.AlbumEnd{ID: src.album.ID, Epoch: src.album.Epoch}
	}
}

// repliedTo finds the pictures of the message that this one replies to: what was noted on it, or else what Telegram shows of
// it. Of a question it is what the question was about.
func (w *Workers) repliedTo(ctx context.Context, in *incoming) (source, error) {
	r := in.message.ReplyTo
	if r == nil {
		if r = in.message.External; r != nil {
			return pictureOf(r), nil
		}
		return noSource(), nil
	}
	about, err := w.Store.NoteOn(ctx, in.person.ID, in.chat.ID, r.ID)
	if err == nil {
		return w.sourceOf(ctx, in, about, r)
	}
	if !errors.Is(err, storage.ErrNotFound) || r.MediaGroupID == "" {
		return pictureOf(r), ignore(err, storage.ErrNotFound)
	}
	a, err := w.Store.AlbumOf(ctx, in.person.ID, in.chat.ID, r.MediaGroupID)
	if err != nil || a.Status == storage.AlbumUsed || w.painter(in.person, len(a.Pictures)).MaxRefs < len(a.Pictures) {
		return pictureOf(r), ignore(err, storage.ErrNotFound)
	}
	return sourceOfAlbum(a), nil // nothing was painted of it, so all of it is meant
}

// sourceOf finds the pictures of a note. What is gone is taken from the message as Telegram shows it.
func (w *Workers) sourceOf(ctx context.Context, in *incoming, about storage.About, shown *telegram.Message) (source, error) {
	switch {
	case about.Generation != "":
		images, err := w.Store.Images(ctx, about.Generation, true)
		if err != nil || about.N >= len(images) {
			return pictureOf(shown), err
		}
		i := images[about.N]
		return source{parent: i.Generation, parentN: about.N, shape: providers.Size{Width: i.Width, Height: i.Height}}, nil
	case about.Album != "":
		a, err := w.Store.Album(ctx, about.Album)
		if err != nil || a.User != in.person.ID {
			return noSource(), ignore(err, storage.ErrNotFound)
		}
		return sourceOfAlbum(a), nil
	}
	return source{parentN: -1, files: about.Pictures}, nil
}

// sourceOfAlbum is all pictures of an album.
func sourceOfAlbum(a storage.Album) source {
	return source{parentN: -1, files: a.Pictures, album: &a}
}

// pictureOf is the picture that a message shows, if there is a message and it shows one.
func pictureOf(m *telegram.Message) source {
	src := noSource()
	if m == nil {
		return src
	}
	if p, ok := m.Picture(); ok {
		src.files = []storage.Picture{fileOf(p)}
	}
	return src
}

// ignore drops errors that are no trouble here.
func ignore(err error, harmless ...error) error {
	if slices.ContainsFunc(harmless, func(one error) bool { return errors.Is(err, one) }) {
		return nil
	}
	return err
}

// askWhat asks what to do with pictures that came without words. In a private chat the answer is a reply to the question;
// in a group a reply to the picture that names the bot, because nothing else is heard there.
func (w *Workers) askWhat(in *incoming, src source) {
	if in.chat.Type != telegram.ChatPrivate {
		w.say(in, texts.MessageGroupPicture, map[string]any{"Bot": w.BotName})
		return
	}
	if n := src.count(); n > 1 {
		w.question(in, texts.MessageAlbumWithoutCaption, map[string]any{"Count": n}, src.about())
		return
	}
	w.question(in, texts.MessagePhotoWithoutCaption, nil, src.about())
}
