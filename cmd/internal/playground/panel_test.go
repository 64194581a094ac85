package playground_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// panel is what the side panel is told.
type panel struct {
	Calls []struct {
		Method  string
		Code    int
		Params  map[string]string
		Answer  json.RawMessage
		Fault   string
		Chat    int64
		Message int64
	}
	Last    uint64
	Updates []telegramtest.UpdateInfo
	Webhook telegramtest.WebhookInfo
	Faults  []telegramtest.ActiveFault
	Presets []struct{ ID string }
	Methods []string
}

func panelOf(t *testing.T, page string, after uint64) panel {
	t.Helper()
	var v panel
	_, body := ask(t, "GET", fmt.Sprintf("%sapi/panel?after=%d", page, after), "", nil)
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return v
}

// must posts and wants 200.
func must(t *testing.T, page, path, body string) string {
	t.Helper()
	code, got := ask(t, "POST", page+"api/"+path, body, nil)
	if code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", path, body, code, got)
	}
	return got
}

func TestPanel(t *testing.T) {
	t.Parallel()
	page, tg := serve(t)
	api := &bot{t: t, base: tg.URL() + "/bot" + tg.Token() + "/"}
	ada := tg.People()[0]
	ada.Start("")
	var sent telegramtest.Message
	api.call(t.Context(), "sendMessage", params{"chat_id": ada.ID(), "text": "hi"}, &sent)
	got := panelOf(t, page, 0)
	if len(got.Calls) != 1 || got.Calls[0].Method != "sendMessage" || got.Calls[0].Code != 200 || got.Calls[0].Params["text"] != "hi" {
		t.Fatalf("the calls are %+v", got.Calls)
	}
	if c := got.Calls[0]; c.Chat != ada.ID() || c.Message != sent.MessageID {
		t.Errorf("the call is about %d/%d, want %d/%d", c.Chat, c.Message, ada.ID(), sent.MessageID)
	}
	if len(got.Updates) != 1 || got.Updates[0].Kind != "message" || !got.Updates[0].Pending || !strings.Contains(string(got.Updates[0].Body), "/start") {
		t.Errorf("the updates are %+v", got.Updates)
	}
	if len(got.Methods) < 40 || len(got.Presets) == 0 {
		t.Errorf("%d methods, %d presets", len(got.Methods), len(got.Presets))
	}
	api.call(t.Context(), "getUpdates", params{"offset": got.Updates[0].ID + 1}, nil)
	got = panelOf(t, page, got.Last)
	if len(got.Calls) != 1 || got.Calls[0].Method != "getUpdates" || len(got.Updates) != 1 || got.Updates[0].Pending {
		t.Errorf("after the bot has confirmed: %+v", got)
	}
}

func TestFaultBench(t *testing.T) {
	t.Parallel()
	page, tg := serve(t)
	ada := tg.People()[0]
	ada.Start("")
	send := func() int {
		code, _ := ask(t, "POST", tg.URL()+"/bot"+tg.Token()+"/sendMessage", fmt.Sprintf(`{"chat_id":%d,"text":"hi"}`, ada.ID()), nil)
		return code
	}
	must(t, page, "faults", fmt.Sprintf(`{"kind":"refuse","method":"sendMessage","chat":%d,"times":2,"code":429,"retry_after":3}`, ada.ID()))
	if code := send(); code != http.StatusTooManyRequests {
		t.Errorf("a refused call got %d", code)
	}
	got := panelOf(t, page, 0)
	if len(got.Faults) != 1 || got.Faults[0].Remaining != 1 || got.Faults[0].Fired != 1 || got.Faults[0].Fault.RetryAfter != 3 {
		t.Fatalf("the faults are %+v", got.Faults)
	}
	if got.Calls[0].Fault != "refuse" {
		t.Errorf("the call does not tell of its fault: %+v", got.Calls[0])
	}
	must(t, page, "mend", fmt.Sprintf(`{"id":%d}`, got.Faults[0].ID))
	if code := send(); code != http.StatusOK {
		t.Errorf("after mending a call got %d", code)
	}
	for _, p := range got.Presets {
		must(t, page, "preset", `{"id":"`+p.ID+`"}`)
	}
	if n := len(panelOf(t, page, 0).Faults); n < len(got.Presets) {
		t.Errorf("%d faults of %d presets", n, len(got.Presets))
	}
	must(t, page, "mend", `{}`)
	if n := len(panelOf(t, page, 0).Faults); n != 0 {
		t.Errorf("%d faults after mending all", n)
	}
	for _, c := range []struct{ path, body, want string }{
		{"faults", `{"kind":"earthquake"}`, "no such kind"},
		{"faults", `{"kind":"slow","delay":-1}`, "out of bounds"},
		{"faults", `{"kind":"refuse","code":200}`, "400 to 599"},
		{"preset", `{"id":"none"}`, "no such preset"},
		{"mend", `{"id":99}`, "over"},
	} {
		if code, body := ask(t, "POST", page+"api/"+c.path, c.body, nil); code < 400 || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: %d %s, want %q", c.path, c.body, code, body, c.want)
		}
	}
}

