// Package all is the table of providers: to add one, write its folder and add a row here.
package all

import (
	"errors"
	"fmt"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/a1111"
	"github.com/imagika/imagika/providers/bfl"
	"github.com/imagika/imagika/providers/comfyui"
	"github.com/imagika/imagika/providers/fal"
	"github.com/imagika/imagika/providers/gemini"
	"github.com/imagika/imagika/providers/horde"
	"github.com/imagika/imagika/providers/local"
	"github.com/imagika/imagika/providers/openai"
	"github.com/imagika/imagika/providers/replicate"
	"github.com/imagika/imagika/providers/stability"
)

// Options configure each provider. One without a key, or without an address where it is a server of one's own, is left
// out.
type Options struct {
	Local     local.Options
	OpenAI    openai.Options
	XAI       openai.Options
	Together  openai.Options
	SDCpp     openai.Options
	Gateway   openai.Options
	Gemini    gemini.Options
	BFL       bfl.Options
	Fal       fal.Options
	Replicate replicate.Options
	Stability stability.Options
	ComfyUI   comfyui.Options
	A1111     a1111.Options
	Horde     horde.Options
}

// row is a provider that may be configured.
type row struct {
	name string
	is   bool // configured
	open func() (providers.Provider, error)
}

// All returns the configured providers. The error joins one line for each that is configured wrongly.
func All(o Options) ([]providers.Provider, error) {
	list := []providers.Provider{local.New(o.Local)}
	var errs []error
	for _, r := range rows(o) {
		if !r.is {
			continue
		}
		p, err := r.open()
		if err != nil {
			errs = append(errs, fmt.Errorf("provider %s: %w", r.name, err))
			continue
		}
		list = append(list, p)
	}
	return list, errors.Join(errs...)
}

// Names lists all providers there could be, the built-in one first.
func Names() []string {
	names := []string{local.New(local.Options{}).Name()}
	for _, r := range rows(Options{}) {
		names = append(names, r.name)
	}
	return names
}

// rows is the table.
func rows(o Options) []row {
	o.OpenAI.Dialect, o.XAI.Dialect, o.Together.Dialect = openai.OpenAI, openai.XAI, openai.Together
	o.SDCpp.Dialect, o.Gateway.Dialect = openai.SDCpp, openai.Gateway
	return []row{
		{"openai", o.OpenAI.Key != "", opener(openai.NewModerator, o.OpenAI)},
		{"gemini", o.Gemini.Key != "", opener(gemini.New, o.Gemini)},
		{"bfl", o.BFL.Key != "", opener(bfl.New, o.BFL)},
		{"fal", o.Fal.Key != "", opener(fal.New, o.Fal)},
		{"replicate", o.Replicate.Key != "", opener(replicate.New, o.Replicate)},
		{"xai", o.XAI.Key != "", opener(openai.New, o.XAI)},
		{"together", o.Together.Key != "", opener(openai.New, o.Together)},
		{"stability", o.Stability.Key != "", opener(stability.New, o.Stability)},
		{"comfyui", o.ComfyUI.URL != "", opener(comfyui.New, o.ComfyUI)},
		{"a1111", o.A1111.URL != "", opener(a1111.New, o.A1111)},
		{"sdcpp", o.SDCpp.URL != "", opener(openai.New, o.SDCpp)},
		{"gateway", o.Gateway.URL != "", opener(openai.New, o.Gateway)},
		{"horde", o.Horde.Key != "", opener(horde.New, o.Horde)},
	}
}

// opener puts off the construction of a provider.
func opener[O any, P providers.Provider](open func(O) (P, error), o O) func() (providers.Provider, error) {
	return func() (providers.Provider, error) { return open(o) }
}
