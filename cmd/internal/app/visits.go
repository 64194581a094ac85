package app

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/site"
	"github.com/imagika/imagika/cmd/internal/site/visits"
)

// countVisits begins to count how often pages are seen; nil where that is off, or there is no database. It ends after the website.
func (a *App) countVisits(ctx context.Context) site.Visits {
	c := a.options.Config
	if c.Visits != config.VisitsOn || a.core.store == nil {
		return nil
	}
	counter := visits.New(visits.Options{
		Store: a.core.store, Host: hostOf(c.PublicURL), Sources: c.Sources(), Proxies: c.Proxies(), Metrics: a.core.metrics.visits, Log: a.options.Log,
	})
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		counter.Run(ctx)
	}()
	a.stack.push("visits", func() error { stop(); <-done; return nil })
	return counter
}

// statsDays are how many days everybody may look back at.
const statsDays = 30

// stats reads what everybody may see: days that are over. Nil says that nothing is counted.
func (a *App) stats() func(context.Context) (visits.Report, error) {
	if a.options.Config.Visits != config.VisitsOn || a.core.store == nil {
		return nil
	}
	return func(ctx context.Context) (visits.Report, error) {
		return visits.Read(ctx, a.core.store, statsDays, time.Now().AddDate(0, 0, -1))
	}
}

// visitsPage shows operators what was counted; nil where there is no database.
func (a *App) visitsPage() http.Handler {
	if a.core.store == nil {
		return nil
	}
	return visits.Operators(a.core.store, time.Now, a.options.Log)
}

// hostOf is the host of an address that was checked; empty where none is set.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
