package replicatetest

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/imagika/imagika/providers/providertest"
)

// prediction is one that was accepted.
type prediction struct {
	id       string
	call     int
	job      job
	fault    Fault
	created  time.Time
	asked    int
	began    bool // before it was canceled
	canceled bool
}

const stamp = "2006-01-02T15:04:05.000000Z"

// status as it is now.
func (p *prediction) status() string {
	switch {
	case p.canceled:
		return "canceled"
	case p.asked == 0, p.asked == 1 && p.fault.Pending != 0:
		return "starting"
	case p.fault.Pending < 0, p.asked <= p.fault.Pending:
		return "processing"
	case p.fault.End != "":
		return p.fault.End
	}
	return "succeeded"
}

// step is time that passes.
func (s *Server) step(p *prediction) {
	if !p.canceled {
		p.asked++
	}
}

// view is what is told of a prediction.
func (s *Server) view(p *prediction) map[string]any {
	c, at := s.Noted(p.call), func(d time.Duration) string { return p.created.Add(d).UTC().Format(stamp) }
	v := map[string]any{
		"id": p.id, "model": p.job.model, "version": p.job.version, "input": c.Input, "logs": "", "error": nil, "output": nil,
		"data_removed": p.fault.Removed, "created_at": at(0), "source": "api", "status": p.status(),
		"urls": map[string]any{
			"get": s.URL() + "/predictions/" + p.id, "cancel": s.URL() + "/predictions/" + p.id + "/cancel",
			"web": "https://replicate.com/p/" + p.id,
		},
	}
	if hook, ok := c.Body["webhook"]; ok && !s.hidden {
		v["webhook"] = hook
	}
	if status := p.status(); p.began || (status != "starting" && status != "aborted" && !p.canceled) {
		v["started_at"] = at(time.Millisecond)
	}
	if status := p.status(); status != "starting" && status != "processing" {
		v["completed_at"] = at(2 * time.Second)
	}
	if p.status() == "failed" {
		v["error"], v["metrics"] = p.fault.Error, map[string]any{"predict_time": 0.5}
	}
	if p.status() == "succeeded" {
		v["output"], v["metrics"] = s.output(p), map[string]any{"predict_time": 1.5, "total_time": 1.6, "image_count": p.job.count}
	}
	if p.fault.Removed {
		v["input"], v["output"] = map[string]any{}, nil
	}
	return v
}

// output puts results behind addresses, once.
func (s *Server) output(p *prediction) any {
	if p.fault.Output != nil {
		return p.fault.Output
	}
	all := make([]string, p.job.count)
	for i := range all {
		path := "/xezq/" + p.id + "/out-" + strconv.Itoa(i) + ".png"
		if !p.fault.Gone {
			s.Keep(path, func() providertest.File {
				made := paint(p.job, i)
				made.MediaType = cmp.Or(p.fault.Type, made.MediaType)
				return made
			})
		}
		all[i] = s.Address(path)
	}
	if p.job.single {
		return all[0]
	}
	return all
}

func (s *Server) find(w http.ResponseWriter, r *http.Request) *prediction {
	i := slices.IndexFunc(s.made, func(p *prediction) bool { return p.id == r.PathValue("id") })
	if i < 0 {
		problem(w, http.StatusNotFound, "The requested resource could not be found.")
		return nil
	}
	return s.made[i]
}

func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	if p := s.find(w, r); p != nil {
		s.step(p)
		providertest.Reply(w, http.StatusOK, s.view(p))
	}
}

func (s *Server) cancel(w http.ResponseWriter, r *http.Request) {
	p := s.find(w, r)
	if p == nil {
		return
	}
	if status := p.status(); status == "starting" || status == "processing" {
		p.began, p.canceled = status == "processing", true
		s.Noted(p.call).Billed = p.began
	}
	providertest.Reply(w, http.StatusOK, s.view(p))
}

// list tells predictions of a time, newest first.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, to := time.Time{}, time.Now().Add(time.Hour)
	for name, at := range map[string]*time.Time{"created_after": &from, "created_before": &to} {
		if v := q.Get(name); v != "" {
			t, err := time.Parse(time.RFC3339, v)
			if err != nil {
				problem(w, http.StatusUnprocessableEntity, name+" is no time")
				return
			}
			*at = t
		}
	}
	var all []map[string]any
	for _, p := range slices.Backward(s.made) {
		if !p.created.Before(from) && p.created.Before(to) {
			all = append(all, s.view(p))
		}
	}
	start, _ := strconv.Atoi(q.Get("cursor"))
	start = min(max(start, 0), len(all))
	end := min(start+s.pageSize, len(all))
	v := map[string]any{"previous": nil, "next": nil, "results": all[start:end]}
	if end < len(all) {
		q.Set("cursor", strconv.Itoa(end))
		v["next"] = s.URL() + "/predictions?" + q.Encode()
	}
	if v["results"] == nil || len(all) == 0 {
		v["results"] = []any{}
	}
	providertest.Reply(w, http.StatusOK, v)
}

func (s *Server) keepFile(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(32 << 20); err != nil {
		problem(w, http.StatusBadRequest, "The form is broken")
		return
	}
	for name := range r.MultipartForm.File {
		if name != "content" && name != "metadata" {
			problem(w, http.StatusUnprocessableEntity, "Unknown file "+name)
			return
		}
	}
	f, head, err := r.FormFile("content")
	if err != nil {
		problem(w, http.StatusUnprocessableEntity, "Missing content")
		return
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		problem(w, http.StatusBadRequest, "The content is broken")
		return
	}
	id := fmt.Sprintf("f%024d", len(s.uploads)+s.deleted)
	s.uploads[id] = upload{mediaType: head.Header.Get("Content-Type"), bytes: text}
	providertest.Reply(w, http.StatusCreated, map[string]any{
		"id": id, "name": head.Filename, "size": len(text), "content_type": head.Header.Get("Content-Type"),
		"urls": map[string]any{"get": s.URL() + "/files/" + url.PathEscape(id)},
	})
}

func (s *Server) dropFile(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.uploads[r.PathValue("id")]; !ok {
		problem(w, http.StatusNotFound, "The requested resource could not be found.")
		return
	}
	delete(s.uploads, r.PathValue("id"))
	s.deleted++
	w.WriteHeader(http.StatusNoContent)
}

// size of a picture.
func size(raw []byte) (image.Point, bool) {
	c, _, err := image.DecodeConfig(bytes.NewReader(raw))
	return image.Pt(c.Width, c.Height), err == nil
}
