package app_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var startForm = regexp.MustCompile(`\?start=([A-Za-z0-9_-]+)`)

// link waits for a message with a link that opens the bot, and returns what it says after start=.
func (w *world) link(p *telegramtest.Person, id int64, words string) (telegramtest.Message, string) {
	w.t.Helper()
	m := w.after(p, id, words)
	found := startForm.FindStringSubmatch(m.Content())
	if found == nil {
		w.t.Fatalf("no link in %q", m.Content())
	}
	return m, found[1]
}

// arrives is somebody new who comes by a link.
func (w *world) arrives(name, start string) *telegramtest.Person {
	w.t.Helper()
	p := w.tg.Person(telegramtest.PersonConfig{FirstName: name, LanguageCode: "en"})
	p.Start(start)
	p.Text(born)
	w.press(p, w.tg.WaitMessage(w.t, p, telegramtest.Has("Tap Agree")), "✅ Agree")
	return p
}

// A friend comes by Ada's link, and once they have a picture both get credits. Codes bring some, also to somebody new; what
// was bought can be given in a link, once; and what operators give needs a second one above the limit.
func TestGivenCredits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	w.env["IMAGIKA_GRANT_ALONE"] = "100"
	w.start(withProvider(providertest.NewFake("fake")))
	w.agree(w.person)
	s, ada := w.store(), w.person
	var desk app.Credits = app.Dial(t.Context(), w.env["IMAGIKA_DATA"])

	last := ada.Text("/invite")
	_, ref := w.link(ada, last.MessageID, "Invite your friends")
	bo := w.arrives("Bo", ref)
	w.tg.WaitMessage(t, bo, telegramtest.Has("A friend brought you here"))
	bo.Text("a red fox")
	w.picture(bo, "a red fox")
	w.after(ada, last.MessageID, "A friend you invited has their first picture: 5 credits")
	w.waitFor(bo, 30*time.Second, telegramtest.Has("brings you 5 credits. You have 24 now."))
	ada.Start(ref) // of one's own

	if _, err := desk.AddPromo(t.Context(), storage.By{Who: "ann", Why: "a test"}, "Hello-World", storage.Promo{Credits: 7, Uses: 2, PerPerson: 1, Keep: 48 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	last = ada.Text("/promo hello-world")
	w.after(ada, last.MessageID, "brings you 7 credits. Use them by")
	last = ada.Text("/promo hello-world")
	w.after(ada, last.MessageID, "used this code already")
	cy := w.arrives("Cy", "promo_HELLO-WORLD")
	w.press(cy, w.tg.WaitMessage(t, cy, telegramtest.Has("You’re in!")), "🎁 Redeem the code")
	w.tg.WaitMessage(t, cy, telegramtest.Has("brings you 7 credits"))
	last = bo.Text("/promo hello-world")
	w.after(bo, last.MessageID, "used up: others were faster")

	last = ada.Start("buy_sketch")
	bill := w.waitFor(ada, 30*time.Second, func(m telegramtest.Message) bool { return m.Invoice != nil })
	if _, err := ada.Pay(bill.MessageID); err != nil {
		t.Fatal(err)
	}
	w.after(ada, last.MessageID, "Thank you! 50 credits")
	last = ada.Text("/gift 30")
	wrapped, gift := w.link(ada, last.MessageID, "30 credits are wrapped")
	dee := w.arrives("Dee", gift)
	w.press(dee, w.tg.WaitMessage(t, dee, telegramtest.Has("You’re in!")), "🎁 Open the gift")
	w.tg.WaitMessage(t, dee, telegramtest.Has("gives you 30 credits! You have 50 now."))
	w.after(ada, last.MessageID, "Your gift was opened: 30 credits")
	late := cy.Start(gift)
	w.after(cy, late.MessageID, "This gift isn’t there any more")
	w.press(ada, wrapped, "↩️ Take it back")
	w.waitFor(ada, 30*time.Second, func(m telegramtest.Message) bool {
		return m.MessageID == wrapped.MessageID && strings.Contains(m.Text, "isn’t there any more")
	})
	last = ada.Text("/gift 20")
	second, own := w.link(ada, last.MessageID, "20 credits are wrapped")
	w.after(ada, ada.Start(own).MessageID, "This gift is from you")
	w.press(ada, second, "↩️ Take it back")
	w.waitFor(ada, 30*time.Second, func(m telegramtest.Message) bool {
		return m.MessageID == second.MessageID && strings.Contains(m.Text, "unwrapped again")
	})
	w.balance(s, ada, 20+5+7+50-30)
	w.balance(s, bo, 19+5)
	w.balance(s, cy, 20+7)
	w.balance(s, dee, 20+30)
	w.byHand(desk, bo)
}

// byHand gives and takes credits as operators do.
func (w *world) byHand(desk app.Credits, bo *telegramtest.Person) {
	w.t.Helper()
	ctx, last := w.t.Context(), bo.Text("/ledger")
	_ = w.after(bo, last.MessageID, "Invitations")
	who := strconv.FormatInt(bo.ID(), 10)
	if _, err := desk.MoveCredits(ctx, storage.By{Who: "ann", Why: "a test"}, who, -99, "Too much."); err == nil || !strings.Contains(err.Error(), "fewer credits") {
		w.t.Errorf("took more than there is: %v", err)
	}
	if v, err := desk.MoveCredits(ctx, storage.By{Who: "ann", Why: "a test"}, who, 100, "For the wait."); err != nil || v.Status != storage.CreditDone {
		w.t.Errorf("%+v, %v", v, err)
	}
	w.after(bo, last.MessageID, "give you 100 credits. You have 124 now.\n\nFor the wait.")
	v, err := desk.MoveCredits(ctx, storage.By{Who: "ann", Why: "a test"}, who, -101, "Too much.")
	if err != nil || v.Status != storage.CreditWaiting {
		w.t.Fatalf("%+v, %v", v, err)
	}
	if _, err := desk.DecideCredits(ctx, storage.By{Who: "ann", Why: "a test"}, v.ID, true); err == nil || !strings.Contains(err.Error(), "another operator") {
		w.t.Errorf("decided alone: %v", err)
	}
	if v, err = desk.DecideCredits(ctx, storage.By{Who: "bob", Why: "a test"}, v.ID, true); err != nil || v.Status != storage.CreditDone || v.Second != "bob" {
		w.t.Errorf("%+v, %v", v, err)
	}
	w.after(bo, last.MessageID, "took back 101 credits. You have 23 now.")
	if all, err := desk.Credits(ctx); err != nil || len(all) != 2 || all[0].ID != v.ID {
		w.t.Errorf("%+v, %v", all, err)
	}
	w.receipts(desk, bo, last.MessageID)
}

// receipts shows one of Bo's, which anybody can check.
func (w *world) receipts(desk app.Credits, bo *telegramtest.Person, after int64) {
	w.t.Helper()
	w.press(bo, w.after(bo, after, "Invitations"), "1")
	m := w.after(bo, after, "🧾 ")
	token := regexp.MustCompile(`(?m)^[A-Za-z0-9_-]{80,}$`).FindString(m.Text)
	v, err := desk.Receipt(w.t.Context(), token)
	if err != nil || !v.Genuine || !v.Intact || v.Credits != 5 || v.Source != storage.SourceReferral {
		w.t.Errorf("receipt %q: %+v, %v", token, v, err)
	}
	last := w.person.Text("/check " + token)
	w.after(w.person, last.MessageID, "✅ This receipt is genuine.\nInvitations\nCredits: +5")
	last = bo.Text("/check " + token)
	w.after(bo, last.MessageID, "genuine, and it is yours")
	if v, err := desk.Receipt(w.t.Context(), token[:50]+"x"+token[51:]); err != nil || v.Genuine {
		w.t.Errorf("forged: %+v, %v", v, err)
	}
}