func TestPeopleAndGroups(t *testing.T) {
	t.Parallel()
	page, tg := serve(t)
	ada := tg.People()[0]
	must(t, page, "people", `{"first_name":"Boris","last_name":"Novak","language_code":"ru","premium":true,"stars":0}`)
	boris := tg.People()[1]
	if u := boris.User(); u.LastName != "Novak" || !u.IsPremium || boris.Stars() != 0 {
		t.Errorf("Boris is %+v with %d Stars", u, boris.Stars())
	}
	must(t, page, "groups", fmt.Sprintf(`{"title":"Foxes","people":[%d]}`, ada.ID()))
	g := tg.Groups()[0]
	in := func(body string) string { return fmt.Sprintf(`{"person":%d,"chat":%d%s}`, ada.ID(), g.ID(), body) }
	must(t, page, "members", in(fmt.Sprintf(`,"member":%d,"in":true`, boris.ID())))
	must(t, page, "members", in(`,"in":false`))
	if g.BotStatus() != "kicked" || len(g.People()) != 2 {
		t.Errorf("the bot is %s among %d people", g.BotStatus(), len(g.People()))
	}
	must(t, page, "members", in(`,"in":true`))
	must(t, page, "send", fmt.Sprintf(`{"person":%d,"chat":%d,"text":"hello all"}`, boris.ID(), g.ID()))
	if ms := g.Messages(); ms[len(ms)-1].Text != "hello all" || ms[len(ms)-1].From.ID != boris.ID() {
		t.Errorf("in the group somebody said %+v", ms[len(ms)-1])
	}
	must(t, page, "follow", fmt.Sprintf(`{"person":%d,"link":"t.me/%s?start=gift-7"}`, boris.ID(), tg.Bot().Username))
	if ms := boris.Messages(); ms[len(ms)-1].Text != "/start gift-7" {
		t.Errorf("the link said %q", ms[len(ms)-1].Text)
	}
	for _, c := range []struct{ path, body, want string }{
		{"follow", in(`,"link":"https://t.me/other?start=x"`), "not to this bot"},
		{"follow", in(`,"link":"https://example.com/x"`), "begins with"},
		{"follow", in(`,"link":"https://t.me/` + tg.Bot().Username + `?start=a%20b"`), "64 letters"},
		{"groups", `{"title":"","people":[1]}`, "1 to 128"},
		{"groups", `{"title":"x","people":[]}`, "somebody"},
		{"groups", `{"title":"x","people":[1]}`, "no such person"},
		{"people", `{"first_name":"Eve","stars":-1}`, "balance"},
		{"send", fmt.Sprintf(`{"person":%d,"chat":-5,"text":"x"}`, ada.ID()), "no such group"},
		{"reset", `{"person":12}`, "no such person"},
	} {
		if code, body := ask(t, "POST", page+"api/"+c.path, c.body, nil); code < 400 || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: %d %s, want %q", c.path, c.body, code, body, c.want)
		}
	}
	must(t, page, "reset", fmt.Sprintf(`{"person":%d}`, boris.ID()))
	again := tg.People()[1]
	if u := again.User(); again.ID() == boris.ID() || u.LanguageCode != "ru" || len(again.Messages()) != 0 || again.Stars() != 0 {
		t.Errorf("the new Boris is %+v", u)
	}
	if code, body := ask(t, "POST", tg.URL()+"/bot"+tg.Token()+"/sendMessage", fmt.Sprintf(`{"chat_id":%d,"text":"hi"}`, boris.ID()), nil); code != 403 || !strings.Contains(body, "deactivated") {
		t.Errorf("the old one answers %d %s", code, body)
	}
	must(t, page, "reset", `{}`)
	if people := tg.People(); len(people) != 2 || people[0].ID() == ada.ID() {
		t.Errorf("after starting over there are %d people", len(people))
	}
}

// TestTranscriptIsATest exports a chat and performs it on another server.
func TestTranscriptIsATest(t *testing.T) {
	t.Parallel()
	page, tg := serve(t)
	runBot(t, tg, nil)
	ada := tg.People()[0]
	ada.Start("")
	m := tg.WaitMessage(t, ada, telegramtest.Has("3 credits"))
	press, err := ada.Press(m.MessageID, "★ Balance")
	if err != nil {
		t.Fatal(err)
	}
	press.Must(t)
	ada.Photo(fox(t, 1), "look")
	tg.WaitMessage(t, ada, telegramtest.Has("A nice one"))
	code, text := ask(t, "GET", fmt.Sprintf("%sapi/transcript?person=%d", page, ada.ID()), "", nil)
	if code != http.StatusOK || !strings.Contains(text, "> Ada presses ★ Balance\n< alert: You have 3 credits.\n| A picture costs 1.\n") {
		t.Fatalf("%d %s", code, text)
	}
	other := telegramtest.NewTest(t)
	runBot(t, other, nil)
	if err := telegramtest.Play(t.Context(), other, telegramtest.Script{Name: "ada.txt", Text: text, Patience: 20 * time.Second}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(text, other.Transcript(other.People()[0])); diff != "" {
		t.Errorf("the second export differs (-first +second):\n%s", diff)
	}
	if code, _ := ask(t, "GET", page+"api/transcript?person=12", "", nil); code != http.StatusNotFound {
		t.Errorf("the chat of nobody: %d", code)
	}
}
