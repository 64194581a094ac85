package telegramtest

import (
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"slices"
)

// PersonConfig describes a new person. Every field may be empty.
type PersonConfig struct {
	FirstName    string `json:"first_name"` // default "Ann"
	LastName     string `json:"last_name"`
	Username     string `json:"username"`
	LanguageCode string `json:"language_code"` // IETF tag, for example "en"
	ID           int64  `json:"id"`            // default: random, above 32 bits as new accounts have
	Premium      bool   `json:"premium"`
	Stars        int64  `json:"stars"` // default 100,000; below 0 means none
	Photo        []byte `json:"photo"` // the profile picture; none by default
}

// Person is somebody with the Telegram app, in one chat: the private one with the
// bot, or after [Person.In] a group. Several Person values may stand for the same
// person.
type Person struct {
	s    *Server
	id   int64
	chat int64
}

// Person adds somebody new.
func (s *Server) Person(c PersonConfig) *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := User{ID: c.ID, FirstName: c.FirstName, LastName: c.LastName, Username: c.Username, LanguageCode: c.LanguageCode, IsPremium: c.Premium}
	u.FirstName = cmp.Or(u.FirstName, "Ann")
	for u.ID == 0 || s.w.Users[u.ID] != nil && c.ID == 0 {
		u.ID = 5_000_000_000 + rand.Int64N(3_000_000_000)
	}
	s.w.addUser(u)
	s.w.Users[u.ID].Stars = max(0, cmp.Or(c.Stars, defaultStars))
	if c.Photo != nil {
		s.w.Users[u.ID].Photos = [][]PhotoSize{s.storePhoto(c.Photo)}
	}
	s.touch()
	return &Person{s: s, id: u.ID, chat: u.ID}
}

// People lists everybody, in the order of joining.
func (s *Server) People() []*Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ps []*Person
	for _, id := range s.w.Joined {
		ps = append(ps, &Person{s: s, id: id, chat: id})
	}
	return ps
}

// PersonByID finds somebody by user id.
func (s *Server) PersonByID(id int64) (*Person, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w.Users[id] == nil {
		return nil, false
	}
	return &Person{s: s, id: id, chat: id}, true
}

// Group is a group chat with the bot in it.
type Group struct {
	s  *Server
	id int64
}

// ID is the chat id of the group; negative.
func (g *Group) ID() int64 { return g.id }

// Messages lists the messages of the group, oldest first.
func (g *Group) Messages() []Message { return g.s.messages(g.id) }

// In returns the same person speaking in the group, or in the supergroup it became.
func (p *Person) In(g *Group) *Person {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return &Person{s: p.s, id: p.id, chat: cmp.Or(p.s.w.Chats[g.id].MigratedTo, g.id)}
}

// ID is the person's user id.
func (p *Person) ID() int64 { return p.id }

// ChatID is the chat the person speaks in: the private one has the person's id.
func (p *Person) ChatID() int64 { return p.chat }

// User is the person as the Bot API shows them.
func (p *Person) User() User {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.w.Users[p.id].User
}

// Blocked reports whether the person has blocked the bot.
func (p *Person) Blocked() bool {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.w.Users[p.id].Blocked
}

// Block stops the bot from writing to the person; the bot is told by my_chat_member
// and gets 403 from now on.
func (p *Person) Block() { p.setBlocked(true) }

// Unblock takes [Person.Block] back. Writing to the bot unblocks it too.
func (p *Person) Unblock() { p.setBlocked(false) }

func (p *Person) setBlocked(blocked bool) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.block(p.id, blocked)
	p.s.touch()
}

func (s *Server) block(id int64, blocked bool) {
	u := s.w.Users[id]
	if u.Blocked == blocked {
		return
	}
	before, does := s.member(s.w.Chats[id], s.opts.Bot.ID), "unblocks"
	if blocked {
		does = "blocks"
	}
	u.Blocked = blocked
	s.emit(Event{Kind: EventStanding, ChatID: id, UserID: id, Text: does})
	s.tellStanding(s.w.Chats[id], id, s.opts.Bot.ID, before)
}

// Messages lists what the person sees in the chat, oldest first, with edits applied.
// Deleted messages are kept and flagged.
func (p *Person) Messages() []Message { return p.s.messages(p.chat) }

// Message finds one message of the chat, deleted ones included.
func (p *Person) Message(id int64) (Message, bool) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if m := p.s.w.Chats[p.chat].find(id); m != nil {
		return *m, true
	}
	return Message{}, false
}

func (s *Server) messages(chat int64) []Message { return s.since(chat, 0) }

// since are the messages of a chat that came after one.
func (s *Server) since(chat, after int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.w.Chats[chat].Messages
	first, _ := slices.BinarySearchFunc(all, after+1, func(m *Message, id int64) int { return cmp.Compare(m.MessageID, id) })
	ms := make([]Message, 0, len(all)-first)
	for _, m := range all[first:] {
		ms = append(ms, *m)
	}
	return ms
}

// Commands is the command list the person's app offers behind "/" in the chat: that of
// the narrowest scope that has one, in the person's language before no language.
func (p *Person) Commands() []BotCommand {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.commandsFor(p.s.w.Chats[p.chat], p.id)
}

// Keyboard is the reply markup other than an inline keyboard that the bot sent last,
// as JSON: a ReplyKeyboardMarkup to show below the chat, ReplyKeyboardRemove, or
// ForceReply. It is nil if there was none.
func (p *Person) Keyboard() json.RawMessage {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.w.Chats[p.chat].Keyboard
}

// Description is what an empty chat shows under "What can this bot do?".
func (p *Person) Description() string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return localized(p.s.w.Descriptions, p.s.w.Users[p.id].User.LanguageCode)
}
