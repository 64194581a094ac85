package local

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
)

// made is the file of one picture.
func made(t *testing.T, p *Provider, r providers.Request) []byte {
	t.Helper()
	r.AttemptID, r.Model, r.Count = "a", ModelSync, 1
	sub, err := p.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for img, err := range sub.Images {
		if err != nil {
			t.Fatal(err)
		}
		file, err := io.ReadAll(img.Body)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	t.Fatal("no image")
	return nil
}

func referring(file []byte) []providers.Reference {
	return []providers.Reference{{Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(file)), nil
	}}}
}

// apartness is how far two pictures differ, in cells of 16 by 16 so that texture does not count: 0 to full.
func apartness(t *testing.T, a, b []byte) int64 {
	t.Helper()
	var c [2]*canvas
	for i, file := range [][]byte{a, b} {
		img, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		flat := image.NewRGBA(img.Bounds())
		for y := range flat.Rect.Dy() {
			for x := range flat.Rect.Dx() {
				flat.Set(x, y, img.At(x, y))
			}
		}
		c[i] = canvasOf(t.Context(), flat)
	}
	sum := int64(0)
	for i := range 256 {
		k, l := c[0].patch(i%16, i/16, 16), c[1].patch(i%16, i/16, 16)
		sum += int64(max(k.r-l.r, l.r-k.r)) + int64(max(k.g-l.g, l.g-k.g)) + int64(max(k.b-l.b, l.b-k.b))
	}
	return sum / 768
}

func TestVariationsAreNear(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	size := providers.Size{Width: 192, Height: 128}
	for _, prompt := range []string{"a red fox under a full moon", "город у моря на закате, акварель", "abstract"} {
		paint := func(seed int64) []byte {
			return made(t, p, providers.Request{Operation: providers.Generate, Prompt: prompt, Size: size, Seed: seed})
		}
		vary := func(from []byte, seed int64, strength float64) []byte {
			return made(t, p, providers.Request{Operation: providers.Vary, Prompt: prompt, Seed: seed, Strength: strength, References: referring(from)})
		}
		parent, other := paint(5), paint(6)
		slight, middle := vary(parent, 7, 0.1), vary(parent, 7, 0.4)
		if d := apartness(t, parent, slight); d > 3500 {
			t.Errorf("%q: a slight variation is %d away", prompt, d)
		}
		if near, far := apartness(t, parent, middle), apartness(t, parent, other); near > 6500 || near > far {
			t.Errorf("%q: a variation is %d away, another picture %d", prompt, near, far)
		}
		if sibling := vary(parent, 8, 0.4); bytes.Equal(middle, sibling) || bytes.Equal(middle, parent) {
			t.Errorf("%q: siblings are the same", prompt)
		}
		if !bytes.Equal(middle, vary(parent, 7, 0.4)) {
			t.Errorf("%q: a variation is not repeatable", prompt)
		}
		child := vary(middle, 9, 0.4)
		o, ok := originOf(child)
		want := origin{5, []shift{{7, 102}, {9, 102}}}
		if diff := cmp.Diff(want, o, cmp.AllowUnexported(origin{}, shift{})); !ok || diff != "" {
			t.Errorf("%q: a child's origin (-want +got):\n%s", prompt, diff)
		}
		if bytes.Contains(child, []byte("fox")) {
			t.Error("the file tells the prompt")
		}
	}
}

// TestVariationsOfStrangers: what is not the painter's own, or belongs to another prompt, is bent, not replaced.
func TestVariationsOfStrangers(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	photo, err := encode(postcard(t.Context(), 240, 160).picture())
	if err != nil {
		t.Fatal(err)
	}
	forged, err := encode(postcard(t.Context(), 240, 160).picture(), origin{seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	for desc, file := range map[string][]byte{"photo": photo, "forged origin": forged} {
		for _, prompt := range []string{"", "a red fox under a full moon"} {
			got := made(t, p, providers.Request{Operation: providers.Vary, Prompt: prompt, Seed: 2, Strength: 0.35, References: referring(file)})
			if d := apartness(t, file, got); d > 5000 || d == 0 {
				t.Errorf("%s, %q: %d away", desc, prompt, d)
			}
		}
	}
}

func TestOriginReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	for _, o := range []origin{{seed: 1}, {seed: -9, shifts: []shift{{3, 0}, {-4, 256}}}} {
		back, ok := parseOrigin(o.String())
		if diff := cmp.Diff(o, back, cmp.AllowUnexported(origin{}, shift{})); !ok || diff != "" {
			t.Errorf("%v: %v %s", o, ok, diff)
		}
	}
	for _, text := range []string{"", "x", "1 2", "1 2 257", "1 2 -1", "99999999999999999999"} {
		if o, ok := parseOrigin(text); ok {
			t.Errorf("%q is %v", text, o)
		}
	}
	file, err := encode(image.NewRGBA(image.Rect(0, 0, 8, 8)), origin{seed: 77})
	if err != nil {
		t.Fatal(err)
	}
	for n := range file {
		if o, ok := originOf(file[:n]); ok && o.seed != 77 {
			t.Errorf("%d bytes say %v", n, o)
		}
	}
}

func TestEnlargeHasNoJoints(t *testing.T) {
	t.Parallel()
	src := postcard(t.Context(), 150, 260).picture()
	for _, times := range []int{2, 4} {
		img, err := enlarge(t.Context(), src, times)
		if err != nil {
			t.Fatal(err)
		}
		if img.Bounds().Max != image.Pt(150*times, 260*times) {
			t.Fatalf("%v", img.Bounds())
		}
		for y := range 260 { // the mean of each square is about the pixel it came from, joint or not
			for x := 40; x < 110; x += 7 {
				sum := 0
				for i := range times * times {
					sum += int(img.Pix[img.PixOffset(x*times+i%times, y*times+i/times)])
				}
				if d := sum/(times*times) - int(src.Pix[src.PixOffset(x, y)]); d > 48 || d < -48 {
					t.Fatalf("%d times: at %d,%d off by %d", times, x, y, d)
				}
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := enlarge(ctx, src, 2); err == nil {
		t.Error("nobody noticed the context")
	}
}
