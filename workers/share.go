package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Somebody shares an image from the Mini App by a message that Telegram has ready for them, and that they send to any chat. A
// worker asks Telegram for it, as for the link to an invoice; the page that waits gets its id. Where there is none, in a browser or
// with an older app, and where Telegram does not answer in time, a link does.

// Shared is how an image gets to others.
type Shared struct {
	Link
	// Prepared is the id of a message at Telegram that the person can send for a day; empty for none.
	Prepared string `json:"prepared,omitempty"`
}

// shareBody is an image that is to become a message which its person can send.
type shareBody struct {
	ID         string `json:"id"` // where the page looks for it
	Generation string `json:"generation"`
	N          int    `json:"n"` // from zero
}

// shareWait is how long a page waits for a prepared message; sharedLook is how often it is looked whether there is one.
const (
	shareWait  = 4 * time.Second
	sharedLook = 25 * time.Millisecond
)

// Share makes a link to the n-th image of a result, from zero, and where prepare says so a message that the person can send.
func (w *Workers) Share(ctx context.Context, p storage.Person, id string, n int, prepare bool) (Shared, error) {
	in := w.visitor(p, storage.OriginApp)
	g, i, err := w.withImage(ctx, in, id, n)
	if err != nil {
		return Shared{}, err
	}
	ends := time.Now().Add(w.Settings.LinkTime).UTC().Truncate(time.Second)
	s := Shared{Link: Link{w.siteURL(i, linkInline, ends), ends}}
	if !prepare {
		return s, nil
	}
	body := shareBody{Generation: g.ID, N: n}
	if body.ID, err = w.Store.NewID(); err != nil {
		return s, err
	}
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		Key: "share:" + body.ID, User: p.ID, Generation: g.ID, Kind: storage.SendEdit, Body: editBody{Chat: in.chat.ID, Share: &body}, Expires: time.Now().Add(shareWait),
	})
	if err := w.done(ctx, in); err != nil {
		return s, err
	}
	s.Prepared, err = w.awaitPrepared(ctx, p.ID, body.ID)
	return s, err
}

// awaitPrepared waits for a prepared message, for a while: empty is none.
func (w *Workers) awaitPrepared(ctx context.Context, user int64, id string) (string, error) {
	over := time.After(shareWait)
	for {
		prepared, err := w.Store.TakePrepared(ctx, user, id)
		if !errors.Is(err, storage.ErrNotFound) {
			return prepared, err
		}
		select {
		case <-over:
			return "", nil
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(sharedLook):
		}
	}
}

// prepareShare has Telegram prepare a message. That it will not is noted too, so that nobody waits for it.
func (w *Workers) prepareShare(ctx context.Context, user int64, b shareBody) error {
	file, err := w.shareable(ctx, user, b)
	if ignore(err, storage.ErrNotFound) != nil {
		return err
	}
	var prepared string
	if file.FileID != "" {
		owner, err := w.Store.PersonByID(ctx, user)
		if err != nil {
			return err
		}
		prepared, err = w.Telegram.PrepareMessage(ctx, owner.TelegramID, file)
		switch telegram.ClassOf(err) {
		case telegram.RateLimited, telegram.Transient, telegram.Uncertain: // one that nobody knows of shows nobody anything
			return err
		}
		if err != nil {
			w.Log.WarnContext(ctx, "telegram does not prepare a message", "error", err)
		}
	}
	return ignore(w.Store.NotePrepared(ctx, user, b.ID, prepared), storage.ErrNotFound)
}

// shareable is what Telegram has of an image.
func (w *Workers) shareable(ctx context.Context, user int64, b shareBody) (f telegram.FoundFile, err error) {
	g, err := w.Store.OwnGeneration(ctx, user, b.Generation)
	if err != nil {
		return f, err
	}
	i, err := w.ownImage(ctx, user, b.Generation, b.N)
	if err != nil {
		return f, err
	}
	return w.foundFile(ctx, i, texts.Clip(60, g.Request.Prompt))
}

// foundFile is an image as Telegram has it, without a file id where it has it in no form.
func (w *Workers) foundFile(ctx context.Context, i storage.Image, title string) (telegram.FoundFile, error) {
	f := telegram.FoundFile{ID: fmt.Sprintf("%s-%d", i.Generation, i.N), Title: title}
	for _, form := range []storage.FileForm{storage.FilePhoto, storage.FileDocument} {
		id, err := w.Store.FileID(ctx, i.User, i.SHA256, form)
		if err != nil {
			return f, err
		}
		if id != "" {
			f.FileID, f.Document = id, form == storage.FileDocument
			return f, nil
		}
	}
	return f, nil
}
