package app_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// An update that comes three times, before and after it was handled, is one update.
func TestUpdateComesThreeTimes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := providertest.NewFake("fake")
		_, stop := w.start(withProvider(fake))
		w.agree(w.person)
		w.quiet()
		stop()
		w.person.Text("a bridge")
		w.person.Text("/balance")
		for _, id := range w.tg.PendingUpdates() {
			for range 2 {
				if !w.tg.Redeliver(id) {
					t.Fatal("the update is not known any more")
				}
			}
		}
		ids := w.tg.PendingUpdates()
		w.start(withProvider(fake))
		w.picture(w.person, "a bridge")
		w.after(w.person, 0, "You have 19 credits")
		for _, id := range ids {
			w.tg.Redeliver(id)
		}
		last := w.person.Text("/help")
		w.after(w.person, last.MessageID, "Fine-tune")
		w.quiet()
		if n, balances := pictures(w.person), told(w.person, "You have"); n != 1 || balances != 1 {
			t.Errorf("%d pictures, %d balances; the chat:\n%s", n, balances, w.tg.Transcript(w.person))
		}
		w.ended(w.store(), w.person, end{storage.StatusDelivered, storage.ReasonNone, 19})
		if asked, billed := calls(fake, "a bridge"); asked != 1 || billed != 1 {
			t.Errorf("%d calls, %d billed", asked, billed)
		}
	})
}

// Two taps at once on a button that spends, each also brought twice under another update id, spend once.
func TestTwoTapsSpendOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := providertest.NewFake("fake")
		w.start(withProvider(fake))
		w.agree(w.person)
		w.person.Text("a tower")
		m := w.picture(w.person, "a tower")
		presses := make([]*telegramtest.Press, 4)
		var wg sync.WaitGroup
		again, _ := m.Button("🔁 Again")
		for i := 0; i < len(presses); i += 2 {
			wg.Go(func() {
				p, err := w.person.PressData(m.MessageID, again.CallbackData)
				if err != nil {
					t.Error(err)
					return
				}
				presses[i], presses[i+1] = p, p.Again()
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		working, done := 0, 0
		for _, p := range presses {
			switch r := p.Must(t); r.Text {
			case "On it!":
				working++
			case "Already done.":
				done++
			default:
				t.Errorf("answer %q", r.Text)
			}
		}
		if done < 2 { // each query is brought twice and has one answer, whichever of its two arrives first
			t.Errorf("%d answered as done now, %d as done before", working, done)
		}
		w.withinChat(w.person, time.Minute, "no second picture", func() bool { return pictures(w.person) == 2 })
		w.quiet()
		s := w.store()
		if all := w.settled(s, w.person, time.Minute); len(all) != 2 || fake.Billed() != 2 {
			t.Errorf("generations: %s; %d calls billed", describe(all), fake.Billed())
		}
		w.balance(s, w.person, 18)
		fresh, _ := w.person.Message(m.MessageID) // the button was made anew, so it works once more
		w.press(w.person, fresh, "🔁 Again")
		w.withinChat(w.person, time.Minute, "no third picture", func() bool { return pictures(w.person) == 3 })
		w.settled(s, w.person, time.Minute)
		w.balance(s, w.person, 17)
	})
}

// Data of buttons that was made for somebody else, cut short or made up is refused and changes nothing.
func TestForgedButtons(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := providertest.NewFake("fake")
		w.start(withProvider(fake))
		owner, thief := w.someone("Ada"), w.someone("Mallory")
		owner.Text("a vault")
		m := w.picture(owner, "a vault")
		thief.Text("a crowbar")
		own := w.picture(thief, "a crowbar")
		var forged []string
		for _, row := range m.ReplyMarkup.InlineKeyboard {
			for _, b := range row {
				forged = append(forged, b.CallbackData)
			}
		}
		mine, _ := own.Button("⋯ More")
		theirs, _ := m.Button("⋯ More")
		op := strings.Split(mine.CallbackData, ".")
		other := strings.Split(theirs.CallbackData, ".")
		forged = append(forged, strings.Join([]string{op[0], other[1], op[2], op[3]}, "."), // my code on another's object
			strings.Join([]string{"dy", op[1], op[2], op[3]}, "."), // my code on another action
			mine.CallbackData[:len(mine.CallbackData)-1], "ag.2026-11..AAAAAAAAAAAAAAAA", "...", "💣", "dy"+strings.Repeat(".", 62))
		for _, data := range forged {
			p, err := thief.PressData(own.MessageID, data)
			if err != nil {
				t.Fatal(err)
			}
			if r := p.Must(t); r.Text != "This button belongs to somebody else." {
				t.Errorf("%q is answered %q", data, r.Text)
			}
		}
		group := w.tg.Group("Friends", owner, thief)
		owner.In(group).Text("/imagine@" + w.tg.Bot().Username + " a safe")
		in := w.waitFor(owner.In(group), time.Minute, func(m telegramtest.Message) bool { return len(m.Photo) > 0 })
		p, err := thief.In(group).Press(in.MessageID, "🔁 Again") // everybody in a group can press
		if err != nil {
			t.Fatal(err)
		}
		if r := p.Must(t); r.Text != "This button belongs to somebody else." {
			t.Errorf("a stranger's press in a group is answered %q", r.Text)
		}
		w.quiet()
		if pictures(owner) != 1 || pictures(thief) != 1 || len(fake.Calls()) != 3 {
			t.Errorf("%d and %d pictures, %d calls", pictures(owner), pictures(thief), len(fake.Calls()))
		}
		s := w.store()
		w.balance(s, owner, 18)
		w.balance(s, thief, 19)
		if all := w.settled(s, owner, time.Minute); len(all) != 2 {
			t.Errorf("generations: %s", describe(all))
		}
	})
}

