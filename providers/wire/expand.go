package wire

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"math"

	xdraw "golang.org/x/image/draw"

	"github.com/imagika/imagika/providers"
)

// Expansion is where a reference stands in the larger picture that is made of it.
type Expansion struct {
	Whole providers.Size
	// What is added on each side, in pixels.
	Left, Top, Right, Bottom int

	ref        providers.Reference
	inner, was providers.Size
}

// Expand measures what a request expands. The whole is as large as the margins ask for, or what fit makes of that.
func (c *Client) Expand(ctx context.Context, r providers.Request, fit func(providers.Size) providers.Size) (Expansion, error) {
	was, err := c.Measure(ctx, r.References[0])
	if err != nil {
		return Expansion{}, err
	}
	whole := fit(providers.Expanded(was, r.Margins, providers.Size{}))
	inner, left, top := whole.Inside(r.Margins)
	return Expansion{
		Whole: whole, Left: left, Top: top, Right: whole.Width - inner.Width - left, Bottom: whole.Height - inner.Height - top,
		ref: r.References[0], inner: inner, was: was,
	}, nil
}

// Within is a fit: no more pixels than area, and sides that are multiples of step.
func Within(area, step int) func(providers.Size) providers.Size {
	return func(s providers.Size) providers.Size {
		scale := min(1, math.Sqrt(float64(area)/(float64(s.Width)*float64(s.Height))))
		side := func(n int) int { return step * max(1, int(float64(n)*scale/float64(step))) }
		return providers.Size{Width: side(s.Width), Height: side(s.Height)}
	}
}

// Picture is the reference, as large as it stands in the whole.
func (e Expansion) Picture() providers.Reference {
	if e.inner == e.was {
		return e.ref
	}
	return e.placed(e.inner, image.Point{})
}

// Canvas is the whole, transparent around the reference.
func (e Expansion) Canvas() providers.Reference {
	return e.placed(e.Whole, image.Pt(e.Left, e.Top))
}

// Mask is the whole, transparent where there is something to paint. It eats into the reference a little, so that no seam
// shows.
func (e Expansion) Mask() providers.Reference {
	const seam = 4
	return painted(func(context.Context) (image.Image, error) {
		mask := image.NewNRGBA(image.Rect(0, 0, e.Whole.Width, e.Whole.Height))
		bite := func(margin int) int { return min(margin, 1) * seam }
		keep := image.Rect(
			e.Left+bite(e.Left), e.Top+bite(e.Top), e.Whole.Width-e.Right-bite(e.Right), e.Whole.Height-e.Bottom-bite(e.Bottom),
		)
		draw.Draw(mask, keep, image.Black, image.Point{}, draw.Src)
		return mask, nil
	})
}

// placed is the reference in a picture that is otherwise empty.
func (e Expansion) placed(size providers.Size, at image.Point) providers.Reference {
	return painted(func(ctx context.Context) (image.Image, error) {
		file, err := e.ref.Open(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in, _, err := image.Decode(file)
		if err != nil {
			return nil, fmt.Errorf("picture: %w", err)
		}
		out := image.NewNRGBA(image.Rect(0, 0, size.Width, size.Height))
		to := image.Rectangle{Min: at, Max: at.Add(image.Pt(e.inner.Width, e.inner.Height))}
		if e.inner == e.was {
			draw.Draw(out, to, in, in.Bounds().Min, draw.Src)
		} else {
			xdraw.CatmullRom.Scale(out, to, in, in.Bounds(), draw.Src, nil)
		}
		return out, nil
	})
}

// painted is a PNG that is made when it is opened.
func painted(paint func(context.Context) (image.Image, error)) providers.Reference {
	return providers.Reference{MediaType: "image/png", Open: func(ctx context.Context) (io.ReadCloser, error) {
		img, err := paint(ctx)
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img); err != nil {
			return nil, err
		}
		return io.NopCloser(&out), nil
	}}
}
