package telegramtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCopyEveryKind copies one message of each kind that people send, and refuses the
// rest in Telegram's words.
func TestCopyEveryKind(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	bob := s.Person(PersonConfig{FirstName: "Bob"})
	bob.Start("")
	for name, m := range map[string]Message{
		"text": ann.Text("hello"), "photo": ann.Photo(picture(t, 40, 30), "a fox"), "video": ann.Video("a clip"), "voice": ann.Voice(),
		"animation": ann.Animation("x"), "audio": ann.Audio("x"), "video note": ann.VideoNote(), "sticker": ann.Sticker(),
		"location": ann.Location(), "venue": ann.Venue(), "contact": ann.Contact(), "dice": ann.Dice(), "document": ann.Document("a.txt", []byte("a"), "b"),
	} {
		var ref messageRef
		do(t, s, "copyMessage", params{"chat_id": bob.ID(), "from_chat_id": ann.ID(), "message_id": m.MessageID}).into(t, &ref)
		copied, _ := bob.Message(ref.MessageID)
		if copied.ForwardOrigin != nil || !copied.FromBot() {
			t.Errorf("%s: the copy says whose it was: %+v", name, copied)
		}
		if diff := cmp.Diff(*content(&m), *content(&copied)); diff != "" {
			t.Errorf("%s (-sent +copied):\n%s", name, diff)
		}
		forward := do(t, s, "forwardMessage", params{"chat_id": bob.ID(), "from_chat_id": ann.ID(), "message_id": m.MessageID}).message(t)
		if forward.ForwardOrigin == nil || forward.ForwardOrigin.SenderUser.ID != ann.ID() {
			t.Errorf("%s: forwarded from %+v", name, forward.ForwardOrigin)
		}
	}
}

func TestCopyRefusals(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	id := ann.ID()
	text := do(t, s, "sendMessage", params{"chat_id": id, "text": "x"}).message(t).MessageID
	protected := do(t, s, "sendMessage", params{"chat_id": id, "text": "x", "protect_content": true}).message(t).MessageID
	paid := do(t, s, "sendPaidMedia", params{"chat_id": id, "star_count": 5, "media": []params{{"type": "photo", "media": ann.Photo(picture(t, 9, 9), "").FileIDs()[0]}}}).message(t).MessageID
	invoice := do(t, s, "sendInvoice", params{
		"chat_id": id, "title": "a", "description": "b", "payload": "c", "currency": "XTR", "prices": []params{{"label": "a", "amount": 1}},
	}).message(t).MessageID
	do(t, s, "pinChatMessage", params{"chat_id": id, "message_id": text})
	ms := ann.Messages()
	pinned := ms[len(ms)-1].MessageID
	story := ann.Story().MessageID
	for _, tt := range []struct {
		method string
		id     int64
		want   string
	}{
		{"copyMessage", protected, "the message can't be copied"},
		{"forwardMessage", protected, "the message can't be forwarded"},
		{"copyMessage", paid, "the message can't be copied"},
		{"forwardMessage", paid, ""},
		{"copyMessage", invoice, "the message can't be copied"},
		{"forwardMessage", invoice, ""},
		{"copyMessage", pinned, "the message can't be copied"},
		{"forwardMessage", pinned, "the message can't be forwarded"},
		{"copyMessage", story, "the message can't be copied"},
		{"copyMessage", 0, "message identifier is not specified"},
	} {
		a := do(t, s, tt.method, params{"chat_id": id, "from_chat_id": id, "message_id": tt.id})
		if strings.TrimPrefix(a.Description, "Bad Request: ") != tt.want {
			t.Errorf("%s of %d answered %q, want %q", tt.method, tt.id, a.Description, tt.want)
		}
	}
	many := make([]int64, 101)
	for i := range many {
		many[i] = int64(i + 1)
	}
	for _, tt := range []struct {
		ids  []int64
		want string
	}{
		{nil, "message identifiers are not specified"},
		{many, "too many message identifiers specified"},
		{[]int64{text, text}, "message identifiers must be in a strictly increasing order"},
		{[]int64{protected, paid}, "there are no messages to forward"},
	} {
		a := do(t, s, "copyMessages", params{"chat_id": id, "from_chat_id": id, "message_ids": append([]int64{}, tt.ids...)})
		if a.Description != "Bad Request: "+tt.want {
			t.Errorf("copyMessages %v answered %q, want %q", tt.ids, a.Description, tt.want)
		}
	}
}

