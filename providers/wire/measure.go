package wire

import (
	"context"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // what references are
	"image/png"
	"math"

	_ "golang.org/x/image/webp" // what references are

	"github.com/imagika/imagika/providers"
)

// Measure is the size of a reference, read from its first bytes.
func (c *Client) Measure(ctx context.Context, ref providers.Reference) (providers.Size, error) {
	file, err := ref.Open(ctx)
	if err != nil {
		return providers.Size{}, c.Fail(providers.Transient, providers.BilledNo, "reference: %w", err)
	}
	defer func() { _ = file.Close() }()
	head, _, err := image.DecodeConfig(file)
	if err != nil || head.Width < 1 || head.Height < 1 {
		return providers.Size{}, c.Fail(providers.BadRequest, providers.BilledNo, "a reference is no picture that can be measured")
	}
	return providers.Size{Width: head.Width, Height: head.Height}, nil
}

// Fit is a size of the shape of one and about the area of another, both sides multiples of step.
func Fit(shape, area providers.Size, step int) providers.Size {
	if shape.Width < 1 || shape.Height < 1 || area.Width < 1 || area.Height < 1 {
		return area
	}
	scale := math.Sqrt(area.Megapixels() / shape.Megapixels())
	side := func(n int) int { return step * max(1, int(math.Round(float64(n)*scale/float64(step)))) }
	return providers.Size{Width: side(shape.Width), Height: side(shape.Height)}
}

// Whitened is a mask for services that paint where it is white, instead of where it is transparent.
func Whitened(mask providers.Reference) providers.Reference {
	return painted(func(ctx context.Context) (image.Image, error) {
		in, err := mask.Open(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { _ = in.Close() }()
		from, err := png.Decode(in)
		if err != nil {
			return nil, fmt.Errorf("mask: %w", err)
		}
		return white(from), nil
	})
}

func white(from image.Image) image.Image {
	b := from.Bounds()
	to := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			_, _, _, a := from.At(b.Min.X+x, b.Min.Y+y).RGBA()
			to.SetGray(x, y, color.Gray{Y: 255 - uint8(a>>8)})
		}
	}
	return to
}
