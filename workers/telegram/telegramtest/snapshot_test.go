package telegramtest

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSnapshotKeepsEverything(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	ann.Photo(picture(t, 400, 300), "look")
	m := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "menu", "reply_markup": rows(2, "d")}).message(t)
	do(t, s, "setMyCommands", params{"commands": []BotCommand{{"start", "Begin"}}})
	press, err := ann.Press(m.MessageID, "1")
	if err != nil {
		t.Fatal(err)
	}
	confirmed := pollOnce(t, s, nil)[0].UpdateID
	pollOnce(t, s, params{"offset": confirmed + 1})
	var file bytes.Buffer
	if err := s.Save(&file); err != nil {
		t.Fatal(err)
	}

	later := NewTest(t)
	if err := later.Load(&file); err != nil {
		t.Fatal(err)
	}
	again, ok := later.PersonByID(ann.ID())
	if !ok {
		t.Fatal("Ann is gone")
	}
	if diff := cmp.Diff(ann.Messages(), again.Messages()); diff != "" {
		t.Errorf("messages (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(s.PendingUpdates(), later.PendingUpdates()); diff != "" {
		t.Errorf("unconfirmed updates (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(ann.Commands(), again.Commands()); diff != "" || len(again.Commands()) != 1 {
		t.Errorf("commands (-before +after):\n%s", diff)
	}
	if _, content, ok := later.File(ann.Messages()[1].FileIDs()[0]); !ok || !bytes.Equal(content, picture(t, 400, 300)) {
		t.Error("the picture is gone")
	}
	if a := do(t, later, "answerCallbackQuery", params{"callback_query_id": press.ID()}); !a.OK {
		t.Errorf("the press is gone: %s", a.Description)
	}
	if id := again.Text("more").MessageID; id != m.MessageID+1 {
		t.Errorf("the next message has id %d, want %d", id, m.MessageID+1)
	}
	pending := pollOnce(t, later, nil)
	if !slices.IsSorted(ids(pending)) || len(pending) != 3 {
		t.Errorf("update ids after loading: %v", ids(pending))
	}
}

func TestLoadRefusesDamage(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	for _, bad := range []string{
		"", "{", `{"version":3}`, `{"version":0}`, `{"version":1,"updates":[null]}`, `{"version":1,"users":{"5":null}}`, `{"version":1,"chats":null}`,
		`{"version":2,"ledger":[null]}`, `{"version":2,"paying":["5"]}`, `{"version":2,"inline_queries":{"5":{"answer":{"results":[{}]}}}}`,
		`{"version":2,"chats":{"-5":{"chat":{"id":-5},"standings":{"7":{"status":"administrator"}}}}}`,
	} {
		if err := s.Load(bytes.NewReader([]byte(bad))); err == nil {
			t.Errorf("Load(%q) passed", bad)
		}
	}
	if len(ann.Messages()) != 1 {
		t.Error("a failed Load changed the world")
	}
}

func TestSnapshotKeepsMoneyAndGroups(t *testing.T) {
	t.Parallel()
	s, ann := inlineServer(t)
	g := s.Group("Foxes", ann)
	g.PromoteBot(ann, AdministratorRights{CanDeleteMessages: true})
	address := link(t, s, params{"subscription_period": subscriptionPeriod})
	pay, err := ann.PayLink(address)
	charge := allow(t, s, pay, err)
	if pay, err = ann.PayLink(address); err != nil {
		t.Fatal(err)
	}
	found := offered(t, s, ann, "fox", article("a", "red fox", nil))
	var prepared struct{ ID string }
	do(t, s, "savePreparedInlineMessage", params{
		"user_id": ann.ID(), "result": article("a", "blue fox", nil), "allow_user_chats": true,
	}).into(t, &prepared)
	var file bytes.Buffer
	if err := s.Save(&file); err != nil {
		t.Fatal(err)
	}

	later := NewTest(t, Options{Bot: User{SupportsInlineQueries: true}})
	if err := later.Load(&file); err != nil {
		t.Fatal(err)
	}
	again, _ := later.PersonByID(ann.ID())
	if group, ok := later.GroupByID(g.ID()); !ok || group.BotStatus() != standingAdministrator || group.Owner().ID() != ann.ID() {
		t.Error("the group has forgotten who is who")
	}
	do(t, later, "answerPreCheckoutQuery", params{"pre_checkout_query_id": pay.ID(), "ok": true}).into(t, new(bool))
	if _, err := later.Renew(charge); err != nil {
		t.Error(err)
	}
	if got := again.Stars(); got != defaultStars-150 {
		t.Errorf("Ann has %d Stars", got)
	}
	var balance starAmount
	if do(t, later, "getMyStarBalance", nil).into(t, &balance); balance.Amount != 150 {
		t.Errorf("the bot has %d Stars", balance.Amount)
	}
	if m, err := again.Choose(found.QueryID, "a"); err != nil || m.Text != "red fox" {
		t.Errorf("chose %+v, %v", m, err)
	}
	if m, err := again.SendPrepared(prepared.ID); err != nil || m.Text != "blue fox" {
		t.Errorf("sent %+v, %v", m, err)
	}
}

func TestSnapshotsOfVersionOne(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	old := `{"version":1,"users":{"5":{"user":{"id":5,"first_name":"Ann"}}},"joined":[5],"chats":{"5":{"chat":{"id":5,"type":"private"}}},
		"charges":[{"id":"a","user_id":5,"amount":50,"date":1,"refunded":3},{"id":"b","user_id":5,"amount":7,"date":2}]}`
	if err := s.Load(strings.NewReader(old)); err != nil {
		t.Fatal(err)
	}
	var list transactions
	do(t, s, "getStarTransactions", nil).into(t, &list)
	want := []string{"a 50 from user invoice_payment", "b 7 from user invoice_payment", "a 50 to user invoice_payment"}
	if diff := cmp.Diff(want, list.rows(map[string]string{"a": "a", "b": "b"})); diff != "" {
		t.Errorf("transactions (-want +got):\n%s", diff)
	}
	if ann, ok := s.PersonByID(5); !ok || ann.Stars() != defaultStars {
		t.Error("Ann has no Stars")
	}
}
