package playground

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

const maxGroups = 20

// groupView is a group and what its members see. Commands are by member, because each
// sees them in their language. Messages is nil in events.
type groupView struct {
	ID       int64                               `json:"id"`
	Title    string                              `json:"title"`
	Members  []int64                             `json:"members"`
	Bot      bool                                `json:"bot"` // the bot is in it
	Commands map[int64][]telegramtest.BotCommand `json:"commands"`
	Messages []messageView                       `json:"messages,omitzero"`
}

func (pg *Playground) groups(messages bool) []groupView {
	views := []groupView{}
	for _, g := range pg.tg.Groups() {
		v := viewGroup(g)
		if messages {
			v.Messages = []messageView{}
			for _, m := range g.Messages() {
				v.Messages = append(v.Messages, pg.viewMessage(m))
			}
		}
		views = append(views, v)
	}
	return views
}

func viewGroup(g *telegramtest.Group) groupView {
	v := groupView{ID: g.ID(), Title: g.Title(), Members: []int64{}, Commands: map[int64][]telegramtest.BotCommand{}}
	v.Bot = g.BotStatus() == "member" || g.BotStatus() == "administrator"
	for _, p := range g.People() {
		v.Members = append(v.Members, p.ID())
		v.Commands[p.ID()] = append([]telegramtest.BotCommand{}, p.Commands()...)
	}
	return v
}

// The bodies of what is done to groups.
type (
	gathering struct {
		Title  string  `json:"title"`
		People []int64 `json:"people"`
	}
	// joiningGroup puts somebody into the group of who.Chat, or takes them out; without
	// Member it is the bot, by the person who acts.
	joiningGroup struct {
		who
		Member int64 `json:"member"`
		In     bool  `json:"in"`
	}
)

// gather makes a group of people and the bot.
func (pg *Playground) gather(_ context.Context, b gathering) (any, error) {
	title := strings.TrimSpace(b.Title)
	switch {
	case title == "" || utf8.RuneCountInString(title) > 128:
		return nil, bad("a group's name has 1 to 128 characters")
	case len(b.People) == 0:
		return nil, bad("a group needs somebody in it")
	case len(pg.tg.Groups()) >= maxGroups:
		return nil, bad("there are enough groups")
	}
	var people []*telegramtest.Person
	for _, id := range b.People {
		p, ok := pg.tg.PersonByID(id)
		if !ok {
			return nil, &refusal{http.StatusNotFound, "there is no such person"}
		}
		people = append(people, p)
	}
	g := pg.tg.Group(title, people...)
	pg.roster.fire()
	return map[string]int64{"id": g.ID()}, nil
}

// joinGroup changes who is in a group.
func (pg *Playground) joinGroup(_ context.Context, p *telegramtest.Person, b joiningGroup) (any, error) {
	g, ok := pg.tg.GroupByID(b.Chat)
	if !ok {
		return nil, &refusal{http.StatusNotFound, "there is no such group"}
	}
	defer pg.roster.fire()
	switch member, known := pg.tg.PersonByID(b.Member); {
	case b.Member == 0 && b.In:
		g.AddBot(p)
	case b.Member == 0:
		g.RemoveBot(p)
	case !known:
		return nil, &refusal{http.StatusNotFound, "there is no such person"}
	case b.In:
		g.Add(member)
	default:
		g.Remove(member)
	}
	return nil, nil
}

// in finds the group a person is in.
func (pg *Playground) in(chat, person int64) (*telegramtest.Group, bool) {
	g, ok := pg.tg.GroupByID(chat)
	return g, ok && slices.ContainsFunc(g.People(), func(m *telegramtest.Person) bool { return m.ID() == person })
}
