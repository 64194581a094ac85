package wire

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/imagika/imagika/providers"
)

// Image is a result that is read from r: of the media type it is said to have or, where that is none of an image, of
// the one its first bytes show. What goes wrong while it is read becomes a failure of the provider with the given class:
// a picture that arrived in part was paid for, as far as anybody knows.
func (c *Client) Image(r io.Reader, said string, class providers.Class) providers.Image {
	b := bufio.NewReaderSize(r, 4<<10)
	said, _, _ = mime.ParseMediaType(said)
	switch said {
	case "image/jpg":
		said = "image/jpeg"
	case "image/png", "image/jpeg", "image/webp":
	default:
		head, _ := b.Peek(512) // a shorter picture is what it is
		said = http.DetectContentType(head)
	}
	return providers.Image{MediaType: said, Body: &arriving{client: c, r: b, class: class}}
}

// arriving is a picture that may break off.
type arriving struct {
	client *Client
	r      io.Reader
	class  providers.Class
}

func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = a.client.Fail(a.class, providers.BilledMaybe, "image: %w", pathless(err))
	}
	return n, err
}
