package workers

import (
	"bytes"
	"errors"
	"image"
	"io/fs"
	"math"
	"path"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
)

// FuzzGate: what gets through is a picture of the size that it says it has, and bearable; a picture of a camera is turned as a camera can.
func FuzzGate(f *testing.F) {
	for _, b := range [][]byte{
		encoded(f, 8, 8, "jpeg"), encoded(f, 8, 8, "png"), gifBomb(8, 8), gifLiar(9, 9), jpegBomb(8, 8), jpegLiar(9, 9), bomb(8, 8), riff(lossy(8, 8)), riff(lossless(8, 8)), riff(canvas(8, 8, 0), lossless(8, 8)),
		[]byte("<html>"),
		{},
	} {
		f.Add(b)
	}
	w := &Workers{decode: make(chan struct{}, 2)}
	w.Settings.SpoolDir = f.TempDir()
	f.Fuzz(func(t *testing.T, file []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(file)); err == nil && c.Width*c.Height > 1<<20 && c.Width*c.Height <= maxPixels {
			return // bearable, and slow
		}
		s, err := w.spool(bytes.NewReader(file), 1<<20)
		if err != nil {
			t.Skip(err)
		}
		defer s.Close()
		p, img, err := w.gate(t.Context(), s)
		if err != nil {
			if !errors.Is(err, errNoPicture) || img != nil {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if size := img.Bounds().Size(); size != image.Pt(p.width, p.height) || p.width*p.height > maxPixels || min(p.width, p.height) < minSide {
			t.Errorf("%d×%d by its header, %v decoded", p.width, p.height, size)
		}
		if as := orientation(s.Reader()); as < 1 || as > 8 {
			t.Errorf("held as %d", as)
		}
		without, err := w.bare(p)
		if err != nil {
			t.Fatal(err)
		}
		defer without.Close()
		if again, now, err := w.gate(t.Context(), without.Spool); err != nil || again.mediaType != p.mediaType || !samePixels(img, now) {
			t.Errorf("another picture without its words: %+v, %v", again, err)
		}
	})
}

// fuzzKeys are the same in every process, so that what is kept of a corpus means the same.
func fuzzKeys(f *testing.F) *queue.Keys {
	f.Helper()
	k, err := queue.NewKeys(bytes.Repeat([]byte{5}, queue.SecretSize))
	if err != nil {
		f.Fatal(err)
	}
	return k
}

// FuzzLink: a link that was not made here leads nowhere. There is no database behind it: one that gets through the signature fails.
func FuzzLink(f *testing.F) {
	w := &Workers{}
	w.Sealer = fuzzKeys(f)
	w.Settings.LinkTime = -time.Hour // genuine ones are over
	genuine := w.FileToken(7, "01ARZ3NDEKTSV4RRFFQ69G5FAV", 0)
	for _, s := range []string{
		genuine, strings.Replace(genuine, ".0.", ".1.", 1), strings.Replace(genuine, ".7.", ".8.", 1), genuine + "=", strings.ToLower(genuine), "x." + genuine, "x.01ARZ3NDEKTSV4RRFFQ69G5FAV.1.7.zzzzzz.AAAA",
		"....", "a.b.c.d.e", "../../etc/passwd", "", strings.Repeat(".", 1000),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if file, err := w.OpenFile(t.Context(), token); !errors.Is(err, storage.ErrNotFound) || file.Body != nil {
			t.Errorf("%q opens: %v", token, err)
		}
	})
}

// FuzzStart: whatever somebody opens the bot with is nothing, or something that fits the button behind which it waits.
func FuzzStart(f *testing.F) {
	for _, l := range startLinks() {
		f.Add(l.name + "_x")
		f.Add(l.name + "_" + strings.Repeat("x", 64))
		f.Add(l.name + "_a.b")
	}
	f.Add("")
	f.Add("_")
	signer := telegram.NewSigner(fuzzKeys(f).MAC)
	f.Fuzz(func(t *testing.T, start string) {
		l, what, ok := linked(start)
		if !ok {
			return
		}
		data := signer.Data(telegram.OpLink, start, math.MaxInt64, "") // panics on what does not fit
		if p, err := signer.Parse(data, math.MaxInt64); err != nil || p.Object != start || l.name+"_"+what != start && l.name != start {
			t.Errorf("%q comes back as %+v, %v", start, p, err)
		}
	})
}

// FuzzClean: what people wrote has no characters that nobody sees or that turn the others around, and cleaning it again changes nothing.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"a fox", "\u202efox\u202c", "a\u200bb", "👩\u200d👧", "e\u0301", "\xff\xfe", "\r\n\x1b[31m", "\u3164", "\u2066a\u2069", "ﬁ", "\ufeffx\ufe0f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := clean(s)
		if !utf8.ValidString(once) || clean(once) != once {
			t.Errorf("%q becomes %q, and then %q", s, once, clean(once))
		}
		if i := strings.IndexFunc(once, func(r rune) bool {
			return r != '\n' && r != '\t' && r != '\u200d' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co)
		}); i >= 0 {
			t.Errorf("%q is left in %q", once[i:], once)
		}
	})
}

// FuzzExportPath: whatever a generation is called, its pictures lie in their folder of an archive.
func FuzzExportPath(f *testing.F) {
	for _, s := range []string{"01ARZ3NDEKTSV4RRFFQ69G5FAV", "../../etc/passwd", `..\..\x`, "C:", "a/b", "CON", "", ".", "\x00", "é", strings.Repeat("x", 300)} {
		f.Add(s, "image/png", 0)
		f.Add(s, "../x", -1)
	}
	f.Fuzz(func(t *testing.T, generation, mediaType string, n int) {
		for _, role := range []string{"reference", "result"} {
			name := imagePath(storage.Cursor{Generation: generation, Role: role, N: n}, mediaType)
			if !fs.ValidPath(name) || path.Dir(name) != exportImages || strings.ContainsAny(name, "\\:\x00 ") || strings.Count(name, ".") != 1 {
				t.Errorf("%q", name)
			}
		}
	})
}

// FuzzParseCrew: who may do what operators may is read whole or refused.
func FuzzParseCrew(f *testing.F) {
	for _, s := range []string{"4242:owner,4343:support", "1:viewer,", "0:owner", "-1:owner", "1:", ":owner", "1:owner,1:viewer", "99999999999999999999:owner", "1:Owner", "١:owner"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		crew, err := ParseCrew(text)
		if err != nil {
			return
		}
		for id, role := range crew {
			if id <= 0 || !role.covers(RoleViewer) {
				t.Errorf("%q makes %d a %q", text, id, role)
			}
		}
		if len(crew) > strings.Count(text, ",")+1 {
			t.Errorf("%q makes %v", text, crew)
		}
	})
}