// Telegram brings updates instead of being asked for them.
func TestWebhook(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		addr := apptest.NewLine(t, "127.0.0.1:9") // its address is known before anybody listens behind it
		w.env["IMAGIKA_TELEGRAM_MODE"] = "webhook"
		w.env["IMAGIKA_TELEGRAM_WEBHOOK_URL"] = "http://" + addr.Addr + "/telegram"
		w.env["IMAGIKA_TELEGRAM_WEBHOOK_SECRET"] = "a-word-that-nobody-guesses"
		fake := providertest.NewFake("fake")
		a, _ := w.start(withProvider(fake))
		addr.Lead(a.WebAddr)
		w.agree(w.person)
		w.person.Text("a harbor")
		m := w.picture(w.person, "a harbor")
		w.press(w.person, m, "🔁 Again")
		w.withinChat(w.person, time.Minute, "no second picture", func() bool { return pictures(w.person) == 2 })
		addr.Cut() // Telegram keeps what it cannot bring
		w.person.Text("a pier")
		addr.Mend()
		w.picture(w.person, "a pier")
		s := w.store()
		if all := w.settled(s, w.person, time.Minute); len(all) != 3 {
			t.Errorf("generations: %s", describe(all))
		}
		w.balance(s, w.person, 17)
		within(t, 10*time.Second, "updates are left", func() bool { return len(w.tg.PendingUpdates()) == 0 })
		for _, c := range w.tg.Calls() {
			if c.Method == "getUpdates" {
				t.Error("updates are polled for as well")
				break
			}
		}
	})
}

// Whoever has not agreed has nothing stored and nothing given, and whoever agrees twice is welcomed once.
func TestConsentFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := providertest.NewFake("fake")
		w.start(withProvider(fake))
		p := w.person
		p.Text("a secret garden")
		p.Photo(providertest.PNG(providers.Size{}, 1), "make it green")
		p.Text("/imagine a secret garden")
		w.tg.WaitMessage(t, p, telegramtest.Has("One thing first"))
		w.withinChat(p, 20*time.Second, "not every prompt is answered", func() bool { return told(p, "One thing first") == 3 })
		s := w.store()
		if all := w.newest(s, p); len(all) != 0 {
			t.Errorf("generations of somebody who has not agreed: %s", describe(all))
		}
		w.balance(s, p, 0)
		p.Text(born)
		ask := w.tg.WaitMessage(t, p, telegramtest.Has("Tap Agree"))
		agree, _ := ask.Button("✅ Agree")
		forged, err := p.PressData(ask.MessageID, strings.Replace(agree.CallbackData, policy.Version, "2020-01", 1))
		if err != nil {
			t.Fatal(err)
		}
		if r := forged.Must(t); r.Text != "This button belongs to somebody else." {
			t.Errorf("a made-up version is answered %q", r.Text)
		}
		p.Text("a secret garden")
		w.withinChat(p, 20*time.Second, "consent is not asked for", func() bool { return told(p, "Tap Agree") == 2 })
		w.balance(s, p, 0)
		one, err := p.PressData(ask.MessageID, agree.CallbackData)
		if err != nil {
			t.Fatal(err)
		}
		two, err := p.PressData(ask.MessageID, agree.CallbackData)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := one.Must(t).Text, two.Must(t).Text; a != "Thank you! Let’s paint." || b != "Already done." {
			t.Errorf("two agreements are answered %q and %q", a, b)
		}
		w.quiet()
		if n := told(p, "You’re in!"); n != 1 {
			t.Errorf("welcomed %d times", n)
		}
		w.balance(s, p, 20)
		p.Start("")
		w.waitFor(p, 20*time.Second, telegramtest.Has("Welcome back"))
		if n := len(fake.Calls()); n != 0 {
			t.Errorf("%d calls", n)
		}
		p.Text("a secret garden")
		w.picture(p, "a secret garden")
		w.ended(s, p, end{storage.StatusDelivered, storage.ReasonNone, 19})
	})
}
