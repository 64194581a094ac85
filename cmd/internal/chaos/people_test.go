package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// person is somebody who uses the bot, and what they know of it themselves.
type person struct {
	*telegramtest.Person
	w    *world
	id   int64 // ours
	dice *rand.Rand

	wishes   map[int]bool // numbers of prompts
	charges  []string     // payments that Telegram took
	stars    int64        // before they paid
	refunds  int          // asked for
	exports  int          // asked for
	leaves   bool         // has said yes to being erased
	canaries []string     // what tells of them
}

// welcome is the credits that everybody has.
const welcome = 2000

// crowd is everybody of a run. Each kind of person wants something else.
type crowd struct {
	w        *world
	all      []*person
	painters []*person
	buyers   []*person
	talkers  []*person // two by two
	curious  []*person // want to know what is held about them
	leavers  []*person
	prompts  atomic.Int64
	updates  map[int64]string // kinds of all updates there were, by id
}

// newCrowd makes people who have agreed to the terms long ago; size is how many of the most frequent kind there are.
func (w *world) newCrowd(seed uint64, size int) *crowd {
	w.t.Helper()
	c := &crowd{w: w, updates: map[int64]string{}}
	some := func(n int, name string) (group []*person) {
		for i := range n {
			p := w.newPerson(seed, fmt.Sprintf("%s%d", name, i))
			group, c.all = append(group, p), append(c.all, p)
		}
		return group
	}
	c.painters = some(size, "Painter")
	c.buyers = some(max(1, size/3), "Buyer")
	c.talkers = some(2*max(1, size/3), "Talker")
	c.curious = some(max(1, size/6), "Curious")
	c.leavers = some(max(1, size/6), "Zyxcanary")
	w.introduce(c.talkers)
	return c
}

func (w *world) newPerson(seed uint64, name string) *person {
	w.t.Helper()
	p := &person{
		w: w, dice: dies(seed, "person", name), wishes: map[int]bool{},
		Person: w.tg.Person(telegramtest.PersonConfig{FirstName: name, Username: strings.ToLower(name) + "_zyx", LanguageCode: "en"}),
	}
	p.AddStars(100_000)
	p.stars = p.Stars()
	p.canaries = []string{name, strings.ToLower(name) + "_zyx", strconv.FormatInt(p.ID(), 10)}
	ctx := w.t.Context()
	known, err := w.store.PersonByTelegram(ctx, p.ID(), "en")
	fatal(w.t, err)
	p.id = known.ID
	for _, c := range []storage.Consent{
		{User: p.id, Version: workers.AgeRule, Outcome: storage.AgeAdult, Document: []string{storage.DocumentAge}},
		{User: p.id, Version: policy.Version, Grant: welcome, Document: []string{storage.DocumentPolicy}},
	} {
		_, _, err := w.store.Agree(ctx, storage.Effect{}, c)
		fatal(w.t, err)
	}
	p.Start("")
	return p
}

// introduce brings people together, two by two.
func (w *world) introduce(all []*person) {
	w.t.Helper()
	for i, p := range all {
		_, err := w.store.Enter(w.t.Context(), storage.Effect{User: p.id}, storage.Search{ID: strconv.Itoa(i), User: p.id, Lang: "en"}, 0, nil)
		fatal(w.t, err)
		if i%2 == 0 {
			continue
		}
		_, _, err = w.store.Match(w.t.Context(), p.id, func(context.Context, storage.Conversation, [2]storage.Search) ([]storage.Send, error) {
			return nil, nil
		})
		fatal(w.t, err)
	}
}

// live has everybody do what they do until ctx ends, and returns when all have stopped.
func (c *crowd) live(ctx context.Context) {
	var all sync.WaitGroup
	each := func(group []*person, pause time.Duration, turn func(ctx context.Context, p *person)) {
		for _, p := range group {
			all.Go(func() {
				for p.rest(ctx, pause) {
					turn(ctx, p)
				}
			})
		}
	}
	each(c.painters, 2*time.Second, c.paint)
	each(c.buyers, 3*time.Second, c.buy)
	talk := newTalk(c.talkers)
	each(c.talkers, 1500*time.Millisecond, func(_ context.Context, p *person) { talk.say(p) })
	each(c.curious, 5*time.Second, c.ask)
	each(c.leavers, 2*time.Second, c.leave)
	all.Wait()
}

