// Package geminitest is a strict server of generateContent with the image models of the Gemini API and one that
// writes, for tests. It
// refuses what Google would refuse: unknown fields, wrong types, shapes and tiers a model does not have, too many
// pictures, a wrong key. Images are real files of the size that Google documents for a shape and a tier, the same for
// the same words.
//
// It keeps the books of a paid service: every POST it has read to its end is counted, and billed unless it is refused
// with an error. It never dedupes. Faults are scripted one call at a time.
package geminitest

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/imagika/imagika/providers/providertest"
)

// Key is what the server wants in the header X-Goog-Api-Key.
const Key = "AIzaSyTest-1234567890"

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
	// Answer replaces the answer to work that was done and billed.
	Answer string
	// Short breaks the answer off in the middle.
	Short bool
	// Block answers with status 200 and this promptFeedback.blockReason.
	Block string
	// Finish answers with status 200, without an image, and with this finishReason.
	Finish string
	// Words answers with words in place of an image.
	Words bool
	// Uncounted leaves usageMetadata away.
	Uncounted bool
	// Drafts puts thoughts, words and drafts of the image in front of it.
	Drafts bool
	// Type is the media type the image is said to have; empty is the right one.
	Type string
	// Broken is an image whose base64 is none.
	Broken bool
}

// Call is a paid call that was read.
type Call struct {
	Model string
	// Body is what the call held, decoded.
	Body   Body
	Billed bool
}

// Server is the service.
type Server struct {
	*providertest.Service[Fault, Call]
}

// New starts a server that stops with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := new(Server)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1beta/models", s.models)
	mux.HandleFunc("POST /v1beta/models/{call}", s.paid)
	s.Service = providertest.NewService[Fault](tb, mux, func(c Call) bool { return c.Billed })
	return s
}

// URL is the address of the API, with "/v1beta".
func (s *Server) URL() string { return s.Root() + "/v1beta" }

func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	if s.known(w, r) {
		answer(w, map[string]any{"models": []any{map[string]any{"name": "models/gemini-3-pro-image"}}}, Fault{})
	}
}

// known checks the key. Google answers 400, not 401, to a wrong one.
func (s *Server) known(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("X-Goog-Api-Key") == Key && r.URL.Query().Get("key") == "" {
		return true
	}
	refuse(w, &refusal{http.StatusBadRequest, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", []any{
		map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"},
	}})
	return false
}

// paid is a call that costs money once it was read.
func (s *Server) paid(w http.ResponseWriter, r *http.Request) {
	s.CheckOnce(r)
	if !s.known(w, r) {
		return
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever called is gone
	}
	model, method, _ := strings.Cut(r.PathValue("call"), ":")
	c, why := read(model, method, text)
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
	case f.Answer != "":
		_, _ = io.WriteString(w, f.Answer)
	default:
		answer(w, work(c, f, n+1), f)
	}
}

// record notes a call and takes the fault that is its turn.
func (s *Server) record(c Call, fine bool) (n int, f Fault) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	n, f = s.Next()
	c.Billed = fine && f.Status == 0 && f.Block == ""
	s.Note(c)
	return n, f
}

// refusal is why Google does not do a call.
type refusal struct {
	code            int
	status, message string
	details         []any
}

func refuse(w http.ResponseWriter, why *refusal) {
	e := map[string]any{"code": why.code, "message": why.message, "status": why.status}
	if len(why.details) > 0 {
		e["details"] = why.details
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(why.code)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": e})
}

func answer(w http.ResponseWriter, v map[string]any, f Fault) {
	text, _ := json.Marshal(v) // of strings, numbers and bytes
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if f.Short {
		providertest.Half(w, text)
	}
	_, _ = w.Write(text)
}
