package playground

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/imagika/imagika/cmd/internal/sse"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

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
	out := sse.Begin(w)
	roster := pg.roster.wait()
	events := pg.tg.Subscribe(ctx, pg.tg.Seq())
	_ = out.Send("state", pg.state())
	beat := time.NewTicker(sse.Beat)
	defer beat.Stop()
	for out.Err() == nil {
		select {
		case e, ok := <-events:
			if !ok {
				return
			}
			pg.tell(out, e)
		case <-roster:
			roster = pg.roster.wait()
			_ = out.Send("event", eventView{People: new(pg.people(false)), Groups: new(pg.groups(false))})
		case <-beat.C:
			_ = out.Beat()
		}
	}
}

// tell translates one event of the fake; those the page has no use for are dropped.
func (pg *Playground) tell(out *sse.Stream, e telegramtest.Event) {
	switch e.Kind {
	case telegramtest.EventNew, telegramtest.EventEdited, telegramtest.EventDeleted:
		v := eventView{Chat: e.ChatID, Message: new(pg.viewMessage(*e.Message))}
		if len(e.Message.NewChatMembers) > 0 || e.Message.LeftChatMember != nil {
			v.Groups = new(pg.groups(false))
		}
		_ = out.Send("event", v)
	case telegramtest.EventAction:
		_ = out.Send("event", eventView{Chat: e.ChatID, Action: e.Action})
	case telegramtest.EventDraft:
		_ = out.Send("event", eventView{Chat: e.ChatID, Draft: viewDraft(*e.Draft)})
	case telegramtest.EventProfile:
		_ = out.Send("event", eventView{Bot: new(pg.bot()), People: new(pg.people(false)), Groups: new(pg.groups(false))})
	case telegramtest.EventStanding, telegramtest.EventPayment:
		_ = out.Send("event", eventView{People: new(pg.people(false))})
	case telegramtest.EventCall, telegramtest.EventFault:
		_ = out.Send("event", eventView{Panel: true})
	case telegramtest.EventPressed, telegramtest.EventAnswered, telegramtest.EventPaying:
		// Presses and purchases are answered where they were posted.
	}
}
