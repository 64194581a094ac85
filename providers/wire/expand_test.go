package wire_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/providers/wire"
)

func pictureOf(t *testing.T, ref providers.Reference) image.Image {
	t.Helper()
	file, err := ref.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func alpha(img image.Image, x, y int) uint8 {
	return color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA).A
}

// TestExpansion puts a picture of 40 by 20 into a larger one, as large as asked for and scaled down.
func TestExpansion(t *testing.T) {
	t.Parallel()
	c, err := wire.New(wire.Options{Provider: "p", Base: "https://example.com"})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	gray := image.NewGray(image.Rect(0, 0, 40, 20))
	for i := range gray.Pix {
		gray.Pix[i] = 99
	}
	if err := png.Encode(&file, gray); err != nil {
		t.Fatal(err)
	}
	r := providers.Request{
		Margins: providers.Margins{Left: 0.5, Bottom: 1}, References: []providers.Reference{providertest.ReferenceOf("image/png", file.Bytes())},
	}
	for area, want := range map[int]image.Point{1 << 20: {60, 40}, 600: {30, 20}} {
		e, err := c.Expand(t.Context(), r, wire.Within(area, 1))
		if err != nil {
			t.Fatal(err)
		}
		canvas, mask, picture := pictureOf(t, e.Canvas()), pictureOf(t, e.Mask()), pictureOf(t, e.Picture())
		if canvas.Bounds().Max != want || mask.Bounds().Max != want {
			t.Errorf("%d: a canvas of %v and a mask of %v, want %v", area, canvas.Bounds().Max, mask.Bounds().Max, want)
		}
		if got := picture.Bounds().Max.Add(image.Pt(e.Left+e.Right, e.Top+e.Bottom)); got != want || e.Right != 0 || e.Top != 0 {
			t.Errorf("%d: the picture and its margins come to %v: %+v", area, got, e)
		}
		for desc, at := range map[string]image.Point{"left": {want.X / 4, want.Y / 4}, "below": {want.X * 3 / 4, want.Y * 3 / 4}} {
			if alpha(canvas, at.X, at.Y) != 0 || alpha(mask, at.X, at.Y) != 0 {
				t.Errorf("%d: something is %s of the picture", area, desc)
			}
		}
		in := image.Pt(want.X-2, 2)
		if k := color.GrayModel.Convert(canvas.At(in.X, in.Y)).(color.Gray); k.Y != 99 || alpha(mask, in.X, in.Y) != 255 {
			t.Errorf("%d: the picture is %v, and its mask %d", area, k, alpha(mask, in.X, in.Y))
		}
		if alpha(mask, e.Left+1, 2) != 0 {
			t.Errorf("%d: a seam will show", area)
		}
	}
}
