package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	owner  storage.Person
	texts  texts.Printer
	images []storage.Image
}

// inPlace reports whether the status message becomes the result. That is an edit: doing it twice is doing it once, so
// nothing about it is ever uncertain.
func (r *result) inPlace() bool {
	return r.as == asUsual && r.g.StatusMessage != 0 && len(r.images) <= 1
}

// sendResult shows how a generation ended.
func (w *Workers) sendResult(ctx context.Context, d storage.Delivery) (shown, error) {
	r, err := w.loadResult(ctx, d)
	if err != nil {
		return shown{}, err
	}
	if r.g.Deleted {
		return shown{}, nil // deleted before it was sent
	}
	if d.Interrupted && !r.inPlace() {
		return shown{}, errUncertain
	}
	if len(r.images) == 0 {
		return w.sendEnd(ctx, r)
	}
	form := telegram.FormDocument
	if r.as != asOriginal {
		form = formOf(r.images)
	}
	return w.sendImages(ctx, r, form)
}

// loadResult reads what is to be shown. A status message that is still on its way is waited for: it becomes the result.
func (w *Workers) loadResult(ctx context.Context, d storage.Delivery) (*result, error) {
	r, from := &result{Delivery: d}, 0
	if d.Body != nil {
		var b resultBody
		if err := d.Decode(&b); err != nil {
			return nil, err
		}
		r.as, from = b.As, b.From
	}
	if err := w.awaitStatus(ctx, d.Generation); err != nil {
		return nil, err
	}
	var err error
	if r.g, err = w.Store.Generation(ctx, d.Generation); err != nil {
		return nil, err
	}
	if r.owner, err = w.Store.PersonByID(ctx, d.User); err != nil {
		return nil, err
	}
	r.texts = w.printer(r.owner.Lang)
	if r.as == asUsual && r.g.Status != storage.StatusStored {
		return r, nil // without images; one that came late has a delivery of its own
	}
	images, err := w.Store.Images(ctx, d.Generation, true)
	r.images = images[min(from, len(images)):]
	return r, err
}

