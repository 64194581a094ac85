package gemini

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// problem is Google's error. Details of all types are read as one: their fields do not collide.
type problem struct {
	Error struct {
		Message string   `json:"message"`
		Status  string   `json:"status"`
		Details []detail `json:"details"`
	} `json:"error"`
}

type detail struct {
	Reason     string      `json:"reason"`     // of ErrorInfo
	Delay      string      `json:"retryDelay"` // of RetryInfo: "17s", "1.5s"
	Violations []violation `json:"violations"` // of QuotaFailure
}

type violation struct {
	Quota string `json:"quotaId"`    // "GenerateRequestsPerMinutePerProjectPerModel"
	Limit string `json:"quotaValue"` // missing where it is none
}

// maxWait is more than a rate limit lasts.
const maxWait = time.Hour

// wait is how long Google wants to be left alone.
func (p problem) wait() (longest time.Duration) {
	for _, d := range p.Error.Details {
		if w, err := time.ParseDuration(d.Delay); err == nil {
			longest = max(longest, min(w, maxWait))
		}
	}
	return longest
}

// reasons are the codes of it, the status first.
func (p problem) reasons() []string {
	codes := []string{p.Error.Status}
	for _, d := range p.Error.Details {
		codes = append(codes, d.Reason)
		for _, v := range d.Violations {
			codes = append(codes, v.Quota)
		}
	}
	return codes
}

// used reports whether a quota is used up that waiting a minute does not bring back: by the day, of money, or one of the
// free tier, which has no images.
func (p problem) used() bool {
	return slices.ContainsFunc(p.violations(), func(v violation) bool {
		quota := strings.ToLower(v.Quota)
		return strings.Contains(quota, "perday") || strings.Contains(quota, "spend") || strings.Contains(quota, "budget") ||
			(strings.Contains(quota, "freetier") && (v.Limit == "" || v.Limit == "0"))
	})
}

// perModel reports whether a limit is one of the model: all that were hit are.
func (p problem) perModel() bool {
	all := p.violations()
	return len(all) > 0 && !slices.ContainsFunc(all, func(v violation) bool { return !strings.Contains(v.Quota, "PerModel") })
}

func (p problem) violations() (all []violation) {
	for _, d := range p.Error.Details {
		all = append(all, d.Violations...)
	}
	return all
}

// locked reports that the key or its account is the reason of a 400: wrong, expired, without billing, from a country
// that is not served.
func (p problem) locked() bool {
	return p.Error.Status == "FAILED_PRECONDITION" || p.Error.Status == "UNAUTHENTICATED" || p.Error.Status == "PERMISSION_DENIED" ||
		slices.ContainsFunc(p.reasons(), func(code string) bool { return strings.HasPrefix(code, "API_KEY_") })
}

// foreign reports that this model is not there or does not take what was asked, though another may.
func (p problem) foreign(status int) bool {
	message := strings.ToLower(p.Error.Message)
	return status == http.StatusNotFound || status == http.StatusRequestEntityTooLarge || p.Error.Status == "UNIMPLEMENTED" ||
		slices.ContainsFunc([]string{"not supported", "does not support", "unsupported", "not enabled", "exceeds the"},
			func(words string) bool { return strings.Contains(message, words) })
}

// refusal is the error of a status that is not 2xx.
func (p *Provider) refusal(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	switch {
	case e.Class == providers.RateLimited && said.used(), reply.Status == http.StatusBadRequest && said.locked():
		e.Class, e.Billed, e.Wait, e.Scope = providers.Auth, providers.BilledNo, 0, providers.ScopeKey
	case e.Class == providers.RateLimited:
		e.Wait = max(e.Wait, said.wait())
		if said.perModel() {
			e.Scope = providers.ScopeModel
		}
	case said.Error.Status == "UNIMPLEMENTED", e.Class == providers.BadRequest && said.foreign(reply.Status):
		e.Class, e.Billed, e.Wait, e.Scope = providers.BadRequest, providers.BilledNo, 0, providers.ScopeModel
	case e.Class == providers.Transient:
		e.Wait = max(e.Wait, said.wait())
	}
	e.Err = fmt.Errorf("%w%s", e.Err, tag(said.reasons()...))
	return e
}
