// Package openai speaks the Images API of OpenAI and of those that copied it: xAI, Together, the server of
// stable-diffusion.cpp, and gateways such as LiteLLM, new-api or LocalAI. What differs between them is a dialect; the
// call, the reading of the answer and the classes of failures are the same.
//
// # Calls
//
// All dialects are synchronous: one POST, which may take minutes, answers with the images in base64. There is no id to
// come back with, no cancel and no way to find out what became of a call whose answer was lost (x-request-id is for
// support tickets), so such a call is an unknown outcome and is never sent again. The header Idempotency-Key is never
// sent: none of them honors it for images, and it makes net/http repeat a paid POST.
//
// Words are written through chat completions (write.go), and judged by the free endpoint for moderation (moderate.go).
//
// # What is billed
//
// OpenAI charges tokens and says how many; xAI says the price itself; LiteLLM says it in a header. Together says
// nothing, a server of one's own charges nothing. A 429 can mean an empty account, which waiting does not mend: that is
// Auth, not RateLimited. xAI answers 200 for images its moderation took away. A gateway's 5xx is a guess about somebody
// else's call: unlike a provider's own, it does not prove that nothing was billed.
//
// # Traps stepped around
//
// OpenAI refuses response_format, the others want it or answer with addresses. stable-diffusion.cpp takes parameters
// from within the prompt, where people could write them as well: their brackets are defused. Its masks are white where
// OpenAI's are transparent. A picture is expanded as an edit of the larger one, empty around it, by models that give back
// the size they are asked for; the others have three. What an operator sets for a route never replaces the prompt, the count or the pictures, and
// cannot turn the answer into a stream.
//
// Sources: OpenAI's openapi document and its Go and JavaScript clients (openai-go 3.96, openai 6.49), the API reference
// of Together, the xAI provider of Vercel's AI SDK, examples/server of stable-diffusion.cpp; November 2026.
package openai

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// Dialect is who is spoken to.
type Dialect string

// The dialects.
const (
	OpenAI   Dialect = "openai"
	XAI      Dialect = "xai"
	Together Dialect = "together"
	SDCpp    Dialect = "sdcpp"   // the server of stable-diffusion.cpp
	Gateway  Dialect = "gateway" // whatever else has OpenAI's shape
)

// Options say who is spoken to, and how.
type Options struct {
	// Name of the provider; empty is the dialect's.
	Name string
	// Dialect; empty is OpenAI.
	Dialect Dialect
	// Key goes into the header Authorization. A server of one's own may do without.
	Key string
	// Organization and Project choose who pays, at OpenAI. Empty is the key's own.
	Organization, Project string
	// URL of the API, up to and with "/v1". Empty is the public one; SDCpp and Gateway have none.
	URL string
	// Writer is the model that writes words, by chat completions; empty writes none.
	Writer string
	// Models are listed besides the dialect's own, or instead of those of the same name. Zero fields are what Describe
	// says.
	Models []providers.Model
	// Results are hosts that images are fetched from, where a gateway answers with addresses.
	Results []string
	// Trusted are host:port pairs that may be private or without TLS, for results.
	Trusted []string
	// Dir is where pictures are spooled; empty is the system's folder for temporary files.
	Dir string
}

// Provider speaks one dialect.
type Provider struct {
	dialect dialect
	client  *wire.Client
	models  []model
	writer  string
}

var (
	_ providers.Provider  = (*Provider)(nil)
	_ providers.Describer = (*Provider)(nil)
	_ providers.Prober    = (*Provider)(nil)
)

