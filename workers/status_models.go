package workers

import (
	"context"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/workers/status"
)

// Models are the readings of the models that people can choose, for the status page. The providers' records may be away: then
// nobody knows how they do. So may the database: then nobody knows how long it takes.
func (w *Workers) Models(ctx context.Context) []status.ModelReading {
	health, err := w.Router.Health(ctx)
	if err != nil {
		w.Log.WarnContext(ctx, "how providers are doing is not known", "error", err)
	}
	var all []status.ModelReading
	for _, o := range w.Router.Offers() {
		m := status.ModelReading{Name: o.Name, Title: o.Title, Routes: routesOf(o, w.Router, health)}
		if x, err := w.experience(ctx, o.Name); err == nil {
			m.Wait, m.Take = status.Range{P50: x.lately[0].known(0.5), P95: x.lately[0].known(0.95)}, status.Range{P50: x.lately[1].known(0.5), P95: x.lately[1].known(0.95)}
			m.Usual = x.took[class{}].known(0.5)
		}
		all = append(all, m)
	}
	return all
}

// known is a quantile, or zero where there are too few values for one.
func (d durations) known(q float64) time.Duration {
	if len(d) < few {
		return 0
	}
	return d.at(q)
}

// routesOf says how the routes of an offer are doing; nil health is not known.
func routesOf(o providers.Offer, r *providers.Router, health []providers.Health) []status.Route {
	var all []status.Route
	for _, spec := range o.Routes {
		p, ok := r.Provider(spec.Provider)
		if !ok {
			continue
		}
		route := status.Route{Service: Title(p), State: status.Unknown}
		for _, h := range health {
			if h.Provider == spec.Provider {
				route.State = routeState(h, o.Name, spec.Model)
			}
		}
		all = append(all, route)
	}
	return all
}

// routeState is how one of a provider's models is doing, given how its key is.
func routeState(h providers.Health, offer, model string) status.State {
	if h.Budget > 0 && h.Spent >= h.Budget {
		return status.Away
	}
	state := status.Works
	for i, m := range h.Models {
		if i > 0 && (m.Offer != offer || m.Model != model) {
			continue
		}
		switch {
		case m.Held > 0, m.Failing, m.State == providers.StateOpen, m.State == providers.StateDisabled:
			return status.Away
		case m.State != providers.StateClosed:
			state = status.Slow // it comes back, or asked for a pause
		}
	}
	return state
}
