package workers

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

// maxAttempts is how many calls of a generation may fail, and maxBilled how many of those may have been paid for. Calls
// that a rate limit turned away do not count, unless they may have been paid for all the same.
const (
	maxAttempts = 5
	maxBilled   = 2
)

// notAccepted is the class of an attempt that turned out never to have reached its provider.
const notAccepted = "not_accepted"

// notAcceptedEnd books a call that never reached its provider.
func notAcceptedEnd() storage.End {
	return storage.End{State: storage.AttemptFailed, Class: notAccepted, Billed: string(providers.BilledNo)}
}

// notTaken is the class of an attempt that its route did not take, though another may.
const notTaken = "not_taken"

// tried lists what was asked for a generation so far.
func (w *Workers) tried(ctx context.Context, id string) (all []storage.Attempt, err error) {
	ctx, cancel := settled(ctx)
	defer cancel()
	err = w.insist(ctx, "database", func() (err error) {
		all, err = w.Store.Attempts(ctx, id)
		return err
	})
	return all, err
}

// since are the attempts for the images that are still missing: those after the last one that made some.
func since(tried []storage.Attempt) []storage.Attempt {
	for i := len(tried); i > 0; i-- {
		if tried[i-1].State == storage.AttemptSucceeded {
			return tried[i:]
		}
	}
	return tried
}

// worn reports whether enough calls failed to give up.
func worn(tried []storage.Attempt) bool {
	failed, billed := 0, 0
	for _, a := range since(tried) {
		free := a.Billed == string(providers.BilledNo)
		if a.State != storage.AttemptFailed || a.ErrClass == string(providers.RateLimited) && free {
			continue
		}
		if failed++; !free {
			billed++
		}
	}
	return failed >= maxAttempts || billed >= maxBilled
}

// generate works on a generation until it is stored, over, or waits for a provider.
func (w *Workers) generate(ctx context.Context, p queue.GenerationGenerate) error {
	return w.underClaim(ctx, p.ID, w.paint)
}

// paint goes on where the last attempt stands.
func (w *Workers) paint(ctx context.Context, c *claim) error {
	if c.RefsMissing > 0 {
		w.enqueue(ctx, queue.NewGenerationPrepareTask(c.ID, c.Epoch))
		return w.Store.Yield(ctx, c.ID, c.Fence, false, 0)
	}
	var tried []storage.Attempt
	if c.Fence > 1 { // nobody can have called before the first claim
		var err error
		if tried, err = w.Store.Attempts(ctx, c.ID); err != nil {
			return err
		}
	}
	if len(tried) == 0 && !c.cancelAsked.Load() {
		if over, err := w.requestRefused(ctx, c); over || err != nil {
			return err
		}
	}
	if len(tried) == 0 {
		return w.attempt(ctx, c, nil)
	}
	switch a := tried[len(tried)-1]; a.State {
	case storage.AttemptSending:
		return w.reconcile(ctx, c, a, tried)
	case storage.AttemptSubmitted, storage.AttemptRunning:
		return w.askOnce(ctx, c, a)
	case storage.AttemptFailed, storage.AttemptSucceeded: // succeeded: the others are still missing
		return w.attempt(ctx, c, tried)
	case storage.AttemptUnknown:
		return w.finish(ctx, c, storage.StatusFailed, storage.ReasonUnknown, "", storage.End{})
	}
	return w.finish(ctx, c, storage.StatusFailed, storage.ReasonProvider, "", storage.End{})
}

// attempt makes the call after those that were tried, if there is to be one.
func (w *Workers) attempt(ctx context.Context, c *claim, tried []storage.Attempt) error {
	if c.cancelAsked.Load() {
		return w.finish(ctx, c, storage.StatusCanceled, storage.ReasonPerson, "", storage.End{})
	}
	if worn(tried) {
		return w.finish(ctx, c, storage.StatusFailed, exhausted(tried[len(tried)-1].ErrClass), "", storage.End{})
	}
	a := routeAsk(c.Generation, tried)
	a.Count -= c.made
	route, release, err := w.freeRoute(ctx, c, a)
	if err != nil {
		return w.notPicked(ctx, c, since(tried), err)
	}
	defer release()
	if last := len(tried) - 1; last >= 0 && tried[last].State == storage.AttemptFailed {
		w.Metrics.retries.WithLabelValues(tried[last].ErrClass).Inc()
	}
	return w.start(ctx, c, route)
}

