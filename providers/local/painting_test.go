package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	encodinghex "encoding/hex"
	"errors"
	"flag"
	"fmt"
	"image"
	stddraw "image/draw"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	xdraw "golang.org/x/image/draw"
)

var sheet = flag.String("sheet", "", "folder to write sample pictures and contact sheets to")

var samples = []string{
	"a red fox under a full moon", "sunset over the sea with a sailing boat", "snowy mountains at night with stars",
	"a green forest in the rain", "city skyline at dawn", "абстракция", "", "zebra philosophy", "a blue cat on a yellow hill",
	"three birds over a lake", "a wolf howling in the winter forest", "lighthouse in a storm", "autumn trees by a river",
	"рыжий кот на крыше ночью", "hot air balloons over mountains at sunrise", "aurora over a frozen lake",
	"a castle on a hill, fog", "a deer in a meadow with flowers", "desert dunes under a crescent", "a rocket and a planet",
	"white rabbit in the snow", "a small house in the mountains", "whale in the ocean at sunset", "purple dream of justice",
	"два медведя в лесу", "owl at midnight", "rainbow over green fields",
}

// TestSamples draws the samples small, or, with -sheet, in full size into a folder.
func TestSamples(t *testing.T) {
	t.Parallel()
	size := 128
	if *sheet != "" {
		size = 1024
	}
	const cell, across = 360, 3
	page := image.NewRGBA(image.Rect(0, 0, cell*across, cell*((len(samples)+across-1)/across)))
	for i, prompt := range samples {
		start := time.Now()
		img := paint(t, prompt, 1, size, size)
		if colors(img) < 200 {
			t.Errorf("%q: a picture of %d colors", prompt, colors(img))
		}
		if *sheet == "" {
			continue
		}
		t.Logf("%q took %v", prompt, time.Since(start))
		at := image.Pt(i%across*cell, i/across*cell)
		xdraw.CatmullRom.Scale(page, image.Rectangle{at, at.Add(image.Pt(cell, cell))}, img, img.Bounds(), stddraw.Src, nil)
		save(t, fmt.Sprintf("painter-%02d.png", i), img)
	}
	if *sheet != "" {
		save(t, "painter-sheet.png", page)
	}
}

func save(t *testing.T, name string, img image.Image) {
	t.Helper()
	file, err := encode(img)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*sheet, name), file, 0o600); err != nil {
		t.Fatal(err)
	}
}

func colors(img *image.RGBA) int {
	seen := make(map[[3]uint8]bool)
	for o := 0; o < len(img.Pix); o += 4 {
		seen[[3]uint8(img.Pix[o:o+3])] = true
	}
	return len(seen)
}

func paint(t *testing.T, prompt string, seed int64, w, h int) *image.RGBA {
	t.Helper()
	c, err := draw(t.Context(), understand(newDictionary(), prompt, ""), seed, w, h)
	if err != nil {
		t.Fatalf("%q: %v", prompt, err)
	}
	return c.picture()
}

// TestGolden pins the pixels: they are the same on every processor and change only on purpose.
func TestGolden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		prompt string
		seed   int64
		w, h   int
		want   string
	}{
		{"a red fox under a full moon", 1, 256, 256, "725f0f99244a5c0c"},
		{"a red fox under a full moon", 2, 256, 256, "167925d4c151c17b"},
		{"sunset over the sea with a sailing boat", 1, 336, 192, "52ce6d8d256e9390"},
		{"абстракция", 7, 192, 336, "6b06fdf61b8fdda7"},
		{"autumn trees by a river, rainbow, aurora, castle, fog", 3, 256, 192, "64faa4b7ca226e97"},
		{"city in the snow, planet", 4, 192, 256, "31bdf3cbf5730d89"},
		{"a sleeping cat on an armchair by the fireplace", 1, 192, 192, "7571995976a5fb22"},
		{"an octopus and two fish", 1, 192, 192, "d1c887a4fcd76ace"},
		{"astronaut with a guitar, nebula", 1, 192, 192, "de4b47190b65977d"},
		{"portrait of a wizard with glasses", 1, 192, 192, "85f72bf5ad3a74ca"},
		{"still life", 1, 192, 192, "ee8b033f0a715202"},
		{"market street at night, wind", 1, 192, 192, "07429318b50ad40e"},
		{"volcano, waterfall, canyon, village", 1, 192, 192, "5b4979dab112e564"},
	}
	for _, tt := range tests {
		sum := sha256.Sum256(paint(t, tt.prompt, tt.seed, tt.w, tt.h).Pix)
		if got := encodinghex.EncodeToString(sum[:8]); got != tt.want {
			t.Errorf("%q seed %d: pixels %s, want %s", tt.prompt, tt.seed, got, tt.want)
		}
	}
}

