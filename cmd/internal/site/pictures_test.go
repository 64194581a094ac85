package site

import (
	"bytes"
	"flag"
	"image"
	"image/draw"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	xdraw "golang.org/x/image/draw"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/local"
)

var update = flag.Bool("update", false, "paint the pictures of the site again")

// TestPictures holds the examples against what is said of them; -update paints them.
func TestPictures(t *testing.T) {
	t.Parallel()
	all := append([]picture{opening(), card()}, gallery()...)
	for _, p := range all {
		name := filepath.Join("pictures", p.file+".jpg")
		if *update {
			if err := os.WriteFile(name, painted(t, p), 0o644); err != nil { //nolint:gosec // a file of the repository
				t.Fatal(err)
			}
		}
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(body))
		if err != nil || c.Width != p.Width || c.Height != p.Height {
			t.Errorf("%s is %d × %d (%v), want %d × %d", name, c.Width, c.Height, err, p.Width, p.Height)
		}
		if most := p.Width * p.Height / 2; len(body) > most {
			t.Errorf("%s has %d bytes, over %d", name, len(body), most)
		}
	}
	if files, err := filepath.Glob("pictures/*"); err != nil || len(files) != len(all) {
		t.Errorf("%d files for %d pictures, %v", len(files), len(all), err)
	}
}

// painted has a picture made by the built-in painter, larger, and makes it small: that is smoother.
func painted(t *testing.T, p picture) []byte {
	t.Helper()
	painter := local.New(local.Options{})
	submitted, err := painter.Submit(t.Context(), providers.Request{
		AttemptID: "site", Model: local.ModelSync, Operation: providers.Generate, Prompt: p.Prompt, Count: 1, Seed: p.seed,
		Size: providers.Size{Width: 3 * p.Width / 2, Height: 3 * p.Height / 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	for made, err := range submitted.Images {
		if err != nil {
			t.Fatal(err)
		}
		large, _, err := image.Decode(made.Body)
		if err != nil {
			t.Fatal(err)
		}
		small := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
		xdraw.CatmullRom.Scale(small, small.Bounds(), large, large.Bounds(), draw.Src, nil)
		var b bytes.Buffer
		if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: 80}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	t.Fatalf("%q came to no picture", p.Prompt)
	return nil
}
