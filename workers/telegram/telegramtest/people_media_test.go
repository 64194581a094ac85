package telegramtest

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPeopleSendEveryKind checks that the bot is told of each kind, with a file it can
// get.
func TestPeopleSendEveryKind(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	_ = pollOnce(t, s, params{"offset": 0})
	for _, tt := range []struct {
		sent Message
		told func(m *Message) bool
	}{
		{ann.Video("clip"), func(m *Message) bool { return m.Video != nil && m.Video.Duration == 2 && m.Caption == "clip" }},
		{ann.Animation("gif"), func(m *Message) bool { return m.Animation != nil && m.Document != nil && m.Caption == "gif" }},
		{ann.Audio("song"), func(m *Message) bool { return m.Audio != nil && m.Audio.Title == "Blue" }},
		{ann.VideoNote(), func(m *Message) bool { return m.VideoNote != nil && m.VideoNote.Length == 240 }},
		{ann.Voice(), func(m *Message) bool { return m.Voice != nil && m.Voice.MimeType == "audio/ogg" }},
		{ann.Sticker(), func(m *Message) bool { return m.Sticker != nil && m.Sticker.Emoji == "🦊" }},
		{ann.Venue(), func(m *Message) bool { return m.Venue != nil && m.Location != nil }},
		{ann.Location(), func(m *Message) bool { return m.Location != nil && m.Venue == nil }},
		{ann.Contact(), func(m *Message) bool { return m.Contact != nil && m.Contact.UserID == ann.ID() }},
		{ann.Poll("Color?", "red", "blue"), func(m *Message) bool { return m.Poll != nil && m.Poll.IsAnonymous && len(m.Poll.Options) == 2 }},
		{ann.Dice(), func(m *Message) bool { return m.Dice != nil && m.Dice.Emoji == "🎲" }},
		{ann.Story(), func(m *Message) bool { return m.Story != nil && m.Story.Chat.Type == "channel" }},
	} {
		var told *Message
		for _, u := range updatesOf(t, s, "message") {
			if u.Message.MessageID == tt.sent.MessageID {
				told = u.Message
			}
		}
		if told == nil || !tt.told(told) {
			t.Errorf("%+v was told as %+v", tt.sent, told)
			continue
		}
		for _, id := range told.FileIDs() {
			if a := do(t, s, "getFile", params{"file_id": id}); !a.OK {
				t.Errorf("the file of %+v: %s", told, a.Description)
			}
		}
	}
}

