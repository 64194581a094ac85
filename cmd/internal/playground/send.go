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
	"strconv"
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

// upload is a file in a message. Data is base64 in JSON.
type upload struct {
	Name    string `json:"name"`
	Mime    string `json:"mime"`
	Data    []byte `json:"data"`
	Kind    string `json:"kind"` // photo, video, animation, audio; everything else goes as a document
	Spoiler bool   `json:"spoiler"`
}

// media is the file as the app would send it.
func (f upload) media() telegramtest.Media {
	m := telegramtest.Media{Kind: telegramtest.MediaDocument, Spoiler: f.Spoiler}
	m.Name, m.MimeType, m.Content = path.Base(f.Name), f.Mime, f.Data
	switch kind := telegramtest.MediaKind(f.Kind); kind {
	case telegramtest.MediaPhoto, telegramtest.MediaVideo, telegramtest.MediaAnimation, telegramtest.MediaAudio:
		m.Kind = kind
	case telegramtest.MediaDocument, telegramtest.MediaVoice, telegramtest.MediaVideoNote, telegramtest.MediaSticker, telegramtest.MediaLivePhoto:
	}
	return m
}

// family is what an album may mix: pictures and films; files; music. An animation
// stands alone, which its place in the message makes it.
func (f upload) family(at int) string {
	switch telegramtest.MediaKind(f.Kind) {
	case telegramtest.MediaPhoto, telegramtest.MediaVideo:
		return "visual"
	case telegramtest.MediaAnimation:
		return strconv.Itoa(at)
	case telegramtest.MediaAudio:
		return "audio"
	}
	return "document"
}

// send sends a text, or files with the text as the caption of the first. What an album
// may not mix becomes several messages or albums, as in the app.
func send(_ context.Context, p *telegramtest.Person, b sending) (any, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	if len(b.Files) == 0 {
		_, err := p.Send(telegramtest.Outgoing{Text: b.Text, ReplyTo: b.ReplyTo})
		return nil, err
	}
	for i, album := range b.albums() {
		o := telegramtest.Outgoing{Media: album}
		if i == 0 {
			o.Caption, o.ReplyTo = b.Text, b.ReplyTo
		}
		if _, err := p.Send(o); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// albums are the files by family, in the order of each family's first.
func (b sending) albums() [][]telegramtest.Media {
	var families []string
	byFamily := map[string][]telegramtest.Media{}
	for i, f := range b.Files {
		family := f.family(i)
		if byFamily[family] == nil {
			families = append(families, family)
		}
		byFamily[family] = append(byFamily[family], f.media())
	}
	albums := make([][]telegramtest.Media, 0, len(families))
	for _, family := range families {
		albums = append(albums, byFamily[family])
	}
	return albums
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
	limit, photo := maxFile, f.Kind == string(telegramtest.MediaPhoto)
	if photo {
		limit = maxPhoto
	}
	switch {
	case len(f.Data) == 0:
		return bad("a file is empty")
	case len(f.Data) > limit:
		return &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("a file is larger than %d MB", limit>>20)}
	case !photo:
		return nil
	}
	if _, _, err := image.DecodeConfig(bytes.NewReader(f.Data)); err != nil {
		return bad("a file is not a picture: send it as a file")
	}
	return nil
}

// drawn lists what the browser may draw or play in place; everything else is only downloaded, so
// that a file somebody sent cannot run as a page of ours.
var drawn = []string{
	"image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/webm", "audio/mpeg", "audio/wave", "application/ogg",
}

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
