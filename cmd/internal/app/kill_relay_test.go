package app_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var relayDeaths = flag.Int("relay.deaths", 1, "times that the workers of TestTalkingWhileWorkersDie all die")

// Three pairs talk while workers die, as by kill -9: one when what somebody said is written down and not passed on yet, one when
// Telegram has copied something and nobody has noted it. The partner sees what was said, in order, nothing missing and nothing
// twice, but for what its sender was told about.
func TestTalkingWhileWorkersDie(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills and restarts processes")
	}
	w := newWorld(t, onReal)
	people := w.crowd(6)
	for _, p := range people {
		p.Start("")
	}
	w.introduce(people)
	w.spawnRole(config.RoleBot, "")
	talk := &chatter{world: w, people: people}
	for range *relayDeaths {
		victims := []*apptest.Child{w.spawnRole(config.RoleWorker, "kill:relayed:5"), w.spawnRole(config.RoleWorker, "kill:passed:5")}
		for range 6 {
			talk.round()
		}
		for _, v := range victims {
			v.Died(t)
		}
		survivor := w.spawnRole(config.RoleWorker, "")
		begin := time.Now()
		talk.arrives()
		t.Logf("%d messages, all there %s after the restart", talk.n, time.Since(begin).Round(100*time.Millisecond))
		survivor.Kill()
	}
	unsure := 0
	for _, p := range people {
		unsure += len(announced(p))
	}
	t.Logf("%d announced as uncertain", unsure)
}

// chatter is people who talk with each other, two by two: what they say has a number, which stays with it when it is edited.
type chatter struct {
	*world
	people []*telegramtest.Person
	n      int
}

// round lets everybody say something: words, a reply, an album, or what they said before in other words.
func (c *chatter) round() {
	c.t.Helper()
	for i, p := range c.people {
		c.n++
		o := telegramtest.Outgoing{Text: fmt.Sprintf("#%d", c.n)}
		switch (c.n/len(c.people) + i) % 4 {
		case 1:
			if heard := apptest.Numbered(p, true); len(heard) > 0 {
				o.ReplyTo = heard[len(heard)-1].MessageID
			}
		case 2:
			o = telegramtest.Outgoing{Caption: o.Text, Photos: [][]byte{apptest.TinyPicture(), apptest.TinyPicture()}}
		case 3:
			if own := slices.DeleteFunc(apptest.Numbered(p, false), func(m telegramtest.Message) bool { return m.Text == "" }); len(own) > 0 {
				last := own[len(own)-1]
				if _, err := p.Edit(last.MessageID, fmt.Sprintf("%s now %d", apptest.NumberOf(last), c.n)); err != nil {
					c.t.Fatal(err)
				}
			}
		}
		if _, err := p.Send(o); err != nil {
			c.t.Fatal(err)
		}
	}
}

// announced are the numbers of which somebody was told that they may not have arrived.
func announced(p *telegramtest.Person) map[string]bool {
	all := map[string]bool{}
	for _, m := range p.Messages() {
		if m.FromBot() && strings.Contains(m.Text, "not sure this reached") && m.ReplyToMessage != nil {
			all[apptest.NumberOf(*m.ReplyToMessage)] = true
		}
	}
	return all
}

// arrives waits until everybody sees what their partner said, and makes sure that it stays so.
func (c *chatter) arrives() {
	c.t.Helper()
	for end := time.Now().Add(patience * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		wrong := c.wrong()
		if wrong == "" {
			c.quiet()
			wrong = c.wrong()
		}
		if wrong == "" {
			return
		}
		if time.Now().After(end) {
			c.t.Fatal(wrong)
		}
	}
}

// wrong is the first difference between what somebody said and what their partner sees; empty for none.
func (c *chatter) wrong() string {
	for i, from := range c.people {
		to := c.people[i^1]
		all := spoken(to, true, nil)
		if once := slices.Compact(slices.Sorted(slices.Values(all))); len(once) != len(all) {
			return "something arrived twice:\n" + c.tg.Transcript(to)
		}
		unsure := announced(from)
		maps.Copy(unsure, announced(to))
		if was, is := spoken(from, false, unsure), spoken(to, true, unsure); !slices.Equal(was, is) {
			return fmt.Sprintf("said %q\nseen %q\nnot sure about %v\n%s", was, is, unsure, c.tg.Transcript(to))
		}
	}
	return ""
}

// spoken is what was said, with the number of what it replies to, but for some numbers: what may not have arrived cannot be
// replied to.
func spoken(p *telegramtest.Person, bot bool, but map[string]bool) (all []string) {
	for _, m := range apptest.Numbered(p, bot) {
		if but[apptest.NumberOf(m)] {
			continue
		}
		words := m.Content()
		if r := m.ReplyToMessage; r != nil && apptest.NumberOf(*r) != "" && !but[apptest.NumberOf(*r)] {
			words += " to " + apptest.NumberOf(*r)
		}
		all = append(all, words)
	}
	return all
}
