package openai

import (
	"net/http"
	"slices"
	"time"

	"github.com/imagika/imagika/providers"
)

// dialect is how one of the family says the same things.
type dialect interface {
	home() home
	// table lists the models, with capabilities and prices.
	table() []model
	// knows reports whether a name that is not in the table may be tried.
	knows(name string) bool
	// describe says what is known of such a model: conservative.
	describe(name string) model
	// compose puts a request into the dialect's words.
	compose(m model, r providers.Request) call
	// cost is what the answer says it cost, in micro-dollars; -1 if it does not say.
	cost(m model, a answer, h http.Header) int64
}

// home is where a dialect is spoken.
type home struct {
	url     string
	results []string // hosts of images, where the answer has addresses
	keyed   bool     // nothing goes without a key
	// perModel limits cover one model, not the whole key.
	perModel bool
	// relayed calls are made by somebody behind the one who answers.
	relayed bool
}

// dialects is the table of them.
func dialects() map[Dialect]dialect {
	return map[Dialect]dialect{OpenAI: official{}, XAI: xai{}, Together: together{}, SDCpp: sdcpp{}, Gateway: gateway{}}
}

// model is a row of a dialect's table.
type model struct {
	providers.Model
	// price is an upper bound for one image of a request, in micro-dollars; nil is free.
	price func(providers.Request) int64
	// rates are for models billed by tokens.
	rates rates
	// free sizes are any within limits; others are one of Sizes.
	free bool
	// plural models take references as a list.
	plural bool
}

// conservative is a model of which nothing is known.
func conservative(name string) model {
	return model{
		Model: providers.Model{
			Name: name, Operations: []providers.Operation{providers.Generate}, MaxCount: 1, Sizes: classicSizes(),
			Timeout: 5 * time.Minute, Typical: 20 * time.Second,
		},
		price: perImage(unknownPrice), plural: true,
	}
}

// overlay replaces the fields of m that the operator set.
func overlay(m, by providers.Model) providers.Model {
	if len(by.Operations) > 0 {
		m.Operations = slices.Clone(by.Operations)
	}
	if len(by.Sizes) > 0 {
		m.Sizes = slices.Clone(by.Sizes)
	}
	if len(by.Qualities) > 0 {
		m.Qualities = slices.Clone(by.Qualities)
	}
	m.MaxCount, m.MaxRefs = orElse(by.MaxCount, m.MaxCount), orElse(by.MaxRefs, m.MaxRefs)
	m.Timeout, m.Typical = orElse(by.Timeout, m.Timeout), orElse(by.Typical, m.Typical)
	m.MaxParallel, m.Every, m.Burst = orElse(by.MaxParallel, m.MaxParallel), orElse(by.Every, m.Every), orElse(by.Burst, m.Burst)
	m.Mask, m.Seed, m.Negative = m.Mask || by.Mask, m.Seed || by.Seed, m.Negative || by.Negative
	return m
}

// classicSizes are what every model of the family takes.
func classicSizes() []providers.Size {
	return []providers.Size{{Width: 1024, Height: 1024}, {Width: 1536, Height: 1024}, {Width: 1024, Height: 1536}}
}

// broadSizes have one to two megapixels, and two larger.
func broadSizes() []providers.Size {
	return append(classicSizes(),
		providers.Size{Width: 1280, Height: 960}, providers.Size{Width: 960, Height: 1280},
		providers.Size{Width: 1536, Height: 864}, providers.Size{Width: 864, Height: 1536},
		providers.Size{Width: 2048, Height: 2048}, providers.Size{Width: 2560, Height: 1440}, providers.Size{Width: 1440, Height: 2560},
	)
}

// words and pictures are what the capable models take.
func wordsAndPictures() []providers.Operation {
	return []providers.Operation{providers.Generate, providers.Edit, providers.Vary}
}

func allQualities() []providers.Quality {
	return []providers.Quality{providers.QualityLow, providers.QualityMedium, providers.QualityHigh}
}
