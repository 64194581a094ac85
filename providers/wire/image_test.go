package wire

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/imagika/imagika/providers"
)

func TestImage(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, Options{}, http.NotFound)
	const png = "\x89PNG\x0d\x0a\x1a\x0a and so on"
	for said, want := range map[string]string{
		"image/jpg": "image/jpeg", "image/webp; q=1": "image/webp", "application/octet-stream": "image/png", "": "image/png", "text/html": "image/png",
	} {
		img := c.Image(strings.NewReader(png), said, providers.NoOutput)
		file, err := io.ReadAll(img.Body)
		if err != nil || string(file) != png || img.MediaType != want {
			t.Errorf("%q: %s, %q, %v; want %s", said, img.MediaType, file, err, want)
		}
	}
	if img := c.Image(strings.NewReader("<html>"), "image/svg+xml", providers.NoOutput); strings.HasPrefix(img.MediaType, "image/") {
		t.Errorf("a page is said to be %s", img.MediaType)
	}
}

func TestImageThatBreaksOff(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, Options{}, http.NotFound)
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF))
	file, err := io.ReadAll(c.Image(broken, "image/png", providers.UnknownCall).Body)
	e := fault(t, err)
	if string(file) != "half" || e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %+v", file, e)
	}
}

// TestHeaderOfACall sends a header with one call and not with the next.
func TestHeaderOfACall(t *testing.T) {
	t.Parallel()
	var got []http.Header
	c, _ := serve(t, Options{Header: http.Header{"Accept": {"application/json"}, "Authorization": {"Bearer k"}}}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got = append(got, r.Header.Clone())
	})
	for _, accept := range []string{"image/*", ""} {
		body, err := c.Form(t.Context(), Form{})
		if err != nil {
			t.Fatal(err)
		}
		body.Set("Accept", accept)
		reply, err := c.Post(t.Context(), "x", body)
		if err != nil {
			t.Fatal(err)
		}
		reply.Close()
	}
	if len(got) != 2 || got[0].Get("Accept") != "image/*" || got[1].Get("Accept") != "application/json" ||
		got[0].Get("Authorization") != "Bearer k" || !strings.HasPrefix(got[0].Get("Content-Type"), "multipart/") {
		t.Errorf("headers %v", got)
	}
}
