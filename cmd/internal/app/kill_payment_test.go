package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// The program is killed at each step between Telegram's question and the end of the payment, four times for one payment:
// its credits are there once, and one receipt.
func TestKilledWhileSomebodyPays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills and restarts processes")
	}
	w := newWorld(t, onEmbedded)
	victim := w.spawn("kill:answered:1")
	w.agree(w.person)
	w.person.Start("buy_sketch")
	bill := w.waitFor(w.person, 30*time.Second, func(m telegramtest.Message) bool { return m.Invoice != nil })
	w.quiet()
	paying, err := w.person.Pay(bill.MessageID)
	if err != nil {
		t.Fatal(err)
	}
	victim.Died(t)
	charge, err := paying.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"paying", "paid"} {
		w.spawn("kill:" + step + ":1").Died(t)
	}
	w.spawn("")
	w.waitFor(w.person, 30*time.Second, telegramtest.Has("Thank you! 50 credits"))
	w.confirmed(time.Minute)
	w.quiet()
	receipts := 0
	for _, m := range w.person.Messages() {
		if strings.Contains(m.Text, "Thank you! 50 credits") {
			receipts++
		}
	}
	s := w.store()
	if acc := w.books(s, w.person); receipts != 1 || acc != (storage.Account{Posted: 70}) {
		t.Errorf("%d receipts, account %+v; the chat:\n%s", receipts, acc, w.tg.Transcript(w.person))
	}
	if p, err := s.Payment(t.Context(), charge); err != nil || p.Status != storage.PaymentPaid || p.Problem != storage.ProblemNone {
		t.Errorf("payment: %+v, %v", p, err)
	}
}
