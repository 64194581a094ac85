package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// RouteView is what the router thinks of one way to have images made.
type RouteView struct {
	Provider string            `json:"provider"`
	Model    string            `json:"model"`
	Verdict  providers.Verdict `json:"verdict"`
	State    providers.State   `json:"state"`
	Why      string            `json:"why,omitempty"` // class of the failure behind the state
	Wait     time.Duration     `json:"wait_ns,omitempty"`
	Cost     int64             `json:"cost_microdollars"` // of one image
	Latency  time.Duration     `json:"latency_ns,omitempty"`
	Share    float64           `json:"share"`
	Priority int               `json:"priority"`
	Weight   float64           `json:"weight,omitempty"`
}

// OfferView is a model people can choose.
type OfferView struct {
	Name       string                `json:"name"`
	Title      string                `json:"title"`
	Operations []providers.Operation `json:"operations"`
	Providers  []string              `json:"providers"`
	Hidden     bool                  `json:"hidden,omitempty"`
}

// Routing answers an operator's questions about models and providers.
type Routing interface {
	// Offers lists the models that have a provider, hidden ones last.
	Offers(ctx context.Context) ([]OfferView, error)
	// Routes judges the routes of a model for one image, in the order in which they would be asked.
	Routes(ctx context.Context, model, operation string) ([]RouteView, error)
	// Health says how every provider is doing, by name.
	Health(ctx context.Context) ([]providers.Health, error)
	// Enable forgets that a provider's key was refused and that its calls failed.
	Enable(ctx context.Context, provider string) error
}

// routing is the Routing of a router.
type routing struct{ router *providers.Router }

func (r routing) Offers(context.Context) ([]OfferView, error) {
	var all []OfferView
	for _, o := range r.router.AllOffers() {
		m, _ := r.router.Model(o.Name)
		v := OfferView{Name: o.Name, Title: o.Title["en"], Operations: m.Operations, Hidden: o.Hidden}
		for _, s := range o.Routes {
			if _, ok := r.router.Provider(s.Provider); ok {
				v.Providers = append(v.Providers, s.Provider)
			}
		}
		all = append(all, v)
	}
	return all, nil
}

func (r routing) Routes(ctx context.Context, model, operation string) ([]RouteView, error) {
	m, ok := r.router.Model(model)
	if !ok {
		return nil, &workers.OperatorError{Text: "there is no model " + model + " with a provider that has a key"}
	}
	a := providers.Ask{Offer: model, Operation: providers.Operation(operation), Count: 1, Size: m.Nearest(providers.Size{})}
	if a.Operation != providers.Generate {
		a.Refs = 1
	}
	all, err := r.router.Explain(ctx, a)
	if failed, ok := errors.AsType[*providers.Error](err); ok && failed.Class == providers.BadRequest {
		return nil, &workers.OperatorError{Text: failed.Err.Error()}
	}
	views := make([]RouteView, 0, len(all))
	for _, c := range all {
		views = append(views, RouteView{
			Provider: c.Route.Provider.Name(), Model: c.Route.Model.Name, Verdict: c.Verdict, State: c.State, Why: c.Why, Wait: c.Wait,
			Cost: c.Cost, Latency: c.Latency, Share: c.Share, Priority: c.Route.Priority, Weight: c.Route.Weight,
		})
	}
	return views, err
}

func (r routing) Health(ctx context.Context) ([]providers.Health, error) { return r.router.Health(ctx) }

func (r routing) Enable(ctx context.Context, provider string) error {
	if _, ok := r.router.Provider(provider); !ok {
		return &workers.OperatorError{Text: "there is no provider " + provider + " with a key"}
	}
	return r.router.Enable(ctx, provider)
}

// WithRouting hands f the routing of the process that owns the data folder, or of the deployment that the settings
// name. Where nothing runs there is no history either: every route is as good as new.
func WithRouting(ctx context.Context, c config.Config, log *slog.Logger, f func(Routing) error) error {
	if c.RedisURL != "" {
		return withRedis(ctx, c, log, func(r *queue.Redis) error { return withRouter(ctx, c, log, queue.NewStates(r), f) })
	}
	if remote := Dial(ctx, c.Data); remote != nil {
		return f(remote)
	}
	return withRouter(ctx, c, log, providers.NewLocalStates(), f)
}

// withRouter hands f a router of its own, over what is known of providers.
func withRouter(ctx context.Context, c config.Config, log *slog.Logger, states providers.States, f func(Routing) error) error {
	a := &App{options: Options{Config: c, Log: log}}
	router, err := a.router(states)
	if err == nil {
		err = a.useCatalogue(router)
	}
	if err == nil && c.RedisURL != "" {
		err = WithStore(ctx, c, log, func(s *storage.Store) error { return holdBack(ctx, s, router) })
	}
	if err != nil {
		return err
	}
	return f(routing{router})
}

// controlRouting serves a Routing at the socket of the data folder.
func controlRouting(mux *http.ServeMux, r Routing) {
	mux.HandleFunc("GET /-/offers", func(w http.ResponseWriter, q *http.Request) {
		all, err := r.Offers(q.Context())
		show(w, all, err)
	})
	mux.HandleFunc("GET /-/routes/{model}/{operation}", func(w http.ResponseWriter, q *http.Request) {
		all, err := r.Routes(q.Context(), q.PathValue("model"), q.PathValue("operation"))
		show(w, all, err)
	})
	mux.HandleFunc("GET /-/providers", func(w http.ResponseWriter, q *http.Request) {
		all, err := r.Health(q.Context())
		show(w, all, err)
	})
	mux.HandleFunc("POST /-/providers/{name}/enable", func(w http.ResponseWriter, q *http.Request) {
		show(w, struct{}{}, r.Enable(q.Context(), q.PathValue("name")))
	})
}

// Offers implements Routing.
func (r *Remote) Offers(ctx context.Context) (all []OfferView, err error) {
	return all, r.read(ctx, http.MethodGet, &all, "-", "offers")
}

// Routes implements Routing.
func (r *Remote) Routes(ctx context.Context, model, operation string) (all []RouteView, err error) {
	return all, r.read(ctx, http.MethodGet, &all, "-", "routes", model, operation)
}

// Health implements Routing.
func (r *Remote) Health(ctx context.Context) (all []providers.Health, err error) {
	return all, r.read(ctx, http.MethodGet, &all, "-", "providers")
}

// Enable implements Routing.
func (r *Remote) Enable(ctx context.Context, provider string) error {
	return r.read(ctx, http.MethodPost, &struct{}{}, "-", "providers", provider, "enable")
}

func (r *Remote) read(ctx context.Context, method string, v any, path ...string) error {
	return r.ask(ctx, method, v, "", path...)
}

func (r *Remote) post(ctx context.Context, v any, query url.Values, path ...string) error {
	return r.ask(ctx, http.MethodPost, v, "?"+query.Encode(), path...)
}

func (r *Remote) ask(ctx context.Context, method string, v any, query string, path ...string) error {
	body, err := r.call(ctx, method, "", query, path...)
	if err != nil {
		return err
	}
	defer body.Close()
	return json.NewDecoder(body).Decode(v)
}
