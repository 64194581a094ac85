package providers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// ErrNoCandidate is inside the *Error of a Pick that found no route left to ask.
var ErrNoCandidate = errors.New("no route left to ask")

// routerName stands for the provider in errors that are about no provider in particular.
const routerName = "router"

// The scopes of a rate limit: what Error.Scope may say.
const (
	ScopeKey   = "key"   // everything asked with the same key: the whole provider
	ScopeModel = "model" // this model
	ScopeCall  = "call"  // this call only
)

// Route is one way to have an offer's images made.
type Route struct {
	RouteSpec
	Offer    string
	Provider Provider
	Model    Model // what the provider's own model can do

	trial string // picked while half-open: who tries, empty for nobody
	weak  bool   // picked while it or its key was on trial or ramping up
}

// key names the route in records that all processes share.
func (r Route) key() string { return "route:" + r.Provider.Name() + "/" + r.Model.Name }

// keys name the records that say whether the route may be asked: its own, and that of its key.
func (r Route) keys() []string { return []string{r.key(), providerKey(r.Provider.Name())} }

func providerKey(name string) string { return "key:" + name }

// Cost is an upper bound of what a request may cost over this route, in micro-dollars.
func (r Route) Cost(req Request) int64 {
	if one, ok := r.RouteSpec.Cost.Of(req.Operation, req.Quality, req.Size); ok {
		return one * int64(max(req.Count, 1))
	}
	return r.Provider.Estimate(req)
}

// Router chooses who makes an image, makes and counts the calls, and remembers, together with all other processes, how
// routes and keys are doing. It retries nothing: after an error the caller records what it cost and may Pick again.
//
// What was wrong with one request (refused content, a bad request, a canceled call) says nothing about the next and
// harms no route.
type Router struct {
	limits    Limits
	standings standings
	metrics   *Metrics
	leases    *leases
	providers map[string]Provider
	listed    []string // as they were configured
	writers   []string // whom to ask first for words
	book      atomic.Pointer[book]
	holds     atomic.Pointer[[]Hold]
	now       func() time.Time
	draw      func() float64 // uniform in [0, 1)
}

// book is a Book whose routes were found.
type book struct {
	offers []Offer
	models map[string]Model // by offer
	routes map[string][]Route
	limits map[string]KeyLimits
}

// Config is what a Router needs.
type Config struct {
	Limits    Limits
	States    States
	Metrics   *Metrics // nil counts nowhere
	Providers []Provider
	// Writers are the names of providers that may be asked for words, whom to ask first in front. Names that are not
	// configured are skipped; nil is all, in the order of Providers.
	Writers []string
	Now     func() time.Time // nil is time.Now
	Draw    func() float64   // nil is math/rand/v2's
	// TraceID names the trace of what runs under a context, "" for none: an example beside its duration. Nil: none.
	TraceID func(context.Context) string
}

// NewRouter returns a router that offers every model of the providers under its own name, until Use. Two providers of one
// name are an error.
func NewRouter(c Config) (*Router, error) {
	r := &Router{
		limits: c.Limits, standings: standings{c.States}, metrics: c.Metrics, leases: newLeases(),
		providers: make(map[string]Provider), now: c.Now, draw: c.Draw,
	}
	r.defaults()
	if c.TraceID != nil {
		traced := *r.metrics
		traced.trace, r.metrics = c.TraceID, &traced
	}
	for _, p := range c.Providers {
		if p.Name() == "" || r.providers[p.Name()] != nil {
			return nil, fmt.Errorf("provider %q: the name is empty or taken", p.Name())
		}
		r.providers[p.Name()], r.listed = p, append(r.listed, p.Name())
		r.metrics.known(p.Name())
	}
	if r.writers = c.Writers; r.writers == nil {
		r.writers = r.listed
	}
	return r, r.Use(Everything(c.Providers...))
}

// Use replaces the offers and limits. Routes of providers that are not configured are left out, and offers without a
// route with them. On an error, which names what is wrong, nothing changes.
func (r *Router) Use(b Book) error {
	next := &book{models: make(map[string]Model), routes: make(map[string][]Route), limits: maps.Clone(b.Limits)}
	var errs []error
	for _, o := range b.Offers {
		if o.Name == "" || next.routes[o.Name] != nil {
			errs = append(errs, fmt.Errorf("model %q: the name is empty or taken", o.Name))
			continue
		}
		routes, err := r.find(o)
		if err != nil {
			errs = append(errs, fmt.Errorf("model %q: %w", o.Name, err))
		}
		if len(routes) > 0 {
			next.offers = append(next.offers, o)
			next.routes[o.Name], next.models[o.Name] = routes, merge(o, routes)
		}
	}
	errs = append(errs, next.checkLimits())
	if err := errors.Join(errs...); err != nil {
		return err
	}
	r.book.Store(next)
	return nil
}

