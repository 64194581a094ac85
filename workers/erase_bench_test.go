package workers

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/texts"
)

// BenchmarkPerson exports and erases people with a hundred and with a thousand pictures, and says how much longer the thousand
// take than ten times the hundred. What an erasure waits, on purpose, for others to end is left out.
func BenchmarkPerson(b *testing.B) {
	for b.Loop() {
		var exported, erased [2]time.Duration
		for i, n := range []int{100, 1000} {
			p := newPainted(b, n)
			exported[i], erased[i] = p.exports(), p.erases()
		}
		b.ReportMetric(exported[1].Seconds(), "export-s/1000")
		b.ReportMetric(erased[1].Seconds(), "erase-s/1000")
		b.ReportMetric(float64(exported[1])/float64(10*exported[0]), "export-ratio")
		b.ReportMetric(float64(erased[1])/float64(10*erased[0]), "erase-ratio")
	}
}

// painted is somebody with pictures.
type painted struct {
	*testing.B
	w    *Workers
	user int64
}

func newPainted(b *testing.B, pictures int) painted {
	b.Helper()
	k := storagetest.Keys(b)
	s, err := storage.Open(b.Context(), storage.Config{URL: storagetest.Migrated(b, storagetest.OnSQLite), Keys: k})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	catalog, err := texts.New()
	if err != nil {
		b.Fatal(err)
	}
	w := &Workers{Config: Config{
		Store: s, Keys: k, Objects: objectstest.New(b), Texts: catalog, Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(nil), Step: func(string) {},
		Settings: Settings{EraseSettle: time.Millisecond}.withDefaults(),
	}}
	person, err := s.PersonByTelegram(b.Context(), 1, "en")
	if err != nil {
		b.Fatal(err)
	}
	sealer, err := k.Person(b.Context(), person.ID)
	if err != nil {
		b.Fatal(err)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		b.Fatal(err)
	}
	p := painted{b, w, person.ID}
	for range pictures {
		p.paint(sealer, picture.Bytes())
	}
	return p
}

// paint makes a generation with a picture.
func (p painted) paint(sealer *keys.Sealer, picture []byte) {
	p.Helper()
	s, ctx := p.w.Store, p.Context()
	id, err := s.NewID()
	if err == nil {
		_, _, _, err = s.Reserve(ctx, storage.Effect{}, storage.NewGeneration{
			ID: id, User: p.user, Origin: storage.OriginChat, RequestKey: id, Form: storage.FormPull, ParentN: -1, Model: "local",
			Operation: "generate", Request: storage.Request{Prompt: "a fox in the snow, seen from far away"}, Params: storage.Params{Count: 1}, Parallel: 9, Waiting: 9,
		})
	}
	var g storage.Generation
	if err == nil {
		g, err = s.Claim(ctx, id)
	}
	var a storage.Attempt
	if err == nil {
		a, err = s.StartAttempt(ctx, g, storage.Attempt{Provider: "local", Model: "local"})
	}
	key := fmt.Sprintf("u/%d/%s/%s-0.png", p.user, id, a.ID)
	var sealed bytes.Buffer
	if err == nil {
		into := sealer.SealWriter(key, &sealed)
		if _, err = into.Write(picture); err == nil {
			err = into.Close()
		}
	}
	if err == nil {
		err = p.w.Objects.Put(ctx, key, bytes.NewReader(sealed.Bytes()), int64(sealed.Len()), "application/octet-stream")
	}
	if err == nil {
		_, err = s.Complete(ctx, g, a, 0, []storage.Image{{
			Generation: id, Attempt: a.ID, User: p.user, Key: key, SHA256: "00", Bytes: int64(len(picture)), Width: 64, Height: 64, MediaType: "image/png",
		}}, nil)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// exports packs everything, and returns how long that took.
func (p painted) exports() time.Duration {
	p.Helper()
	person, err := p.w.Store.PersonByID(p.Context(), p.user)
	if err != nil {
		p.Fatal(err)
	}
	begin := time.Now()
	if err := p.w.newPacker(io.Discard, person, &exportPlan{}).pack(p.Context(), 1<<40); err != nil {
		p.Fatal(err)
	}
	return time.Since(begin)
}

// erases goes through the steps without what they wait for others, and returns how long that took.
func (p painted) erases() time.Duration {
	p.Helper()
	s, ctx := p.w.Store, p.Context()
	ref, err := s.AskErasure(ctx, storage.Act{By: storage.By{Who: "ann", Why: "a test"}, What: "users erase", Object: "x"}, p.user, time.Now().Add(-time.Second))
	if err != nil {
		p.Fatal(err)
	}
	r, err := s.ClaimRight(ctx, ref.ID)
	if err != nil {
		p.Fatal(err)
	}
	begin := time.Now()
	for _, step := range p.w.eraseSteps() {
		if _, err := step.do(ctx, r); err != nil {
			p.Fatalf("%s: %v", step.name, err)
		}
		if r.Step != step.name {
			if err := s.StepRight(ctx, r, step.name); err != nil {
				p.Fatal(err)
			}
		}
	}
	return time.Since(begin)
}
