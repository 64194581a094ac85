package workers

import (
	"cmp"
	"context"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// result is the end of a generation on its way to a chat.
type result struct {
	storage.Delivery
	g      storage.Generation
	as     string
	chat   int64
	away   bool // the chat is another one than the one that asked
	owner  storage.Person
	texts  texts.Printer
	images []storage.Image // of the generation from there on, behind one that it is compared with
	own    []storage.Image // of the generation
	note   string          // about the images, before who painted them; may be empty
	parts  []part
	from   int  // the first image
	number int  // of the part, from zero
	fresh  bool // Telegram did not take a file id: upload
}

// inPlace reports whether the status message becomes the result. That is an edit: doing it twice is doing it once, so
// nothing about it is ever uncertain. A preview can become a picture, and not a text.
func (r *result) inPlace() bool {
	text := len(r.images) == 0 && r.g.StatusMedia == ""
	return r.as == asUsual && r.g.StatusMessage != 0 && (text || len(r.images) == 1) && !r.away
}

// replyTo is the message that asked, in the chat where it stands.
func (r *result) replyTo() int64 {
	if r.away {
		return 0
	}
	return r.g.Request.Message
}

// thread is the topic in which the message that asked stands, 0 for none.
func (r *result) thread() int64 {
	if r.away {
		return 0
	}
	return r.g.Request.Thread
}

// sendResult shows how a generation ended, or a part of it.
func (w *Workers) sendResult(ctx context.Context, d storage.Delivery) (storage.Shown, error) {
	r, err := w.loadResult(ctx, d)
	if err != nil {
		return storage.Shown{}, err
	}
	if r.g.Deleted {
		return storage.Shown{}, nil // deleted before it was sent
	}
	ctx = w.Traces.Continue(ctx, r.g.RequestKey)
	if d.Interrupted && !r.inPlace() {
		return storage.Shown{}, errUncertain
	}
	s, err := w.showResult(ctx, r)
	if len(s.Messages) > 0 {
		s.Unwanted = []storage.Send{{User: r.User, Kind: storage.SendDelete, Body: deleteBody{Chat: r.chat, Messages: s.Messages}}}
	}
	return s, err
}

func (w *Workers) showResult(ctx context.Context, r *result) (storage.Shown, error) {
	if len(r.images) == 0 {
		return w.sendEnd(ctx, r)
	}
	if r.parts = partsOf(r.images, r.as == asOriginal); r.number >= len(r.parts) {
		return storage.Shown{}, nil
	}
	s, err := w.sendPart(ctx, r, r.parts[r.number])
	if err == nil && r.as == asUsual && r.number == 0 {
		w.Metrics.shown(ctx, r.g)
	}
	return s, err
}

// loadResult reads what is to be shown, and where.
func (w *Workers) loadResult(ctx context.Context, d storage.Delivery) (*result, error) {
	r := &result{Delivery: d}
	var b resultBody
	if d.Body != nil {
		if err := d.Decode(&b); err != nil {
			return nil, err
		}
	}
	r.as, r.from, r.number = b.As, b.From, b.Part
	var err error
	if r.g, err = w.afterEdit(ctx, d.Generation); err != nil {
		return nil, err
	}
	if r.owner, err = w.Store.PersonByID(ctx, d.User); err != nil {
		return nil, err
	}
	r.texts = w.printer(r.owner.Lang)
	if r.chat, err = w.Store.MovedChat(ctx, cmp.Or(b.Chat, r.g.Request.Chat)); err != nil {
		return nil, err
	}
	r.away = r.chat != r.g.Request.Chat
	if r.as == asUsual && r.g.Status != storage.StatusStored && r.number == 0 {
		return r, nil // without images; one that came late has a delivery of its own
	}
	if r.own, err = w.Store.Images(ctx, d.Generation, true); err != nil {
		return nil, err
	}
	if b.Only > 0 && b.Only <= len(r.own) {
		r.images = r.own[b.Only-1 : b.Only]
		return r, nil
	}
	r.images = r.own[min(r.from, len(r.own)):]
	return r, w.beside(ctx, r)
}

// afterEdit waits for an edit of the status message, which may be under way in another worker: the result is to be the last. It
// returns the generation as it is then.
func (w *Workers) afterEdit(ctx context.Context, id string) (g storage.Generation, err error) {
	for range 10 * storage.EditLease / time.Second {
		var busy bool
		g, busy, err = w.Store.Edited(ctx, id)
		if err != nil || !busy {
			return g, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return g, context.Cause(ctx)
		}
	}
	return g, nil
}

// sendEnd says why there is no image.
func (w *Workers) sendEnd(ctx context.Context, r *result) (storage.Shown, error) {
	text := r.texts.HTML(endText(r.g), map[string]any{"Count": r.g.Price})
	if err := w.mark(ctx, r); err != nil {
		return storage.Shown{}, err
	}
	gone := r.tidy() // unless it becomes the end, the status message is of no more use
	if r.inPlace() {
		s, err := one(w.Telegram.EditText(ctx, telegram.TextEdit{ChatID: r.chat, MessageID: r.g.StatusMessage, HTML: text}))
		if c := telegram.ClassOf(err); c != telegram.NotFound && c != telegram.Permanent { // gone, or a picture after all
			return s, err
		}
		if err := w.dropStatus(ctx, r); err != nil {
			return storage.Shown{}, err
		}
	}
	s, err := one(w.Telegram.SendMessage(ctx, telegram.Text{ChatID: r.chat, ThreadID: r.thread(), ReplyTo: r.replyTo(), HTML: text}))
	s.Follow = gone
	return s, err
}

// endText says how a generation without images ended, and that it cost nothing.
func endText(g storage.Generation) texts.Key {
	switch g.Status {
	case storage.StatusCanceled:
		return texts.MessageCanceled
	case storage.StatusRefused:
		if g.Reason == storage.ReasonOutput {
			return texts.MessageRefusedResult
		}
		return texts.MessageRefusedPrompt
	}
	switch g.Reason {
	case storage.ReasonTimeout:
		return texts.MessageFailedTimeout
	case storage.ReasonBadImage:
		return texts.MessageFailedNoImage
	case storage.ReasonUnjudged:
		return texts.MessageFailedUnjudged
	case storage.ReasonBadReference:
		return texts.MessageFailedPicture
	case storage.ReasonUnsupported:
		return texts.MessageFailedRequest
	case storage.ReasonProvider:
		return texts.MessageFailedProvider
	}
	return texts.MessageFailed
}
