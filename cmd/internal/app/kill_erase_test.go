package app_test

import (
	"flag"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// eraseKills are the steps at which the program is killed while it erases somebody; each takes until the claim runs out.
var eraseKills = flag.String("erase.kills", "erased refunded,erased rows", "steps at which TestErasureKilledAtEachStep kills the program, with commas between")

// The program is killed, as by kill -9, at one step of an erasure after the other, and started again over the same world: in the end
// nothing of the person is left, their Stars are back once, and they have their receipt.
func TestErasureKilledAtEachStep(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills and restarts processes")
	}
	w := newWorld(t, onReal)
	w.env[apptest.Settle] = "300ms"
	w.person = w.tg.Person(telegramtest.PersonConfig{FirstName: "Zyxcanaryname", Username: "zyxcanaryuser", LanguageCode: "en"})
	steps := strings.Split(*eraseKills, ",")
	program := func(i int) *apptest.Child {
		if i == len(steps) {
			return w.spawn("")
		}
		return w.spawn("kill:" + steps[i] + ":1")
	}
	running := program(0)
	w.agree(w.person)
	w.person.Text("a zyxcanaryprompt fox")
	w.picture(w.person, "")
	before := w.person.Stars()
	charge, err := w.person.Charge(50, "zyxcanaryorder")
	if err != nil {
		t.Fatal(err)
	}
	w.waitFor(w.person, 30*time.Second, telegramtest.Has("Thank you"))
	s := w.store()
	who, err := s.PersonByTelegram(t.Context(), w.person.ID(), "en")
	if err != nil {
		t.Fatal(err)
	}
	w.leave(t)
	for i, step := range steps {
		running.Died(t)
		t.Logf("killed: %s", step)
		running = program(i + 1)
	}
	w.waitFor(w.person, 90*time.Second, telegramtest.Has("Your receipt"))
	w.quiet()
	w.traceless(t, canaries{"zyxcanary", strconv.FormatInt(w.person.ID(), 10)}, who.ID, charge)
	if stars := w.person.Stars(); stars != before {
		t.Errorf("%d Stars, had %d before they paid", stars, before)
	}
	receipts := 0
	for _, m := range w.person.Messages() {
		if m.FromBot() && strings.Contains(m.Text, "Your receipt") {
			receipts++
		}
	}
	all, err := s.Rights(t.Context(), who.ID, 10)
	if err != nil || receipts != 1 || len(all) == 0 || all[0].Status != storage.RightDone {
		t.Errorf("%d receipts, requests %+v, %v", receipts, all, err)
	}
}
