package app

import (
	"context"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
)

// holdsEvery is how often a process asks whom operators switched off.
const holdsEvery = 2 * time.Second

// tendHolds keeps the router from asking whom operators switched off. While the database is away, what was said last counts.
func (a *App) tendHolds(ctx context.Context) {
	tick := time.NewTicker(holdsEvery)
	defer tick.Stop()
	for {
		if err := holdBack(ctx, a.core.store, a.core.router); err != nil && ctx.Err() == nil {
			a.options.Log.WarnContext(ctx, "who is switched off is not known", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// holdBack tells a router whom operators switched off.
func holdBack(ctx context.Context, s *storage.Store, r *providers.Router) error {
	all, err := s.Holds(ctx)
	if err != nil {
		return err
	}
	holds := make([]providers.Hold, 0, len(all))
	for _, h := range all {
		holds = append(holds, providers.Hold{Provider: h.Provider, Model: h.Model, Until: h.Until})
	}
	r.Hold(holds)
	return nil
}
