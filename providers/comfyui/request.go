package comfyui

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// folder of the server that references go to, below its temporary one.
const folder = "imagika"

// callID is the server's id of an attempt: a UUID, which is all that it accepts, and the same every time.
func callID(attempt string) string {
	b := sha256.Sum256([]byte("imagika/comfyui/" + attempt))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8: of one's own making
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// variant of the graph that a request takes.
func variant(r providers.Request) string {
	if r.Operation == providers.Edit && r.Mask != nil || r.Operation == providers.Expand {
		return inpaint
	}
	return string(r.Operation)
}

// graph of a request, with its references uploaded.
func (p *Provider) graph(ctx context.Context, r providers.Request) (map[string]node, error) {
	m, ok := p.find(r.Model)
	if !ok {
		return nil, p.client.Cannot("the model is not known")
	}
	w := m.graphs[variant(r)]
	switch {
	case w == nil || r.Operation == inpaint:
		return nil, p.client.Cannot("the operation is not supported")
	case r.Count > w.most():
		return nil, p.client.Cannot("too many images")
	case len(r.References) > w.images:
		return nil, p.client.Cannot("too many references")
	case len(r.References) == 0 && w.images > 0:
		return nil, p.client.Cannot("no reference")
	case r.Mask != nil && !w.uses["mask"]:
		return nil, p.client.Cannot("a mask is not supported")
	case r.Operation == providers.Expand && !r.Margins.Valid():
		return nil, p.client.Cannot("no margins to expand by")
	}
	if err := p.widen(ctx, &r); err != nil {
		return nil, err
	}
	v, err := p.values(ctx, m, r)
	if err != nil {
		return nil, err
	}
	if w, err = p.route(w, v, r.Extra); err != nil {
		return nil, err
	}
	if err := p.upload(ctx, v, r); err != nil {
		return nil, err
	}
	return w.expand(v, r.Seed, max(r.Count, 1)), nil
}

// maxWhole is what an expansion is made to fit in: four megapixels.
const maxWhole = 4 << 20

// widen turns an expansion into an edit of the larger picture, with a mask where it is empty.
func (p *Provider) widen(ctx context.Context, r *providers.Request) error {
	if r.Operation != providers.Expand {
		return nil
	}
	e, err := p.client.Expand(ctx, *r, wire.Within(maxWhole, 8))
	if err != nil {
		return err
	}
	mask := e.Mask()
	r.Operation, r.Size, r.References, r.Mask = providers.Edit, e.Whole, []providers.Reference{e.Canvas()}, &mask
	if r.Strength <= 0 {
		r.Strength = 1 // there is nothing to keep of what is empty
	}
	return nil
}

// values of all placeholders but those of uploads and the seed.
func (p *Provider) values(ctx context.Context, m model, r providers.Request) (values, error) {
	scale, strong, checkpoint := max(r.Scale, 2), r.Strength, m.checkpoint
	if scale != 2 && scale != 4 {
		return nil, p.client.Cannot("an upscale is by 2 or by 4")
	}
	if strong <= 0 {
		strong = strength(variant(r))
	}
	if checkpoint == "" {
		checkpoint = p.checkpoint
	}
	size := m.Nearest(r.Size)
	if r.Size.Width > 0 && r.Size.Height > 0 {
		size = providers.Size{Width: r.Size.Width / 8 * 8, Height: r.Size.Height / 8 * 8}
	}
	if len(r.References) > 0 && r.Operation != providers.Upscale {
		shape, err := p.client.Measure(ctx, r.References[0])
		if err != nil {
			return nil, err
		}
		size = wire.Fit(shape, size, 8) // it is painted over, not cut to another shape
	}
	return values{
		"prompt": r.Prompt, "negative": r.Negative, "width": size.Width, "height": size.Height, "count": max(r.Count, 1),
		"strength": min(strong, 1), "scale": scale, "shrink": float64(scale) / 4, "checkpoint": checkpoint, "upscaler": p.upscaler,
		"steps": steps(r.Quality), "cfg": 7, "sampler": "dpmpp_2m", "scheduler": "karras",
	}, nil
}

// route applies what the operator set for it: values of placeholders, and inputs of nodes.
func (p *Provider) route(w *workflow, v values, extra map[string]any) (*workflow, error) {
	inputs := map[string]any{}
	for at, value := range extra {
		switch {
		case operators(at), at == "strength":
			v[at] = value
		case strings.Contains(at, "."):
			inputs[at] = value
		default:
			return nil, p.client.Cannot("the route sets what is neither a placeholder nor an input")
		}
	}
	changed, ok := w.with(inputs)
	if !ok {
		return nil, p.client.Cannot("the route sets an input that is not there or not its own")
	}
	return changed, nil
}

// upload gives the server what a graph reads. The names are the call's own, so that nobody's picture is read by another.
func (p *Provider) upload(ctx context.Context, v values, r providers.Request) error {
	id := callID(r.AttemptID)
	for i, ref := range r.References {
		at := "image"
		if i > 0 {
			at += strconv.Itoa(i + 1)
		}
		if err := p.send(ctx, v, at, id, ref); err != nil {
			return err
		}
	}
	if r.Mask == nil {
		return nil
	}
	return p.send(ctx, v, "mask", id, *r.Mask)
}

func (p *Provider) send(ctx context.Context, v values, at, id string, ref providers.Reference) error {
	ext := wire.Extension(ref)
	if ext == "" {
		return p.client.Cannot("a reference is neither PNG, JPEG nor WebP")
	}
	var f wire.Form
	f.Set("type", "temp")
	f.Set("subfolder", folder)
	f.Set("overwrite", "true")
	f.File("image", id+"-"+at+ext, ref)
	body, err := p.client.Form(ctx, f)
	if err != nil {
		return err
	}
	var kept struct {
		Name      string `json:"name"`
		Subfolder string `json:"subfolder"`
	}
	if err := p.ask(ctx, http.MethodPost, "upload/image", body, &kept); err != nil {
		return err
	}
	if kept.Name == "" {
		return p.client.Fail(providers.Transient, providers.BilledNo, "an upload has no name")
	}
	v[at] = path.Join(kept.Subfolder, kept.Name) + " [temp]"
	return nil
}
