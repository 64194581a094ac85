package providers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNoCandidate is inside the *Error of a Pick that found no model left to ask.
var ErrNoCandidate = errors.New("no model left to ask")

// routerName stands for the provider in errors that are about no provider in particular.
const routerName = "router"

// Router knows which provider has which model, keeps callers off providers that asked to be left alone, and makes and
// counts the calls. It retries nothing: after an error the caller records what it cost and may Pick again.
//
// A provider is left alone (cooled, over all processes that share the Limits) for as long as it says when it limits the
// rate, for a while when it refuses the key, and for longer and longer when it fails several times in a row. What was
// wrong with one request (refused content, a bad request, a canceled call) says nothing about the next and cools nothing.
type Router struct {
	limits    Limits
	metrics   *Metrics
	health    *health
	leases    *leases
	providers []Provider
	models    []Model
	owner     map[string]Provider // by model name
}

// NewRouter returns a router over the models of all providers, in their order. It is an error if two providers or two
// models have the same name, or if one has none.
func NewRouter(limits Limits, ps ...Provider) (*Router, error) {
	r := &Router{
		limits: limits, metrics: NewMetrics(nil), health: newHealth(), leases: newLeases(),
		providers: ps, owner: make(map[string]Provider),
	}
	seen := make(map[string]bool)
	for _, p := range ps {
		if p.Name() == "" || seen[p.Name()] {
			return nil, fmt.Errorf("provider %q: the name is empty or taken", p.Name())
		}
		seen[p.Name()] = true
		if err := r.add(p); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Router) add(p Provider) error {
	for _, m := range p.Models() {
		if m.Name == "" || r.owner[m.Name] != nil {
			return fmt.Errorf("provider %q: model %q: the name is empty or taken", p.Name(), m.Name)
		}
		r.owner[m.Name] = p
		r.models = append(r.models, m)
	}
	return nil
}

// WithMetrics makes the router count into m and returns it. Call it before the router is used.
func (r *Router) WithMetrics(m *Metrics) *Router {
	r.metrics = m
	return r
}

// Models lists all models in the order of their providers.
func (r *Router) Models() []Model { return slices.Clone(r.models) }

// Model returns the model of that name.
func (r *Router) Model(name string) (Model, bool) {
	i := slices.IndexFunc(r.models, func(m Model) bool { return m.Name == name })
	if i < 0 {
		return Model{}, false
	}
	return r.models[i], true
}

// Providers lists the providers.
func (r *Router) Providers() []Provider { return slices.Clone(r.providers) }

// Provider returns the provider of that name, for handles that were stored with it.
func (r *Router) Provider(name string) (Provider, bool) {
	i := slices.IndexFunc(r.providers, func(p Provider) bool { return p.Name() == name })
	if i < 0 {
		return nil, false
	}
	return r.providers[i], true
}

// Pick chooses what to ask. A named model is the only candidate until it stands in tried, the models that shall not be
// asked again; from then on, and when no model is named, it is the first other one that does the operation and is not
// cooling.
//
// Errors are *Error: RateLimited with the shortest Wait when every candidate cools, BadRequest for a model that does not
// exist or cannot do the operation, and for nothing left to ask (ErrNoCandidate).
func (r *Router) Pick(ctx context.Context, model string, op Operation, tried []string) (Provider, Model, error) {
	candidates, err := r.candidates(model, op, tried)
	if err != nil {
		return nil, Model{}, err
	}
	var wait time.Duration
	var cooled Provider
	for _, m := range candidates {
		p := r.owner[m.Name]
		d, err := r.cooling(ctx, p, m)
		if err != nil {
			return nil, Model{}, fmt.Errorf("cooldown of %s: %w", m.Name, err)
		}
		if d <= 0 {
			return p, m, nil
		}
		if cooled == nil || d < wait {
			wait, cooled = d, p
		}
	}
	return nil, Model{}, &Error{
		Provider: cooled.Name(), Class: RateLimited, Billed: BilledNo, Wait: wait, Scope: ScopeModel,
		Err: errors.New("cooling"),
	}
}

// candidates is never empty without an error.
func (r *Router) candidates(model string, op Operation, tried []string) ([]Model, error) {
	if model != "" && !slices.Contains(tried, model) {
		m, ok := r.Model(model)
		if !ok {
			return nil, refuse(fmt.Errorf("model %q does not exist", model))
		}
		if !m.Can(op) {
			return nil, refuse(fmt.Errorf("model %q does not %s", model, op))
		}
		return []Model{m}, nil
	}
	var left []Model
	for _, m := range r.models {
		if m.Can(op) && !slices.Contains(tried, m.Name) {
			left = append(left, m)
		}
	}
	if len(left) == 0 {
		return nil, refuse(fmt.Errorf("%s: %w", op, ErrNoCandidate))
	}
	return left, nil
}

func refuse(err error) error {
	return &Error{Provider: routerName, Class: BadRequest, Billed: BilledNo, Err: err}
}

func (r *Router) cooling(ctx context.Context, p Provider, m Model) (time.Duration, error) {
	whole, err := r.limits.Cooling(ctx, providerKey(p.Name()))
	if err != nil {
		return 0, err
	}
	one, err := r.limits.Cooling(ctx, modelKey(m.Name))
	return max(whole, one), err
}

func providerKey(name string) string { return "provider:" + name }
func modelKey(name string) string    { return "model:" + name }
