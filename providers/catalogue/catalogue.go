// Package catalogue reads the file in which an operator says what people can choose: models, their words and prices,
// and over which providers each is made.
//
// There is one file. The embedded default.yaml names every provider this program knows; what has no key is left out by
// the router, so a key in the environment is all it takes to have a provider. A file of one's own replaces it as a whole
// and is read again when it changes; one with a mistake changes nothing and says where the mistake is.
//
//	models:
//	  - name: flux-2-pro              # what people and buttons call it
//	    title: {en: FLUX.2 Pro}
//	    about: {en: Photographs and lettering, de: Fotos und Schrift}
//	    operations: [generate, edit]  # none: all that a route can do
//	    price: 4                      # credits for one image, or a list of which the first that fits counts:
//	    # price: [{quality: low, credits: 2}, {megapixels: 1.1, credits: 4}, {credits: 8}]
//	    routes:
//	      - {provider: bfl, model: flux-2-pro, priority: 1, usd: 0.03}
//	      - provider: replicate
//	        model: black-forest-labs/flux-2-pro
//	        priority: 2               # only when those of priority 1 cannot
//	        weight: 3                 # share among routes of one priority; without weights the cheapest is first
//	        usd: [{megapixels: 1.1, usd: 0.03}, {usd: 0.06}]
//	        extra: {safety_tolerance: 2}      # goes to the provider as it is
//	        can: {sizes: [1024x1024], count: 1, operations: [generate], timeout: 2m}  # of models the adapter does not know
//	providers:
//	  bfl: {parallel: 24, per_minute: 60, images_per_minute: 0, burst: 4, usd_per_day: 20}
package catalogue

import (
	"bytes"
	_ "embed" // the default file
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/imagika/imagika/providers"
)

//go:embed default.yaml
var defaultYAML []byte

// Default is the embedded catalogue.
func Default() (providers.Book, error) { return Parse(defaultYAML) }

type file struct {
	Models    []model           `yaml:"models"`
	Providers map[string]limits `yaml:"providers"`
}

type model struct {
	Name       string            `yaml:"name"`
	Title      map[string]string `yaml:"title"`
	About      map[string]string `yaml:"about"`
	Operations []string          `yaml:"operations"`
	Hidden     bool              `yaml:"hidden"`
	Price      prices            `yaml:"price"`
	Routes     []route           `yaml:"routes"`
}

type route struct {
	Provider string         `yaml:"provider"`
	Model    string         `yaml:"model"`
	Priority int            `yaml:"priority"`
	Weight   float64        `yaml:"weight"`
	USD      prices         `yaml:"usd"`
	Extra    map[string]any `yaml:"extra"`
	Can      *can           `yaml:"can"`
}

type can struct {
	Operations []string      `yaml:"operations"`
	Sizes      []string      `yaml:"sizes"`
	Qualities  []string      `yaml:"qualities"`
	Count      int           `yaml:"count"`
	References int           `yaml:"references"`
	Mask       bool          `yaml:"mask"`
	Seed       bool          `yaml:"seed"`
	Negative   bool          `yaml:"negative"`
	Parallel   int           `yaml:"parallel"`
	Timeout    time.Duration `yaml:"timeout"`
	Typical    time.Duration `yaml:"typical"`
}

type limits struct {
	Parallel        int     `yaml:"parallel"`
	PerMinute       int     `yaml:"per_minute"`
	ImagesPerMinute int     `yaml:"images_per_minute"`
	Burst           int     `yaml:"burst"`
	USDPerDay       float64 `yaml:"usd_per_day"`
}

// prices is a number, or a list of conditions with one.
type prices []price

type price struct {
	Operation  string   `yaml:"operation"`
	Quality    string   `yaml:"quality"`
	Megapixels float64  `yaml:"megapixels"`
	Credits    *int64   `yaml:"credits"`
	USD        *float64 `yaml:"usd"`

	either float64
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (p *prices) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		v, err := strconv.ParseFloat(n.Value, 64)
		if err != nil {
			return fmt.Errorf("line %d: %q is no amount", n.Line, n.Value)
		}
		*p = prices{{either: v}}
		return nil
	}
	if err := knownKeys(n); err != nil {
		return err
	}
	var list []price
	if err := n.Decode(&list); err != nil {
		return err
	}
	for i := range list {
		switch {
		case list[i].Credits != nil && list[i].USD == nil:
			list[i].either = float64(*list[i].Credits)
		case list[i].USD != nil && list[i].Credits == nil:
			list[i].either = *list[i].USD
		default:
			return fmt.Errorf("line %d: price %d needs an amount, credits or usd", n.Line, i+1)
		}
	}
	*p = list
	return nil
}

