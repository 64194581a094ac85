package app_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// shower shows its unfinished picture, and paints on once it is told to.
type shower struct {
	*providertest.Fake

	on chan struct{}
}

func newShower() shower {
	m := providertest.FakeModel("fake")
	m.Cancel = true
	return shower{providertest.NewFake("fake", m), make(chan struct{})}
}

// Submit implements providers.Provider.
func (s shower) Submit(ctx context.Context, r providers.Request) (providers.Submission, error) {
	r.Watch(providers.Progress{Fraction: 0.1, Preview: []byte("no picture")})
	r.Watch(providers.Progress{Fraction: 0.4, Preview: providertest.PNG(providers.Size{Width: 64, Height: 64}, 3)})
	select {
	case <-s.on:
		return s.Fake.Submit(ctx, r)
	case <-ctx.Done():
		return providers.Submission{}, ctx.Err()
	}
}

// watched waits until a person's status message shows a preview.
func (w *world) watched(p *telegramtest.Person) telegramtest.Message {
	w.t.Helper()
	return w.waitFor(p, 30*time.Second, func(m telegramtest.Message) bool {
		return len(m.Photo) > 0 && strings.Contains(m.Caption, "fake is painting… 40%")
	})
}

// The status message shows the preview and becomes the result. Where there is no result, no preview is left that could be
// taken for one.
func TestPreview(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the whole program")
	}
	w, fake := newWorld(t, onEmbedded), newShower()
	plan{"a fox": always(providertest.Step{}), "a wolf": always(providertest.Step{Err: broke(providers.BadRequest, providers.BilledNo)})}.follow(fake.Fake)
	w.start(withProvider(fake))
	ada, eve, bob := w.someone("Ada"), w.someone("Eve"), w.someone("Bob")
	ada.Text("a fox")
	eve.Text("a wolf")
	bob.Text("a bear")
	fox, wolf, bear := w.watched(ada), w.watched(eve), w.watched(bob)
	w.press(bob, bear, "✖️ Cancel")
	w.waitFor(bob, 30*time.Second, telegramtest.Has("1\u00a0credit is yours again"))
	close(fake.on)
	w.waitFor(eve, 30*time.Second, telegramtest.Has("Nothing was charged"))
	if m := w.picture(ada, "a fox"); m.MessageID != fox.MessageID {
		t.Errorf("the result is message %d, its preview was %d", m.MessageID, fox.MessageID)
	}
	for _, gone := range []struct {
		p *telegramtest.Person
		m telegramtest.Message
	}{{eve, wolf}, {bob, bear}} {
		w.withinChat(gone.p, 30*time.Second, "the preview stays", func() bool { return pictures(gone.p) == 0 })
	}
	s := w.store()
	if acc := w.books(s, bob); acc.Available() != 20 {
		t.Errorf("Bob: %+v", acc)
	}
	if acc := w.books(s, ada); acc.Available() != 19 {
		t.Errorf("Ada: %+v", acc)
	}
}

// A preview is judged like a result: what is objected to is not shown, and how far the call is still is.
func TestPreviewIsJudged(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the whole program")
	}
	w, fake := newWorld(t, onEmbedded), newShower()
	var looks atomic.Int64
	fake.ScriptModeration(func(_ string, pictures int) ([]providers.Category, error) {
		if pictures == 1 && looks.Add(1) == 1 {
			return []providers.Category{providers.Sexual}, nil
		}
		return nil, nil
	})
	w.start(withProvider(fake))
	w.agree(w.person)
	w.person.Text("a fox")
	m := w.waitFor(w.person, 30*time.Second, telegramtest.Has("40%"))
	if len(m.Photo) > 0 || looks.Load() != 1 {
		t.Errorf("a preview that was objected to is shown, after %d looks", looks.Load())
	}
	close(fake.on)
	w.picture(w.person, "a fox")
}
