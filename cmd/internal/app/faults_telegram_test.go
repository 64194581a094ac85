package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// uncertain are the words about a message that may not have arrived.
const uncertain = "may not have reached you"

// cancelable matches a status message.
func cancelable(m telegramtest.Message) bool {
	_, ok := m.Button("✖️ Cancel")
	return ok
}

// telegramRow is what Telegram does to one person's picture on its way.
type telegramRow struct {
	name   string
	faults []telegramtest.Fault
	notice int // about messages that may not have arrived
	form   string
}

func telegramRows() []telegramRow {
	type faults = []telegramtest.Fault
	return []telegramRow{
		{name: "told to wait", faults: faults{
			{Method: "sendMessage", Code: 429, RetryAfter: 2, Times: 1},
			{Method: "editMessageMedia", Code: 429, RetryAfter: 2, Times: 2},
		}},
		{name: "gateway away", faults: faults{
			{Kind: telegramtest.HTML502, Method: "sendMessage", Times: 2}, {Kind: telegramtest.HTML502, Method: "editMessageMedia", Times: 2},
		}},
		{name: "broken server", faults: faults{
			{Method: "sendMessage", Code: 500, Times: 2}, {Method: "editMessageMedia", Code: 500, Times: 2},
		}},
		{name: "line cut before", faults: faults{
			{Kind: telegramtest.DropBeforeRead, Method: "editMessageMedia", Contains: "media", Times: 2},
		}},
		{name: "answer of the edit lost", faults: faults{{Kind: telegramtest.DropAfterEffect, Method: "editMessageMedia", Times: 2}}},
		{name: "edit answered with nothing", faults: faults{{Kind: telegramtest.EmptyOK, Method: "editMessageMedia", Times: 2}}},
		// A status message is not missed: no notice, and the picture comes as a message of its own.
		{name: "answer of the status lost", faults: faults{{Kind: telegramtest.DropAfterEffect, Method: "sendMessage", Times: 1}}},
		{name: "no status and no answer", faults: faults{
			{Kind: telegramtest.EmptyOK, Method: "sendMessage", Times: 1},
			{Kind: telegramtest.DropAfterEffect, Method: "sendPhoto", Times: 1},
		}, notice: 1},
		{name: "too odd for a photo", form: "document", faults: faults{
			{Method: "editMessageMedia", Contains: `"photo"`, Code: 400, Description: "Bad Request: PHOTO_INVALID_DIMENSIONS", Times: 1},
		}},
		{name: "not processed", form: "document", faults: faults{
			{Method: "editMessageMedia", Contains: `"photo"`, Code: 400, Description: "Bad Request: IMAGE_PROCESS_FAILED", Times: 1},
		}},
	}
}

// What Telegram can do to a result on its way: it arrives once, and whoever cannot be sure says so.
func TestTelegramFaults(t *testing.T) {
	t.Parallel()
	rows := telegramRows()
	each(t, func(t *testing.T, w *world) {
		fake, script := providertest.NewFake("fake"), plan{}
		for _, r := range rows { // long enough for the status message to be first
			script[r.name] = always(providertest.Step{Latency: 3 * time.Second})
		}
		script.follow(fake)
		w.start(withProvider(fake))
		people := make([]*telegramtest.Person, 0, len(rows))
		for _, r := range rows {
			p := w.someone("Ada")
			people = append(people, p)
			for _, f := range r.faults {
				f.ChatID = p.ID()
				w.tg.Fault(f)
			}
			p.Text(r.name)
		}
		s := w.store()
		for i, r := range rows {
			p := people[i]
			w.withinChat(p, time.Minute, r.name+": no picture", func() bool { return pictures(p) > 0 })
			g := w.settled(s, p, time.Minute)
			if len(g) != 1 || g[0].Status != storage.StatusDelivered {
				t.Errorf("%s: generations: %s", r.name, describe(g))
			}
			w.balance(s, p, 19)
		}
		w.quiet()
		for i, r := range rows {
			p := people[i]
			if n := pictures(p); n != 1 {
				t.Errorf("%s: %d pictures; the chat:\n%s", r.name, n, w.tg.Transcript(p))
			}
			if n := told(p, uncertain); n != r.notice {
				t.Errorf("%s: %d notices, want %d; the chat:\n%s", r.name, n, r.notice, w.tg.Transcript(p))
			}
			for _, m := range p.Messages() {
				if got := m.Document != nil; m.FromBot() && (got || len(m.Photo) > 0) && got != (r.form == "document") {
					t.Errorf("%s: document is %v", r.name, got)
				}
			}
			if asked, billed := calls(fake, r.name); asked != 1 || billed != 1 {
				t.Errorf("%s: %d calls, %d billed", r.name, asked, billed)
			}
		}
	})
}

