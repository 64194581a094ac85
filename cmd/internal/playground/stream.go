package playground

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// heartbeat keeps proxies and browsers from thinking that an idle stream is dead, and
// tells us of a browser that is gone.
const heartbeat = 15 * time.Second

// writeLimit ends a stream whose reader has stalled.
const writeLimit = 30 * time.Second

// eventView is one change: exactly one of the pointers or names is set beside Chat.
type eventView struct {
	Chat    int64         `json:"chat,omitempty"`
	Message *messageView  `json:"message,omitempty"` // new, edited or flagged deleted
	Action  string        `json:"action,omitempty"`
	Draft   *draftView    `json:"draft,omitempty"`
	Bot     *botView      `json:"bot,omitempty"`
	People  *[]personView `json:"people,omitempty"` // without messages
	Groups  *[]groupView  `json:"groups,omitempty"` // without messages
	Panel   bool          `json:"panel,omitempty"`  // there is something new for the side panel
}

// signal wakes everybody who waits, for changes that the fake has no event for: people
// who join, block and unblock.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

func newSignal() *signal { return &signal{ch: make(chan struct{})} }

func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ch
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.ch)
	s.ch = make(chan struct{})
}

// stream sends "state" with everything, then an "event" for each change. The number to
// follow from is read before the state is: what happens in between is told twice, and
// telling twice changes nothing.
func (pg *Playground) stream(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := context.AfterFunc(pg.keeper.ctx, cancel)
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	out := &sse{w: w, rc: http.NewResponseController(w)}
	roster := pg.roster.wait()
	events := pg.tg.Subscribe(ctx, pg.tg.Seq())
	out.send("state", pg.state())
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for out.err == nil {
		select {
		case e, ok := <-events:
			if !ok {
				return
			}
			pg.tell(out, e)
		case <-roster:
			roster = pg.roster.wait()
			out.send("event", eventView{People: new(pg.people(false)), Groups: new(pg.groups(false))})
		case <-beat.C:
			out.comment()
		}
	}
}

// tell translates one event of the fake; those the page has no use for are dropped.
func (pg *Playground) tell(out *sse, e telegramtest.Event) {
	switch e.Kind {
	case telegramtest.EventNew, telegramtest.EventEdited, telegramtest.EventDeleted:
		v := eventView{Chat: e.ChatID, Message: new(pg.viewMessage(*e.Message))}
		if len(e.Message.NewChatMembers) > 0 || e.Message.LeftChatMember != nil {
			v.Groups = new(pg.groups(false))
		}
		out.send("event", v)
	case telegramtest.EventAction:
		out.send("event", eventView{Chat: e.ChatID, Action: e.Action})
	case telegramtest.EventDraft:
		out.send("event", eventView{Chat: e.ChatID, Draft: viewDraft(*e.Draft)})
	case telegramtest.EventProfile:
		out.send("event", eventView{Bot: new(pg.bot()), People: new(pg.people(false)), Groups: new(pg.groups(false))})
	case telegramtest.EventStanding, telegramtest.EventPayment:
		out.send("event", eventView{People: new(pg.people(false))})
	case telegramtest.EventCall, telegramtest.EventFault:
		out.send("event", eventView{Panel: true})
	case telegramtest.EventPressed, telegramtest.EventAnswered, telegramtest.EventPaying:
		// Presses and purchases are answered where they were posted.
	}
}

// sse writes server-sent events; the first error stays.
type sse struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	err error
}

func (s *sse) send(name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		s.err = err
		return
	}
	s.write("event: %s\ndata: %s\n\n", name, data)
}

func (s *sse) comment() { s.write(":\n\n") }

func (s *sse) write(format string, args ...any) {
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeLimit)) // a recorder in a test has none
	if _, err := fmt.Fprintf(s.w, format, args...); err != nil {
		s.err = err
		return
	}
	s.err = s.rc.Flush()
}
