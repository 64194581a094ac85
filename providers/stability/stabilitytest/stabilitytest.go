// Package stabilitytest is a strict server of Stability's v2beta API, as far as images from words, variations, upscales and
// expansions go, for tests. It refuses what the service would refuse: unknown fields, wrong types and limits, pictures
// that do not fit, a wrong key. Images are real files, the same for the same form, of the size that belongs to a model
// and a shape.
//
// It keeps the books of a paid service: every POST it has read to its end is counted, and billed unless it is refused
// with an error. It never dedupes. Faults are scripted one call at a time.
package stabilitytest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/imagika/imagika/providers/providertest"
)

// Key is what the server wants in the header Authorization.
const Key = "sk-test-1234567890"

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
	// Filtered blurs the image after it was made.
	Filtered bool
	// JSON answers with JSON though a file was asked for; Answer is then what it says, if not what it should.
	JSON   bool
	Answer string
	// Short breaks the answer off in the middle, and Endless never ends it.
	Short, Endless bool
	// Type is the Content-Type of the image; empty is the right one.
	Type string
	// Silent leaves the seed and the id of the request away.
	Silent bool
}

// Call is a paid call that was read.
type Call struct {
	Path   string
	Header http.Header
	Fields map[string]string
	// Image is the picture that came with it.
	Image  []byte
	Billed bool
}

// Server is the service.
type Server struct {
	*providertest.Service[Fault, Call]

	tb      testing.TB
	credits float64
}

// New starts a server that stops with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb, credits: 100}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/user/balance", s.balance)
	mux.HandleFunc("POST /v2beta/stable-image/{path...}", s.paid)
	s.Service = providertest.NewService[Fault](tb, mux, func(c Call) bool { return c.Billed })
	return s
}

// SetCredits sets the balance; calls do not change it.
func (s *Server) SetCredits(n float64) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.credits = n
}

func (s *Server) balance(w http.ResponseWriter, r *http.Request) {
	if !s.known(w, r) {
		return
	}
	if !strings.Contains(r.Header.Get("Accept"), "json") {
		s.tb.Error("the balance was asked for as an image")
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	providertest.Reply(w, http.StatusOK, map[string]any{"credits": s.credits})
}

func (s *Server) known(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("Authorization") == "Bearer "+Key {
		return true
	}
	refuse(w, &refusal{http.StatusUnauthorized, "unauthorized", "authorization: is invalid or missing"})
	return false
}

// paid is a call that costs credits once it was read.
func (s *Server) paid(w http.ResponseWriter, r *http.Request) {
	s.CheckOnce(r)
	if !s.known(w, r) {
		return
	}
	c := Call{Path: r.PathValue("path"), Header: r.Header.Clone(), Fields: map[string]string{}}
	why := c.read(r)
	if why == nil {
		why = c.check()
	}
	n, f := s.record(c, why == nil)
	switch {
	case f.Status != 0:
		providertest.Script(w, f.Status, f.Header, f.Body)
	case why != nil:
		refuse(w, why)
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Hang:
		<-r.Context().Done()
	default:
		answer(w, c, f, n+1)
	}
}

// record notes a call and takes the fault that is its turn.
func (s *Server) record(c Call, fine bool) (n int, f Fault) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	n, f = s.Next()
	c.Billed = fine && f.Status == 0
	s.Note(c)
	return n, f
}

// refusal is why the service does not do a call.
type refusal struct {
	status       int
	name, reason string
}

func refuse(w http.ResponseWriter, why *refusal) {
	w.Header().Set("X-Request-Id", "req-0")
	providertest.Reply(w, why.status, map[string]any{"id": "a6dc6c6e20acda010fe14d71f180658f", "name": why.name, "errors": []string{why.reason}})
}

// answer is a file with what there is to say about it in the header, or JSON.
func answer(w http.ResponseWriter, c Call, f Fault, n int) {
	seed, file := paint(c)
	finish := "SUCCESS"
	if f.Filtered {
		finish = "CONTENT_FILTERED"
	}
	h := w.Header()
	if !f.Silent {
		h.Set("X-Request-Id", "req-"+strconv.Itoa(n))
	}
	if f.JSON || c.Header.Get("Accept") == "application/json" {
		h.Set("Content-Type", "application/json; type=image/png")
		text, _ := json.Marshal(map[string]any{"image": base64.StdEncoding.EncodeToString(file), "finish_reason": finish, "seed": seed})
		if f.Answer != "" {
			text = []byte(f.Answer)
		}
		send(w, text, f)
		return
	}
	h.Set("Content-Type", "image/"+c.Fields["output_format"])
	h.Set("Finish-Reason", finish)
	if !f.Silent {
		h.Set("Seed", strconv.FormatInt(seed, 10))
	}
	if f.Type != "" {
		h.Set("Content-Type", f.Type)
	}
	send(w, file, f)
}

func send(w http.ResponseWriter, file []byte, f Fault) {
	switch {
	case f.Endless:
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	case f.Short:
		providertest.Half(w, file)
	}
	_, _ = w.Write(file)
}
