package workers

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// A result goes out in parts, each of them one call with a delivery of its own, so that what is uncertain is one part and
// never all. The header of an image decides its form before anything is uploaded: photos come first, together; what does
// not fit a photo follows as files; of what is too large for Telegram a smaller copy is shown, with a link to the original.
// Only what Telegram refuses in spite of that goes down the ladder.

// part is what one call shows: a picture, or an album of them.
type part struct {
	images []storage.Image
	form   telegram.Form // photo, document, or link for copies of what Telegram did not take
}

// partsOf divides a result; with files, the person wants the originals.
func partsOf(images []storage.Image, files bool) []part {
	var photos, documents []storage.Image
	for _, i := range images {
		if !files && looksRight(i) {
			photos = append(photos, i)
		} else {
			documents = append(documents, i)
		}
	}
	var all []part
	for chunk := range slices.Chunk(photos, telegram.MaxAlbum) {
		all = append(all, part{chunk, telegram.FormPhoto})
	}
	for chunk := range slices.Chunk(documents, telegram.MaxAlbum) {
		all = append(all, part{chunk, telegram.FormDocument})
	}
	return all
}

// looksRight reports whether an image, or its smaller copy, can be a photo.
func looksRight(i storage.Image) bool {
	if !tooLarge(i) {
		return telegram.FormFor(i.Width, i.Height, i.Bytes) == telegram.FormPhoto
	}
	width, height := copySize(i.Width, i.Height)
	return telegram.FormFor(width, height, 1) == telegram.FormPhoto
}

// tooLarge reports whether Telegram takes an image in no form.
func tooLarge(i storage.Image) bool {
	return telegram.FormFor(i.Width, i.Height, i.Bytes) == telegram.FormLink
}

// files reports whether the part is shown as files.
func (p part) files(as string) bool {
	return p.form == telegram.FormDocument || p.form == telegram.FormLink && (as == asOriginal || !looksRight(p.images[0]))
}

// copied reports whether a copy stands in for an image.
func (p part) copied(i storage.Image) bool { return p.form == telegram.FormLink || tooLarge(i) }

// fileForm is how Telegram's memory of the image is called, or "" if it has none: a copy is no file of the person's.
func (p part) fileForm(i storage.Image, as string) storage.FileForm {
	switch {
	case !p.files(as):
		return storage.FilePhoto
	case p.copied(i):
		return ""
	}
	return storage.FileDocument
}

// sendPart sends a part, and goes down the ladder where Telegram does not take it.
func (w *Workers) sendPart(ctx context.Context, r *result, p part) (storage.Shown, error) {
	if err := w.mark(ctx, r); err != nil {
		return storage.Shown{}, err
	}
	w.Step("delivering")
	stop := w.acting(ctx, r.chat, actionOf(p.form), uploadAfter)
	s, err := w.callPart(ctx, r, p)
	stop()
	switch telegram.ClassOf(err) {
	case telegram.BadFile:
		if !r.fresh { // Telegram forgot it, or the bot is another one: the object store has it
			r.fresh = true
			return w.sendPart(ctx, r, p)
		}
	case telegram.BadPhoto:
		if p.form == telegram.FormLink {
			return w.sendInWords(ctx, r, p)
		}
		p.form, _ = p.form.Below()
		return w.sendPart(ctx, r, p)
	case telegram.NotFound:
		if r.inPlace() { // the status message is gone: the result becomes a message of its own
			if err := w.dropStatus(ctx, r); err != nil {
				return storage.Shown{}, err
			}
			return w.sendPart(ctx, r, p)
		}
	}
	return s, err
}

// mark is called right before a call leaves. An edit in place can be made twice, so nothing is written down.
func (w *Workers) mark(ctx context.Context, r *result) error {
	if r.inPlace() {
		return nil
	}
	return w.Store.MarkSending(ctx, r.Delivery)
}

// dropStatus forgets the status message, so that another try does not begin with it either. What is sent then is sent once.
func (w *Workers) dropStatus(ctx context.Context, r *result) error {
	r.g.StatusMessage = 0
	if err := w.Store.DropStatusMessage(ctx, r.g.ID); err != nil {
		return err
	}
	return w.mark(ctx, r)
}

// callPart makes the call.
func (w *Workers) callPart(ctx context.Context, r *result, p part) (storage.Shown, error) {
	media, done, err := w.media(ctx, r, p)
	if err != nil {
		return storage.Shown{}, err
	}
	defer done()
	caption := w.caption(r, p)
	if len(media) > 1 {
		sent, err := w.Telegram.SendMediaGroup(ctx, telegram.Album{
			ChatID: r.chat, ThreadID: r.thread(), ReplyTo: r.replyTo(), Items: media, Documents: p.files(r.as), Caption: caption,
		})
		return w.shown(r, p, sent), err
	}
	sent, err := w.sendOne(ctx, r, p, media[0], caption)
	return w.shown(r, p, []telegram.Sent{sent}), err
}

func (w *Workers) sendOne(ctx context.Context, r *result, p part, m telegram.Media, caption string) (telegram.Sent, error) {
	var buttons telegram.Keyboard
	if len(r.images) == 1 {
		buttons = w.resultButtons(r.chat, r.texts, r.owner, r.g, r.own)
	}
	if r.inPlace() {
		return w.Telegram.EditMedia(ctx, telegram.MediaEdit{
			ChatID: r.chat, MessageID: r.g.StatusMessage, Media: m, Document: p.files(r.as), Caption: caption, Keyboard: buttons,
		})
	}
	picture := telegram.Picture{
		ChatID: r.chat, ThreadID: r.thread(), ReplyTo: r.replyTo(), Media: m, Caption: caption, Keyboard: buttons,
	}
	if p.files(r.as) {
		return w.Telegram.SendDocument(ctx, picture)
	}
	return w.Telegram.SendPhoto(ctx, picture)
}

