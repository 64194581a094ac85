package site

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// patience is how long a reader may take nothing of an answer.
	patience = time.Minute
	// drainTime is how long the rest of a body may take that nobody wanted to read.
	drainTime = 5 * time.Second
	// writePiece is what a reader has to take while our patience lasts.
	writePiece = 64 << 10
)

// recorder remembers how a request ended, and waits for nobody who reads or sends too slowly.
type recorder struct {
	http.ResponseWriter
	status          int // zero until the first byte
	conn            *http.ResponseController
	body            *body // nil for none
	patience, drain time.Duration
}

func newRecorder(w http.ResponseWriter, r *http.Request, patience, drain time.Duration) *recorder {
	rec := &recorder{ResponseWriter: w, conn: http.NewResponseController(w), patience: patience, drain: drain}
	if r.Body != nil && r.Body != http.NoBody {
		rec.body = &body{ReadCloser: r.Body}
		r.Body = rec.body
	}
	return rec
}

// Unwrap lets http.ResponseController reach the connection: event streams flush, callbacks bound their reading.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter. Informational answers do not end anything.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.begin(status)
	}
	r.ResponseWriter.WriteHeader(status)
}

// begin is before the first byte of an answer. The server reads what is left of the body before it sends that, for as long as it is
// allowed to.
func (r *recorder) begin(status int) {
	r.status = status
	r.leave()
}

// leave bounds the time for a body that nobody read. One that was read stays as it is: the server listens behind it for a reader who
// hangs up, and would take the end of the time for that.
func (r *recorder) leave() {
	if r.body != nil && !r.body.whole.Load() {
		_ = r.conn.SetReadDeadline(time.Now().Add(r.drain))
	}
}

// Write implements io.Writer. What is long goes out in pieces, so that the time is that for a piece and not for all of it.
func (r *recorder) Write(b []byte) (n int, err error) {
	if r.status == 0 {
		r.begin(http.StatusOK)
	}
	for {
		r.wait()
		m, err := r.ResponseWriter.Write(b[:min(len(b), writePiece)])
		n += m
		if b = b[m:]; err != nil || len(b) == 0 {
			return n, err
		}
	}
}

// wait gives the reader time anew. A writer that is no connection has no deadline, and nobody to wait for.
func (r *recorder) wait() { _ = r.conn.SetWriteDeadline(time.Now().Add(r.patience)) }

// end bounds what the server does after the handler: it sends what is buffered, and reads what is left of the body.
func (r *recorder) end() {
	r.wait()
	r.leave()
}

// body is one that tells whether it was read to its end.
type body struct {
	io.ReadCloser
	whole atomic.Bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.whole.Store(true)
	}
	return n, err
}
