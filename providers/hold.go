package providers

import (
	"context"
	"time"
)

// longHold is how far away the end of a hold may be for it to be waited for.
const longHold = 10 * time.Minute

// Hold is an operator's word that a provider is not to be asked, or one of its models. What was asked of it before goes on.
type Hold struct {
	Provider string
	Model    string    // the provider's own name for it; empty is all of them
	Until    time.Time // zero is until it is lifted
}

// Hold replaces the holds.
func (r *Router) Hold(all []Hold) { r.holds.Store(&all) }

// held reports whether a provider's model is held back, and for how long: longer than anybody waits if nobody knows.
func (r *Router) held(provider, model string) (wait time.Duration, held bool) {
	all := r.holds.Load()
	if all == nil {
		return 0, false
	}
	now := r.now()
	for _, h := range *all {
		if h.Provider != provider || h.Model != "" && h.Model != model {
			continue
		}
		left := 24 * time.Hour
		if !h.Until.IsZero() {
			left = h.Until.Sub(now)
		}
		if left > 0 {
			wait, held = max(wait, left), true
		}
	}
	return wait, held
}

// Health is how a provider is doing, over all its models.
type Health struct {
	Provider string
	Models   []ModelHealth
	Spent    int64 // micro-dollars today, UTC
	Budget   int64 // of a day; zero is none
}

// ModelHealth is how one of a provider's models is doing, or the provider's key where no model is named.
type ModelHealth struct {
	Offer, Model string
	State        State
	Failing      bool          // it may be asked, but no call worked for long
	Why          string        // class of the failure behind the state
	Wait         time.Duration // until that may change
	Latency      time.Duration // zero is not measured
	Held         time.Duration // an operator keeps it from being asked for that long; zero is not
}

// Health looks at every provider, by name. The first of a provider's models stands for its key.
func (r *Router) Health(ctx context.Context) ([]Health, error) {
	b, now := r.book.Load(), r.now()
	all := make([]Health, 0, len(r.providers))
	for _, p := range r.Providers() {
		routes := []Route{{Provider: p}}
		keys := []string{providerKey(p.Name())}
		for _, o := range b.offers {
			for _, route := range b.routes[o.Name] {
				if route.Provider == p {
					routes, keys = append(routes, route), append(keys, route.key())
				}
			}
		}
		standings, err := r.standings.load(ctx, keys...)
		if err != nil {
			return nil, err
		}
		h := Health{Provider: p.Name(), Spent: standings[0].today(now), Budget: b.limits[p.Name()].DailyBudget}
		for i, s := range standings {
			m := ModelHealth{Offer: routes[i].Offer, Model: routes[i].Model.Name, Why: s.Why, Latency: millis(s.Latency)}
			m.State, m.Wait = s.State(now)
			m.Failing = s.failing(now)
			m.Held, _ = r.held(p.Name(), m.Model)
			h.Models = append(h.Models, m)
		}
		all = append(all, h)
	}
	return all, nil
}