// shown notes what is out: messages and which image each shows, what Telegram has now, and what follows.
func (w *Workers) shown(r *result, p part, sent []telegram.Sent) storage.Shown {
	var s storage.Shown
	for n, m := range sent {
		s.Messages = append(s.Messages, m.ID)
		if n >= len(p.images) {
			continue
		}
		s.Notes = append(s.Notes, storage.Note{Chat: r.chat, Message: m.ID, About: storage.About{Generation: p.images[n].Generation, N: p.images[n].N}})
		if m.FileID != "" {
			if form := p.fileForm(p.images[n], r.as); form != "" {
				s.Files = append(s.Files, storage.File{SHA256: p.images[n].SHA256, Form: form, ID: m.FileID})
			}
		}
	}
	if len(s.Messages) > 0 {
		s.Follow = w.follow(r, s.Messages[0])
	}
	return s
}

// follow is what comes after the first part: the others, the buttons that an album cannot carry, as a reply to it, and the
// end of the status message.
func (w *Workers) follow(r *result, first int64) []storage.Send {
	if r.number > 0 || len(r.images) == 1 {
		return nil
	}
	var follow []storage.Send
	for n := range r.parts[1:] {
		body := resultBody{As: r.as, From: r.from, Chat: r.chat, Part: n + 1}
		follow = append(follow, storage.Send{
			Key: fmt.Sprintf("part:%s:%d", r.ID, n+1), User: r.User, Generation: r.g.ID, Kind: storage.SendResult, Body: body,
		})
	}
	if r.as != asOriginal {
		follow = append(follow, storage.Send{Key: "buttons:" + r.ID, User: r.User, Kind: storage.SendMessage, Body: messageBody{
			Chat: r.chat, Thread: r.thread(), ReplyTo: first, Text: r.texts.HTML(texts.MessageResultButtons, nil),
			Keyboard: w.resultButtons(r.chat, r.texts, r.owner, r.g, r.own),
		}})
	}
	return append(follow, r.tidy()...)
}

// tidy takes the status message away, where it did not become the result.
func (r *result) tidy() []storage.Send {
	if r.as != asUsual || r.g.StatusMessage == 0 {
		return nil
	}
	return []storage.Send{{Key: "tidy:" + r.ID, User: r.User, Kind: storage.SendDelete, Body: deleteBody{
		Chat: r.chat, Messages: []int64{r.g.StatusMessage},
	}}}
}

// media is what a part uploads, or names where Telegram has it already. The returned function removes the copies.
func (w *Workers) media(ctx context.Context, r *result, p part) (all []telegram.Media, done func(), err error) {
	var copies []picture
	drop := func() {
		for _, c := range copies {
			_ = c.Close()
		}
	}
	defer func() {
		if err != nil {
			drop()
		}
	}()
	for _, i := range p.images {
		id, err := w.fileID(ctx, r, i, p.fileForm(i, r.as))
		if err != nil {
			return nil, nil, err
		}
		switch {
		case id != "":
			all = append(all, telegram.Media{FileID: id})
		case !p.copied(i):
			all = append(all, telegram.Media{Upload: w.upload(ctx, i)})
		default:
			c, err := w.shrink(ctx, i, p.files(r.as))
			if err != nil {
				return nil, nil, err
			}
			copies = append(copies, c)
			all = append(all, telegram.Media{Upload: copyUpload(i, c)})
		}
	}
	return all, drop, nil
}

// fileID is what Telegram has of an image, or "" if it is to be uploaded.
func (w *Workers) fileID(ctx context.Context, r *result, i storage.Image, form storage.FileForm) (string, error) {
	if form == "" {
		return "", nil
	}
	if r.fresh {
		return "", w.Store.ForgetFile(ctx, i.User, i.SHA256, form)
	}
	return w.Store.FileID(ctx, i.User, i.SHA256, form)
}

// upload streams a stored image to Telegram; it can be opened again for another try.
func (w *Workers) upload(ctx context.Context, i storage.Image) *telegram.Upload {
	return &telegram.Upload{
		Name: fileName(i), MediaType: i.MediaType, Size: i.Bytes,
		Open: func() (io.ReadCloser, error) { return w.open(ctx, i) },
	}
}

// fileName is what an image is called outside.
func fileName(i storage.Image) string {
	return fmt.Sprintf("imagika-%s-%d.%s", i.Generation, i.N+1, extension(i.MediaType))
}

// sendInWords is the foot of the ladder: Telegram takes the picture in no form, so its link is sent, if there is one.
func (w *Workers) sendInWords(ctx context.Context, r *result, p part) (storage.Shown, error) {
	tidy := r.tidy()
	if r.inPlace() {
		if err := w.dropStatus(ctx, r); err != nil {
			return storage.Shown{}, err
		}
	}
	s, err := one(w.Telegram.SendMessage(ctx, telegram.Text{
		ChatID: r.chat, ThreadID: r.thread(), ReplyTo: r.replyTo(), HTML: r.texts.HTML(texts.MessageNotTaken, map[string]any{"Rows": w.links(r, p)}),
		Keyboard: w.resultButtons(r.chat, r.texts, r.owner, r.g, r.own),
	}))
	if s.Follow = w.follow(r, s.Messages[0]); s.Follow == nil {
		s.Follow = tidy
	}
	return s, err
}
