package workers

import (
	"cmp"
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// exportSends owes somebody a part of their export, in the chat that is theirs alone.
func (w *Workers) exportSends(person storage.Person, f exportFile) []storage.Send {
	data := f.place()
	data["Index"] = exportIndex
	return []storage.Send{{Key: fmt.Sprintf("export:%s:%d", f.Right, f.Number), User: person.ID, Kind: storage.SendMessage, Body: messageBody{
		Chat: person.TelegramID, Text: w.printer(person.Lang).HTML(texts.CaptionExport, data), Export: &f,
	}}}
}

// manyParts tells of the parts to come, with the first of them.
func (w *Workers) manyParts(person storage.Person, r storage.Right, plan exportPlan) []storage.Send {
	if plan.Done != 1 || len(plan.Parts) == 1 || r.Origin != storage.RightChat || plan.Address != "" {
		return nil
	}
	return []storage.Send{{Key: "export:" + r.ID, User: person.ID, Kind: storage.SendMessage, Body: messageBody{
		Chat: person.TelegramID, Text: w.printer(person.Lang).HTML(texts.MessageExportParts, map[string]any{"Number": len(plan.Parts), "Megabytes": plan.megabytes()}),
	}}}
}

// sendExport sends a part as a file; where Telegram does not take it, a link to it.
func (w *Workers) sendExport(ctx context.Context, d storage.Delivery, b messageBody) (storage.Shown, error) {
	person, err := w.Store.PersonByID(ctx, d.User)
	if err != nil {
		return storage.Shown{}, err
	}
	key := w.exportKey(d.User, b.Export.Right, b.Export.Number)
	if _, err := w.Objects.Stat(ctx, key); errors.Is(err, objects.ErrNotFound) {
		return one(w.Telegram.SendMessage(ctx, telegram.Text{ChatID: b.Chat, HTML: w.printer(person.Lang).HTML(texts.MessageExportExpired, nil)}))
	} else if err != nil {
		return storage.Shown{}, err
	}
	if b.Export.Bytes < telegram.MaxDocumentBytes {
		defer w.acting(ctx, b.Chat, telegram.ActionUploadDocument, uploadAfter)()
		s, err := one(w.Telegram.SendDocument(ctx, telegram.Picture{ChatID: b.Chat, Caption: b.Text, Media: telegram.Media{Upload: &telegram.Upload{
			Name: b.Export.name(), MediaType: "application/zip", Size: b.Export.Bytes,
			Open: func() (io.ReadCloser, error) { return w.open(ctx, storage.Image{User: d.User, Key: key}) },
		}}}))
		if c := telegram.ClassOf(err); c != telegram.BadPhoto && c != telegram.Permanent {
			return s, err
		}
	}
	return one(w.Telegram.SendMessage(ctx, telegram.Text{ChatID: b.Chat, HTML: w.exportInWords(person, *b.Export)}))
}

// exportInWords leads to a part that Telegram does not take.
func (w *Workers) exportInWords(person storage.Person, f exportFile) string {
	data, url := f.place(), w.exportURL(person.ID, f)
	if url == "" {
		return w.printer(person.Lang).HTML(texts.MessageExportLarge, data)
	}
	data["URL"], data["Life"] = url, w.Settings.ExportKeep
	return w.printer(person.Lang).HTML(texts.MessageExportLink, data)
}

// A link to a part is a token over the request, the part, its owner and the time it ends, which works once: whoever has it has
// everything about somebody.

// exportMark begins the token of a link to an export.
const exportMark = "x"

// exportURL is a new link to a part, or "" where the site has no address.
func (w *Workers) exportURL(user int64, f exportFile) string {
	if w.Settings.FilesURL == "" {
		return ""
	}
	ends := strconv.FormatInt(time.Now().Add(w.Settings.ExportKeep).Unix(), 36)
	n, owner := strconv.Itoa(f.Number), strconv.FormatInt(user, 36)
	return w.Settings.FilesURL + "/" + strings.Join([]string{exportMark, f.Right, n, owner, ends, w.exportCode(f.Right, n, owner, ends)}, ".")
}

// exportCode is what only we can write.
func (w *Workers) exportCode(right, n, owner, ends string) string {
	return base64.RawURLEncoding.EncodeToString(w.Sealer.MAC("export link", right, n, owner, ends)[:16])
}

// openExport opens what the token of a link to an export names, and uses the link up. One that is forged, over or used is
// storage.ErrNotFound.
func (w *Workers) openExport(ctx context.Context, token string) (File, error) {
	t := strings.Split(token, ".")
	if len(t) != 6 || !hmac.Equal([]byte(t[5]), []byte(w.exportCode(t[1], t[2], t[3], t[4]))) {
		return File{}, storage.ErrNotFound
	}
	n, err1 := strconv.Atoi(t[2])
	owner, err2 := strconv.ParseInt(t[3], 36, 64)
	ends, err3 := strconv.ParseInt(t[4], 36, 64)
	if errors.Join(err1, err2, err3) != nil || time.Now().Unix() >= ends {
		return File{}, storage.ErrNotFound
	}
	r, err := w.Store.Right(ctx, t[1])
	if err != nil {
		return File{}, err
	}
	plan, err := planOf(r)
	if err != nil || r.User != owner || n < 1 || n > plan.Done {
		return File{}, cmp.Or(err, storage.ErrNotFound)
	}
	f := exportFile{r.ID, n, len(plan.Parts), plan.Parts[n-1].Bytes}
	nonce := storage.LinkNonce + t[5]
	if err := w.Store.UseUp(ctx, owner, nonce); errors.Is(err, storage.ErrConsumed) {
		return File{}, storage.ErrNotFound
	} else if err != nil {
		return File{}, err
	}
	back := func() error { return w.Store.PutBack(context.WithoutCancel(ctx), owner, nonce) }
	body, err := w.open(ctx, storage.Image{User: owner, Key: w.exportKey(owner, r.ID, n)})
	if err != nil {
		return File{}, errors.Join(err, back())
	}
	return File{Body: &onceBody{ReadCloser: body, back: back}, Name: f.name(), MediaType: "application/zip", Bytes: f.Bytes}, nil
}

// onceBody makes a link work again of which not everything was read.
type onceBody struct {
	io.ReadCloser
	whole bool
	back  func() error
}

// Read implements io.Reader.
func (b *onceBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.whole = b.whole || errors.Is(err, io.EOF)
	return n, err
}

// Close implements io.Closer.
func (b *onceBody) Close() error {
	err := b.ReadCloser.Close()
	if !b.whole {
		err = errors.Join(err, b.back())
	}
	return err
}
