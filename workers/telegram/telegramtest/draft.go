package telegramtest

import "time"

// draftLife is how long a draft is shown unless another or the message comes.
const draftLife = 30 * time.Second

// Draft is a message that the bot is still writing, shown to a person for 30 seconds.
// An empty Text without a RichMessage means "Thinking…".
type Draft struct {
	ID          int64        `json:"id"`
	Text        string       `json:"text,omitempty"`
	Entities    []Entity     `json:"entities,omitempty"`
	RichMessage *RichMessage `json:"rich_message,omitempty"`
	Until       int64        `json:"until"` // Unix milliseconds
}

// Draft is what the bot is writing in the chat; ok is false if it is writing nothing.
func (p *Person) Draft() (d Draft, ok bool) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	shown := p.s.w.Chats[p.chat].Draft
	if shown == nil || p.s.past(shown.Until) {
		return Draft{}, false
	}
	return *shown, true
}

// draftTarget is the private chat of a draft.
func (s *Server) draftTarget(c *call) (*chatState, *Draft, error) {
	chat, err := s.target(c)
	switch {
	case err != nil:
		return nil, nil, err
	case chat.Chat.ID < 0:
		return nil, nil, bad("TEXTDRAFT_PEER_INVALID")
	case c.num("draft_id") == 0:
		return nil, nil, bad("draft identifier must be non-zero")
	}
	return chat, &Draft{ID: c.num("draft_id"), Until: s.until(draftLife)}, nil
}

func (s *Server) sendMessageDraft(c *call) (any, error) {
	chat, d, err := s.draftTarget(c)
	if err != nil {
		return nil, err
	}
	if d.Text, d.Entities, err = s.formatted(c, "text", "entities"); err != nil {
		return nil, err
	}
	if utf16Len(d.Text) > maxMessageText {
		return nil, bad("message is too long")
	}
	s.showDraft(chat, d)
	return true, nil
}

func (s *Server) sendRichMessageDraft(c *call) (any, error) {
	chat, d, err := s.draftTarget(c)
	if err != nil {
		return nil, err
	}
	if d.RichMessage, err = s.richMessage(c, true); err != nil {
		return nil, err
	}
	s.showDraft(chat, d)
	return true, nil
}

func (s *Server) showDraft(chat *chatState, d *Draft) {
	chat.Draft = d
	s.emit(Event{Kind: EventDraft, ChatID: chat.Chat.ID, Draft: d})
}
