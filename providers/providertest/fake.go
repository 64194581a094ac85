// Package providertest holds what every provider is tested with: [Run], the suite of the contract, and [Fake], a
// provider that does as it is told.
//
// The fake keeps two books, as a paid service does: what it was asked (Calls) and what it charged for (Billed). A test
// of the callers compares them with what was recorded and with what people paid. It never dedupes: two submissions of
// the same attempt are two calls and two charges.
package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/imagika/imagika/providers"
)

// Price is what the fake charges for a call, in micro-dollars.
const Price = 40_000

// errLost is the transport's error of a call whose answer was lost.
var errLost = errors.New("connection reset after the request was written")

// Step is how one Submit goes. The zero value answers at once with what was asked for.
type Step struct {
	// Latency passes before the answer; it ends early with the context.
	Latency time.Duration
	// Until, if set, is closed when the answer may come; it ends early with the context.
	Until <-chan struct{}
	// Hang never answers: the call is charged for and ends with the context.
	Hang bool
	// Panic panics in Submit, before anything is charged.
	Panic bool
	// Err is the answer. The call is charged for if it says BilledYes.
	Err *providers.Error
	// LoseAnswer does and charges for the work and then answers UnknownCall.
	LoseAnswer bool
	// Reconcile is what Reconcile finds for a call that hung or whose answer was lost. The zero value is Unknown; with
	// Found an asynchronous call goes on.
	Reconcile providers.Outcome
	// Images is how many come back, zero for as many as were asked for, negative for none.
	Images int
	// Body replaces every image's bytes.
	Body []byte
	// BreakAfter ends the images with an error after so many; zero does not.
	BreakAfter int

	// Polls is how many times an asynchronous call is not done yet, negative for never (until Finish).
	Polls int
	// NextPoll is when to ask, one millisecond if zero.
	NextPoll time.Duration
	// PollErr answers the k-th Poll, counted from zero, where it is not nil.
	PollErr func(k int) error
	// FetchErr answers the k-th Fetch, counted from zero, where it is not nil.
	FetchErr func(k int) error
	// DeleteErr answers the k-th Delete, counted from zero, where it is not nil.
	DeleteErr func(k int) error
	// CancelRefused lets the call run to its end and be charged for although Cancel was asked.
	CancelRefused bool
}

// Call is one Submit the fake has seen.
type Call struct {
	Request providers.Request
	// ExternalID is what an asynchronous call was accepted as.
	ExternalID string
	Billed     bool
	Canceled   bool
	Deleted    int // how often that was asked
	Polls      int
	Fetches    int
}

// Fake is a provider that follows a script. It implements every optional interface and is safe for concurrent use.
type Fake struct {
	name   string
	models []providers.Model

	mu     sync.Mutex
	script func(n int, r providers.Request) Step
	calls  []*call
	change chan struct{} // closed and replaced whenever a call is added
	probe  error
	words  words
}

type call struct {
	Call
	step     Step
	finished bool
	gone     bool // deleted
}

type handle struct {
	Call int    `json:"call"`
	ID   string `json:"id"`
}

var (
	_ providers.Provider      = (*Fake)(nil)
	_ providers.Poller        = (*Fake)(nil)
	_ providers.Fetcher       = (*Fake)(nil)
	_ providers.Canceler      = (*Fake)(nil)
	_ providers.Deleter       = (*Fake)(nil)
	_ providers.Reconciler    = (*Fake)(nil)
	_ providers.WebhookParser = (*Fake)(nil)
	_ providers.Prober        = (*Fake)(nil)
)

// NewFake returns a provider of that name. Without models it has two that do everything: one named like the provider,
// synchronous, and one with "-async" added.
func NewFake(name string, models ...providers.Model) *Fake {
	if len(models) == 0 {
		models = []providers.Model{FakeModel(name), FakeAsyncModel(name + "-async")}
	}
	return &Fake{
		name: name, models: models, change: make(chan struct{}),
		script: func(int, providers.Request) Step { return Step{} },
	}
}

// FakeModel is a synchronous model that does everything.
func FakeModel(name string) providers.Model {
	return providers.Model{
		Name:       name,
		Operations: []providers.Operation{providers.Generate, providers.Edit, providers.Vary, providers.Upscale, providers.Expand},
		MaxCount:   4, MaxRefs: 4, Seed: true, Negative: true,
		Sizes: []providers.Size{{Width: 64, Height: 64}, {Width: 96, Height: 54}, {Width: 54, Height: 96}},
		// Short, so that a test whose call hangs ends.
		Timeout: 10 * time.Second, Typical: 10 * time.Millisecond,
	}
}

// FakeAsyncModel is FakeModel, asynchronous.
func FakeAsyncModel(name string) providers.Model {
	m := FakeModel(name)
	m.Async, m.Cancel, m.ResultTTL = true, true, time.Hour
	return m
}

// Script says how calls go from now on: n counts all calls of the fake from zero.
func (f *Fake) Script(script func(n int, r providers.Request) Step) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script = script
}

// Name implements Provider.
func (f *Fake) Name() string { return f.name }

// Models implements Provider.
func (f *Fake) Models() []providers.Model { return slices.Clone(f.models) }

