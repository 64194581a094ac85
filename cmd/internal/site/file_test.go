package site

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFile(t *testing.T) {
	t.Parallel()
	h := newSite(t, Options{PublicURL: "https://imagika.example", File: func(_ context.Context, token string) (File, error) {
		switch token {
		case "good":
			return File{Body: io.NopCloser(strings.NewReader("pixels")), Name: "imagika-1.png", MediaType: "image/png", Bytes: 6}, nil
		case "shown":
			return File{Body: io.NopCloser(strings.NewReader("pixels")), Name: "imagika-1.png", MediaType: "image/png", Bytes: 6, Shown: time.Now().Add(10 * time.Minute)}, nil
		case "away":
			return File{}, errors.New("connection refused")
		}
		return File{}, ErrNoFile
	}})
	want := map[string]string{
		"Content-Type": "image/png", "Content-Length": "6", "Content-Disposition": `attachment; filename="imagika-1.png"`,
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin", "X-Robots-Tag": "noindex",
	}
	for method, body := range map[string]string{"GET": "pixels", "HEAD": ""} {
		res := ask(t, h, method, "/f/good", "")
		if got := read(t, res); res.StatusCode != http.StatusOK || got != body {
			t.Errorf("%s: %d, %q", method, res.StatusCode, got)
		}
		for name, value := range want {
			if got := res.Header.Get(name); got != value {
				t.Errorf("%s: %s = %q, want %q", method, name, got, value)
			}
		}
	}
	shown := ask(t, h, "GET", "/f/shown", "").Header
	if age := shown.Get("Cache-Control"); shown.Get("Content-Disposition") != `inline; filename="imagika-1.png"` || age != "private, max-age=599" && age != "private, max-age=600" ||
		!strings.HasSuffix(shown.Get("Content-Security-Policy"), "sandbox") || shown.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a picture in a page: %v", shown)
	}
	nothing := ask(t, h, "GET", "/nothing", "")
	page := read(t, nothing)
	for _, path := range []string{"/f/forged", "/f/", "/f", "/f/good/more", "/f/..%2Fgood"} {
		res := ask(t, h, "GET", path, "")
		if got := read(t, res); res.StatusCode != http.StatusNotFound || got != page {
			t.Errorf("%s = %d and another page than where nothing is", path, res.StatusCode)
		}
		if diff := cmp.Diff(nothing.Header, res.Header); diff != "" {
			t.Errorf("%s: headers differ from where nothing is:\n%s", path, diff)
		}
	}
	if res := ask(t, h, "GET", "/f/away", ""); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("away: %d", res.StatusCode)
	}
	if res := ask(t, h, "POST", "/f/good", ""); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("post: %d", res.StatusCode)
	}
}

// What breaks on its way does not end as if it were whole.
func TestFileCutOff(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]io.Reader{
		"broken": io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), badReader{}), "short": bytes.NewReader(make([]byte, 1<<20)),
	} {
		srv := httptest.NewServer(newSite(t, Options{File: func(context.Context, string) (File, error) {
			return File{Body: io.NopCloser(body), Name: "x.png", MediaType: "image/png", Bytes: 2 << 20}, nil
		}}))
		t.Cleanup(srv.Close)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/f/x", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.Copy(io.Discard, res.Body); err == nil {
			t.Errorf("%s: half a file looks like a whole one", name)
		}
		_ = res.Body.Close()
	}
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, errors.New("seal broken") }
