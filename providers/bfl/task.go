package bfl

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// handle is what there is to know of a task.
type handle struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Poll    string `json:"poll,omitempty"` // as given out; empty is built from the id
	Seed    int64  `json:"seed"`
	Cost    int64  `json:"cost"` // micro-dollars, -1 is not known
	At      int64  `json:"at"`   // when it was taken, in seconds of Unix
}

const handleVersion = 1

// submission is a task that was taken.
func (p *Provider) submission(h handle) providers.Submission {
	h.Version = handleVersion
	sealed, _ := json.Marshal(h) // strings and numbers always marshal
	return providers.Submission{Handle: sealed, ExternalID: h.ID, NextPoll: p.pause, Cost: h.Cost}
}

// credits as micro-dollars; -1 if it is not said.
func credits(v json.RawMessage) int64 {
	var n *float64
	if json.Unmarshal(v, &n) != nil || n == nil || *n < 0 || *n > 1e6 {
		return -1
	}
	return int64(math.Round(*n * 10_000))
}

// read a handle.
func (p *Provider) read(sealed []byte) (handle, error) {
	var h handle
	if json.Unmarshal(sealed, &h) != nil || h.Version != handleVersion || !token(h.ID) || (h.Poll != "" && !p.own(h.Poll)) {
		return h, p.client.Fail(providers.Lost, providers.BilledMaybe, "not a handle of this provider")
	}
	return h, nil
}

// task is a task as it stands.
type task struct {
	Status   string          `json:"status"`
	State    string          `json:"state"` // an older name for the same
	Progress json.RawMessage `json:"progress"`
	Result   *struct {
		Sample string          `json:"sample"`
		Seed   json.RawMessage `json:"seed"`
	} `json:"result"`
	Details json.RawMessage `json:"details"`
	Error   json.RawMessage `json:"error"`
}

// The statuses that end a task; all others are work in progress.
const (
	statusReady    = "Ready"
	statusInput    = "Request Moderated"
	statusOutput   = "Content Moderated"
	statusError    = "Error"
	statusFailed   = "Failed"
	statusNotFound = "Task not found"
	statusPending  = "Pending"
)

// settling is how long a task that was just taken may not be found.
const settling = 30 * time.Second

// ask for a task, at the address that was given out for it. What it answers is never an end that is not one: a task
// that ended badly is an error.
func (p *Provider) ask(ctx context.Context, h handle) (task, error) {
	at := h.Poll
	if at == "" {
		at = "get_result?id=" + url.QueryEscape(h.ID)
	}
	var t task
	reply, err := p.client.Ask(ctx, http.MethodGet, at, nil)
	if err != nil {
		return t, err
	}
	defer reply.Close()
	if reply.Status == http.StatusNotFound {
		t.Status = statusNotFound
	} else if !reply.OK() {
		return t, p.unanswered(reply)
	} else if err := reply.JSON(&t); err != nil {
		return t, err
	}
	if t.Status == "" {
		t.Status = t.State
	}
	return t, p.ended(h, &t)
}

// ended is the error of a task that will have no image.
func (p *Provider) ended(h handle, t *task) error {
	switch t.Status {
	case statusInput:
		return p.moderated("input")
	case statusOutput:
		return p.moderated("output")
	case statusError, statusFailed:
		if refusal(t.Details) || refusal(t.Error) {
			return p.moderated("input")
		}
		return p.client.Fail(providers.NoOutput, providers.BilledMaybe, "the task failed")
	case statusNotFound:
		if p.now().Sub(time.Unix(h.At, 0)) < settling {
			t.Status = statusPending
			return nil
		}
		return p.client.Fail(providers.Lost, providers.BilledMaybe, "the task is not found")
	case statusReady:
		if t.Result == nil || t.Result.Sample == "" {
			return p.client.Fail(providers.NoOutput, providers.BilledYes, "ready without an image")
		}
	}
	return nil
}

func (p *Provider) moderated(stage string) error {
	e := p.client.Fail(providers.Rejected, providers.BilledMaybe, "%s moderated", stage)
	e.Stage = stage
	return e
}

// Poll implements providers.Poller.
func (p *Provider) Poll(ctx context.Context, sealed []byte) (providers.Progress, error) {
	h, err := p.read(sealed)
	if err != nil {
		return providers.Progress{}, err
	}
	t, err := p.ask(ctx, h)
	if err != nil {
		return providers.Progress{}, err
	}
	if t.Status == statusReady {
		return providers.Progress{Done: true, Started: true, Fraction: 1, Cost: h.Cost}, nil
	}
	f := fraction(t.Progress)
	return providers.Progress{Started: f > 0 || t.Status != statusPending, Fraction: f, NextPoll: p.pause, Cost: -1}, nil
}

// fraction of the work that is done, negative if it is not said.
func fraction(v json.RawMessage) float64 {
	var n *float64
	if json.Unmarshal(v, &n) != nil || n == nil || *n < 0 || *n > 1 {
		return -1
	}
	return *n
}

// Fetch implements providers.Fetcher. It asks again, because addresses of results are not kept.
func (p *Provider) Fetch(ctx context.Context, sealed []byte) (providers.Images, error) {
	h, err := p.read(sealed)
	if err != nil {
		return nil, err
	}
	t, err := p.ask(ctx, h)
	if err != nil {
		return nil, err
	}
	if t.Status != statusReady {
		return nil, p.client.Fail(providers.Transient, providers.BilledMaybe, "not ready")
	}
	made := h.Seed
	if n, ok := whole(t.Result.Seed); ok {
		made = n
	}
	return p.client.Pictures(ctx, []string{t.Result.Sample}, func(int) int64 { return made }), nil
}

func whole(v json.RawMessage) (int64, bool) {
	var n *int64
	if json.Unmarshal(v, &n) != nil || n == nil {
		return 0, false
	}
	return *n, true
}

// token reports whether s can be an id or a code: nothing that would change an address or quote a person.
func token(s string) bool { return wire.Token(s, 128, "-") }
