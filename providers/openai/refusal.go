package openai

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// problem is what a server says about a failure. The family has many shapes for it: an object under "error", a bare
// string there with the code beside it, "detail", or the fields at the top.
type problem struct {
	message, code, kind string
	stage               string // of moderation: "input" or "output"
}

// UnmarshalJSON implements json.Unmarshaler. It takes whatever it can.
func (p *problem) UnmarshalJSON(text []byte) error {
	*p = readProblem(text)
	return nil
}

// maxDepth of what is looked into: an error within an error within a detail.
const maxDepth = 4

func readProblem(text []byte) (p problem) {
	p.take(text, maxDepth)
	return p
}

// take fills what is empty yet.
func (p *problem) take(text json.RawMessage, depth int) {
	var fields map[string]json.RawMessage
	var list []json.RawMessage
	var words string
	switch {
	case depth == 0 || len(text) == 0:
	case json.Unmarshal(text, &words) == nil:
		p.message = orElse(p.message, words)
	case json.Unmarshal(text, &list) == nil:
		if len(list) > 0 {
			p.take(list[0], depth-1)
		}
	case json.Unmarshal(text, &fields) == nil:
		for _, name := range []string{"message", "msg"} {
			p.message = orElse(p.message, scalar(fields[name]))
		}
		p.code, p.kind = orElse(p.code, scalar(fields["code"])), orElse(p.kind, scalar(fields["type"]))
		p.judged(fields["moderation_details"])
		p.take(fields["error"], depth-1)
		p.take(fields["detail"], depth-1)
	}
}

// scalar is a string or a number as text.
func scalar(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(v, &n) == nil {
		return n.String()
	}
	return ""
}

func (p *problem) judged(details json.RawMessage) {
	var d struct {
		Stage string `json:"moderation_stage"`
	}
	if json.Unmarshal(details, &d) == nil && (d.Stage == "input" || d.Stage == "output") {
		p.stage = d.Stage
	}
}

// has reports whether the code or the type is one of these.
func (p problem) has(words ...string) bool {
	return slices.Contains(words, p.code) || slices.Contains(words, p.kind)
}

// says reports whether the message has one of these phrases.
func (p problem) says(phrases ...string) bool {
	message := strings.ToLower(p.message)
	return slices.ContainsFunc(phrases, func(s string) bool { return strings.Contains(message, s) })
}

// refused reports that content was the reason. Phrases are the last resort: gateways reshape the codes.
func (p problem) refused() bool {
	return p.has("moderation_blocked", "content_policy_violation", "image_content_policy_violation", "invalid_prompt",
		"content_filter", "content_filtered", "safety_violation") ||
		p.says("moderation_blocked", "content_policy_violation", "contentpolicyviolation", "safety system", "content policy",
			"content moderation", "usage guidelines", "nsfw")
}

// unpaid reports that the account is empty or closed: waiting does not help.
func (p problem) unpaid() bool {
	return p.has("insufficient_quota", "billing_not_active", "credit_balance_exhausted", "billing_hard_limit_reached",
		"insufficient_user_quota", "account_deactivated", "budget_exceeded") ||
		p.says("exceeded your current quota", "billing hard limit", "run out of credits", "budget has been exceeded")
}

// locked reports that the key is wrong; xAI says so with a 400.
func (p problem) locked() bool {
	return p.has("invalid_api_key", "invalid_organization") || p.says("incorrect api key")
}

// foreign reports that this model is not there or does not take what was asked, though another may.
func (p problem) foreign() bool {
	return p.has("model_not_found", "unsupported_parameter", "unknown_parameter", "unsupported_value", "unsupported_model",
		"invalid_model", "model_not_available") ||
		p.says("does not exist", "not supported", "unsupported")
}

// refusal is the error of a status that is not 2xx.
func (p *Provider) refusal(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	at := p.dialect.home()
	switch {
	case said.refused() && contentStatus(reply.Status), reply.Status == http.StatusUnavailableForLegalReasons:
		e.Class, e.Billed, e.Stage, e.Wait, e.Scope = providers.Rejected, providers.BilledNo, orElse(said.stage, "input"), 0, ""
		if e.Stage == "output" { // it was painted before it was refused
			e.Billed = providers.BilledMaybe
		}
	case reply.Status < 500 && (said.unpaid() || said.locked()):
		e.Class, e.Billed, e.Wait, e.Scope = providers.Auth, providers.BilledNo, 0, providers.ScopeKey
	case reply.Status == http.StatusForbidden && said.has("model_not_found"): // the key is good, for other models
		e.Class, e.Scope = providers.BadRequest, providers.ScopeModel
	case e.Class == providers.RateLimited:
		e.Wait = orElse(e.Wait, said.wait())
		if at.perModel {
			e.Scope = providers.ScopeModel
		}
	case e.Class == providers.Transient && at.relayed && reply.Status != http.StatusServiceUnavailable && reply.Status != http.StatusConflict:
		e.Class, e.Billed = providers.UnknownCall, providers.BilledMaybe
	case e.Class == providers.BadRequest && (reply.Status == http.StatusNotFound || said.foreign()):
		e.Scope = providers.ScopeModel
	}
	e.Err = fmt.Errorf("%w%s", e.Err, said.tag(p.requestID(reply)))
	return e
}

// contentStatus are those that a refusal of content comes with.
func contentStatus(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// token reports whether s is a code rather than somebody's words.
func token(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == ""
}

// tag is what an operator may know of it: codes, never the message, which may quote a prompt or a key.
func (p problem) tag(requestID string) string {
	var b strings.Builder
	for _, s := range []string{p.code, p.kind} {
		if token(s) {
			b.WriteString(", " + s)
		}
	}
	if requestID != "" {
		b.WriteString(", request " + requestID)
	}
	return b.String()
}

var waitWords = regexp.MustCompile(`(?i)(?:try again|retry|resets?) (?:in|after) ~?([0-9]{1,6}(?:\.[0-9]{1,6})?) ?(ms|milli|s|m|h)(?:([0-9]{1,2}(?:\.[0-9]{1,6})?)s)?`)

// maxWait is more than a rate limit lasts.
const maxWait = time.Hour

// wait is what the message says of it: "Please try again in 1m30s.", "retry after 30 seconds".
func (p problem) wait() time.Duration {
	m := waitWords.FindStringSubmatch(p.message)
	if m == nil {
		return 0
	}
	unit := strings.ToLower(m[2])
	if unit == "milli" {
		unit = "ms"
	}
	d, _ := time.ParseDuration(m[1] + unit) // the expression lets nothing else through
	if rest, err := time.ParseDuration(m[3] + "s"); err == nil {
		d += rest
	}
	return min(d, maxWait)
}
