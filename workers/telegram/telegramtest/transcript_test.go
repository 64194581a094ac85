package telegramtest

import (
	"context"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// parrot is a little bot for the tests of transcripts. It knows one trick of each kind.
func parrot(t *testing.T, s *Server) {
	t.Helper()
	events := s.Subscribe(t.Context(), s.Seq())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e := range events {
			switch {
			case e.Kind == EventPressed:
				do(t, s, "answerCallbackQuery", params{"callback_query_id": e.CallbackID, "text": "You pressed " + e.Data, "show_alert": e.Data == "loud"})
				do(t, s, "editMessageText", params{"chat_id": e.ChatID, "message_id": e.Message.MessageID, "text": "Pressed " + e.Data})
			case e.Kind == EventNew && !e.Message.FromBot():
				chatter(t, s, e.Message)
			}
		}
	}()
	t.Cleanup(func() { s.Close(); <-done })
}

func chatter(t *testing.T, s *Server, m *Message) {
	t.Helper()
	chat := m.Chat.ID
	say := func(text string, more params) Message {
		p := params{"chat_id": chat, "text": text}
		maps.Copy(p, more)
		return do(t, s, "sendMessage", p).message(t)
	}
	switch {
	case len(m.Photo) > 0:
		wait := say("Looking", nil)
		do(t, s, "deleteMessage", params{"chat_id": chat, "message_id": wait.MessageID})
		do(t, s, "setMessageReaction", params{"chat_id": chat, "message_id": m.MessageID, "reaction": []params{{"type": "emoji", "emoji": "❤"}}})
		if m.MediaGroupID == "" {
			do(t, s, "sendPhoto", params{"chat_id": chat, "photo": m.Photo[0].FileID, "caption": "Yours, in {blue}", "reply_parameters": params{"message_id": m.MessageID}})
		}
	case m.Text == "buy":
		do(t, s, "sendInvoice", params{
			"chat_id": chat, "title": "20 credits", "description": "For a week", "payload": "order-1", "currency": "XTR",
			"prices": []params{{"label": "20 credits", "amount": 50}},
		})
	case m.Text == "two":
		do(t, s, "sendMediaGroup", params{"chat_id": chat, "media": []params{
			{"type": "photo", "media": lastPhoto(t, s, chat), "caption": "Both"}, {"type": "photo", "media": lastPhoto(t, s, chat)},
		}})
	case m.Text == "hush":
	case m.Text != "":
		say("text: "+m.Text+"\n\nin 3 s", params{"reply_markup": params{"inline_keyboard": [][]params{
			{{"text": "Soft [1]", "callback_data": "soft"}, {"text": "Loud", "callback_data": "loud"}},
			{{"text": "Site", "url": "https://example.com"}},
		}}})
	}
}

func lastPhoto(t *testing.T, s *Server, chat int64) string {
	t.Helper()
	for _, m := range s.messages(chat) {
		if len(m.Photo) > 0 {
			return m.Photo[0].FileID
		}
	}
	t.Error("no photo to send")
	return ""
}

const story = `person Ann, en

> Ann: /start
< text: text: /start
|
| in 3 s
  [Soft [1\]] [Loud]
  [Site ↗]
> Ann: two lines
| of hers
< text: text: two lines
| of hers
|
| in 3 s
  [Soft [1\]] [Loud]
  [Site ↗]
> Ann presses Soft [1] under "text: /start"
< toast: You pressed soft
< edits "text: /start": Pressed soft
> Ann presses Loud
< alert: You pressed loud
< edits "text: two lines": Pressed loud
> Ann sends photo photo1.png: a fox
< reacts ❤ to "a fox"
< photo (reply): Yours, in \{blue}
> Ann sends photos photo2.png, photo3.png
< reacts ❤ to "photo"
< reacts ❤ to "photo"
> Ann: two
< album of 2 photos: Both
> Ann reacts 👍 to "Both"
> Ann replies to "Both" with document notes.txt: mine
> Ann replies to "Both": buy
< invoice 20 credits ★50
  [Pay ⭐️50 ★]
> Ann edits "buy": sell
> Ann deletes "Both"
> Ann sends sticker
> Ann sends video note
> Ann blocks the bot
> Ann unblocks the bot
> Ann: hush
`

