package app_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// Pictures nobody can use: the person is told so, nothing is charged and nothing is asked of the provider.
func TestBadReferences(t *testing.T) {
	t.Parallel()
	good := pngOf(t, 300, 200)
	var photo bytes.Buffer
	img, err := png.Decode(bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&photo, img, nil); err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		name     string
		content  []byte
		say      string
		reserved bool // the picture has to be fetched to be judged
	}{
		{"cut.jpg", photo.Bytes()[:photo.Len()/2], "couldn’t use the picture", true},
		{"noise.jpg", slices.Concat(photo.Bytes()[:30], bytes.Repeat([]byte{0xff, 0x00, 0x17}, 3000)), "couldn’t use the picture", true},
		{"empty.png", nil, "couldn’t use the picture", true},
		{"text.png", []byte("this is no picture"), "couldn’t use the picture", true},
		{"bomb.png", bomb(), "couldn’t use the picture", true},
		{"dot.png", pngOf(t, 2, 2), "couldn’t use the picture", true},
		{"large.png", slices.Concat(good, make([]byte, 25<<20)), "too big for me. Up to 20 MB", false},
		{"notes.txt", []byte("make it blue"), "files that are pictures", false},
	}
	each(t, func(t *testing.T, w *world) {
		fake := providertest.NewFake("fake")
		w.start(withProvider(fake))
		w.agree(w.person)
		s := w.store()
		reserved := 0
		for _, r := range rows {
			last := w.person.Document(r.name, r.content, "make it winter")
			w.after(w.person, last.MessageID, r.say)
			if r.reserved {
				reserved++
			}
		}
		last := w.person.Photo(photo.Bytes()[:photo.Len()-100], "make it summer")
		w.after(w.person, last.MessageID, "couldn’t use the picture")
		all := w.settled(s, w.person, time.Minute)
		if len(all) != reserved+1 {
			t.Errorf("generations: %s", describe(all))
		}
		for _, g := range all {
			if g.Status != storage.StatusFailed || g.Reason != storage.ReasonBadReference {
				t.Errorf("generation ended as %s/%s", g.Status, g.Reason)
			}
		}
		w.balance(s, w.person, 20)
		if n := len(fake.Calls()); n != 0 {
			t.Errorf("%d calls", n)
		}
	})
}

// A picture that would fill the memory when it is decoded does not.
func TestBombDoesNotFillTheMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a process")
	}
	w := newWorld(t, onEmbedded)
	c := w.spawn("")
	w.agree(w.person)
	w.person.Photo(pngOf(t, 300, 200), "make it winter")
	w.picture(w.person, "make it winter")
	before := peak(t, c)
	for range 3 {
		last := w.person.Document("bomb.png", append(bomb(), make([]byte, 19<<20)...), "make it winter")
		w.after(w.person, last.MessageID, "couldn’t use the picture")
	}
	if grown := peak(t, c) - before; grown > 300<<20 {
		t.Errorf("the process grew by %d MB", grown>>20)
	}
	s := w.store()
	w.settled(s, w.person, time.Minute)
	w.balance(s, w.person, 19)
}

// peak is the most memory a process has had, in bytes.
func peak(t *testing.T, c *apptest.Child) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(c.Pid()) + "/status")
	if err != nil {
		t.Skip("this system does not say how much memory a process has had")
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatal("the process has no peak of memory")
	return 0
}

// opens reads the references of every call, as a provider does.
type opens struct {
	*providertest.Fake
	read chan []byte
}

func (o opens) Submit(ctx context.Context, r providers.Request) (providers.Submission, error) {
	for _, ref := range r.References {
		body, err := ref.Open(ctx)
		if err != nil {
			return providers.Submission{}, &providers.Error{Class: providers.BadRequest, Billed: providers.BilledNo, Err: err}
		}
		b, err := io.ReadAll(body)
		_ = body.Close()
		if err != nil || int64(len(b)) != ref.Bytes {
			return providers.Submission{}, &providers.Error{Class: providers.BadRequest, Billed: providers.BilledNo, Err: err}
		}
		o.read <- b
	}
	return o.Fake.Submit(ctx, r)
}

