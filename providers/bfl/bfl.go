// Package bfl speaks the API of Black Forest Labs, who make FLUX.
//
// # Calls
//
// All models are asynchronous: a POST to the model's own path answers with an id and the address to poll, which is to be
// kept and not built, because a task lives in the region that took it. The handle holds both; whoever has it can poll
// and fetch from another process. There is no client id, no cancel and no list of tasks: a call whose answer was lost
// can only be found by its callback.
//
// # What is billed
//
// The answer to the POST says what the call costs, in credits of a cent. It is kept in the handle and told again when
// the image is ready. Nobody says whether moderated or failed tasks are paid back: they count as perhaps billed.
//
// # Traps stepped around
//
// The answer to a call with a callback may have no polling address (the schema has two forms), and a task may not be
// found at an address that was built, so callbacks are asked for only where WebhookSecret is set. A task that was just
// taken may not be found yet: for half a minute that is not a loss. Moderated tasks end with a status of their own,
// under HTTP 200; unknown statuses are work in progress. A result lives ten minutes on a network that delivers: the
// key goes to hosts of the API only. An edit with a mask is a model of its own, whose masks are white where ours are
// transparent; so is an expansion, which is told in pixels and kept within four megapixels.
//
// The signature of callbacks is documented in two ways, the secret itself in X-Webhook-Secret or an HMAC in
// X-BFL-Signature; either is taken.
//
// Sources: api.bfl.ai/openapi.json and docs.bfl.ai as of October 2026, github.com/black-forest-labs/skills, the Black
// Forest Labs provider of Vercel's AI SDK (@ai-sdk/black-forest-labs 1.0.33).
package bfl

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

const (
	name      = "bfl"
	publicURL = "https://api.bfl.ai/v1"
	// pause between two polls.
	pause = time.Second
)

// Options say who pays and where to.
type Options struct {
	// Key goes into the header x-key.
	Key string
	// URL of the API with "/v1"; empty is the global one. Those of api.eu.bfl.ai and api.us.bfl.ai keep data in a region.
	URL string
	// WebhookSecret, when set, asks for callbacks and checks them.
	WebhookSecret string
	// Pause between two polls; zero is a second.
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
	base   string
	secret string
	pause  time.Duration
	models []model
	now    func() time.Time
}

var (
	_ providers.Provider      = (*Provider)(nil)
	_ providers.Poller        = (*Provider)(nil)
	_ providers.Fetcher       = (*Provider)(nil)
	_ providers.WebhookParser = (*Provider)(nil)
	_ providers.Describer     = (*Provider)(nil)
	_ providers.Prober        = (*Provider)(nil)
)

// New returns the provider, or an error that says what is missing.
func New(o Options) (*Provider, error) {
	if o.Key == "" {
		return nil, errors.New("bfl: no key")
	}
	p := &Provider{base: strings.TrimRight(o.URL, "/"), secret: o.WebhookSecret, pause: o.Pause, models: table(), now: time.Now}
	if p.base == "" {
		p.base = publicURL
	}
	if p.pause <= 0 {
		p.pause = pause
	}
	var err error
	p.client, err = wire.New(wire.Options{
		Provider: name, Base: p.base, Trusted: o.Trusted, Dir: o.Dir, Own: []string{"*.bfl.ai"},
		Header:  http.Header{"X-Key": {o.Key}, "Accept": {"application/json"}, "User-Agent": {"imagika"}},
		Results: append([]string{"*.bfl.ai", "bfldeliveryprod.blob.core.windows.net"}, o.Results...),
	})
	return p, err
}

// Name implements providers.Provider.
func (*Provider) Name() string { return name }

// Models implements providers.Provider.
func (p *Provider) Models() []providers.Model {
	return wire.Listed(p.models, func(m model) providers.Model { return m.Model })
}

// Describe implements providers.Describer: every model of FLUX.2 has a preview of what it will be.
func (p *Provider) Describe(name string) (providers.Model, bool) {
	m, ok := p.find(name)
	return m.Model, ok
}

const preview = "-preview"

func (p *Provider) find(name string) (model, bool) {
	stable := strings.TrimSuffix(name, preview)
	i := slices.IndexFunc(p.models, func(m model) bool { return m.Name == stable })
	if i < 0 || (stable != name && p.models[i].family != flux2) {
		return model{}, false
	}
	m := p.models[i]
	m.Name = name
	return m, true
}

// Estimate implements providers.Provider.
func (p *Provider) Estimate(r providers.Request) int64 {
	m, ok := p.find(r.Model)
	if !ok {
		return 0
	}
	return m.price.bound(r)
}

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
	reply, err := p.client.Post(ctx, m.Name, body)
	if err != nil {
		return providers.Submission{}, err
	}
	defer reply.Close()
	if !reply.OK() {
		return providers.Submission{}, p.refused(reply, m)
	}
	var a accepted
	if err := reply.JSON(&a); err != nil {
		return providers.Submission{}, err
	}
	if !token(a.ID) {
		return providers.Submission{}, p.client.Fail(providers.UnknownCall, providers.BilledMaybe, "accepted without an id")
	}
	h := handle{ID: a.ID, Seed: seed(r), Cost: credits(a.Cost), At: p.now().Unix()}
	if p.own(a.PollingURL) {
		h.Poll = a.PollingURL
	}
	return p.submission(h), nil
}

// accepted is the answer to a POST. What is not needed to go on is read leniently: the call has been paid.
type accepted struct {
	ID         string          `json:"id"`
	PollingURL string          `json:"polling_url"`
	Cost       json.RawMessage `json:"cost"`
}

// Probe implements providers.Prober: it asks for the credits that are left, at no cost.
func (p *Provider) Probe(ctx context.Context) error {
	reply, err := p.client.Ask(ctx, http.MethodGet, "credits", nil)
	if err != nil {
		return err
	}
	defer reply.Close()
	if !reply.OK() {
		return p.unanswered(reply)
	}
	var left struct {
		Credits *float64 `json:"credits"`
	}
	if err := reply.JSON(&left); err != nil {
		return err
	}
	if left.Credits != nil && *left.Credits <= 0 {
		return p.client.Fail(providers.Auth, providers.BilledNo, "no credits left")
	}
	return nil
}
