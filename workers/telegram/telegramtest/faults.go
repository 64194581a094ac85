package telegramtest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// FaultKind says how a call goes wrong. The set is closed.
type FaultKind string

const (
	// Refuse answers with Code and Description; nothing happens.
	Refuse FaultKind = "refuse"
	// DropBeforeRead closes the connection and nothing happens. Without ChatID and
	// Contains the body is not even read.
	DropBeforeRead FaultKind = "drop_before_read"
	// DropAfterEffect does the call and closes the connection instead of answering.
	DropAfterEffect FaultKind = "drop_after_effect"
	// Slow does the call at once and answers after Delay.
	Slow FaultKind = "slow"
	// HTML502 answers 502 with a page; nothing happens.
	HTML502 FaultKind = "html_502"
	// EmptyOK answers 200 without a body; nothing happens.
	EmptyOK FaultKind = "empty_ok"
	// Hang never answers, until the client gives up; nothing happens.
	Hang FaultKind = "hang"
)

// Fault breaks calls that match. Matching is by Method (empty: every one but
// getUpdates; "download": fetching a file), ChatID (0: every one) and Contains, which is looked for in the values
// of the parameters.
type Fault struct {
	Kind     FaultKind // default Refuse
	Method   string
	ChatID   int64
	Contains string
	// Times is how many calls it breaks; 0 means every one until removed.
	Times int
	// Skip is how many matching calls pass unharmed first.
	Skip int
	// Code is the error code of Refuse, by default 500; Description has a default
	// for each code.
	Code        int
	Description string
	// RetryAfter in seconds and MigrateTo go into the parameters of Refuse.
	RetryAfter int
	MigrateTo  int64
	// Delay is the pause of Slow, and before the answer of the others.
	Delay time.Duration
	// AfterEffect lets HTML502, EmptyOK and Hang do the call first.
	AfterEffect bool
}

// FaultHandle is a fault in force.
type FaultHandle struct {
	s     *Server
	f     Fault
	seen  int
	fired int
}

// Fault puts f in force, behind the faults there already are.
func (s *Server) Fault(f Fault) *FaultHandle {
	if f.Kind == "" {
		f.Kind = Refuse
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &FaultHandle{s: s, f: f}
	s.faults = append(s.faults, h)
	return h
}

// Fired is how many calls the fault has broken.
func (h *FaultHandle) Fired() int {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	return h.fired
}

// Remove ends the fault.
func (h *FaultHandle) Remove() {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	for i, other := range h.s.faults {
		if other == h {
			h.s.faults = append(h.s.faults[:i:i], h.s.faults[i+1:]...)
			return
		}
	}
}

// Wait returns when the fault has broken n calls, or ctx ends.
func (h *FaultHandle) Wait(ctx context.Context, n int) error {
	for {
		h.s.mu.Lock()
		fired, changed := h.fired, h.s.changed
		h.s.mu.Unlock()
		if fired >= n {
			return nil
		}
		if !h.s.pause(ctx, changed) {
			return context.Cause(ctx)
		}
	}
}

// blind reports whether the fault can be decided from the method alone.
func (f Fault) blind() bool { return f.ChatID == 0 && f.Contains == "" }

// strike returns the fault that breaks this call, if any, and counts it. Before the
// body is read c has no parameters: then only blind drops apply, and after it those
// do not apply again.
func (s *Server) strike(c *call, read bool) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.faults {
		early := h.f.Kind == DropBeforeRead && h.f.blind()
		if early == read || !h.f.matches(c) || h.f.Times > 0 && h.fired >= h.f.Times {
			continue
		}
		if h.seen++; h.seen <= h.f.Skip {
			continue
		}
		h.fired++
		s.touch()
		f := h.f
		return &f
	}
	return nil
}

func (f Fault) matches(c *call) bool {
	if f.Method == "" && c.method == "getUpdates" || f.Method != "" && !strings.EqualFold(f.Method, c.method) {
		return false
	}
	if f.ChatID != 0 && c.values["chat_id"] != strconv.FormatInt(f.ChatID, 10) && c.values["user_id"] != strconv.FormatInt(f.ChatID, 10) {
		return false
	}
	if f.Contains == "" {
		return true
	}
	for _, v := range c.values {
		if strings.Contains(v, f.Contains) {
			return true
		}
	}
	return false
}

// refusal is the answer of a Refuse.
func (f Fault) refusal() *apiError {
	code := f.Code
	if code == 0 {
		code = http.StatusInternalServerError
	}
	e := &apiError{Code: code, Description: f.Description, RetryAfter: f.RetryAfter, MigrateTo: f.MigrateTo}
	if e.Description != "" {
		return e
	}
	switch code {
	case http.StatusTooManyRequests:
		e.Description = "Too Many Requests: retry after " + strconv.Itoa(f.RetryAfter)
	case http.StatusForbidden:
		e.Description = "Forbidden: bot was blocked by the user"
	case http.StatusConflict:
		e.Description = wordsOtherPoller
	default:
		e.Description = http.StatusText(code)
	}
	return e
}

// happens reports whether the call has its effect in spite of the fault.
func (f Fault) happens() bool {
	return f.Kind == DropAfterEffect || f.Kind == Slow || f.AfterEffect && f.Kind != Refuse
}

// drop aborts the connection without an answer; net/http knows this panic.
func drop() { panic(http.ErrAbortHandler) }

// breakAnswer withholds or garbles an answer; a Slow one passes after its pause.
// It reports whether the real answer is still to be written.
func (s *Server) breakAnswer(w http.ResponseWriter, r *http.Request, f *Fault) bool {
	if f.Delay > 0 {
		s.sleep(r.Context(), f.Delay)
	}
	switch f.Kind {
	case DropBeforeRead, DropAfterEffect:
		drop()
	case Hang:
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
		drop()
	case HTML502:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"))
	case EmptyOK:
		w.WriteHeader(http.StatusOK)
	case Refuse, Slow:
		return true
	}
	return false
}

// sleep waits in real time unless ctx or the server ends.
func (s *Server) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
}
