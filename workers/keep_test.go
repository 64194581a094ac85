package workers

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"
	"time"
)

func encoded(t testing.TB, w, h int, as string) []byte {
	t.Helper()
	var b bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	err := png.Encode(&b, img)
	if as == "jpeg" {
		b.Reset()
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a valid PNG header of a picture nobody has memory for, with next to no data.
func bomb(w, h uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
		body := append([]byte(kind), data...)
		b = binary.BigEndian.AppendUint32(append(b, body...), crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	chunk("IHDR", append(head, 8, 6, 0, 0, 0))
	chunk("IDAT", []byte{0x78, 0x9c})
	chunk("IEND", nil)
	return b
}

// TestGate runs by itself, because it measures what the process allocates.
func TestGate(t *testing.T) {
	w := &Workers{decode: make(chan struct{}, 2)}
	w.Settings.SpoolDir = t.TempDir()
	whole := encoded(t, 64, 48, "png")
	for _, tt := range []struct {
		desc string
		in   []byte
		ok   bool
	}{
		{"png", whole, true},
		{"jpeg", encoded(t, 64, 48, "jpeg"), true},
		{"truncated", whole[:len(whole)-20], false},
		{"empty", nil, false},
		{"a web page", []byte("<!doctype html><h1>502 Bad Gateway</h1>"), false},
		{"a bomb", bomb(20000, 20000), false},
		{"a bomb whose product overflows", bomb(1<<31-1, 1<<31-1), false},
		{"a line", bomb(4_000_000, 4), false},
		{"a JPEG bomb", jpegBomb(65500, 65500), false},
		{"a JPEG that lies", jpegLiar(65500, 65500), false},
		{"a GIF bomb", gifBomb(65535, 65535), false},
		{"a GIF that lies", gifLiar(65535, 65535), false},
		{"a lossy WebP bomb", riff(lossy(16383, 16383)), false},
		{"a lossless WebP bomb", riff(lossless(16384, 16384)), false},
		{"a WebP bomb by its canvas", riff(canvas(1<<24, 128, 0)), false},
		{"a WebP whose canvas lies", riff(canvas(64, 48, 0), lossless(16384, 16384)), false},
		{"a WebP whose canvas lies about what is lossy", riff(canvas(64, 48, 0), lossy(16383, 16383)), false},
		{"a WebP whose canvas lies about what is seen through", riff(canvas(64, 48, 16), [2]string{"ALPH", "\x01"}, lossless(16384, 16384)), false},
		{"random bytes behind a good start", append(whole[:40:40], bytes.Repeat([]byte{7}, 500)...), false},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			s, err := w.spool(bytes.NewReader(tt.in), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			p, _, err := w.gate(t.Context(), s)
			runtime.ReadMemStats(&after)
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, errNoPicture) {
				t.Fatalf("error %v, want a picture: %v", err, tt.ok)
			}
			if tt.ok && (p.width != 64 || p.height != 48) {
				t.Errorf("picture is %d×%d", p.width, p.height)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
				t.Errorf("allocated %d MiB in %s", grown>>20, time.Since(begin))
			}
		})
	}
}

func TestSpoolRefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	w := &Workers{}
	if _, err := w.spool(strings.NewReader(strings.Repeat("x", 101)), 100); !errors.Is(err, errNoPicture) {
		t.Errorf("error %v, want %v", err, errNoPicture)
	}
}

// photo is a JPEG whose left upper corner is red, as held: turned the other way, with the tag that says so.
func photo(t *testing.T, orientation byte, order string) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	corners := []image.Point{{}, {48, 0}, {48, 32}, {0, 32}, {}, {0, 32}, {48, 32}, {48, 0}}
	at := corners[(orientation-1)%8]
	for y := range 16 {
		for x := range 16 {
			img.Set(at.X+x, at.Y+y, color.RGBA{R: 255, A: 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	tiff := "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string([]byte{orientation, 0}) + "\x00\x00"
	if order == "MM" {
		tiff = "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01" + string([]byte{0, orientation}) + "\x00\x00"
	}
	segment := "Exif\x00\x00" + tiff
	head := []byte{0xff, 0xd8, 0xff, 0xe0, 0, 4, 'J', 'F', 0xff, 0xe1, 0, byte(len(segment) + 2)}
	return append(append(head, segment...), b.Bytes()[2:]...)
}

func TestReferencesStandUpright(t *testing.T) {
	t.Parallel()
	w := &Workers{decode: make(chan struct{}, 1)}
	w.Settings.SpoolDir = t.TempDir()
	for as := range byte(8) {
		for _, order := range []string{"II", "MM"} {
			s, err := w.spool(bytes.NewReader(photo(t, as+1, order)), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			was, img, err := w.gate(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			clean, err := w.strip(upright(img, orientation(s.Reader())), was)
			if err != nil {
				t.Fatal(err)
			}
			defer clean.Close()
			got, err := jpeg.Decode(clean.Reader())
			if err != nil {
				t.Fatal(err)
			}
			want := image.Pt(64, 48)
			if as+1 >= 5 {
				want = image.Pt(48, 64)
			}
			if got.Bounds().Max != want || clean.width != want.X || clean.height != want.Y {
				t.Errorf("orientation %d: %v, recorded as %d×%d, want %v", as+1, got.Bounds().Max, clean.width, clean.height, want)
			}
			if r, g, _, _ := got.At(4, 4).RGBA(); r < 0xd000 || g > 0x3000 {
				t.Errorf("orientation %d %s: the upper left is %v", as+1, order, got.At(4, 4))
			}
			if orientation(clean.Reader()) != 1 {
				t.Errorf("orientation %d: still tagged", as+1)
			}
		}
	}
}

func TestOrientationOfNonsense(t *testing.T) {
	t.Parallel()
	good := photo(t, 6, "II")
	if got := orientation(bytes.NewReader(good)); got != 6 {
		t.Fatalf("orientation %d, want 6", got)
	}
	for n := range 60 {
		if got := orientation(bytes.NewReader(good[:n])); got != 1 && n < 34 {
			t.Errorf("the first %d bytes say %d", n, got)
		}
		broken := bytes.Clone(good)
		for i := range 4 {
			broken[n+i] ^= 0xff
		}
		if got := orientation(bytes.NewReader(broken)); got < 1 || got > 8 {
			t.Errorf("broken at %d: %d", n, got)
		}
	}
	for _, as := range []int{-1, 0, 1, 9} {
		img := image.NewGray(image.Rect(0, 0, 8, 9))
		if upright(img, as) != img {
			t.Errorf("orientation %d turned", as)
		}
	}
	if got := upright(image.NewGray(image.Rect(0, 0, 8, 9)), 6).Bounds(); got != image.Rect(0, 0, 9, 8) {
		t.Errorf("a gray picture on its side is %v", got)
	}
}