// Estimate implements Provider.
func (f *Fake) Estimate(providers.Request) int64 { return Price }

// Submit implements Provider: it notes the call and does what the script says.
func (f *Fake) Submit(ctx context.Context, r providers.Request) (providers.Submission, error) {
	if err := ctx.Err(); err != nil {
		return providers.Submission{}, err
	}
	model, err := f.check(r)
	if err != nil {
		return providers.Submission{}, err
	}
	n, c := f.note(r, model)
	step := c.step
	if err := wait(ctx, step); err != nil {
		return providers.Submission{}, f.unknown(err)
	}
	switch {
	case step.Panic:
		panic("scripted")
	case step.Err != nil:
		failed := *step.Err
		failed.Provider = f.name
		return providers.Submission{}, &failed
	case step.LoseAnswer:
		return providers.Submission{}, f.unknown(errLost)
	}
	return f.accepted(n, c, model), nil
}

// wait returns an error if the call ended before its answer came.
func wait(ctx context.Context, step Step) error {
	var latency <-chan time.Time
	until := step.Until
	switch {
	case step.Hang:
	case step.Latency > 0:
		t := time.NewTimer(step.Latency)
		defer t.Stop()
		latency = t.C
	case until == nil:
		return nil
	}
	select {
	case <-latency:
		return nil
	case <-until:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// note writes the call into the books before anything can go wrong with it.
func (f *Fake) note(r providers.Request, m providers.Model) (int, *call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.calls)
	step := f.script(n, r)
	c := &call{Call: Call{Request: r}, step: step}
	c.Billed = !step.Panic && (step.Err == nil || step.Err.Billed == providers.BilledYes)
	if m.Async && c.Billed && step.Err == nil {
		c.ExternalID = fmt.Sprintf("%s-%d", f.name, n)
	}
	f.calls = append(f.calls, c)
	close(f.change)
	f.change = make(chan struct{})
	return n, c
}

func (f *Fake) accepted(n int, c *call, m providers.Model) providers.Submission {
	if !m.Async {
		return providers.Submission{Images: f.images(c), Cost: Price}
	}
	// A struct of an int and a string always marshals.
	sealed, _ := json.Marshal(handle{Call: n, ID: c.ExternalID})
	return providers.Submission{Handle: sealed, ExternalID: c.ExternalID, NextPoll: nextPoll(c.step), Cost: -1}
}

func nextPoll(s Step) time.Duration {
	if s.NextPoll == 0 {
		return time.Millisecond
	}
	return s.NextPoll
}

// check refuses what a strict service would refuse, and charges nothing for it.
func (f *Fake) check(r providers.Request) (providers.Model, error) {
	i := slices.IndexFunc(f.models, func(m providers.Model) bool { return m.Name == r.Model })
	if i < 0 {
		return providers.Model{}, f.bad("unknown model %q", r.Model)
	}
	m := f.models[i]
	switch {
	case r.AttemptID == "":
		return m, f.bad("no attempt id")
	case !m.Can(r.Operation):
		return m, f.bad("%s does not %s", m.Name, r.Operation)
	case r.Count < 1 || r.Count > m.MaxCount:
		return m, f.bad("count %d is not within 1 and %d", r.Count, m.MaxCount)
	case len(r.References) > m.MaxRefs:
		return m, f.bad("%d references are more than %d", len(r.References), m.MaxRefs)
	case r.Operation != providers.Generate && len(r.References) == 0:
		return m, f.bad("%s needs a reference", r.Operation)
	case r.Operation == providers.Expand && !r.Margins.Valid():
		return m, f.bad("no margins")
	}
	return m, nil
}

func (f *Fake) bad(format string, args ...any) error {
	return &providers.Error{
		Provider: f.name, Class: providers.BadRequest, Billed: providers.BilledNo, Err: fmt.Errorf(format, args...),
	}
}

func (f *Fake) unknown(err error) error {
	return &providers.Error{Provider: f.name, Class: providers.UnknownCall, Billed: providers.BilledMaybe, Err: err}
}

// Probe implements Prober.
func (f *Fake) Probe(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.probe
}

// SetProbe sets what Probe answers.
func (f *Fake) SetProbe(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.probe = err
}

// ParseWebhook implements WebhookParser: the body is {"external_id": "…"}, unsigned. The handle is that of the call.
func (f *Fake) ParseWebhook(_ http.Header, body []byte) (providers.Submission, error) {
	var hook struct {
		ExternalID string `json:"external_id"`
	}
	if err := json.Unmarshal(body, &hook); err != nil {
		return providers.Submission{}, fmt.Errorf("webhook: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := slices.IndexFunc(f.calls, func(c *call) bool { return hook.ExternalID != "" && c.ExternalID == hook.ExternalID })
	if n < 0 {
		return providers.Submission{}, fmt.Errorf("webhook: %w", io.ErrUnexpectedEOF)
	}
	sealed, _ := json.Marshal(handle{Call: n, ID: hook.ExternalID})
	return providers.Submission{Handle: sealed, ExternalID: hook.ExternalID, NextPoll: nextPoll(f.calls[n].step), Cost: -1}, nil
}
