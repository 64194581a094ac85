package providers

import (
	"errors"
	"fmt"
	"slices"
)

// Offer is what people know as a model: a name, words about it, a price, and the routes that can make its images.
type Offer struct {
	Name string
	// Title and About are by language tag; "en" is there.
	Title, About map[string]string
	// Operations people are offered; none are all that a route can do.
	Operations []Operation
	// Hidden offers can be asked for by name and are not listed.
	Hidden bool
	// Price in credits for one image.
	Price Prices
	// Routes in no order; Priority and Weight say which.
	Routes []RouteSpec
}

// RouteSpec is one way to have an offer's images made, as an operator describes it.
type RouteSpec struct {
	Provider string
	Model    string // the provider's own name of it
	// Priority: all routes of 1 come before those of 2.
	Priority int
	// Weight is this route's share of the calls among routes of its priority. Where no weight is set, the cheaper
	// route, and among equals the faster one, is first.
	Weight float64
	// Cost in micro-dollars for one image; none is the provider's own estimate.
	Cost Prices
	// Can replaces capabilities the provider does not know of a model that is not in its table, field by field.
	Can *Model
	// Extra goes to the provider with each call.
	Extra map[string]any
}

// Price is an amount for what its conditions fit. A zero condition fits all.
type Price struct {
	Operation  Operation
	Quality    Quality
	Megapixels float64 // up to this size
	Amount     int64
}

// Prices are tried in order; the first that fits counts.
type Prices []Price

// Of is the amount for one image. It reports false when nothing fits.
func (p Prices) Of(op Operation, q Quality, s Size) (int64, bool) {
	for _, one := range p {
		if (one.Operation == "" || one.Operation == op) && (one.Quality == "" || one.Quality == q) &&
			(one.Megapixels == 0 || s.Megapixels() <= one.Megapixels) {
			return one.Amount, true
		}
	}
	return 0, false
}

// Check says what is wrong with a list of prices: it has to end with one that fits everything.
func (p Prices) Check() error {
	for i, one := range p {
		if one.Amount < 0 {
			return fmt.Errorf("price %d is negative", i+1)
		}
		last := one.Operation == "" && one.Quality == "" && one.Megapixels == 0
		if last != (i == len(p)-1) {
			return errors.New("the last price, and only that, has no conditions")
		}
	}
	return nil
}

// Megapixels of the size.
func (s Size) Megapixels() float64 { return float64(s.Width) * float64(s.Height) / 1e6 }

// KeyLimits are what an operator allows for one provider, whatever the model. Zero is no limit.
type KeyLimits struct {
	Parallel        int   // calls in flight
	PerMinute       int   // calls
	ImagesPerMinute int   // images
	Burst           int   // calls or images at once; zero is one call, or the largest call in images
	DailyBudget     int64 // micro-dollars a day, UTC
}

// Book is all that an operator decides about models. It is replaced as a whole.
type Book struct {
	Offers []Offer
	Limits map[string]KeyLimits // by provider
}

// Everything is a book that offers every model of the providers under its own name, without a price of its own. Models of
// one name are one offer with several routes.
func Everything(ps ...Provider) Book {
	var b Book
	for _, p := range ps {
		for _, m := range p.Models() {
			i := slices.IndexFunc(b.Offers, func(o Offer) bool { return o.Name == m.Name })
			if i < 0 {
				i = len(b.Offers)
				b.Offers = append(b.Offers, Offer{Name: m.Name, Title: map[string]string{"en": m.Name}})
			}
			b.Offers[i].Routes = append(b.Offers[i].Routes, RouteSpec{Provider: p.Name(), Model: m.Name, Priority: 1})
		}
	}
	return b
}

// over replaces the fields of m that can set.
func (m Model) over(can *Model) Model {
	if can == nil {
		return m
	}
	set(&m.Operations, can.Operations)
	set(&m.Sizes, can.Sizes)
	set(&m.Qualities, can.Qualities)
	replace(&m.MaxCount, can.MaxCount)
	replace(&m.MaxRefs, can.MaxRefs)
	replace(&m.Timeout, can.Timeout)
	replace(&m.ResultTTL, can.ResultTTL)
	replace(&m.Typical, can.Typical)
	replace(&m.MaxParallel, can.MaxParallel)
	m.Mask, m.Seed, m.Negative = m.Mask || can.Mask, m.Seed || can.Seed, m.Negative || can.Negative
	return m
}

func set[T any](to *[]T, from []T) {
	if len(from) > 0 {
		*to = from
	}
}

func replace[T comparable](to *T, from T) {
	var zero T
	if from != zero {
		*to = from
	}
}

// merge is what an offer can do: whatever one of its routes can.
func merge(o Offer, routes []Route) Model {
	m := Model{Name: o.Name}
	for _, r := range routes {
		m.Operations = union(m.Operations, r.Model.Operations)
		m.Qualities = union(m.Qualities, r.Model.Qualities)
		m.Sizes = union(m.Sizes, r.Model.Sizes)
		m.MaxCount, m.MaxRefs = max(m.MaxCount, r.Model.MaxCount), max(m.MaxRefs, r.Model.MaxRefs)
		m.Timeout, m.ResultTTL = max(m.Timeout, r.Model.Timeout), max(m.ResultTTL, r.Model.ResultTTL)
		m.Mask, m.Seed, m.Negative = m.Mask || r.Model.Mask, m.Seed || r.Model.Seed, m.Negative || r.Model.Negative
		m.Async, m.Cancel = m.Async || r.Model.Async, m.Cancel || r.Model.Cancel
		if m.Typical == 0 || r.Model.Typical < m.Typical {
			m.Typical = r.Model.Typical
		}
	}
	if len(o.Operations) > 0 {
		m.Operations = slices.DeleteFunc(m.Operations, func(op Operation) bool { return !slices.Contains(o.Operations, op) })
	}
	return m
}

// union keeps the order of a, and of b what is new.
func union[T comparable](a, b []T) []T {
	a = slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}
