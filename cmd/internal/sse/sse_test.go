package sse

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestStream(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	s := Begin(w)
	if err := errors.Join(s.Send("generation", map[string]string{"text": "two\nlines"}), s.Beat(), s.Err()); err != nil {
		t.Fatal(err)
	}
	const want = "event: generation\ndata: {\"text\":\"two\\nlines\"}\n\n:\n\n"
	if w.Body.String() != want || w.Code != http.StatusOK || !w.Flushed || w.Header().Get("Content-Type") != "text/event-stream; charset=utf-8" {
		t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
	}
	if err := s.Send("odd", make(chan int)); err == nil || s.Beat() == nil || w.Body.String() != want {
		t.Errorf("after an event that cannot be written: %v, %q", err, w.Body)
	}
}

// TestPieces: an event that is written piece by piece is one, and one that is not written to its end is none.
func TestPieces(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	s := Begin(w)
	err := s.Write("picture", func(to io.Writer) error {
		_, err := io.WriteString(to, "{}")
		return err
	})
	const want = "event: picture\ndata: {}\n\n"
	if err != nil || w.Body.String() != want {
		t.Errorf("%q, %v", w.Body, err)
	}
	if err := s.Write("picture", func(io.Writer) error { return errGone }); !errors.Is(err, errGone) || s.Beat() == nil || w.Body.String() != want+"event: picture\ndata: " {
		t.Errorf("%q, %v", w.Body, err)
	}
}

// gone is a reader that has hung up.
type gone struct{ http.ResponseWriter }

var errGone = errors.New("broken pipe")

func (gone) Write([]byte) (int, error) { return 0, errGone }

// Whoever hung up is noticed, and nothing is written after that.
func TestReaderIsGone(t *testing.T) {
	t.Parallel()
	s := Begin(gone{httptest.NewRecorder()})
	if !errors.Is(s.Send("x", 1), errGone) || !errors.Is(s.Beat(), errGone) || !errors.Is(s.Err(), errGone) {
		t.Error(s.Err())
	}
}
