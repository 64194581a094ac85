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
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
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
	dialect  string
	tb       testing.TB
	api, cdn *httptest.Server

	mu     sync.Mutex
	faults []Fault
	calls  []Call
	files  map[string]file
	blanks map[frame][]byte
}

// New starts a server that stops with the test.
func New(tb testing.TB, dialect string) *Server {
	tb.Helper()
	s := &Server{dialect: dialect, tb: tb, files: map[string]file{}, blanks: map[frame][]byte{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", s.models)
	mux.HandleFunc("POST /v1/images/generations", s.paid)
	mux.HandleFunc("POST /v1/images/edits", s.paid)
	mux.HandleFunc("POST /v1/chat/completions", s.chat)
	mux.HandleFunc("POST /v1/moderations", s.moderations)
	s.api, s.cdn = httptest.NewUnstartedServer(mux), httptest.NewUnstartedServer(http.HandlerFunc(s.deliver))
	s.cdn.Start() // after s is whole: clients in other processes synchronize nothing
	s.api.Start()
	tb.Cleanup(s.Close)
	return s
}

// Close stops the servers; whoever is connected is cut off.
func (s *Server) Close() {
	for _, one := range []*httptest.Server{s.api, s.cdn} {
		one.CloseClientConnections()
		one.Close()
	}
}

// URL is the address of the API, with "/v1".
func (s *Server) URL() string { return s.api.URL + "/v1" }

// CDN is the host and port that results lie at.
func (s *Server) CDN() string { return s.cdn.Listener.Addr().String() }

// Fault appends to the script: each paid call takes one.
func (s *Server) Fault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// Calls are the paid calls that were read so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// Billed counts the calls that were charged for.
func (s *Server) Billed() (n int) {
	for _, c := range s.Calls() {
		if c.Billed {
			n++
		}
	}
	return n
}

func (s *Server) record(c Call) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var f Fault
	if len(s.faults) > 0 {
		f, s.faults = s.faults[0], s.faults[1:]
	}
	c.Billed = f.Status == 0
	s.calls = append(s.calls, c)
	return f
}

// unbill takes back what a call that was refused would have cost.
func (s *Server) unbill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[len(s.calls)-1].Billed = false
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
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if r.Header.Get(name) != "" && r.Header.Get("X-Stainless-Lang") == "" { // OpenAI's own client may
			s.tb.Errorf("a paid call carries %s, which lets it be repeated", name)
		}
	}
	if !s.known(w, r) {
		return
	}
	c, why := s.readCall(r)
	f := s.record(c)
	var answer func(Fault)
	if why == nil && f.Status == 0 {
		answer, why = check(c)
	}
	switch {
	case f.Status != 0:
		s.scripted(w, f)
	case why != nil:
		s.unbill()
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

func (s *Server) scripted(w http.ResponseWriter, f Fault) {
	maps.Copy(w.Header(), f.Header)
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body)
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
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(why.status)
	_ = json.NewEncoder(w).Encode(v)
}

// answer makes the images of a job.
func (s *Server) answer(w http.ResponseWriter, j job, f Fault) {
	data := make([]map[string]any, j.count)
	for i := range data {
		made := s.paint(j, i)
		item := map[string]any{}
		switch {
		case i < f.Withheld && s.dialect == XAI:
			item = map[string]any{"b64_json": nil, "respect_moderation": false}
		case f.Addresses:
			item["url"] = s.keep(made, f, i)
		default:
			item["b64_json"] = made.base64()
		}
		if s.dialect == Together {
			item["index"] = i
		}
		if s.dialect == XAI && item["b64_json"] != nil {
			item["mime_type"], item["respect_moderation"] = made.mediaType, true
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
	w.Header().Set("X-Request-Id", "req_"+strconv.Itoa(len(s.Calls())))
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if f.Short {
		_, _ = w.Write(text[:len(text)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(text)
}

// keep puts a file behind an address.
func (s *Server) keep(made file, f Fault, i int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := "/results/" + strconv.Itoa(len(s.calls)) + "-" + strconv.Itoa(i) + ".png"
	if f.Type != "" {
		made.mediaType = f.Type
	}
	if !f.Gone {
		s.files[path] = made
	}
	return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(s.cdn.Listener.Addr().(*net.TCPAddr).Port)) + path
}

// deliver is the network that results lie in.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		s.tb.Errorf("the key went to where results lie")
	}
	s.mu.Lock()
	made, ok := s.files[r.URL.Path]
	s.mu.Unlock()
	if !ok {
		http.Error(w, "expired", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", made.mediaType)
	_, _ = w.Write(made.bytes)
}
