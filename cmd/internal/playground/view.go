package playground

import (
	"encoding/json"
	"strings"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// The shapes the page reads. They are smaller than Telegram's and say what to draw, so
// that the page need not know the Bot API. Times are Unix seconds, sizes are bytes.
type (
	stateView struct {
		Bot         botView      `json:"bot"`
		People      []personView `json:"people"`
		Groups      []groupView  `json:"groups"`
		Notice      string       `json:"notice"`
		Suggestions []string     `json:"suggestions"`
	}

	botView struct {
		ID       int64  `json:"id"`
		Name     string `json:"name"`
		Username string `json:"username"`
	}

	// personView is somebody and what their app knows of the bot, in their language.
	// Messages is nil in events, which tell of changes of the person alone.
	personView struct {
		ID          int64                     `json:"id"`
		Name        string                    `json:"name"`
		Language    string                    `json:"language"`
		Blocked     bool                      `json:"blocked"`
		Premium     bool                      `json:"premium,omitempty"`
		Stars       int64                     `json:"stars"`
		Description string                    `json:"description"`
		Commands    []telegramtest.BotCommand `json:"commands"`
		Menu        json.RawMessage           `json:"menu,omitempty"` // a MenuButton of the Bot API
		Draft       *draftView                `json:"draft,omitempty"`
		Messages    []messageView             `json:"messages,omitzero"`
	}

	// draftView is a message that the bot is still writing; it is gone at Until, in Unix
	// milliseconds.
	draftView struct {
		ID       int64                     `json:"id"`
		Text     string                    `json:"text,omitempty"`
		Entities []telegramtest.Entity     `json:"entities,omitempty"`
		Rich     *telegramtest.RichMessage `json:"rich,omitempty"`
		Until    int64                     `json:"until"`
	}
)

func (pg *Playground) state() stateView {
	return stateView{Bot: pg.bot(), People: pg.people(true), Groups: pg.groups(true), Notice: pg.opts.Notice, Suggestions: pg.opts.Suggestions}
}

func (pg *Playground) bot() botView {
	b := pg.tg.Bot()
	return botView{ID: b.ID, Name: b.FirstName, Username: b.Username}
}

func (pg *Playground) people(messages bool) []personView {
	views := []personView{}
	for _, p := range pg.tg.People() {
		v := viewPerson(p)
		if messages {
			v.Messages = []messageView{}
			for _, m := range p.Messages() {
				v.Messages = append(v.Messages, pg.viewMessage(m))
			}
		}
		views = append(views, v)
	}
	return views
}

func viewPerson(p *telegramtest.Person) personView {
	u := p.User()
	v := personView{
		ID: p.ID(), Name: fullName(&u), Language: u.LanguageCode, Blocked: p.Blocked(), Premium: u.IsPremium, Stars: p.Stars(),
		Description: p.Description(), Commands: append([]telegramtest.BotCommand{}, p.Commands()...),
		Menu: p.MenuButton(),
	}
	if d, ok := p.Draft(); ok {
		v.Draft = viewDraft(d)
	}
	return v
}

func viewDraft(d telegramtest.Draft) *draftView {
	return &draftView{ID: d.ID, Text: d.Text, Entities: d.Entities, Rich: d.RichMessage, Until: d.Until}
}

func fullName(u *telegramtest.User) string {
	if u == nil {
		return ""
	}
	return strings.TrimSpace(u.FirstName + " " + u.LastName)
}
