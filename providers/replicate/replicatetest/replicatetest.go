// Package replicatetest is a strict server of Replicate's API, for tests. It refuses what the service would refuse: a
// wrong key, unknown fields, wrong types and limits, pictures that are too large for a data URL or were never uploaded.
// Pictures are real files of the size that was asked for, the same for the same words and seed.
//
// It keeps the books of a paid service: every prediction is counted and billed unless it is refused, or canceled before
// it began. It never dedupes. Predictions are starting, processing and then over, as scripted, and are listed. Results
// lie on a second server, as those of the real one do, which reports a violation when it sees the key.
package replicatetest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/providertest"
)

// Key is what the server wants, and Secret what callbacks are signed with.
const (
	Key    = "r8_test1234567890"
	Secret = "whsec_dGVzdC1zZWNyZXQtMTIzNDU2Nzg5MA=="
)

// Fault is what goes wrong with one paid call. The zero value is nothing.
type Fault struct {
	// Cut closes the connection after the call was read and billed.
	Cut bool
	// Hang never answers: the call is billed and ends with the client.
	Hang bool
	// Status answers with Header and Body instead of doing the work.
	Status int
	Header http.Header
	Body   string
	// Answer replaces the answer to work that was accepted and billed.
	Answer string
	// Short breaks the answer off in the middle.
	Short bool

	// Pending is how often the prediction is not over yet, the first time it is starting; negative is for ever.
	Pending int
	// End is the status the prediction ends with, "succeeded" if empty; Error goes with it.
	End   string
	Error any
	// Output replaces the output. Removed deletes it.
	Output  any
	Removed bool
	// Gone lets the results expire at once; Type is their Content-Type, if not the right one.
	Gone bool
	Type string
}

// Call is a paid call that was read.
type Call struct {
	Path   string
	Header http.Header
	Body   map[string]any
	Input  map[string]any
	Billed bool
	// ID of the prediction, if it was accepted.
	ID string
}

// Server is the service.
type Server struct {
	*providertest.Service[Fault, Call]
	*providertest.Results

	asks     []Fault
	made     []*prediction
	uploads  map[string]upload
	deleted  int
	pageSize int
	hidden   bool
}

// upload is a picture that was sent ahead.
type upload struct {
	mediaType string
	bytes     []byte
}

// New starts a server that stops with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{uploads: map[string]upload{}, pageSize: 100}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/models/{owner}/{name}/predictions", s.paid)
	mux.HandleFunc("POST /v1/deployments/{owner}/{name}/predictions", s.paid)
	mux.HandleFunc("POST /v1/predictions", s.paid)
	mux.HandleFunc("GET /v1/predictions", s.free(s.list))
	mux.HandleFunc("GET /v1/predictions/{id}", s.free(s.get))
	mux.HandleFunc("POST /v1/predictions/{id}/cancel", s.free(s.cancel))
	mux.HandleFunc("POST /v1/files", s.free(s.keepFile))
	mux.HandleFunc("DELETE /v1/files/{id}", s.free(s.dropFile))
	mux.HandleFunc("GET /v1/account", s.free(func(w http.ResponseWriter, _ *http.Request) {
		providertest.Reply(w, http.StatusOK, map[string]any{"type": "user", "username": "test", "name": "Test"})
	}))
	mux.HandleFunc("GET /v1/webhooks/default/secret", s.free(func(w http.ResponseWriter, _ *http.Request) {
		providertest.Reply(w, http.StatusOK, map[string]any{"key": Secret})
	}))
	s.Service = providertest.NewService[Fault](tb, mux, func(c Call) bool { return c.Billed })
	s.Results = providertest.NewResults(tb, "Authorization", http.StatusNotFound)
	return s
}

// URL is the address of the API, with "/v1".
func (s *Server) URL() string { return s.Root() + "/v1" }

// AskFault appends to the script of calls that cost nothing: each takes one, of which Cut, Status, Header and Body count.
func (s *Server) AskFault(f ...Fault) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.asks = append(s.asks, f...)
}

// Scripted counts what is left of that script.
func (s *Server) Scripted() int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return len(s.asks)
}

// Lists sets how many predictions a page of the list has, and whether it tells where they call back.
func (s *Server) Lists(pageSize int, webhooks bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.pageSize, s.hidden = pageSize, !webhooks
}

// Forget removes the data of all predictions, as happens after an hour.
func (s *Server) Forget() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, p := range s.made {
		p.fault.Removed = true
	}
}

// Uploads counts the pictures that are there, and those that were deleted.
func (s *Server) Uploads() (kept, deleted int) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return len(s.uploads), s.deleted
}

// known checks the key.
func known(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("Authorization") == "Bearer "+Key {
		return true
	}
	problem(w, http.StatusUnauthorized, "You did not pass a valid authentication token")
	return false
}

// free is a call that costs nothing; it holds the lock.
func (s *Server) free(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !known(w, r) {
			return
		}
		s.Mu.Lock()
		defer s.Mu.Unlock()
		if len(s.asks) > 0 {
			f := s.asks[0]
			s.asks = s.asks[1:]
			_, _ = io.Copy(io.Discard, r.Body)
			if f.Cut {
				panic(http.ErrAbortHandler)
			}
			if f.Status != 0 {
				providertest.Script(w, f.Status, f.Header, f.Body)
				return
			}
		}
		do(w, r)
	}
}

// paid takes a call, accepts the work unless the script says otherwise, and answers.
func (s *Server) paid(w http.ResponseWriter, r *http.Request) {
	s.CheckOnce(r)
	if !known(w, r) {
		return
	}
	c := Call{Path: strings.TrimPrefix(r.URL.Path, "/v1/"), Header: r.Header.Clone()}
	err := providertest.Read(r, &c.Body)
	s.Mu.Lock()
	defer s.Mu.Unlock()
	n, f := s.Next()
	c.Input, _ = c.Body["input"].(map[string]any)
	j, why := s.check(r, c)
	switch {
	case f.Status != 0:
		why = &refusal{status: f.Status}
	case err != nil:
		why = &refusal{http.StatusBadRequest, "The request body is not JSON"}
	}
	var p *prediction
	if why == nil {
		c.Billed, c.ID = true, fmt.Sprintf("p%024d", n)
		p = &prediction{id: c.ID, call: n, job: j, fault: f, created: time.Now()}
		s.made = append(s.made, p)
	}
	s.Note(c)
	s.answer(w, r, p, f, why)
}

// answer needs the lock; it gives it back while it hangs.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, p *prediction, f Fault, why *refusal) {
	switch {
	case f.Status != 0:
		providertest.Script(w, f.Status, f.Header, f.Body)
	case why != nil:
		problem(w, why.status, why.detail)
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Hang:
		s.Mu.Unlock()
		<-r.Context().Done()
		s.Mu.Lock()
	case f.Answer != "":
		providertest.Script(w, http.StatusCreated, nil, f.Answer)
	case f.Short:
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, `{"id":"`)
		panic(http.ErrAbortHandler)
	default:
		if strings.HasPrefix(r.Header.Get("Prefer"), "wait") && f.Pending == 0 {
			s.step(p)
		}
		providertest.Reply(w, http.StatusCreated, s.view(p))
	}
}

func problem(w http.ResponseWriter, status int, detail string) {
	providertest.Reply(w, status, map[string]any{"title": http.StatusText(status), "detail": detail, "status": status})
}
