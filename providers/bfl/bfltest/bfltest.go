// Package bfltest is a strict server of the API of Black Forest Labs, for tests. It refuses what the service would refuse:
// a wrong key, unknown fields, wrong types and limits, sizes and masks that do not fit. Pictures are real files of the
// size that was asked for, the same for the same prompt and seed.
//
// It keeps the books of a paid service: every POST it has read to its end is counted, and billed unless it is refused.
// It never dedupes. Tasks are pending for a poll or two and then ready, moderated or failed, as scripted. They are found
// only at the address that was given out, as at the global endpoint. Results lie on a second server, as those of the
// real one do, which reports a violation when it sees the key.
package bfltest

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/imagika/imagika/providers/providertest"
)

// Key is what the server wants.
const Key = "bfl-test-1234567890"

// region is in the addresses that are given out, and nowhere else.
const region = "eu4"

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
	// Hooked answers in the form for calls with a callback: without an address to poll. Foreign gives out one of somebody
	// else.
	Hooked, Foreign bool

	// Pending is how often the task is not ready yet; negative is for ever.
	Pending int
	// End is the status the task ends with, "Ready" if empty; Details go with it.
	End     string
	Details any
	// Gone lets the result expire at once; Type is its Content-Type, if not the right one; Bytes replace it.
	Gone  bool
	Type  string
	Bytes []byte
}

// PollFault is what goes wrong with one poll.
type PollFault struct {
	Status int
	Header http.Header
	Body   string
	Cut    bool
}

// Call is a paid call that was read.
type Call struct {
	Model  string
	Fields map[string]any
	Billed bool
	// ID of the task, if it was accepted.
	ID string
}

// Server is the service.
type Server struct {
	*providertest.Service[Fault, Call]
	*providertest.Results

	credits float64
	polls   []PollFault
	tasks   map[string]*task
}

// task is one that was accepted.
type task struct {
	job   job
	fault Fault
	polls int
}

// New starts a server that stops with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{credits: 1000, tasks: map[string]*task{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/{model}", s.paid)
	mux.HandleFunc("GET /v1/get_result", s.result)
	mux.HandleFunc("GET /v1/credits", s.left)
	s.Service = providertest.NewService[Fault](tb, mux, func(c Call) bool { return c.Billed })
	s.Results = providertest.NewResults(tb, "X-Key", http.StatusForbidden)
	return s
}

// URL is the address of the API, with "/v1".
func (s *Server) URL() string { return s.Root() + "/v1" }

// PollFault appends to the script of polls: each poll takes one.
func (s *Server) PollFault(f ...PollFault) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.polls = append(s.polls, f...)
}

// SetCredits sets what is left of the account.
func (s *Server) SetCredits(n float64) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.credits = n
}

// known checks the key.
func (s *Server) known(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("X-Key") == Key {
		return true
	}
	providertest.Reply(w, http.StatusForbidden, map[string]any{"detail": "Not authenticated"})
	return false
}

// paid takes a call, accepts the work unless the script says otherwise, and answers.
func (s *Server) paid(w http.ResponseWriter, r *http.Request) {
	s.CheckOnce(r)
	if !s.known(w, r) {
		return
	}
	c := Call{Model: r.PathValue("model"), Fields: map[string]any{}}
	err := providertest.Read(r, &c.Fields)
	s.Mu.Lock()
	defer s.Mu.Unlock()
	n, f := s.Next()
	j, why := check(c)
	switch {
	case f.Status != 0:
		why = &refusal{status: f.Status}
	case err != nil:
		why = invalid("body", "json_invalid")
	}
	if why == nil {
		c.Billed, c.ID = true, fmt.Sprintf("task-%d", n)
		s.tasks[c.ID] = &task{job: j, fault: f}
	}
	s.Note(c)
	s.answer(w, r, c, f, j, why)
}

// answer needs the lock; it gives it back while it hangs.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, c Call, f Fault, j job, why *refusal) {
	switch {
	case f.Status != 0:
		providertest.Script(w, f.Status, f.Header, f.Body)
	case why != nil:
		providertest.Reply(w, why.status, map[string]any{"detail": why.detail})
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Hang:
		s.Mu.Unlock()
		<-r.Context().Done()
		s.Mu.Lock()
	case f.Answer != "":
		providertest.Script(w, http.StatusOK, nil, f.Answer)
	case f.Short:
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, `{"id":"`)
		panic(http.ErrAbortHandler)
	case f.Hooked:
		providertest.Reply(w, http.StatusOK, map[string]any{"id": c.ID, "status": "Pending", "webhook_url": c.Fields["webhook_url"], "cost": j.cost})
	default:
		at := s.Root() + "/v1/get_result?id=" + c.ID + "&region=" + region
		if f.Foreign {
			at = "https://api.example.com/v1/get_result?id=" + c.ID
		}
		providertest.Reply(w, http.StatusOK, map[string]any{
			"id": c.ID, "polling_url": at, "cost": j.cost, "input_mp": 0.5 * float64(j.pictures), "output_mp": j.megapixels(),
		})
	}
}

// result says how a task is doing.
func (s *Server) result(w http.ResponseWriter, r *http.Request) {
	if !s.known(w, r) {
		return
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if len(s.polls) > 0 {
		f := s.polls[0]
		s.polls = s.polls[1:]
		if f.Cut {
			panic(http.ErrAbortHandler)
		}
		if f.Status != 0 {
			providertest.Script(w, f.Status, f.Header, f.Body)
			return
		}
	}
	id := r.URL.Query().Get("id")
	t := s.tasks[id]
	if t == nil || (!t.fault.Hooked && !t.fault.Foreign && r.URL.Query().Get("region") != region) {
		providertest.Reply(w, http.StatusOK, map[string]any{"id": id, "status": "Task not found", "result": nil, "progress": nil, "details": nil})
		return
	}
	if t.polls++; t.fault.Pending < 0 || t.polls <= t.fault.Pending {
		status := []string{"Pending", "Reasoning", "Generating"}[min(t.polls-1, 2)]
		providertest.Reply(w, http.StatusOK, map[string]any{"id": id, "status": status, "result": nil, "progress": 0.1 * float64(min(t.polls-1, 9)), "details": nil})
		return
	}
	s.finished(w, id, t)
}

func (s *Server) finished(w http.ResponseWriter, id string, t *task) {
	if t.fault.End != "" {
		providertest.Reply(w, http.StatusOK, map[string]any{"id": id, "status": t.fault.End, "result": nil, "progress": nil, "details": t.fault.Details})
		return
	}
	providertest.Reply(w, http.StatusOK, map[string]any{"id": id, "status": "Ready", "progress": nil, "details": nil, "result": map[string]any{
		"sample": s.keep(id, t), "seed": t.job.seed, "prompt": t.job.prompt, "start_time": 1.5, "end_time": 2.5, "duration": 1.0,
	}})
}

// keep puts a result behind an address, once.
func (s *Server) keep(id string, t *task) string {
	path := "/results/" + url.PathEscape(id) + "/sample." + t.job.format
	if !t.fault.Gone {
		s.Keep(path, func() providertest.File {
			made := paint(t.job)
			made.MediaType = cmp.Or(t.fault.Type, made.MediaType)
			if t.fault.Bytes != nil {
				made.Bytes = t.fault.Bytes
			}
			return made
		})
	}
	return s.Address(path) + "?sig=abc"
}

func (s *Server) left(w http.ResponseWriter, r *http.Request) {
	if !s.known(w, r) {
		return
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	providertest.Reply(w, http.StatusOK, map[string]any{"credits": s.credits})
}
