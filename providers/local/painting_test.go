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
	"strings"
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
		{"a red fox under a full moon", 1, 256, 256, "7eff2a26bdc8daa3"},
		{"a red fox under a full moon", 2, 256, 256, "fc699e1454203fe1"},
		{"sunset over the sea with a sailing boat", 1, 336, 192, "281181edfcc7f4e3"},
		{"абстракция", 7, 192, 336, "ca61b07512a2a56a"},
		{"autumn trees by a river, rainbow, aurora, castle, fog", 3, 256, 192, "7a6a6ea68396fa46"},
		{"city in the snow, planet", 4, 192, 256, "4234d60562fa15bc"},
	}
	for _, tt := range tests {
		sum := sha256.Sum256(paint(t, tt.prompt, tt.seed, tt.w, tt.h).Pix)
		if got := encodinghex.EncodeToString(sum[:8]); got != tt.want {
			t.Errorf("%q seed %d: pixels %s, want %s", tt.prompt, tt.seed, got, tt.want)
		}
	}
}

// TestEveryWord draws every thing of the lexicon under every sky, small.
func TestEveryWord(t *testing.T) {
	t.Parallel()
	for i, row := range lexicon {
		w := strings.TrimRight(strings.Fields(row.words)[0], "+-")
		paint(t, "two "+w+" night", int64(i), 64, 64)
		paint(t, w, int64(i), 96, 64)
	}
}

func TestDrawings(t *testing.T) {
	t.Parallel()
	for name := range figures {
		if _, ok := drawingOf(name); !ok && name != "tree" {
			t.Errorf("nobody can draw %q", name)
		}
	}
	for _, table := range []map[string]drawing{drawings, moreDrawings} {
		for name, d := range table {
			if d.size <= 0 || len(d.parts) == 0 {
				t.Errorf("%s: nothing to see", name)
			}
			for i, v := range d.parts {
				for _, path := range outline(v.d, placed{size: 100}) {
					for _, p := range path {
						if math.IsNaN(p.x) || math.IsNaN(p.y) || math.Abs(p.x) > 80 || p.y < -130 || p.y > 30 {
							t.Errorf("%s part %d: point %v is outside the box", name, i, p)
						}
					}
				}
			}
		}
	}
}

func TestUnderstand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		prompt, negative string
		want             scene
	}{
		{prompt: "a red fox under a full moon", want: scene{features: []feature{{"fox", "red", 1}, {"moon", "", 1}}, known: 3}},
		{prompt: "a blue cat on a yellow hill", want: scene{features: []feature{{"cat", "blue", 1}, {"hills", "yellow", 1}}, known: 4}},
		{prompt: "три птицы над озером", want: scene{features: []feature{{"birds", "", 3}, {"lake", "", 1}}, known: 3}},
		{prompt: "Рыжая лиса, зимняя ночь!", want: scene{features: []feature{{"fox", "orange", 1}}, season: "winter", hour: "night", known: 4}},
		{prompt: "zebra philosophy", want: scene{unknown: 2}},
		{prompt: "purple dream", want: scene{tint: "purple", known: 1, unknown: 1}},
		{prompt: "forest in the rain", negative: "rain, trees", want: scene{known: 2}},
	}
	for _, tt := range tests {
		got := understand(newDictionary(), tt.prompt, tt.negative)
		got.words = ""
		if len(got.features) == 0 {
			got.features = nil
		}
		if diff := cmp.Diff(tt.want, *got, cmp.AllowUnexported(scene{}, feature{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.prompt, diff)
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