func TestDrawings(t *testing.T) {
	t.Parallel()
	for _, table := range append(tables(), heldDrawings) {
		for name, d := range table {
			if len(d.parts) == 0 {
				t.Errorf("%s: nothing to see", name)
			}
			for i, v := range d.parts {
				for _, path := range (&painting{}).path(v, placed{size: 100}) {
					for _, p := range path {
						if math.IsNaN(p.x) || math.IsNaN(p.y) || math.Abs(p.x) > 85 || p.y < -130 || p.y > 105 {
							t.Errorf("%s part %d: point %v is outside the box", name, i, p)
						}
					}
				}
			}
		}
	}
}

func TestFoxAndMoonAreThere(t *testing.T) {
	t.Parallel()
	for seed := range int64(6) {
		img := paint(t, "a red fox under a full moon", seed, 256, 256)
		red, pale := 0, 0
		for o := 0; o < len(img.Pix); o += 4 {
			r, g, b := int(img.Pix[o]), int(img.Pix[o+1]), int(img.Pix[o+2])
			if r > 90 && 10*r > 16*g && 10*r > 16*b {
				red++
			}
			if r > 200 && g > 190 && b > 150 {
				pale++
			}
		}
		if red < 1200 || pale < 600 {
			t.Errorf("seed %d: %d red and %d pale pixels of 65536", seed, red, pale)
		}
	}
}

func TestDrawStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := draw(ctx, understand(newDictionary(), "forest", ""), 1, 2048, 2048)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestRasterCoverage(t *testing.T) {
	t.Parallel()
	c := &canvas{ctx: t.Context(), w: 8, h: 8, pix: make([]ink, 64)}
	white := func(int, int) ink { return ink{full, full, full} }
	c.fill([]pt{{1.5, 1}, {4, 1}, {4, 3.25}, {1.5, 3.25}}, white, opaque)
	share := func(x, y int) float64 { return math.Round(float64(c.pix[y*8+x].r)/full*100) / 100 }
	got := []float64{share(0, 1), share(1, 1), share(2, 1), share(3, 3), share(1, 3), share(4, 1), share(2, 4)}
	want := []float64{0, 0.5, 1, 0.25, 0.12, 0, 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("coverages (-want +got):\n%s", diff)
	}
}

func TestEncodeIsReadable(t *testing.T) {
	t.Parallel()
	img := paint(t, "a cat", 1, 64, 64)
	file, err := encode(img)
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := image.Decode(bytes.NewReader(file))
	if err != nil || back.Bounds() != img.Bounds() {
		t.Errorf("decoded %v, %v", back, err)
	}
}

func BenchmarkDraw(b *testing.B) {
	dict := newDictionary()
	for b.Loop() {
		if _, err := draw(b.Context(), understand(dict, "a red fox under a full moon", ""), 1, 1024, 1024); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFile(b *testing.B) {
	c, err := draw(b.Context(), understand(newDictionary(), "a red fox under a full moon", ""), 1, 1024, 1024)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		file, err := encode(c.picture())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(file)), "bytes")
	}
}
