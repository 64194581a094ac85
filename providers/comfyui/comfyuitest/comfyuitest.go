// Package comfyuitest is a strict ComfyUI server for tests. It checks graphs as the real one does, node by node: classes,
// inputs, links and their types, ranges, files that are there; and, unlike it, refuses inputs that mean nothing. Graphs
// are carried out with pictures of one color, the same for the same seed.
//
// A call waits until /queue is asked for, is painted from then on and is done when it is asked for again. Ids are not
// made unique: the same one twice is two calls. Files lie where the real server keeps them, in memory, and are gone
// after Restart.
package comfyuitest

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/imagika/imagika/providers/providertest"
)

// Checkpoint and Upscaler are the files of models the server has, besides those of Other.
const (
	Checkpoint = "sd_xl_base_1.0.safetensors"
	Other      = "juggernautXL.safetensors"
	Upscaler   = "RealESRGAN_x4plus.pth"
)

// Fault is what goes wrong with one request to a path. The zero value is nothing.
type Fault struct {
	// Cut closes the connection after the request was read and, with After, acted upon.
	Cut, After bool
	// Hang never answers what was acted upon.
	Hang bool
	// Status answers with Body instead.
	Status int
	Body   string
	// Answer replaces the answer.
	Answer string
	// Type is the Content-Type of the answer.
	Type string
}

// End is how a call ends other than well.
type End struct {
	// Exception of a node that fails.
	Exception string
	// Interrupted by somebody.
	Interrupted bool
	// Nothing is left behind.
	Nothing bool
}

// Call is a graph that was accepted.
type Call struct {
	ID    string
	Graph map[string]Node
}

// Server is the service.
type Server struct {
	*providertest.Service[struct{}, Call]

	tb      testing.TB
	auth    string
	hold    bool
	old     bool
	number  int
	faults  map[string][]Fault
	ends    []End
	queue   []*job
	running *job
	history map[string]*job
	files   map[string][]byte
	asked   []string
}

type job struct {
	Call
	number  int
	end     End
	outputs map[string][]file
}

type file struct {
	Name      string `json:"filename"`
	Subfolder string `json:"subfolder"`
	Type      string `json:"type"`
}

func (f file) key() string { return f.Type + "/" + f.Subfolder + "/" + f.Name }

// New starts a server that stops with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb, faults: map[string][]Fault{}, history: map[string]*job{}, files: map[string][]byte{}}
	mux := http.NewServeMux()
	for pattern, h := range map[string]http.HandlerFunc{
		"POST /prompt": s.prompt, "POST /upload/image": s.upload, "GET /queue": s.list, "POST /queue": s.change,
		"GET /history/{id}": s.past, "POST /history": s.forget, "GET /view": s.view, "POST /interrupt": s.interrupt,
		"POST /api/jobs/{id}/cancel": s.cancel, "GET /system_stats": s.stats,
	} {
		mux.HandleFunc(pattern, s.door(h))
	}
	s.Service = providertest.NewService[struct{}](tb, mux, func(Call) bool { return false })
	return s
}

// Lock puts a proxy in front that wants "user:password".
func (s *Server) Lock(auth string) {
	s.set(func() { s.auth = base64.StdEncoding.EncodeToString([]byte(auth)) })
}

// Hold keeps calls where they are, or lets them go on.
func (s *Server) Hold(hold bool) { s.set(func() { s.hold = hold }) }

// Old makes it a server of before calls could be canceled by id.
func (s *Server) Old() { s.set(func() { s.old = true }) }

// Fault appends to the script of a path, such as "/prompt".
func (s *Server) Fault(path string, f Fault) {
	s.set(func() { s.faults[path] = append(s.faults[path], f) })
}

// End appends to the script of how calls end.
func (s *Server) End(e End) { s.set(func() { s.ends = append(s.ends, e) }) }

// Restart forgets all calls and removes temporary files.
func (s *Server) Restart() {
	s.set(func() {
		s.queue, s.running, s.history = nil, nil, map[string]*job{}
		maps.DeleteFunc(s.files, func(k string, _ []byte) bool { return strings.HasPrefix(k, "temp/") })
	})
}

// Clean removes files but remembers calls.
func (s *Server) Clean() { s.set(func() { clear(s.files) }) }

func (s *Server) set(change func()) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	change()
}

// Asked are the requests so far: method, path and query.
func (s *Server) Asked() []string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return slices.Clone(s.asked)
}

// Files are the names of those that lie on the server.
func (s *Server) Files() []string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return slices.Sorted(maps.Keys(s.files))
}

// door applies what was scripted for a path.
func (s *Server) door(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f := s.enter(r)
		switch {
		case f.Status != 0:
			providertest.Script(w, f.Status, nil, f.Body)
			return
		case f.Cut && !f.After:
			panic(http.ErrAbortHandler)
		}
		kept := httptest.NewRecorder()
		next(kept, r)
		if f.Hang {
			<-r.Context().Done()
		}
		if f.Hang || f.Cut {
			panic(http.ErrAbortHandler)
		}
		maps.Copy(w.Header(), kept.Header())
		if f.Type != "" {
			w.Header().Set("Content-Type", f.Type)
		}
		w.WriteHeader(kept.Code)
		if f.Answer != "" {
			kept.Body.Reset()
			kept.Body.WriteString(f.Answer)
		}
		_, _ = kept.Body.WriteTo(w)
	}
}

func (s *Server) enter(r *http.Request) (f Fault) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.CheckOnce(r)
	if s.auth != "" && r.Header.Get("Authorization") != "Basic "+s.auth {
		return Fault{Status: http.StatusUnauthorized}
	}
	s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI())
	if script := s.faults[r.URL.Path]; len(script) > 0 {
		f, s.faults[r.URL.Path] = script[0], script[1:]
	}
	return f
}

func (s *Server) stats(w http.ResponseWriter, _ *http.Request) {
	providertest.Reply(w, http.StatusOK, map[string]any{"system": map[string]any{"os": "posix", "comfyui_version": "0.9.0"}, "devices": []any{}})
}
