package workers

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"
	"time"
)

func encoded(t *testing.T, w, h int, as string) []byte {
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

func TestGate(t *testing.T) {
	t.Parallel()
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