// Where and with what a picture was taken stays with the person.
func TestReferenceLosesItsMetadata(t *testing.T) {
	t.Parallel()
	const canary = "GPS 52.5163N 13.3777E Canary-Cam"
	each(t, func(t *testing.T, w *world) {
		img, err := png.Decode(bytes.NewReader(pngOf(t, 320, 200)))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			t.Fatal(err)
		}
		exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"), canary...)
		segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
		photo := append(append(append([]byte{0xff, 0xd8}, segment...), exif...), b.Bytes()[2:]...)
		p := opens{providertest.NewFake("fake"), make(chan []byte, 10)}
		w.start(withProvider(p))
		w.agree(w.person)
		w.person.Document("holiday.jpg", photo, "make it winter")
		m := w.picture(w.person, "make it winter")
		w.press(w.person, m, "🔁 Again") // the stored reference once more
		w.withinChat(w.person, time.Minute, "no second picture", func() bool { return pictures(w.person) == 2 })
		for range 2 {
			got := <-p.read
			if bytes.Contains(got, []byte("GPS")) || bytes.Contains(got, []byte("Exif")) {
				t.Error("the provider gets what the camera wrote")
			}
			if cfg, err := jpeg.DecodeConfig(bytes.NewReader(got)); err != nil || cfg.Width != 320 || cfg.Height != 200 {
				t.Errorf("reference: %+v, %v", cfg, err)
			}
		}
		s := w.store()
		w.settled(s, w.person, time.Minute)
		w.balance(s, w.person, 18)
	})
}

// A picture that a program sent goes along when the same is wanted again, as it was.
func TestUploadsArePaintedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	w.env["IMAGIKA_PUBLIC_URL"] = "https://imagika.example"
	p := opens{providertest.NewFake("fake"), make(chan []byte, 10)}
	a, _ := w.start(withProvider(p))
	w.agree(w.person)
	w.person.Text("/api my website")
	m := w.waitFor(w.person, 20*time.Second, telegramtest.Has("only this once"))
	token, _, _ := strings.Cut(m.Text[strings.Index(m.Text, "img_"):], "\n")
	w.edit(a.WebAddr, token, "make it winter", pngOf(t, 320, 200), pngOf(t, 200, 320))
	first := [][]byte{<-p.read, <-p.read}

	w.person.Text("/history")
	list := w.waitFor(w.person, 20*time.Second, telegramtest.Has("newest first"))
	w.press(w.person, list, "1")
	shown := w.waitFor(w.person, 20*time.Second, func(m telegramtest.Message) bool {
		_, ok := m.Button("🔁 Again")
		return ok
	})
	w.press(w.person, shown, "🔁 Again")
	for n, was := range first {
		if again := <-p.read; !bytes.Equal(was, again) {
			t.Errorf("picture %d is another one the second time", n)
		}
	}
	s := w.store()
	w.settled(s, w.person, time.Minute)
	w.balance(s, w.person, 18)
}

// edit has pictures changed through the API.
func (w *world) edit(web, token, prompt string, pictures ...[]byte) {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("prompt", prompt)
	for n, b := range pictures {
		part, err := form.CreateFormFile("image[]", strconv.Itoa(n)+".png")
		if err != nil {
			w.t.Fatal(err)
		}
		_, _ = part.Write(b)
	}
	_ = form.Close()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+web+"/v1/images/edits", &body)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", form.FormDataContentType())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %.300s, %v", res.Status, answer, err)
	}
}

// An edit keeps the shape of its picture, unless another one was typed.
func TestEditKeepsTheShape(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	fake := providertest.NewFake("fake") // square, wide and tall
	w.start(withProvider(fake))
	w.agree(w.person)
	wide, tall := pngOf(t, 320, 180), pngOf(t, 180, 320)
	w.person.Photo(wide, "as a photo")
	w.person.Document("tall.png", tall, "as a file")
	w.person.Photo(wide, "as a square --ar 1:1")
	for prompt, want := range map[string]providers.Size{
		"as a photo": {Width: 96, Height: 54}, "as a file": {Width: 54, Height: 96}, "as a square": {Width: 64, Height: 64},
	} {
		call, _ := fake.Call(attempt(t, fake, prompt, 1))
		if call.Request.Size != want {
			t.Errorf("%q was asked for in %v, want %v", prompt, call.Request.Size, want)
		}
	}
}
