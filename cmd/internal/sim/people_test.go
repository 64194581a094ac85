package sim_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// person is somebody with a plan for the time of the storm.
type person struct {
	*telegramtest.Person
	id     int64 // ours
	wishes []string
	said   int
	paid   map[int64]bool // invoices
	moody  bool           // may find the door closed: some wishes are only answered
}

const (
	welcome = 50
	each    = 4 // wishes of a person
	sayings = 8 // of each of the two who talk
)

// newPerson is somebody who agreed to the terms. The first two talk with each other, the others have wishes. Of these one buys,
// one may freeze their account for a while, and one may leave for good.
func (w *world) newPerson(i int) *person {
	p := &person{
		Person: w.tg.Person(telegramtest.PersonConfig{ID: 5_000_000_001 + int64(i), FirstName: fmt.Sprint("Person", i), LanguageCode: "en"}),
		paid:   map[int64]bool{}, moody: i > 1 && i < 5,
	}
	p.Start("")
	w.poll()
	clear(w.unread) // they have done that long ago
	known := must(w.store.PersonByTelegram(w.Context(), p.ID(), "en"))
	p.id = known.ID
	for _, c := range []storage.Consent{
		{User: p.id, Version: workers.AgeRule, Outcome: storage.AgeAdult, Document: []string{storage.DocumentAge}},
		{User: p.id, Version: policy.Version, Grant: welcome, Document: []string{storage.DocumentPolicy}},
	} {
		if _, _, err := w.store.Agree(w.Context(), storage.Effect{}, c); err != nil {
			w.Fatal(err)
		}
	}
	if i < 2 {
		w.seeks(p, time.Second)
		for k := range sayings {
			w.after(w.moment(), "says", func() { w.say(p, k) })
		}
		return p
	}
	for k := range each {
		w.after(w.moment(), "wishes", func() { w.wish(p, 10*i+k) })
	}
	switch {
	case i == 2:
		w.buys(p)
	case i == 3 && w.dice.IntN(2) == 0:
		w.freezes(p)
	case i == 4 && w.dice.IntN(3) == 0:
		w.leaves(p)
	}
	return p
}

// moment is some time of the storm.
func (w *world) moment() time.Duration {
	return 3*time.Second + time.Duration(w.dice.Int64N(int64(stormTime-30*time.Second)))
}

// wish asks for something that has a number, and thinks better of it sometimes.
func (w *world) wish(p *person, number int) {
	text := fmt.Sprintf("wish %d", number)
	switch w.dice.IntN(4) {
	case 0:
		text += " --n 2"
	case 1:
		text += " --model fake-async"
	}
	p.wishes = append(p.wishes, text)
	w.speak(p, text)
	if w.dice.IntN(8) == 0 {
		w.after(time.Duration(w.dice.IntN(3000))*time.Millisecond, "cancels", func() { w.speak(p, "/cancel") })
	}
}

// seeks has somebody look for somebody to talk with, and again if nothing came of it.
func (w *world) seeks(p *person, after time.Duration) {
	w.after(after, "looks for somebody", func() {
		if w.talking || w.calmed() {
			return
		}
		w.speak(p, "/chat")
		w.follows(p, "English", "✅ I agree, find somebody")
		w.seeks(p, 25*time.Second)
	})
}

// say says something that has a number, once there is somebody to talk with.
func (w *world) say(p *person, k int) {
	if !w.talking && w.number(`SELECT COUNT(*) FROM conversation_members WHERE user_id = $1`, p.id) == 0 {
		w.after(2*time.Second, "says", func() { w.say(p, k) })
		return
	}
	w.talking = true
	p.said++
	w.speak(p, fmt.Sprintf("#%d", p.said))
}

// accept takes what people sent and puts it into lanes.
func (w *world) accept() {
	w.mu.Lock()
	talked := w.talked
	w.talked = false
	w.mu.Unlock()
	if !talked {
		return
	}
	for _, u := range w.poll() {
		w.note("update", u.Hash)
		w.push(u)
	}
}

// push puts an update into its lane, until it is acknowledged: Telegram gives it out again, after those of the chat that came before it.
func (w *world) push(u queue.Update) {
	w.mu.Lock()
	_, open := w.unread[u.Hash]
	var all []queue.Update
	for _, v := range w.unread {
		if v.Lane == u.Lane && w.ids[v.Hash] <= w.ids[u.Hash] {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b queue.Update) int { return cmp.Compare(w.ids[a.Hash], w.ids[b.Hash]) })
	w.mu.Unlock()
	if !open {
		return
	}
	for _, v := range all {
		w.queue.take(v)
	}
	w.after(5*time.Second, "gives out again", func() { w.push(u) })
}

// acknowledge ends that, but Telegram may not have heard it.
func (w *world) acknowledge(hash string) {
	w.mu.Lock()
	u, open := w.unread[hash]
	delete(w.unread, hash)
	w.mu.Unlock()
	if open && w.chance("duplicate", 0.1) {
		w.struck("duplicate update")
		w.after(time.Duration(w.draw("duplicate later")*9000)*time.Millisecond, "duplicate", func() { w.queue.take(u) })
	}
}

// speak has somebody send words.
func (w *world) speak(p *person, text string) {
	p.Text(text)
	w.stir()
}

// stir notes that there may be updates.
func (w *world) stir() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.talked = true
}

// ask calls a method of the Bot API past all faults.
func (w *world) ask(method string, query url.Values, result any) {
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/bot"+w.tg.Token()+"/"+method+"?"+query.Encode(), http.NoBody)
	w.tg.ServeHTTP(rec, r.WithContext(w.Context()))
	var body struct {
		Result json.RawMessage `json:"result"`
	}
	if err := errors.Join(json.Unmarshal(rec.Body.Bytes(), &body), json.Unmarshal(body.Result, result)); err != nil {
		w.Fatal(err)
	}
}

// poll reads the updates that are new.
func (w *world) poll() (all []queue.Update) {
	var updates []json.RawMessage
	w.ask("getUpdates", url.Values{
		"offset": {strconv.FormatInt(w.offset, 10)}, "allowed_updates": {`["message","edited_message","callback_query","my_chat_member","pre_checkout_query"]`},
	}, &updates)
	bot, _, _ := strings.Cut(w.tg.Token(), ":")
	id, _ := strconv.ParseInt(bot, 10, 64)
	for _, raw := range updates {
		u := must(telegram.ParseUpdate(raw))
		w.offset = u.ID + 1
		if m := u.Message; m != nil && (m.SuccessfulPayment != nil || m.RefundedPayment != nil) && w.chance("payment lost", 0.04) {
			w.struck("payment's update lost")
			continue
		}
		one := queue.Update{Bot: id, Hash: w.sealer.UpdateHash(id, u.ID), Lane: w.sealer.LaneHash(id, u.ChatID()), Raw: raw, Received: time.Now()}
		w.mu.Lock()
		w.unread[one.Hash], w.ids[one.Hash] = one, u.ID
		w.mu.Unlock()
		all = append(all, one)
	}
	return all
}
