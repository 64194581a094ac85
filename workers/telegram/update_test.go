package telegram

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseUpdate(t *testing.T) {
	t.Parallel()
	u, err := ParseUpdate([]byte(`{"update_id":5,"future_field":{"x":[1]},"message":{
		"message_id":9,"date":100,"from":{"id":7,"first_name":"Ann","language_code":"pt-br"},"chat":{"id":-100,"type":"supergroup"},
		"caption":"x","media_group_id":"g","photo":[{"file_id":"s","width":90,"height":60},{"file_id":"l","file_unique_id":"u","width":900,"height":600,"file_size":5}],
		"reply_to_message":{"message_id":8,"chat":{"id":-100,"type":"supergroup"},"text":"y"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	from, ok := u.Sender()
	if u.ID != 5 || u.ChatID() != -100 || !ok || from.LanguageCode != "pt-br" || u.Message.ReplyTo.Text != "y" || u.Message.Words() != "x" {
		t.Errorf("%+v", u)
	}
	ref, ok := u.Message.Picture()
	if diff := cmp.Diff(FileRef{"l", "u", 5, 900, 600}, ref); !ok || diff != "" {
		t.Error(diff)
	}
	for name, raw := range map[string]string{
		"empty": "", "not JSON": "hello", "no id": `{"message":{}}`, "wrong type": `{"update_id":5,"message":{"text":{"secret":1}}}`,
		"array": `[]`, "syntax": `{"update_id":5,"message":{"text":"secret`,
	} {
		if _, err := ParseUpdate([]byte(raw)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUpdateOwners(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		raw        string
		chat, from int64
	}{
		{`{"update_id":1,"message":{"chat":{"id":2},"from":{"id":3}}}`, 2, 3},
		{`{"update_id":1,"message":{"chat":{"id":2}}}`, 2, 0},
		{`{"update_id":1,"edited_message":{"chat":{"id":2},"from":{"id":3}}}`, 2, 3},
		{`{"update_id":1,"callback_query":{"from":{"id":3},"message":{"chat":{"id":2}}}}`, 2, 3},
		{`{"update_id":1,"callback_query":{"from":{"id":3},"inline_message_id":"x"}}`, 3, 3},
		{`{"update_id":1,"pre_checkout_query":{"from":{"id":3}}}`, 3, 3},
		{`{"update_id":1,"my_chat_member":{"chat":{"id":2},"from":{"id":3},"new_chat_member":{"status":"kicked"}}}`, 2, 3},
		{`{"update_id":1,"inline_query":{"id":"q","from":{"id":3},"query":"fox","offset":""}}`, 3, 3},
		{`{"update_id":1,"poll":{}}`, 0, 0},
	} {
		u, err := ParseUpdate([]byte(tt.raw))
		from, _ := u.Sender()
		if err != nil || u.ChatID() != tt.chat || from.ID != tt.from {
			t.Errorf("%s: chat %d, from %d, %v", tt.raw, u.ChatID(), from.ID, err)
		}
		if u.MyChatMember != nil && !u.MyChatMember.Gone() {
			t.Errorf("%s: not gone", tt.raw)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]Kind{
		`"text":"x"`: KindText, `"photo":[{"file_id":"x"}]`: KindPhoto, `"document":{"file_id":"x"}`: KindDocument,
		`"animation":{},"document":{"file_id":"x"}`: KindAnimation, `"sticker":{}`: KindSticker, `"voice":{}`: KindVoice,
		`"video":{}`: KindVideo, `"video_note":{}`: KindVideoNote, `"audio":{}`: KindAudio, `"location":{}`: KindLocation,
		`"venue":{},"location":{}`: KindVenue, `"contact":{}`: KindContact, `"poll":{}`: KindPoll, `"dice":{}`: KindDice,
		`"game":{}`: KindGame, `"story":{}`: KindStory, `"paid_media":{}`: KindPaidMedia,
		`"successful_payment":{"currency":"XTR"}`: KindPayment, `"refunded_payment":{"currency":"XTR"}`: KindRefund,
		`"new_chat_members":[]`: KindService, `"pinned_message":{}`: KindService, `"telepathy":{}`: KindOther,
		`"sticker":null,"text":""`: KindOther, `"photo":[]`: KindOther,
	} {
		u, err := ParseUpdate([]byte(`{"update_id":1,"message":{` + content + `}}`))
		if err != nil || u.Message.Kind() != want {
			t.Errorf("%s: %s, want %s (%v)", content, u.Message.Kind(), want, err)
		}
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]bool{
		`"document":{"file_id":"x","mime_type":"image/png"}`:                true,
		`"document":{"file_id":"x","mime_type":"IMAGE/JPEG"}`:               true,
		`"document":{"file_id":"x","mime_type":"application/pdf"}`:          false,
		`"animation":{},"document":{"file_id":"x","mime_type":"image/gif"}`: false,
		`"text":"x"`: false,
	} {
		u, err := ParseUpdate([]byte(`{"update_id":1,"message":{` + content + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := u.Message.Picture(); ok != want {
			t.Errorf("%s: %v, want %v", content, ok, want)
		}
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	type result struct {
		Name, Args string
		OK         bool
	}
	command := func(length int) []Entity { return []Entity{{Type: "bot_command", Length: length}} }
	for _, tt := range []struct {
		name string
		m    Message
		want result
	}{
		{"plain", Message{Text: "/start", Entities: command(6)}, result{"start", "", true}},
		{"payload", Message{Text: "/start abc", Entities: command(6)}, result{"start", "abc", true}},
		{"case", Message{Text: "/IMAGINE A Fox", Entities: command(8)}, result{"imagine", "A Fox", true}},
		{"lines", Message{Text: "/imagine line1\nline2\n\nline4 ", Entities: command(8)}, result{"imagine", "line1\nline2\n\nline4", true}},
		{"line after the command", Message{Text: "/imagine\na fox", Entities: command(8)}, result{"imagine", "a fox", true}},
		{"for this bot", Message{Text: "/help@Imagika_Bot x", Entities: command(17)}, result{"help", "x", true}},
		{"for another bot", Message{Text: "/help@other_bot x", Entities: command(15)}, result{}},
		{"emoji", Message{Text: "/imagine 🦊 fox", Entities: command(8)}, result{"imagine", "🦊 fox", true}},
		{"caption", Message{Caption: "/imagine winter", CaptionEntities: command(8)}, result{"imagine", "winter", true}},
		{"not marked", Message{Text: "/5 of the way"}, result{}},
		{"not first", Message{Text: "see /help", Entities: []Entity{{Type: "bot_command", Offset: 4, Length: 5}}}, result{}},
		{"bold first", Message{Text: "bold", Entities: []Entity{{Type: "bold", Length: 4}}}, result{}},
		{"lying length", Message{Text: "/help", Entities: command(500)}, result{"help", "", true}},
		{"negative length", Message{Text: "/help", Entities: command(-1)}, result{}},
		{"slash only", Message{Text: "/", Entities: command(1)}, result{}},
		{"half a word", Message{Text: "/yardım", Entities: command(5)}, result{}},
		{"a comma behind", Message{Text: "/help, please", Entities: command(5)}, result{"help", ", please", true}},
	} {
		name, args, ok := tt.m.Command("imagika_bot")
		if diff := cmp.Diff(tt.want, result{name, args, ok}); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	m := Message{Text: "/help@any_bot", Entities: command(13)}
	if _, _, ok := m.Command(""); !ok {
		t.Error("without a name, a command for any bot is taken")
	}
}

func TestSlashed(t *testing.T) {
	t.Parallel()
	type result struct {
		Name, Args string
		OK         bool
	}
	for text, want := range map[string]result{
		"/помощь": {"помощь", "", true}, "/Yardım bana": {"yardım", "bana", true}, "/старт@imagika_bot\nx": {"старт", "x", true}, "/imagine a fox": {"imagine", "a fox", true},
		"/": {"", "", true}, "///": {"//", "", true}, "/ fox": {"", "fox", true}, "a/b": {}, "": {},
	} {
		for _, m := range []Message{{Text: text}, {Caption: text}} {
			name, args, ok := m.Slashed()
			if diff := cmp.Diff(want, result{name, args, ok}); diff != "" {
				t.Errorf("%q: %s", text, diff)
			}
		}
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	mention := func(offset, length int) []Entity { return []Entity{{Type: "mention", Offset: offset, Length: length}} }
	for _, tt := range []struct {
		name, words string
		m           Message
		ok          bool
	}{
		{"first", "a red fox", Message{Text: "@imagika_bot a red fox", Entities: mention(0, 12)}, true},
		{"with a comma", "a red fox", Message{Text: "@Imagika_Bot, a red fox", Entities: mention(0, 12)}, true},
		{"in the middle", "please a fox", Message{Text: "please @imagika_bot a fox", Entities: mention(7, 12)}, true},
		{"last, after an emoji", "🦊 fox", Message{Text: "🦊 fox @imagika_bot", Entities: mention(7, 12)}, true},
		{"twice", "a fox", Message{Text: "@imagika_bot a fox @imagika_bot", Entities: append(mention(0, 12), mention(19, 12)...)}, true},
		{"lines", "a\nb", Message{Text: "@imagika_bot a\nb", Entities: mention(0, 12)}, true},
		{"caption", "winter", Message{Caption: "@imagika_bot winter", CaptionEntities: mention(0, 12)}, true},
		{"alone", "", Message{Text: "@imagika_bot", Entities: mention(0, 12)}, true},
		{"somebody else", "@ann a fox", Message{Text: "@ann a fox", Entities: mention(0, 4)}, false},
		{"not marked", "mail@imagika_bot", Message{Text: "mail@imagika_bot"}, false},
		{"lying offsets", "@imagika_bot", Message{Text: "@imagika_bot", Entities: append(mention(-1, 12), mention(5, 500)...)}, false},
	} {
		if words, ok := tt.m.Mentions("imagika_bot"); ok != tt.ok || words != tt.words {
			t.Errorf("%s: %q, %v", tt.name, words, ok)
		}
	}
}

func TestBotJoinsGroups(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind     ChatType
		was, now string
		want     bool
	}{
		{ChatSupergroup, "left", "member", true},
		{ChatGroup, "", "member", true},
		{ChatGroup, "kicked", "administrator", true},
		{ChatGroup, "member", "administrator", false},
		{ChatGroup, "member", "left", false},
		{ChatPrivate, "kicked", "member", false},
		{ChatChannel, "left", "administrator", false},
	} {
		m := ChatMember{Chat: Chat{Type: tt.kind}, Old: Member{tt.was}, New: Member{tt.now}}
		if m.Joined() != tt.want {
			t.Errorf("%s, %s to %s: %v", tt.kind, tt.was, tt.now, !tt.want)
		}
	}
}

func FuzzParseUpdate(f *testing.F) {
	f.Add([]byte(`{"update_id":1,"message":{"text":"/a b","entities":[{"type":"bot_command","offset":0,"length":2}]}}`))
	f.Add([]byte(`{"update_id":1,"callback_query":{}}`))
	f.Add([]byte(`{"update_id":1,"inline_query":{"id":"q","from":{"id":3},"query":"fox","offset":"x"}}`))
	f.Add([]byte(`{"update_id":1,"message":{"message_thread_id":4,"is_topic_message":true,"sender_chat":{"id":-1},"is_automatic_forward":true,
		"caption":"@bot x","caption_entities":[{"type":"mention","offset":0,"length":4}],"media_group_id":"g","photo":[{"file_id":"x"}],
		"forward_origin":{"type":"user","sender_user":{"id":1}},"external_reply":{"origin":{},"photo":[]},"reply_to_message":{"message_id":2}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, err := ParseUpdate(raw)
		if err != nil || u.Message == nil {
			return
		}
		u.Message.Kind()
		u.Message.Picture()
		u.Message.Command("bot")
		u.Message.Slashed()
		u.Message.Topic()
		if words, ok := u.Message.Mentions("bot"); !ok && words != u.Message.Words() {
			t.Errorf("%q became %q", u.Message.Words(), words)
		}
	})
}
