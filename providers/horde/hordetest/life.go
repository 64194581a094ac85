package hordetest

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"strconv"

	"github.com/imagika/imagika/providers/providertest"
)

// find a request by its address.
func (s *Server) find(w http.ResponseWriter, r *http.Request) *request {
	one := s.requests[r.PathValue("id")]
	if one == nil {
		refuse(w, http.StatusNotFound, "RequestNotFound", "Waiting Prompt not found.")
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
	s.Mu.Lock()
	defer s.Mu.Unlock()
	one := s.find(w, r)
	if one == nil {
		return
	}
	if f := one.fault; f.CheckStatus != 0 && !one.checked {
		one.checked = true
		providertest.Script(w, f.CheckStatus, f.Header, f.Body)
		return
	}
	one.checks++
	providertest.Reply(w, http.StatusOK, one.state())
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.looks++; s.looks > maxLooks {
		providertest.Reply(w, http.StatusTooManyRequests, map[string]string{"message": "10 per 1 minute"})
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
		providertest.Script(w, f.StatusStatus, f.Header, f.Body)
	case f.Output != "":
		providertest.Script(w, http.StatusOK, nil, f.Output)
	default:
		providertest.Reply(w, http.StatusOK, s.full(one))
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
		made := providertest.File{MediaType: cmp.Or(r.fault.Type, "image/webp"), Bytes: webp(r.job.width, r.job.height, r.job.color(seed))}
		g := map[string]any{
			"img": base64.StdEncoding.EncodeToString(made.Bytes), "seed": strconv.FormatInt(seed, 10), "id": r.id + "-" + strconv.Itoa(i),
			"censored": false, "model": r.job.model, "state": "ok", "gen_metadata": []any{}, "worker_id": "w", "worker_name": "A fox's machine",
		}
		if !r.fault.Inline {
			path := "/" + r.id + "-" + strconv.Itoa(i) + ".webp"
			if g["img"] = s.Address(path); !r.fault.Gone {
				s.Keep(path, func() providertest.File { return made })
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
	s.Mu.Lock()
	defer s.Mu.Unlock()
	one := s.find(w, r)
	if one == nil {
		return
	}
	s.deleted++
	providertest.Reply(w, http.StatusOK, s.full(one))
	delete(s.requests, one.id)
}

func (s *Server) user(w http.ResponseWriter, r *http.Request) {
	if key := r.Header.Get("Apikey"); key != Key && key != anonymous {
		refuse(w, http.StatusNotFound, "UserNotFound", "User not found.")
		return
	}
	providertest.Script(w, http.StatusOK, nil, `{"username":"fox#1","kudos":100}`)
}
