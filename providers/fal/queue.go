package fal

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// handle is what there is to know of a request: where to ask, or what a callback brought along.
type handle struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Status  string `json:"status,omitempty"`
	Result  string `json:"result,omitempty"`
	Cancel  string `json:"cancel,omitempty"`
	Seed    int64  `json:"seed,omitempty"` // that was asked for

	Made   *made    `json:"made,omitempty"`   // by a callback that tells a success
	Failed *failure `json:"failed,omitempty"` // by one that tells an error
}

const (
	handleVersion = 1
	maxHandle     = 16 << 10
)

// accepted reads the answer to a POST.
func (p *Provider) accepted(reply *wire.Reply, path string, r providers.Request) (providers.Submission, error) {
	var a struct {
		ID     string `json:"request_id"`
		Status string `json:"status_url"`
		Result string `json:"response_url"`
		Cancel string `json:"cancel_url"`
	}
	if err := reply.JSON(&a); err != nil {
		return providers.Submission{}, err
	}
	if !token(a.ID) {
		return providers.Submission{}, p.client.Fail(providers.UnknownCall, providers.BilledMaybe, "accepted without an id")
	}
	root := app(path) + "/requests/" + a.ID
	h := handle{
		ID: a.ID, Seed: r.Seed, Result: p.ownOr(a.Result, root), Status: p.ownOr(a.Status, root+"/status"),
		Cancel: p.ownOr(a.Cancel, root+"/cancel"),
	}
	return p.submission(h), nil
}

func (p *Provider) submission(h handle) providers.Submission {
	h.Version = handleVersion
	sealed, _ := json.Marshal(h) // strings and numbers always marshal
	return providers.Submission{Handle: sealed, ExternalID: h.ID, NextPoll: p.pause, Cost: -1}
}

// app is the part of a model's path that its requests are kept below.
func app(path string) string {
	segments := strings.Split(path, "/")
	n := 2
	if segments[0] == "workflows" || segments[0] == "comfy" {
		n = 3
	}
	return strings.Join(segments[:min(n, len(segments))], "/")
}

// ownOr is an address that was given out, if it is the queue's, or else a path.
func (p *Provider) ownOr(address, otherwise string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != p.base.Scheme || u.Host != p.base.Host || u.User != nil || len(address) > 2000 {
		return otherwise
	}
	return address
}

// read a handle.
func (p *Provider) read(sealed []byte) (handle, error) {
	var h handle
	if json.Unmarshal(sealed, &h) != nil || h.Version != handleVersion || !token(h.ID) ||
		(h.Made == nil && h.Failed == nil && (h.Status == "" || h.Result == "" || h.Cancel == "")) {
		return h, p.client.Fail(providers.Lost, providers.BilledMaybe, "not a handle of this provider")
	}
	return h, nil
}

// The statuses of a request. "Completed" says nothing about success.
const (
	statusQueued    = "IN_QUEUE"
	statusCompleted = "COMPLETED"
)

// status is a request as it stands.
type status struct {
	Status   string          `json:"status"`
	Position int             `json:"queue_position"`
	Error    json.RawMessage `json:"error"`
	Kind     string          `json:"error_type"`
}

// failed reports whether it ended without a result.
func (s status) failed() bool {
	return s.Kind != "" || (len(s.Error) > 0 && string(s.Error) != "null" && string(s.Error) != `""`)
}

// Poll implements providers.Poller.
func (p *Provider) Poll(ctx context.Context, sealed []byte) (providers.Progress, error) {
	h, err := p.read(sealed)
	if err != nil {
		return providers.Progress{}, err
	}
	done := providers.Progress{Done: true, Started: true, Fraction: 1, Cost: -1}
	switch {
	case h.Failed != nil:
		return providers.Progress{}, p.fail(*h.Failed)
	case h.Made != nil:
		return done, nil
	}
	s, err := p.ask(ctx, h)
	switch {
	case err != nil:
		return providers.Progress{}, err
	case s.Status == statusCompleted:
		return done, nil
	}
	next := p.pause
	if s.Position > 10 {
		next *= 3
	}
	return providers.Progress{Started: s.Status != statusQueued, Fraction: -1, NextPoll: next, Cost: -1, Ahead: s.Position}, nil
}

// ask how a request is doing. One that ended badly is an error, and its reason lies where the result would.
func (p *Provider) ask(ctx context.Context, h handle) (status, error) {
	var s status
	reply, err := p.client.Ask(ctx, http.MethodGet, h.Status, nil)
	if err != nil {
		return s, err
	}
	defer reply.Close()
	if !reply.OK() {
		return s, p.unanswered(reply)
	}
	if err := reply.JSON(&s); err != nil {
		return s, err
	}
	if s.Status != statusCompleted || !s.failed() {
		return s, nil
	}
	said := failure{Kinds: kinds(s.Kind), Infrastructure: true}
	if said.canceled() {
		return s, p.fail(said)
	}
	result, err := p.result(ctx, h)
	if err != nil {
		return s, err
	}
	result.Close()
	return s, p.fail(said)
}

// result opens what a completed request left. A request that failed is an error.
func (p *Provider) result(ctx context.Context, h handle) (*wire.Reply, error) {
	reply, err := p.client.Ask(ctx, http.MethodGet, h.Result, nil)
	if err != nil {
		return nil, err
	}
	if !reply.OK() {
		defer reply.Close()
		return nil, p.ended(reply)
	}
	return reply, nil
}

// Fetch implements providers.Fetcher.
func (p *Provider) Fetch(ctx context.Context, sealed []byte) (providers.Images, error) {
	h, err := p.read(sealed)
	if err != nil {
		return nil, err
	}
	if h.Failed != nil {
		return nil, p.fail(*h.Failed)
	}
	if h.Made != nil {
		return p.images(ctx, h, *h.Made)
	}
	reply, err := p.result(ctx, h)
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	if reply.Status == http.StatusAccepted {
		return nil, p.client.Fail(providers.Transient, providers.BilledMaybe, "not completed")
	}
	var m made
	if err := reply.JSON(&m); err != nil {
		return nil, err
	}
	return p.images(ctx, h, m)
}

// Cancel implements providers.Canceler. What was taken off the queue is not billed; of what was running nobody knows,
// until it is asked for again.
func (p *Provider) Cancel(ctx context.Context, sealed []byte) (bool, error) {
	h, err := p.read(sealed)
	if err != nil || h.Cancel == "" {
		return false, err
	}
	reply, err := p.client.Ask(ctx, http.MethodPut, h.Cancel, nil)
	if err != nil {
		return false, err
	}
	defer reply.Close()
	if reply.Status == http.StatusBadRequest || reply.Status == http.StatusConflict { // already completed
		return false, nil
	}
	if !reply.OK() {
		return false, p.unanswered(reply)
	}
	var said status
	if reply.JSON(&said) == nil && said.Status == "OK" {
		return true, nil
	}
	return p.gone(ctx, h), nil
}

// gone reports whether a request that was to be canceled says that it was.
func (p *Provider) gone(ctx context.Context, h handle) bool {
	reply, err := p.client.Ask(ctx, http.MethodGet, h.Status, nil)
	if err != nil {
		return false
	}
	defer reply.Close()
	var s status
	return reply.OK() && reply.JSON(&s) == nil && s.Status == statusCompleted && failure{Kinds: kinds(s.Kind)}.canceled()
}
