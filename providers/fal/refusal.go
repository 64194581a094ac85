package fal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// defaultWait is how long a rate limit lasts when nobody says.
const defaultWait = 5 * time.Second

func orDefault(wait time.Duration) time.Duration {
	if wait == 0 {
		return defaultWait
	}
	return wait
}

// problem is what fal says about a failure: a model's list of details, of which only the types are read because the
// messages quote the request, or a sentence with a type beside it.
type problem struct {
	Detail json.RawMessage `json:"detail"`
	Kind   string          `json:"error_type"`
}

func (p problem) kinds() []string {
	var list []struct {
		Kind string `json:"type"`
	}
	all := kinds(p.Kind)
	if json.Unmarshal(p.Detail, &list) == nil {
		for _, d := range list[:min(len(list), 8)] {
			all = append(all, kinds(d.Kind)...)
		}
	}
	return all
}

// says reports whether the sentence has one of these phrases.
func (p problem) says(phrases ...string) bool {
	var sentence string
	_ = json.Unmarshal(p.Detail, &sentence) // a list has no sentence
	sentence = strings.ToLower(sentence)
	return slices.ContainsFunc(phrases, func(s string) bool { return strings.Contains(sentence, s) })
}

// kinds drops what is not a code.
func kinds(all ...string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return !token(s) })
}

// failure is how a request ended.
type failure struct {
	Kinds          []string         `json:"kinds,omitempty"`
	Infrastructure bool             `json:"infrastructure,omitempty"` // of fal's own, which is never billed
	Billed         providers.Billed `json:"billed,omitempty"`         // empty is not said
}

func (f failure) has(words ...string) bool {
	return slices.ContainsFunc(f.Kinds, func(kind string) bool { return slices.Contains(words, kind) })
}

func (f failure) refused() bool { return f.has("content_policy_violation") }

func (f failure) canceled() bool {
	return f.has("client_cancelled", "request_cancelled", "cancelled", "canceled")
}

// busy reports that a model's own supplier or runner was at fault rather than the request.
func (f failure) busy() bool {
	return f.has("internal_server_error", "generation_timeout", "downstream_service_error", "downstream_service_unavailable")
}

// fail is the error of a request that ended: none of its classes means to ask again.
func (p *Provider) fail(f failure) error {
	billed := f.Billed
	if billed == "" {
		billed = providers.BilledMaybe
	}
	words := "the request failed"
	if len(f.Kinds) > 0 {
		words = f.Kinds[0]
	}
	switch {
	case f.canceled():
		return p.client.Fail(providers.Canceled, providers.BilledNo, "%s", words)
	case f.refused():
		e := p.client.Fail(providers.Rejected, billed, "%s", words)
		e.Stage = "input"
		return e
	case f.Infrastructure:
		return p.client.Fail(providers.NoOutput, providers.BilledNo, "%s", words)
	case f.busy():
		return p.client.Fail(providers.NoOutput, billed, "%s", words)
	}
	e := p.client.Fail(providers.BadRequest, billed, "%s", words)
	e.Scope = providers.ScopeModel
	return e
}

// refused is the error of a POST that was not taken.
func (p *Provider) refused(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	f := failure{Kinds: said.kinds()}
	switch {
	case reply.Status < 500 && f.refused():
		e.Class, e.Billed, e.Stage, e.Wait, e.Scope = providers.Rejected, providers.BilledNo, "input", 0, ""
	case reply.Status < 500 && said.says("exhausted balance", "user is locked", "insufficient balance"):
		e.Class, e.Wait, e.Scope = providers.Auth, 0, providers.ScopeKey
	case e.Class == providers.RateLimited:
		e.Wait = orDefault(e.Wait)
	case e.Class == providers.BadRequest && (reply.Status == http.StatusNotFound || reply.Status == http.StatusUnprocessableEntity):
		e.Scope = providers.ScopeModel
	}
	return tagged(e, f.Kinds)
}

// tagged adds the code for operators.
func tagged(e *providers.Error, kinds []string) *providers.Error {
	if len(kinds) > 0 {
		e.Err = fmt.Errorf("%w, %s", e.Err, kinds[0])
	}
	return e
}

// unanswered is the error of a question that got no answer about the request: it says nothing about how that is doing,
// except where the queue does not know it.
func (p *Provider) unanswered(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	switch e.Class {
	case providers.RateLimited:
		e.Scope, e.Wait = providers.ScopeCall, orDefault(e.Wait)
	case providers.BadRequest, providers.NoOutput:
		e.Class, e.Billed = providers.Lost, providers.BilledMaybe
	}
	return tagged(e, said.kinds())
}

// ended is the error of a result that is none: the model's refusal, a failure of fal's own, or a question that was not
// answered.
func (p *Provider) ended(reply *wire.Reply) error {
	own, units := reply.Header.Get("X-Fal-Error-Type"), reply.Header.Get("X-Fal-Billable-Units")
	switch {
	case reply.Status == http.StatusUnprocessableEntity, reply.Status == http.StatusBadRequest:
	case reply.Status >= 500 && (own != "" || reply.Header.Get("X-Fal-Retryable") != ""):
	default:
		return p.unanswered(reply)
	}
	var said problem
	_ = reply.Refusal(&said) // for what it says; the class is another
	if said.says("in progress", "not completed") {
		return p.client.Fail(providers.Transient, providers.BilledMaybe, "not completed")
	}
	return p.fail(failure{
		Kinds: append(said.kinds(), kinds(own)...), Infrastructure: reply.Status >= 500, Billed: billedUnits(units),
	})
}

// billedUnits reads how much work is billed; empty is not said.
func billedUnits(units string) providers.Billed {
	switch n, err := strconv.ParseFloat(units, 64); {
	case err != nil:
		return ""
	case n > 0:
		return providers.BilledYes
	}
	return providers.BilledNo
}

// token reports whether s can be an id or a code: nothing that would change an address or quote a person.
func token(s string) bool { return wire.Token(s, 128, "-.") }
