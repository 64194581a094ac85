// Package replicate speaks the HTTP API of Replicate, which runs models of many makers.
//
// # Calls
//
// A prediction is asynchronous: a POST answers with its id, by which anybody with the key polls, fetches and cancels
// it. The header Prefer, which would make the POST wait, is not sent: a lost connection would then lose minutes of paid
// work. A model is named owner/name, a version of it owner/name:id, a deployment deployments/owner/name.
//
// A call whose answer was lost is looked for among the account's predictions of its time: the callback's address has
// the attempt's id in it, and where that is not told, words and seed have to be the same. Only when the whole list was
// read and nothing in it can be the call was it not accepted.
//
// # What is billed
//
// Listed models cost by the image, by the megapixel or by the second of a graphics card; the answer says the seconds and
// the number of images, never the price. Failed predictions count as perhaps billed. What was canceled before it began
// was not.
//
// # Traps stepped around
//
// Results are deleted after an hour, with the request: what is fetched then is lost. Pictures beyond 256 KB are
// uploaded first, which is free, and deleted when the prediction has ended. A failed prediction is the end of the call,
// not a failure to poll. Moderation is told only by the words of a failure. The deadline of an account that is low on
// credit is a rate limit whose length stands in a sentence.
//
// Sources: the OpenAPI document of Replicate (October 2026), its documentation, the JavaScript client replicate 1.4.0.
package replicate

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

const (
	name      = "replicate"
	publicURL = "https://api.replicate.com/v1"
	// pause between two polls.
	pause = time.Second
)

// Options say who pays and where to.
type Options struct {
	// Key goes into the header Authorization.
	Key string
	// URL of the API with "/v1"; empty is the public one.
	URL string
	// WebhookSecret is the account's signing secret, "whsec_…". Callbacks are checked with it; empty checks nothing.
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
	secret []byte
	pause  time.Duration
	models []model
	now    func() time.Time
}

var (
	_ providers.Provider      = (*Provider)(nil)
	_ providers.Poller        = (*Provider)(nil)
	_ providers.Fetcher       = (*Provider)(nil)
	_ providers.Canceler      = (*Provider)(nil)
	_ providers.Reconciler    = (*Provider)(nil)
	_ providers.WebhookParser = (*Provider)(nil)
	_ providers.Describer     = (*Provider)(nil)
	_ providers.Prober        = (*Provider)(nil)
)

// New returns the provider, or an error that says what is missing or wrong.
func New(o Options) (*Provider, error) {
	if o.Key == "" {
		return nil, errors.New("replicate: no key")
	}
	secret, err := signingKey(o.WebhookSecret)
	if err != nil {
		return nil, err
	}
	p := &Provider{secret: secret, pause: o.Pause, models: table(), now: time.Now}
	if p.pause <= 0 {
		p.pause = pause
	}
	base := o.URL
	if base == "" {
		base = publicURL
	}
	p.client, err = wire.New(wire.Options{
		Provider: name, Base: base, Trusted: o.Trusted, Dir: o.Dir,
		Header:  http.Header{"Authorization": {"Bearer " + o.Key}, "Accept": {"application/json"}, "User-Agent": {"imagika"}},
		Results: append([]string{"replicate.delivery", "*.replicate.delivery"}, o.Results...),
	})
	return p, err
}

// Name implements providers.Provider.
func (*Provider) Name() string { return name }

// Models implements providers.Provider.
func (p *Provider) Models() []providers.Model {
	return wire.Listed(p.models, func(m model) providers.Model { return m.Model })
}

// Describe implements providers.Describer.
func (p *Provider) Describe(name string) (providers.Model, bool) {
	m, ok := p.find(name)
	return m.Model, ok
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
	if why := m.Unfit(r); why != "" {
		return providers.Submission{}, p.client.Cannot(why)
	}
	c, err := p.compose(ctx, m, r)
	if err == nil {
		var sub providers.Submission
		if sub, err = p.create(ctx, c, m, r); err == nil {
			return sub, nil
		}
	}
	var e *providers.Error
	if c != nil && errors.As(err, &e) && e.Class != providers.UnknownCall {
		p.forget(ctx, c.files)
	}
	return providers.Submission{}, err
}

// create makes the paid call.
func (p *Provider) create(ctx context.Context, c *call, m model, r providers.Request) (providers.Submission, error) {
	body, err := p.client.JSON(ctx, c.body, c.pictures...)
	if err != nil {
		return providers.Submission{}, err
	}
	reply, err := p.client.Post(ctx, m.path(), body)
	if err != nil {
		return providers.Submission{}, err
	}
	defer reply.Close()
	if !reply.OK() {
		return providers.Submission{}, p.refused(reply)
	}
	var made prediction
	if err := reply.JSON(&made); err != nil {
		return providers.Submission{}, err
	}
	if !token(made.ID) {
		return providers.Submission{}, p.client.Fail(providers.UnknownCall, providers.BilledMaybe, "accepted without an id")
	}
	return p.submission(m.handle(made.ID, r, c.files)), nil
}

// Probe implements providers.Prober: the account is told at no cost, and only to those who have its key.
func (p *Provider) Probe(ctx context.Context) error {
	reply, err := p.client.Ask(ctx, http.MethodGet, "account", nil)
	if err != nil {
		return err
	}
	defer reply.Close()
	if !reply.OK() {
		return p.unanswered(reply)
	}
	return nil
}

// token reports whether s can be an id or a code: nothing that would change an address or quote a person.
func token(s string) bool { return wire.Token(s, 128, "-") }