func TestCopyOptions(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	photo, text, video := ann.Photo(picture(t, 40, 30), "old"), ann.Text("words"), ann.Video("")
	copied := func(m Message, p params) Message {
		t.Helper()
		p["chat_id"], p["from_chat_id"], p["message_id"] = ann.ID(), ann.ID(), m.MessageID
		var ref messageRef
		do(t, s, "copyMessage", p).into(t, &ref)
		c, _ := ann.Message(ref.MessageID)
		return c
	}
	c := copied(photo, params{
		"caption": "*new*", "parse_mode": "MarkdownV2", "show_caption_above_media": true,
		"reply_markup": rows(1, "x"), "reply_parameters": params{"message_id": text.MessageID, "quote": "ord"},
	})
	if c.Caption != "new" || len(c.CaptionEntities) != 1 || !c.ShowCaptionAboveMedia || c.ReplyMarkup == nil || c.Quote == nil || c.Quote.Position != 1 {
		t.Errorf("copied %+v", c)
	}
	if c := copied(photo, params{"caption": ""}); c.Caption != "" {
		t.Errorf("an empty caption left %q", c.Caption)
	}
	if c := copied(text, params{"caption": "x"}); c.Caption != "" || c.Text != "words" {
		t.Errorf("a text got a caption: %+v", c)
	}
	if c := copied(video, params{"video_start_timestamp": 1}); c.Video.StartTimestamp != 1 {
		t.Errorf("the video starts at %d", c.Video.StartTimestamp)
	}
	album := ann.Album([][]byte{picture(t, 9, 9), picture(t, 9, 9), picture(t, 9, 9)}, "three")
	copies := func(ids ...int64) (groups []string) {
		var refs []messageRef
		do(t, s, "copyMessages", params{"chat_id": ann.ID(), "from_chat_id": ann.ID(), "message_ids": ids, "remove_caption": true}).into(t, &refs)
		for _, r := range refs {
			m, _ := ann.Message(r.MessageID)
			groups = append(groups, m.MediaGroupID)
			if m.Caption != "" {
				t.Errorf("the caption %q was not removed", m.Caption)
			}
		}
		return groups
	}
	g := copies(album[0].MessageID, album[1].MessageID, album[2].MessageID)
	if len(g) != 3 || g[0] == "" || g[0] != g[1] || g[1] != g[2] || g[0] == album[0].MediaGroupID {
		t.Errorf("an album became %q", g)
	}
	if g := copies(album[0].MessageID, album[2].MessageID+100); len(g) != 1 || g[0] != "" {
		t.Errorf("one of an album became %q", g)
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	m := ann.Text("a fox and a fox")
	reply := func(p params) answer {
		return do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x", "reply_parameters": p})
	}
	for position, want := range map[int]int{0: 2, 5: 12, 13: 2} {
		q := reply(params{"message_id": m.MessageID, "quote": "fox", "quote_position": position}).message(t).Quote
		if q == nil || q.Position != want || q.Text != "fox" || !q.IsManual {
			t.Errorf("quoted from %d on: %+v, want position %d", position, q, want)
		}
	}
	if a := reply(params{"message_id": m.MessageID, "quote": "wolf"}); a.Description != "Bad Request: QUOTE_TEXT_INVALID" {
		t.Errorf("a false quote answered %q", a.Description)
	}
	if got := reply(params{"message_id": 999, "allow_sending_without_reply": true}).message(t); got.ReplyToMessage != nil {
		t.Errorf("answered %+v", got.ReplyToMessage)
	}
	ms, err := ann.Send(Outgoing{Text: "and?", ReplyTo: m.MessageID, Quote: "a fox"})
	if err != nil || ms[0].Quote == nil || ms[0].Quote.Position != 0 {
		t.Errorf("a person quoted %+v, %v", ms, err)
	}
}

// TestEditEveryKind changes captions and media of what may change, and refuses the rest.
func TestEditEveryKind(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	id := ann.ID()
	file := map[MediaKind]string{
		MediaPhoto: ann.Photo(picture(t, 40, 30), "").FileIDs()[0], MediaVideo: ann.Video("").FileIDs()[0], MediaAudio: ann.Audio("").FileIDs()[0],
		MediaVoice: ann.Voice().FileIDs()[0], MediaAnimation: ann.Animation("").FileIDs()[0], MediaDocument: ann.Document("a", []byte("a"), "").FileIDs()[0],
		MediaVideoNote: ann.VideoNote().FileIDs()[0], MediaSticker: ann.Sticker().FileIDs()[0],
	}
	send := func(method string, kind MediaKind) int64 {
		return do(t, s, method, params{"chat_id": id, string(kind): file[kind]}).message(t).MessageID
	}
	replace := func(message int64, kind MediaKind) answer {
		return do(t, s, "editMessageMedia", params{"chat_id": id, "message_id": message, "media": params{"type": kind, "media": file[kind]}})
	}
	caption := func(message int64) answer {
		return do(t, s, "editMessageCaption", params{"chat_id": id, "message_id": message, "caption": "new"})
	}
	for method, kind := range map[string]MediaKind{
		"sendPhoto": MediaPhoto, "sendVideo": MediaVideo, "sendAudio": MediaAudio, "sendAnimation": MediaAnimation, "sendDocument": MediaDocument,
	} {
		m := send(method, kind)
		if got := caption(m).message(t); got.Caption != "new" || got.EditDate == 0 {
			t.Errorf("%s: %+v", method, got)
		}
		for _, next := range []MediaKind{MediaVideo, MediaAudio, MediaAnimation, MediaDocument, MediaPhoto} {
			got := replace(m, next)
			if !got.OK && !strings.Contains(got.Description, "not modified") || got.OK && got.message(t).FileIDs()[0] != file[next] {
				t.Errorf("%s to %s: %s", method, next, got.Description)
			}
		}
	}
	voice, note, sticker := send("sendVoice", MediaVoice), send("sendVideoNote", MediaVideoNote), send("sendSticker", MediaSticker)
	dice := do(t, s, "sendDice", params{"chat_id": id}).message(t).MessageID
	if got := caption(voice).message(t); got.Caption != "new" {
		t.Errorf("the voice message got the caption %q", got.Caption)
	}
	for _, m := range []int64{note, sticker, dice} {
		if a := caption(m); a.Description != "Bad Request: there is no caption in the message to edit" {
			t.Errorf("a caption answered %q", a.Description)
		}
		if a := replace(m, MediaPhoto); a.Description != "Bad Request: message media can't be edited" {
			t.Errorf("new media answered %q", a.Description)
		}
	}
	text := do(t, s, "sendMessage", params{"chat_id": id, "text": "x"}).message(t).MessageID
	for _, tt := range []struct {
		a    answer
		want string
	}{
		{replace(voice, MediaPhoto), "message media can't be edited"},
		{do(t, s, "editMessageReplyMarkup", params{"chat_id": id, "message_id": text, "reply_markup": rows(1, "x")}), ""},
		{replace(text, MediaVideo), ""},
	} {
		if strings.TrimPrefix(tt.a.Description, "Bad Request: ") != tt.want {
			t.Errorf("answered %q, want %q", tt.a.Description, tt.want)
		}
	}
	forward := do(t, s, "forwardMessage", params{"chat_id": id, "from_chat_id": id, "message_id": dice}).message(t).MessageID
	if a := do(t, s, "editMessageReplyMarkup", params{"chat_id": id, "message_id": forward, "reply_markup": rows(1, "x")}); a.Description != "Bad Request: message can't be edited" {
		t.Errorf("an edit of a forward answered %q", a.Description)
	}
}

func TestAlbumMediaIsEdited(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	photo, video, audio := ann.Photo(picture(t, 40, 30), "").FileIDs()[0], ann.Video("").FileIDs()[0], ann.Audio("").FileIDs()[0]
	var ms []Message
	do(t, s, "sendMediaGroup", params{"chat_id": ann.ID(), "media": []params{{"type": "photo", "media": photo, "caption": "a"}, {"type": "video", "media": video}}}).into(t, &ms)
	if len(ms) != 2 || ms[0].Photo == nil || ms[1].Video == nil || ms[0].MediaGroupID == "" || ms[0].MediaGroupID != ms[1].MediaGroupID {
		t.Fatalf("a mixed album: %+v", ms)
	}
	edit := func(kind, file string) answer {
		return do(t, s, "editMessageMedia", params{"chat_id": ann.ID(), "message_id": ms[0].MessageID, "media": params{"type": kind, "media": file}})
	}
	if got := edit("video", video).message(t); got.Video == nil || got.MediaGroupID != ms[0].MediaGroupID {
		t.Errorf("edited to %+v", got)
	}
	if a := edit("audio", audio); a.Description != "Bad Request: can't change media type in the album" {
		t.Errorf("an audio in an album answered %q", a.Description)
	}
}