// New returns a provider, or an error that names what is missing.
func New(o Options) (*Provider, error) {
	d, ok := dialects()[orElse(o.Dialect, OpenAI)]
	if !ok {
		return nil, fmt.Errorf("dialect %q is not known", o.Dialect)
	}
	name := orElse(o.Name, string(orElse(o.Dialect, OpenAI)))
	at := d.home()
	if o.Key == "" && at.keyed {
		return nil, fmt.Errorf("%s: no key", name)
	}
	client, err := wire.New(wire.Options{
		Provider: name, Base: orElse(o.URL, at.url), Header: header(o), Results: slices.Concat(at.results, o.Results),
		Trusted: o.Trusted, Dir: o.Dir,
	})
	if err != nil {
		return nil, err
	}
	p := &Provider{dialect: d, client: client, models: d.table(), writer: o.Writer}
	for _, m := range o.Models {
		p.list(m)
	}
	return p, nil
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func header(o Options) http.Header {
	h := http.Header{"Accept": {"application/json"}, "User-Agent": {"imagika"}}
	for name, v := range map[string]string{"Openai-Organization": o.Organization, "Openai-Project": o.Project} {
		if v != "" {
			h.Set(name, v)
		}
	}
	if o.Key != "" {
		h.Set("Authorization", "Bearer "+o.Key)
	}
	return h
}

// list adds a model the operator described, or replaces the one of its name.
func (p *Provider) list(m providers.Model) {
	full := p.dialect.describe(m.Name)
	full.Model = overlay(full.Model, m)
	i := slices.IndexFunc(p.models, func(one model) bool { return one.Name == m.Name })
	if i < 0 {
		p.models = append(p.models, full)
		return
	}
	p.models[i] = full
}

// Name implements providers.Provider.
func (p *Provider) Name() string { return p.client.Name() }

// Models implements providers.Provider.
func (p *Provider) Models() []providers.Model {
	return wire.Listed(p.models, func(m model) providers.Model { return m.Model })
}

// Describe implements providers.Describer.
func (p *Provider) Describe(name string) (providers.Model, bool) {
	m, _, ok := p.find(name)
	return m.Model, ok
}

// find returns a model, and whether it is listed: only then are its limits known to be its limits.
func (p *Provider) find(name string) (m model, listed, ok bool) {
	for _, m := range p.models {
		if m.Name == name {
			return m, true, true
		}
	}
	if !p.dialect.knows(name) {
		return model{}, false, false
	}
	return p.dialect.describe(name), false, true
}

// named reports whether s can be the name of a model at all.
func named(s string) bool { return s != "" && !strings.ContainsAny(s, " \t\r\n\"") }

// Estimate implements providers.Provider.
func (p *Provider) Estimate(r providers.Request) int64 {
	m, _, ok := p.find(r.Model)
	if !ok || m.price == nil {
		return 0
	}
	r.References = r.References[:min(len(r.References), maxRefs)]
	return m.price(r) * int64(max(r.Count, 1))
}

// Submit implements providers.Provider.
func (p *Provider) Submit(ctx context.Context, r providers.Request) (providers.Submission, error) {
	m, listed, ok := p.find(r.Model)
	if !ok {
		return providers.Submission{}, p.client.Cannot("the model is not known")
	}
	if why := unfit(m, listed, r); why != "" {
		return providers.Submission{}, p.client.Cannot(why)
	}
	if r.Operation == providers.Expand {
		e, err := p.client.Expand(ctx, r, fit)
		if err != nil {
			return providers.Submission{}, err
		}
		mask := e.Mask()
		r.Size, r.References, r.Mask = e.Whole, []providers.Reference{e.Canvas()}, &mask
	}
	if err := p.keepShape(ctx, m, &r); err != nil {
		return providers.Submission{}, err
	}
	body, path, err := p.body(ctx, m, r)
	if err != nil {
		return providers.Submission{}, err
	}
	reply, err := p.client.Post(ctx, path, body)
	if err != nil {
		return providers.Submission{}, err
	}
	if !reply.OK() {
		return providers.Submission{}, p.refusal(reply)
	}
	return p.read(ctx, reply, m, r)
}

// keepShape gives a changed picture the shape it had, where nothing else than the model's usual size was asked for.
func (p *Provider) keepShape(ctx context.Context, m model, r *providers.Request) error {
	if r.Operation == providers.Generate || r.Operation == providers.Expand || (r.Size != providers.Size{} && r.Size != m.Sizes[0]) {
		return nil
	}
	shape, err := p.client.Measure(ctx, r.References[0])
	if err != nil {
		return err
	}
	r.Size = wire.Fit(shape, m.Sizes[0], sizeStep)
	return nil
}

// What a request may ask for where a model's own limits are not known.
const (
	maxCount = 10
	maxRefs  = 16
)

// unfit says what the model cannot do of the request. Of a model that is not listed only what no dialect could send is
// refused here: the server knows the rest.
func unfit(m model, listed bool, r providers.Request) string {
	count, refs := maxCount, maxRefs
	if listed {
		count, refs = m.MaxCount, m.MaxRefs
	}
	switch {
	case r.Operation != providers.Generate && r.Operation != providers.Edit && r.Operation != providers.Vary && r.Operation != providers.Expand,
		(listed || r.Operation == providers.Expand) && !m.Can(r.Operation):
		return "the operation is not supported"
	case r.Operation == providers.Expand && !r.Margins.Valid():
		return "no margins to expand by"
	case r.Count > count:
		return "too many images"
	case len(r.References) > refs:
		return "too many references"
	case r.Operation != providers.Generate && len(r.References) == 0:
		return "no reference"
	case slices.ContainsFunc(r.References, strange):
		return "a reference is neither PNG, JPEG nor WebP"
	case r.Mask != nil && (listed && !m.Mask || r.Operation == providers.Generate):
		return "a mask is not supported"
	}
	return ""
}

// Probe implements providers.Prober: the list of models is free and asks for the key.
func (p *Provider) Probe(ctx context.Context) error {
	reply, err := p.client.Ask(ctx, http.MethodGet, "models", nil)
	if err != nil {
		return err
	}
	defer reply.Close()
	if reply.OK() || reply.Status == http.StatusNotFound { // some gateways list nothing; they are there
		return nil
	}
	return p.refusal(reply)
}