// rest waits for half to one and a half of d, and reports whether there is time left.
func (p *person) rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Duration(float64(d) * (0.5 + p.dice.Float64()))):
		return true
	}
}

// wish asks for a picture, or two, which have a number.
func (c *crowd) wish(p *person) {
	n := int(c.prompts.Add(1))
	p.wishes[n] = true
	prompt := "a red fox, number " + strconv.Itoa(n)
	if p.dice.IntN(4) == 0 {
		prompt += " --n 2"
	}
	p.Text(prompt)
}

// paint asks for something, and sometimes thinks better of it.
func (c *crowd) paint(ctx context.Context, p *person) {
	c.wish(p)
	switch p.dice.IntN(8) {
	case 0:
		if p.rest(ctx, time.Second) {
			p.Text("/cancel")
		}
	case 1:
		p.Text("/balance")
	}
}

// patience is how long somebody waits for an answer before they do something else.
const patience = 15 * time.Second

// hears waits for a message of the bot that is newer than another one.
func (p *person) hears(ctx context.Context, after int64, match func(telegramtest.Message) bool) (telegramtest.Message, bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m, err := p.WaitAfter(ctx, after, match)
	return m, err == nil
}

// presses presses a button whose label begins so, on a message that has these words, and reports whether there was one. Whoever
// answers does so by another message, not by the toast.
func (p *person) presses(ctx context.Context, after int64, words, label string) bool {
	find := func(m telegramtest.Message) string {
		if m.ReplyMarkup == nil || !strings.Contains(m.Text, words) {
			return ""
		}
		for _, row := range m.ReplyMarkup.InlineKeyboard {
			for _, b := range row {
				if strings.HasPrefix(b.Text, label) {
					return b.Text
				}
			}
		}
		return ""
	}
	m, ok := p.hears(ctx, after, func(m telegramtest.Message) bool { return find(m) != "" })
	if !ok {
		return false
	}
	_, err := p.Press(m.MessageID, find(m))
	return err == nil
}

// buy buys credits, and sometimes wants the Stars back. Once they have paid they wait for what comes of it, also when the storm is over.
func (c *crowd) buy(ctx context.Context, p *person) {
	last := p.Start("buy_sketch").MessageID
	bill, ok := p.hears(ctx, last, func(m telegramtest.Message) bool { return m.Invoice != nil })
	if !ok {
		return
	}
	paying, err := p.Pay(bill.MessageID)
	if err != nil {
		return
	}
	charge, err := paying.Wait(context.WithoutCancel(ctx)) // Telegram gives up after ten seconds
	if err != nil {
		return
	}
	p.charges = append(p.charges, charge)
	if p.dice.IntN(2) == 0 {
		c.refund(ctx, p)
	}
}

func (c *crowd) refund(ctx context.Context, p *person) {
	last := p.Text("/paysupport").MessageID
	if p.presses(ctx, last, "Your payments", "↩️ Refund 1 ") && p.presses(ctx, last, "Give back", "Yes, give it back") {
		p.refunds++
	}
}

// ask wants to have what is held about them, once, and paints meanwhile.
func (c *crowd) ask(ctx context.Context, p *person) {
	c.wish(p)
	if p.exports > 0 {
		return
	}
	last := p.Text("/privacy").MessageID
	if p.presses(ctx, last, "", "🔎 My data") && p.presses(ctx, last, "", "📦 Export") {
		p.exports++
	}
}

// leave paints, buys, and wants to be forgotten in the middle of it.
func (c *crowd) leave(ctx context.Context, p *person) {
	if p.leaves {
		return
	}
	if len(p.charges) == 0 {
		if charge, err := p.Charge(50, "zyxcanaryorder"); err == nil {
			p.charges = append(p.charges, charge)
		}
	}
	if c.wish(p); len(p.wishes) < 3 {
		return
	}
	last := p.Text("/privacy").MessageID
	p.leaves = p.presses(ctx, last, "Your data, your rights", "🗑 Erase everything") &&
		p.presses(ctx, last, "Erase everything?", "🗑 Erase everything") &&
		p.presses(ctx, last, "Really everything?", "Yes, erase everything") &&
		p.presses(ctx, last, "will be erased in", "Erase now")
}

// note writes down the updates there were: Telegram forgets those that are done.
func (c *crowd) note() {
	for _, u := range c.w.tg.Updates() {
		c.updates[u.ID] = u.Kind
	}
}
