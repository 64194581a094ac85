package horde

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// defaultWait is how long a rate limit lasts when nobody says.
const defaultWait = 10 * time.Second

// problem is what the Horde says about a failure. The message quotes prompts; the code does not.
type problem struct {
	Message string `json:"message"`
	Code    string `json:"rc"`
}

// rejects reports that content was the reason.
func (p problem) rejects() bool { return p.Code == "CorruptPrompt" }

// broken reports that what a person sent is at fault, and would be anywhere.
func (p problem) broken() bool {
	return slices.Contains([]string{
		"MissingPrompt", "ImageValidationFailed", "SourceImageUnreadable", "SourceImageSizeExceeded", "SourceImageResolutionExceeded",
	}, p.Code)
}

// poor reports that this request needs more kudos than there are at this hour. A smaller one may pass.
func (p problem) poor() bool { return p.Code == "KudosUpfront" }

// refused is the error of a POST that was not taken.
func (p *Provider) refused(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	switch {
	case said.rejects():
		e.Class, e.Billed, e.Stage, e.Wait, e.Scope = providers.Rejected, providers.BilledNo, "input", 0, ""
	case said.poor():
		e.Class, e.Scope = providers.BadRequest, providers.ScopeModel
	case e.Class == providers.RateLimited && e.Wait == 0:
		e.Wait = said.wait()
	case e.Class == providers.BadRequest && !said.broken():
		e.Scope = providers.ScopeModel
	}
	return said.tag(e)
}

// wait is what the limiter's words say: "2 per 1 second", "90 per 1 minute".
func (p problem) wait() time.Duration {
	if strings.HasSuffix(strings.TrimSpace(p.Message), "per 1 second") {
		return time.Second
	}
	return defaultWait
}

// tag adds the code for operators.
func (p problem) tag(e *providers.Error) error {
	if token(p.Code) {
		e.Err = fmt.Errorf("%w, %s", e.Err, p.Code)
	}
	return e
}

// unanswered is the error of a question that got no answer about the request: it says nothing about how that is doing,
// except where the Horde does not know it any more.
func (p *Provider) unanswered(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	switch {
	case e.Class == providers.RateLimited:
		e.Scope = providers.ScopeCall
		if e.Wait == 0 {
			e.Wait = said.wait()
		}
	case reply.Status == http.StatusNotFound, e.Class == providers.BadRequest, e.Class == providers.Lost:
		e.Class, e.Billed = providers.Lost, providers.BilledNo // a new request costs nothing
	}
	return said.tag(e)
}
