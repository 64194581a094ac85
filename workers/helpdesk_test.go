package workers

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestHelpdesk(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	charge := k.pays(50)
	k.spends(20)
	k.ada.Text("/paysupport")
	k.work()
	k.press(k.ada, "Your payments", "↩️ Refund 1 · 50\u00a0⭐")
	q := k.last(k.ada, "30 of its 50\u00a0credits are unspent")
	k.send(k.ada, telegramtest.Outgoing{Text: "I bought the <wrong> pack", ReplyTo: q.MessageID})
	k.work()
	k.last(k.ada, "your request is with the people")
	m := k.last(k.boss, "I bought the <wrong> pack")
	if !strings.Contains(m.Text, "30 unspent") || strings.Contains(m.Text, strconv.FormatInt(k.ada.ID(), 10)) {
		t.Errorf("operators see %q", m.Text)
	}
	k.press(k.boss, "I bought", "💬 Answer")
	k.send(k.boss, telegramtest.Outgoing{Text: "Will see & tell.", ReplyTo: k.last(k.boss, "with your answer").MessageID})
	k.work()
	answer := k.last(k.ada, "Will see & tell.")
	k.send(k.ada, telegramtest.Outgoing{Text: "Thanks!", ReplyTo: answer.MessageID})
	k.work()
	k.last(k.boss, "Thanks!")
	k.press(k.boss, "I bought", "↩️ Refund 50\u00a0⭐")
	k.press(k.boss, "whole payments only", "Yes, give it back")
	k.has(charge, 0, storage.PaymentRefunded)
	k.last(k.ada, "50\u00a0⭐ are back with you")
	k.press(k.boss, "I bought", "✔️ Close")
	all, err := k.w.Desk().Tickets(t.Context(), true)
	if err != nil || len(all) != 1 || all[0].Status != storage.TicketClosed {
		t.Errorf("%+v, %v", all, err)
	}
	acts, err := k.w.Store.Acts(t.Context(), storage.ActFilter{})
	if err != nil || len(acts) != 2 || acts[0].What != "refund" || !strings.HasPrefix(acts[0].Who, "chat:") {
		t.Errorf("%+v, %v", acts, err)
	}
	// a button of the operators is worth nothing elsewhere
	stolen := k.w.signer.Data(telegram.OpDeskClose, all[0].ID, k.boss.ID(), "")
	if _, err := k.w.signer.Parse(stolen, k.ada.ID()); err == nil {
		t.Error("Ada can press what is the operators'")
	}
}

func TestHelpdeskAtTheCommandLine(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	desk := k.w.Desk()
	charge := k.pays(50)
	k.spends(20)
	if _, err := desk.Ban(t.Context(), storage.By{Who: "ann", Why: "a test"}, k.w.personHash(k.user.ID), time.Hour, ""); err != nil {
		t.Fatal(err)
	}
	k.sweep()
	k.ada.Text("/paysupport I want to talk")
	k.work()
	k.send(k.ada, telegramtest.Outgoing{Text: "Really.", ReplyTo: k.last(k.ada, "your request is with").MessageID})
	k.send(k.ada, telegramtest.Outgoing{Dice: "🎲", ReplyTo: k.last(k.ada, "your request is with").MessageID})
	k.work()
	k.last(k.ada, "Only words reach them")
	all, err := desk.Tickets(t.Context(), false)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	v, err := desk.Ticket(t.Context(), all[0].ID)
	want := []TicketWords{{From: "person", Text: "I want to talk"}, {From: "person", Text: "Really."}}
	if diff := cmp.Diff(want, v.Words, cmpopts.IgnoreFields(TicketWords{}, "At")); err != nil || diff != "" {
		t.Error(diff, err)
	}
	if err := desk.AnswerTicket(t.Context(), storage.By{Who: "ann", Why: "a test"}, v.ID, "Soon."); err != nil {
		t.Fatal(err)
	}
	p, err := desk.RefundPayment(t.Context(), storage.By{Who: "ann", Why: "a test"}, charge)
	if err != nil || p.Status != storage.PaymentRefunding {
		t.Errorf("%+v, %v", p, err)
	}
	if err := desk.CloseTicket(t.Context(), storage.By{Who: "ann", Why: "a test"}, v.ID); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"closed": desk.CloseTicket(t.Context(), storage.By{Who: "ann", Why: "a test"}, v.ID), "no request": desk.AnswerTicket(t.Context(), storage.By{Who: "ann", Why: "a test"}, "x", "hi"),
		"on its way back": second(desk.RefundPayment(t.Context(), storage.By{Who: "ann", Why: "a test"}, charge)), "no payment": second(desk.RefundPayment(t.Context(), storage.By{Who: "ann", Why: "a test"}, "x")),
		"owes nothing": desk.Forgive(t.Context(), storage.By{Who: "ann", Why: "a test"}, k.w.personHash(k.user.ID)),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %s", err, what)
		}
	}
	k.sweep()
	for _, words := range []string{"Soon.", "Your request is closed", "are back with you"} {
		k.last(k.ada, words)
	}
	k.has(charge, 0, storage.PaymentRefunded)
}

func second[T any](_ T, err error) error { return err }

// Operators in a group are heard where they answer, and only there; nobody else's words count.
func TestHelpdeskInAGroup(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	carl := k.tg.Person(telegramtest.PersonConfig{FirstName: "Carl", LanguageCode: "en"})
	group := k.tg.Group("Operators", k.boss, carl)
	k.w.Settings.Operators = group.ID()
	k.updates()
	boss, carlThere := k.boss.In(group), carl.In(group)
	k.ada.Text("/paysupport help me")
	k.work()
	k.press(boss, "help me", "💬 Answer")
	question := k.last(boss, "with your answer").MessageID
	k.send(carlThere, telegramtest.Outgoing{Text: "a red fox", ReplyTo: question}) // whom nobody asked
	k.send(carlThere, telegramtest.Outgoing{Text: "lunch?"})
	k.work()
	if n := told(k.ada, "The people who run this bot answer"); n != 0 {
		t.Errorf("%d answers of somebody who was not asked", n)
	}
	k.send(boss, telegramtest.Outgoing{Text: "Here I am.", ReplyTo: question})
	k.work()
	k.last(k.ada, "Here I am.")
	k.press(carlThere, "help me", "✔️ Close")
	k.last(k.ada, "Your request is closed")
}
