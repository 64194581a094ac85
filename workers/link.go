package workers

import (
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
// it does not live long, and it ends with the picture.

// File is a stored picture on its way out.
type File struct {
	Body      io.ReadCloser // the plain bytes; reading to io.EOF proves that it is whole
	Name      string        // a file name, of ASCII letters, digits, dashes and a dot
	MediaType string
	Bytes     int64
}

// fileURL is a new link to an image, or "" where the site has no address.
func (w *Workers) fileURL(i storage.Image) string {
	if w.Settings.FilesURL == "" {
		return ""
	}
	ends := strconv.FormatInt(time.Now().Add(w.Settings.LinkTime).Unix(), 36)
	n, owner := strconv.Itoa(i.N), strconv.FormatInt(i.User, 36)
	return w.Settings.FilesURL + "/" + strings.Join([]string{i.Generation, n, owner, ends, w.fileCode(i.Generation, n, owner, ends)}, ".")
}

// fileCode is what only we can write.
func (w *Workers) fileCode(generation, n, owner, ends string) string {
	return base64.RawURLEncoding.EncodeToString(w.Sealer.MAC("file link", generation, n, owner, ends)[:16])
}

// OpenFile opens what a link's token names. A token that is forged, over, or of a picture that was deleted is
// storage.ErrNotFound, whichever it is.
func (w *Workers) OpenFile(ctx context.Context, token string) (File, error) {
	t := strings.Split(token, ".")
	if len(t) != 5 || !hmac.Equal([]byte(t[4]), []byte(w.fileCode(t[0], t[1], t[2], t[3]))) {
		return File{}, storage.ErrNotFound
	}
	n, err1 := strconv.Atoi(t[1])
	owner, err2 := strconv.ParseInt(t[2], 36, 64)
	ends, err3 := strconv.ParseInt(t[3], 36, 64)
	if errors.Join(err1, err2, err3) != nil || time.Now().Unix() >= ends {
		return File{}, storage.ErrNotFound
	}
	return w.openOwn(ctx, owner, t[0], n)
}

// openOwn opens the n-th image of a person's result.
func (w *Workers) openOwn(ctx context.Context, owner int64, generation string, n int) (File, error) {
	if _, err := w.Store.OwnGeneration(ctx, owner, generation); err != nil {
		return File{}, err
	}
	images, err := w.Store.Images(ctx, generation, true)
	if err != nil {
		return File{}, err
	}
	for _, i := range images {
		if i.N != n {
			continue
		}
		body, err := w.open(ctx, i)
		return File{Body: body, Name: fileName(i), MediaType: i.MediaType, Bytes: i.Bytes}, err
	}
	return File{}, storage.ErrNotFound
}
