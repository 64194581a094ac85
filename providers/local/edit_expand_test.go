package local

import (
	"bytes"
	"image/png"
	"testing"

	"github.com/imagika/imagika/providers"
)

// TestExpandGoesOn looks at what the painter puts around the postcard: the picture itself is as it was, the sky goes on above
// it and the lawn below, no second ball comes up, and nothing jumps at the rim.
func TestExpandGoesOn(t *testing.T) {
	t.Parallel()
	card := postcard(t.Context(), 240, 160)
	file, err := encode(card.picture())
	if err != nil {
		t.Fatal(err)
	}
	r := providers.Request{
		Operation: providers.Expand, Seed: 1, References: referring(file), Margins: providers.Margins{Left: 0.5, Top: 0.5, Right: 0.5, Bottom: 0.5},
	}
	c := decoded(t, made(t, New(Options{}), r))
	if c.w != 480 || c.h != 320 {
		t.Fatalf("%dx%d", c.w, c.h)
	}
	is := func(x, y int) ink { return c.pix[y*c.w+x] }
	for y := range card.h {
		for x := range card.w {
			if k := is(120+x, 80+y); k.far(card.pix[y*card.w+x]) > 10000 {
				t.Fatalf("the picture changed at %d,%d: %v", x, y, k)
			}
		}
	}
	for x := 8; x < c.w; x += 16 {
		if above, below := is(x, 20), is(x, 300); above.b <= above.r || below.g <= below.b {
			t.Errorf("at %d there is %v above and %v below", x, above, below)
		}
	}
	for i, k := range c.pix {
		x, y := i%c.w, i/c.w
		outside := x < 120 || x >= 360 || y < 80 || y >= 240
		if outside && k.r > k.g+9000 && k.r > k.b+9000 {
			t.Fatalf("something red at %d,%d", x, y)
		}
	}
	for x := 130; x < 350; x++ {
		if jump := is(x, 79).far(is(x, 80)); jump > 400_000 {
			t.Errorf("a rim above %d: %d", x, jump)
		}
	}
	again := r
	again.Seed = 2
	if bytes.Equal(made(t, New(Options{}), r), made(t, New(Options{}), again)) {
		t.Error("two seeds make the same")
	}
}

// decoded is a file as a canvas.
func decoded(t *testing.T, file []byte) *canvas {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	c := newCanvas(t.Context(), img.Bounds().Dx(), img.Bounds().Dy())
	for i := range c.pix {
		r, g, b, _ := img.At(i%c.w, i/c.w).RGBA()
		c.pix[i] = ink{int32(r), int32(g), int32(b)}
	}
	return c
}
