// Package a1111test is a strict server of the API of AUTOMATIC1111's web UI, for tests. It refuses unknown fields, wrong
// types, checkpoints, samplers and upscalers it does not have, and pictures it cannot read; it does one call at a time.
// Pictures are real files of the size that was asked for, the same for the same seed.
//
// Every call it has read to its end is counted; the same task twice is two calls. Faults are scripted one call at a time.
package a1111test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// Checkpoint is a model the server has besides the one it was started with.
const Checkpoint = "juggernautXL_v9"

// Upscaler it has.
const Upscaler = "R-ESRGAN 4x+"

// Fault is what goes wrong with one call. The zero value is nothing.
type Fault struct {
	// Cut closes the connection after the call was read and counted.
	Cut bool
	// Hang never answers: the call is counted and ends with the client.
	Hang bool
	// Status answers with Body instead of doing the work.
	Status int
	Body   string
	// Answer replaces the answer to work that was done.
	Answer string
	// Short breaks the answer off in the middle.
	Short bool
	// Grid puts one before the images and a map after them, as an operator's settings and extensions can.
	Grid bool
	// Padding makes the text of the answer this much longer.
	Padding int
	// Base64 replaces every image.
	Base64 string
	// Looks is how often progress has to be asked for before it is done.
	Looks int
	// Task replaces the id that progress is told with, and Preview the unfinished picture.
	Task, Preview string
}

// Call is a call that was read.
type Call struct {
	Path   string
	Fields map[string]any
}

// Server is the service.
type Server struct {
	*providertest.Service[Fault, Call]

	lock sync.Mutex // one at a time
	auth string
	now  *painting
}

// New starts a server that stops with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{}
	mux := http.NewServeMux()
	for _, path := range []string{"txt2img", "img2img", "extra-single-image"} {
		mux.HandleFunc("POST /sdapi/v1/"+path, s.work)
	}
	mux.HandleFunc("GET /sdapi/v1/samplers", s.samplers)
	mux.HandleFunc("GET /sdapi/v1/progress", s.progress)
	s.Service = providertest.NewService[Fault](tb, mux, func(Call) bool { return false })
	return s
}

// Lock makes it ask for "user:password".
func (s *Server) Lock(auth string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.auth = base64.StdEncoding.EncodeToString([]byte(auth))
}

func (s *Server) record(c Call) Fault {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	_, f := s.Next()
	s.Note(c)
	return f
}

// known asks for the password.
func (s *Server) known(w http.ResponseWriter, r *http.Request) bool {
	s.Mu.Lock()
	auth := s.auth
	s.Mu.Unlock()
	if auth == "" || r.Header.Get("Authorization") == "Basic "+auth {
		return true
	}
	w.Header().Set("WWW-Authenticate", "Basic")
	providertest.Reply(w, http.StatusUnauthorized, map[string]any{"detail": "Incorrect username or password"})
	return false
}

func (s *Server) samplers(w http.ResponseWriter, r *http.Request) {
	if s.known(w, r) {
		providertest.Reply(w, http.StatusOK, []any{map[string]any{"name": "DPM++ 2M", "aliases": []string{}, "options": map[string]any{}}})
	}
}

// refusal is why the server does not do a call.
type refusal struct {
	status int
	body   map[string]any
}

// failed is an exception, as AUTOMATIC1111 shows it.
func failed(kind, format string, args ...any) *refusal {
	return &refusal{http.StatusInternalServerError, map[string]any{"error": kind, "detail": "", "body": "", "errors": fmt.Sprintf(format, args...)}}
}

// invalid is a field the framework refuses.
func invalid(field, why string) *refusal {
	return &refusal{http.StatusUnprocessableEntity, map[string]any{
		"detail": []any{map[string]any{"loc": []string{"body", field}, "msg": why, "type": "value_error"}},
	}}
}

func (s *Server) work(w http.ResponseWriter, r *http.Request) {
	if !s.known(w, r) {
		return
	}
	c := Call{Path: strings.TrimPrefix(r.URL.Path, "/sdapi/v1/"), Fields: map[string]any{}}
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	if err := d.Decode(&c.Fields); err != nil {
		providertest.Reply(w, http.StatusUnprocessableEntity, invalid("", err.Error()).body)
		return
	}
	f := s.record(c)
	s.lock.Lock()
	defer s.lock.Unlock()
	j, why := check(c)
	switch {
	case f.Status != 0:
		providertest.Script(w, f.Status, nil, f.Body)
	case why != nil:
		providertest.Reply(w, why.status, why.body)
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Hang:
		<-r.Context().Done()
	case f.Answer != "":
		_, _ = w.Write([]byte(f.Answer))
	default:
		s.paint(r, c, f)
		send(w, j.answer(f), f.Short)
	}
}

func send(w http.ResponseWriter, v any, short bool) {
	text, _ := json.Marshal(v) // maps of strings always marshal
	if short {
		providertest.Half(w, text)
	}
	_, _ = w.Write(text)
}

// painting is the call that is under way.
type painting struct {
	task, preview string
	looks, left   int
	done          chan struct{}
}

// paint takes as long as the script says.
func (s *Server) paint(r *http.Request, c Call, f Fault) {
	if f.Looks == 0 {
		return
	}
	id, _ := c.Fields["force_task_id"].(string)
	now := &painting{task: cmp.Or(f.Task, id), preview: f.Preview, looks: f.Looks, left: f.Looks, done: make(chan struct{})}
	s.Mu.Lock()
	s.now = now
	s.Mu.Unlock()
	select {
	case <-now.done:
	case <-r.Context().Done():
	}
	s.Mu.Lock()
	s.now = nil
	s.Mu.Unlock()
}

// progress tells how far the call under way is, to whoever asks.
func (s *Server) progress(w http.ResponseWriter, r *http.Request) {
	if !s.known(w, r) {
		return
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	v := map[string]any{"progress": 0.0, "eta_relative": 0.0, "state": map[string]any{}, "current_image": nil, "textinfo": nil, "current_task": nil}
	if s.now != nil && s.now.left > 0 {
		v["progress"], v["current_task"] = 1-float64(s.now.left)/float64(s.now.looks), s.now.task
		if s.now.preview != "" {
			v["current_image"] = s.now.preview
		}
		if s.now.left--; s.now.left == 0 {
			close(s.now.done)
		}
	}
	providertest.Reply(w, http.StatusOK, v)
}

// answer does the work of a job.
func (j job) answer(f Fault) map[string]any {
	picture := func(i int) string {
		if f.Base64 != "" {
			return f.Base64
		}
		return base64.StdEncoding.EncodeToString(providertest.PNG(providers.Size{Width: j.width, Height: j.height}, j.seed+int64(i)))
	}
	if j.upscale {
		return map[string]any{"image": picture(0), "html_info": "<div></div>"}
	}
	var images []string
	var seeds []int64
	for i := range j.count {
		images, seeds = append(images, picture(i)), append(seeds, j.seed+int64(i))
	}
	first := 0
	if f.Grid {
		first, images = 1, append(append([]string{picture(1000)}, images...), picture(2000))
	}
	text, _ := json.Marshal(map[string]any{
		"prompt": j.prompt, "seed": j.seed, "all_seeds": seeds, "index_of_first_image": first,
		"infotexts": []string{j.prompt + strings.Repeat("x", f.Padding)},
	})
	return map[string]any{"images": images, "parameters": maps.Clone(j.fields), "info": string(text)}
}
