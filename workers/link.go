package workers

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
)

// Links lead to pictures that are too large for Telegram. They go through our own proxy, because what lies in the object
// store is sealed. A link is a token over the image, its owner and the time it ends; whoever has it sees the picture, so
// it does not live long, and it ends with the picture. The Mini App shows pictures by such links too, which live for minutes.

// File is a stored picture on its way out.
type File struct {
	Body      io.ReadCloser // the plain bytes; reading to io.EOF proves that it is whole
	Name      string        // a file name, of ASCII letters, digits, dashes and a dot
	MediaType string
	Bytes     int64
	// Shown says that it is for looking at, and until when; the zero value is for keeping as a file.
	Shown time.Time
}

// linkShape is what a link shows of an image.
type linkShape string

// The forms.
const (
	linkFile    linkShape = ""  // the original, as a file
	linkInline  linkShape = "i" // the original, in a page
	linkThumb   linkShape = "t" // a small copy
	linkPreview linkShape = "p" // a larger one
)

// sides are how long the longer side of a copy is, in pixels.
func (f linkShape) sides() int { return map[linkShape]int{linkThumb: 320, linkPreview: 960}[f] }

// linkBucket is how long the same picture has the same link, so that a browser need not load it again. One works that long at
// least, and twice that at most.
const linkBucket = 15 * time.Minute

// fileURL is a new link to an image, or "" where the site has no address.
func (w *Workers) fileURL(i storage.Image) string {
	if w.Settings.FilesURL == "" {
		return ""
	}
	return w.siteURL(i, linkFile, time.Now().Add(w.Settings.LinkTime))
}

// siteURL is a link to an image, which ends then: below the site's address where it has none.
func (w *Workers) siteURL(i storage.Image, form linkShape, ends time.Time) string {
	parts := []string{i.Generation, strconv.Itoa(i.N), strconv.FormatInt(i.User, 36), strconv.FormatInt(ends.Unix(), 36)}
	if form != linkFile {
		parts = append(parts, string(form))
	}
	return cmp.Or(w.Settings.FilesURL, filesPath) + "/" + strings.Join(append(parts, w.fileCode(parts)), ".")
}

// filesPath is where the site has links.
const filesPath = "/f"

// shownURL is a link to an image for the page that shows it.
func (w *Workers) shownURL(i storage.Image, form linkShape) string {
	url := w.siteURL(i, form, time.Now().Truncate(linkBucket).Add(2*linkBucket))
	return filesPath + url[strings.LastIndex(url, "/"):]
}

// FileToken is what a link to the n-th image of a person's generation, from zero, ends with, for [Workers.OpenFile].
func (w *Workers) FileToken(user int64, generation string, n int) string {
	url := w.siteURL(storage.Image{User: user, Generation: generation, N: n}, linkFile, time.Now().Add(w.Settings.LinkTime))
	return url[strings.LastIndex(url, "/")+1:]
}

// fileCode is what only we can write.
func (w *Workers) fileCode(parts []string) string {
	return base64.RawURLEncoding.EncodeToString(w.Sealer.MAC("file link", parts...)[:16])
}

// OpenFile opens what a link's token names. A token that is forged, over, or of a picture that was deleted is
// storage.ErrNotFound, whichever it is.
func (w *Workers) OpenFile(ctx context.Context, token string) (File, error) {
	if strings.HasPrefix(token, exportMark+".") {
		return w.openExport(ctx, token)
	}
	t := strings.Split(token, ".")
	if len(t) != 5 && len(t) != 6 || !hmac.Equal([]byte(t[len(t)-1]), []byte(w.fileCode(t[:len(t)-1]))) {
		return File{}, storage.ErrNotFound
	}
	n, err1 := strconv.Atoi(t[1])
	owner, err2 := strconv.ParseInt(t[2], 36, 64)
	ends, err3 := strconv.ParseInt(t[3], 36, 64)
	if errors.Join(err1, err2, err3) != nil || time.Now().Unix() >= ends {
		return File{}, storage.ErrNotFound
	}
	if len(t) == 5 {
		return w.openOwn(ctx, owner, t[0], n)
	}
	return w.openShown(ctx, owner, t[0], n, linkShape(t[4]), time.Unix(ends, 0))
}

// openShown opens an image for looking at, or a smaller copy of it.
func (w *Workers) openShown(ctx context.Context, owner int64, generation string, n int, form linkShape, until time.Time) (f File, err error) {
	if form.sides() == 0 {
		f, err = w.openOwn(ctx, owner, generation, n)
		f.Shown = until
		return f, err
	}
	i, err := w.ownImage(ctx, owner, generation, n)
	if err != nil {
		return f, err
	}
	jpg, err := w.thumbs.of(ctx, i.Key+string(form), func(ctx context.Context) ([]byte, error) { return w.thumbnail(ctx, i, form.sides()) })
	if errors.Is(err, errNoPicture) {
		err = storage.ErrNotFound
	}
	i.MediaType = "image/jpeg"
	return File{Body: io.NopCloser(bytes.NewReader(jpg)), Name: fileName(i), MediaType: i.MediaType, Bytes: int64(len(jpg)), Shown: until}, err
}

// openOwn opens the n-th image of a person's result.
func (w *Workers) openOwn(ctx context.Context, owner int64, generation string, n int) (File, error) {
	i, err := w.ownImage(ctx, owner, generation, n)
	if err != nil {
		return File{}, err
	}
	body, err := w.open(ctx, i)
	return File{Body: body, Name: fileName(i), MediaType: i.MediaType, Bytes: i.Bytes}, err
}

// ownImage is the n-th image of a person's result, or storage.ErrNotFound.
func (w *Workers) ownImage(ctx context.Context, owner int64, generation string, n int) (storage.Image, error) {
	if _, err := w.Store.OwnGeneration(ctx, owner, generation); err != nil {
		return storage.Image{}, err
	}
	images, err := w.Store.Images(ctx, generation, true)
	if err != nil {
		return storage.Image{}, err
	}
	for _, i := range images {
		if i.N == n {
			return i, nil
		}
	}
	return storage.Image{}, storage.ErrNotFound
}
