package devapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// The kinds of errors, as OpenAI names them.
const (
	kindInvalid = "invalid_request_error"
	kindUser    = "image_generation_user_error"
	kindQuota   = "insufficient_quota"
	kindRate    = "rate_limit_error"
	kindServer  = "server_error"
)

// failure is an error as OpenAI's clients understand it. It is an error too.
type failure struct {
	status  int
	Kind    string
	Code    string
	Param   string
	Message string
}

func (f failure) Error() string { return f.Code + ": " + f.Message }

// body is its JSON; what is not known is null there.
func (f failure) body() any {
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return map[string]any{"error": map[string]any{"message": f.Message, "type": f.Kind, "param": null(f.Param), "code": null(f.Code)}}
}

func fail(w http.ResponseWriter, f failure) { reply(w, f.status, f.body()) }

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader may have gone
}

// errNotFound is the same for what is not there and what is somebody else's.
var errNotFound = failure{http.StatusNotFound, kindInvalid, "not_found", "", "There is no such generation."}

// invalid is a request that cannot be read.
func invalid(param, message string) failure {
	return failure{http.StatusBadRequest, kindInvalid, "invalid_value", param, message}
}

// refuse answers a request that is not fulfilled.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if f, ok := errors.AsType[failure](err); ok {
		if again(f.Code) {
			setRetry(w.Header(), awayWait)
		}
		fail(w, f)
		return
	}
	refusal, ok := errors.AsType[*workers.Refusal](err)
	switch {
	case ok:
		if f := failureOf(refusal); again(f.Code) {
			setRetry(w.Header(), max(refusal.Wait, awayWait))
			fail(w, f)
		} else {
			w.Header().Set("X-Should-Retry", "false")
			fail(w, f)
		}
	case errors.Is(err, storage.ErrNotFound):
		fail(w, errNotFound)
	default:
		a.away(w, r, err)
	}
}

// again reports whether waiting helps.
func again(code string) bool {
	return code == "result_unavailable" || code == "rate_limit_exceeded" || code == "model_unavailable" || code == "service_unavailable"
}

// failureOf is a refusal in OpenAI's terms: what SDKs make of it follows from the status.
func failureOf(r *workers.Refusal) failure {
	f := failure{http.StatusForbidden, kindInvalid, r.Code, workers.FieldName(r.Param), r.Text}
	switch r.Code {
	case workers.RefusedCredits, workers.RefusedCapped:
		f.status, f.Kind, f.Code = http.StatusTooManyRequests, kindQuota, "insufficient_quota"
	case workers.RefusedTooMany:
		f.status, f.Kind, f.Code = http.StatusTooManyRequests, kindRate, "rate_limit_exceeded"
	case workers.RefusedModeration:
		f.status, f.Kind, f.Code = http.StatusBadRequest, kindUser, "moderation_blocked"
	case workers.RefusedInvalid:
		f.status, f.Code = http.StatusBadRequest, "invalid_value"
		if r.Param == "model" {
			f.status, f.Code = http.StatusNotFound, "model_not_found"
		}
	case workers.RefusedModel:
		f.status, f.Kind = http.StatusServiceUnavailable, kindServer
	case workers.RefusedConflict:
		f.status, f.Code = http.StatusConflict, "idempotency_conflict"
	}
	return f
}
