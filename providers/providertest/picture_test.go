package providertest

import (
	"bytes"
	"image"
	"slices"
	"testing"

	"github.com/imagika/imagika/providers"
)

// TestPictures decodes what is written by hand.
func TestPictures(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"png", "jpeg"} {
		for _, size := range []providers.Size{{Width: 1, Height: 1}, {Width: 64, Height: 64}, {Width: 1000, Height: 333}, {Width: 17, Height: 250}} {
			made := Paint(format, size, "a fox", 7)
			img, said, err := image.Decode(bytes.NewReader(made.Bytes))
			if err != nil || said != format || made.MediaType != "image/"+format {
				t.Fatalf("%s of %v: %s, %v", format, size, said, err)
			}
			if got := img.Bounds().Size(); got != image.Pt(size.Width, size.Height) {
				t.Errorf("%s of %v is %v", format, size, got)
			}
			for _, other := range []File{Paint(format, size, "a fox", 8), Paint(format, size, "a cat", 7)} {
				if bytes.Equal(other.Bytes, made.Bytes) {
					t.Errorf("%s: another seed or prompt makes the same", format)
				}
			}
		}
	}
}

// TestWhole: files that were cut or changed do not pass as results.
func TestWhole(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"png", "jpeg"} {
		file := Paint(format, providers.Size{Width: 90, Height: 70}, "", 1).Bytes
		if err := whole(file, format); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		for n := range file {
			if whole(file[:n], format) == nil {
				t.Errorf("%s: %d of %d bytes are whole", format, n, len(file))
			}
		}
		if whole(append(slices.Clone(file), 0), format) == nil {
			t.Errorf("%s: a byte too many", format)
		}
	}
	file := PNG(providers.Size{}, 1)
	for i := 8; i < len(file); i++ {
		bad := slices.Clone(file)
		bad[i] ^= 1
		if whole(bad, "png") == nil {
			t.Errorf("byte %d changed, and yet it is whole", i)
		}
	}
}
