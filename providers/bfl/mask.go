package bfl

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// mask of a request as the service wants it: white where it may paint. Without a mask that is everywhere.
func (p *Provider) mask(ctx context.Context, r providers.Request) (providers.Reference, error) {
	if r.Mask != nil {
		return wire.Whitened(*r.Mask), nil
	}
	size, err := p.client.Measure(ctx, r.References[0])
	if err != nil {
		return providers.Reference{}, err
	}
	var out bytes.Buffer
	everywhere := image.NewPaletted(image.Rect(0, 0, size.Width, size.Height), color.Palette{color.White, color.Black})
	if err := png.Encode(&out, everywhere); err != nil {
		return providers.Reference{}, p.client.Fail(providers.BadRequest, providers.BilledNo, "mask: %w", err)
	}
	return providers.Reference{
		MediaType: "image/png", Bytes: int64(out.Len()),
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil },
	}, nil
}
