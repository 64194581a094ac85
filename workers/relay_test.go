package workers

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// relayKinds is a message of every kind that people can send.
func relayKinds() map[string]telegramtest.Outgoing {
	file := func(k telegramtest.MediaKind) telegramtest.Outgoing {
		return telegramtest.Outgoing{Media: []telegramtest.Media{{
			Kind: k, Attachment: telegramtest.Attachment{Content: []byte("some bytes")}, Emoji: "🦊", Performer: "The Foxes", Title: "Blue",
		}}}
	}
	marked := []telegramtest.Entity{
		{Type: "bold", Offset: 0, Length: 4},
		{Type: "spoiler", Offset: 5, Length: 3},
		{Type: "text_link", Offset: 9, Length: 4, URL: "https://example.com/a?b=c"},
		{Type: "pre", Offset: 14, Length: 4, Language: "go"},
		{Type: "blockquote", Offset: 19, Length: 5},
		{Type: "custom_emoji", Offset: 25, Length: 2, CustomEmojiID: "77"},
	}
	const words = "bold and link code quote 🦊 <b>plain</b> https://example.com"
	all := map[string]telegramtest.Outgoing{
		"text":     {Text: words, Entities: marked, Preview: json.RawMessage(`{"is_disabled":true}`)},
		"preview":  {Text: "see https://example.com", Preview: json.RawMessage(`{"url":"https://example.com","prefer_large_media":true,"show_above_text":true}`)},
		"effect":   {Text: "boo", Effect: "5104841245755180586"},
		"location": {Location: &telegramtest.Location{Latitude: 52.5, Longitude: 13.4}},
		"live":     {Location: &telegramtest.Location{Latitude: 52.5, Longitude: 13.4, LivePeriod: 900, Heading: 90}},
		"venue":    {Venue: &telegramtest.Venue{Location: telegramtest.Location{Latitude: 1, Longitude: 2}, Title: "Gate", Address: "Berlin"}},
		"contact":  {Contact: &telegramtest.Contact{PhoneNumber: "+10000000000", FirstName: "Ada"}},
		"dice":     {Dice: "🎯"},
		"poll":     {Poll: &telegramtest.Poll{Question: "Tea?", Options: []telegramtest.PollOption{{Text: "yes"}, {Text: "no"}}, IsAnonymous: true, Type: "regular"}},
		"quiz":     {Poll: &telegramtest.Poll{Question: "2+2?", Options: []telegramtest.PollOption{{Text: "4"}, {Text: "5"}}, IsAnonymous: true, Type: "quiz", CorrectOptionIDs: []int{0}}},
	}
	for _, k := range []telegramtest.MediaKind{
		telegramtest.MediaPhoto, telegramtest.MediaVideo, telegramtest.MediaAnimation, telegramtest.MediaAudio, telegramtest.MediaDocument,
		telegramtest.MediaVoice, telegramtest.MediaVideoNote, telegramtest.MediaSticker, telegramtest.MediaLivePhoto,
	} {
		o := file(k)
		if k == telegramtest.MediaPhoto {
			o.Media[0].Content = relayPhoto()
		}
		if k != telegramtest.MediaVideoNote && k != telegramtest.MediaSticker {
			o.Caption, o.Entities = words, marked
		}
		if k == telegramtest.MediaPhoto || k == telegramtest.MediaVideo || k == telegramtest.MediaAnimation {
			o.Media[0].Spoiler, o.Above = true, true
		}
		all[string(k)] = o
	}
	return all
}

// sameMessage compares what two people see, but for what differs between two chats.
func sameMessage(was, is telegramtest.Message) string {
	return cmp.Diff(was, is, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(telegramtest.Message{},
		"MessageID", "From", "Chat", "Date", "EditDate", "ReplyToMessage", "MediaGroupID", "Reactions", "ForwardOrigin", "Poll"),
		cmp.FilterPath(func(p cmp.Path) bool { return strings.HasSuffix(p.String(), "LivePeriod") }, cmp.Comparer(func(a, b int) bool { return a-b < 5 && b-a < 5 })))
}