// knownKeys refuses a misspelled condition, which would make a price fit everything. The decoder's own strictness does
// not reach into nodes.
func knownKeys(list *yaml.Node) error {
	for _, one := range list.Content {
		for i := 0; i+1 < len(one.Content); i += 2 {
			key := one.Content[i]
			if !slices.Contains([]string{"operation", "quality", "megapixels", "credits", "usd"}, key.Value) {
				return fmt.Errorf("line %d: field %s not found in a price", key.Line, key.Value)
			}
		}
	}
	return nil
}

// Parse reads a catalogue. The error joins one line for each mistake.
func Parse(text []byte) (providers.Book, error) {
	var f file
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return providers.Book{}, fmt.Errorf("catalogue: %w", err)
	}
	var errs []error
	b := providers.Book{Limits: make(map[string]providers.KeyLimits)}
	if len(f.Models) == 0 {
		errs = append(errs, errors.New("catalogue: there are no models"))
	}
	for i, m := range f.Models {
		o, err := m.offer()
		if err != nil {
			errs = append(errs, fmt.Errorf("catalogue: model %d (%s): %w", i+1, m.Name, err))
		}
		if slices.ContainsFunc(b.Offers, func(other providers.Offer) bool { return other.Name == o.Name }) {
			errs = append(errs, fmt.Errorf("catalogue: model %d: the name %q is taken", i+1, m.Name))
		}
		b.Offers = append(b.Offers, o)
	}
	for name, l := range f.Providers {
		if err := l.check(); err != nil {
			errs = append(errs, fmt.Errorf("catalogue: provider %s: %w", name, err))
		}
		b.Limits[name] = providers.KeyLimits{
			Parallel: l.Parallel, PerMinute: l.PerMinute, ImagesPerMinute: l.ImagesPerMinute, Burst: l.Burst,
			DailyBudget: micro(l.USDPerDay),
		}
	}
	return b, errors.Join(errs...)
}

