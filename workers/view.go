package workers

import (
	"context"
	"time"

	"github.com/imagika/imagika/storage"
)

// View is how a generation looks from outside a chat.
type View struct {
	ID        string         `json:"id"`
	User      int64          `json:"-"` // whose it is; ours
	Status    storage.Status `json:"status"`
	Reason    storage.Reason `json:"reason,omitempty"`
	Origin    storage.Origin `json:"origin,omitempty"`
	Prompt    string         `json:"prompt"`
	Negative  string         `json:"negative,omitempty"`
	Model     string         `json:"model"`
	Operation string         `json:"operation,omitempty"`
	Quality   string         `json:"quality,omitempty"`
	Style     string         `json:"style,omitempty"`
	Seed      int64          `json:"seed"`
	Width     int            `json:"width,omitempty"` // as asked for
	Height    int            `json:"height,omitempty"`
	Count     int            `json:"count,omitempty"`     // as asked for
	Price     int64          `json:"price,omitempty"`     // for all images, in credits
	Charged   int64          `json:"charged,omitempty"`   // so far; nothing before the images are stored
	Canceling bool           `json:"canceling,omitempty"` // it was asked to stop, and has not yet
	Favorite  bool           `json:"favorite,omitempty"`
	Created   time.Time      `json:"created,omitzero"`
	Ended     time.Time      `json:"ended,omitzero"`     // zero while it is open
	Position  int            `json:"position,omitempty"` // in line, from 1; 0 if it is worked on
	Progress  float64        `json:"progress,omitempty"` // of all images, 0 to 1; 0 is not known
	Spent     time.Duration  `json:"spent,omitempty"`    // since it is worked on, ns
	P50       time.Duration  `json:"p50,omitempty"`      // how long such a one takes, ns
	P90       time.Duration  `json:"p90,omitempty"`
	From      time.Duration  `json:"from,omitempty"`   // when it is likely done, from now, ns: for half of such
	Until     time.Duration  `json:"until,omitempty"`  // and for nine in ten
	Images    []ViewImage    `json:"images,omitempty"` // in order, once they are stored
}

// ViewImage describes a stored image.
type ViewImage struct {
	N         int    `json:"n,omitempty"` // from zero
	MediaType string `json:"media_type"`
	Bytes     int64  `json:"bytes"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	Note      string `json:"note,omitempty"`
}

// Open reports whether there is still something to wait for.
func (v View) Open() bool { return v.Status.Open() }

// View returns where a generation of a person's stands, or storage.ErrNotFound.
func (w *Workers) View(ctx context.Context, user int64, id string) (View, error) {
	g, err := w.Store.OwnGeneration(ctx, user, id)
	if err != nil {
		return View{}, err
	}
	return w.view(ctx, g)
}

func (w *Workers) view(ctx context.Context, g storage.Generation) (View, error) {
	v := View{
		ID: g.ID, User: g.User, Status: g.Status, Reason: g.Reason, Origin: g.Origin, Prompt: g.Request.Prompt, Negative: g.Request.Negative, Model: g.Model,
		Operation: g.Operation, Quality: g.Params.Quality, Style: g.Params.Style, Seed: g.Params.Seed, Width: g.Params.Width, Height: g.Params.Height,
		Count: g.Params.Count, Price: g.Price, Canceling: g.CancelAsked && g.Status.Open(), Favorite: g.Favorite, Created: g.Created,
	}
	t, err := w.timing(ctx, g.Model)
	if err != nil {
		return v, err
	}
	v.P50, v.P90 = t.P50, t.P90
	if g.Status.Open() {
		return v, w.viewOpen(ctx, g, &v)
	}
	if v.Ended = g.Done; v.Ended.IsZero() {
		v.Ended = g.Stored
	}
	images, err := w.Store.Images(ctx, g.ID, true)
	for _, i := range images {
		v.Images = append(v.Images, ViewImage{i.N, i.MediaType, i.Bytes, i.Width, i.Height, i.Note})
	}
	v.Charged = charged(g, len(images))
	return v, err
}

// charged is what was paid for the images that came out, in credits. Those that came too late were free.
func charged(g storage.Generation, images int) int64 {
	if g.Stored.IsZero() {
		return 0
	}
	return g.Price / int64(max(g.Params.Count, 1)) * int64(images)
}

// viewOpen adds its place in line, or how far it is.
func (w *Workers) viewOpen(ctx context.Context, g storage.Generation, v *View) error {
	s, err := w.standing(ctx, g)
	if err != nil {
		return err
	}
	v.From, v.Until, v.Progress = s.from, s.until, s.done
	if g.Status == storage.StatusGenerating {
		v.Spent = time.Since(g.Started)
		return nil
	}
	v.Position = s.line.Waiting() + s.line.Own + 1
	return nil
}

// Await returns a generation of a person's once it is over, or as it stands when ctx ends: then it is open, and goes on.
func (w *Workers) Await(ctx context.Context, user int64, id string) (View, error) {
	for pause := awaitFirst; ; pause = min(pause*3/2, awaitMost) {
		g, err := w.Store.OwnGeneration(ctx, user, id)
		if err != nil && ctx.Err() == nil {
			return View{}, err
		}
		if err == nil && !g.Status.Open() {
			return w.view(ctx, g)
		}
		select {
		case <-ctx.Done():
			ctx, cancel := settled(ctx)
			defer cancel()
			return w.View(ctx, user, id)
		case <-time.After(pause):
		}
	}
}

// The first and the longest pause between two looks of Await.
const (
	awaitFirst = 100 * time.Millisecond
	awaitMost  = time.Second
)
