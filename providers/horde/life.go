package horde

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/imagika/imagika/providers"
)

// handle is what there is to know of a request.
type handle struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
}

const handleVersion = 1

func (p *Provider) submission(id string) providers.Submission {
	sealed, _ := json.Marshal(handle{Version: handleVersion, ID: id}) // it always marshals
	return providers.Submission{Handle: sealed, ExternalID: id, NextPoll: p.pause}
}

// read a handle.
func (p *Provider) read(sealed []byte) (string, error) {
	var h handle
	if json.Unmarshal(sealed, &h) != nil || h.Version != handleVersion || !token(h.ID) {
		return "", p.client.Fail(providers.Lost, providers.BilledMaybe, "not a handle of this provider")
	}
	return h.ID, nil
}

// check is a request as it stands.
type check struct {
	Done       bool    `json:"done"`
	Faulted    bool    `json:"faulted"`
	Possible   *bool   `json:"is_possible"`
	Finished   int     `json:"finished"`
	Processing int     `json:"processing"`
	Waiting    int     `json:"waiting"`
	Wait       float64 `json:"wait_time"` // in seconds
	Position   int     `json:"queue_position"`
}

// vain reports that nobody is there who could do it.
func (c check) vain() bool {
	return c.Possible != nil && !*c.Possible && !c.Done && c.Processing == 0 && c.Finished == 0
}

func (c check) fraction() float64 {
	all := c.Finished + c.Processing + c.Waiting
	if c.Finished == 0 || all <= 0 {
		return -1
	}
	return float64(c.Finished) / float64(all)
}

// ahead is how many requests come before this one while it waits: the first in line is at 1.
func (c check) ahead() int {
	if c.Processing+c.Finished > 0 {
		return 0
	}
	return max(0, c.Position-1)
}

// Poll implements providers.Poller.
func (p *Provider) Poll(ctx context.Context, sealed []byte) (providers.Progress, error) {
	id, err := p.read(sealed)
	if err != nil {
		return providers.Progress{}, err
	}
	reply, err := p.client.Ask(ctx, http.MethodGet, "generate/check/"+id, nil)
	if err != nil {
		return providers.Progress{}, err
	}
	defer reply.Close()
	if !reply.OK() {
		return providers.Progress{}, p.unanswered(reply)
	}
	var c check
	if err := reply.JSON(&c); err != nil {
		return providers.Progress{}, err
	}
	switch {
	case c.Faulted:
		return providers.Progress{}, p.client.Fail(providers.NoOutput, providers.BilledNo, "the request failed too often")
	case c.Done:
		return providers.Progress{Done: true, Started: true, Fraction: 1}, nil
	case c.vain():
		p.forget(ctx, id)
		return providers.Progress{}, p.client.Cannot("no worker can do this")
	}
	return providers.Progress{
		Started: c.Processing+c.Finished > 0, Fraction: c.fraction(), NextPoll: p.next(c.Wait), Cost: -1, Ahead: c.ahead(),
	}, nil
}

// next is half of the time that it is thought to take, within bounds.
func (p *Provider) next(seconds float64) time.Duration {
	half := time.Duration(max(0, min(seconds, 3600)) * float64(time.Second) / 2)
	return max(p.pause, min(half, longPause))
}

// forget takes a request back that would keep its place for nothing. If that fails it ends by itself.
func (p *Provider) forget(ctx context.Context, id string) {
	if reply, err := p.client.Ask(ctx, http.MethodDelete, "generate/status/"+id, nil); err == nil {
		reply.Close()
	}
}

// Cancel implements providers.Canceler. The answer tells what is there already; no more comes.
func (p *Provider) Cancel(ctx context.Context, sealed []byte) (bool, error) {
	id, err := p.read(sealed)
	if err != nil {
		return false, err
	}
	reply, err := p.client.Ask(ctx, http.MethodDelete, "generate/status/"+id, nil)
	if err != nil {
		return false, err
	}
	defer reply.Close()
	if !reply.OK() {
		return false, p.unanswered(reply)
	}
	return true, nil
}

// ParseWebhook implements providers.WebhookParser: one comes for every image, and names the request it belongs to.
func (p *Provider) ParseWebhook(_ http.Header, body []byte) (providers.Submission, error) {
	var hook struct {
		Request string `json:"request"`
	}
	if json.Unmarshal(body, &hook) != nil || !token(hook.Request) {
		return providers.Submission{}, p.client.Fail(providers.BadRequest, providers.BilledNo, "callback: no request in %d bytes", len(body))
	}
	return p.submission(hook.Request), nil
}
