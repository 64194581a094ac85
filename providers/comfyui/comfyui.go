// Package comfyui speaks to a ComfyUI server of one's own.
//
// # Calls
//
// The server is asynchronous: a graph is put into its queue, /queue and /history say how it is doing, /view hands out
// the files. The id of a call is ours, made from the attempt's, so that a call whose answer was lost can be found again
// (Reconcile). It has to be a UUID in lower case, and the server accepts the same one twice: a call is never repeated to
// find out. Nothing costs anything, and no failure is billed. Only a call that nobody answered is said to be perhaps
// billed: it may be under way.
//
// # Graphs
//
// What is asked for goes into graphs with placeholders: {{prompt}}, {{negative}}, {{seed}}, {{width}}, {{height}},
// {{count}}, {{image}} ({{image2}} to {{image8}}), {{mask}}, {{strength}} and {{scale}}; and, which an operator can set
// for a route, {{checkpoint}}, {{upscaler}}, {{steps}}, {{cfg}}, {{sampler}} and {{scheduler}}. {{shrink}} is what is
// left to do after a model that makes pictures four times as large. Graphs of SDXL are built in; others come from the
// operator, exported with "Export (API)".
//
// A picture is expanded by the graph of an edit with a mask, on a larger picture that is transparent around it.
//
// The images of a batch all come from one seed, so the third image of a seed could not be had without the first two.
// Unless a graph asks for {{count}}, what depends on the seed stands in the graph once for each image instead.
//
// # Traps stepped around
//
// A call leaves the queue at the moment it enters the history: who looks into the history first can miss it in both. The
// history is in memory; a restart forgets calls (Lost). /interrupt strikes whoever is painting, so it is the last resort
// for servers that cannot cancel by id. References are uploaded as temporary files and the built-in graphs leave
// temporary files, which the server removes when it starts; of the rest only the record in the history can be removed
// (Delete). The server writes the graph,
// words included, into its files: /view is asked for the pixels alone, without transparency. What the server says about
// a failure quotes inputs, so only its codes are passed on.
//
// Sources: server.py, execution.py, nodes.py and comfy_execution/jobs.py of Comfy-Org/ComfyUI, November 2026.
package comfyui

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

const name = "comfyui"

// Options say where the server is and what it has.
type Options struct {
	// URL of the server, such as "http://127.0.0.1:8188". Its address may be private.
	URL string
	// Auth is "user:password" of a proxy in front of the server, which itself asks nobody. Empty is none.
	Auth string
	// Checkpoint is the file of the model "sdxl"; empty is sd_xl_base_1.0.safetensors.
	Checkpoint string
	// Upscaler is the file of a model that makes pictures four times as large, such as RealESRGAN_x4plus.pth. With it
	// there is a model "upscale".
	Upscaler string
	// Workflows are graphs with placeholders, by model: "flux" or, where what it is for cannot be seen from the
	// placeholders, "flux:edit" (generate, edit, vary, upscale, inpaint). They replace built-in ones of the same name.
	Workflows map[string]string
	// Dir is where pictures are spooled; empty is the system's folder for temporary files.
	Dir string
}

// Provider speaks to one server.
type Provider struct {
	client               *wire.Client
	base                 string
	checkpoint, upscaler string
	models               []model
	pace                 time.Duration // between two polls of the call that is next
}

var (
	_ providers.Provider   = (*Provider)(nil)
	_ providers.Poller     = (*Provider)(nil)
	_ providers.Fetcher    = (*Provider)(nil)
	_ providers.Canceler   = (*Provider)(nil)
	_ providers.Deleter    = (*Provider)(nil)
	_ providers.Reconciler = (*Provider)(nil)
	_ providers.Describer  = (*Provider)(nil)
	_ providers.Prober     = (*Provider)(nil)
)

