package replicate

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// problem is what the service says about a request it does not take.
type problem struct {
	Detail     string  `json:"detail"`
	RetryAfter float64 `json:"retry_after"`
}

// defaultWait is how long a rate limit lasts when nobody says.
const defaultWait = 5 * time.Second

var resets = regexp.MustCompile(`resets in ~?([0-9]{1,4})s`)

// wait is what the answer says of it: a number, or a sentence such as "Your rate limit resets in ~30s".
func (p problem) wait() time.Duration {
	if p.RetryAfter > 0 && p.RetryAfter <= 3600 {
		return time.Duration(p.RetryAfter * float64(time.Second))
	}
	if m := resets.FindStringSubmatch(p.Detail); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
			return time.Duration(n) * time.Second
		}
	}
	return defaultWait
}

// refused is the error of a POST that was not taken.
func (p *Provider) refused(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	switch {
	case e.Class == providers.RateLimited:
		if e.Wait == 0 {
			e.Wait = said.wait()
		}
	case reply.Status < 500 && flagged(said.Detail) != "":
		e.Class, e.Billed, e.Stage, e.Scope = providers.Rejected, providers.BilledNo, "input", ""
	case reply.Status == http.StatusNotFound, reply.Status == http.StatusUnprocessableEntity:
		e.Scope = providers.ScopeModel
	}
	return e
}

// unanswered is the error of a question that got no answer about the prediction: it says nothing about how that is
// doing, except where the service does not know what is meant.
func (p *Provider) unanswered(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	switch e.Class {
	case providers.RateLimited:
		e.Scope = providers.ScopeCall
		if e.Wait == 0 {
			e.Wait = said.wait()
		}
	case providers.BadRequest, providers.NoOutput, providers.Lost:
		e.Class, e.Billed = providers.Lost, providers.BilledMaybe
	}
	return e
}

// notUploaded is the error of an upload: nothing was paid yet.
func (p *Provider) notUploaded(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	switch e.Billed = providers.BilledNo; e.Class {
	case providers.RateLimited:
		if e.Wait == 0 {
			e.Wait = said.wait()
		}
	case providers.Lost, providers.NoOutput:
		e.Class = providers.Transient
	case providers.BadRequest:
		e.Scope = providers.ScopeModel
	}
	return e
}

// failed is the error of a prediction that failed: words of the model's or of whoever ran it.
func (p *Provider) failed(d prediction) error {
	var words string
	_ = json.Unmarshal(d.Error, &words) // null, or something else, is no words
	if stage := flagged(words); stage != "" {
		e := p.client.Fail(providers.Rejected, providers.BilledMaybe, "the prediction was flagged")
		e.Stage = stage
		return e
	}
	if low := strings.ToLower(words); strings.Contains(low, "input validation") || strings.Contains(low, "failed validation") {
		e := p.client.Fail(providers.BadRequest, providers.BilledMaybe, "the prediction failed over its input")
		e.Scope = providers.ScopeModel
		return e
	}
	if code := codes.FindStringSubmatch(words); code != nil {
		return p.client.Fail(providers.NoOutput, providers.BilledMaybe, "the prediction failed, %s", code[1])
	}
	return p.client.Fail(providers.NoOutput, providers.BilledMaybe, "the prediction failed")
}

// codes are told in brackets: "Prediction interrupted; please retry (code: PA)", "… (E1001)".
var codes = regexp.MustCompile(`\((?:code: )?([A-Z]{1,3}[0-9]{0,5})\)`)

// flagged is the stage at which content was refused; empty if that was not the reason.
func flagged(words string) string {
	words = strings.ToLower(words)
	for _, phrase := range []string{"nsfw", "output was flagged", "output image was flagged"} {
		if strings.Contains(words, phrase) && !strings.Contains(words, "input or output") {
			return "output"
		}
	}
	for _, phrase := range []string{"(e005)", "flagged as sensitive", "sensitive content", "content policy", "content moderation", "safety filter", "request moderated"} {
		if strings.Contains(words, phrase) {
			return "input"
		}
	}
	return ""
}
