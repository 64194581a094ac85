// Package hordetest is a strict server of AI Horde, for tests. It refuses what the Horde would refuse: unknown fields,
// wrong types and limits, sizes that are no multiples of 64, unknown keys, nameless clients, and more questions about
// images than ten a minute. Pictures are WebP files of the size that was asked for, of one color, the same for the same
// prompt and seed.
//
// It never dedupes and counts every POST it has read to its end. Faults are scripted, one request at a time. Results lie
// at a second server, which reports an error when it sees a key.
package hordetest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"github.com/imagika/imagika/providers/providertest"
)

// Keys that the server knows.
const (
	Key       = "Zm94LXVuZGVyLWEtbW9vbg"
	anonymous = "0000000000"
)

// Fault is what goes wrong with one request. The zero value is nothing.
type Fault struct {
	// Cut closes the connection after the call was read and taken.
	Cut bool
	// Hang never answers: the call is taken and ends with the client.
	Hang bool
	// Status answers the POST with Header and Body instead of taking it.
	Status int
	Header http.Header
	Body   string
	// Answer replaces the answer to a call that was taken; Short breaks it off.
	Answer string
	Short  bool
	// Checks is how many times the request is not done yet; zero is two.
	Checks int
	// CheckStatus answers the first check with Header and Body, StatusStatus the first question for the images.
	CheckStatus, StatusStatus int
	// Faulted ends the request after its checks without images; Impossible says that nobody can do it.
	Faulted, Impossible bool
	// Output replaces what is said of the images.
	Output string
	// Censored is how many images were taken away, and How one of "flag", "state", "metadata".
	Censored int
	How      string
	// Inline has the images in base64; Gone lets them expire, and Type is the Content-Type they are said to have.
	Inline, Gone bool
	Type         string
}

// Call is a POST that was read.
type Call struct {
	Header http.Header
	Fields map[string]any
	Taken  bool
}

// request is one that was taken.
type request struct {
	id              string
	job             job
	fault           Fault
	checks          int
	checked, looked bool // the first time
	deleted, shared bool
}

func (r *request) done() bool {
	wait := r.fault.Checks
	if wait == 0 {
		wait = 2
	}
	return r.deleted || r.checks > wait
}

// maxLooks at images in a minute.
const maxLooks = 10

// Server is the service.
type Server struct {
	*providertest.Service[Fault, Call]
	*providertest.Results

	tb       testing.TB
	requests map[string]*request
	looks    int
	deleted  int
}

// New starts a server that stops with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb, requests: map[string]*request{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v2/generate/async", s.submit)
	mux.HandleFunc("GET /api/v2/generate/check/{id}", s.check)
	mux.HandleFunc("GET /api/v2/generate/status/{id}", s.status)
	mux.HandleFunc("DELETE /api/v2/generate/status/{id}", s.remove)
	mux.HandleFunc("GET /api/v2/find_user", s.user)
	s.Service = providertest.NewService[Fault](tb, mux, func(c Call) bool { return c.Taken })
	s.Results = providertest.NewResults(tb, "Apikey", http.StatusForbidden)
	return s
}

// URL is the address of the API.
func (s *Server) URL() string { return s.Root() + "/api/v2" }

// Looks is how often images were asked for.
func (s *Server) Looks() int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.looks
}

// Deleted is how many requests were taken back.
func (s *Server) Deleted() int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.deleted
}

// Callback is what is sent about the first image of the only request.
func (s *Server) Callback() []byte {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for id, r := range s.requests {
		all := s.generations(r)
		all[0]["request"], all[0]["kudos"] = id, 12.5
		text, _ := json.Marshal(all[0]) // words and numbers
		return text
	}
	s.tb.Error("no request was taken")
	return nil
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	providertest.Reply(w, status, map[string]string{"message": message, "rc": code})
}

// submit takes a call, unless the script says otherwise.
func (s *Server) submit(w http.ResponseWriter, r *http.Request) {
	c := Call{Header: r.Header.Clone()}
	err := providertest.Read(r, &c.Fields)
	if key := r.Header.Get("Apikey"); key != Key && key != anonymous {
		refuse(w, http.StatusUnauthorized, "InvalidAPIKey", "No user matching sent API Key.")
		return
	}
	j, why := job{}, &refusal{status: http.StatusBadRequest, code: "BadRequest", message: "no JSON"}
	if err == nil {
		j, why = checkCall(c)
	}
	f, taken := s.record(c, j, why == nil)
	switch {
	case f.Status != 0:
		providertest.Script(w, f.Status, f.Header, f.Body)
	case why != nil:
		refuse(w, why.status, why.code, why.message)
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Hang:
		<-r.Context().Done()
	default:
		s.receipt(w, taken)
	}
}

// record notes a call and, if it is in order, takes it.
func (s *Server) record(c Call, j job, fine bool) (_ Fault, taken *request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	n, f := s.Next()
	if fine && f.Status == 0 {
		c.Taken = true
		taken = &request{
			id: "9f1c2b44-0000-4000-8000-00000000000" + strconv.Itoa(n), job: j, fault: f,
			shared: c.Header.Get("Apikey") == anonymous,
		}
		s.requests[taken.id] = taken
	}
	s.Note(c)
	return f, taken
}

func (s *Server) receipt(w http.ResponseWriter, r *request) {
	text := r.fault.Answer
	if text == "" {
		text = `{"id":"` + r.id + `","kudos":12.5}`
	}
	if r.fault.Short {
		w.WriteHeader(http.StatusAccepted)
		providertest.Half(w, []byte(text))
	}
	providertest.Script(w, http.StatusAccepted, nil, text)
}
