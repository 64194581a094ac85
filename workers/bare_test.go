package workers

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects/objectstest"
)

// pngWith is a PNG with chunks behind its header, kind and body each.
func pngWith(t *testing.T, chunks ...[2]string) []byte {
	t.Helper()
	file := encoded(t, 64, 48, "png")
	out := bytes.Clone(file[:33])
	for _, c := range chunks {
		out = binary.BigEndian.AppendUint32(out, uint32(len(c[1])))
		out = append(out, c[0]+c[1]...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(c[0]+c[1])))
	}
	return append(out, file[33:]...)
}

// jpegWith is a JPEG with segments at its beginning, marker and body each.
func jpegWith(t *testing.T, segments ...[2]string) []byte {
	t.Helper()
	file := encoded(t, 64, 48, "jpeg")
	out := bytes.Clone(file[:2])
	for _, s := range segments {
		out = append(out, 0xff, s[0][0])
		out = binary.BigEndian.AppendUint16(out, uint16(2+len(s[1])))
		out = append(out, s[1]...)
	}
	return append(out, file[2:]...)
}

// jpegBehind is a JPEG with a segment behind its pixels.
func jpegBehind(t *testing.T, segment [2]string) []byte {
	t.Helper()
	file := encoded(t, 64, 48, "jpeg")
	end := len(file) - 2
	out := append(bytes.Clone(file[:end]), 0xff, segment[0][0])
	out = append(binary.BigEndian.AppendUint16(out, uint16(2+len(segment[1]))), segment[1]...)
	return append(out, file[end:]...)
}

// webpWith is a WebP picture with chunks behind it.
func webpWith(t *testing.T, chunks ...[2]string) []byte {
	t.Helper()
	file, err := base64.StdEncoding.DecodeString("UklGRhwAAABXRUJQVlA4TA8AAAAvB8ABAAcQ/Y/+ByKi/wEA") // 8×8
	if err != nil {
		t.Fatal(err)
	}
	all := [][2]string{canvas(8, 8, 0x0c), {"VP8L", string(file[20 : 20+15])}}
	return riff(append(all, chunks...)...)
}

