package playground

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// joining is a new person. Stars is their balance; nil means plenty.
type joining struct {
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name"`
	LanguageCode string `json:"language_code"`
	Premium      bool   `json:"premium"`
	Stars        *int64 `json:"stars"`
}

func (b joining) config() telegramtest.PersonConfig {
	c := telegramtest.PersonConfig{
		FirstName: strings.TrimSpace(b.FirstName), LastName: strings.TrimSpace(b.LastName), LanguageCode: b.LanguageCode, Premium: b.Premium,
	}
	if b.Stars != nil {
		c.Stars = *b.Stars
		if c.Stars == 0 {
			c.Stars = -1 // none, where 0 would be the default
		}
	}
	return c
}

const maxStars = 1_000_000

func (pg *Playground) join(_ context.Context, b joining) (any, error) {
	name := strings.TrimSpace(b.FirstName)
	switch {
	case name == "" || utf8.RuneCountInString(name) > 64 || utf8.RuneCountInString(b.LastName) > 64:
		return nil, bad("a name has 1 to 64 characters")
	case !languageTag(b.LanguageCode):
		return nil, bad("a language is a tag such as en or pt-br")
	case b.Stars != nil && (*b.Stars < 0 || *b.Stars > maxStars):
		return nil, bad("a balance is 0 to 1,000,000 Stars")
	case len(pg.tg.People()) >= maxPeople:
		return nil, bad("the playground is full")
	}
	p := pg.tg.Person(b.config())
	pg.roster.fire()
	return map[string]int64{"id": p.ID()}, nil
}

// languageTag accepts letters, digits and hyphens; empty is a person whose app does not tell.
func languageTag(tag string) bool {
	return len(tag) <= 16 && strings.Trim(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// reset lets somebody new of the same name and language take a person's place, because the
// bot remembers the old one: their account is deleted. Without a person it is everybody's
// turn; the groups are empty then.
func (pg *Playground) reset(_ context.Context, b who) (any, error) {
	people := pg.tg.People()
	if b.Person != 0 {
		p, ok := pg.tg.PersonByID(b.Person)
		if !ok {
			return nil, &refusal{http.StatusNotFound, "there is no such person"}
		}
		people = []*telegramtest.Person{p}
	}
	renewed := map[int64]int64{}
	for _, p := range people {
		u, stars := p.User(), p.Stars()
		if stars == 0 {
			stars = -1
		}
		p.DeleteAccount()
		again := pg.tg.Person(telegramtest.PersonConfig{
			FirstName: u.FirstName, LastName: u.LastName, LanguageCode: u.LanguageCode, Premium: u.IsPremium, Stars: stars,
		})
		renewed[p.ID()] = again.ID()
	}
	pg.roster.fire()
	return map[string]any{"renewed": renewed}, nil
}

// following is a deep link that a person opens.
type following struct {
	who
	Link string `json:"link"`
}

var startPayload = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)

// follow opens a link t.me/<bot>?start=…, or ?startgroup=… in the group the person is in.
func (pg *Playground) follow(_ context.Context, p *telegramtest.Person, b following) (any, error) {
	u, err := url.Parse(strings.TrimSpace(b.Link))
	if err != nil {
		return nil, bad("that is not a link")
	}
	if u.Scheme == "" { // t.me/bot?start=x, as people copy it
		u, err = url.Parse("https://" + strings.TrimSpace(b.Link))
	}
	if err != nil || u.Host != "t.me" && u.Host != "telegram.me" {
		return nil, bad("a link to the bot begins with https://t.me/")
	}
	if name := pg.tg.Bot().Username; !strings.EqualFold(strings.Trim(u.Path, "/"), name) {
		return nil, bad("the link is not to this bot: it is @" + name)
	}
	q := u.Query()
	payload := q.Get("start") + q.Get("startgroup")
	if !startPayload.MatchString(payload) {
		return nil, bad("a start parameter has at most 64 letters, digits, - and _")
	}
	if g, ok := pg.in(b.Chat, p.ID()); ok && q.Has("startgroup") {
		p.StartGroup(g, payload)
		return nil, nil
	}
	p.Start(payload)
	return nil, nil
}
