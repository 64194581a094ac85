package bfl

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// defaultWait is how long a rate limit lasts when nobody says.
const defaultWait = 5 * time.Second

// problem is what the service says about a request it does not take: a code and a message, or the errors of a
// validator, which quote the request and of which only the types are read.
type problem struct {
	Error      json.RawMessage `json:"error"`
	Detail     json.RawMessage `json:"detail"`
	RetryAfter json.RawMessage `json:"retry_after"`
}

// codes that a problem has: its error, its detail if that is a word, the types of a validator's errors.
func (p problem) codes() (all []string) {
	for _, v := range []json.RawMessage{p.Error, p.Detail} {
		var one string
		var list []struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(v, &one) == nil {
			all = append(all, one)
		} else if json.Unmarshal(v, &list) == nil {
			for _, e := range list {
				all = append(all, e.Type)
			}
		}
	}
	return all
}

// refused is the error of a POST that was not taken.
func (p *Provider) refused(reply *wire.Reply, m model) error {
	var said problem
	e := reply.Refusal(&said)
	codes := said.codes()
	switch {
	case reply.Status < 500 && reply.Status != http.StatusTooManyRequests && slices.ContainsFunc(codes, moderation):
		e.Class, e.Billed, e.Stage, e.Wait, e.Scope = providers.Rejected, providers.BilledNo, "input", 0, ""
	case e.Class == providers.RateLimited:
		if e.Wait == 0 {
			e.Wait = said.wait()
		}
		if m.Name == kontextMax {
			e.Scope = providers.ScopeModel
		}
	case e.Class == providers.BadRequest && (reply.Status == http.StatusNotFound || reply.Status == http.StatusUnprocessableEntity):
		e.Scope = providers.ScopeModel
	}
	for _, code := range codes {
		if token(code) {
			e.Err = fmt.Errorf("%w, %s", e.Err, code)
			break
		}
	}
	return e
}

// wait is what the body says of it, in seconds.
func (p problem) wait() time.Duration {
	var s float64
	if json.Unmarshal(p.RetryAfter, &s) != nil || s <= 0 || math.IsNaN(s) {
		return defaultWait
	}
	return time.Duration(min(s, 3600) * float64(time.Second))
}

// moderation reports whether words name it as the reason.
func moderation(words string) bool {
	words = strings.ToLower(words)
	return strings.Contains(words, "content_policy") || strings.Contains(words, "content policy") || strings.Contains(words, "moderat")
}

// refusal reports whether the details of a task that failed name moderation as the reason.
func refusal(details json.RawMessage) bool { return moderation(string(details)) }

// unanswered is the error of a question that got no answer about the task: it says nothing about how that is doing,
// except where the service does not know what is meant.
func (p *Provider) unanswered(reply *wire.Reply) error {
	e := reply.Refusal(nil)
	switch e.Class {
	case providers.RateLimited:
		e.Scope = providers.ScopeCall
		if e.Wait == 0 {
			e.Wait = defaultWait
		}
	case providers.BadRequest, providers.Lost, providers.NoOutput:
		e.Class, e.Billed = providers.Lost, providers.BilledMaybe
	}
	return e
}