// nameForm is what fits into a button's data and a command line.
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,30}$`)

// titleLimit is what fits into a button, in characters.
const titleLimit = 28

func (m model) offer() (providers.Offer, error) {
	o := providers.Offer{Name: m.Name, Title: m.Title, About: m.About, Hidden: m.Hidden}
	var errs []error
	if !nameForm.MatchString(m.Name) {
		errs = append(errs, fmt.Errorf("name %q is not up to 31 of a-z, 0-9, dot and dash", m.Name))
	}
	if m.Title["en"] == "" {
		errs = append(errs, errors.New("there is no English title"))
	}
	for lang, title := range m.Title {
		if len([]rune(title)) > titleLimit {
			errs = append(errs, fmt.Errorf("title in %s is longer than %d characters", lang, titleLimit))
		}
	}
	var err error
	if o.Operations, err = operations(m.Operations); err != nil {
		errs = append(errs, err)
	}
	if o.Price, err = m.Price.read(1); err != nil {
		errs = append(errs, fmt.Errorf("price: %w", err))
	}
	if len(m.Routes) == 0 {
		errs = append(errs, errors.New("there are no routes"))
	}
	for i, r := range m.Routes {
		spec, err := r.spec()
		if err != nil {
			errs = append(errs, fmt.Errorf("route %d: %w", i+1, err))
		}
		o.Routes = append(o.Routes, spec)
	}
	return o, errors.Join(errs...)
}

func (r route) spec() (providers.RouteSpec, error) {
	s := providers.RouteSpec{Provider: r.Provider, Model: r.Model, Priority: max(r.Priority, 1), Weight: r.Weight, Extra: r.Extra}
	var errs []error
	if r.Provider == "" || r.Model == "" {
		errs = append(errs, errors.New("provider and model are needed"))
	}
	if r.Weight < 0 || r.Priority < 0 {
		errs = append(errs, errors.New("weight and priority are not negative"))
	}
	var err error
	if s.Cost, err = r.USD.read(1e6); err != nil {
		errs = append(errs, fmt.Errorf("usd: %w", err))
	}
	if r.Can != nil {
		if s.Can, err = r.Can.model(); err != nil {
			errs = append(errs, fmt.Errorf("can: %w", err))
		}
	}
	return s, errors.Join(errs...)
}

func (c can) model() (*providers.Model, error) {
	m := &providers.Model{
		MaxCount: c.Count, MaxRefs: c.References, Mask: c.Mask, Seed: c.Seed, Negative: c.Negative, MaxParallel: c.Parallel,
		Timeout: c.Timeout, Typical: c.Typical,
	}
	var errs []error
	var err error
	if m.Operations, err = operations(c.Operations); err != nil {
		errs = append(errs, err)
	}
	for _, text := range c.Sizes {
		s, err := size(text)
		if err != nil {
			errs = append(errs, err)
		}
		m.Sizes = append(m.Sizes, s)
	}
	for _, text := range c.Qualities {
		q, err := quality(text)
		if err != nil {
			errs = append(errs, err)
		}
		m.Qualities = append(m.Qualities, q)
	}
	if c.Count < 0 || c.References < 0 || c.Parallel < 0 || c.Timeout < 0 || c.Typical < 0 {
		errs = append(errs, errors.New("numbers and times are not negative"))
	}
	return m, errors.Join(errs...)
}

// read turns amounts into whole units: credits, or micro-dollars.
func (p prices) read(unit float64) (providers.Prices, error) {
	var all providers.Prices
	for _, one := range p {
		q, err := quality(one.Quality)
		if err != nil {
			return nil, err
		}
		ops, err := operations([]string{one.Operation})
		if one.Operation != "" && err != nil {
			return nil, err
		}
		amount := one.either * unit
		if math.IsNaN(amount) || amount < 0 || amount > 1e12 || (unit == 1 && amount != math.Trunc(amount)) {
			return nil, fmt.Errorf("%v is no amount", one.either)
		}
		next := providers.Price{Quality: q, Megapixels: one.Megapixels, Amount: int64(math.Round(amount))}
		if one.Operation != "" {
			next.Operation = ops[0]
		}
		all = append(all, next)
	}
	return all, all.Check()
}

func operations(words []string) (all []providers.Operation, err error) {
	known := []providers.Operation{providers.Generate, providers.Edit, providers.Vary, providers.Upscale, providers.Expand}
	for _, w := range words {
		if !slices.Contains(known, providers.Operation(w)) {
			return nil, fmt.Errorf("%q is none of generate, edit, vary, upscale, expand", w)
		}
		all = append(all, providers.Operation(w))
	}
	return all, nil
}

func quality(word string) (providers.Quality, error) {
	q := providers.Quality(word)
	if q != "" && q != providers.QualityLow && q != providers.QualityMedium && q != providers.QualityHigh {
		return "", fmt.Errorf("%q is none of low, medium, high", word)
	}
	return q, nil
}

func size(text string) (providers.Size, error) {
	w, h, ok := strings.Cut(text, "x")
	width, err := strconv.Atoi(w)
	height, err2 := strconv.Atoi(h)
	if !ok || err != nil || err2 != nil || width < 8 || height < 8 || width > 16384 || height > 16384 {
		return providers.Size{}, fmt.Errorf("%q is no size like 1024x768", text)
	}
	return providers.Size{Width: width, Height: height}, nil
}

func (l limits) check() error {
	if l.Parallel < 0 || l.PerMinute < 0 || l.ImagesPerMinute < 0 || l.Burst < 0 || l.USDPerDay < 0 {
		return errors.New("limits are not negative")
	}
	if l.PerMinute > 60_000 || l.ImagesPerMinute > 60_000 {
		return errors.New("limits are at most 60000 a minute")
	}
	if l.Burst > 0 && l.PerMinute == 0 && l.ImagesPerMinute == 0 {
		return errors.New("burst belongs to per_minute or images_per_minute")
	}
	return nil
}

func micro(usd float64) int64 { return int64(math.Round(usd * 1e6)) }
