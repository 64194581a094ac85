// Package local is the provider that needs nothing: no network, no key, no weights. It draws.
//
// A prompt is read with a small lexicon of five languages, English, Russian, German, Turkish and Spanish, and becomes a
// scene: an hour, a weather, a place, figures, colors bound to their nouns. The scene is painted from the back to the
// front with flat shapes, gradients and mirrored water, then finished in the style and mood the prompt asks for, gouache
// if it asks for none: a style is a second painter, who has the first one's picture before him. Words it does not know
// still choose composition and color, by their hash. Edits use the same styles and moods, and what else can be done to
// pixels: tones, seasons, hours and weather, crops, what is behind the subject. A variation of a picture the painter made
// itself is painted anew with some of the dice thrown again, which it can because the file holds the seed. Around a
// picture goes on what reaches its rim. The pictures are honest: the file says "procedural" in a text chunk and every
// image carries the note "local_painter".
//
// The same prompt, seed and size make the same pixels on every processor. Everything that touches a pixel is integer
// arithmetic, and geometry rounds each float product before it is added (see mul), so that no compiler can fuse the two.
//
// The model "local" answers at once. "local-async" answers with a handle and draws when it is fetched; it keeps nothing
// in memory, so any process can go on with a handle. "flat" is for benchmarks of everything around a provider: a ready
// file in no time. Faults, delays and the demo vocabulary make it the provider of most tests.
package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/imagika/imagika/providers"
)

// The models.
const (
	ModelSync  = "local"
	ModelAsync = "local-async"
	ModelFlat  = "flat"
)

const (
	name      = "local"
	note      = "local_painter"
	mediaType = "image/png"
)

// Options are all optional.
type Options struct {
	// Delay is how long a call takes before it draws; for the asynchronous model, until it is done.
	Delay time.Duration
	// Faults says what goes wrong with a call, nil for nothing.
	Faults func(providers.Request) *Fault
	// PromptFaults lets a prompt ask for a fault by a word: #slow #fail #refuse #hang #ratelimit #late #corrupt.
	PromptFaults bool
	// Flat adds the model "flat".
	Flat bool
	// Now is the clock of the asynchronous model; time.Now if nil.
	Now func() time.Time
	// Log takes what happens after a call was answered, such as callbacks that found nobody; silent if nil.
	Log *slog.Logger
	// Client sends callbacks; one with a timeout of five seconds if nil.
	Client *http.Client
}

// Provider is the painter.
type Provider struct {
	opts    Options
	dict    *dictionary
	looks   looks
	changes phrasebook
	renders *semaphore.Weighted // as many at once as there are processors
	calls   *semaphore.Weighted // callbacks waiting to be sent
	flat    []byte
	sizes   []providers.Size
}

var (
	_ providers.Provider      = (*Provider)(nil)
	_ providers.Poller        = (*Provider)(nil)
	_ providers.Fetcher       = (*Provider)(nil)
	_ providers.Canceler      = (*Provider)(nil)
	_ providers.Reconciler    = (*Provider)(nil)
	_ providers.WebhookParser = (*Provider)(nil)
	_ providers.Prober        = (*Provider)(nil)
)

// New returns a painter.
func New(o Options) *Provider {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 5 * time.Second}
	}
	return &Provider{
		opts: o, dict: newDictionary(), looks: newLooks(), changes: newPhrasebook(changes()), flat: flatFile(), sizes: sizes(),
		renders: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
		calls:   semaphore.NewWeighted(maxCallbacks),
	}
}

// Name implements providers.Provider.
func (p *Provider) Name() string { return name }

// Models implements providers.Provider.
func (p *Provider) Models() []providers.Model {
	paint := providers.Model{
		Name:       ModelSync,
		Operations: []providers.Operation{providers.Generate, providers.Edit, providers.Vary, providers.Upscale, providers.Expand},
		MaxCount:   4, MaxRefs: 1, Seed: true, Negative: true, Cancel: true, Sizes: slices.Clone(p.sizes),
		Timeout: time.Minute, Typical: 2 * time.Second,
	}
	later := paint
	later.Name, later.Operations, later.MaxRefs = ModelAsync, []providers.Operation{providers.Generate}, 0
	later.Async, later.ResultTTL = true, 24*time.Hour
	models := []providers.Model{paint, later}
	if p.opts.Flat {
		flat := paint
		flat.Name, flat.Operations, flat.MaxRefs, flat.Negative = ModelFlat, later.Operations, 0, false
		flat.Sizes, flat.Typical = []providers.Size{flatSize}, time.Millisecond
		models = append(models, flat)
	}
	return models
}

// sizes have about a megapixel each.
func sizes() []providers.Size {
	return []providers.Size{
		{Width: 1024, Height: 1024},
		{Width: 1344, Height: 768},
		{Width: 768, Height: 1344},
		{Width: 1152, Height: 896},
		{Width: 896, Height: 1152},
	}
}

// Estimate implements providers.Provider: drawing costs nothing.
func (p *Provider) Estimate(providers.Request) int64 { return 0 }

// Probe implements providers.Prober.
func (p *Provider) Probe(ctx context.Context) error { return ctx.Err() }

// waited is the share of a call that the time before it draws is said to be.
const waited = 0.5

