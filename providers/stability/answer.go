package stability

import (
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// filtered is the finish reason of an image that moderation blurred.
const filtered = "CONTENT_FILTERED"

// read turns an answer into an image, or into the error it is. It is a file or, though nobody asked for it, JSON.
func (p *Provider) read(reply *wire.Reply, seed int64) (providers.Submission, error) {
	kind, _, _ := mime.ParseMediaType(reply.Header.Get("Content-Type"))
	switch {
	case reply.Header.Get("Finish-Reason") == filtered:
		reply.Close()
		return providers.Submission{}, p.blurred()
	case strings.HasPrefix(kind, "image/"):
		return p.file(reply, kind, seed), nil
	case kind == "application/json":
		return p.document(reply, seed)
	}
	reply.Close()
	return providers.Submission{}, p.client.Fail(providers.UnknownCall, providers.BilledMaybe, "status %d, neither an image nor JSON", reply.Status)
}

// blurred is an image that was made and is not to be shown: by the price list a successful generation.
func (p *Provider) blurred() error {
	e := p.client.Fail(providers.Rejected, providers.BilledYes, "status 200, %s", filtered)
	e.Stage = "output"
	return e
}

// file is an answer that is the image.
func (p *Provider) file(reply *wire.Reply, kind string, seed int64) providers.Submission {
	img := func() providers.Image { return p.client.Image(reply.Raw(), kind, providers.UnknownCall) }
	return submission(reply, img, told(reply.Header.Get("Seed"), seed))
}

// document is an answer that has the image in it.
func (p *Provider) document(reply *wire.Reply, seed int64) (providers.Submission, error) {
	var a struct {
		Image  string          `json:"image"`
		Finish string          `json:"finish_reason"`
		Seed   json.RawMessage `json:"seed"`
	}
	if err := reply.JSON(&a); err != nil {
		return providers.Submission{}, err
	}
	switch {
	case a.Finish == filtered:
		reply.Close()
		return providers.Submission{}, p.blurred()
	case a.Image == "":
		reply.Close()
		return providers.Submission{}, p.client.Fail(providers.NoOutput, providers.BilledMaybe, "status %d, no image", reply.Status)
	}
	img := func() providers.Image { return p.client.Image(reply.Image(a.Image), "", providers.NoOutput) }
	return submission(reply, img, told(string(a.Seed), seed)), nil
}

// told is the seed the service tells, or else the one it was asked for.
func told(text string, asked int64) int64 {
	if seed, err := strconv.ParseInt(text, 10, 64); err == nil && seed > 0 {
		return seed
	}
	return asked
}

// submission hands out one image, and closes the answer after it.
func submission(reply *wire.Reply, open func() providers.Image, seed int64) providers.Submission {
	return providers.Submission{ExternalID: requestID(reply.Header), Cost: -1, Images: func(yield func(providers.Image, error) bool) {
		defer reply.Close()
		img := open()
		img.Seed = seed
		yield(img, nil)
	}}
}

// problem is what Stability says about a failure: a code, and sentences that begin with the field they are about.
type problem struct {
	Name   string   `json:"name"`
	Errors []string `json:"errors"`
}

// field is what the first sentence is about.
func (p problem) field() string {
	if len(p.Errors) == 0 {
		return ""
	}
	field, _, found := strings.Cut(p.Errors[0], ":")
	if !found || !token(field) {
		return ""
	}
	return field
}

// lockout is how long a key is shut out that has called too often.
const lockout = time.Minute

// refusal is the error of a status that is not 2xx.
func (p *Provider) refusal(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	switch {
	case said.Name == "content_moderation":
		e.Class, e.Billed, e.Stage, e.Wait, e.Scope = providers.Rejected, providers.BilledNo, "input", 0, ""
	case e.Class == providers.RateLimited:
		e.Wait = cmp.Or(e.Wait, lockout)
	case e.Class == providers.Auth:
		e.Scope = providers.ScopeKey
	case e.Class == providers.BadRequest && (said.field() != "" || reply.Status == http.StatusNotFound || reply.Status == http.StatusRequestEntityTooLarge):
		e.Scope = providers.ScopeModel
	}
	e.Err = fmt.Errorf("%w%s", e.Err, tag(said.Name, said.field(), requestID(reply.Header)))
	return e
}

// requestID is what support asks for.
func requestID(h http.Header) string {
	if id := h.Get("X-Request-Id"); token(id) {
		return id
	}
	return ""
}

// token reports whether s is a code rather than somebody's words.
func token(s string) bool { return wire.Token(s, 64, "-.") }

// tag is what an operator may know of it: codes, never sentences, which may quote a prompt.
func tag(codes ...string) string { return wire.Tokens(64, "-.", codes...) }
