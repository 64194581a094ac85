package telegramtest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Groups lists the groups, in an order that does not change while none is added.
func (s *Server) Groups() []*Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	var gs []*Group
	for id := range s.w.Chats {
		if id < 0 {
			gs = append(gs, &Group{s: s, id: id})
		}
	}
	slices.SortFunc(gs, func(a, b *Group) int { return cmp.Compare(b.id, a.id) })
	return gs
}

// GroupByID finds a group by its chat id.
func (s *Server) GroupByID(id int64) (*Group, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id >= 0 || s.w.Chats[id] == nil {
		return nil, false
	}
	return &Group{s: s, id: id}, true
}

// Title is the name of the group.
func (g *Group) Title() string {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	return g.s.w.Chats[g.id].Chat.Title
}

// People lists the members who are people, in the order of joining.
func (g *Group) People() []*Person {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	var ps []*Person
	for _, id := range g.s.w.Chats[g.id].Members {
		if g.s.w.Users[id] != nil {
			ps = append(ps, &Person{s: g.s, id: id, chat: g.id})
		}
	}
	return ps
}

// Group makes a supergroup of the people and the bot, which is told by my_chat_member.
// The first of the people owns it.
func (s *Server) Group(title string, people ...*Person) *Group {
	return s.group(-1_000_000_000_000-rand.Int64N(9_000_000_000), "supergroup", title, people)
}

// BasicGroup is [Server.Group] for a small group of the old kind, which may become a
// supergroup later: [Group.Upgrade].
func (s *Server) BasicGroup(title string, people ...*Person) *Group {
	return s.group(-5_000_000_000-rand.Int64N(1_000_000_000), "group", title, people)
}

func (s *Server) group(id int64, kind, title string, people []*Person) *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.w.addChat(Chat{ID: id, Type: kind, Title: title})
	c.Standings = map[int64]*standing{}
	for i, p := range people {
		c.Members = append(c.Members, p.id)
		if i == 0 {
			c.Standings[p.id] = &standing{Status: standingCreator}
		}
	}
	if len(people) > 0 {
		before := s.member(c, s.opts.Bot.ID)
		before.Status = standingLeft
		s.tellStanding(c, people[0].id, s.opts.Bot.ID, before)
	}
	s.touch()
	return &Group{s: s, id: id}
}

// Upgrade makes a supergroup of a basic group, with a new id. The old id is refused
// from now on, with the new one in the parameters.
func (g *Group) Upgrade() *Group {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	old := g.s.w.Chats[g.id]
	if old.MigratedTo != 0 || old.Chat.Type != "group" {
		return g
	}
	next := g.s.w.addChat(Chat{ID: -1_000_000_000_000 - rand.Int64N(9_000_000_000), Type: "supergroup", Title: old.Chat.Title})
	next.Members, next.Standings = slices.Clone(old.Members), old.Standings
	owner := g.s.owner(old)
	g.s.announce(old, owner, &Message{MigrateToChatID: next.Chat.ID})
	g.s.announce(next, owner, &Message{MigrateFromChatID: old.Chat.ID})
	old.MigratedTo = next.Chat.ID
	g.s.touch()
	return &Group{s: g.s, id: next.Chat.ID}
}

// owner is who owns a group, or else the bot.
func (s *Server) owner(c *chatState) int64 {
	for _, id := range c.Members {
		if st := c.Standings[id]; st != nil && st.Status == standingCreator {
			return id
		}
	}
	return s.opts.Bot.ID
}

// announce puts a service message into a group. Bots hear those whatever their
// privacy mode.
func (s *Server) announce(c *chatState, by int64, m *Message) {
	from := s.botUser()
	if u := s.w.Users[by]; u != nil {
		from = u.User
	}
	m.From = &from
	s.append(c.Chat.ID, m)
	if s.reachable(c) == nil {
		s.push(queueOfChat(c.Chat.ID), Update{Message: m})
	}
	s.touch()
}

// Add lets a person join the group.
func (g *Group) Add(p *Person) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	c := g.s.w.Chats[g.id]
	if slices.Contains(c.Members, p.id) {
		return
	}
	g.s.stand(c, p.id, p.id, standing{Status: standingMember})
	g.s.announce(c, p.id, &Message{NewChatMembers: []User{g.s.w.Users[p.id].User}})
}

// Remove lets a person leave the group.
func (g *Group) Remove(p *Person) { g.part(p, p.id, standing{Status: standingLeft}) }

// Ban lets the owner ban a person from the group, for ever or for a while.
func (g *Group) Ban(p *Person, d time.Duration) {
	st := standing{Status: standingKicked}
	if d > 0 {
		st.Until = g.s.Now().Add(d).Unix()
	}
	g.part(p, 0, st)
}

// part takes a person out of the group; by 0 stands for the owner.
func (g *Group) part(p *Person, by int64, to standing) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	c := g.s.w.Chats[g.id]
	if by == 0 {
		by = g.s.owner(c)
	}
	there := slices.Contains(c.Members, p.id)
	g.s.stand(c, by, p.id, to)
	if there {
		left := g.s.w.Users[p.id].User
		g.s.announce(c, by, &Message{LeftChatMember: &left})
	}
}

// AddBot lets a person add the bot to the group, where it hears what its privacy mode
// allows.
func (g *Group) AddBot(by *Person) { g.setBot(by, standing{Status: standingMember}) }

// RemoveBot lets a person remove the bot: from now on it gets 403 here.
func (g *Group) RemoveBot(by *Person) { g.setBot(by, standing{Status: standingKicked}) }

// PromoteBot makes the bot an administrator. Then it hears everything, gets
// chat_member updates if it asked for them, and may delete what people wrote if its
// rights say so.
func (g *Group) PromoteBot(by *Person, rights AdministratorRights) {
	rights.CanManageChat = true
	g.setBot(by, standing{Status: standingAdministrator, Rights: &rights})
}

func (g *Group) setBot(by *Person, to standing) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	c, bot := g.s.w.Chats[g.id], g.s.opts.Bot.ID
	was := g.s.reachable(c) == nil
	g.s.stand(c, by.id, bot, to)
	if is := g.s.reachable(c) == nil; is && !was {
		g.s.announce(c, by.id, &Message{NewChatMembers: []User{g.s.botUser()}})
	} else if was && !is {
		left := g.s.botUser()
		g.s.announce(c, by.id, &Message{LeftChatMember: &left})
	}
	g.s.touch()
}

// Owner is who owns the group: the first it was made of. It is nil when they left.
func (g *Group) Owner() *Person {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	if id := g.s.owner(g.s.w.Chats[g.id]); id != g.s.opts.Bot.ID {
		return &Person{s: g.s, id: id, chat: g.id}
	}
	return nil
}

// BotStatus is the bot's standing in the group: member, administrator, left or kicked.
func (g *Group) BotStatus() string {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	return g.s.status(g.s.w.Chats[g.id], g.s.opts.Bot.ID).Status
}

// StartGroup follows a link t.me/<bot>?startgroup=<payload>: the person adds the bot
// to the group and says /start to it there.
func (p *Person) StartGroup(g *Group, payload string) Message {
	g.AddBot(p)
	return p.In(g).Text(fmt.Sprintf("/start@%s %s", p.s.opts.Bot.Username, payload))
}