// TestRelayKinds: a copy equals its original, whatever it is, and replies to what stands for what the original replies to.
func TestRelayKinds(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	for name, o := range relayKinds() {
		before := len(live(k.ben))
		first := k.send(k.ada, telegramtest.Outgoing{Text: "about " + name})[0]
		o.ReplyTo, o.Quote = first.MessageID, "about"
		sent := k.send(k.ada, o)[0]
		for _, m := range live(k.ada) {
			if b, ok := m.Button("✓ Send it"); ok && m.ReplyToMessage.MessageID == sent.MessageID {
				if _, err := k.ada.Press(m.MessageID, b.Text); err != nil {
					t.Fatal(err)
				}
				k.pass()
			}
		}
		got := live(k.ben)[before:]
		if len(got) != 2 {
			t.Errorf("%s: %d messages arrived\n%s", name, len(got), k.tg.Transcript(k.ada))
			continue
		}
		if diff := sameMessage(sent, got[1]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got[1].ReplyToMessage == nil || got[1].ReplyToMessage.MessageID != got[0].MessageID || got[1].Quote == nil || got[1].Quote.Text != "about" {
			t.Errorf("%s replies to %+v, quoting %+v", name, got[1].ReplyToMessage, got[1].Quote)
		}
		if p := got[1].Poll; (p == nil) != (sent.Poll == nil) || p != nil && (p.Question != sent.Poll.Question || !slices.Equal(p.CorrectOptionIDs, sent.Poll.CorrectOptionIDs)) {
			t.Errorf("%s: poll %+v", name, p)
		}
	}
}

// TestRelayCannot: what Telegram does not copy is told to its sender, once, and nothing arrives.
func TestRelayCannot(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	for words, o := range map[string]telegramtest.Outgoing{
		"Stories":   {Story: &telegramtest.Story{Chat: telegramtest.Chat{ID: -1001, Type: "channel"}, ID: 1}},
		"protected": {Text: "secret", Protected: true},
	} {
		m := k.send(k.ada, o)[0]
		if got := k.lastOf(k.ada); !strings.Contains(got.Text, words) || got.ReplyToMessage == nil || got.ReplyToMessage.MessageID != m.MessageID {
			t.Errorf("%s: %+v", words, got)
		}
	}
	k.send(k.ada, telegramtest.Outgoing{Text: "hi"})
	k.tg.Fault(telegramtest.Fault{Method: "copyMessage", Code: 400, Description: "Bad Request: the message can't be copied", Times: 1})
	k.send(k.ada, telegramtest.Outgoing{Text: "no"})
	if got := k.lastOf(k.ada); !strings.Contains(got.Text, "couldn’t pass this on") {
		t.Errorf("a refusal: %q", got.Text)
	}
	if got := live(k.ben); len(got) != 2 || got[1].Text != "hi" { // /start was Ben's own
		t.Errorf("Ben sees %d messages: %s", len(got), k.tg.Transcript(k.ben))
	}
}

// TestRelayAlbum: albums are one message, also as a reply, and in their place among others.
func TestRelayAlbum(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	album := telegramtest.Outgoing{Photos: [][]byte{relayPhoto(), relayPhoto(), relayPhoto()}, Caption: "three"}
	for i := range 2 {
		before := len(live(k.ben))
		if i == 1 {
			album.ReplyTo = k.send(k.ada, telegramtest.Outgoing{Text: "first"})[0].MessageID
			before++
		}
		sent, err := k.ada.Send(album)
		if err != nil {
			t.Fatal(err)
		}
		k.send(k.ada, telegramtest.Outgoing{Text: "behind"})
		got := live(k.ben)[before:]
		if len(got) != 4 || got[3].Text != "behind" || got[0].MediaGroupID == "" || got[2].MediaGroupID != got[0].MediaGroupID {
			t.Fatalf("arrived: %s", k.tg.Transcript(k.ben))
		}
		for n, m := range sent {
			if diff := sameMessage(m, got[n]); diff != "" {
				t.Errorf("%d: %s", n, diff)
			}
		}
		if (got[0].ReplyToMessage != nil) != (i == 1) {
			t.Errorf("album %d replies to %+v", i, got[0].ReplyToMessage)
		}
	}
	if len(k.bodies) != 0 {
		t.Errorf("%d bodies are left", len(k.bodies))
	}
}

// TestRelayAlbumLate: an item that comes when its album has left is a message of its own, asked about like one.
func TestRelayAlbumLate(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	sent, err := k.ada.Send(telegramtest.Outgoing{Photos: [][]byte{relayPhoto(), relayPhoto()}, Caption: "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range slices.Backward(k.updates()) { // the one with the caption is late
		if _, err := k.w.update(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		k.pass()
	}
	if n := len(live(k.ben)); n != 2 { // beside his /start
		t.Fatalf("Ben sees %d messages", n)
	}
	k.tap(k.ada, "✓ Send it")
	if diff := sameMessage(sent[0], k.lastOf(k.ben)); diff != "" {
		t.Error(diff)
	}
	if len(k.bodies) != 0 {
		t.Errorf("%d bodies are left", len(k.bodies))
	}
}

// TestRelayAlbumTaken: an album of which not all arrived is taken back whole, once; and where nobody knows what something became,
// it stays on both sides and its sender is told.
func TestRelayAlbumTaken(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	album := func() []telegramtest.Message {
		t.Helper()
		sent, err := k.ada.Send(telegramtest.Outgoing{Photos: [][]byte{relayPhoto(), relayPhoto(), relayPhoto()}, Caption: "three"})
		if err == nil {
			err = k.ada.Delete(sent[2].MessageID)
		}
		if err != nil {
			t.Fatal(err)
		}
		k.pass()
		return sent
	}
	before := len(live(k.ben))
	sent := album()
	got := live(k.ben)[before:]
	if len(got) != 2 {
		t.Fatalf("arrived: %s", k.tg.Transcript(k.ben))
	}
	k.send(k.ben, telegramtest.Outgoing{Text: "which one?", ReplyTo: got[0].MessageID})
	if m := k.lastOf(k.ada); m.Text != "which one?" || m.ReplyToMessage != nil {
		t.Errorf("a reply to one of them: %+v", m)
	}
	for range 2 {
		if _, err := k.ada.Send(telegramtest.Outgoing{Text: "/unsend", ReplyTo: sent[0].MessageID}); err != nil {
			t.Fatal(err)
		}
	}
	k.pass()
	if n := len(live(k.ben)); n != before+1 {
		t.Errorf("Ben still sees it: %s", k.tg.Transcript(k.ben))
	}
	k.last(k.ada, "nothing of yours to take back")
	sent = album()
	k.do(`DELETE FROM relay_map`)
	k.send(k.ada, telegramtest.Outgoing{Text: "/unsend", ReplyTo: sent[0].MessageID})
	k.last(k.ada, "can’t be taken back any more")
	if !slices.ContainsFunc(live(k.ada), func(m telegramtest.Message) bool { return m.MessageID == sent[0].MessageID }) {
		t.Errorf("hers is gone, his is not: %s", k.tg.Transcript(k.ada))
	}
}

// TestRelayShareTaken: a picture that was shown and is taken back stays its owner's, whether it has left or not.
func TestRelayShareTaken(t *testing.T) {
	t.Parallel()
	for _, left := range []bool{true, false} {
		k := newTalk(t)
		if _, err := k.w.Telegram.SendMessage(t.Context(), telegram.Text{ChatID: k.ada.ID(), HTML: "a picture"}); err != nil {
			t.Fatal(err)
		}
		id := k.lastOf(k.ada).MessageID
		lane, _, err := k.w.Store.AppendRelay(t.Context(), storage.Effect{}, storage.NewRelay{User: k.user.ID, Key: "s", Kind: storage.RelayShare, Sources: []int64{id}})
		if err != nil {
			t.Fatal(err)
		}
		if left {
			k.w.enqueueLane(t.Context(), lane)
			k.pass()
		}
		if n := len(live(k.ben)); (n == 2) != left { // beside his /start
			t.Fatalf("Ben sees %d messages", n)
		}
		k.send(k.ada, telegramtest.Outgoing{Text: "/unsend"})
		if n := len(live(k.ben)); n != 1 {
			t.Errorf("left %v: Ben sees %d messages", left, n)
		}
		if m := k.lastOf(k.ada); m.MessageID != id {
			t.Errorf("left %v: Ada's own is gone: %s", left, k.tg.Transcript(k.ada))
		}
	}
}

// TestRelayChanges: edits, reactions and what is taken back reach the other side.
func TestRelayChanges(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	hi := k.send(k.ada, telegramtest.Outgoing{Text: "hi"})[0]
	if _, err := k.ada.Edit(hi.MessageID, "hello https://example.com"); err != nil {
		t.Fatal(err)
	}
	photo := k.send(k.ada, telegramtest.Outgoing{Photos: [][]byte{relayPhoto()}, Caption: "a fox"})[0]
	if err := k.ada.Replace(photo.MessageID, telegramtest.Media{Kind: telegramtest.MediaVideo, Attachment: telegramtest.Attachment{Content: []byte("v")}}, "a film"); err != nil {
		t.Fatal(err)
	}
	voice := k.send(k.ada, telegramtest.Outgoing{Caption: "hm", Media: []telegramtest.Media{{Kind: telegramtest.MediaVoice, Attachment: telegramtest.Attachment{Content: []byte("v")}}}})[0]
	if _, err := k.ada.Edit(voice.MessageID, "hmm"); err != nil {
		t.Fatal(err)
	}
	k.pass()
	got := live(k.ben)[1:]
	for i, id := range []int64{hi.MessageID, photo.MessageID, voice.MessageID} {
		now, _ := k.ada.Message(id)
		if diff := sameMessage(now, got[i]); diff != "" {
			t.Errorf("edit %d: %s", i, diff)
		}
	}
	if err := k.ben.React(got[0].MessageID, "❤"); err != nil {
		t.Fatal(err)
	}
	if err := k.ada.React(photo.MessageID, "🔥"); err != nil {
		t.Fatal(err)
	}
	k.pass()
	liked, _ := k.ada.Message(hi.MessageID)
	fire, _ := k.ben.Message(got[1].MessageID)
	if len(liked.Reactions) != 1 || liked.Reactions[0].Emoji != "❤" || len(fire.Reactions) != 1 || fire.Reactions[0].Emoji != "🔥" {
		t.Errorf("reactions: %+v, %+v", liked.Reactions, fire.Reactions)
	}
	if err := k.ben.React(got[0].MessageID); err != nil {
		t.Fatal(err)
	}
	reply := k.send(k.ben, telegramtest.Outgoing{Text: "nice", ReplyTo: got[0].MessageID})[0]
	if m := k.lastOf(k.ada); m.Text != "nice" || m.ReplyToMessage.MessageID != hi.MessageID {
		t.Errorf("a reply to a copy: %+v", m)
	}
	if liked, _ = k.ada.Message(hi.MessageID); len(liked.Reactions) != 0 {
		t.Errorf("taken away: %+v", liked.Reactions)
	}
	k.send(k.ada, telegramtest.Outgoing{Text: "/unsend", ReplyTo: photo.MessageID})
	k.send(k.ada, telegramtest.Outgoing{Text: "/unsend"})
	if got := live(k.ben)[1:]; len(got) != 2 || got[0].Text != "hello https://example.com" || got[1].MessageID != reply.MessageID {
		t.Errorf("taken back: %s", k.tg.Transcript(k.ben))
	}
	if _, still := k.ada.Message(photo.MessageID); !still || slices.ContainsFunc(live(k.ada), func(m telegramtest.Message) bool { return m.MessageID == photo.MessageID || m.Text == "/unsend" }) {
		t.Errorf("Ada still sees it: %s", k.tg.Transcript(k.ada))
	}
	k.send(k.ada, telegramtest.Outgoing{Text: "/unsend", ReplyTo: k.lastOf(k.ada).MessageID})
	k.last(k.ada, "nothing of yours to take back")
}

// TestRelayLive: a place moves on both sides until it stops.
func TestRelayLive(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	m := k.send(k.ada, telegramtest.Outgoing{Location: &telegramtest.Location{Latitude: 1, Longitude: 1, LivePeriod: 900}})[0]
	if _, err := k.ada.Press(k.lastOf(k.ada).MessageID, "✓ Send it"); err != nil {
		t.Fatal(err)
	}
	k.pass()
	for _, to := range []telegramtest.Location{{Latitude: 2, Longitude: 3, LivePeriod: 900, Heading: 7}, {Latitude: 2, Longitude: 3}} {
		if err := k.ada.Move(m.MessageID, to); err != nil {
			t.Fatal(err)
		}
		k.pass()
		at := k.lastOf(k.ben).Location
		if at == nil || at.Latitude != to.Latitude || at.Longitude != to.Longitude || (at.LivePeriod > 0) != (to.LivePeriod > 0) {
			t.Errorf("Ben sees %+v, it is %+v", at, to)
		}
	}
}

// TestRelaySecrets: what tells who is speaking leaves only by a word.
func TestRelaySecrets(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.send(k.ada, telegramtest.Outgoing{Text: "write to me at ada@example.com"})
	if len(live(k.ben)) != 1 {
		t.Fatal("it left")
	}
	if _, err := k.ada.Press(k.last(k.ada, "an e-mail address").MessageID, "✕ Don’t send"); err != nil {
		t.Fatal(err)
	}
	k.pass()
	k.last(k.ada, "Not sent")
	k.send(k.ada, telegramtest.Outgoing{Text: "or @ada_lovelace"})
	if _, err := k.ada.Press(k.last(k.ada, "a user name").MessageID, "Send, and don’t ask again"); err != nil {
		t.Fatal(err)
	}
	k.pass()
	k.send(k.ada, telegramtest.Outgoing{Text: "I mean @ada_lovelace"})
	k.send(k.ada, telegramtest.Outgoing{Text: "t.me/ada_lovelace"})
	k.last(k.ada, "a link to a profile")
	k.send(k.ada, telegramtest.Outgoing{Text: "like @ada_lovelace, or ada@example.com"})
	k.last(k.ada, "an e-mail address")
	var got []string
	for _, m := range live(k.ben)[1:] {
		got = append(got, m.Text)
	}
	if diff := cmp.Diff([]string{"or @ada_lovelace", "I mean @ada_lovelace"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReveals(t *testing.T) {
	t.Parallel()
	mark := func(kind, text, url string) *telegram.Message {
		return &telegram.Message{Text: text, Entities: []telegram.Entity{{Type: kind, Length: len(text), URL: url}}}
	}
	for name, tt := range map[string]struct {
		m    *telegram.Message
		want string
	}{
		"words":             {&telegram.Message{Text: "a fox"}, ""},
		"link":              {mark("url", "https://example.com/ada", ""), ""},
		"own name":          {&telegram.Message{Text: "I am Ada_L, hi", From: &telegram.User{Username: "ada_l"}}, "n"},
		"part of a word":    {&telegram.Message{Text: "ada_lovely", From: &telegram.User{Username: "ada_l"}}, ""},
		"mention":           {mark("mention", "@ben", ""), "n"},
		"phone":             {mark("phone_number", "+4912345", ""), "p"},
		"t.me":              {mark("url", "t.me/ada", ""), "l"},
		"ada.t.me":          {mark("url", "ada.t.me", ""), "l"},
		"tg":                {mark("text_link", "me", "tg://user?id=5"), "l"},
		"profile":           {mark("text_link", "me", "https://www.instagram.com/ada/"), "l"},
		"post":              {mark("url", "https://instagram.com/p/Cxyz/", ""), ""},
		"linkedin":          {mark("url", "https://de.linkedin.com/in/ada", ""), "l"},
		"photo as a file":   {&telegram.Message{Document: &telegram.Document{MediaType: "image/jpeg"}}, "f"},
		"drawing as a file": {&telegram.Message{Document: &telegram.Document{MediaType: "image/png"}}, ""},
		"several":           {&telegram.Message{Text: "@ben a@b.c", Entities: []telegram.Entity{{Type: "mention", Length: 4}, {Type: "email", Offset: 5, Length: 5}}}, "ne"},
		"caption":           {&telegram.Message{Caption: "@ben", CaptionEntities: []telegram.Entity{{Type: "mention", Length: 4}}}, "n"},
	} {
		if got := reveals(tt.m); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// What stands deep in a message is looked for by its names.
func TestRevealsInside(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ content, want string }{
		"poll":                   {`"poll":{"question":"tea?","question_entities":[{"type":"custom_emoji","offset":0,"length":1}],"options":[{"text":"yes"}],"type":"regular"}`, ""},
		"poll with a place":      {`"poll":{"question":"here?","type":"regular","media":{"location":{"latitude":1,"longitude":2}}}`, "g"},
		"option with a venue":    {`"poll":{"question":"where?","type":"regular","options":[{"text":"x","media":{"venue":{"title":"Gate","location":{"latitude":1}}}}]}`, "gg"},
		"poll with own name":     {`"poll":{"question":"write to Ada_L?","type":"regular"}`, "n"},
		"option with own name":   {`"poll":{"question":"who?","type":"regular","options":[{"text":"ada_l"}]}`, "n"},
		"poll with a link":       {`"poll":{"question":"?","type":"regular","description":"see t.me/ada","description_entities":[{"type":"url","offset":4,"length":8}]}`, "l"},
		"poll with a file":       {`"poll":{"question":"?","type":"regular","media":{"document":{"mime_type":"image/jpeg"}}}`, "f"},
		"rich":                   {`"rich_message":{"blocks":[{"type":"paragraph","text":["a ",{"type":"bold","text":"fox"},{"type":"url","text":"x","url":"https://example.com/a"}]}]}`, ""},
		"rich phone":             {`"rich_message":{"blocks":[{"type":"paragraph","text":{"type":"phone_number","text":"+4912345","phone_number":"+4912345"}}]}`, "p"},
		"rich address":           {`"rich_message":{"blocks":[{"type":"paragraph","text":{"type":"bold","text":[{"type":"email_address","text":"me","email_address":"a@b.c"}]}}]}`, "e"},
		"rich mention":           {`"rich_message":{"blocks":[{"type":"table","cells":[[{"text":{"type":"mention","text":"@ben","username":"ben"}}]]}]}`, "n"},
		"rich mention of a user": {`"rich_message":{"blocks":[{"type":"paragraph","text":{"type":"text_mention","text":"me","user":{"id":5}}}]}`, "n"},
		"rich link":              {`"rich_message":{"blocks":[{"type":"paragraph","text":{"type":"url","text":"me","url":"https://instagram.com/ada"}}]}`, "l"},
		"rich map":               {`"rich_message":{"blocks":[{"type":"map","location":{"latitude":1,"longitude":2},"zoom":13}]}`, "g"},
	} {
		u, err := telegram.ParseUpdate([]byte(`{"update_id":1,"message":{"message_id":1,"chat":{"id":1,"type":"private"},"from":{"id":1,"username":"ada_l"},` + tt.content + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := reveals(u.Message); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// relayPhoto is a small picture.
func relayPhoto() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))) // a buffer takes everything
	return b.Bytes()
}

// TestRelayKeepsNothing: nothing that people say is in the database, or anywhere when it has been passed on, and nothing tells
// one of the other.
func TestRelayKeepsNothing(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	const canary = "canary bird"
	var log bytes.Buffer
	k.w.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	k.tg.Fault(telegramtest.Fault{Kind: telegramtest.DropAfterEffect, Method: "copyMessage", Times: 1})
	for _, words := range []string{canary, canary + " again"} {
		m := k.send(k.ada, telegramtest.Outgoing{Text: words})[0]
		if _, err := k.ada.Edit(m.MessageID, words+" at t.me/ada"); err != nil {
			t.Fatal(err)
		}
		k.pass()
	}
	k.send(k.ben, telegramtest.Outgoing{Photos: [][]byte{relayPhoto(), relayPhoto()}, Caption: canary, ReplyTo: live(k.ben)[1].MessageID})
	var names []string
	for _, row := range k.dump("sqlite_schema") {
		if name, ok := strings.CutPrefix(row, "type=table name="); ok {
			name, _, _ = strings.Cut(name, " ")
			names = append(names, name)
		}
	}
	if len(names) < 20 {
		t.Fatalf("only %v", names)
	}
	for _, name := range names {
		for _, row := range k.dump(name) {
			if strings.Contains(row, canary) {
				t.Errorf("%s holds what was said: %s", name, row)
			}
			if name != "conversation_members" && name != "users" && strings.Contains(row, strconv.FormatInt(k.ada.ID(), 10)) {
				t.Errorf("%s holds a Telegram id: %s", name, row)
			}
		}
	}
	if strings.Contains(log.String(), canary) || strings.Contains(log.String(), strconv.FormatInt(k.ada.ID(), 10)) || strings.Contains(log.String(), strconv.FormatInt(k.ben.ID(), 10)) {
		t.Errorf("logged: %s", &log)
	}
	for who, other := range map[*telegramtest.Person]*telegramtest.Person{k.ada: k.ben, k.ben: k.ada} {
		shown, err := json.Marshal(live(who))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(shown), strconv.FormatInt(other.ID(), 10)) || strings.Contains(string(shown), other.User().FirstName) {
			t.Errorf("%s can see who %s is", who.User().FirstName, other.User().FirstName)
		}
	}
}