// Submit implements providers.Provider.
func (p *Provider) Submit(ctx context.Context, r providers.Request) (providers.Submission, error) {
	if err := ctx.Err(); err != nil {
		return providers.Submission{}, err
	}
	m, err := p.check(r)
	if err != nil {
		return providers.Submission{}, err
	}
	fault := p.fault(r)
	if err := fault.before(ctx); err != nil {
		return providers.Submission{}, err
	}
	if m.Async {
		return p.submitLater(ctx, r, fault)
	}
	tell, wait := teller{r.Watch, 0, 1}, p.opts.Delay+fault.LateBy
	if wait > 0 {
		if err := tell.part(0, waited).wait(ctx, wait); err != nil {
			return providers.Submission{}, err
		}
		tell = tell.part(waited, 1)
	}
	images, err := held(p.images(ctx, r, fault, tell))
	return providers.Submission{Images: images}, err
}

// check refuses what the models cannot do.
func (p *Provider) check(r providers.Request) (providers.Model, error) {
	models := p.Models()
	i := slices.IndexFunc(models, func(m providers.Model) bool { return m.Name == r.Model })
	if i < 0 {
		return providers.Model{}, bad(fmt.Errorf("unknown model %q", r.Model))
	}
	m := models[i]
	switch {
	case !m.Can(r.Operation):
		return m, bad(fmt.Errorf("%s does not %q", m.Name, r.Operation))
	case r.Count < 0 || r.Count > m.MaxCount:
		return m, bad(fmt.Errorf("count %d is not within 1 and %d", r.Count, m.MaxCount))
	case len(r.References) > m.MaxRefs:
		return m, bad(fmt.Errorf("%d references are more than %d", len(r.References), m.MaxRefs))
	case r.Operation != providers.Generate && len(r.References) == 0:
		return m, bad(fmt.Errorf("%s needs a reference", r.Operation))
	case r.Operation == providers.Expand && !r.Margins.Valid():
		return m, bad(errors.New("no margins to expand by"))
	case r.Operation == providers.Expand: // as large as its reference and the margins make it
	case r.Size != providers.Size{} && (min(r.Size.Width, r.Size.Height) < minSide || max(r.Size.Width, r.Size.Height) > maxSide):
		return m, bad(fmt.Errorf("size %dx%d is not within %d and %d", r.Size.Width, r.Size.Height, minSide, maxSide))
	}
	return m, nil
}

// The sides of a picture that may be asked for, in pixels. A request without a size gets the default one.
const (
	minSide = 64
	maxSide = 2048
)

func bad(err error) error {
	return &providers.Error{Provider: name, Class: providers.BadRequest, Billed: providers.BilledNo, Err: err}
}

// images draws one picture per step.
func (p *Provider) images(ctx context.Context, r providers.Request, fault Fault, tell teller) providers.Images {
	return func(yield func(providers.Image, error) bool) {
		all := max(1, r.Count)
		for i := range all {
			seed := r.Seed + int64(i)
			file, err := p.render(ctx, r, seed, tell.part(float64(i)/float64(all), float64(i+1)/float64(all)))
			if err != nil {
				yield(providers.Image{}, err)
				return
			}
			img := providers.Image{MediaType: mediaType, Seed: seed, Note: note, Body: bytes.NewReader(fault.spoil(file))}
			if !yield(img, nil) {
				return
			}
		}
	}
}

// render makes one file, when a processor is free.
func (p *Provider) render(ctx context.Context, r providers.Request, seed int64, tell teller) ([]byte, error) {
	if r.Model == ModelFlat {
		return p.flat, ctx.Err()
	}
	if err := p.renders.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer p.renders.Release(1)
	tell.at(0, nil)
	var file []byte
	var err error
	switch r.Operation {
	case providers.Edit:
		file, err = p.edit(ctx, r, seed, tell)
	case providers.Vary:
		file, err = p.vary(ctx, r, seed, tell)
	case providers.Upscale:
		file, err = p.upscale(ctx, r)
	case providers.Expand:
		file, err = p.expand(ctx, r, seed)
	case providers.Generate:
		file, err = p.generate(ctx, r, seed, tell)
	}
	return file, own(ctx, err)
}

// own makes an error one of the contract's: the context's, or a request that could not be met.
func own(ctx context.Context, err error) error {
	var known *providers.Error
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return bad(err)
}

func (p *Provider) generate(ctx context.Context, r providers.Request, seed int64, tell teller) ([]byte, error) {
	from := origin{seed: seed}
	c, err := p.paint(ctx, r, from, tell)
	if err != nil {
		return nil, err
	}
	return encode(c.picture(), from)
}

// The shares of a picture that are done when its scene is drawn, and when a style has gone over it; the rest is the file.
const sceneDone, styleDone = 0.5, 0.9

// paint draws the scene of the prompt, in the style and mood it asks for.
func (p *Provider) paint(ctx context.Context, r providers.Request, from origin, tell teller) (*canvas, error) {
	size := r.Size
	if size == (providers.Size{}) {
		size = p.sizes[0]
	}
	how, rest := p.looks.of(r.Prompt)
	c, err := drawFrom(ctx, understand(p.dict, rest, r.Negative), from, size.Width, size.Height, tell.part(0, sceneDone))
	if err != nil {
		return nil, err
	}
	from.develop(c)
	tell.at(sceneDone, c)
	how.finish(c, newDice(rest, from.of("style"), "style"))
	tell.at(styleDone, nil)
	return c, ctx.Err()
}
