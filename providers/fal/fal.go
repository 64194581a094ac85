// Package fal speaks the queue of fal.ai, which runs many models behind one contract.
//
// # Calls
//
// All models are asynchronous: a POST to the model's path answers with an id and the addresses to ask for its status,
// its result and its end. They are below the first two segments of the path only, so they are kept as they were given
// out. The handle holds them; whoever has it can poll, fetch and cancel from another process. There is no client id and
// no list of requests: a call whose answer was lost can only be found by its callback, whose body names no address but
// brings the result along. Such a handle holds that result.
//
// # What is billed
//
// No answer to us says a price. Requests that end with a 5xx of fal's own are not billed; a 422 of a model may be, if it
// had worked until then, and the header X-Fal-Billable-Units says whether it had. An image that was made and blacked out
// is billed.
//
// # Traps stepped around
//
// The queue answers 202 while a request waits or runs and 200 when it is completed, and "completed" may carry an error:
// the words for it lie where the result would. The queue takes any body, so that a request the model refuses fails only
// then. fal repeats requests by itself up to ten times; the header x-fal-no-retry forbids it, because whoever repeats
// has to count. A cancel is a wish: only a request that was taken off the queue counts as unbilled, any other says so
// itself when it is asked for next. Images that the safety checker blacked out are marked and otherwise look like
// results. Pictures go out as data URLs, so nothing of a person stays in fal's storage. The operator's parameters never
// turn the answer into data URLs (sync_mode), which are not kept for a second look.
//
// Callbacks are signed with Ed25519 over the ids, the time and the hash of the body; the public keys are at
// https://rest.fal.ai/.well-known/jwks.json.
//
// # What stays there
//
// fal keeps the words of a request and its results for as long as the account is set to. The platform, which is another
// service than the queue, deletes both on request, for a key with the scope ADMIN.
//
// Sources: docs.fal.ai, the queue client and the types of the models in @fal-ai/client 1.10.1, apps.py of fal's Python
// client; November 2026.
package fal

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

const (
	name      = "fal"
	publicURL = "https://queue.fal.run"
	adminURL  = "https://api.fal.ai/v1"
	// pause between two polls.
	pause = time.Second
)

// Options say who pays and where to.
type Options struct {
	// Key is "<id>:<secret>", and goes into the header Authorization.
	Key string
	// AdminKey is a key of the same form with the scope ADMIN: the platform deletes requests for nobody else. Empty deletes
	// nothing there.
	AdminKey string
	// URL of the queue; empty is the public one. AdminURL is the platform's.
	URL, AdminURL string
	// WebhookKeys are public keys of fal's callbacks, the field x of its key set. None leave the check to our own
	// signature in the address.
	WebhookKeys []string
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
	admin  *wire.Client // nil without its key
	base   *url.URL
	keys   []ed25519.PublicKey
	pause  time.Duration
	models []model
	now    func() time.Time
}

var (
	_ providers.Provider      = (*Provider)(nil)
	_ providers.Poller        = (*Provider)(nil)
	_ providers.Fetcher       = (*Provider)(nil)
	_ providers.Canceler      = (*Provider)(nil)
	_ providers.Deleter       = (*Provider)(nil)
	_ providers.WebhookParser = (*Provider)(nil)
	_ providers.Describer     = (*Provider)(nil)
)

// New returns the provider, or an error that says what is missing.
func New(o Options) (*Provider, error) {
	if o.Key == "" {
		return nil, errors.New("fal: no key")
	}
	if o.URL == "" {
		o.URL = publicURL
	}
	if o.Pause <= 0 {
		o.Pause = pause
	}
	client, err := wire.New(wire.Options{
		Provider: name, Base: o.URL, Trusted: o.Trusted, Dir: o.Dir, Own: []string{"queue.fal.run"},
		Header:  http.Header{"Authorization": {"Key " + o.Key}, "Accept": {"application/json"}, "User-Agent": {"imagika"}},
		Results: append([]string{"fal.media", "*.fal.media"}, o.Results...),
	})
	if err != nil {
		return nil, err
	}
	p := &Provider{client: client, pause: o.Pause, models: table(), now: time.Now}
	if p.base, err = url.Parse(strings.TrimRight(o.URL, "/")); err != nil { // wire has seen it
		return nil, fmt.Errorf("fal: address: %w", err)
	}
	if p.admin, err = platform(o); err != nil {
		return nil, err
	}
	p.keys, err = publicKeys(o.WebhookKeys)
	return p, err
}

func publicKeys(texts []string) (keys []ed25519.PublicKey, err error) {
	for i, text := range texts {
		key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "=")) // fal pads its own
		if err != nil || len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("fal: webhook key %d is not an Ed25519 key in base64url", i+1)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Name implements providers.Provider.
func (*Provider) Name() string { return name }

// Models implements providers.Provider.
func (p *Provider) Models() []providers.Model {
	return wire.Listed(p.models, func(m model) providers.Model { return m.Model })
}

// Describe implements providers.Describer: any path of a model will do.
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

// Estimate implements providers.Provider.
func (p *Provider) Estimate(r providers.Request) int64 {
	m, ok := p.find(r.Model)
	if !ok {
		return 0
	}
	return m.price.bound(r) * int64(max(r.Count, 1))
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
	path, body, err := p.body(ctx, m, r)
	if err != nil {
		return providers.Submission{}, err
	}
	body.Set("X-Fal-No-Retry", "1")
	body.Set("X-Fal-Request-Timeout", strconv.Itoa(int(m.Timeout/time.Second))) // to be started within
	at := path
	if r.CallbackURL != "" {
		at += "?fal_webhook=" + url.QueryEscape(r.CallbackURL)
	}
	reply, err := p.client.Post(ctx, at, body)
	if err != nil {
		return providers.Submission{}, err
	}
	defer reply.Close()
	if !reply.OK() {
		return providers.Submission{}, p.refused(reply)
	}
	return p.accepted(reply, path, r)
}
