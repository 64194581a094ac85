// Package stability speaks the v2beta API of Stability AI: Stable Image Core and Ultra, Stable Diffusion 3.5, two of its
// upscalers, and what paints around a picture.
//
// # Calls
//
// A call is synchronous: one POST of a form, which takes from a second to a minute, answers with the file of one image,
// and with what there is to say about it in the header. There is no id to come back with, no cancel and no way to find
// out what became of a call whose answer was lost, so such a call is an unknown outcome and is never sent again. A file
// that breaks off is one, too: the work was done. The creative upscaler, which is asynchronous, is left out: at 60 cents
// it paints another picture.
//
// A size is said as a shape; each model has one resolution. A variation starts from its reference and keeps its shape.
// The fast upscaler makes everything four times as large, whatever the scale that was asked for, and takes one megapixel
// at most.
//
// # What is billed
//
// A flat number of credits, of a cent each, per image. What fails or is refused before the work costs nothing. An image
// that moderation blurs afterwards counts as made, and comes with status 200: only the finish reason tells it from one
// that may be shown.
//
// # Traps stepped around
//
// A 403 is a refusal of content as often as one of the key. Over the limit of 150 calls in ten seconds the whole key is
// locked out for a minute, and no header says so. A seed of zero is a random one. The header tells the seed.
//
// Sources: Stability's API reference, as kept in the comments of its generated clients and in copies of its pages;
// November 2026. The sizes of Core are from its 1.5 megapixels, those of the others are the usual ones of one megapixel.
package stability

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

const (
	name    = "stability"
	address = "https://api.stability.ai"
)

// Options say whose key is used, and where.
type Options struct {
	// Key goes into the header Authorization.
	Key string
	// URL of the API, without a version. Empty is the public one.
	URL string
	// Dir is where pictures are spooled; empty is the system's folder for temporary files.
	Dir string
}

// Provider speaks the v2beta API.
type Provider struct {
	client *wire.Client
	models []model
}

var (
	_ providers.Provider = (*Provider)(nil)
	_ providers.Prober   = (*Provider)(nil)
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
		Header: http.Header{"Authorization": {"Bearer " + o.Key}, "Accept": {"application/json"}, "User-Agent": {"imagika"}, "Stability-Client-Id": {"imagika"}},
	})
	if err != nil {
		return nil, err
	}
	return &Provider{client: client, models: table()}, nil
}

// Name implements providers.Provider.
func (p *Provider) Name() string { return name }

// Models implements providers.Provider.
func (p *Provider) Models() []providers.Model {
	return wire.Listed(p.models, func(m model) providers.Model { return m.Model })
}

func (p *Provider) find(name string) (model, bool) {
	i := slices.IndexFunc(p.models, func(m model) bool { return m.Name == name })
	if i < 0 {
		return model{}, false
	}
	return p.models[i], true
}

// Estimate implements providers.Provider.
func (p *Provider) Estimate(r providers.Request) int64 {
	m, _ := p.find(r.Model)
	return m.price * int64(max(r.Count, 1))
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
	margins, err := p.margins(ctx, &r)
	if err != nil {
		return providers.Submission{}, err
	}
	form, seed := m.form(r, margins)
	body, err := p.client.Form(ctx, form)
	if err != nil {
		return providers.Submission{}, err
	}
	body.Set("Accept", "image/*")
	body.Set("Stability-Client-User-Id", r.Safety)
	reply, err := p.client.Post(ctx, m.path, body)
	if err != nil {
		return providers.Submission{}, err
	}
	if !reply.OK() {
		return providers.Submission{}, p.refusal(reply)
	}
	return p.read(reply, seed)
}

// unfit says what the model cannot do of the request.
func (m model) unfit(r providers.Request) string {
	why := m.Unfit(r)
	if why == "" && r.Operation != providers.Generate && wire.Extension(r.References[0]) == "" {
		return "the reference is neither PNG, JPEG nor WebP"
	}
	return why
}

// Probe implements providers.Prober: the balance is free to ask for, and without one nothing is made.
func (p *Provider) Probe(ctx context.Context) error {
	reply, err := p.client.Ask(ctx, http.MethodGet, "v1/user/balance", nil)
	if err != nil {
		return err
	}
	defer reply.Close()
	if !reply.OK() {
		return p.refusal(reply)
	}
	var balance struct {
		Credits json.Number `json:"credits"`
	}
	if err := reply.JSON(&balance); err != nil {
		return err
	}
	if left, err := balance.Credits.Float64(); err == nil && left < 1 {
		e := p.client.Fail(providers.Auth, providers.BilledNo, "no credits left")
		e.Scope = providers.ScopeKey
		return e
	}
	return nil
}
