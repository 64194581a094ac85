package devapi

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/storage"
)

// everybody is a studio for as many people as there are tokens, each known by the length of theirs.
type everybody struct{ *studio }

func (everybody) Authenticate(_ context.Context, token string) (storage.Person, storage.Token, error) {
	return storage.Person{ID: int64(len(token))}, storage.Token{}, nil
}

// sender is a connection on which a body comes in pieces, one every so often.
type sender struct {
	*httptest.ResponseRecorder
	body  io.Reader
	piece int
	every time.Duration
	until time.Time
}

func (s *sender) SetReadDeadline(until time.Time) error { s.until = until; return nil }

// Read implements io.Reader.
func (s *sender) Read(b []byte) (int, error) {
	if !s.until.IsZero() && time.Now().Add(s.every).After(s.until) {
		time.Sleep(time.Until(s.until))
		return 0, os.ErrDeadlineExceeded
	}
	time.Sleep(s.every)
	return s.body.Read(b[:min(len(b), s.piece)])
}

// send sends a form that says how long it is, or -1, as the person of that number.
func (s *sender) send(a *API, person int, kind string, length int64) {
	s.ResponseRecorder = httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, editsPath, s)
	r.ContentLength = length
	r.Header.Set("Authorization", "Bearer "+strings.Repeat("x", person))
	r.Header.Set("Content-Type", kind)
	a.ServeHTTP(s, r)
}

func newOpenAPI() *API {
	a := newAPI(&studio{}, 1000)
	a.Workers = everybody{&studio{view: done()}}
	return a
}

// What takes a lot of memory has to come fast enough to fill it in time; what takes little may come slowly.
func TestThePaceOfForms(t *testing.T) {
	t.Parallel()
	body, kind := form(t, func(w *multipart.Writer) error {
		part, err := w.CreateFormFile("image[]", "a.png")
		if err != nil {
			return err
		}
		if _, err := part.Write(make([]byte, 4<<20)); err != nil {
			return err
		}
		return w.WriteField("prompt", "a fox")
	})
	whole := int64(len(body))
	for _, tt := range []struct {
		desc   string
		length int64
		piece  int
		every  time.Duration
		most   time.Duration // until it is refused; zero is never
	}{
		{"nothing", whole, 1, time.Hour, lull},
		{"a byte now and then", whole, 1, lull - time.Second, headStart + time.Second},
		{"a byte now and then, of the largest", maxForm, 1, lull - time.Second, headStart + time.Second},
		{"not as much as it takes", maxForm, 1 << 10, time.Second / 64, headStart + time.Second},
		{"nobody knows how much", -1, 1 << 10, time.Second / 64, headStart + time.Second},
		{"too slow for the minute", whole, 1 << 10, time.Second / 64, time.Minute},
		{"slow", whole, 1 << 10, time.Second / 80, 0},
		{"nobody knows, and fast", -1, 4 << 10, time.Second / 400, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, begun := &sender{body: bytes.NewReader(body), piece: tt.piece, every: tt.every}, time.Now()
			s.send(newOpenAPI(), 1, kind, tt.length)
			took := time.Since(begun)
			switch {
			case tt.most == 0 && s.Code != http.StatusOK:
				t.Errorf("%s: %d %s after %v", tt.desc, s.Code, s.Body, took)
			case tt.most > 0 && (s.Code != http.StatusBadRequest || took > tt.most || !strings.Contains(s.Body.String(), "too slowly")):
				t.Errorf("%s: %d %s after %v, want it to be refused within %v", tt.desc, s.Code, s.Body, took, tt.most)
			}
		})
	}
}

// Whoever sends nothing keeps nobody else from sending: not with many small forms, not with a few large ones, and not for long.
func TestSlowFormsOfOthers(t *testing.T) {
	t.Parallel()
	body, kind := formOf("a fox", map[string]string{})
	for _, tt := range []struct {
		strangers int
		length    int64 // of each form
		large     int   // what a large one is answered meanwhile
	}{{3, 1000, 200}, {100, 1000, 200}, {3, maxForm, 503}, {3, -1, 503}, {1, maxForm, 200}} {
		synctest.Test(t, func(t *testing.T) {
			a := newOpenAPI()
			var group sync.WaitGroup
			for n := range tt.strangers {
				group.Go(func() { (&sender{body: strings.NewReader(""), every: time.Hour}).send(a, n+2, kind, tt.length) })
			}
			synctest.Wait()
			sends := func(length int64, want int) {
				s := &sender{body: strings.NewReader(body), piece: len(body)}
				if s.send(a, 1, kind, length); s.Code != want {
					t.Errorf("%d strangers send %d: %d %s, want %d", tt.strangers, tt.length, s.Code, s.Body, want)
				}
			}
			sends(int64(len(body)), 200)
			sends(-1, tt.large)
			group.Wait()
			sends(-1, 200)
		})
	}
}
