// Package sse writes streams of server-sent events (text/event-stream).
//
//	s := sse.Begin(w)
//	beat := time.NewTicker(sse.Beat)
//	…
//	s.Send("generation", card) // or s.Beat(), where there was nothing to say
//
// A stream ends by the return of its handler. Whoever writes learns from the error that nobody listens any more: the reader has
// gone, or takes nothing for so long that it is as good as gone.
package sse

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Beat is how long a stream may be silent. A comment after that keeps proxies and browsers from taking it for dead, and tells us of
// a reader who is gone.
const Beat = 15 * time.Second

// writeTime is how long a write may take: a reader that has stalled holds nothing for longer.
const writeTime = 30 * time.Second

// Stream writes events. The first error stays.
type Stream struct {
	w    http.ResponseWriter
	conn *http.ResponseController
	err  error
}

// Begin answers 200 with a stream, which has to be flushed by its first event.
func Begin(w http.ResponseWriter) *Stream {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	w.WriteHeader(http.StatusOK)
	return &Stream{w: w, conn: http.NewResponseController(w)}
}

// Send writes an event of that name, with v as JSON.
func (s *Stream) Send(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		s.err = fmt.Errorf("encode an event: %w", err)
		return s.err
	}
	return s.write("event: " + name + "\ndata: " + string(data) + "\n\n")
}

// Write writes an event of that name, whose data f writes: JSON in one line, of which nobody has to hold all. After an error of f no
// reader hears of the event, nor of another.
func (s *Stream) Write(name string, f func(io.Writer) error) error {
	if s.write("event: "+name+"\ndata: ") != nil {
		return s.err
	}
	if err := f(writer{s}); s.err == nil {
		s.err = err
	}
	return s.write("\n\n")
}

// writer is of the data of an event.
type writer struct{ *Stream }

func (w writer) Write(p []byte) (int, error) {
	if err := w.put(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Beat writes a comment, which no reader hears of.
func (s *Stream) Beat() error { return s.write(":\n\n") }

// Err is what ended the stream, nil while it lasts.
func (s *Stream) Err() error { return s.err }

func (s *Stream) write(text string) error {
	if s.put([]byte(text)) == nil {
		s.err = s.conn.Flush()
	}
	return s.err
}

func (s *Stream) put(p []byte) error {
	if s.err != nil {
		return s.err
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTime)) // a writer that is no connection has none
	_, s.err = s.w.Write(p)
	return s.err
}
