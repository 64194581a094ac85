// Package a1111 speaks to the web UI of AUTOMATIC1111, to its descendant Forge, and to others that copied its API, on a
// machine of one's own.
//
// # Calls
//
// The server is synchronous and does one thing at a time: a POST to txt2img, img2img or extra-single-image waits for its
// turn and answers with the images in base64. The attempt's id goes along as force_task_id, which the server shows with its
// progress and nowhere else: a call can be watched by it, but one whose answer was lost is lost, though it will have been
// done. There is no cancel, because /interrupt strikes whoever is painting at that moment. Nothing costs anything.
//
// # Traps stepped around
//
// The text in "info" says which of the images is the first of one's own: grids come before it, and the maps of
// extensions after the last. Its seeds are taken where they can be read; it grows with prompts beyond what is kept in
// memory, and then the seeds are those that were asked for. Masks are white where the server may paint, and of a mask
// with transparency it would take the wrong half. A string that begins like an address is fetched by the server, so
// pictures are always sent as they are. A 500 is the server's own, even where it is a page: the work failed. What it says
// about it quotes inputs, so only the class of the failure is passed on. AUTOMATIC1111 answers a request for a checkpoint
// it does not have with another one, Forge with a failure.
//
// The server writes the prompt into its files, where an operator has not told it otherwise.
//
// Sources: modules/api/{api,models}.py of lllyasviel/stable-diffusion-webui-forge and of
// AUTOMATIC1111/stable-diffusion-webui, November 2026.
package a1111

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

const name = "a1111"

// sdxl is whatever checkpoint the server was started with: the one model that is always there.
const sdxl = "sdxl"

// Options say where the server is and what it has.
type Options struct {
	// URL of the server, such as "http://127.0.0.1:7860", started with --api. Its address may be private.
	URL string
	// Auth is "user:password", as given to --api-auth. Empty is none.
	Auth string
	// Checkpoints are further models by the server's own names of them. Names without spaces need not be listed.
	Checkpoints []string
	// Upscaler by the server's own name; empty is "R-ESRGAN 4x+".
	Upscaler string
	// Dir is where pictures are spooled; empty is the system's folder for temporary files.
	Dir string
}

// Provider speaks to one server.
type Provider struct {
	client      *wire.Client
	checkpoints []string
	upscaler    string
	pace        time.Duration // between two looks at a call that is watched
}

var (
	_ providers.Provider  = (*Provider)(nil)
	_ providers.Describer = (*Provider)(nil)
	_ providers.Prober    = (*Provider)(nil)
)

// New returns a provider, or an error that says what is wrong with its address or password.
func New(o Options) (*Provider, error) {
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {"imagika"}}
	client, err := wire.New(wire.Options{Provider: name, Base: o.URL, Header: header, Basic: o.Auth, Dir: o.Dir})
	if err != nil {
		return nil, err
	}
	p := &Provider{client: client, checkpoints: []string{sdxl}, upscaler: o.Upscaler, pace: time.Second}
	for _, c := range o.Checkpoints {
		if !slices.Contains(p.checkpoints, c) {
			p.checkpoints = append(p.checkpoints, c)
		}
	}
	if p.upscaler == "" {
		p.upscaler = "R-ESRGAN 4x+"
	}
	return p, nil
}

// Name implements providers.Provider.
func (p *Provider) Name() string { return name }

// Models implements providers.Provider.
func (p *Provider) Models() []providers.Model {
	all := make([]providers.Model, len(p.checkpoints))
	for i, c := range p.checkpoints {
		all[i] = model(c)
	}
	return all
}

// Describe implements providers.Describer: any checkpoint is taken for one of SDXL.
func (p *Provider) Describe(checkpoint string) (providers.Model, bool) {
	if !p.knows(checkpoint) {
		return providers.Model{}, false
	}
	return model(checkpoint), true
}

func (p *Provider) knows(checkpoint string) bool {
	return slices.Contains(p.checkpoints, checkpoint) || checkpoint != "" && !strings.ContainsAny(checkpoint, " \t\r\n\"")
}

const maxCount = 4

func model(checkpoint string) providers.Model {
	return providers.Model{
		Name: checkpoint, Operations: []providers.Operation{providers.Generate, providers.Edit, providers.Vary, providers.Upscale, providers.Expand},
		MaxCount: maxCount, MaxRefs: 1, Mask: true, Seed: true, Negative: true,
		Qualities: []providers.Quality{providers.QualityLow, providers.QualityMedium, providers.QualityHigh},
		Sizes: []providers.Size{
			{Width: 1024, Height: 1024},
			{Width: 1152, Height: 896},
			{Width: 896, Height: 1152},
			{Width: 1344, Height: 768},
			{Width: 768, Height: 1344},
		},
		Timeout: 10 * time.Minute, Typical: 30 * time.Second, MaxParallel: 1,
	}
}

// Estimate implements providers.Provider: what the operator pays for power is not known here.
func (p *Provider) Estimate(providers.Request) int64 { return 0 }

// Submit implements providers.Provider.
func (p *Provider) Submit(ctx context.Context, r providers.Request) (providers.Submission, error) {
	if why := p.unfit(r); why != "" {
		return providers.Submission{}, p.client.Cannot(why)
	}
	c, err := p.compose(ctx, r)
	if err != nil {
		return providers.Submission{}, err
	}
	body, err := p.client.JSON(ctx, c.fields, c.pictures...)
	if err != nil {
		return providers.Submission{}, err
	}
	stop := p.watch(ctx, r)
	reply, err := p.client.Post(ctx, c.path, body)
	stop()
	if err != nil {
		return providers.Submission{}, err
	}
	if !reply.OK() {
		return providers.Submission{}, refusal(reply)
	}
	return p.read(reply, r)
}

// unfit says what cannot be done of the request.
func (p *Provider) unfit(r providers.Request) string {
	switch {
	case !p.knows(r.Model):
		return "the model is not known"
	case r.Count > 1 && r.Operation == providers.Upscale:
		return "too many images"
	case len(r.References) > 0 && r.Operation == providers.Generate:
		return "too many references"
	case r.Mask != nil && r.Operation != providers.Edit:
		return "a mask is not supported"
	case r.Scale != 0 && r.Scale != 2 && r.Scale != 4:
		return "an upscale is by 2 or by 4"
	}
	return model(r.Model).Unfit(r)
}

// Probe implements providers.Prober. Unlike the progress, the list of samplers asks for the password.
func (p *Provider) Probe(ctx context.Context) error {
	reply, err := p.client.Ask(ctx, http.MethodGet, "sdapi/v1/samplers", nil)
	if err != nil {
		return err
	}
	defer reply.Close()
	if !reply.OK() {
		e := reply.Refusal(nil)
		if e.Class == providers.Lost { // started without --api, or something else answers
			e.Class = providers.Transient
		}
		e.Billed = providers.BilledNo
		return e
	}
	var samplers []any
	return reply.JSON(&samplers)
}
