package telegramtest

import (
	"context"
	"net/http"
	"slices"
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

	// DuplicateUpdates delivers an update a second time under the same id, although
	// the bot confirmed it.
	DuplicateUpdates FaultKind = "duplicate_updates"
	// ReorderWebhooks holds an update back for Delay, by default 500 ms, and lets the
	// later ones of its chat overtake it. Polling keeps its order, as at Telegram.
	ReorderWebhooks FaultKind = "reorder_webhooks"
	// JumpIDs lets the numbering of updates restart elsewhere before the next
	// one, as after a quiet week.
	JumpIDs FaultKind = "jump_update_ids"
)

// FaultInfo describes a kind for people who choose one.
type FaultInfo struct {
	Kind        FaultKind `json:"kind"`
	Name        string    `json:"name"`
	Description string    `json:"description"` // one sentence: what the bot gets to see
	// Updates says that it breaks updates on their way to the bot instead of calls.
	Updates bool `json:"updates"`
}

// FaultKinds lists every kind.
func FaultKinds() []FaultInfo {
	return []FaultInfo{
		{Refuse, "Refuse", "The call is refused with a code, words and retry_after of your choice; nothing happens.", false},
		{DropBeforeRead, "Drop before reading", "The connection breaks before Telegram has read the call; nothing happens.", false},
		{DropAfterEffect, "Cut after the effect", "Telegram does the call, then the connection breaks: the bot cannot know.", false},
		{Slow, "Slow answer", "Telegram does the call at once and answers after a pause.", false},
		{HTML502, "502 page", "A proxy answers 502 with an HTML page; nothing happens.", false},
		{EmptyOK, "Empty 200", "The answer is 200 without a body; nothing happens.", false},
		{Hang, "Hang", "No answer comes until the bot gives up; nothing happens.", false},
		{DuplicateUpdates, "Updates twice", "An update that the bot confirmed comes once more under the same id.", true},
		{ReorderWebhooks, "Webhooks out of order", "An update is held back and later ones of the same chat overtake it; polling keeps its order.", true},
		{JumpIDs, "Update ids jump", "The numbering of updates restarts somewhere else, as after a week without updates.", true},
	}
}

// Fault breaks calls that match. Matching is by Method (empty: every one but
// getUpdates; "download": fetching a file), ChatID (0: every one) and Contains,
// which is looked for in the values of the parameters. The kinds that break updates
// match by the update's kind in Method ("callback_query"), by its chat or person,
// and by its JSON.
type Fault struct {
	Kind     FaultKind `json:"kind"` // default Refuse
	Method   string    `json:"method,omitempty"`
	ChatID   int64     `json:"chat_id,omitempty"`
	Contains string    `json:"contains,omitempty"`
	// Times is how many calls it breaks; 0 means every one until removed.
	Times int `json:"times,omitempty"`
	// For ends the fault after a while, by the server's clock; 0 means never.
	For time.Duration `json:"for,omitempty"`
	// Skip is how many matching calls pass unharmed first.
	Skip int `json:"skip,omitempty"`
	// Code is the error code of Refuse, by default 500; Description has a default
	// for each code.
	Code        int    `json:"code,omitempty"`
	Description string `json:"description,omitempty"`
	// RetryAfter in seconds and MigrateTo go into the parameters of Refuse.
	RetryAfter int   `json:"retry_after,omitempty"`
	MigrateTo  int64 `json:"migrate_to,omitempty"`
	// Delay is the pause of Slow and ReorderWebhooks, and before the answer of the
	// others.
	Delay time.Duration `json:"delay,omitempty"`
	// AfterEffect lets HTML502, EmptyOK and Hang do the call first.
	AfterEffect bool `json:"after_effect,omitempty"`
}

// FaultHandle is a fault in force.
type FaultHandle struct {
	s     *Server
	f     Fault
	id    int
	ends  time.Time // zero: never
	seen  int
	fired int
}

// ActiveFault is a fault in force, as [Server.Faults] lists it.
type ActiveFault struct {
	ID    int   `json:"id"`
	Fault Fault `json:"fault"`
	Fired int   `json:"fired"`
	// Remaining is how many more calls or updates it breaks; -1 means any number.
	Remaining int `json:"remaining"`
	// Ends is when [Fault.For] is over; zero means never.
	Ends time.Time `json:"ends,omitzero"`
}

// Faults lists the faults in force, oldest first; spent ones are not.
func (s *Server) Faults() []ActiveFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []ActiveFault{}
	for _, h := range s.faults {
		if h.spent() {
			continue
		}
		a := ActiveFault{ID: h.id, Fault: h.f, Fired: h.fired, Remaining: -1, Ends: h.ends}
		if h.f.Times > 0 {
			a.Remaining = h.f.Times - h.fired
		}
		out = append(out, a)
	}
	return out
}

// RemoveFault ends a fault by its id and reports whether it was in force.
func (s *Server) RemoveFault(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.faults)
	s.faults = slices.DeleteFunc(s.faults, func(h *FaultHandle) bool { return h.id == id })
	return len(s.faults) < before
}

// Fault puts f in force, behind the faults there already are.
func (s *Server) Fault(f Fault) *FaultHandle {
	if f.Kind == "" {
		f.Kind = Refuse
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faultSeq++
	h := &FaultHandle{s: s, f: f, id: s.faultSeq}
	if f.For > 0 {
		h.ends = s.now().Add(f.For)
	}
	s.faults = append(s.faults, h)
	return h
}

// ID is the fault's number in [Server.Faults].
func (h *FaultHandle) ID() int { return h.id }

// spent reports whether the fault has broken all it was to break.
func (h *FaultHandle) spent() bool {
	return h.f.Times > 0 && h.fired >= h.f.Times || !h.ends.IsZero() && !h.s.now().Before(h.ends)
}

// Fired is how many calls the fault has broken.
func (h *FaultHandle) Fired() int {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	return h.fired
}

// Remove ends the fault.
func (h *FaultHandle) Remove() { h.s.RemoveFault(h.id) }

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
	return s.fire(c.method, func(f Fault) bool {
		early := f.Kind == DropBeforeRead && f.blind()
		return early != read && !f.updates() && f.matches(c)
	})
}

// fire counts a hit of the first fault in force that fits and returns it.
func (s *Server) fire(on string, fits func(Fault) bool) *Fault {
	for _, h := range s.faults {
		if h.spent() || !fits(h.f) {
			continue
		}
		if h.seen++; h.seen <= h.f.Skip {
			continue
		}
		h.fired++
		s.emit(Event{Kind: EventFault, ChatID: h.f.ChatID, Fault: h.f.Kind, FaultID: h.id, Text: on})
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
