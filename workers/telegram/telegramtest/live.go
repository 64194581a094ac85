package telegramtest

import (
	"fmt"
	"slices"
	"time"
)

// moving reports whether a message shows a place that still moves.
func (s *Server) moving(m *Message) bool {
	return m.Location != nil && m.Location.LivePeriod > 0 &&
		s.now().Before(time.Unix(m.Date, 0).Add(time.Duration(m.Location.LivePeriod)*time.Second))
}

// movable is editable for a place that moves.
func (s *Server) movable(c *call) (old, next *Message, err error) {
	old, next, err = s.editable(c)
	if err == nil && !s.moving(old) {
		err = bad("message can't be edited")
	}
	return old, next, err
}

func (s *Server) editMessageLiveLocation(c *call) (any, error) {
	old, next, err := s.movable(c)
	if err != nil {
		return nil, err
	}
	l, err := c.place()
	if err != nil {
		return nil, err
	}
	if l.LivePeriod == 0 {
		l.LivePeriod = old.Location.LivePeriod
	}
	next.Location = &l
	return s.edit(old, next)
}

func (s *Server) stopMessageLiveLocation(c *call) (any, error) {
	old, next, err := s.movable(c)
	if err != nil {
		return nil, err
	}
	l := *old.Location
	l.LivePeriod = 0
	next.Location = &l
	return s.edit(old, next)
}

// Move moves the place of a live location of the person's own; one without a LivePeriod ends that it moves. The bot gets
// edited_message.
func (p *Person) Move(id int64, to Location) error {
	return p.change(id, func(m *Message) { m.Location = &to })
}

// Replace puts another file into a message of the person's own, with that caption; the bot gets edited_message.
func (p *Person) Replace(id int64, d Media, caption string) error {
	return p.change(id, func(m *Message) {
		other := p.s.mediaMessage(d)
		other.Caption, other.CaptionEntities = detect(caption, nil)
		m.become(other)
	})
}

// change changes a message of the person's own and tells the bot.
func (p *Person) change(id int64, how func(*Message)) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.s.w.Chats[p.chat].live(id)
	if m == nil || m.From.ID != p.id {
		return fmt.Errorf("%w: %d", ErrNoMessage, id)
	}
	next := *m
	next.Entities = slices.Clone(m.Entities)
	how(&next)
	p.s.replace(&next)
	if p.s.botHears(&next) {
		p.s.push(queueOfChat(p.chat), Update{EditedMessage: &next})
	}
	p.s.touch()
	return nil
}
