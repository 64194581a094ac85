package openai

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// call is a request in the words of a dialect.
type call struct {
	path   string
	fields map[string]any
	// extra replaces what the operator set for the route, where a dialect has sorted it; nil does not.
	extra map[string]any
	// block goes into the prompt, for the one dialect that reads it there.
	block map[string]any
	// pictures stand in fields, in the order in which they stand there.
	pictures []*wire.Picture
	// form makes it multipart, with these files.
	form   bool
	images []providers.Reference
	mask   *providers.Reference
}

// attach is a picture for a field.
func (c *call) attach(ref providers.Reference) *wire.Picture {
	p := &wire.Picture{Ref: ref, DataURL: true}
	c.pictures = append(c.pictures, p)
	return p
}

// fixed reports whether a field is not the operator's to set: what a person asked for and is billed by, what holds
// pictures, and what would make the answer a stream.
func fixed(field string) bool {
	switch field {
	case "model", "prompt", "n", "batch_count", "image", "image[]", "images", "image_url", "reference_images", "mask", "stream", "partial_images":
		return true
	}
	return false
}

// merge adds what the operator set for the route; a null takes a field away.
func (c *call) merge(extra map[string]any) {
	if c.extra != nil {
		extra = c.extra
	}
	for name, v := range extra {
		switch {
		case fixed(name):
		case v == nil:
			delete(c.fields, name)
		default:
			c.fields[name] = v
		}
	}
}

// body of a request, and where it goes.
func (p *Provider) body(ctx context.Context, m model, r providers.Request) (*wire.Body, string, error) {
	c := p.dialect.compose(m, r)
	c.merge(r.Extra)
	if c.block != nil {
		text, err := json.Marshal(c.block)
		if err != nil {
			return nil, "", p.client.Cannot("the route's parameters are no JSON")
		}
		c.fields["prompt"] = withBlock(r.Prompt, text)
	}
	if !c.form {
		b, err := p.client.JSON(ctx, c.fields, c.pictures...)
		return b, c.path, err
	}
	f := c.files()
	f.SetAll(c.fields)
	b, err := p.client.Form(ctx, f)
	return b, c.path, err
}

// files of a form.
func (c *call) files() (f wire.Form) {
	for i, ref := range c.images {
		f.File("image[]", "image-"+strconv.Itoa(i+1)+wire.Extension(ref), ref)
	}
	if c.mask != nil {
		f.File("mask", "mask.png", *c.mask)
	}
	return f
}

func strange(ref providers.Reference) bool { return wire.Extension(ref) == "" }
