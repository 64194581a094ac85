package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// talk is people who talk with each other, two by two: what they say has a number, which stays with it when it is edited.
type talk struct {
	people []*person
	n      atomic.Int64
}

func newTalk(people []*person) *talk { return &talk{people: people} }

// say lets somebody say something: words, a reply, an album, or they change or take back what they said before.
func (k *talk) say(p *person) {
	n := k.n.Add(1)
	o := telegramtest.Outgoing{Text: fmt.Sprintf("#%d", n)}
	switch p.dice.IntN(7) {
	case 0:
		if heard := apptest.Numbered(p.Person, true); len(heard) > 0 {
			o.ReplyTo = heard[len(heard)-1].MessageID
		}
	case 1:
		o = telegramtest.Outgoing{Caption: o.Text, Photos: [][]byte{apptest.TinyPicture(), apptest.TinyPicture()}}
	case 2, 3:
		if last, ok := lastWords(p); ok {
			_, _ = p.Edit(last.MessageID, fmt.Sprintf("%s now %d", apptest.NumberOf(last), n)) // it may be gone just now
			return
		}
	case 4:
		if last, ok := lastWords(p); ok {
			_, _ = p.Reply(last.MessageID, "/unsend") // likewise
			return
		}
	}
	_, _ = p.Send(o) // what it replies to may be gone just now
}

// lastWords is the last thing in words that somebody said.
func lastWords(p *person) (telegramtest.Message, bool) {
	own := slices.DeleteFunc(apptest.Numbered(p.Person, false), func(m telegramtest.Message) bool { return m.Text == "" })
	if len(own) == 0 {
		return telegramtest.Message{}, false
	}
	return own[len(own)-1], true
}

// announced are the numbers of which somebody was told that they, or a change of them, may not have arrived.
func announced(p *person) map[string]bool {
	all := map[string]bool{}
	for _, m := range p.Messages() {
		if !m.FromBot() || m.ReplyToMessage == nil {
			continue
		}
		switch {
		case strings.Contains(m.Text, "not sure this reached"), strings.Contains(m.Text, "didn’t reach your partner"):
			all[apptest.NumberOf(*m.ReplyToMessage)] = true
		case strings.Contains(m.Text, "don’t reach your partner"): // nor does what they say in the next 15 s
			for _, own := range apptest.Numbered(p.Person, false) {
				if own.Date >= m.ReplyToMessage.Date && own.Date <= m.Date+15 {
					all[apptest.NumberOf(own)] = true
				}
			}
		}
	}
	return all
}

// spoken is what was said, with the number of what it replies to, but for some numbers: what may not have arrived, or was taken
// back, cannot be replied to.
func spoken(p *person, bot bool, but map[string]bool) (all []string) {
	for _, m := range apptest.Numbered(p.Person, bot) {
		if but[apptest.NumberOf(m)] {
			continue
		}
		words := m.Content()
		if r := m.ReplyToMessage; r != nil && apptest.NumberOf(*r) != "" && !but[apptest.NumberOf(*r)] && there(p, r.MessageID) {
			words += " to " + apptest.NumberOf(*r)
		}
		all = append(all, words)
	}
	return all
}

// there reports whether a chat still shows a message.
func there(p *person, id int64) bool {
	m, ok := p.Message(id)
	return ok && !m.Deleted
}
