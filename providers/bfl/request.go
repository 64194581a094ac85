package bfl

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// call is the body of a POST. Pictures are listed in the order of their fields' names, in which they are written.
type call struct {
	fields   map[string]any
	pictures []*wire.Picture
}

func (c *call) attach(field string, ref providers.Reference) {
	p := &wire.Picture{Ref: ref}
	c.fields[field], c.pictures = p, append(c.pictures, p)
}

// body of a request.
func (p *Provider) body(ctx context.Context, m model, r providers.Request) (*wire.Body, error) {
	c := call{fields: map[string]any{"prompt": r.Prompt, "seed": seed(r), "output_format": "png"}}
	c.compose(m, r)
	if err := p.attach(ctx, &c, m, r); err != nil {
		return nil, err
	}
	for name, v := range r.Extra {
		switch {
		case fixed(name):
		case v == nil:
			delete(c.fields, name)
		default:
			c.fields[name] = v
		}
	}
	if p.secret != "" && strings.HasPrefix(r.CallbackURL, "https://") {
		c.fields["webhook_url"], c.fields["webhook_secret"] = r.CallbackURL, p.secret
	}
	return p.client.JSON(ctx, c.fields, c.pictures...)
}

// maxWhole is what an expansion is made to fit in: four megapixels.
const maxWhole = 4 << 20

// attach adds the picture of the two families that work on one.
func (p *Provider) attach(ctx context.Context, c *call, m model, r providers.Request) error {
	switch m.family {
	case fill:
		mask, err := p.mask(ctx, r)
		if err != nil {
			return err
		}
		c.attach("image", r.References[0])
		c.attach("mask", mask)
	case expand:
		e, err := p.client.Expand(ctx, r, wire.Within(maxWhole, 1))
		if err != nil {
			return err
		}
		c.fields["left"], c.fields["top"], c.fields["right"], c.fields["bottom"] = e.Left, e.Top, e.Right, e.Bottom
		c.attach("image", e.Picture())
	}
	return nil
}

// fixed reports whether a field is not the operator's to set for a route.
func fixed(field string) bool {
	switch field {
	case "prompt", "mask", "image", "image_prompt", "left", "top", "right", "bottom", "webhook_url", "webhook_secret":
		return true
	}
	return strings.HasPrefix(field, "input_image")
}

// compose says what the families say each in its way.
func (c *call) compose(m model, r providers.Request) {
	sized := r.Size.Width > 0 && r.Size.Height > 0
	switch m.family {
	case flux2:
		if sized {
			c.sides(r.Size, 16, 64, 2048)
		}
		for i, ref := range r.References {
			c.attach(numbered(i), ref)
		}
	case kontext:
		if sized {
			c.fields["aspect_ratio"] = wire.Nearest(wire.Kontext(), r.Size)
		}
		for _, ref := range r.References {
			c.attach("input_image", ref)
		}
	case classic:
		if sized {
			c.sides(r.Size, 32, 256, 1440)
		}
		c.like(r)
	case ultra:
		if sized {
			c.fields["aspect_ratio"] = wire.Nearest(ultraShapes(), r.Size)
		}
		if c.like(r); r.Operation == providers.Vary && r.Strength > 0 {
			c.fields["image_prompt_strength"] = 1 - min(r.Strength, 1)
		}
	}
}

// like adds the picture that the result is to be like.
func (c *call) like(r providers.Request) {
	for _, ref := range r.References {
		c.attach("image_prompt", ref)
	}
}

// numbered is the field of the i-th picture.
func numbered(i int) string {
	if i == 0 {
		return "input_image"
	}
	return "input_image_" + strconv.Itoa(i+1)
}

// sides sets width and height to multiples of step within limits.
func (c *call) sides(s providers.Size, step, low, high int) {
	side := func(n int) int { return min(max((n+step/2)/step*step, low), high) }
	c.fields["width"], c.fields["height"] = side(s.Width), side(s.Height)
}

// seed within what every model takes.
func seed(r providers.Request) int64 { return int64(uint32(r.Seed)) }

// own reports whether an address is the API's, which the key may go to.
func (p *Provider) own(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || len(address) > maxAddress {
		return false
	}
	if base, err := url.Parse(p.base); err == nil && u.Scheme == base.Scheme && u.Host == base.Host {
		return true
	}
	host := strings.ToLower(u.Host)
	return u.Scheme == "https" && strings.HasPrefix(host, "api.") && strings.HasSuffix(host, ".bfl.ai")
}

// maxAddress is more than an address to poll needs, and little enough for a handle.
const maxAddress = 4 << 10