// What a painter writes beside the pixels does not leave with a picture, what says that a machine made it does.
func TestBare(t *testing.T) {
	t.Parallel()
	const canary, source = "canary bird", `<x Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>`
	const says = "digitalsourcetype/trainedAlgorithmicMedia"
	const pngXMP, jpegXMP = "XML:com.adobe.xmp\x00\x00\x00\x00\x00", "http://ns.adobe.com/xap/1.0/\x00"
	for name, tt := range map[string]struct {
		file []byte
		has  []string
		same bool
	}{
		"png":              {file: pngWith(t), same: true},
		"a1111":            {file: pngWith(t, [2]string{"tEXt", "parameters\x00" + canary})},
		"comfyui":          {file: pngWith(t, [2]string{"tEXt", "prompt\x00" + canary}, [2]string{"iTXt", "workflow\x00\x00\x00\x00\x00" + canary})},
		"squeezed":         {file: pngWith(t, [2]string{"zTXt", "prompt\x00\x00" + canary}, [2]string{"eXIf", canary})},
		"a comment":        {file: pngWith(t, [2]string{"tEXt", "Comment\x00" + canary})},
		"behind its end":   {file: append(pngWith(t), canary...)},
		"our own":          {file: pngWith(t, [2]string{"tEXt", "Comment\x00procedural: drawn"}, [2]string{"tEXt", "Imagika-Origin\x001"}), same: true},
		"png with a kind":  {file: pngWith(t, [2]string{"iTXt", pngXMP + source + canary}), has: []string{says}},
		"signed png":       {file: pngWith(t, [2]string{"caBX", "jumb"}, [2]string{"tEXt", "Title\x00a fox"}), same: true},
		"jpeg":             {file: jpegWith(t), same: true},
		"jpeg with words":  {file: jpegWith(t, [2]string{"\xe1", "Exif\x00\x00" + canary}, [2]string{"\xfe", canary}, [2]string{"\xed", canary}, [2]string{"\xe2", "ICC_PROFILE"}), has: []string{"ICC_PROFILE"}},
		"jpeg with a kind": {file: jpegWith(t, [2]string{"\xe1", jpegXMP + canary + source}), has: []string{says, jpegXMP}},
		"behind the scan":  {file: jpegBehind(t, [2]string{"\xfe", canary}), has: []string{"\xff\xd9"}},
		"behind its EOI":   {file: append(jpegWith(t), canary...)},
		"signed jpeg":      {file: jpegWith(t, [2]string{"\xeb", "JP"}, [2]string{"\xe1", "Exif\x00\x00"}), same: true},
		"webp":             {file: webpWith(t, [2]string{"EXIF", canary}, [2]string{"XMP ", canary + "!"})},
		"webp with a kind": {file: webpWith(t, [2]string{"XMP ", canary + source}), has: []string{says}},
		"signed webp":      {file: webpWith(t, [2]string{"C2PA", "jumb"}, [2]string{"EXIF", "x"}), same: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &Workers{decode: make(chan struct{}, 2)}
			w.Settings.SpoolDir = t.TempDir()
			s, err := w.spool(bytes.NewReader(tt.file), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			was, pixels, err := w.gate(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			p, err := w.bare(was)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			file, err := io.ReadAll(p.Reader())
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(file, tt.file) != tt.same || bytes.Contains(file, []byte(canary)) {
				t.Errorf("%q", file)
			}
			for _, part := range tt.has {
				if n := strings.Count(string(file), part); n != 1 {
					t.Errorf("%q is there %d times: %q", part, n, file)
				}
			}
			if p.mediaType == "image/webp" && int(binary.LittleEndian.Uint32(file[4:])) != len(file)-8 {
				t.Errorf("a WebP of %d bytes that says %d", len(file), binary.LittleEndian.Uint32(file[4:]))
			}
			again, now, err := w.gate(t.Context(), p.Spool)
			if err != nil || again.mediaType != was.mediaType || !samePixels(pixels, now) {
				t.Errorf("another picture: %+v, %v", again, err)
			}
		})
	}
}

// A result is stored without words.
func TestResultsAreBare(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	router, err := providers.NewRouter(providers.Config{Limits: providers.NewLocalLimits(), States: providers.NewLocalStates()})
	if err != nil {
		t.Fatal(err)
	}
	k.w.Router, k.w.Objects, k.w.decode = router, objectstest.New(t), make(chan struct{}, 1)
	file := pngWith(t, [2]string{"tEXt", "parameters\x00canary bird"})
	row, err := k.w.keepResult(t.Context(), storage.Generation{ID: "g", User: k.user.ID}, storage.Attempt{ID: "a"}, providers.Image{Body: io.NopCloser(bytes.NewReader(file))}, 0)
	if err != nil {
		t.Fatal(err)
	}
	body, err := k.w.open(t.Context(), row)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	stored, err := io.ReadAll(body)
	if err != nil || bytes.Contains(stored, []byte("canary")) || int64(len(stored)) != row.Bytes {
		t.Errorf("%d bytes %q, %v", row.Bytes, stored, err)
	}
}

func samePixels(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

// A JPEG that goes over its pixels again and again is refused before it is decoded.
func TestManyScans(t *testing.T) {
	t.Parallel()
	file := encoded(t, 64, 48, "jpeg")
	at := bytes.Index(file, []byte{0xff, 0xda})
	for scans, want := range map[int]error{1: nil, maxScans: nil, maxScans + 1: errNoPicture} {
		w := &Workers{decode: make(chan struct{}, 1)}
		w.Settings.SpoolDir = t.TempDir()
		again := append(bytes.Clone(file[at:len(file)-2]), 0) // something between two of them is passed over
		all := slices.Concat(file[:at], bytes.Repeat(again, scans), file[len(file)-2:])
		s, err := w.spool(bytes.NewReader(all), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, _, err := w.gate(t.Context(), s); !errors.Is(err, want) {
			t.Errorf("%d scans: %v, want %v", scans, err, want)
		}
	}
}
