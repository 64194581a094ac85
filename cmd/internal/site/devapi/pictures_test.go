package devapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/imagika/imagika/workers"
)

// gallery has pictures of that many bytes, and counts how far each was read.
type gallery struct {
	*studio
	bytes, read int
	opened      int
	fails       int // the picture that cannot be opened; zero can always
}

func (g *gallery) Picture(context.Context, int64, string, int) (io.ReadCloser, error) {
	if g.opened++; g.opened == g.fails+1 && g.fails > 0 {
		return nil, errors.New("store is away")
	}
	return io.NopCloser(io.LimitReader(g, int64(g.bytes))), nil
}

func (g *gallery) Read(p []byte) (int, error) {
	g.read += len(p)
	return len(p), nil
}

// reader sees how much of the pictures is read and not yet written.
type reader struct {
	*httptest.ResponseRecorder
	of            *gallery
	written, most int
}

func (r *reader) Write(p []byte) (int, error) {
	r.most = max(r.most, r.of.read-r.written*3/4)
	r.written += len(p)
	return r.ResponseRecorder.Write(p)
}

func (r *reader) WriteString(s string) (int, error) { return r.Write([]byte(s)) }

// TestPicturesPassThrough: whoever reads slowly holds a piece of a picture, not all of it.
func TestPicturesPassThrough(t *testing.T) {
	t.Parallel()
	v := done()
	v.Images = []workers.ViewImage{{N: 1, Width: 64, Height: 48}, {N: 2, Width: 640, Height: 480}}
	for desc, body := range map[string]string{"at once": `{"prompt":"a fox"}`, "streamed": `{"prompt":"a fox","stream":true}`} {
		g := &gallery{studio: &studio{view: v}, bytes: 4 << 20}
		a := newAPI(g.studio, 1000)
		a.Workers = g
		r := httptest.NewRequest(http.MethodPost, "/v1/images/generations", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+mine)
		w := &reader{ResponseRecorder: httptest.NewRecorder(), of: g}
		a.ServeHTTP(w, r)
		if w.Code != http.StatusOK || g.read < 2*g.bytes || w.written < 2*g.bytes || w.most > 1<<20 {
			t.Errorf("%s: %d, of %d bytes read %d were held at once", desc, w.Code, g.read, w.most)
		}
	}
}

// TestPicturesThatAreGone: a request that is repeated after its pictures were deleted is told so, and not that it cost nothing.
func TestPicturesThatAreGone(t *testing.T) {
	t.Parallel()
	v := done()
	v.Images = nil
	for _, body := range []string{`{"prompt":"a fox"}`, `{"prompt":"a fox","response_format":"url"}`} {
		if w, code := call(newAPI(&studio{view: v}, 1000), http.MethodPost, "/v1/images/generations", mine, body); w.Code != http.StatusGone || code != "deleted" {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

// TestSeveralPictures: each comes with what is said of it, and an answer that lacks one is not taken for all of it.
func TestSeveralPictures(t *testing.T) {
	t.Parallel()
	v := done()
	v.Images = []workers.ViewImage{{N: 1, Width: 64, Height: 48}, {N: 2, Width: 640, Height: 480}}
	for _, fails := range []int{0, 1} {
		g := &gallery{studio: &studio{view: v}, bytes: 10, fails: fails}
		a := newAPI(g.studio, 1000)
		a.Workers = g
		w, _ := call(a, http.MethodPost, "/v1/images/generations", mine, `{"prompt":"a fox"}`)
		var got struct {
			Created int64
			ID      string
			Usage   struct{ Credits int64 }
			Data    []struct {
				URL           string
				B64           []byte `json:"b64_json"`
				Width, Height int
			}
		}
		err := json.Unmarshal(w.Body.Bytes(), &got)
		if fails > 0 {
			if err == nil || w.Code != http.StatusOK {
				t.Errorf("without its second picture: %d %s", w.Code, w.Body)
			}
			continue
		}
		if err != nil || got.Created != 9 || got.ID != "g" || got.Usage.Credits != 3 || len(got.Data) != 2 {
			t.Fatalf("%v %s", err, w.Body)
		}
		for n, one := range got.Data {
			if one.URL != "https://imagika.example/f/token" || len(one.B64) != g.bytes || one.Width != v.Images[n].Width || one.Height != v.Images[n].Height {
				t.Errorf("picture %d: %+v", n, one)
			}
		}
	}
}
