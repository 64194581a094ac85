package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
)

// Somebody with ten prompts does not keep somebody with one waiting, although there are painters for two at a time only.
func TestOneAmongTen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.env["IMAGIKA_POOLS"] = "interactive,deliver,payments,maintenance,conversation,generate=2"
		fake := providertest.NewFake("fake")
		script := plan{"the one": always(providertest.Step{Latency: 500 * time.Millisecond})}
		for i := range 10 {
			script[fmt.Sprint("many ", i)] = always(providertest.Step{Latency: 1500 * time.Millisecond})
		}
		script.follow(fake)
		w.start(withProvider(fake))
		eager, modest := w.someone("Ada"), w.someone("Bea")
		for i := range 10 {
			eager.Text(fmt.Sprint("many ", i))
		}
		attempt(t, fake, "many 0", 1)
		modest.Text("the one")
		w.picture(modest, "the one")
		if n := pictures(eager); n >= 5 {
			t.Errorf("%d of the ten were done before the one", n)
		}
		w.withinChat(eager, 2*time.Minute, "not all of the ten are done", func() bool { return pictures(eager) == 10 })
		s := w.store()
		w.settled(s, eager, time.Minute)
		w.balance(s, eager, 10)
		w.ended(s, modest, end{storage.StatusDelivered, storage.ReasonNone, 19})
		var order []string
		for _, c := range fake.Calls() {
			if c.Request.Prompt != "the one" {
				order = append(order, c.Request.Prompt)
			}
		}
		// Two that run may change places with two that come next; more than that is not their turn.
		for i, prompt := range order {
			if at := slices.Index(order, fmt.Sprint("many ", i)); at < i-2 || at > i+2 {
				t.Errorf("%s was painted out of turn: %v", prompt, order)
			}
		}
	})
}

// What is more than may wait is refused in words, and nothing is held for it.
func TestTooManyWaiting(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.env["IMAGIKA_PERSON_PARALLEL"], w.env["IMAGIKA_PERSON_WAITING"] = "1", "3"
		fake := newAsync(time.Minute)
		fake.Script(everyCall(providertest.Step{Polls: -1}))
		w.start(withProvider(fake))
		w.agree(w.person)
		for i := range 7 {
			w.person.Text(fmt.Sprint("number ", i))
		}
		w.withinChat(w.person, 30*time.Second, "not everything beyond the limit is refused", func() bool {
			return told(w.person, "You already have 4 pictures waiting") == 3
		})
		s := w.store()
		if acc := w.books(s, w.person); acc != (storage.Account{Posted: 20, Held: 4}) {
			t.Errorf("account: %+v", acc)
		}
		if all := w.newest(s, w.person); len(all) != 4 || all[3].Request.Prompt != "number 3" {
			t.Errorf("generations: %s", describe(all))
		}
		for range 4 { // each makes room for the next
			w.person.Text("/cancel")
		}
		w.withinChat(w.person, time.Minute, "not all are canceled", func() bool { return told(w.person, "Canceled. 1 credit is yours again") == 4 })
		for _, g := range w.settled(s, w.person, time.Minute) {
			if g.Status != storage.StatusCanceled {
				t.Errorf("generation ended as %s/%s", g.Status, g.Reason)
			}
		}
		w.balance(s, w.person, 20)
		if n := fake.Billed(); n != 0 {
			t.Errorf("%d calls billed", n)
		}
		fake.Script(everyCall(providertest.Step{}))
		w.person.Text("one more")
		w.picture(w.person, "one more")
	})
}

// A stop waits for the calls that are paid for, takes nothing new, and what is left goes on after a start.
func TestStopWaitsForCalls(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.env["IMAGIKA_PERSON_PARALLEL"] = "2"
		fake := providertest.NewFake("fake")
		fake.Script(everyCall(providertest.Step{Latency: 2 * time.Second}))
		_, stop := w.start(withProvider(fake))
		w.agree(w.person)
		for i := range 4 {
			w.person.Text(fmt.Sprint("number ", i))
		}
		attempt(t, fake, "number 0", 1)
		attempt(t, fake, "number 1", 1)
		stop()
		s := w.store()
		for i, g := range w.newest(s, w.person) {
			if i < 2 && g.Status.Open() {
				t.Errorf("%s is %s after the stop", g.Request.Prompt, g.Status)
			}
		}
		asked := len(fake.Calls())
		w.person.Text("number 4")
		time.Sleep(time.Second)
		if n := len(fake.Calls()); n != asked {
			t.Errorf("%d calls after the stop", n-asked)
		}
		w.start(withProvider(fake))
		w.withinChat(w.person, time.Minute, "not all five are there", func() bool { return pictures(w.person) == 5 })
		w.quiet()
		for _, g := range w.settled(s, w.person, time.Minute) {
			if g.Status != storage.StatusDelivered {
				t.Errorf("%s ended as %s/%s", g.Request.Prompt, g.Status, g.Reason)
			}
		}
		if n := told(w.person, uncertain); n != 0 || pictures(w.person) != 5 {
			t.Errorf("%d notices, %d pictures; the chat:\n%s", n, pictures(w.person), w.tg.Transcript(w.person))
		}
		w.balance(s, w.person, 15)
		if len(fake.Calls()) != 5 || fake.Billed() != 5 {
			t.Errorf("%d calls, %d billed, for five pictures", len(fake.Calls()), fake.Billed())
		}
	})
}
