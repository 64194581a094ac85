package telegramtest

import (
	"encoding/json"
	"maps"
	"slices"
)

// UpdateInfo is an update on its way to the bot, or one that has arrived.
type UpdateInfo struct {
	ID   int64           `json:"id"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
	// Pending says that the bot has not confirmed it.
	Pending bool `json:"pending"`
	// Tries is how often a webhook has refused it.
	Tries int `json:"tries,omitempty"`
}

// Updates lists the latest updates, oldest first: those the bot has confirmed (the last
// 1,000 at least), then those it has not.
func (s *Server) Updates() []UpdateInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []UpdateInfo{}
	for _, p := range s.w.Seen {
		out = append(out, UpdateInfo{ID: p.ID, Kind: p.Kind, Body: p.Body})
	}
	for _, p := range s.w.Updates {
		out = append(out, UpdateInfo{ID: p.ID, Kind: p.Kind, Body: p.Body, Pending: true, Tries: p.tries})
	}
	return out
}

// WebhookInfo says how the bot gets its updates. An empty URL means by getUpdates.
type WebhookInfo struct {
	URL     string `json:"url"`
	Pending int    `json:"pending"` // updates not confirmed
	// LastError is the latest failed delivery, at LastErrorDate in Unix seconds.
	LastError     string   `json:"last_error,omitempty"`
	LastErrorDate int64    `json:"last_error_date,omitempty"`
	Allowed       []string `json:"allowed,omitempty"` // nil means the default kinds
}

// Webhook tells how the bot gets its updates at the moment.
func (s *Server) Webhook() WebhookInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return WebhookInfo{
		URL: s.w.Webhook.URL, Pending: len(s.w.Updates), LastError: s.w.Webhook.LastError, LastErrorDate: s.w.Webhook.LastErrorDate,
		Allowed: slices.Clone(s.w.Allowed),
	}
}

// Methods lists the methods the server has, by name.
func (s *Server) Methods() []string { return slices.Sorted(maps.Keys(s.handlers)) }

// DeleteAccount ends the person's account: they are no longer among [Server.People] and in
// no group, and the bot gets 403 when it writes to them.
func (p *Person) DeleteAccount() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.w.Users[p.id].Gone = true
	p.s.w.Joined = slices.DeleteFunc(p.s.w.Joined, func(id int64) bool { return id == p.id })
	for _, c := range p.s.w.Chats {
		c.Members = slices.DeleteFunc(c.Members, func(id int64) bool { return id == p.id })
	}
	p.s.touch()
}