func TestPeopleSendAlbums(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	group := s.Group("Foxes", ann)
	png := Attachment{Name: "fox.png", Content: picture(t, 40, 30)}
	media := func(kinds ...MediaKind) (ms []Media) {
		for _, k := range kinds {
			ms = append(ms, Media{Kind: k, Attachment: png})
		}
		return ms
	}
	answered := ann.In(group).Text("look")
	ms, err := ann.In(group).Send(Outgoing{
		Media: media(MediaPhoto, MediaVideo), Caption: "two <ones>", Entities: []Entity{{Type: "bold", Offset: 0, Length: 3}}, ReplyTo: answered.MessageID,
	})
	if err != nil || len(ms) != 2 || ms[0].MediaGroupID == "" || ms[0].MediaGroupID != ms[1].MediaGroupID || ms[1].Caption != "" {
		t.Fatalf("sent %+v, %v", ms, err)
	}
	if ms[0].ReplyToMessage == nil || ms[0].Caption != "two <ones>" {
		t.Errorf("sent %+v", ms[0])
	}
	if diff := cmp.Diff([]Entity{{Type: "bold", Offset: 0, Length: 3}}, ms[0].CaptionEntities); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
	for _, o := range []Outgoing{
		{Media: media(MediaDocument, MediaDocument)},
		{Media: media(MediaAudio, MediaAudio)},
		{Media: media(MediaVoice)},
		{Photos: [][]byte{png.Content}, Media: media(MediaVideo)},
		{Dice: "🎰"},
		{Text: "🦊", Entities: []Entity{{Type: "custom_emoji", Offset: 0, Length: 2, CustomEmojiID: "5"}}},
	} {
		if _, err := ann.Send(o); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []Outgoing{
		{Media: media(MediaPhoto, MediaDocument)},
		{Media: media(MediaVoice, MediaVoice)},
		{Media: media(MediaSticker, MediaPhoto)},
		{Media: []Media{{Kind: "poem"}}},
		{Dice: "🦊"},
		{Dice: "🎲", Text: "x"},
		{Poll: &Poll{Question: "?"}},
		{Contact: &Contact{}, Location: &Location{}},
		{Photos: make([][]byte, 11)},
		{},
	} {
		if _, err := ann.Send(o); err == nil {
			t.Errorf("%+v was sent", o)
		}
	}
}

func TestPeopleForward(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	group := s.Group("Foxes", ann)
	m := ann.In(group).Photo(picture(t, 40, 30), "a fox")
	forward, err := ann.Forward(group.ID(), m.MessageID)
	if err != nil || forward.Caption != "a fox" || forward.ForwardOrigin == nil || forward.From.ID != ann.ID() || forward.Chat.ID != ann.ID() {
		t.Errorf("forwarded %+v, %v", forward, err)
	}
	protected := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x", "protect_content": true}).message(t)
	if _, err := ann.In(group).Forward(ann.ID(), protected.MessageID); err == nil {
		t.Error("a protected message was forwarded")
	}
	if _, err := ann.Forward(group.ID(), 999); !errors.Is(err, ErrNoMessage) {
		t.Errorf("forwarded nothing: %v", err)
	}
	ms, err := ann.Send(Outgoing{Text: "told", ForwardedFrom: &ForwardOrigin{Type: "hidden_user", SenderUserName: "Somebody"}})
	if err != nil || ms[0].ForwardOrigin.SenderUserName != "Somebody" {
		t.Errorf("forwarded %+v, %v", ms, err)
	}
}

// TestGivenEntities checks the entities that bots give themselves.
func TestGivenEntities(t *testing.T) {
	t.Parallel()
	s := lenient(t, Options{})
	ann := s.Person(PersonConfig{})
	ann.Start("")
	send := func(text string, es ...params) answer {
		return do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": text, "entities": es})
	}
	got := send("  a fox /go", params{"type": "bold", "offset": 2, "length": 5}, params{"type": "url", "offset": 0, "length": 3},
		params{"type": "italic", "offset": 4, "length": 99}, params{"type": "code", "offset": 50, "length": 1},
		params{"type": "text_mention", "offset": 4, "length": 3, "user": params{"id": 1, "is_bot": false, "first_name": "x"}}).message(t)
	want := []Entity{{Type: "bold", Offset: 0, Length: 5}, {Type: "italic", Offset: 2, Length: 7}, {Type: "bot_command", Offset: 6, Length: 3}}
	if diff := cmp.Diff(want, got.Entities); diff != "" || got.Text != "a fox /go" {
		t.Errorf("%q entities (-want +got):\n%s", got.Text, diff)
	}
	for _, tt := range []struct {
		e    params
		want string
	}{
		{params{"type": "big", "offset": 0, "length": 1}, "can't parse MessageEntity: Unsupported type specified"},
		{params{"type": "text_link", "offset": 0, "length": 1}, `can't parse MessageEntity: Can't find field "url"`},
		{params{"type": "text_mention", "offset": 0, "length": 1}, `can't parse MessageEntity: Can't find field "user"`},
		{params{"type": "custom_emoji", "offset": 0, "length": 1}, `can't parse MessageEntity: Can't find field "custom_emoji_id"`},
	} {
		if a := send("x", tt.e); a.Description != "Bad Request: "+tt.want {
			t.Errorf("%v answered %q, want %q", tt.e, a.Description, tt.want)
		}
	}
	if a := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": strings.Repeat("x", maxSource+1)}); a.Description != "Bad Request: text is too long" {
		t.Errorf("a huge text answered %q", a.Description)
	}
}

// TestCodeIsShownAsItIs sends styles in and around code, in each parse mode.
func TestCodeIsShownAsItIs(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	for mode, text := range map[string]string{
		"HTML": "<b>a <code>b<i>c</i></code> d</b><blockquote><pre>e</pre></blockquote>", "MarkdownV2": "*a `bc` d*\n>```\ne```",
	} {
		m := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": text, "parse_mode": mode}).message(t)
		shift := len(m.Text) - len("a bc de")
		want := []Entity{
			{Type: "bold", Offset: 0, Length: 2},
			{Type: "code", Offset: 2, Length: 2},
			{Type: "bold", Offset: 4, Length: 2},
			{Type: "blockquote", Offset: 6 + shift, Length: 1},
			{Type: "pre", Offset: 6 + shift, Length: 1},
		}
		if diff := cmp.Diff(want, m.Entities); diff != "" {
			t.Errorf("%s: %q (-want +got):\n%s", mode, m.Text, diff)
		}
	}
}

