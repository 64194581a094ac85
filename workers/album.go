package workers

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// albumAgain is storage.AlbumPause after something went wrong: updates that were held up come first.
const albumAgain = 3 * time.Second

// collect keeps an item of an album until all are there. Words come under any of them, or under none.
func (w *Workers) collect(ctx context.Context, in *incoming, typed string) error {
	picture, _ := in.message.Picture()
	a, out, err := w.Store.AddToAlbum(ctx, in.effect, storage.AlbumItem{
		AlbumWords: storage.AlbumWords{
			Chat: in.chat.ID, Group: in.chat.Type != telegram.ChatPrivate, Thread: in.message.Topic(), Message: in.message.ID, Words: typed,
		},
		Group: in.message.MediaGroupID, Picture: fileOf(picture),
	}, time.Now().Add(storage.AlbumPause))
	if errors.Is(err, storage.ErrMoved) { // it is painted already
		w.say(in, texts.MessageAlbumLate, nil)
		sayOnce(in, "late")
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	w.Step("collected")
	w.post(ctx, out)
	if a.Status == storage.AlbumOpen {
		w.enqueue(ctx, queue.NewAlbumCloseTask(a.ID, a.Epoch).After(storage.AlbumPause))
	}
	return nil
}

// sayOnce makes what was said last the only such thing that is said about the album of the message, if it has one.
func sayOnce(in *incoming, what string) {
	if group := in.message.MediaGroupID; group != "" {
		in.effect.Sends[len(in.effect.Sends)-1].Key = what + ":" + strconv.FormatInt(in.person.ID, 10) + ":" + group
	}
}

// joins reports whether a picture in a group is of an album that the bot was asked about: the words stand under only one of
// its items.
func (w *Workers) joins(ctx context.Context, m *telegram.Message, sender int64) (bool, error) {
	if _, ok := m.Picture(); !ok || m.MediaGroupID == "" {
		return false, nil
	}
	p, err := w.Store.KnownPerson(ctx, sender)
	if err == nil {
		_, err = w.Store.AlbumOf(ctx, p.ID, m.Chat.ID, m.MediaGroupID)
	}
	return err == nil, ignore(err, storage.ErrNotFound)
}

// closeAlbum makes one request of an album to which nothing was added for a while, or asks one question.
func (w *Workers) closeAlbum(ctx context.Context, p queue.AlbumClose) error {
	a, err := w.Store.Album(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil || a.Status != storage.AlbumOpen || a.Epoch != p.Epoch {
		return err // a later task closes it, or it is closed
	}
	if wait := time.Until(a.Closes); wait > 0 {
		return later(nil, wait)
	}
	in, err := w.ofAlbum(ctx, a)
	if err != nil {
		return err
	}
	in.effect.Update = "album:" + a.ID + ":" + strconv.FormatInt(a.Epoch, 10)
	src := sourceOfAlbum(a)
	in.use(src)
	w.Step("closing")
	return ignore(w.wish(ctx, in, a.Words, src), storage.ErrMoved)
}

// ofAlbum is what a single message with all pictures of an album would have been.
func (w *Workers) ofAlbum(ctx context.Context, a storage.Album) (*incoming, error) {
	person, err := w.Store.PersonByID(ctx, a.User)
	if err != nil {
		return nil, err
	}
	chat := telegram.Chat{ID: a.Chat, Type: telegram.ChatPrivate}
	if a.Group {
		chat.Type = telegram.ChatSupergroup
	}
	return &incoming{
		person: person, chat: chat, texts: w.printer(person.Lang), effect: storage.Effect{User: person.ID}, message: messageOf(a),
	}, nil
}

// messageOf is the item that stands for an album.
func messageOf(a storage.Album) *telegram.Message {
	return &telegram.Message{ID: a.Message, ThreadID: a.Thread, IsTopic: a.Thread != 0}
}

// offerFirst says how many pictures can be taken, and offers to take the first ones.
func (w *Workers) offerFirst(in *incoming, typed string, src source, most int) {
	data := map[string]any{"Count": most}
	b := w.button(in, texts.ButtonPaintEdited, telegram.OpPaint, "", newNonce())
	b.Text = in.texts.Plain(texts.ButtonFirst, data)
	body := w.body(in, texts.MessageTooManyPictures, data, telegram.Row(b))
	body.About = &storage.About{Album: src.album.ID, Words: typed}
	w.tell(in, body)
}