// start commits the attempt and makes the call.
func (w *Workers) start(ctx context.Context, c *claim, route providers.Route) error {
	req, err := w.request(ctx, c, route.Model)
	if err != nil {
		return err
	}
	a, err := w.Store.StartAttempt(ctx, c.Generation, storage.Attempt{
		Provider: route.Provider.Name(), Model: route.Model.Name, EstCost: route.Cost(req),
		Deadline: time.Now().Add(callTime(route.Model, w.Settings.CallTimeout)),
	})
	if err != nil {
		return w.notStarted(ctx, a, err)
	}
	w.Step("sending")
	req.AttemptID = a.ID
	if w.Settings.CallbackURL != "" {
		req.CallbackURL = w.callbackURL(a)
	}
	return w.call(ctx, c, route, a, req)
}

// notStarted closes an attempt of which nobody knows whether it was committed. Nothing has left; whoever finds it open could not know that.
func (w *Workers) notStarted(ctx context.Context, a storage.Attempt, err error) error {
	if a.ID == "" || errors.Is(err, storage.ErrFenced) {
		return err
	}
	done, cancel := settled(ctx)
	defer cancel()
	return errors.Join(err, w.insist(done, "database", func() error { return w.Store.EndAttempt(done, a.ID, notAcceptedEnd()) }))
}

// overflow is how long a generation waits for a slot before it goes to routes of a lower priority, which may be dearer.
const overflow = 15 * time.Second

// freeRoute picks a route with a free slot. One whose calls are all in use gives way to the next: at once to another of its
// priority, to one of a lower priority after a while.
func (w *Workers) freeRoute(ctx context.Context, c *claim, a providers.Ask) (route providers.Route, release func(), err error) {
	var full error // of the first route without a slot
	priority := 0
	for {
		route, err = w.Router.Pick(ctx, a)
		if full != nil && (err != nil || (route.Priority > priority && time.Since(c.Created) < overflow)) {
			return route, nil, full
		}
		if err != nil {
			return route, nil, err
		}
		release, err = w.Router.Slot(ctx, route, c.ID, c.Created.UnixMilli(), min(a.Count, route.Model.MaxCount))
		if busy, ok := errors.AsType[*providers.Error](err); err == nil || !ok || busy.Class != providers.RateLimited {
			return route, release, err
		}
		if full == nil {
			full, priority = err, route.Priority
		}
		a.Full = append(a.Full, providers.Tried{Provider: route.Provider.Name(), Model: route.Model.Name})
	}
}

// routeAsk is what a generation wants of a route.
func routeAsk(g storage.Generation, tried []storage.Attempt) providers.Ask {
	a := providers.Ask{
		Offer: g.Model, Operation: providers.Operation(g.Operation), Count: g.Params.Count,
		Size: providers.Size{Width: g.Params.Width, Height: g.Params.Height}, Quality: providers.Quality(g.Params.Quality),
		Without: g.Request.Without,
	}
	if a.Operation != providers.Generate {
		a.Refs = max(1, len(g.Request.References), g.Params.Refs)
	}
	for _, t := range since(tried) {
		if t.State != storage.AttemptFailed {
			continue
		}
		class := providers.Class(t.ErrClass)
		switch t.ErrClass {
		case notAccepted:
			class = providers.Transient
		case notTaken:
			class = providers.BadRequest
		}
		a.Tried = append(a.Tried, providers.Tried{Provider: t.Provider, Model: t.Model, Class: class})
	}
	return a
}

// callTime is how long a model may take.
func callTime(m providers.Model, longest time.Duration) time.Duration {
	if m.Timeout > 0 && (m.Async || m.Timeout < longest) {
		return m.Timeout
	}
	return longest
}