// TestTranscriptRoundTrip performs a story, exports it, and performs the export.
func TestTranscriptRoundTrip(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	parrot(t, s)
	if err := Play(t.Context(), s, Script{Name: "story.txt", Text: story}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(story, s.Transcript(s.People()[0])); diff != "" {
		t.Errorf("the export is not the story (-want +got):\n%s", diff)
	}
}

// TestPlayFinds changes one thing in the story and wants the right line to be named.
func TestPlayFinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ desc, old, new, want string }{
		{"a word", "alert: You pressed loud", "alert: You pressed quiet", "story.txt:21: "},
		{"a missing message", "< album of 2 photos: Both\n", "< album of 2 photos: Both\n< another\n", "- < another"},
		{"one too many", "< edits \"text: two lines\": Pressed loud\n", "", "+ < edits"},
		{"a button", "[Site ↗]", "[Page ↗]", "-   [Page ↗]"},
		{"no silence", "> Ann: two\n< album of 2 photos: Both\n", "> Ann: two\n< (silence)\n", "+ < album"},
		{"no such button", "presses Loud", "presses Quiet", `no message has the button "Quiet"`},
		{"no such message", `edits "buy"`, `edits "bye"`, `no message begins with "bye"`},
		{"nobody", "> Ann: two\n", "> Bob: two\n", `"person Bob" is missing`},
		{"no sense", "> Ann sends sticker", "> Ann sings", "story.txt:38: nobody can do that"},
	} {
		t.Run(c.desc, func(t *testing.T) {
			t.Parallel()
			s := NewTest(t)
			parrot(t, s)
			script := Script{Name: "story.txt", Text: strings.Replace(story, c.old, c.new, 1), Patience: 2 * time.Second}
			err := Play(t.Context(), s, script)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestPlayHoles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"in {n} s", "in 31 s", true},
		{"in {n} s", "in 3 1 s", false},
		{"in {n} s", "in  s", false},
		{"a … b", "a \n| c b", true},
		{"a …", "b a ", false},
		{`\{n}`, "{n}", true},
		{`\{n}`, "31", false},
		{"a.b", "axb", false},
	} {
		if got := like(c.pattern, c.text); got != c.want {
			t.Errorf("like(%q, %q) = %t", c.pattern, c.text, got)
		}
	}
}

// TestRewrite fills in the bot's side, and keeps the holes of what still fits.
func TestRewrite(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	parrot(t, s)
	got, err := Rewrite(t.Context(), s, Script{Name: "story.txt", Text: `person Ann
# Greets.
> Ann: hello
< text: text: …
  […] [Loud]
  […
> Ann presses Loud
> Ann: hush
< What?
`})
	if err != nil {
		t.Fatal(err)
	}
	want := `person Ann
# Greets.
> Ann: hello
< text: text: …
  […] [Loud]
  […
> Ann presses Loud
< alert: You pressed loud
< edits "text: hello": Pressed loud
> Ann: hush
< (silence)
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rewritten (-want +got):\n%s", diff)
	}
}

// TestTranscriptOfGroup needs two people in one group.
func TestTranscriptOfGroup(t *testing.T) {
	t.Parallel()
	script := `person Ann
person Ben, de
group Foxes: Ann, Ben
in Foxes

> Ann: hush
> Ben: /hello
< text: text: /hello
|
| in 3 s
  [Soft [1\]] [Loud]
  [Site ↗]
> Ben removes the bot
> Ann adds the bot
`
	s := NewTest(t)
	parrot(t, s)
	if err := Play(t.Context(), s, Script{Name: "group.txt", Text: script}); err != nil {
		t.Fatal(err)
	}
	ann, _ := s.GroupByID(s.Groups()[0].ID())
	if diff := cmp.Diff(script, s.Transcript(ann.People()[0])); diff != "" {
		t.Errorf("the export is not the story (-want +got):\n%s", diff)
	}
}

// TestPlayIncludes performs another file first, and calls what the test has.
func TestPlayIncludes(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	parrot(t, s)
	called := 0
	script := Script{
		Name: "a.txt", Text: "include b.txt\n* ring\n> Ann: hush\n< (silence)\n",
		Files: fstest.MapFS{"b.txt": {Data: []byte("person Ann\n> Ann: one\n< text: text: one\n|\n| in 3 s\n  …\n")}},
		Do:    map[string]func(context.Context) error{"ring": func(context.Context) error { called++; return nil }},
	}
	if err := Play(t.Context(), s, script); err != nil || called != 1 {
		t.Errorf("called %d times, %v", called, err)
	}
	for _, c := range []struct{ text, want string }{
		{"* sing", `nothing to do for "sing"`},
		{"include c.txt", "c.txt"},
		{"in Foxes", `no group "Foxes"`},
		{"person Bob\n> Bob adds the bot", "takes a group"},
		{"group Foxes: Zoe", `nobody is called "Zoe"`},
		{"| more", "nothing to go on with"},
		{"  [x]", "buttons without"},
		{"hello", "not a line"},
	} {
		script.Text = c.text
		if err := Play(t.Context(), s, script); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q in it", c.text, err, c.want)
		}
	}
}
