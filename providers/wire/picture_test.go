package wire

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/imagika/imagika/providers"
)

// TestPictures: one after the other, with types that are said or seen, until one is gone.
func TestPictures(t *testing.T) {
	t.Parallel()
	png := "\x89PNG\x0d\x0a\x1a\x0a" + strings.Repeat("x", 600)
	var asked atomic.Int32
	c, srv := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/said":
			w.Header().Set("Content-Type", "image/jpg; charset=binary")
		case "/seen":
			w.Header().Set("Content-Type", "binary/octet-stream")
		default:
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, png)
	})
	at := func(path string) string { return srv.URL + path }
	var got []providers.Image
	var failed error
	for img, err := range c.Pictures(t.Context(), []string{at("/said"), at("/seen"), at("/gone"), at("/said")}, func(i int) int64 { return int64(7 + i) }) {
		if err != nil {
			failed = err
			break
		}
		if text, err := io.ReadAll(img.Body); err != nil || string(text) != png {
			t.Errorf("image %d: %d bytes, %v", len(got), len(text), err)
		}
		if n := asked.Load(); int(n) != len(got)+1 {
			t.Errorf("asked for %d when at image %d", n, len(got))
		}
		got = append(got, img)
	}
	if len(got) != 2 || got[0].MediaType != "image/jpeg" || got[1].MediaType != "image/png" || got[1].Seed != 8 {
		t.Errorf("got %+v", got)
	}
	if e := fault(t, failed); e.Class != providers.Lost {
		t.Errorf("%v", e)
	}
}
