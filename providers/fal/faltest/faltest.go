// Package faltest is a strict server of fal's queue, for tests. As the real one it takes any body and finds out only
// when it works on the request what is wrong with it: unknown fields, wrong types and limits become a 422 where the
// result would lie. Pictures are real files of the size that was asked for, the same for the same prompt, seed and
// number.
//
// It keeps the books of a paid service: every POST it has read to its end is counted, and billed unless the request
// ends without work. It never dedupes. Faults are scripted, one request at a time. Results lie at a second server, which
// reports an error when it sees a key.
package faltest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/providertest"
)

// Key is what the server wants.
const Key = "11111111-2222-3333-4444-555555555555:secret"

// AdminKey is what it wants where requests are deleted.
const AdminKey = "99999999-2222-3333-4444-555555555555:secret"

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
	// Polls is how many times the request is not completed yet; zero is two, negative for never.
	Polls int
	// Removes lets a cancel answer that the request was taken off the queue, rather than that this is asked for.
	Removes bool
	// PollStatus answers the first question about it with Header and Body.
	PollStatus int
	// EndStatus is that of the result, with Header and Body; EndType is the error_type that its status tells beside it.
	EndStatus int
	EndType   string
	// Output replaces the result.
	Output string
	// Black is how many images are blacked out.
	Black int
	// Gone lets results expire at once, and Type is the Content-Type they are said to have.
	Gone bool
	Type string
	// Padding makes the result this much larger.
	Padding int
}

// Call is a POST that was read.
type Call struct {
	Path     string
	Header   http.Header
	Fields   map[string]any
	Callback string
	Billed   bool
}

// request is one that was taken.
type request struct {
	id, app  string
	call     int // index
	fault    Fault
	polls    int
	canceled bool
	asked    bool // PollStatus was told
}

func (r *request) completed() bool {
	wait := r.fault.Polls
	if wait == 0 {
		wait = 2
	}
	return r.canceled || (wait > 0 && r.polls > wait)
}

// Server is the service.
type Server struct {
	*providertest.Service[Fault, Call]
	*providertest.Results

	tb       testing.TB
	sign     ed25519.PrivateKey
	requests map[string]*request
	stuck    bool
}

// New starts a server that stops with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb, sign: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), requests: map[string]*request{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{path...}", s.submit)
	mux.HandleFunc("GET /{owner}/{app}/requests/{id}/status", s.about(s.status))
	mux.HandleFunc("GET /{owner}/{app}/requests/{id}", s.about(s.result))
	mux.HandleFunc("PUT /{owner}/{app}/requests/{id}/cancel", s.about(s.cancel))
	mux.HandleFunc("DELETE /v1/models/requests/{id}/payloads", s.remove)
	s.Service = providertest.NewService[Fault](tb, mux, func(c Call) bool { return c.Billed })
	s.Results = providertest.NewResults(tb, "Authorization", http.StatusNotFound)
	return s
}

// URL is the address of the queue.
func (s *Server) URL() string { return s.Root() }

// WebhookKey is the public key of callbacks, as a key set has it.
func (s *Server) WebhookKey() string {
	public, _ := s.sign.Public().(ed25519.PublicKey)
	return base64.URLEncoding.EncodeToString(public)
}

// AdminURL is the address of the platform.
func (s *Server) AdminURL() string { return s.Root() + "/v1" }

// Stuck lets the platform delete words but not the files of results, or both again.
func (s *Server) Stuck(stuck bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.stuck = stuck
}

// Has reports whether there is still a request of that id.
func (s *Server) Has(id string) bool {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.requests[id] != nil
}

// remove deletes what there is of a request.
func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	id := r.PathValue("id")
	switch {
	case r.Header.Get("Authorization") != "Key "+AdminKey:
		providertest.Script(w, http.StatusForbidden, nil, `{"error":{"type":"authorization_error","message":"admin only"}}`)
	case s.requests[id] == nil:
		providertest.Script(w, http.StatusNotFound, nil, `{"error":{"type":"not_found","message":"no such request"}}`)
	case s.stuck:
		providertest.Script(w, http.StatusOK, nil, `{"cdn_delete_results":[{"link":"https://v3.fal.media/files/a.png","exception":"timeout"}]}`)
	default:
		delete(s.requests, id)
		providertest.Script(w, http.StatusOK, nil, `{"cdn_delete_results":[{"link":"https://v3.fal.media/files/a.png","exception":null}]}`)
	}
}

