package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/datafile"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/catalogue"
)

const (
	// healEvery is the time between free questions to providers that are left alone.
	healEvery = 15 * time.Second
	// showEvery is the time between looks at how providers are doing, for the metrics.
	showEvery = 5 * time.Second
)

// useCatalogue gives the router what the operator offers. Providers that were handed in offer all they have.
func (a *App) useCatalogue(r *providers.Router) error {
	if a.options.Providers != nil {
		return nil
	}
	book, err := datafile.Read(a.options.Config.Catalogue, catalogue.Default, catalogue.Parse)
	if err == nil {
		err = offer(r, book)
	}
	if err != nil {
		return fmt.Errorf("IMAGIKA_CATALOGUE: %w", err)
	}
	return nil
}

// offer gives a router a catalogue, of which something must be left to offer.
func offer(r *providers.Router, book providers.Book) error {
	if err := r.Use(book); err != nil {
		return err
	}
	if len(r.Offers()) == 0 {
		return errors.New("no model in it has a provider with a key")
	}
	return nil
}

// router makes a router for a process beside those that work: it counts against nobody's limits.
func (a *App) router(states providers.States) (*providers.Router, error) {
	list, err := a.providers()
	if err != nil {
		return nil, err
	}
	return providers.NewRouter(providers.Config{Limits: providers.NewLocalLimits(), States: states, Providers: list})
}

// TryCatalogue reads the catalogue that the settings name and the one of a file, and checks the latter as the program does
// when its file changes.
func TryCatalogue(c config.Config, path string, log *slog.Logger) (was, is providers.Book, err error) {
	if was, err = datafile.Read(c.Catalogue, catalogue.Default, catalogue.Parse); err != nil {
		return was, is, fmt.Errorf("IMAGIKA_CATALOGUE: %w", err)
	}
	if is, err = datafile.Read(path, catalogue.Default, catalogue.Parse); err != nil {
		return was, is, err
	}
	a := &App{options: Options{Config: c, Log: log}}
	r, err := a.router(providers.NewLocalStates())
	if err == nil {
		err = offer(r, is)
	}
	return was, is, err
}

// tendRouter keeps the router up to date while the program runs: with the catalogue's file, and with providers that work
// again.
func (a *App) tendRouter(ctx context.Context) {
	router := a.core.router
	if router == nil {
		return
	}
	if path := a.options.Config.Catalogue; path != "" && a.options.Providers == nil {
		a.group.Go(func() error {
			datafile.Watch(ctx, path, catalogue.Parse, func(b providers.Book, err error) { a.reload(ctx, b, err) })
			return nil
		})
	}
	a.group.Go(func() error {
		a.tendHolds(ctx)
		return nil
	})
	if a.options.Config.Role == config.RoleWeb {
		return
	}
	a.group.Go(func() error {
		a.heal(ctx)
		return nil
	})
}

// reload takes a changed catalogue, or keeps the one there is.
func (a *App) reload(ctx context.Context, b providers.Book, err error) {
	if err == nil {
		err = a.core.router.Use(b)
	}
	a.core.metrics.provider.Reloaded(err)
	if err != nil {
		a.options.Log.ErrorContext(ctx, "the catalogue has mistakes; the one before stays", "error", err)
		return
	}
	a.options.Log.InfoContext(ctx, "catalogue reloaded", "models", len(a.core.router.Offers()))
}

func (a *App) heal(ctx context.Context) {
	tick, look := time.NewTicker(healEvery), time.NewTicker(showEvery)
	defer tick.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if err := a.core.router.Show(ctx); err != nil && ctx.Err() == nil {
				a.options.Log.WarnContext(ctx, "how providers are doing is not known", "error", err)
			}
			continue
		case <-tick.C:
		}
		healed, err := a.core.router.Heal(ctx)
		for _, name := range healed {
			a.options.Log.InfoContext(ctx, "provider works again", "provider", name)
		}
		if err != nil && ctx.Err() == nil {
			a.options.Log.WarnContext(ctx, "providers not probed", "error", err)
		}
	}
}
