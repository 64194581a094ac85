package workers

import (
	"testing"

	"github.com/imagika/imagika/workers/telegram"
)

// In groups only commands and mentions are heard; nothing is looked up for the rest, so nothing can be kept of it.
func TestWhatTheBotHears(t *testing.T) {
	t.Parallel()
	w := &Workers{Config: Config{BotName: "imagika_bot"}}
	for _, tt := range []struct {
		name, raw string
		want      bool
	}{
		{"private", `"message":{"chat":{"id":7,"type":"private"},"from":{"id":7},"text":"a fox"}`, true},
		{"a bot in private", `"message":{"chat":{"id":7,"type":"private"},"from":{"id":7,"is_bot":true},"text":"a fox"}`, false},
		{"talk", `"message":{"chat":{"id":-7,"type":"group"},"from":{"id":7},"text":"a fox"}`, false},
		{"a reply to the bot", `"message":{"chat":{"id":-7,"type":"group"},"from":{"id":7},"text":"a fox","reply_to_message":{"from":{"id":1,"username":"imagika_bot"}}}`, false},
		{"command", `"message":{"chat":{"id":-7,"type":"supergroup"},"from":{"id":7},"text":"/imagine x","entities":[{"type":"bot_command","offset":0,"length":8}]}`, true},
		{"another bot's command", `"message":{"chat":{"id":-7,"type":"group"},"from":{"id":7},"text":"/imagine@b x","entities":[{"type":"bot_command","offset":0,"length":10}]}`, false},
		{"mention", `"message":{"chat":{"id":-7,"type":"group"},"from":{"id":7},"text":"x @imagika_bot","entities":[{"type":"mention","offset":2,"length":12}]}`, true},
		{"another bot that mentions", `"message":{"chat":{"id":-7,"type":"group"},"from":{"id":8,"is_bot":true},"text":"x @imagika_bot","entities":[{"type":"mention","offset":2,"length":12}]}`, false},
		{"an anonymous administrator", `"message":{"chat":{"id":-7,"type":"group"},"sender_chat":{"id":-7},"from":{"id":8,"is_bot":true},"text":"x @imagika_bot","entities":[{"type":"mention","offset":2,"length":12}]}`, true},
		{"a channel's post among its comments", `"message":{"chat":{"id":-7,"type":"supergroup"},"sender_chat":{"id":-9},"is_automatic_forward":true,"from":{"id":777000},"text":"x @imagika_bot","entities":[{"type":"mention","offset":2,"length":12}]}`, false},
		{"an edit in a group", `"edited_message":{"chat":{"id":-7,"type":"group"},"from":{"id":7},"text":"a fox"}`, false},
		{"added by an anonymous administrator", `"my_chat_member":{"chat":{"id":-7,"type":"group"},"from":{"id":8,"is_bot":true},"new_chat_member":{"status":"member"}}`, true},
		{"a press", `"callback_query":{"id":"1","from":{"id":7},"data":"x"}`, true},
		{"nobody", `"message":{"chat":{"id":-7,"type":"channel"},"text":"x"}`, false},
	} {
		u, err := telegram.ParseUpdate([]byte(`{"update_id":1,` + tt.raw + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if heard, err := w.hears(t.Context(), u); heard != tt.want || err != nil {
			t.Errorf("%s: %v, %v", tt.name, heard, err)
		}
	}
}

// The words under a result that is forwarded to the bot are its own.
func TestForwardedResultIsNoWish(t *testing.T) {
	t.Parallel()
	w := &Workers{Config: Config{BotName: "imagika_bot"}}
	for name, tt := range map[string]struct {
		from *telegram.Origin
		want bool
	}{
		"not forwarded": {nil, false}, "hidden": {&telegram.Origin{}, false},
		"a person":    {&telegram.Origin{Sender: &telegram.User{Username: "imagika_bot"}}, false},
		"another bot": {&telegram.Origin{Sender: &telegram.User{Username: "x", IsBot: true}}, false},
		"ours":        {&telegram.Origin{Sender: &telegram.User{Username: "Imagika_bot", IsBot: true}}, true},
	} {
		if got := w.ours(tt.from); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAnswersStayInTheirTopic(t *testing.T) {
	t.Parallel()
	topic := &telegram.Message{ThreadID: 5, IsTopic: true}
	for name, tt := range map[string]struct {
		in   incoming
		want int64
	}{
		"a topic":            {incoming{message: topic}, 5},
		"a chain of replies": {incoming{message: &telegram.Message{ThreadID: 5}}, 0},
		"a press in a topic": {incoming{update: telegram.Update{CallbackQuery: &telegram.CallbackQuery{Message: topic}}}, 5},
		"a press on nothing": {incoming{update: telegram.Update{CallbackQuery: &telegram.CallbackQuery{}}}, 0},
		"nothing":            {incoming{}, 0},
	} {
		if got := tt.in.thread(); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}
