package telegramtest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// EventKind says what an [Event] tells. The set is closed.
type EventKind string

const (
	// EventNew is a new message, of a person or of the bot.
	EventNew EventKind = "message"
	// EventEdited is a message with new content, keyboard or reaction.
	EventEdited EventKind = "edited"
	// EventDeleted is a message that is gone for both sides.
	EventDeleted EventKind = "deleted"
	// EventPressed is a press on an inline button.
	EventPressed EventKind = "pressed"
	// EventAnswered is the bot's answer to a press: Text is the toast, or the alert.
	EventAnswered EventKind = "answered"
	// EventDraft is a text that the bot is still writing, shown for 30 s at most.
	EventDraft EventKind = "draft"
	// EventAction is a chat action, "typing" or the like; apps show it for 5 s.
	EventAction EventKind = "action"
	// EventProfile is a change of the bot's commands, descriptions, name or menu.
	EventProfile EventKind = "profile"
	// EventPayment is the end of a purchase: Data is the charge id, or Text says why
	// there is none.
	EventPayment EventKind = "payment"
	// EventFault is a fault that broke a call or an update: Text is the method, or the
	// kind of the update.
	EventFault EventKind = "fault"
	// EventStanding is a person who "blocks" or "unblocks" the bot; Text says which.
	EventStanding EventKind = "standing"
	// EventPaying is a press on the Pay button; Text is the title of the invoice.
	EventPaying EventKind = "paying"
	// EventCall is a finished API call; Call is its number in [Server.Calls].
	EventCall EventKind = "call"
)

// Event is something an app or a playground would show. Seq grows by one from event
// to event, also across [Server.Save] and [Server.Load].
type Event struct {
	Seq        uint64    `json:"seq"`
	Time       time.Time `json:"time"`
	Kind       EventKind `json:"kind"`
	ChatID     int64     `json:"chat_id,omitempty"`
	UserID     int64     `json:"user_id,omitempty"` // who did it, where the message does not say
	Message    *Message  `json:"message,omitempty"` // as it was after the event
	Action     string    `json:"action,omitempty"`
	Draft      *Draft    `json:"draft,omitempty"`
	CallbackID string    `json:"callback_id,omitempty"`
	Data       string    `json:"data,omitempty"` // of the button pressed
	Text       string    `json:"text,omitempty"`
	ShowAlert  bool      `json:"show_alert,omitempty"`
	URL        string    `json:"url,omitempty"`
	Call       uint64    `json:"call,omitempty"`
	Fault      FaultKind `json:"fault,omitempty"`
	FaultID    int       `json:"fault_id,omitempty"` // as in [Server.Faults]
}

// emit logs an event. The lock is held; the caller wakes the waiters.
func (s *Server) emit(e Event) {
	s.w.Seq++
	e.Seq, e.Time = s.w.Seq, s.now()
	s.events = append(s.events, e)
	if c := s.w.Chats[e.ChatID]; c != nil {
		c.note(e)
	}
	if len(s.events) > maxEvents {
		s.events = append([]Event(nil), s.events[len(s.events)-maxEvents/2:]...)
	}
}

// Events lists the events after number since, oldest first; 0 lists all that are
// still kept (the last 10,000 at least). Events are not part of a snapshot.
func (s *Server) Events(since uint64) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.eventsAfter(since)
}

func (s *Server) eventsAfter(since uint64) []Event {
	if len(s.events) == 0 || since >= s.w.Seq {
		return nil
	}
	first := s.events[0].Seq
	if since+1 > first {
		return append([]Event(nil), s.events[since+1-first:]...)
	}
	return append([]Event(nil), s.events...)
}

// Seq is the number of the latest event.
func (s *Server) Seq() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Seq
}

// Subscribe sends every event after number since, in order, until ctx ends or the
// server closes; then it closes the channel. A slow reader loses nothing that
// [Server.Events] would still list.
func (s *Server) Subscribe(ctx context.Context, since uint64) <-chan Event {
	out := make(chan Event)
	s.bg.Go(func() {
		defer close(out)
		for {
			s.mu.Lock()
			es, changed := s.eventsAfter(since), s.changed
			s.mu.Unlock()
			for _, e := range es {
				select {
				case out <- e:
					since = e.Seq
				case <-ctx.Done():
					return
				case <-s.ctx.Done():
					return
				}
			}
			if len(es) == 0 && !s.pause(ctx, changed) {
				return
			}
		}
	})
	return out
}

// pause waits for a change; false means that waiting is over.
func (s *Server) pause(ctx context.Context, changed <-chan struct{}) bool {
	select {
	case <-changed:
		return true
	case <-ctx.Done():
		return false
	case <-s.ctx.Done():
		return false
	}
}

// Call is one finished API call. Params holds at most 4 kB of each value; uploads
// are in Files.
type Call struct {
	Seq      uint64            `json:"seq"`
	Time     time.Time         `json:"time"`
	Method   string            `json:"method"`
	Params   map[string]string `json:"params"`
	Files    []CallFile        `json:"files,omitempty"`
	Code     int               `json:"code"` // HTTP status; 0 when the answer was withheld
	Answer   json.RawMessage   `json:"answer,omitempty"`
	Duration time.Duration     `json:"duration"`
	Fault    FaultKind         `json:"fault,omitempty"`
}

// CallFile is an uploaded part of a call. Size is in bytes.
type CallFile struct {
	Part string `json:"part"`
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// Calls lists the latest API calls, getUpdates included, oldest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// CallsTo lists the latest calls of one method.
func (s *Server) CallsTo(method string) []Call {
	var out []Call
	for _, c := range s.Calls() {
		if strings.EqualFold(c.Method, method) {
			out = append(out, c)
		}
	}
	return out
}

func (s *Server) logCall(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callSeq++
	c.Seq = s.callSeq
	s.calls = append(s.calls, c)
	if len(s.calls) > maxCalls {
		s.calls = append([]Call(nil), s.calls[len(s.calls)-maxCalls/2:]...)
	}
	if c.Method != "getUpdates" {
		s.emit(Event{Kind: EventCall, Call: c.Seq})
	}
	s.touch()
}

// Wait returns the first message of the bot in the person's chat that matches, as
// it is now: edits count, deleted ones do not. It waits until ctx ends.
func (p *Person) Wait(ctx context.Context, match func(Message) bool) (Message, error) {
	return p.WaitAfter(ctx, 0, match)
}

// WaitAfter is [Person.Wait] for a message that came after another one.
func (p *Person) WaitAfter(ctx context.Context, after int64, match func(Message) bool) (Message, error) {
	for {
		p.s.mu.Lock()
		changed := p.s.changed
		p.s.mu.Unlock()
		for _, m := range p.s.since(p.chat, after) {
			if m.FromBot() && !m.Deleted && match(m) {
				return m, nil
			}
		}
		if !p.s.pause(ctx, changed) {
			return Message{}, fmt.Errorf("telegramtest: no such message: %w", context.Cause(ctx))
		}
	}
}

// waitLimit ends [Server.WaitMessage] and [Press.Must].
const waitLimit = time.Minute

// WaitMessage is [Person.Wait] for tests: after a minute it fails t and shows the chat.
func (s *Server) WaitMessage(t TB, p *Person, match func(Message) bool) Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, waitLimit)
	defer cancel()
	m, err := p.Wait(ctx, match)
	if err != nil {
		t.Fatalf("%v; the chat:\n%s", err, s.Transcript(p))
	}
	return m
}

// Has matches messages whose text or caption contains part.
func Has(part string) func(Message) bool {
	return func(m Message) bool { return strings.Contains(m.Content(), part) }
}
