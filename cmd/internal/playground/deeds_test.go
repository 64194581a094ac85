package playground_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// TestDeeds holds what a person does with messages to its refusals; what it looks like is
// for the browser tests.
func TestDeeds(t *testing.T) {
	t.Parallel()
	page, tg := serve(t)
	ada := tg.People()[0]
	own := ada.Text("mine")
	ada.Photo(dot(t), "a dot")
	poll := ada.Poll("Red?", "yes", "no")
	other := tg.Person(telegramtest.PersonConfig{FirstName: "Boris"})
	other.Text("his")
	replace := strings.NewReplacer("@me", strconv.FormatInt(ada.ID(), 10), "@him", strconv.FormatInt(other.ID(), 10),
		"@own", strconv.FormatInt(own.MessageID, 10), "@poll", strconv.FormatInt(poll.MessageID, 10))
	for _, c := range []struct {
		desc, path, body string
		want             int
		says             string
	}{
		{"react", "react", `{"person":@me,"message_id":@own,"emoji":["🔥"]}`, 200, "{}"},
		{"react with what is none", "react", `{"person":@me,"message_id":@own,"emoji":["🧦"]}`, 400, "no reaction"},
		{"take it back", "react", `{"person":@me,"message_id":@own,"emoji":[]}`, 200, "{}"},
		{"vote", "vote", `{"person":@me,"message_id":@poll,"options":[1]}`, 200, "{}"},
		{"vote for nothing there", "vote", `{"person":@me,"message_id":@poll,"options":[7]}`, 400, ""},
		{"vote in no poll", "vote", `{"person":@me,"message_id":@own,"options":[0]}`, 400, "no poll"},
		{"forward", "forward", `{"person":@me,"from_chat":@me,"message_id":@own}`, 200, "{}"},
		{"forward out of another's chat", "forward", `{"person":@me,"from_chat":@him,"message_id":1}`, 404, "no such group"},
		{"again", "resend", `{"person":@me,"message_id":@own}`, 200, "{}"},
		{"a picture again", "resend", `{"person":@me,"message_id":2}`, 200, "{}"},
		{"a poll again", "resend", `{"person":@me,"message_id":@poll}`, 200, "{}"},
		{"nothing again", "resend", `{"person":@me,"message_id":999}`, 404, "gone"},
		{"poll", "poll", `{"person":@me,"question":"Red?","options":["yes","no"]}`, 200, "{}"},
		{"poll of one", "poll", `{"person":@me,"question":"Red?","options":["yes"]}`, 400, "two to ten"},
		{"poll of nothing", "poll", `{"person":@me,"question":" ","options":["yes","no"]}`, 400, "question"},
		{"blank answer", "poll", `{"person":@me,"question":"Red?","options":["yes"," "]}`, 400, "answer"},
		{"voice", "extra", `{"person":@me,"kind":"voice"}`, 200, "{}"},
		{"music", "extra", `{"person":@me,"kind":"audio"}`, 200, "{}"},
		{"round video", "extra", `{"person":@me,"kind":"video_note"}`, 200, "{}"},
		{"dice", "extra", `{"person":@me,"kind":"dice"}`, 200, "{}"},
		{"form of nothing", "form", `{"person":@me,"message_id":@own}`, 404, "gone"},
		{"form of a wrong link", "form", `{"person":@me,"link":"https://t.me/$nothing"}`, 400, "no invoice"},
		{"unlock nothing", "unlock", `{"person":@me,"message_id":@own}`, 404, "gone"},
		{"no inline mode", "inline", `{"person":@me,"query":"fox"}`, 400, "no inline mode"},
		{"choose nothing", "choose", `{"person":@me,"answer":"1","id":"1"}`, 400, "no inline query"},
		{"no app", "app", `{"person":@me,"kind":"link"}`, 400, "no Mini App"},
		{"app of a strange address", "app", `{"person":@me,"kind":"inline","url":"javascript:alert(1)"}`, 400, "no Mini App"},
		{"app", "app", `{"person":@me,"kind":"inline","url":"https://example.org/app"}`, 200, "hash="},
		{"app of a key", "app", `{"person":@me,"kind":"keyboard","url":"https://example.org/app"}`, 200, `"init_data":""`},
		{"data without a key", "app_data", `{"person":@me,"button":"x","data":"y"}`, 400, "no button"},
		{"nothing prepared", "prepared", `{"person":@me,"id":"x"}`, 400, "no prepared message"},
	} {
		if code, got := ask(t, "POST", page+"api/"+c.path, replace.Replace(c.body), nil); code != c.want || !strings.Contains(got, c.says) {
			t.Errorf("%s: %d %s, want %d with %q", c.desc, code, got, c.want, c.says)
		}
	}
}