// awaitStatus waits a moment for the status message, which may be under way in another worker.
func (w *Workers) awaitStatus(ctx context.Context, generation string) error {
	for range 30 {
		pending, err := w.Store.StatusPending(ctx, generation)
		if err != nil || !pending {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// formOf is the best form that fits all images.
func formOf(images []storage.Image) telegram.Form {
	form := telegram.FormFor(images[0].Width, images[0].Height, images[0].Bytes, len(images))
	for _, i := range images[1:] {
		form = telegram.Lowest(form, telegram.FormFor(i.Width, i.Height, i.Bytes, len(images)))
	}
	return form
}

// sendImages sends in a form, and goes down the ladder where Telegram does not take it.
func (w *Workers) sendImages(ctx context.Context, r *result, form telegram.Form) (shown, error) {
	if form == telegram.FormLink {
		return shown{}, &telegram.Error{Method: "deliver", Class: telegram.Permanent, Err: errors.New("image is too large for Telegram")}
	}
	if err := w.Store.MarkSending(ctx, r.Delivery); err != nil {
		return shown{}, err
	}
	w.Step("delivering")
	s, err := w.sendForm(ctx, r, form)
	switch telegram.ClassOf(err) {
	case telegram.BadPhoto:
		below, _ := form.Below()
		return w.sendImages(ctx, r, below)
	case telegram.NotFound:
		if r.inPlace() { // the status message is gone: the result becomes a message of its own
			if err := w.Store.DropStatusMessage(ctx, r.g.ID); err != nil {
				return shown{}, err
			}
			r.g.StatusMessage = 0
			return w.sendImages(ctx, r, form)
		}
	}
	return s, err
}

func (w *Workers) sendForm(ctx context.Context, r *result, form telegram.Form) (shown, error) {
	caption, buttons := w.caption(r), telegram.Keyboard(w.resultButtons(r.texts, r.owner.TelegramID, r.g.ID))
	media := make([]telegram.Media, 0, len(r.images))
	for _, i := range r.images {
		media = append(media, telegram.Media{Upload: w.upload(ctx, i)})
	}
	document := form == telegram.FormDocument
	switch {
	case len(media) > 1:
		sent, err := w.Telegram.SendMediaGroup(ctx, telegram.Album{
			ChatID: r.g.Request.Chat, ReplyTo: r.g.Request.Message, Items: media, Documents: document, Caption: caption,
		})
		s := shown{follow: w.albumButtons(r, buttons)}
		for _, m := range sent {
			s.messages = append(s.messages, m.ID)
		}
		return s, err
	case r.inPlace():
		return one(w.Telegram.EditMedia(ctx, telegram.MediaEdit{
			ChatID: r.g.Request.Chat, MessageID: r.g.StatusMessage, Media: media[0], Document: document, Caption: caption, Keyboard: buttons,
		}))
	}
	p := telegram.Picture{ChatID: r.g.Request.Chat, ReplyTo: r.g.Request.Message, Media: media[0], Caption: caption, Keyboard: buttons}
	if document {
		return one(w.Telegram.SendDocument(ctx, p))
	}
	return one(w.Telegram.SendPhoto(ctx, p))
}

// albumButtons follow an album, which cannot carry any, and take the status message away.
func (w *Workers) albumButtons(r *result, buttons [][]telegram.Button) []storage.Send {
	if r.as == asOriginal {
		return nil
	}
	follow := []storage.Send{{Key: "buttons:" + r.ID, User: r.User, Kind: storage.SendMessage, Body: messageBody{
		Chat: r.g.Request.Chat, Text: r.texts.HTML(texts.MessageResultButtons, nil), Keyboard: buttons,
	}}}
	if r.as == asUsual && r.g.StatusMessage != 0 {
		follow = append(follow, storage.Send{Key: "tidy:" + r.ID, User: r.User, Kind: storage.SendDelete, Body: deleteBody{
			Chat: r.g.Request.Chat, Messages: []int64{r.g.StatusMessage},
		}})
	}
	return follow
}

// upload streams a stored image to Telegram; it can be opened again for another try.
func (w *Workers) upload(ctx context.Context, i storage.Image) *telegram.Upload {
	return &telegram.Upload{
		Name: fmt.Sprintf("imagika-%s-%d.%s", i.Generation, i.N+1, extension(i.MediaType)), MediaType: i.MediaType, Size: i.Bytes,
		Open: func() (io.ReadCloser, error) { return w.open(ctx, i) },
	}
}

func (w *Workers) caption(r *result) string {
	key := texts.CaptionResult
	if r.as == asLate {
		key = texts.CaptionLate
	}
	note := r.texts.Plain(texts.NoteModel, map[string]any{"Model": r.g.Model})
	if r.images[0].Note == localPainter {
		note = r.texts.Plain(texts.NoteBuiltin, nil)
	}
	return r.texts.HTML(key, map[string]any{"Prompt": r.g.Request.Prompt, "Note": note})
}

// localPainter is the note of images that were drawn and not generated by a model.
const localPainter = "local_painter"

// sendEnd says why there is no image.
func (w *Workers) sendEnd(ctx context.Context, r *result) (shown, error) {
	text := r.texts.HTML(endText(r.g), nil)
	if err := w.Store.MarkSending(ctx, r.Delivery); err != nil {
		return shown{}, err
	}
	if r.inPlace() {
		time.Sleep(editSettle) // an edit of the progress may be under way; this one is to be the last
		s, err := one(w.Telegram.EditText(ctx, telegram.TextEdit{ChatID: r.g.Request.Chat, MessageID: r.g.StatusMessage, HTML: text}))
		if telegram.ClassOf(err) != telegram.NotFound {
			return s, err
		}
	}
	return one(w.Telegram.SendMessage(ctx, telegram.Text{ChatID: r.g.Request.Chat, ReplyTo: r.g.Request.Message, HTML: text}))
}

// editSettle is how long an edit of the progress may take to arrive.
const editSettle = 300 * time.Millisecond

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
	case storage.ReasonBadReference:
		return texts.MessageFailedPicture
	case storage.ReasonUnsupported:
		return texts.MessageFailedRequest
	case storage.ReasonProvider:
		return texts.MessageFailedProvider
	}
	return texts.MessageFailed
}
