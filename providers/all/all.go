// Package all is the table of providers: to add one, write its folder and add a row here.
package all

import (
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/local"
)

// Options configure each provider. Those that need a key are left out without one.
type Options struct {
	Local local.Options
}

// All returns the configured providers in the order in which they are tried.
func All(o Options) ([]providers.Provider, error) {
	return []providers.Provider{
		local.New(o.Local),
	}, nil
}
