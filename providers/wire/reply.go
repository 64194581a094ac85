package wire

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
)

// Reply is an answer with a status. One of its readers is called, once: JSON, Raw or Refusal with nil.
type Reply struct {
	Status int
	Header http.Header

	client   *Client
	body     io.ReadCloser
	paid     bool
	received time.Time
	doc      *document
}

// OK reports a status of 2xx.
func (r *Reply) OK() bool { return r.Status >= 200 && r.Status < 300 }

// JSON reads the answer into v and keeps its long strings out of memory: where one stood v gets a stand-in, which
// [Reply.Image] opens. The connection is done with afterwards. An answer to a paid call that breaks off or is no JSON is
// an unknown outcome, because the call was accepted; to other calls it is transient.
func (r *Reply) JSON(v any) error {
	defer func() { _ = r.body.Close() }()
	doc, err := split(&limited{r: r.body, left: r.client.o.MaxReply}, r.client.o.Dir)
	if err == nil {
		r.doc = doc
		err = json.Unmarshal(doc.small, v)
	}
	if err == nil {
		return nil
	}
	r.Close()
	if r.paid {
		return r.client.Fail(providers.UnknownCall, providers.BilledMaybe, "status %d, unreadable answer: %w", r.Status, plain(err))
	}
	return r.client.Fail(providers.Transient, providers.BilledNo, "status %d, unreadable answer: %w", r.Status, plain(err))
}

// plain drops what a JSON error quotes: it may be a person's words.
func plain(err error) error {
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return errors.New("not JSON")
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return errors.New("unexpected JSON at " + wrong.Field)
	}
	return err
}

// Raw is the answer as it comes, for pictures that are the whole answer. Its reader fails beyond the allowed size.
func (r *Reply) Raw() io.ReadCloser { return &limited{r: r.body, left: r.client.o.MaxImage} }

// Image opens a string of the answer that is base64, with or without "data:…;base64," in front.
func (r *Reply) Image(s string) io.Reader { return r.doc.image(s) }

// Close drops what is left of the answer. It can be called more than once.
func (r *Reply) Close() {
	_ = r.body.Close()
	if r.doc != nil {
		r.doc.close()
	}
}

// Refusal is what a status that is not OK means by itself, before an adapter knows better; v, if not nil, gets the
// answer if it is JSON. Adapters change the class and the rest where the provider's own words say more.
//
// A refusal that came as JSON is from the provider, which knows that it did not do the work. A 5xx page of something in
// between is not: after a paid call the outcome is unknown.
func (r *Reply) Refusal(v any) *providers.Error {
	readable := r.readRefusal(v)
	c := r.client
	switch {
	case r.Status == http.StatusTooManyRequests:
		e := c.Fail(providers.RateLimited, providers.BilledNo, "status %d", r.Status)
		e.Wait, e.Scope = Wait(r.Header, r.received), providers.ScopeKey
		return e
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusPaymentRequired, r.Status == http.StatusForbidden:
		return c.Fail(providers.Auth, providers.BilledNo, "status %d", r.Status)
	case r.Status >= 500, r.Status == http.StatusRequestTimeout, r.Status == http.StatusConflict:
		if r.paid && !readable && r.Status != http.StatusServiceUnavailable {
			return c.Fail(providers.UnknownCall, providers.BilledMaybe, "status %d", r.Status)
		}
		e := c.Fail(providers.Transient, providers.BilledNo, "status %d", r.Status)
		e.Wait = Wait(r.Header, r.received)
		return e
	case r.Status == http.StatusNotFound && !r.paid, r.Status == http.StatusGone:
		return c.Fail(providers.Lost, providers.BilledMaybe, "status %d", r.Status)
	case r.OK():
		return c.Fail(providers.NoOutput, providers.BilledMaybe, "status %d", r.Status)
	}
	return c.Fail(providers.BadRequest, providers.BilledNo, "status %d", r.Status)
}

// maxRefusal is more than any provider has to say about a failure.
const maxRefusal = 1 << 20

// readRefusal reports whether the answer is a JSON value.
func (r *Reply) readRefusal(v any) bool {
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r.body, maxRefusal))
	if err != nil || !json.Valid(text) {
		return false
	}
	if v != nil {
		_ = json.Unmarshal(text, v) // fields of another type than expected stay empty
	}
	return true
}

// Long reports whether a string of an answer was so long that it was taken out: [Reply.Image] would open it.
func Long(s string) bool { return strings.HasPrefix(s, standIn) }
