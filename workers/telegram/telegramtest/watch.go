package telegramtest

import (
	"encoding/json"
	"maps"
)

// MenuButton is the bot's menu button as the person's app shows it, a MenuButton of the
// Bot API as JSON: the one set for their chat, else the one for all.
func (p *Person) MenuButton() json.RawMessage {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	for _, chat := range []int64{p.id, 0} {
		if menu := p.s.w.Menus[chat]; menu != nil {
			return menu
		}
	}
	return json.RawMessage(`{"type":"commands"}`)
}

// Votes is how people have voted in the poll of a message, by user id; nil if it has
// none, or is forgotten.
func (s *Server) Votes(m Message) map[int64][]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.pollOf(&m); st != nil {
		return maps.Clone(st.Votes)
	}
	return nil
}
