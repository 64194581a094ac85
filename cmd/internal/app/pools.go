package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers"
)

// Pools is what an operator sees of the pools and does to them. A process with a Redis is one, and so is another process
// behind its socket.
type Pools interface {
	// Seats lists which processes run which pools.
	Seats(ctx context.Context) ([]queue.Seat, error)
	// Scales says how many processes of the named pools are wanted, or of all.
	Scales(ctx context.Context, pools ...string) ([]queue.Scale, error)
	// Drain asks a process to take no more tasks.
	Drain(ctx context.Context, process string) error
}

// pools is Pools over a Redis.
type pools struct {
	*queue.Roster
	*queue.Scaler
}

func newPools(c config.Config, r *queue.Redis, in *queue.Inspector) (pools, error) {
	bounds, err := bounds(c)
	if err != nil {
		return pools{}, err
	}
	roster := queue.NewRoster(r)
	return pools{roster, queue.NewScaler(in, roster, bounds)}, nil
}

// Scales implements Pools.
func (p pools) Scales(ctx context.Context, names ...string) ([]queue.Scale, error) {
	all, err := p.Scaler.Scales(ctx, names...)
	return all, misnamed(err)
}

// Drain implements Pools.
func (p pools) Drain(ctx context.Context, process string) error {
	return misnamed(p.Roster.Drain(ctx, process))
}

// misnamed makes a mistake of the operator's of a name that is none.
func misnamed(err error) error {
	if errors.Is(err, queue.ErrNoPool) || errors.Is(err, queue.ErrNoProcess) {
		return &workers.OperatorError{Text: err.Error()}
	}
	return err
}

// ErrNobody says that there is nothing to look at.
var ErrNobody = &workers.OperatorError{Text: "nothing runs: no process owns the data folder, and IMAGIKA_REDIS_URL is not set"}

// WithPools hands f the pools of the process that owns the data folder, or of the deployment that the settings name.
func WithPools(ctx context.Context, c config.Config, log *slog.Logger, f func(Pools) error) error {
	if c.RedisURL == "" {
		if remote := Dial(ctx, c.Data); remote != nil {
			return f(remote)
		}
		return ErrNobody
	}
	return withRedis(ctx, c, log, func(r *queue.Redis) error {
		p, err := newPools(c, r, queue.NewInspector(r))
		if err != nil {
			return err
		}
		return f(p)
	})
}

// controlPools serves Pools at the socket of the data folder.
func controlPools(mux *http.ServeMux, p Pools) {
	mux.HandleFunc("GET /-/pools", func(w http.ResponseWriter, r *http.Request) {
		all, err := p.Seats(r.Context())
		show(w, all, err)
	})
	mux.HandleFunc("GET /-/scales", func(w http.ResponseWriter, r *http.Request) {
		all, err := p.Scales(r.Context(), r.URL.Query()["pool"]...)
		show(w, all, err)
	})
	mux.HandleFunc("POST /-/processes/{id}/drain", func(w http.ResponseWriter, r *http.Request) {
		show(w, struct{}{}, p.Drain(r.Context(), r.PathValue("id")))
	})
}

// Seats implements Pools.
func (r *Remote) Seats(ctx context.Context) (all []queue.Seat, err error) {
	return all, r.read(ctx, http.MethodGet, &all, "-", "pools")
}

// Scales implements Pools.
func (r *Remote) Scales(ctx context.Context, names ...string) (all []queue.Scale, err error) {
	return all, r.ask(ctx, http.MethodGet, &all, "?"+url.Values{"pool": names}.Encode(), "-", "scales")
}

// Drain implements Pools.
func (r *Remote) Drain(ctx context.Context, process string) error {
	return r.read(ctx, http.MethodPost, &struct{}{}, "-", "processes", process, "drain")
}

// autoscale answers autoscalers: one pool as an object, whose field want is the number, or all of them as a list.
func autoscale(p Pools) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("pool")
		var names []string
		if name != "" {
			names = []string{name}
		}
		all, err := p.Scales(r.Context(), names...)
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case errors.As(err, new(*workers.OperatorError)):
			http.Error(w, err.Error(), http.StatusNotFound)
		case err != nil:
			http.Error(w, config.Redact(err.Error()), http.StatusServiceUnavailable)
		case name != "":
			show(w, all[0], nil)
		default:
			show(w, all, nil)
		}
	})
}
