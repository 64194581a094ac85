package faltest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers/providertest"
)

// about answers a question about a request, which is found by its address; the lock is held until the answer is written.
func (s *Server) about(answer func(http.ResponseWriter, *http.Request, *request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.known(w, r) {
			return
		}
		s.Mu.Lock()
		defer s.Mu.Unlock()
		one := s.requests[r.PathValue("id")]
		if one == nil || one.app != r.PathValue("owner")+"/"+r.PathValue("app") {
			providertest.Script(w, http.StatusNotFound, nil, `{"detail":"Request not found"}`)
			return
		}
		answer(w, r, one)
	}
}

func (s *Server) status(w http.ResponseWriter, r *http.Request, one *request) {
	if f := one.fault; f.PollStatus != 0 && !one.asked {
		one.asked = true
		providertest.Script(w, f.PollStatus, f.Header, f.Body)
		return
	}
	one.polls++
	said := map[string]any{"request_id": one.id, "response_url": strings.TrimSuffix("http://"+r.Host+r.URL.Path, "/status")}
	code := http.StatusAccepted
	switch {
	case one.canceled:
		code, said["status"], said["error"], said["error_type"] = http.StatusOK, "COMPLETED", "Request was cancelled", "client_cancelled"
	case one.completed():
		code, said["status"], said["metrics"] = http.StatusOK, "COMPLETED", map[string]any{"inference_time": 1.5}
		if one.fault.EndType != "" {
			said["error"], said["error_type"] = "Request failed", one.fault.EndType
		}
	case one.polls == 1:
		said["status"], said["queue_position"] = "IN_QUEUE", 0
	default:
		said["status"], said["logs"] = "IN_PROGRESS", nil
	}
	providertest.Reply(w, code, said)
}

func (s *Server) result(w http.ResponseWriter, _ *http.Request, one *request) {
	switch {
	case one.canceled:
		providertest.Script(w, http.StatusBadRequest, nil, `{"detail":"Request was cancelled"}`)
	case !one.completed():
		providertest.Script(w, http.StatusBadRequest, nil, `{"detail":"Request is still in progress"}`)
	default:
		status, h, body := s.end(one)
		w.Header().Set("X-Fal-Request-Id", one.id)
		providertest.Script(w, status, h, body)
	}
}

// end is what a request comes to. It needs the lock.
func (s *Server) end(r *request) (int, http.Header, string) {
	f := r.fault
	if f.EndStatus != 0 {
		return f.EndStatus, f.Header, f.Body
	}
	if f.Output != "" {
		return http.StatusOK, nil, f.Output
	}
	j, why := check(*s.Noted(r.call))
	if why != "" {
		text, _ := json.Marshal(map[string]any{"detail": []any{map[string]any{"loc": []string{"body"}, "msg": why, "type": "value_error"}}})
		return http.StatusUnprocessableEntity, http.Header{"X-Fal-Retryable": {"false"}, "X-Fal-Billable-Units": {"0"}}, string(text)
	}
	return http.StatusOK, nil, s.output(r, j)
}

// output of the model, with its images at the other server.
func (s *Server) output(r *request, j job) string {
	list, marks := make([]map[string]any, j.count), make([]bool, j.count)
	for i := range list {
		made := paint(j, i)
		path := "/files/" + r.id + "-" + strconv.Itoa(i) + ".jpg"
		if kept := made; !r.fault.Gone {
			kept.MediaType = cmp.Or(r.fault.Type, made.MediaType)
			s.Keep(path, func() providertest.File { return kept })
		}
		marks[i] = i < r.fault.Black
		list[i] = map[string]any{"url": s.Address(path), "width": j.width, "height": j.height, "content_type": made.MediaType, "file_name": nil}
	}
	v := map[string]any{"images": list, "seed": j.seed, "prompt": j.prompt, "timings": map[string]any{}}
	if j.marks {
		v["has_nsfw_concepts"] = marks
	}
	if j.single {
		v = map[string]any{"image": list[0]}
	}
	if r.fault.Padding > 0 {
		v["padding"] = strings.Repeat("x ", r.fault.Padding/2)
	}
	text, err := json.Marshal(v)
	if err != nil {
		s.tb.Errorf("output: %v", err)
	}
	return string(text)
}

// cancel takes a request off the queue. One that runs is only told, and runs on.
func (s *Server) cancel(w http.ResponseWriter, _ *http.Request, one *request) {
	if one.completed() {
		providertest.Script(w, http.StatusBadRequest, nil, `{"status":"ALREADY_COMPLETED"}`)
		return
	}
	if one.polls <= 1 {
		one.canceled, s.Noted(one.call).Billed = true, false
		if one.fault.Removes {
			providertest.Script(w, http.StatusOK, nil, `{"status":"OK"}`)
			return
		}
	}
	providertest.Script(w, http.StatusAccepted, nil, `{"status":"CANCELLATION_REQUESTED"}`)
}
