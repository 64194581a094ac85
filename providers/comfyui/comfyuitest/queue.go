package comfyuitest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

var canonical = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// refuse a graph.
func refuse(w http.ResponseWriter, kind, details string, nodes map[string]any) {
	if nodes == nil {
		nodes = map[string]any{}
	}
	providertest.Reply(w, http.StatusBadRequest, map[string]any{
		"error":       map[string]any{"type": kind, "message": kind, "details": details, "extra_info": map[string]any{}},
		"node_errors": nodes,
	})
}

func (s *Server) prompt(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Graph map[string]Node `json:"prompt"`
		ID    string          `json:"prompt_id"`
	}
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		refuse(w, "invalid_prompt", err.Error(), nil)
		return
	}
	if !canonical.MatchString(in.ID) {
		refuse(w, "invalid_prompt_id", "prompt_id must be a UUID string in canonical lowercase hyphenated form", nil)
		return
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if kind, nodes := s.check(in.Graph); kind != "" {
		refuse(w, kind, fmt.Sprint(nodes), nodes)
		return
	}
	j := &job{Call: Call{ID: in.ID, Graph: in.Graph}, number: s.number}
	s.number++
	if len(s.ends) > 0 {
		j.end, s.ends = s.ends[0], s.ends[1:]
	}
	s.Note(j.Call)
	s.queue = append(s.queue, j)
	providertest.Reply(w, http.StatusOK, map[string]any{"prompt_id": j.ID, "number": j.number, "node_errors": map[string]any{}})
}

func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for name := range r.MultipartForm.Value {
		if !slices.Contains([]string{"type", "subfolder", "overwrite"}, name) {
			s.tb.Errorf("an upload has an unknown field %q", name)
		}
	}
	in, head, err := r.FormFile("image")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	text, err := io.ReadAll(in)
	if err != nil || http.DetectContentType(text) != head.Header.Get("Content-Type") {
		s.tb.Errorf("an upload is said to be %s: %v", head.Header.Get("Content-Type"), err)
	}
	f := file{Name: path.Base(head.Filename), Subfolder: r.FormValue("subfolder"), Type: r.FormValue("type")}
	s.set(func() { s.files[f.key()] = text })
	providertest.Reply(w, http.StatusOK, map[string]any{"name": f.Name, "subfolder": f.Subfolder, "type": f.Type})
}

// list tells the queue after it has gone on by a step.
func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if !s.hold {
		s.step()
	}
	rows := func(jobs ...*job) []any {
		all := []any{}
		for _, j := range jobs {
			if j != nil {
				all = append(all, []any{j.number, j.ID, j.Graph, map[string]any{}, []string{}})
			}
		}
		return all
	}
	pending := slices.Clone(s.queue)
	slices.Reverse(pending) // a heap has no order that helps
	providertest.Reply(w, http.StatusOK, map[string]any{"queue_running": rows(s.running), "queue_pending": rows(pending...)})
}

func (s *Server) step() {
	if s.running != nil {
		s.finish(s.running)
		s.running = nil
	}
	if len(s.queue) > 0 {
		s.running, s.queue = s.queue[0], s.queue[1:]
	}
}

func (s *Server) finish(j *job) {
	s.history[j.ID] = j
	if j.end != (End{}) {
		return
	}
	j.outputs = map[string][]file{}
	for id, pictures := range s.carryOut(j.Graph) {
		for i, p := range pictures {
			f := file{Name: fmt.Sprintf("ComfyUI_%d_%s_%05d_.png", j.number, id, i+1), Type: "output"}
			if j.Graph[id].Class == "PreviewImage" {
				f.Type = "temp"
			}
			s.files[f.key()] = providertest.PNG(providers.Size{Width: p.width, Height: p.height}, p.seed)
			j.outputs[id] = append(j.outputs[id], f)
		}
	}
}

func (s *Server) past(w http.ResponseWriter, r *http.Request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	j, ok := s.history[r.PathValue("id")]
	if !ok {
		providertest.Reply(w, http.StatusOK, map[string]any{})
		return
	}
	outputs := map[string]any{"99": map[string]any{"text": []string{"a note"}}}
	for id, files := range j.outputs {
		outputs[id] = map[string]any{"images": files, "animated": []bool{false}}
	}
	word, last := "success", []any{"execution_success", map[string]any{"prompt_id": j.ID}}
	switch {
	case j.end.Exception != "":
		word, last = "error", []any{"execution_error", map[string]any{
			"prompt_id": j.ID, "node_id": "5", "node_type": "KSampler", "exception_type": j.end.Exception,
			"exception_message": "failed at \"a red fox\"", "traceback": []string{"a red fox"}, "current_inputs": map[string]any{"text": []string{"a red fox"}},
		}}
	case j.end.Interrupted:
		word, last = "error", []any{"execution_interrupted", map[string]any{"prompt_id": j.ID, "node_id": "5", "executed": []string{}}}
	}
	providertest.Reply(w, http.StatusOK, map[string]any{j.ID: map[string]any{
		"prompt": []any{j.number, j.ID, j.Graph, map[string]any{}, []string{}}, "outputs": outputs, "meta": map[string]any{},
		"status": map[string]any{"status_str": word, "completed": word == "success", "messages": []any{
			[]any{"execution_start", map[string]any{"prompt_id": j.ID, "timestamp": 1}}, last,
		}},
	}})
}

func (s *Server) view(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.Mu.Lock()
	text, ok := s.files[file{Name: q.Get("filename"), Subfolder: q.Get("subfolder"), Type: q.Get("type")}.key()]
	s.Mu.Unlock()
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(text)
}

func (s *Server) change(w http.ResponseWriter, r *http.Request) {
	ids := s.deleted(r)
	s.set(func() {
		s.queue = slices.DeleteFunc(s.queue, func(j *job) bool { return slices.Contains(ids, j.ID) })
	})
	w.WriteHeader(http.StatusOK)
}

// forget drops records of the history. The server says the same of those it never had.
func (s *Server) forget(w http.ResponseWriter, r *http.Request) {
	ids := s.deleted(r)
	s.set(func() {
		maps.DeleteFunc(s.history, func(id string, _ *job) bool { return slices.Contains(ids, id) })
	})
	w.WriteHeader(http.StatusOK)
}

// deleted are the ids that a list is to be without.
func (s *Server) deleted(r *http.Request) []string {
	var in struct {
		Delete []string `json:"delete"`
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		s.tb.Errorf("POST %s: %v", r.URL.Path, err)
	}
	return in.Delete
}

func (s *Server) interrupt(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID string `json:"prompt_id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.ID == "" {
		s.tb.Errorf("an interrupt for everybody: %v", err)
	}
	s.set(func() { s.stop(in.ID) })
	w.WriteHeader(http.StatusOK)
}

// stop interrupts the call that is being painted, if it is that one.
func (s *Server) stop(id string) bool {
	if s.running == nil || s.running.ID != id {
		return false
	}
	s.running.end = End{Interrupted: true}
	s.finish(s.running)
	s.running = nil
	return true
}

func (s *Server) cancel(w http.ResponseWriter, r *http.Request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.old {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	id, before := r.PathValue("id"), len(s.queue)
	s.queue = slices.DeleteFunc(s.queue, func(j *job) bool { return strings.EqualFold(j.ID, id) })
	providertest.Reply(w, http.StatusOK, map[string]any{"cancelled": s.stop(id) || len(s.queue) < before})
}
