package devapi

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// Pictures are given memory before they are there, so what counts is how long they take with how much: who asks for a lot has to
// fill it at a pace at which all of it comes in the time for a body. Otherwise a few people who send nothing would hold all there is.

// What a form is forgiven.
const (
	headStart = 10 * time.Second // before anything has to have come of it
	lull      = 5 * time.Second  // without a byte
)

// lengthOf is how long a form says it is, or else how long it may be.
func lengthOf(r *http.Request) int {
	if n := r.ContentLength; n >= 0 && n < maxForm {
		return int(n)
	}
	return maxForm
}

// weightOf is what a form takes of the memory for all. The fields of a small one take more than its pictures.
func weightOf(r *http.Request) int { return max(lengthOf(r), maxJSON) }

// enterUpload lets a form in, or says why it has to come back.
func (a *API) enterUpload(r *http.Request, c caller) (leave func(), err error) {
	weight := weightOf(r)
	all, err := enter(a.uploads, c, weight)
	if err != nil || weight <= largeForm {
		return all, err
	}
	large, err := enter(a.large, c, weight)
	if err != nil {
		all()
		return nil, err
	}
	return func() { large(); all() }, nil
}

// room is memory for all pictures of a form. It does not grow: whatever grows by copying is there twice.
type room []byte

var errFull = errors.New("more than the body was to hold")

// Write implements io.Writer.
func (r *room) Write(p []byte) (int, error) {
	if len(p) > cap(*r)-len(*r) {
		return 0, errFull
	}
	*r = append(*r, p...)
	return len(p), nil
}

// paced is the body of a form, which ends with an error when it is too slow.
type paced struct {
	io.Reader
	conn         *http.ResponseController
	begun        time.Time
	most         time.Duration // for all of it
	weight, came int
}

func (a *API) pace(w http.ResponseWriter, r *http.Request) *paced {
	return &paced{
		Reader: http.MaxBytesReader(w, r.Body, maxForm), conn: http.NewResponseController(w), begun: time.Now(), most: a.BodyTime, weight: weightOf(r),
	}
}

// Read implements io.Reader.
func (p *paced) Read(b []byte) (int, error) {
	due := headStart + time.Duration(float64(p.most)*float64(p.came)/float64(p.weight))
	_ = p.conn.SetReadDeadline(p.begun.Add(min(due, time.Since(p.begun)+lull, p.most))) // a writer that is no connection has none
	n, err := p.Reader.Read(b)
	p.came += n
	return n, err
}