func TestReplyKeyboards(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		markup             params
		refusal, violation string
	}{
		{params{"keyboard": [][]params{{{"text": "Phone", "request_contact": true}, {"text": "Quiz", "request_poll": params{"type": "quiz"}}}}, "resize_keyboard": true}, "", ""},
		{params{"remove_keyboard": true}, "", ""},
		{params{"force_reply": true, "input_field_placeholder": "Your prompt"}, "", ""},
		{params{"keyboard": [][]params{{{"text": " "}}}}, "REPLY_MARKUP_INVALID", ""},
		{params{"keyboard": [][]params{{{"text": "a", "web_app": params{"url": "http://example.com"}}}}}, "keyboard button Web App URL 'http://example.com' is invalid: Only HTTPS links are allowed", ""},
		{params{"keyboard": [][]params{{{"text": "a", "request_contact": true, "request_location": true}}}}, "", `the key "a" makes 2 requests; Telegram takes one of them`},
		{params{"inline_keyboard": [][]params{{{"text": "a", "callback_data": "b", "style": "pink"}}}}, `can't parse inline keyboard button: invalid button style specified for "a"`, ""},
		{params{"inline_keyboard": [][]params{{{"text": "a", "callback_data": "b", "style": "danger"}}}}, "", ""},
	} {
		r := &recorder{}
		s := NewTest(r)
		ann := s.Person(PersonConfig{})
		ann.Start("")
		a := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x", "reply_markup": tt.markup})
		if strings.TrimPrefix(a.Description, "Bad Request: ") != tt.refusal {
			t.Errorf("%v answered %q, want %q", tt.markup, a.Description, tt.refusal)
		}
		if got := strings.TrimPrefix(strings.Join(r.errors, "; "), "telegramtest: sendMessage: "); got != tt.violation {
			t.Errorf("%v: violations %q, want %q", tt.markup, got, tt.violation)
		}
		s.Close()
	}
}

// TestGroupKeyboards refuses in a group what belongs to private chats.
func TestGroupKeyboards(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	group := s.Group("Foxes", ann)
	key := func(field string, value any) params {
		return params{"keyboard": [][]params{{{"text": "a", field: value}}}}
	}
	for _, tt := range []struct {
		markup params
		want   string
	}{
		{key("request_contact", true), "phone number can be requested in private chats only"},
		{key("request_location", true), "location can be requested in private chats only"},
		{key("request_poll", params{}), "poll can be requested in private chats only"},
		{key("web_app", params{"url": "https://example.com"}), "Web App buttons can be used in private chats only"},
		{params{"inline_keyboard": [][]params{{{"text": "a", "web_app": params{"url": "https://example.com"}}}}}, "BUTTON_TYPE_INVALID"},
		{key("style", "primary"), ""},
	} {
		for chat, want := range map[int64]string{group.ID(): tt.want, ann.ID(): ""} {
			a := do(t, s, "sendMessage", params{"chat_id": chat, "text": "x", "reply_markup": tt.markup})
			if strings.TrimPrefix(a.Description, "Bad Request: ") != want {
				t.Errorf("%v in %d answered %q, want %q", tt.markup, chat, a.Description, want)
			}
		}
	}
}

// TestKeysAreText presses a key of a reply keyboard: its label arrives as any text.
func TestKeysAreText(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "?", "reply_markup": params{"keyboard": [][]params{{{"text": "Yes"}}}}})
	if m := ann.Text("Yes"); m.Text != "Yes" || m.Entities != nil {
		t.Errorf("pressed %+v", m)
	}
}

// TestSnapshotKeepsMedia saves polls with votes, files and drafts, and goes on in
// another server.
func TestSnapshotKeepsMedia(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	poll := do(t, s, "sendPoll", params{"chat_id": ann.ID(), "question": "?", "options": options("a", "b")}).message(t)
	if err := ann.Vote(poll.MessageID, 1); err != nil {
		t.Fatal(err)
	}
	video := ann.Video("clip")
	do(t, s, "sendMessageDraft", params{"chat_id": ann.ID(), "draft_id": 1, "text": "soon"})
	rich := do(t, s, "sendRichMessage", params{"chat_id": ann.ID(), "rich_message": params{"html": "<table><caption>C</caption><tr><td>a</td></tr></table>"}}).message(t)
	do(t, s, "sendMessageDraft", params{"chat_id": ann.ID(), "draft_id": 1, "text": "soon"})
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		t.Fatal(err)
	}
	next := NewTest(t)
	if err := next.Load(&b); err != nil {
		t.Fatal(err)
	}
	bob, _ := next.PersonByID(ann.ID())
	if err := bob.Vote(poll.MessageID, 0); err != nil {
		t.Fatal(err)
	}
	seen, _ := bob.Message(poll.MessageID)
	if seen.Poll.TotalVoterCount != 1 || seen.Poll.Options[0].VoterCount != 1 {
		t.Errorf("the poll goes on with %+v", seen.Poll)
	}
	if again := do(t, next, "sendVideo", params{"chat_id": bob.ID(), "video": video.FileIDs()[0]}); !again.OK || again.message(t).Video.Duration != 2 {
		t.Errorf("the video goes on with %+v", again)
	}
	if seen, _ := bob.Message(rich.MessageID); seen.RichMessage.Blocks[0].Caption.Text.String() != "C" {
		t.Errorf("the rich message goes on with %+v", seen.RichMessage)
	}
}
