package app

import (
	"context"
	"fmt"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/datafile"
	"github.com/imagika/imagika/workers/shop"
)

// openShop reads what people can buy. A closed shop has no shelf.
func (a *App) openShop(c *core) error {
	if a.options.Config.Shop == config.ShopOff {
		return nil
	}
	packs, err := datafile.Read(a.options.Config.Packs, shop.Default, shop.Parse)
	if err != nil {
		return fmt.Errorf("IMAGIKA_PACKS: %w", err)
	}
	c.shelf = shop.NewShelf(packs)
	return nil
}

// tendShop keeps the shelf up to date with its file while the program runs.
func (a *App) tendShop(ctx context.Context) {
	path, shelf := a.options.Config.Packs, a.core.shelf
	if path == "" || shelf == nil {
		return
	}
	a.group.Go(func() error {
		datafile.Watch(ctx, path, shop.Parse, func(packs []shop.Pack, err error) {
			if err != nil {
				a.options.Log.ErrorContext(ctx, "the packs have mistakes; the ones before stay", "error", err)
				return
			}
			shelf.Use(packs)
			a.options.Log.InfoContext(ctx, "packs reloaded", "packs", len(packs))
		})
		return nil
	})
}