// New returns a provider, or an error that says what is wrong with a workflow or the address.
func New(o Options) (*Provider, error) {
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {"imagika"}}
	client, err := wire.New(wire.Options{Provider: name, Base: o.URL, Header: header, Basic: o.Auth, Dir: o.Dir})
	if err != nil {
		return nil, err
	}
	p := &Provider{
		client: client, base: strings.TrimRight(o.URL, "/"), checkpoint: o.Checkpoint, upscaler: o.Upscaler, pace: time.Second,
	}
	if p.checkpoint == "" {
		p.checkpoint = "sd_xl_base_1.0.safetensors"
	}
	return p, p.table(o.Workflows)
}

func (p *Provider) table(workflows map[string]string) error {
	all, err := builtIn(p.upscaler != "")
	if err != nil {
		return err
	}
	if err := add(all, workflows); err != nil {
		return err
	}
	for _, of := range slices.Sorted(maps.Keys(all)) {
		m, err := newModel(of, all[of])
		if err != nil {
			return err
		}
		p.models = append(p.models, m)
	}
	return nil
}

// Name implements providers.Provider.
func (p *Provider) Name() string { return name }

// Models implements providers.Provider.
func (p *Provider) Models() []providers.Model {
	return wire.Listed(p.models, func(m model) providers.Model { return m.Model })
}

// Describe implements providers.Describer: the file of a checkpoint is painted with like "sdxl".
func (p *Provider) Describe(model string) (providers.Model, bool) {
	m, ok := p.find(model)
	return m.Model, ok
}

func (p *Provider) find(of string) (model, bool) {
	i := slices.IndexFunc(p.models, func(m model) bool { return m.Name == of })
	if i >= 0 {
		return p.models[i], true
	}
	i = slices.IndexFunc(p.models, func(m model) bool { return m.Name == sdxl })
	if i < 0 || !checkpointFile(of) {
		return model{}, false
	}
	m := p.models[i]
	m.Name, m.checkpoint = of, of
	return m, true
}

// Estimate implements providers.Provider: what the operator pays for power is not known here.
func (p *Provider) Estimate(providers.Request) int64 { return 0 }

// Submit implements providers.Provider. Uploads before the call can be repeated and start nothing.
func (p *Provider) Submit(ctx context.Context, r providers.Request) (providers.Submission, error) {
	graph, err := p.graph(ctx, r)
	if err != nil {
		return providers.Submission{}, err
	}
	id := callID(r.AttemptID)
	body, err := p.client.JSON(ctx, map[string]any{"prompt": graph, "prompt_id": id})
	if err != nil {
		return providers.Submission{}, err
	}
	reply, err := p.client.Post(ctx, "prompt", body)
	if err != nil {
		return providers.Submission{}, err
	}
	defer reply.Close()
	if !reply.OK() {
		return providers.Submission{}, refusal(reply)
	}
	var accepted struct {
		ID string `json:"prompt_id"`
	}
	if err := reply.JSON(&accepted); err != nil {
		return providers.Submission{}, err
	}
	if accepted.ID != "" { // servers of before they took ours make their own
		id = accepted.ID
	}
	return p.submission(id, r), nil
}

func (p *Provider) submission(id string, r providers.Request) providers.Submission {
	h := handle{Version: handleVersion, ID: id, Seed: r.Seed, Count: max(r.Count, 1)}
	m, _ := p.find(r.Model)
	if w := m.graphs[variant(r)]; w != nil && w.uses["count"] {
		h.Batch = true
	}
	return providers.Submission{Handle: h.seal(), ExternalID: id, NextPoll: p.pace, Cost: 0}
}

// Probe implements providers.Prober.
func (p *Provider) Probe(ctx context.Context) error {
	var stats struct {
		System map[string]any `json:"system"`
	}
	if err := p.ask(ctx, http.MethodGet, "system_stats", nil, &stats); err != nil {
		return err
	}
	if stats.System == nil {
		return p.client.Fail(providers.Transient, providers.BilledNo, "what answers is no ComfyUI")
	}
	return nil
}
