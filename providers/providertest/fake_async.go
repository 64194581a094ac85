package providertest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/imagika/imagika/providers"
)

// Poll implements Poller.
func (f *Fake) Poll(ctx context.Context, sealed []byte) (providers.Progress, error) {
	if err := ctx.Err(); err != nil {
		return providers.Progress{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, err := f.find(sealed)
	if err != nil {
		return providers.Progress{}, err
	}
	k := c.Polls
	c.Polls++
	if c.step.PollErr != nil {
		if err := c.step.PollErr(k); err != nil {
			return providers.Progress{}, err
		}
	}
	if c.Canceled {
		return providers.Progress{}, f.canceled()
	}
	if done := c.finished || (c.step.Polls >= 0 && k >= c.step.Polls); done {
		c.finished = true
		return providers.Progress{Done: true, Started: true, Fraction: 1, Cost: Price}, nil
	}
	fraction := -1.0
	if c.step.Polls > 0 {
		fraction = float64(k) / float64(c.step.Polls)
	}
	return providers.Progress{Started: k > 0, Fraction: fraction, NextPoll: nextPoll(c.step), Cost: -1}, nil
}

// Fetch implements Fetcher.
func (f *Fake) Fetch(ctx context.Context, sealed []byte) (providers.Images, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, err := f.find(sealed)
	if err != nil {
		return nil, err
	}
	k := c.Fetches
	c.Fetches++
	if c.step.FetchErr != nil {
		if err := c.step.FetchErr(k); err != nil {
			return nil, err
		}
	}
	if c.Canceled {
		return nil, f.canceled()
	}
	if !c.finished {
		return nil, f.bad("not done yet")
	}
	return f.images(c), nil
}

// Cancel implements Canceler: what has not finished can be taken back, unless the script refuses.
func (f *Fake) Cancel(ctx context.Context, sealed []byte) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, err := f.find(sealed)
	if err != nil {
		return false, err
	}
	if c.finished || c.step.CancelRefused {
		return false, nil
	}
	c.Canceled, c.Billed = true, false
	return true, nil
}

// Deletes implements Deleter.
func (*Fake) Deletes() bool { return true }

// Delete implements Deleter: what was deleted cannot be fetched any more.
func (f *Fake) Delete(ctx context.Context, externalID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c.ExternalID != externalID {
			continue
		}
		c.Deleted++
		if c.step.DeleteErr != nil {
			if err := c.step.DeleteErr(c.Deleted - 1); err != nil {
				return err
			}
		}
		c.gone = true
	}
	return nil
}

// Reconcile implements Reconciler. What never arrived was not accepted; what arrived and was refused neither.
func (f *Fake) Reconcile(ctx context.Context, r providers.Request) (providers.Outcome, providers.Submission, error) {
	if err := ctx.Err(); err != nil {
		return providers.Unknown, providers.Submission{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := slices.IndexFunc(f.calls, func(c *call) bool { return c.Request.AttemptID == r.AttemptID })
	if n < 0 || !f.calls[n].Billed {
		return providers.NotAccepted, providers.Submission{}, nil
	}
	c := f.calls[n]
	m, err := f.check(c.Request)
	if err != nil {
		return providers.Unknown, providers.Submission{}, err
	}
	outcome := c.step.Reconcile
	if m.Async && !c.step.LoseAnswer && !c.step.Hang {
		outcome = providers.Found
	}
	if outcome != providers.Found {
		return outcome, providers.Submission{}, nil
	}
	return providers.Found, f.accepted(n, c, m), nil
}

// find needs the lock.
func (f *Fake) find(sealed []byte) (*call, error) {
	var h handle
	if err := json.Unmarshal(sealed, &h); err != nil || h.ID == "" {
		return nil, f.bad("not a handle of %s", f.name)
	}
	if h.Call < 0 || h.Call >= len(f.calls) || f.calls[h.Call].ExternalID != h.ID || f.calls[h.Call].gone {
		return nil, &providers.Error{Provider: f.name, Class: providers.Lost, Billed: providers.BilledMaybe}
	}
	return f.calls[h.Call], nil
}

func (f *Fake) canceled() error {
	return &providers.Error{Provider: f.name, Class: providers.Canceled, Billed: providers.BilledNo}
}

// Finish makes an asynchronous call done, whatever the script says.
func (f *Fake) Finish(attemptID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c.Request.AttemptID == attemptID {
			c.finished = !c.Canceled
		}
	}
}

// Calls returns every Submit seen, oldest first.
func (f *Fake) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := make([]Call, len(f.calls))
	for i, c := range f.calls {
		calls[i] = c.Call
	}
	return calls
}

// Call returns the last Submit of an attempt.
func (f *Fake) Call(attemptID string) (Call, bool) {
	calls := f.Calls()
	for _, c := range slices.Backward(calls) {
		if c.Request.AttemptID == attemptID {
			return c, true
		}
	}
	return Call{}, false
}

// Billed returns how many calls were charged for.
func (f *Fake) Billed() int {
	n := 0
	for _, c := range f.Calls() {
		if c.Billed {
			n++
		}
	}
	return n
}

// Await returns once the fake has seen n calls, or with the context's error.
func (f *Fake) Await(ctx context.Context, n int) error {
	for {
		f.mu.Lock()
		seen, change := len(f.calls), f.change
		f.mu.Unlock()
		if seen >= n {
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// images are the results of a call.
func (f *Fake) images(c *call) providers.Images {
	r, step := c.Request, c.step
	return func(yield func(providers.Image, error) bool) {
		n := r.Count
		if step.Images != 0 {
			n = max(0, step.Images)
		}
		for i := range n {
			if step.BreakAfter > 0 && i >= step.BreakAfter {
				yield(providers.Image{}, f.unknown(errLost))
				return
			}
			seed := r.Seed + int64(i)
			body := step.Body
			if body == nil {
				body = PNG(r.Size, seed)
			}
			if !yield(providers.Image{MediaType: "image/png", Seed: seed, Body: bytes.NewReader(body)}, nil) {
				return
			}
		}
	}
}
