package workers

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
)

// A provider tells how far a call is while it is under way, and some show the unfinished picture. How far is written down,
// for everybody who looks at the generation; a preview goes from this process straight into the status message and is
// kept nowhere.

// watchEvery is how often a call that tells of its progress is looked at.
const watchEvery = time.Second

// watch keeps the newest of what a provider tells.
type watch struct {
	mu     sync.Mutex
	newest *providers.Progress
}

func (v *watch) tell(p providers.Progress) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p.Preview == nil && v.newest != nil {
		p.Preview = v.newest.Preview
	}
	v.newest = &p
}

// take returns what is new since the last time, nil if nothing is.
func (v *watch) take() *providers.Progress {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.newest
	v.newest = nil
	return p
}

// watchCall returns what a provider is to tell, and what ends it: nothing is edited after that has returned.
func (w *Workers) watchCall(ctx context.Context, a storage.Attempt) (tell func(providers.Progress), stop func()) {
	v := &watch{}
	stop = renewing(ctx, watchEvery, func() time.Duration {
		if p := v.take(); p != nil && w.told(ctx, a, *p) {
			v.again(*p)
		}
		return watchEvery
	})
	return v.tell, stop
}

// again puts back a preview whose time had not come, unless there is a newer one.
func (v *watch) again(p providers.Progress) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.newest == nil {
		v.newest = &p
	}
}

// told notes how far a call is, and shows its preview. It reports whether the preview has to wait: there is a pause
// between two edits.
func (w *Workers) told(ctx context.Context, a storage.Attempt, p providers.Progress) (waits bool) {
	fraction, ahead := min(max(p.Fraction, 0), 1), max(p.Ahead, 0)
	if fraction != 0 || ahead != a.Ahead {
		if err := w.Store.Told(ctx, a.ID, fraction, ahead); err != nil {
			w.Log.WarnContext(ctx, "progress not noted", "attempt", a.ID, "error", err)
			return false
		}
	}
	if !presentable(p.Preview) || w.Telegram == nil {
		return false
	}
	g, err := w.Store.Generation(ctx, a.Generation)
	if err != nil || !g.Status.Open() || g.Form != storage.FormChat {
		return false
	}
	if g.StatusMessage == 0 {
		return true
	}
	if !w.previewable(ctx, g, p.Preview) {
		return false
	}
	shown, err := w.showProgress(ctx, g, p.Preview)
	if err != nil {
		w.Log.WarnContext(ctx, "preview not shown", "generation", g.ID, "error", err)
	}
	return err == nil && !shown && digest(p.Preview) != g.StatusMedia
}

// presentable reports whether a preview is what it should be.
func presentable(b []byte) bool {
	return len(b) > 0 && len(b) <= providers.MaxPreview && strings.HasPrefix(http.DetectContentType(b), "image/")
}