// Callback is what the queue sends about the n-th call, signed now.
func (s *Server) Callback(n int) (http.Header, []byte) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var r *request
	for _, one := range s.requests {
		if one.call == n {
			r = one
		}
	}
	status, _, body := s.end(r)
	said := map[string]any{"request_id": r.id, "gateway_request_id": r.id, "status": "OK", "payload": json.RawMessage(body)}
	if status != http.StatusOK {
		said["status"], said["error"] = "ERROR", "Invalid status code: "+strconv.Itoa(status)
	}
	text, err := json.Marshal(said)
	if err != nil {
		s.tb.Errorf("callback: %v", err)
	}
	at, sum := strconv.FormatInt(time.Now().Unix(), 10), sha256.Sum256(text)
	signature := ed25519.Sign(s.sign, []byte(r.id+"\nuser-1\n"+at+"\n"+hex.EncodeToString(sum[:])))
	h := http.Header{}
	h.Set("X-Fal-Webhook-Request-Id", r.id)
	h.Set("X-Fal-Webhook-User-Id", "user-1")
	h.Set("X-Fal-Webhook-Timestamp", at)
	h.Set("X-Fal-Webhook-Signature", hex.EncodeToString(signature))
	return h, text
}

// known checks the key.
func (s *Server) known(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("Authorization") == "Key "+Key {
		return true
	}
	providertest.Script(w, http.StatusUnauthorized, nil, `{"detail":"Cannot access application, authentication is required."}`)
	return false
}

// submit takes a call, unless the script says otherwise.
func (s *Server) submit(w http.ResponseWriter, r *http.Request) {
	s.CheckOnce(r)
	if !s.known(w, r) {
		_, _ = io.Copy(io.Discard, r.Body)
		return
	}
	c := Call{Path: r.PathValue("path"), Header: r.Header.Clone(), Callback: r.URL.Query().Get("fal_webhook")}
	err := providertest.Read(r, &c.Fields)
	f, taken := s.record(c, err == nil)
	switch {
	case f.Status != 0:
		providertest.Script(w, f.Status, f.Header, f.Body)
	case err != nil:
		providertest.Script(w, http.StatusBadRequest, nil, `{"detail":"Invalid JSON"}`)
	case taken == nil:
		providertest.Script(w, http.StatusNotFound, nil, `{"detail":"Application not found"}`)
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Hang:
		<-r.Context().Done()
	default:
		s.receipt(w, taken)
	}
}

// record notes a call and, if it is in order, takes it.
func (s *Server) record(c Call, readable bool) (_ Fault, taken *request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	n, f := s.Next()
	_, there := endpoints()[c.Path]
	if f.Status == 0 && readable && there {
		segments := strings.SplitN(c.Path, "/", 3)
		taken = &request{
			id: fmt.Sprintf("024ca5b1-45d3-4afd-883e-%012d", n), app: segments[0] + "/" + segments[1],
			call: n, fault: f,
		}
		s.requests[taken.id] = taken
		_, why := check(c)
		c.Billed = why == "" && f.EndStatus == 0
	}
	s.Note(c)
	return f, taken
}

func (s *Server) receipt(w http.ResponseWriter, r *request) {
	root := s.Root() + "/" + r.app + "/requests/" + r.id
	text := r.fault.Answer
	if text == "" {
		text = fmt.Sprintf(`{"status":"IN_QUEUE","request_id":%q,"response_url":%q,"status_url":%q,"cancel_url":%q,"queue_position":0,"gateway_request_id":%q}`,
			r.id, root, root+"/status", root+"/cancel", r.id)
	}
	if r.fault.Short {
		providertest.Half(w, []byte(text))
	}
	providertest.Script(w, http.StatusOK, nil, text)
}