// call submits and stores what comes of it: images at once, or a handle.
func (w *Workers) call(ctx context.Context, c *claim, route providers.Route, a storage.Attempt, req providers.Request) error {
	callCtx, told := w.Traces.Call(ctx, "generate", "provider", a.Provider, "model", a.Model, "attempt", strconv.FormatInt(a.Seq, 10))
	callCtx, stop := context.WithCancelCause(callCtx)
	defer stop(nil)
	callCtx, end := context.WithDeadline(callCtx, deadlineBefore(ctx, a.Deadline))
	defer end()
	if m := route.Model; m.Cancel && !m.Async {
		c.onCancel.Store(&stop)
		defer c.onCancel.Store(nil)
	}
	start := time.Now()
	tell, unwatch := w.watchCall(callCtx, a)
	req.Watch = tell
	sub, err := w.Router.Submit(callCtx, route, req)
	unwatch()
	told(err)
	if err != nil {
		return w.failed(ctx, c, a, callError(callCtx, route.Provider, err))
	}
	w.Step("called")
	if sub.Images == nil {
		return w.submitted(ctx, c, route, a, sub)
	}
	// What was painted is stored although the call's own time is over: it was paid for.
	images, err := w.keepResults(ctx, c.Generation, a, sub.Images, c.made)
	if err != nil {
		return w.failed(ctx, c, a, callError(callCtx, route.Provider, err))
	}
	w.Metrics.since(stageProvider, start)
	w.Router.Took(ctx, route, time.Since(start))
	return w.stored(ctx, c, route, a, sub.Cost, images)
}

// stored goes on after a call whose images are in the object store: with the next call where the model makes fewer in one
// than were asked for, else with the end. A call that brought less than it was asked for is not made up for: what is missing
// was held back, and is not paid.
func (w *Workers) stored(ctx context.Context, c *claim, route providers.Route, a storage.Attempt, cost int64, images []storage.Image) error {
	w.Router.Made(a.Provider, len(images), size(images))
	if wanted := c.wants(route.Model); len(images) < wanted || c.made+len(images) >= c.Params.Count {
		return w.complete(ctx, c, a, cost, images)
	}
	done, cancel := settled(ctx)
	defer cancel()
	var epoch int64
	err := w.insist(done, "database", func() (err error) {
		epoch, err = w.Store.Part(done, c.Generation, a, cost, images)
		return err
	})
	if err != nil {
		return err
	}
	w.Step("part")
	w.enqueue(done, queue.NewGenerationGenerateTask(c.ID, epoch))
	return nil
}

func size(images []storage.Image) (bytes int64) {
	for _, i := range images {
		bytes += i.Bytes
	}
	return bytes
}

// wants is how many images the next call is asked for.
func (c *claim) wants(m providers.Model) int { return min(c.Params.Count-c.made, m.MaxCount) }

// deadlineBefore leaves room to write down what became of a call before the task's own deadline ends: five seconds, or
// a quarter of what is left where the longest call is short.
func deadlineBefore(ctx context.Context, deadline time.Time) time.Time {
	d, ok := ctx.Deadline()
	if !ok {
		return deadline
	}
	if d = d.Add(-min(5*time.Second, time.Until(d)/4)); d.Before(deadline) {
		return d
	}
	return deadline
}

// callError says why a call failed, in the terms of the contract. A call that was given up is one nobody knows about,
// unless it was taken back by the person.
func callError(ctx context.Context, p providers.Provider, err error) error {
	if _, ok := errors.AsType[*providers.Error](err); ok {
		return err
	}
	if errors.Is(context.Cause(ctx), errCancel) {
		return &providers.Error{Provider: p.Name(), Class: providers.Canceled, Billed: providers.BilledNo, Err: err}
	}
	if errors.Is(err, errNoPicture) {
		return &providers.Error{Provider: p.Name(), Class: providers.NoOutput, Billed: providers.BilledMaybe, Err: err}
	}
	if ctx.Err() != nil {
		return &providers.Error{Provider: p.Name(), Class: providers.UnknownCall, Billed: providers.BilledMaybe, Err: err}
	}
	return err // ours: storage, objects
}

