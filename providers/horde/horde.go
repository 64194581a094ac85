// Package horde speaks the API of AI Horde, where volunteers' machines paint for everybody, for kudos instead of money.
//
// # Calls
//
// All models are asynchronous: a POST answers with an id, which is all that the handle holds. A request lives for ten
// minutes. How it is doing is asked at /generate/check, which may be asked ten times a second; the images are at
// /generate/status, which may be asked ten times a minute and is asked once, when they are there. There is no client id:
// a call whose answer was lost can only be found by its callback, of which one comes for every image.
//
// # What is billed
//
// Nothing. What a request takes in kudos is not told as a cost. Kudos give precedence; large images in busy times need
// some, which is a matter of that request and not of the key.
//
// # Privacy
//
// Prompts and pictures go to machines of strangers. They are sent only to those whose owners the Horde trusts, unless the
// operator sets trusted_workers for the route, and images are not given away (shared). Those of the anonymous account,
// [Anonymous], always are: whoever uses it tells people so. Adult content is neither asked for nor let through.
//
// # Traps stepped around
//
// A prompt is cut at "###", behind which stands what is not wanted: a person's own ### is taken apart. Sides are
// multiples of 64. Seeds go as text, and with several images the first machine gets the highest of them; different
// machines paint differently, so that a seed promises nothing. A request that nobody can do waits for its end in vain: it
// is taken back at once. Images are at addresses of R2 or, if a worker could not deliver there, in base64. Those that the
// safety checker took away look like results and are marked in one of three ways.
//
// Sources: horde/apis and horde/classes of github.com/Haidra-Org/AI-Horde; November 2026.
package horde

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

const (
	name      = "horde"
	publicURL = "https://aihorde.net/api/v2"
	// agent is who asks: name, version, contact.
	agent = "imagika:1:https://github.com/imagika/imagika"
	// pause between two polls, and the longest there is.
	pause, longPause = 2 * time.Second, 15 * time.Second
)

// Anonymous is the key of the account that belongs to nobody. Its images are always given to a public data set.
const Anonymous = "0000000000"

// Options say who asks and where.
type Options struct {
	// Key goes into the header apikey. Anonymous works, last in the queue.
	Key string
	// URL of the API with "/api/v2"; empty is the public one.
	URL string
	// Pause between two polls; zero is two seconds, and longer while there is a queue.
	Pause time.Duration
	// Results are further hosts that images are fetched from, and Trusted host:port pairs that may be private or without
	// TLS.
	Results, Trusted []string
	// Dir is where pictures are spooled; empty is the system's folder for temporary files.
	Dir string
}

// Provider is the service. It keeps nothing between calls.
type Provider struct {
	client *wire.Client
	pause  time.Duration
	models []model
}

var (
	_ providers.Provider      = (*Provider)(nil)
	_ providers.Poller        = (*Provider)(nil)
	_ providers.Fetcher       = (*Provider)(nil)
	_ providers.Canceler      = (*Provider)(nil)
	_ providers.WebhookParser = (*Provider)(nil)
	_ providers.Describer     = (*Provider)(nil)
	_ providers.Prober        = (*Provider)(nil)
)

// New returns the provider, or an error that says what is missing.
func New(o Options) (*Provider, error) {
	if o.Key == "" {
		return nil, errors.New("horde: no key; " + Anonymous + " is the anonymous one, whose images are always shared")
	}
	if o.URL == "" {
		o.URL = publicURL
	}
	if o.Pause <= 0 {
		o.Pause = pause
	}
	client, err := wire.New(wire.Options{
		Provider: name, Base: o.URL, Trusted: o.Trusted, Dir: o.Dir,
		Header:  http.Header{"Apikey": {o.Key}, "Client-Agent": {agent}, "Accept": {"application/json"}},
		Results: append([]string{"*.r2.cloudflarestorage.com"}, o.Results...),
	})
	return &Provider{client: client, pause: o.Pause, models: table()}, err
}

// Name implements providers.Provider.
func (*Provider) Name() string { return name }

// Models implements providers.Provider.
func (p *Provider) Models() []providers.Model {
	return wire.Listed(p.models, func(m model) providers.Model { return m.Model })
}

// Describe implements providers.Describer: what models there are depends on who is at work.
func (p *Provider) Describe(name string) (providers.Model, bool) {
	m, ok := p.find(name)
	return m.Model, ok
}

func (p *Provider) find(name string) (model, bool) {
	for _, m := range p.models {
		if m.Name == name {
			return m, true
		}
	}
	return describe(name)
}

// Estimate implements providers.Provider: it is free.
func (*Provider) Estimate(providers.Request) int64 { return 0 }

// Submit implements providers.Provider.
func (p *Provider) Submit(ctx context.Context, r providers.Request) (providers.Submission, error) {
	m, ok := p.find(r.Model)
	if !ok {
		return providers.Submission{}, p.client.Cannot("the model is not known")
	}
	if why := m.unfit(r); why != "" {
		return providers.Submission{}, p.client.Cannot(why)
	}
	body, err := p.body(ctx, m, r)
	if err != nil {
		return providers.Submission{}, err
	}
	reply, err := p.client.Post(ctx, "generate/async", body)
	if err != nil {
		return providers.Submission{}, err
	}
	defer reply.Close()
	if !reply.OK() {
		return providers.Submission{}, p.refused(reply)
	}
	var a struct {
		ID string `json:"id"`
	}
	if err := reply.JSON(&a); err != nil {
		return providers.Submission{}, err
	}
	if !token(a.ID) {
		return providers.Submission{}, p.client.Fail(providers.UnknownCall, providers.BilledMaybe, "accepted without an id")
	}
	return p.submission(a.ID), nil
}

// Probe implements providers.Prober: it asks whose key it is.
func (p *Provider) Probe(ctx context.Context) error {
	reply, err := p.client.Ask(ctx, http.MethodGet, "find_user", nil)
	if err != nil {
		return err
	}
	defer reply.Close()
	switch {
	case reply.OK():
		return nil
	case reply.Status == http.StatusNotFound:
		return p.client.Fail(providers.Auth, providers.BilledNo, "the key is nobody's")
	}
	return p.unanswered(reply)
}

// token reports whether s can be an id or a code: nothing that would change an address or quote a person.
func token(s string) bool { return wire.Token(s, 128, "-") }
