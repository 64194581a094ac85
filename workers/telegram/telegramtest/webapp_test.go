package telegramtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// verify checks initData as the documentation tells bots to.
func verify(t *testing.T, initData, token string) url.Values {
	t.Helper()
	q, err := url.ParseQuery(initData)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for name := range q {
		if name != "hash" {
			lines = append(lines, name+"="+q.Get(name))
		}
	}
	slices.Sort(lines)
	mac := func(key, text string) string {
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(text))
		return string(h.Sum(nil))
	}
	if want := hex.EncodeToString([]byte(mac(mac("WebAppData", token), strings.Join(lines, "\n")))); q.Get("hash") != want {
		t.Errorf("hash %s, want %s of %q", q.Get("hash"), want, lines)
	}
	return q
}

func TestInitData(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	ann := s.Person(PersonConfig{FirstName: "Änn & Co", Username: "ann_test", LanguageCode: "de", Premium: true})
	ann.Start("")
	q := verify(t, ann.WebAppInitData(""), s.Token())
	var user map[string]any
	if err := json.Unmarshal([]byte(q.Get("user")), &user); err != nil {
		t.Fatal(err)
	}
	if user["first_name"] != "Änn & Co" || user["is_premium"] != true || user["allows_write_to_pm"] != true || user["id"].(float64) != float64(ann.ID()) {
		t.Errorf("user %v", user)
	}
	if q.Get("query_id") == "" || q.Get("auth_date") == "" || q.Has("start_param") || q.Has("signature") {
		t.Errorf("from a button: %v", q)
	}
	g := s.Group("Foxes", ann)
	q = verify(t, ann.In(g).WebAppInitData("gift-7"), s.Token())
	if q.Get("start_param") != "gift-7" || q.Get("chat_type") != "supergroup" || q.Has("query_id") {
		t.Errorf("from a link: %v", q)
	}
}

func TestWebAppAnswers(t *testing.T) {
	t.Parallel()
	s, ann := inlineServer(t)
	q := verify(t, ann.WebAppInitData(""), s.Token())
	answer := params{"web_app_query_id": q.Get("query_id"), "result": article("a", "fox", params{"reply_markup": rows(1, "again")})}
	var sent struct {
		ID string `json:"inline_message_id"`
	}
	do(t, s, "answerWebAppQuery", answer).into(t, &sent)
	ms := ann.Messages()
	if last := ms[len(ms)-1]; last.Text != "fox" || last.ViaBot == nil || sent.ID != inlineID(&last) {
		t.Errorf("sent %+v with the id %q", last, sent.ID)
	}
	if a := do(t, s, "answerWebAppQuery", answer); a.Description != "Bad Request: QUERY_ID_INVALID" {
		t.Errorf("answered twice: %q", a.Description)
	}
}

func TestWebAppData(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	if _, err := ann.SendWebAppData("Open", "x"); err == nil {
		t.Error("sent data without a keyboard")
	}
	do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x", "reply_markup": params{"keyboard": [][]params{{
		{"text": "Open", "web_app": params{"url": "https://example.com"}}, {"text": "Help"},
	}}}}).message(t)
	for button, data := range map[string]string{"Help": "x", "Open": strings.Repeat("x", 4097)} {
		if _, err := ann.SendWebAppData(button, data); err == nil {
			t.Errorf("%s sent %d bytes", button, len(data))
		}
	}
	if _, err := ann.SendWebAppData("Open", `{"n":1}`); err != nil {
		t.Fatal(err)
	}
	got := pollOnce(t, s, params{"offset": -1})[0].Message.WebAppData
	if got == nil || *got != (WebAppData{Data: `{"n":1}`, ButtonText: "Open"}) {
		t.Errorf("the bot heard %+v", got)
	}
}

func TestPreparedMessages(t *testing.T) {
	t.Parallel()
	s, ann := inlineServer(t)
	bob := s.Person(PersonConfig{FirstName: "Bob"})
	g := s.Group("Foxes", ann, bob)
	save := func(change params) answer {
		p := params{"user_id": ann.ID(), "result": article("a", "fox", nil)}
		maps.Copy(p, change)
		return do(t, s, "savePreparedInlineMessage", p)
	}
	var saved struct {
		ID      string `json:"id"`
		Expires int64  `json:"expiration_date"`
	}
	save(params{"allow_group_chats": true}).into(t, &saved)
	if m, err := ann.In(g).SendPrepared(saved.ID); err != nil || m.Text != "fox" || m.ViaBot == nil {
		t.Errorf("sent %+v, %v", m, err)
	}
	if _, err := ann.SendPrepared(saved.ID); err == nil {
		t.Error("a message for groups went to a private chat")
	}
	if _, err := bob.In(g).SendPrepared(saved.ID); err == nil {
		t.Error("Bob sent what was prepared for Ann")
	}
	s.Advance(25 * time.Hour)
	if _, err := ann.In(g).SendPrepared(saved.ID); err == nil || saved.Expires == 0 {
		t.Error("a prepared message does not expire")
	}
	for want, p := range map[string]params{"PEER_TYPES_INVALID": {}, "user not found": {"user_id": 5, "allow_user_chats": true}} {
		if a := save(p); a.Description != "Bad Request: "+want {
			t.Errorf("%q, want %s", a.Description, want)
		}
	}
}