// find looks up the routes of an offer whose providers are there.
func (r *Router) find(o Offer) (routes []Route, err error) {
	for _, spec := range o.Routes {
		p := r.providers[spec.Provider]
		if p == nil {
			continue
		}
		m, known := modelOf(p, spec.Model)
		if m = m.over(spec.Can); !known && (spec.Can == nil || m.incomplete()) {
			return nil, fmt.Errorf("provider %s does not know model %q: say what it can do", spec.Provider, spec.Model)
		}
		m.Name = spec.Model
		routes = append(routes, Route{RouteSpec: spec, Offer: o.Name, Provider: p, Model: m})
	}
	return routes, nil
}

func modelOf(p Provider, name string) (Model, bool) {
	all := p.Models()
	if i := slices.IndexFunc(all, func(m Model) bool { return m.Name == name }); i >= 0 {
		return all[i], true
	}
	if d, ok := p.(Describer); ok {
		return d.Describe(name)
	}
	return Model{}, false
}

func (m Model) incomplete() bool {
	return len(m.Operations) == 0 || m.MaxCount < 1 || len(m.Sizes) == 0 || m.Timeout <= 0
}

// checkLimits refuses limits that no wait could ever satisfy.
func (b *book) checkLimits() error {
	var errs []error
	for _, routes := range b.routes {
		for _, route := range routes {
			l := b.limits[route.Provider.Name()]
			if l.ImagesPerMinute > 0 && l.Burst > 0 && route.Model.MaxCount > l.Burst {
				errs = append(errs, fmt.Errorf("provider %s: one call to %s may ask for %d images, and burst is %d",
					route.Provider.Name(), route.Model.Name, route.Model.MaxCount, l.Burst))
			}
		}
	}
	return errors.Join(errs...)
}

// Offers lists what people can choose, in the book's order.
func (r *Router) Offers() []Offer {
	return slices.DeleteFunc(slices.Clone(r.book.Load().offers), func(o Offer) bool { return o.Hidden })
}

// AllOffers lists hidden offers, too, after the others.
func (r *Router) AllOffers() []Offer {
	hidden := slices.DeleteFunc(slices.Clone(r.book.Load().offers), func(o Offer) bool { return !o.Hidden })
	return append(r.Offers(), hidden...)
}

// Offer returns the offer of that name, hidden or not.
func (r *Router) Offer(name string) (Offer, bool) {
	offers := r.book.Load().offers
	if i := slices.IndexFunc(offers, func(o Offer) bool { return o.Name == name }); i >= 0 {
		return offers[i], true
	}
	return Offer{}, false
}

// Model returns what the offer of that name can do, over all its routes.
func (r *Router) Model(name string) (Model, bool) {
	m, ok := r.book.Load().models[name]
	return m, ok
}

// Provider returns the provider of that name.
func (r *Router) Provider(name string) (Provider, bool) {
	p, ok := r.providers[name]
	return p, ok
}

// Providers lists the configured providers, by name.
func (r *Router) Providers() []Provider {
	all := make([]Provider, 0, len(r.providers))
	for _, name := range slices.Sorted(maps.Keys(r.providers)) {
		all = append(all, r.providers[name])
	}
	return all
}

// Route finds the route of an attempt that was made earlier, also one that the book no longer has.
func (r *Router) Route(provider, model string) (Route, bool) {
	p := r.providers[provider]
	if p == nil {
		return Route{}, false
	}
	for _, routes := range r.book.Load().routes {
		for _, route := range routes {
			if route.Provider == p && route.Model.Name == model {
				return route, true
			}
		}
	}
	m, _ := modelOf(p, model)
	m.Name = model
	return Route{RouteSpec: RouteSpec{Provider: provider, Model: model}, Provider: p, Model: m}, true
}

func refuse(err error) error {
	return &Error{Provider: routerName, Class: BadRequest, Billed: BilledNo, Err: err}
}
