package workers

import (
	"context"
	"time"

	"github.com/imagika/imagika/storage"
)

// HoldProvider keeps a provider from being asked, or one of its models, until a time or, for the zero time, until it is lifted.
// Every process knows within seconds; what was asked before goes on.
func (d *Desk) HoldProvider(ctx context.Context, by storage.By, h storage.Hold) error {
	if !h.Until.IsZero() && h.Until.Before(time.Now()) {
		return &OperatorError{"it would be asked again before it is switched off"}
	}
	_, err := d.hold(ctx, storage.Effect{}, by, h)
	return err
}

func (d *Desk) hold(ctx context.Context, e storage.Effect, by storage.By, h storage.Hold) (storage.Outbox, error) {
	return d.Store.HoldProvider(ctx, e, storage.Act{By: by, What: "provider off", Object: held(h.Provider, h.Model)}, h)
}

// ReleaseProvider lifts what holds a model back, or a provider with all its models.
func (d *Desk) ReleaseProvider(ctx context.Context, by storage.By, provider, model string) error {
	_, err := d.release(ctx, storage.Effect{}, by, provider, model)
	return err
}

func (d *Desk) release(ctx context.Context, e storage.Effect, by storage.By, provider, model string) (storage.Outbox, error) {
	return d.Store.ReleaseProvider(ctx, e, storage.Act{By: by, What: "provider on", Object: held(provider, model)}, provider, model)
}

func held(provider, model string) string {
	if model != "" {
		return provider + "/" + model
	}
	return provider
}

// ProviderCalls is how the calls of the last day went, by provider.
func (d *Desk) ProviderCalls(ctx context.Context) ([]storage.ProviderCalls, error) {
	return d.Store.ProviderCalls(ctx, time.Now().Add(-24*time.Hour))
}
