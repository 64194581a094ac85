package devapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/imagika/imagika/cmd/internal/sse"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// object is a generation as it stands.
type object struct {
	ID        string   `json:"id"`
	Object    string   `json:"object"`
	Status    string   `json:"status"` // queued, in_progress, completed, failed or canceled
	Created   int64    `json:"created_at"`
	Model     string   `json:"model"`
	Prompt    string   `json:"prompt"`
	N         int      `json:"n"`
	Size      string   `json:"size"`
	Seed      int64    `json:"seed"`
	Credits   int64    `json:"credits"` // its price; the result says what was charged
	Canceling bool     `json:"canceling,omitempty"`
	Position  int      `json:"position,omitempty"` // in line, from 1
	Progress  float64  `json:"progress,omitempty"` // 0 to 1
	ETA       *eta     `json:"eta,omitempty"`
	Result    *answer  `json:"result,omitempty"`
	Error     *problem `json:"error,omitempty"`
}

// eta is when it is likely done, in seconds from now: half of such are done at the first time, nine in ten at the second.
type eta struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
}

type problem struct {
	Code    string `json:"code"`
	Type    string `json:"type"`
	Message string `json:"message"`
}

// The states of an object.
const (
	stateQueued     = "queued"
	stateInProgress = "in_progress"
	stateCompleted  = "completed"
	stateFailed     = "failed"
	stateCanceled   = "canceled"
)

// object describes a generation. Its pictures are links, which need no token.
func (a *API) object(r *http.Request, v workers.View) object {
	o := object{
		ID: v.ID, Object: "image.generation", Created: v.Created.Unix(), Model: v.Model, Prompt: v.Prompt, N: v.Count, Size: sizeOf(v.Width, v.Height),
		Seed: v.Seed, Credits: v.Price, Canceling: v.Canceling, Position: v.Position, Progress: v.Progress,
	}
	if v.Open() {
		o.Status, o.ETA = stateQueued, &eta{v.From.Seconds(), v.Until.Seconds()}
		if v.Status == storage.StatusGenerating {
			o.Status = stateInProgress
		}
		return o
	}
	if f, bad := ended(v); bad {
		o.Status, o.Error = stateFailed, &problem{f.Code, f.Kind, f.Message}
		if v.Status == storage.StatusCanceled {
			o.Status = stateCanceled
		}
		return o
	}
	o.Status = stateCompleted
	result := a.images(r, caller{Person: storage.Person{ID: v.User}}, v, formatURL)
	o.Result = &result
	return o
}

func sizeOf(width, height int) string { return strconv.Itoa(width) + "x" + strconv.Itoa(height) }

// namedSize is a picture's size if OpenAI's API knows it: clients in strict languages take no others. Empty is another one.
func namedSize(i workers.ViewImage) string {
	if size := sizeOf(i.Width, i.Height); slices.Contains([]string{"1024x1024", "1024x1536", "1536x1024"}, size) {
		return size
	}
	return ""
}

// How often a stream looks, and how long it lasts at most.
const (
	streamLook = 700 * time.Millisecond
	streamMost = 30 * time.Minute
)

// follow streams how a generation stands, until it is over.
func (a *API) follow(w http.ResponseWriter, r *http.Request, c caller) error {
	leave, err := enter(a.waits, c, 1)
	if err != nil {
		return err
	}
	defer leave()
	v, err := a.view(r, c)
	if err != nil {
		return err
	}
	s := sse.Begin(w)
	a.until(r.Context(), s, c, v, func(v workers.View) error { return s.Send("image.generation", a.object(r, v)) })
	return nil
}

// mark is what of a generation is worth an event when it changes.
type mark struct {
	status   storage.Status
	position int
	progress int // in twentieths
	stopping bool
}

func markOf(v workers.View) mark {
	return mark{v.Status, v.Position, int(v.Progress * 20), v.Canceling}
}

// until calls tell with a generation whenever there is something new, and last when it is over. What breaks it off needs no answer: the
// stream has begun, and its reader comes back.
func (a *API) until(ctx context.Context, s *sse.Stream, c caller, v workers.View, tell func(workers.View) error) {
	ctx, cancel := context.WithTimeout(ctx, streamMost)
	defer cancel()
	look, beat := time.NewTicker(streamLook), time.NewTicker(sse.Beat)
	defer look.Stop()
	defer beat.Stop()
	var said mark
	for {
		if now := markOf(v); now != said {
			if said = now; tell(v) != nil {
				return
			}
		}
		if !v.Open() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			if s.Beat() != nil || !a.still(ctx, c) {
				return
			}
		case <-look.C:
			next, err := a.Workers.View(ctx, c.ID, v.ID)
			if err != nil {
				return
			}
			v = next
		}
	}
}

// still reports whether the token is good: one that was revoked is told nothing more.
func (a *API) still(ctx context.Context, c caller) bool {
	_, _, err := a.Workers.Authenticate(ctx, c.shown)
	return !errors.Is(err, storage.ErrNotFound)
}

// completed is the event of OpenAI's streams that has a picture.
type completed struct {
	Type         string `json:"type"`
	B64          string `json:"b64_json,omitempty"` // put in when it is sent
	CreatedAt    int64  `json:"created_at"`
	Size         string `json:"size"`
	Quality      string `json:"quality"`
	Background   string `json:"background"`
	OutputFormat string `json:"output_format"`
	Usage        usage  `json:"usage"`
	ID           string `json:"id"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
}

// What OpenAI's streams call such an event.
const (
	eventPainted = "image_generation.completed"
	eventEdited  = "image_edit.completed"
)

// stream answers with OpenAI's events: each picture when all are done. There are no partial ones.
func (a *API) stream(w http.ResponseWriter, r *http.Request, c caller, id string) error {
	v, err := a.Workers.View(r.Context(), c.ID, id)
	if err != nil {
		return err
	}
	s := sse.Begin(w)
	a.until(r.Context(), s, c, v, func(v workers.View) error {
		if v.Open() {
			return s.Beat()
		}
		if f, bad := ended(v); bad {
			return s.Send("error", f.body())
		}
		return a.sendPictures(s, r, c, v)
	})
	return nil
}
