package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/imagika/imagika/providers"
)

const (
	maxCallbacks = 64       // waiting to be sent at once; more are not sent, callers poll anyway
	maxHandle    = 16 << 10 // the contract's
	soonest      = 50 * time.Millisecond
)

// handle is an asynchronous call: all that is needed to draw it, and when it is done. It holds the prompt, so it is
// stored sealed.
type handle struct {
	ID       string         `json:"id"`
	Prompt   string         `json:"prompt"`
	Negative string         `json:"negative,omitempty"`
	Size     providers.Size `json:"size"`
	Count    int            `json:"count"`
	Seed     int64          `json:"seed"`
	Started  time.Time      `json:"started"`
	Ready    time.Time      `json:"ready"`
	Spoil    string         `json:"spoil,omitempty"`
	Lost     bool           `json:"lost,omitempty"`
}

func (h handle) request() providers.Request {
	return providers.Request{
		AttemptID: h.ID, Model: ModelAsync, Operation: providers.Generate, Prompt: h.Prompt, Negative: h.Negative,
		Size: h.Size, Count: h.Count, Seed: h.Seed,
	}
}

// submitLater answers with a handle.
func (p *Provider) submitLater(ctx context.Context, r providers.Request, fault Fault) (providers.Submission, error) {
	sub, err := p.later(r, fault)
	if err != nil {
		return sub, err
	}
	if r.CallbackURL != "" {
		p.callBack(ctx, r, p.opts.Delay+fault.LateBy)
	}
	return sub, nil
}

func (p *Provider) later(r providers.Request, fault Fault) (providers.Submission, error) {
	now := p.opts.Now()
	wait := p.opts.Delay + fault.LateBy
	h := handle{
		ID: r.AttemptID, Prompt: r.Prompt, Negative: r.Negative, Size: r.Size, Count: r.Count, Seed: r.Seed,
		Started: now, Ready: now.Add(wait), Spoil: fault.spoiler(),
	}
	stored, err := json.Marshal(h)
	if err != nil {
		return providers.Submission{}, bad(err)
	}
	if len(stored) > maxHandle {
		return providers.Submission{}, bad(errors.New("the prompt does not fit a handle"))
	}
	return providers.Submission{Handle: stored, ExternalID: r.AttemptID, NextPoll: max(soonest, wait)}, nil
}

func open(stored []byte) (handle, error) {
	var h handle
	if err := json.Unmarshal(stored, &h); err != nil {
		// The decoder's error may quote the prompt.
		return h, bad(errors.New("not a handle"))
	}
	if h.Ready.IsZero() {
		return h, bad(errors.New("not a handle"))
	}
	return h, nil
}

// Poll implements providers.Poller: it is done when its time has come.
func (p *Provider) Poll(ctx context.Context, stored []byte) (providers.Progress, error) {
	if err := ctx.Err(); err != nil {
		return providers.Progress{}, err
	}
	h, err := open(stored)
	if err != nil {
		return providers.Progress{}, err
	}
	now := p.opts.Now()
	left := h.Ready.Sub(now)
	if left <= 0 {
		return providers.Progress{Done: true, Started: true, Fraction: 1}, nil
	}
	fraction := 1 - float64(left)/float64(max(1, h.Ready.Sub(h.Started)))
	return providers.Progress{Started: true, Fraction: max(0, fraction), NextPoll: max(soonest, min(left, time.Second))}, nil
}

// Fetch implements providers.Fetcher.
func (p *Provider) Fetch(ctx context.Context, stored []byte) (providers.Images, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h, err := open(stored)
	if err != nil {
		return nil, err
	}
	if h.Ready.After(p.opts.Now()) {
		return nil, bad(errors.New("not done yet"))
	}
	if _, err := p.check(h.request()); err != nil {
		return nil, err
	}
	return p.images(ctx, h.request(), spoiledBy(h.Spoil), teller{}), nil
}

// Cancel implements providers.Canceler: nothing runs before Fetch and nothing is ever billed.
func (p *Provider) Cancel(ctx context.Context, stored []byte) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if _, err := open(stored); err != nil {
		return false, err
	}
	return true, nil
}

// Reconcile implements providers.Reconciler. A synchronous call leaves no trace. An asynchronous one is nothing but its
// request, so it can always be found.
func (p *Provider) Reconcile(
	ctx context.Context, r providers.Request,
) (providers.Outcome, providers.Submission, error) {
	if err := ctx.Err(); err != nil {
		return providers.Unknown, providers.Submission{}, err
	}
	m, err := p.check(r)
	if err != nil || !m.Async {
		return providers.NotAccepted, providers.Submission{}, nil
	}
	sub, err := p.later(r, Fault{})
	if err != nil {
		return providers.NotAccepted, providers.Submission{}, nil
	}
	return providers.Found, sub, nil
}

// callback is the body sent to Request.CallbackURL.
type callback struct {
	ExternalID string `json:"external_id"`
}

// callBack tells the caller when the call is done. It is a favor: it outlives the request, is bounded in number, and is
// not repeated.
func (p *Provider) callBack(ctx context.Context, r providers.Request, wait time.Duration) {
	if !p.calls.TryAcquire(1) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer p.calls.Release(1)
		if pause(ctx, wait) != nil {
			return
		}
		if err := p.post(ctx, r.CallbackURL, callback{ExternalID: r.AttemptID}); err != nil {
			p.opts.Log.WarnContext(ctx, "callback not delivered", slogErr(err))
		}
	}()
}

func (p *Provider) post(ctx context.Context, url string, c callback) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.opts.Client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

// ParseWebhook implements providers.WebhookParser. There is no signature, and what a callback carries is not enough to
// go on from: the handle is in the caller's books.
func (p *Provider) ParseWebhook(_ http.Header, body []byte) (providers.Submission, error) {
	var c callback
	if err := json.Unmarshal(body, &c); err != nil {
		return providers.Submission{}, fmt.Errorf("callback: %w", err)
	}
	if c.ExternalID == "" {
		return providers.Submission{}, errors.New("callback: no external id")
	}
	return providers.Submission{ExternalID: c.ExternalID, Cost: -1}, nil
}