// complete stores the images and takes the money, in one transaction.
func (w *Workers) complete(ctx context.Context, c *claim, a storage.Attempt, cost int64, images []storage.Image) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	var out storage.Outbox
	err := w.insist(ctx, "database", func() (err error) {
		out, err = w.Store.Complete(ctx, c.Generation, a, cost, images, finalSends(c.Generation))
		return err
	})
	if err != nil {
		return err
	}
	w.Step("stored")
	w.post(ctx, out)
	w.ended(ctx, c.Generation, storage.StatusStored, storage.ReasonNone)
	return nil
}

// request is what the provider is asked.
func (w *Workers) request(ctx context.Context, c *claim, m providers.Model) (providers.Request, error) {
	g := c.Generation
	refs, shape, err := w.references(ctx, g)
	size := providers.Size{Width: g.Params.Width, Height: g.Params.Height}
	if g.Params.AsIs && shape != (providers.Size{}) {
		size = shape
	}
	if g.Operation != string(providers.Expand) { // which has the size that its margins make
		size = m.Nearest(size)
	}
	prompt, negative := worded(g, m)
	return providers.Request{
		Model: m.Name, Operation: providers.Operation(g.Operation), Prompt: prompt, Negative: negative,
		Size: size, Count: c.wants(m), Seed: g.Params.Seed + int64(c.made),
		Strength: g.Params.Strength, Quality: providers.Quality(g.Params.Quality), Scale: g.Params.Scale, References: refs,
		Margins: providers.Margins{Left: g.Params.Margins[0], Top: g.Params.Margins[1], Right: g.Params.Margins[2], Bottom: g.Params.Margins[3]},
		Safety:  w.safety(g.User),
	}, err
}

// references are the pictures of the request: the parent's image, then what the person sent. They are opened when the
// provider reads them. The shape is that of the first.
func (w *Workers) references(ctx context.Context, g storage.Generation) (refs []providers.Reference, shape providers.Size, err error) {
	if g.Operation == string(providers.Generate) {
		return nil, shape, nil
	}
	images, err := w.Store.Images(ctx, g.ID, false)
	if err != nil {
		return nil, shape, err
	}
	if g.Parent != "" && g.ParentN >= 0 {
		parent, err := w.Store.Images(ctx, g.Parent, true)
		if err != nil {
			return nil, shape, err
		}
		if g.ParentN < len(parent) {
			images = append(parent[g.ParentN:g.ParentN+1:g.ParentN+1], images...)
		}
	}
	if len(images) > 0 {
		shape = providers.Size{Width: images[0].Width, Height: images[0].Height}
	}
	for _, i := range images {
		refs = append(refs, providers.Reference{
			MediaType: i.MediaType, Bytes: i.Bytes,
			Open: func(ctx context.Context) (io.ReadCloser, error) { return w.open(ctx, i) },
		})
	}
	return refs, shape, nil
}

// notPicked waits where waiting helps, and gives up where it does not.
func (w *Workers) notPicked(ctx context.Context, c *claim, tried []storage.Attempt, err error) error {
	var limited *providers.Error
	if !errors.As(err, &limited) {
		return err
	}
	if limited.Class == providers.RateLimited {
		return w.yield(ctx, c, true, min(max(limited.Wait, time.Second), maxPause))
	}
	reason := storage.ReasonUnsupported
	switch {
	case limited.Class == providers.Auth:
		reason = storage.ReasonProvider
	case errors.Is(err, providers.ErrNoCandidate) && len(tried) > 0:
		reason = exhausted(tried[len(tried)-1].ErrClass)
	}
	w.Log.ErrorContext(ctx, "no route for a generation", "model", c.Model, "operation", c.Operation, "error", err)
	return w.finish(ctx, c, storage.StatusFailed, reason, "", storage.End{})
}

// maxPause between two looks at whether there is a route: an operator may have mended it, a person given up.
const maxPause = time.Minute
