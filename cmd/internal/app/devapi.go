package app

import (
	"context"
	"net/http"
	"strconv"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/site/devapi"
	"github.com/imagika/imagika/providers"
)

// devapi is the API for programs, nil where there is none. When ctx ends, nobody waits there any longer.
func (a *App) devapi(ctx context.Context) http.Handler {
	c := a.options.Config
	if a.core.workers == nil || c.API != config.APIOn {
		return nil
	}
	return devapi.New(devapi.Options{
		Workers: a.core.workers, Limits: a.core.limits, Models: a.apiModels, Site: c.PublicURL, Proxies: c.Proxies(), Timeout: c.APITimeout, Stopping: ctx.Done(), Log: a.options.Log,
		Hash: func(user int64) string { return a.core.sealer.Code("api", strconv.FormatInt(user, 10)) },
	})
}

// apiModels are what programs can name.
func (a *App) apiModels() []devapi.Model {
	all := []devapi.Model{}
	for _, o := range a.core.router.Offers() {
		m, ok := a.core.router.Model(o.Name)
		if !ok || !m.Can(providers.Generate) && !m.Can(providers.Edit) {
			continue
		}
		one := devapi.Model{
			ID: o.Name, Object: "model", Created: a.begun.Unix(), OwnedBy: "imagika", Title: o.Title["en"], Edits: m.Can(providers.Edit),
			Sizes: []string{}, Qualities: []string{}, Credits: a.core.workers.Price(o.Name),
		}
		for _, s := range m.Sizes {
			one.Sizes = append(one.Sizes, strconv.Itoa(s.Width)+"x"+strconv.Itoa(s.Height))
		}
		for _, q := range m.Qualities {
			one.Qualities = append(one.Qualities, string(q))
		}
		all = append(all, one)
	}
	return all
}