// A reply whose answer was lost is not sent again by itself: the person is told, and the button shows it.
func TestLostReply(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.start()
		w.agree(w.person)
		silent := w.someone("Bea") // for her Telegram does nothing and says it did
		hangs := w.someone("Cy")   // and for him it never answers
		w.tg.Fault(telegramtest.Fault{Kind: telegramtest.DropAfterEffect, Method: "sendMessage", ChatID: w.person.ID(), Times: 1})
		w.tg.Fault(telegramtest.Fault{Kind: telegramtest.EmptyOK, Method: "sendMessage", ChatID: silent.ID(), Times: 1})
		w.tg.Fault(telegramtest.Fault{Kind: telegramtest.Hang, Method: "sendMessage", ChatID: hangs.ID(), Times: 1})
		for _, c := range []struct {
			person *telegramtest.Person
			shown  int // before the button
		}{{w.person, 1}, {silent, 0}, {hangs, 0}} {
			p := c.person
			p.Text("/balance")
			p.Text("/history")
			notice := w.waitFor(p, 50*time.Second, telegramtest.Has(uncertain))
			w.waitFor(p, 10*time.Second, telegramtest.Has("Nothing here yet")) // what came behind it is not held up
			w.quiet()
			if n := told(p, "20 credits</b>"); n != 0 {
				t.Errorf("markup is shown")
			}
			count := func() int { return told(p, "You have 20 credits") }
			if n := count(); n != c.shown || told(p, uncertain) != 1 {
				t.Errorf("shown %d times, want %d; the chat:\n%s", n, c.shown, w.tg.Transcript(p))
			}
			w.press(p, notice, "👀 Show it")
			w.withinChat(p, 20*time.Second, "the button does not show it", func() bool { return count() == c.shown+1 })
			w.press(p, notice, "👀 Show it")
			w.quiet()
			if n := count(); n != c.shown+1 {
				t.Errorf("shown %d times after a second press", n)
			}
		}
		w.balance(w.store(), w.person, 20)
	})
}

// The chat changes while the picture is painted.
func TestChatChangesMeanwhile(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake, paint := held("fake")
		w.start(withProvider(fake))
		deletes, blocks := w.someone("Ada"), w.someone("Bea")

		deletes.Text("a swan")
		status := w.waitFor(deletes, 20*time.Second, telegramtest.Has("is painting"))
		if err := deletes.Delete(status.MessageID); err != nil {
			t.Fatal(err)
		}
		blocks.Text("a stork")
		attempt(t, fake, "a stork", 1)
		blocks.Block()
		paint()

		w.picture(deletes, "a swan")
		s := w.store()
		w.ended(s, deletes, end{storage.StatusDelivered, storage.ReasonNone, 19})
		w.ended(s, blocks, end{storage.StatusUndeliverable, storage.ReasonBlocked, 19})
		w.quiet()
		if pictures(deletes) != 1 || pictures(blocks) != 0 || fake.Billed() != 2 {
			t.Errorf("%d and %d pictures, %d calls billed", pictures(deletes), pictures(blocks), fake.Billed())
		}
		if who, err := s.PersonByTelegram(t.Context(), blocks.ID(), "en"); err != nil || !who.Unreachable {
			t.Errorf("the person who blocked the bot: %+v, %v", who, err)
		}

		blocks.Text("/history") // whoever writes is back
		list := w.waitFor(blocks, 20*time.Second, telegramtest.Has("newest first"))
		if !strings.Contains(list.Caption, "a stork") {
			t.Errorf("history: %q", list.Caption)
		}
		w.press(blocks, list, "1")
		w.after(blocks, list.MessageID, "a stork")
		blocks.Text("a crane")
		w.picture(blocks, "a crane")
		if who, err := s.PersonByTelegram(t.Context(), blocks.ID(), "en"); err != nil || who.Unreachable {
			t.Errorf("the person who is back: %+v, %v", who, err)
		}
		w.settled(s, blocks, time.Minute)
		w.balance(s, blocks, 18)
	})
}

// An album cannot be edited into place, so a lost answer is a notice; the photos are never sent twice unasked.
func TestLostAlbum(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := providertest.NewFake("fake")
		w.start(withProvider(fake))
		w.agree(w.person)
		w.tg.Fault(telegramtest.Fault{Kind: telegramtest.DropAfterEffect, Method: "sendMediaGroup", Times: 1})
		w.person.Text("two swans --n 2")
		notice := w.waitFor(w.person, time.Minute, telegramtest.Has(uncertain))
		s := w.store()
		w.ended(s, w.person, end{storage.StatusDelivered, storage.ReasonUncertain, 18})
		w.quiet()
		if n := pictures(w.person); n != 2 {
			t.Errorf("%d pictures before anybody asked for more", n)
		}
		w.tg.Fault(telegramtest.Fault{Method: "sendMediaGroup", Code: 400, Description: "Bad Request: PHOTO_INVALID_DIMENSIONS", Times: 1})
		w.press(w.person, notice, "👀 Show it")
		w.withinChat(w.person, 30*time.Second, "the button does not show the album", func() bool { return pictures(w.person) == 4 })
		w.tg.WaitMessage(t, w.person, telegramtest.Has("What next?"))
		if fake.Billed() != 1 {
			t.Errorf("%d calls billed", fake.Billed())
		}
		w.ended(s, w.person, end{storage.StatusDelivered, storage.ReasonUncertain, 18})
	})
}

// A reference that Telegram does not hand out at once is fetched again, for longer than a poisoned one would be.
func TestTelegramKeepsTheReference(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	fake := providertest.NewFake("fake")
	w.start(withProvider(fake))
	w.agree(w.person)
	w.tg.Fault(telegramtest.Fault{Method: "getFile", Code: 500, Times: 7})
	w.tg.Fault(telegramtest.Fault{Kind: telegramtest.DropBeforeRead, Method: "download", Times: 1})
	w.person.Photo(providertest.PNG(providers.Size{Width: 80, Height: 40}, 3), "make it winter")
	w.picture(w.person, "make it winter")
	w.ended(w.store(), w.person, end{storage.StatusDelivered, storage.ReasonNone, 19})
	if asked, billed := calls(fake, "make it winter"); asked != 1 || billed != 1 {
		t.Errorf("%d calls, %d billed", asked, billed)
	}
}
