package workers

import (
	"strings"
	"testing"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func (k *till) asked(charge string) storage.Ref {
	k.Helper()
	_, ref, _, err := k.w.Store.AskRefund(k.Context(), storage.Effect{}, nil, k.user.ID, charge, storage.RefundByPerson)
	if err != nil {
		k.Fatal(err)
	}
	return ref
}

type killed struct{}

func (k *till) kill(ref storage.Ref, step string) {
	k.Helper()
	k.w.Step = func(name string) {
		if name == step {
			panic(killed{})
		}
	}
	defer func() {
		k.w.Step = func(string) {}
		if _, ok := recover().(killed); !ok {
			k.Errorf("it never came to %q", step)
		}
		k.tasks = nil
	}()
	_ = k.w.refund(k.Context(), queue.PaymentRefund{ID: ref.ID, Epoch: ref.Epoch})
}

func TestRefundSurvivesAKill(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"", "refunding", "refunded", "refund noted"} {
		t.Run("at "+step, func(t *testing.T) {
			t.Parallel()
			k := newTill(t)
			stars := k.ada.Stars()
			charge := k.pays(50)
			ref := k.asked(charge)
			k.has(charge, 0, storage.PaymentRefunding)
			if step != "" {
				k.kill(ref, step)
				if err := k.w.Store.YieldRefund(t.Context(), storage.Refund{ID: ref.ID, Fence: 1}); err != nil { // its lease runs out
					t.Fatal(err)
				}
			}
			for range 2 {
				k.sweep()
			}
			k.has(charge, 0, storage.PaymentRefunded)
			if k.ada.Stars() != stars || told(k.ada, "are back with you") != 1 {
				t.Errorf("%d Stars, want %d:\n%s", k.ada.Stars(), stars, k.tg.Transcript(k.ada))
			}
		})
	}
}

func TestRefundAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault   telegramtest.Fault
		credits int64
		status  storage.PaymentStatus
	}{
		"lost":        {telegramtest.Fault{Kind: telegramtest.DropAfterEffect, Times: 1}, 0, storage.PaymentRefunded},
		"no JSON":     {telegramtest.Fault{Kind: telegramtest.EmptyOK, Times: 1}, 0, storage.PaymentRefunded},
		"a page":      {telegramtest.Fault{Kind: telegramtest.HTML502, Times: 1, AfterEffect: true}, 0, storage.PaymentRefunded},
		"an accident": {telegramtest.Fault{Code: 500, Times: 1}, 0, storage.PaymentRefunded},
		"too little":  {telegramtest.Fault{Code: 400, Description: "Bad Request: BALANCE_TOO_LOW"}, 50, storage.PaymentPaid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newTill(t)
			stars := k.ada.Stars()
			charge := k.pays(50)
			ref := k.asked(charge)
			tt.fault.Method = "refundStarPayment"
			k.tg.Fault(tt.fault)
			for range 2 { // the second time as the queue repeats it
				_ = k.w.refund(t.Context(), queue.PaymentRefund{ID: ref.ID, Epoch: ref.Epoch})
			}
			k.work()
			k.has(charge, tt.credits, tt.status)
			if tt.status == storage.PaymentPaid {
				k.last(k.ada, "did not return the 50")
				k.last(k.boss, "BALANCE_TOO_LOW")
				return
			}
			if k.ada.Stars() != stars || told(k.ada, "are back with you") != 1 {
				t.Errorf("%d Stars, want %d:\n%s", k.ada.Stars(), stars, k.tg.Transcript(k.ada))
			}
		})
	}
}

func TestRefundByOneTap(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	stars := k.ada.Stars()
	charge := k.pays(50)
	k.ada.Text("/paysupport")
	k.work()
	k.press(k.ada, "Your payments", "↩️ Refund 1 · 50\u00a0⭐")
	k.press(k.ada, "Give back", "Keep it")
	k.has(charge, 50, storage.PaymentPaid)
	for range 2 { // the list still has its button: two questions
		k.press(k.ada, "Your payments", "↩️ Refund 1 · 50\u00a0⭐")
	}
	first := k.last(k.ada, "Give back").MessageID
	var questions []int64
	for _, m := range k.ada.Messages() {
		if strings.Contains(m.Text, "Give back") && m.MessageID <= first {
			questions = append(questions, m.MessageID)
		}
	}
	for _, id := range questions {
		for range 2 {
			_, _ = k.ada.Press(id, "Yes, give it back")
		}
	}
	k.work()
	k.has(charge, 0, storage.PaymentRefunded)
	if k.ada.Stars() != stars || told(k.ada, "are back with you") != 1 {
		t.Errorf("%d Stars, want %d:\n%s", k.ada.Stars(), stars, k.tg.Transcript(k.ada))
	}
	k.ada.Text("/paysupport")
	k.work()
	if m := k.last(k.ada, "Your payments"); !strings.Contains(m.Text, "given back") {
		t.Errorf("the list says %q", m.Text)
	}
}

func TestDebtIsTold(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	charge := k.pays(50)
	k.spends(30)
	if err := k.tg.Refund(charge); err != nil {
		t.Fatal(err)
	}
	k.work()
	k.has(charge, 0, storage.PaymentClawedBack)
	if m := k.last(k.ada, "has taken back your payment"); !strings.Contains(m.Text, "30 are owed") {
		t.Errorf("Ada reads %q", m.Text)
	}
	k.last(k.boss, "Owed: 30\u00a0credits")
	k.pays(20)
	k.last(k.ada, "20\u00a0credits settled what was owed. Still owed: 10")
	k.pays(20)
	k.last(k.ada, "I paint for you again!")
	if p, err := k.w.Store.PersonByID(t.Context(), k.user.ID); err != nil || p.Debt != 0 {
		t.Errorf("%+v, %v", p, err)
	}
}
