package providertest

import (
	"bytes"
	"context"
	"errors"
	"image"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
)

// Watched keeps what a call tells while Submit works.
type Watched struct {
	mu   sync.Mutex
	told []providers.Progress
	over bool
	late bool
}

// Tell is a Request.Watch.
func (w *Watched) Tell(p providers.Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told, w.late = append(w.told, p), w.late || w.over
}

// Over says that Submit has returned, and returns what was told until then. Nothing may be told from then on.
func (w *Watched) Over(t *testing.T) []providers.Progress {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.late {
			t.Error("something was told after Submit had returned")
		}
	})
	return w.told
}

// testWatched looks at what a call tells: it never goes back, and what it shows is a small picture. A synchronous model that
// can be canceled stops when its context ends.
func testWatched(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	var w Watched
	r := Request(m, m.Operations[0])
	r.Watch = w.Tell
	if _, err := p.Submit(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	CheckTold(t, w.Over(t))
	if m.Async || !m.Cancel {
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.Watch = func(providers.Progress) { cancel() }
	start := time.Now()
	if _, err := p.Submit(ctx, r); ctx.Err() != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a call whose context ended while it was under way: %v", err)
	}
	if took := time.Since(start); took > patience {
		t.Errorf("it took %v to stop", took)
	}
}

// CheckTold looks at what a call told, in its order.
func CheckTold(t *testing.T, told []providers.Progress) {
	t.Helper()
	last := 0.0
	for i, p := range told {
		if p.Fraction > 1 || (p.Fraction >= 0 && p.Fraction < last) {
			t.Errorf("%d: a fraction of %v after %v", i, p.Fraction, last)
		}
		last = max(last, p.Fraction)
		if p.Preview == nil {
			continue
		}
		if _, _, err := image.Decode(bytes.NewReader(p.Preview)); err != nil || len(p.Preview) > providers.MaxPreview {
			t.Errorf("%d: a preview of %d bytes: %v", i, len(p.Preview), err)
		}
	}
}
