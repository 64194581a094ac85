package wire

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"testing"

	"github.com/imagika/imagika/providers"
)

// drawn is a reference of that size, transparent in its left half.
func drawn(t *testing.T, w, h int) providers.Reference {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := w / 2; x < w; x++ {
			img.SetNRGBA(x, y, color.NRGBA{R: 9, A: 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return providers.Reference{MediaType: "image/png", Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(file.Bytes())), nil
	}}
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, Options{}, nil)
	got, err := c.Measure(t.Context(), drawn(t, 30, 20))
	if err != nil || got != (providers.Size{Width: 30, Height: 20}) {
		t.Errorf("%v, %v", got, err)
	}
	_, err = c.Measure(t.Context(), picture(100))
	if e := fault(t, err); e.Class != providers.BadRequest || e.Billed != providers.BilledNo {
		t.Errorf("no picture is %v", e)
	}
	away := providers.Reference{Open: func(context.Context) (io.ReadCloser, error) { return nil, errors.New("away") }}
	_, err = c.Measure(t.Context(), away)
	if e := fault(t, err); e.Class != providers.Transient {
		t.Errorf("a picture that is away is %v", e)
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	square := providers.Size{Width: 1024, Height: 1024}
	for _, tt := range []struct{ shape, want providers.Size }{
		{providers.Size{Width: 300, Height: 300}, square},
		{providers.Size{Width: 4000, Height: 3000}, providers.Size{Width: 1184, Height: 888}},
		{providers.Size{}, square},
	} {
		if got := Fit(tt.shape, square, 8); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.shape, got, tt.want)
		} else if got.Width%8 != 0 || got.Height%8 != 0 || got.Width == 0 {
			t.Errorf("%v: %v is no multiple of 8", tt.shape, got)
		}
	}
}

func TestWhitened(t *testing.T) {
	t.Parallel()
	file, err := Whitened(drawn(t, 4, 2)).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range []uint8{255, 255, 0, 0} {
		if y := color.GrayModel.Convert(got.At(x, 1)).(color.Gray).Y; y != want {
			t.Errorf("column %d is %d, want %d", x, y, want)
		}
	}
	if _, err := Whitened(picture(100)).Open(t.Context()); err == nil {
		t.Error("what is no PNG became a mask")
	}
}
