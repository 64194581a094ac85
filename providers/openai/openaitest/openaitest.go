// Package openaitest is a strict server of OpenAI's Images API and its dialects, with as much of chat completions and of
// moderations as goes with it, for tests. It refuses what the service
// would refuse: unknown fields, wrong types and limits, sizes and masks that do not fit, a wrong key. Pictures are real
// files of the size that was asked for, the same for the same prompt, seed and number.
//
// It keeps the books of a paid service: every POST it has read to its end is counted, and billed unless it is refused.
// It never dedupes. Faults are scripted one call at a time. Results that are addresses point to a second server, as
// those of the real ones do, which reports a violation when it sees a key.
package openaitest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/imagika/imagika/providers/providertest"
)

// Key is what the server wants where it wants one.
const Key = "sk-test-1234567890"

// The dialects, named as the adapter names them.
const (
	OpenAI   = "openai"
	XAI      = "xai"
	Together = "together"
	SDCpp    = "sdcpp"
	Gateway  = "gateway"
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
	// Answer replaces the answer to work that was done and billed.
	Answer string
	// Short breaks the answer off in the middle.
	Short bool
	// Withheld is how many images moderation takes away after they were made.
	Withheld int
	// Addresses answers with addresses instead of base64; Gone lets them expire at once.
	Addresses, Gone bool
	// Type is the Content-Type of what lies at the addresses; empty is the right one.
	Type string
	// Padding makes the answer this much larger.
	Padding int
}

// Call is a paid call that was read.
type Call struct {
	Path   string
	Header http.Header
	// Fields are what the body held, numbers as float64 and the fields of a form as strings.
	Fields map[string]any
	// Files are those of a form, by field.
	Files  map[string][][]byte
	Billed bool
}

// Server is the service.
type Server struct {
	*providertest.Service[Fault, Call]
	*providertest.Results

	dialect string
	tb      testing.TB
}

// New starts a server that stops with the test.
func New(tb testing.TB, dialect string) *Server {
	tb.Helper()
	s := &Server{dialect: dialect, tb: tb, Results: providertest.NewResults(tb, "Authorization", http.StatusForbidden)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", s.models)
	mux.HandleFunc("POST /v1/images/generations", s.paid)
	mux.HandleFunc("POST /v1/images/edits", s.paid)
	mux.HandleFunc("POST /v1/chat/completions", s.chat)
	mux.HandleFunc("POST /v1/moderations", s.moderations)
	s.Service = providertest.NewService[Fault](tb, mux, func(c Call) bool { return c.Billed })
	return s
}

// URL is the address of the API, with "/v1".
func (s *Server) URL() string { return s.Root() + "/v1" }

// record puts a call in the books, and returns its number and the fault whose turn it is.
func (s *Server) record(c Call) (int, Fault) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	n, f := s.Next()
	c.Billed = f.Status == 0 && c.Path != "/moderations" // which cost nothing
	s.Note(c)
	return n, f
}

// unbill takes back what a call that was refused would have cost.
func (s *Server) unbill(n int) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.Noted(n).Billed = false
}

func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	if !s.known(w, r) {
		return
	}
	_, _ = io.WriteString(w, `{"object":"list","data":[]}`)
}

// known checks the key.
func (s *Server) known(w http.ResponseWriter, r *http.Request) bool {
	if s.dialect == SDCpp || r.Header.Get("Authorization") == "Bearer "+Key {
		return true
	}
	status := http.StatusUnauthorized
	if s.dialect == XAI {
		status = http.StatusBadRequest
	}
	s.refuse(w, &refusal{status: status, code: "invalid_api_key", message: "Incorrect API key provided: sk-***. You can find your API key in your account."})
	return false
}

// paid takes a call for images.
func (s *Server) paid(w http.ResponseWriter, r *http.Request) {
	s.take(w, r, func(c Call) (func(Fault), *refusal) {
		work, why := s.check(c)
		return func(f Fault) { s.answer(w, work, f) }, why
	})
}

// take takes a call, does the work unless the script says otherwise, and answers.
func (s *Server) take(w http.ResponseWriter, r *http.Request, check func(Call) (answer func(Fault), why *refusal)) {
	if r.Header.Get("X-Stainless-Lang") == "" { // OpenAI's own client may
		s.CheckOnce(r)
	}
	if !s.known(w, r) {
		return
	}
	c, why := s.readCall(r)
	n, f := s.record(c)
	var answer func(Fault)
	if why == nil && f.Status == 0 {
		answer, why = check(c)
	}
	switch {
	case f.Status != 0:
		providertest.Script(w, f.Status, f.Header, f.Body)
	case why != nil:
		s.unbill(n)
		s.refuse(w, why)
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Hang:
		<-r.Context().Done()
	case f.Answer != "":
		s.send(w, []byte(f.Answer), f)
	default:
		answer(f)
	}
}

// refusal is why the service does not do a call.
type refusal struct {
	status               int
	code, message, param string
}

func bad(param, format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "invalid_value", param: param, message: fmt.Sprintf(format, args...)}
}

// refuse answers in the dialect's own shape.
func (s *Server) refuse(w http.ResponseWriter, why *refusal) {
	var v any
	switch s.dialect {
	case XAI:
		v = map[string]any{"code": "Client specified an invalid argument", "error": why.message}
	case SDCpp:
		v = map[string]any{"error": why.message}
	default:
		v = map[string]any{"error": map[string]any{"message": why.message, "type": "invalid_request_error", "param": why.param, "code": why.code}}
	}
	providertest.Reply(w, why.status, v)
}

// answer makes the images of a job.
func (s *Server) answer(w http.ResponseWriter, j job, f Fault) {
	data := make([]map[string]any, j.count)
	for i := range data {
		made := paint(j, i)
		item := map[string]any{}
		switch {
		case i < f.Withheld && s.dialect == XAI:
			item = map[string]any{"b64_json": nil, "respect_moderation": false}
		case f.Addresses:
			item["url"] = s.keep(made, f, i)
		default:
			item["b64_json"] = base64.StdEncoding.EncodeToString(made.Bytes)
		}
		if s.dialect == Together {
			item["index"] = i
		}
		if s.dialect == XAI && item["b64_json"] != nil {
			item["mime_type"], item["respect_moderation"] = made.MediaType, true
		}
		data[i] = item
	}
	v := map[string]any{"created": 1_780_000_000, "data": data}
	s.books(w, v, j)
	if f.Padding > 0 {
		v["padding"] = strings.Repeat("x", f.Padding)
	}
	text, err := json.Marshal(v)
	if err != nil {
		s.tb.Errorf("encode: %v", err)
	}
	s.send(w, text, f)
}

func (s *Server) send(w http.ResponseWriter, text []byte, f Fault) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Request-Id", "req_"+strconv.Itoa(s.Count()))
	if f.Short {
		providertest.Half(w, text)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text)
}

// keep puts a file behind an address.
func (s *Server) keep(made providertest.File, f Fault, i int) string {
	path := "/results/" + strconv.Itoa(s.Count()) + "-" + strconv.Itoa(i) + ".png"
	if f.Gone {
		return s.Address(path)
	}
	if f.Type != "" {
		made.MediaType = f.Type
	}
	return s.Keep(path, func() providertest.File { return made })
}
