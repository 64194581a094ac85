package playground

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/gif"  // pictures that people send
	_ "image/jpeg" // likewise
	_ "image/png"  // likewise
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	_ "golang.org/x/image/webp" // likewise

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// Limits of Telegram's apps: lengths in UTF-16 units, sizes in bytes. The last one is what
// a bot may fetch; apps send more, which no bot could read.
const (
	maxText    = 4096
	maxCaption = 1024
	maxFiles   = 10
	maxPhoto   = 10 << 20
	maxFile    = 20 << 20
)

// upload is a file in a message. Data is base64 in JSON. Photo asks for a photo rather
// than a document.
type upload struct {
	Name  string `json:"name"`
	Data  []byte `json:"data"`
	Photo bool   `json:"photo"`
}

// send sends a text, or files with the text as the caption of the first. Photos and
// documents become two messages or albums, as in the app.
func send(_ context.Context, p *telegramtest.Person, b sending) (any, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	var photos [][]byte
	var documents []telegramtest.Attachment
	for _, f := range b.Files {
		if f.Photo {
			photos = append(photos, f.Data)
		} else {
			documents = append(documents, telegramtest.Attachment{Name: path.Base(f.Name), Content: f.Data})
		}
	}
	first := telegramtest.Outgoing{Text: b.Text, ReplyTo: b.ReplyTo}
	if len(b.Files) > 0 {
		first.Text, first.Caption = "", b.Text
	}
	if len(photos) == 0 || len(documents) == 0 {
		first.Photos, first.Documents = photos, documents
		_, err := p.Send(first)
		return nil, err
	}
	first.Photos = photos
	if _, err := p.Send(first); err != nil {
		return nil, err
	}
	_, err := p.Send(telegramtest.Outgoing{Documents: documents})
	return nil, err
}

func (b sending) check() error {
	if len(b.Files) == 0 {
		return checkText(b.Text, maxText)
	}
	if len(b.Files) > maxFiles {
		return bad(fmt.Sprintf("at most %d files at a time", maxFiles))
	}
	for _, f := range b.Files {
		if err := f.check(); err != nil {
			return err
		}
	}
	if b.Text == "" {
		return nil
	}
	return checkText(b.Text, maxCaption)
}

func checkText(text string, limit int) error {
	if strings.TrimSpace(text) == "" {
		return bad("there is nothing to send")
	}
	if n := len(utf16.Encode([]rune(text))); n > limit {
		return bad(fmt.Sprintf("%d characters are too many: at most %d", n, limit))
	}
	return nil
}

func (f upload) check() error {
	limit := maxFile
	if f.Photo {
		limit = maxPhoto
	}
	switch {
	case len(f.Data) == 0:
		return bad("a file is empty")
	case len(f.Data) > limit:
		return &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("a file is larger than %d MB", limit>>20)}
	case !f.Photo:
		return nil
	}
	if _, _, err := image.DecodeConfig(bytes.NewReader(f.Data)); err != nil {
		return bad("a file is not a picture: send it as a file")
	}
	return nil
}

// drawn lists what the browser may draw in place; everything else is only downloaded, so
// that a file somebody sent cannot run as a page of ours.
var drawn = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// file serves a file of a message by its file id. ?download=1 asks for a download.
func (pg *Playground) file(w http.ResponseWriter, r *http.Request) {
	_, content, ok := pg.tg.File(r.PathValue("id"))
	if !ok {
		refuse(w, http.StatusNotFound, "there is no such file")
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "private, max-age=86400, immutable") // a file id never changes its content
	kind := http.DetectContentType(content)
	if !slices.Contains(drawn, kind) {
		kind = "application/octet-stream"
	}
	h.Set("Content-Type", kind)
	if kind == "application/octet-stream" || r.URL.Query().Has("download") {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": downloadName(kind)}))
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// downloadName is used when the page does not name the file itself.
func downloadName(mediaType string) string {
	if kind, ok := strings.CutPrefix(mediaType, "image/"); ok {
		return "picture." + kind
	}
	return "file"
}
