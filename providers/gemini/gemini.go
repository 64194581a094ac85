// Package gemini speaks Google's generateContent for the image models of the Gemini API, and for one that writes.
//
// # Calls
//
// A call is synchronous: one POST, which takes from two seconds to a few minutes, answers with one image in base64. There
// is no id to come back with, no cancel and no way to find out what became of a call whose answer was lost (responseId
// comes with the answer and cannot be asked for), so such a call is an unknown outcome and is never sent again. The
// asynchronous Interactions API would keep answers, and with them people's pictures, at Google; it is not used.
//
// A size is said as a shape and one of three tiers, so images have about the size that was asked for. Without a size an
// edit keeps the shape of its picture. There are no masks, no seeds that hold and no negative prompts.
//
// # What is billed
//
// Tokens: of what is sent, of what is thought, of the image. The answer counts them, and the price is computed from that.
// Errors with a status of 4xx or 5xx cost nothing, says Google. What a blocked image costs it does not say: the count
// beside it does.
//
// # Traps stepped around
//
// Refusals come with status 200, in two places: promptFeedback for what was sent, finishReason for what was made. Drafts
// of models that think are parts with thought:true, and are not the result. A model may answer with words alone, which
// the sentence at the end of each request makes rare (21 % without, none of 24 with it, in one measurement). A 429 of a
// quota by the day or of the budget is no rate limit, though it names a delay, too. A wrong key is a 400. A limit is
// mostly one of the model, not of the key.
//
// What an operator sets for a route is merged deeply, or a temperature would take the shape away; it never replaces what
// was asked for.
//
// Sources: Google's API reference and price list, the wire of its Go and JavaScript clients (genai 1.77, @google/genai
// 2.32), @pydantic/genai-prices 0.1.8; November 2026.
package gemini

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

const (
	name    = "gemini"
	address = "https://generativelanguage.googleapis.com/v1beta"
)

// Options say whose key is used, and where.
type Options struct {
	// Key goes into the header X-Goog-Api-Key.
	Key string
	// URL of the API, up to and with "/v1beta". Empty is the public one.
	URL string
	// Writer is the model that writes words; empty writes none.
	Writer string
	// Dir is where pictures are spooled; empty is the system's folder for temporary files.
	Dir string
}

// Provider speaks generateContent.
type Provider struct {
	client *wire.Client
	models []model
	writer string
}

var (
	_ providers.Provider  = (*Provider)(nil)
	_ providers.Describer = (*Provider)(nil)
	_ providers.Prober    = (*Provider)(nil)
)

// New returns a provider, or an error that names what is missing.
func New(o Options) (*Provider, error) {
	if o.Key == "" {
		return nil, errors.New(name + ": no key")
	}
	if o.URL == "" {
		o.URL = address
	}
	client, err := wire.New(wire.Options{
		Provider: name, Base: o.URL, Dir: o.Dir,
		Header: http.Header{"X-Goog-Api-Key": {o.Key}, "Accept": {"application/json"}, "User-Agent": {"imagika"}},
	})
	if err != nil {
		return nil, err
	}
	return &Provider{client: client, models: table(), writer: o.Writer}, nil
}

// Name implements providers.Provider.
func (p *Provider) Name() string { return name }

// Models implements providers.Provider.
func (p *Provider) Models() []providers.Model {
	return wire.Listed(p.models, func(m model) providers.Model { return m.Model })
}

// Describe implements providers.Describer: previews and dated names are what their family is, other image models of
// Gemini the least that any of them is.
func (p *Provider) Describe(model string) (providers.Model, bool) {
	m, ok := p.find(model)
	return m.Model, ok
}

// Estimate implements providers.Provider.
func (p *Provider) Estimate(r providers.Request) int64 {
	m, ok := p.find(r.Model)
	if !ok {
		return 0
	}
	return m.bound(r)
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
	body, err := p.body(ctx, m, r)
	if err != nil {
		return providers.Submission{}, err
	}
	reply, err := p.client.Post(ctx, "models/"+url.PathEscape(r.Model)+":generateContent", body)
	if err != nil {
		return providers.Submission{}, err
	}
	if !reply.OK() {
		return providers.Submission{}, p.refusal(reply)
	}
	return p.read(reply, m)
}

// Probe implements providers.Prober: the list of models is free and asks for the key.
func (p *Provider) Probe(ctx context.Context) error {
	reply, err := p.client.Ask(ctx, http.MethodGet, "models?pageSize=1", nil)
	if err != nil {
		return err
	}
	defer reply.Close()
	if reply.OK() {
		return nil
	}
	return p.refusal(reply)
}
