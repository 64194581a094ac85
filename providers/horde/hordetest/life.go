package hordetest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
)

// find a request by its address.
func (s *Server) find(w http.ResponseWriter, r *http.Request) *request {
	one := s.requests[r.PathValue("id")]
	if one == nil {
		s.refuse(w, http.StatusNotFound, "RequestNotFound", "Waiting Prompt not found.")
	}
	return one
}

// state of a request, as a check tells it.
func (r *request) state() map[string]any {
	n := r.job.count
	v := map[string]any{
		"done": r.done(), "faulted": r.fault.Faulted && r.done(), "is_possible": !r.fault.Impossible, "kudos": 12.5, "finished": 0,
		"processing": 0, "restarted": 0, "waiting": 0, "queue_position": 0, "wait_time": 0,
	}
	switch {
	case r.done():
		v["finished"] = n
	case r.checks > 1 && !r.fault.Impossible:
		v["finished"], v["processing"] = n/2, n-n/2
	default:
		v["waiting"], v["queue_position"] = n, 3
	}
	return v
}

func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.find(w, r)
	if one == nil {
		return
	}
	if f := one.fault; f.CheckStatus != 0 && !one.checked {
		one.checked = true
		s.say(w, f.CheckStatus, f.Header, f.Body)
		return
	}
	one.checks++
	s.say(w, http.StatusOK, nil, one.state())
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looks++; s.looks > maxLooks {
		s.say(w, http.StatusTooManyRequests, nil, map[string]string{"message": "10 per 1 minute"})
		return
	}
	one := s.find(w, r)
	if one == nil {
		return
	}
	f := one.fault
	switch {
	case f.StatusStatus != 0 && !one.looked:
		one.looked = true
		s.say(w, f.StatusStatus, f.Header, f.Body)
	case f.Output != "":
		s.say(w, http.StatusOK, nil, f.Output)
	default:
		s.say(w, http.StatusOK, nil, s.full(one))
	}
}

func (s *Server) full(r *request) map[string]any {
	v := r.state()
	v["generations"], v["shared"] = []map[string]any{}, r.shared
	if r.done() && !r.fault.Faulted && !r.deleted {
		v["generations"] = s.generations(r)
	}
	return v
}

// generations are the images. It needs the lock.
func (s *Server) generations(r *request) []map[string]any {
	all := make([]map[string]any, r.job.count)
	for i := range all {
		seed := r.job.seed + int64(i)
		made := file{mediaType: "image/webp", bytes: webp(r.job.width, r.job.height, r.job.color(seed))}
		if r.fault.Type != "" {
			made.mediaType = r.fault.Type
		}
		g := map[string]any{
			"img": base64.StdEncoding.EncodeToString(made.bytes), "seed": strconv.FormatInt(seed, 10), "id": r.id + "-" + strconv.Itoa(i),
			"censored": false, "model": r.job.model, "state": "ok", "gen_metadata": []any{}, "worker_id": "w", "worker_name": "A fox's machine",
		}
		if !r.fault.Inline {
			path := "/" + r.id + "-" + strconv.Itoa(i) + ".webp"
			if g["img"] = s.cdn.URL + path; !r.fault.Gone {
				s.files[path] = made
			}
		}
		if i < r.fault.Censored {
			censor(g, r.fault.How)
		}
		all[i] = g
	}
	return all
}

// censor marks an image in one of the Horde's ways.
func censor(g map[string]any, how string) {
	switch how {
	case "state":
		g["state"] = "censored"
	case "metadata":
		g["gen_metadata"] = []any{map[string]string{"type": "censorship", "value": "nsfw"}}
	default:
		g["censored"] = true
	}
}

// remove takes a request back; what is there is told, and no more comes.
func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.find(w, r)
	if one == nil {
		return
	}
	s.deleted++
	text, _ := json.Marshal(s.full(one)) // words and numbers
	delete(s.requests, one.id)
	s.say(w, http.StatusOK, nil, string(text))
}

func (s *Server) user(w http.ResponseWriter, r *http.Request) {
	if key := r.Header.Get("Apikey"); key != Key && key != anonymous {
		s.refuse(w, http.StatusNotFound, "UserNotFound", "User not found.")
		return
	}
	s.say(w, http.StatusOK, nil, `{"username":"fox#1","kudos":100}`)
}

// deliver is the network that results lie in.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Apikey") != "" {
		s.tb.Errorf("the key went to where results lie")
	}
	s.mu.Lock()
	one, ok := s.files[r.URL.Path]
	s.mu.Unlock()
	if !ok {
		http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", one.mediaType)
	_, _ = w.Write(one.bytes)
}
