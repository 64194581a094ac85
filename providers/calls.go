package providers

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// Submit makes the one call of a paid attempt, counts it and remembers what it says about the route's health. Errors are
// *Error or the context's: anything else an adapter returns, and its panic, is a call of which nobody knows what became.
func (r *Router) Submit(ctx context.Context, route Route, req Request) (Submission, error) {
	p, start, op := route.Provider, time.Now(), string(req.Operation)
	req.Model, req.Extra = route.Model.Name, route.Extra
	inflight := r.metrics.inflight.WithLabelValues(p.Name())
	inflight.Inc()
	sub, err := guard(p, func() (Submission, error) { return p.Submit(ctx, req) })
	inflight.Dec()
	r.metrics.count(p.Name(), op, err)
	r.report(ctx, route, req, sub.Cost, err)
	if err != nil || sub.Images == nil {
		r.metrics.took(ctx, p.Name(), op, start)
		return sub, err
	}
	sub.Images = r.watch(sub.Images, p, func(error) { r.metrics.took(ctx, p.Name(), op, start) })
	return sub, nil
}

// Poll asks how a submitted call is doing. Polls that fail again and again count against the route.
func (r *Router) Poll(ctx context.Context, route Route, handle []byte) (Progress, error) {
	p := route.Provider
	poller, ok := p.(Poller)
	if !ok {
		return Progress{}, cannot(p, opPoll)
	}
	done := r.metrics.begin(ctx, p.Name(), opPoll)
	progress, err := guard(p, func() (Progress, error) { return poller.Poll(ctx, handle) })
	done(err)
	r.reportPoll(ctx, route, err)
	return progress, err
}

// Fetch opens the images of a call that is done.
func (r *Router) Fetch(ctx context.Context, p Provider, handle []byte) (Images, error) {
	fetcher, ok := p.(Fetcher)
	if !ok {
		return nil, cannot(p, opFetch)
	}
	done := r.metrics.begin(ctx, p.Name(), opFetch)
	images, err := guard(p, func() (Images, error) { return fetcher.Fetch(ctx, handle) })
	if err != nil {
		done(err)
		return nil, err
	}
	return r.watch(images, p, done), nil
}

// Cancel takes a submitted call back. Where that is not possible the call was not taken back: false and no error.
func (r *Router) Cancel(ctx context.Context, p Provider, handle []byte) (unbilled bool, err error) {
	canceler, ok := p.(Canceler)
	if !ok {
		return false, nil
	}
	done := r.metrics.begin(ctx, p.Name(), opCancel)
	unbilled, err = guard(p, func() (bool, error) { return canceler.Cancel(ctx, handle) })
	done(err)
	return unbilled, err
}

// Delete has a provider delete what it has of a call. It reports false where that cannot be asked for.
func (r *Router) Delete(ctx context.Context, provider, externalID string) (can bool, err error) {
	p := r.providers[provider]
	deleter, ok := p.(Deleter)
	if !ok || !deleter.Deletes() {
		return false, nil
	}
	done := r.metrics.begin(ctx, provider, opDelete)
	_, err = guard(p, func() (struct{}, error) { return struct{}{}, deleter.Delete(ctx, externalID) })
	done(err)
	return true, err
}

// Reconcile asks what became of a Submit whose answer was lost. Where that cannot be asked the answer is Unknown.
func (r *Router) Reconcile(ctx context.Context, p Provider, req Request) (Outcome, Submission, error) {
	reconciler, ok := p.(Reconciler)
	if !ok {
		return Unknown, Submission{}, nil
	}
	type found struct {
		outcome Outcome
		sub     Submission
	}
	done := r.metrics.begin(ctx, p.Name(), opReconcile)
	f, err := guard(p, func() (found, error) {
		outcome, sub, err := reconciler.Reconcile(ctx, req)
		return found{outcome, sub}, err
	})
	done(err)
	if err != nil {
		return Unknown, Submission{}, err
	}
	return f.outcome, f.sub, nil
}

// watch passes images on, classifies the error that ends them and says when they ended.
func (r *Router) watch(images Images, p Provider, done func(error)) Images {
	return func(yield func(Image, error) bool) {
		var failed error
		defer func() { done(failed) }()
		for img, err := range images {
			failed = classify(p, err)
			if !yield(img, failed) {
				return
			}
		}
	}
}

func cannot(p Provider, op string) error {
	return &Error{Provider: p.Name(), Class: BadRequest, Billed: BilledNo, Err: fmt.Errorf("%s is not supported", op)}
}

// guard makes a call and turns whatever goes wrong into what the contract allows.
func guard[T any](p Provider, call func() (T, error)) (answer T, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = lostCall(p, fmt.Errorf("panic (%T) at %s", v, panicSite()))
		}
	}()
	answer, err = call()
	return answer, classify(p, err)
}

func classify(p Provider, err error) error {
	var known *Error
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return lostCall(p, err)
}

func lostCall(p Provider, err error) error {
	return &Error{Provider: p.Name(), Class: UnknownCall, Billed: BilledMaybe, Err: err}
}

// panicSite is where the panic being recovered came from. The value itself may hold a prompt, so it is not told.
func panicSite() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			return f.Function
		}
		if !more {
			return "unknown"
		}
	}
}
