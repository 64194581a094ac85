package telegramtest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReactions(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	m := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "hello"}).message(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(ann.React(m.MessageID, "👍")) // the bot has not asked for these
	pollOnce(t, s, params{"allowed_updates": []string{"message", "message_reaction"}})
	must(ann.React(m.MessageID, "👍"))
	must(ann.React(m.MessageID, "🔥", "👍"))
	must(ann.React(m.MessageID))
	var got [][2]int
	for _, u := range updatesOf(t, s, "message_reaction") {
		got = append(got, [2]int{len(u.MessageReaction.OldReaction), len(u.MessageReaction.NewReaction)})
	}
	if diff := cmp.Diff([][2]int{{1, 2}, {2, 0}}, got); diff != "" {
		t.Errorf("reactions told (-want +got):\n%s", diff)
	}
	react := func(reactions ...params) answer {
		return do(t, s, "setMessageReaction", params{"chat_id": ann.ID(), "message_id": m.MessageID, "reaction": append([]params{}, reactions...)})
	}
	fire := params{"type": "emoji", "emoji": "🔥"}
	must(ann.React(m.MessageID, "👍"))
	if a := react(fire); !a.OK {
		t.Fatal(a.Description)
	}
	seen, _ := ann.Message(m.MessageID)
	want := []Reaction{{ann.ID(), ReactionType{Type: "emoji", Emoji: "👍"}}, {s.Bot().ID, ReactionType{Type: "emoji", Emoji: "🔥"}}}
	if diff := cmp.Diff(want, seen.Reactions); diff != "" {
		t.Errorf("reactions (-want +got):\n%s", diff)
	}
	if a := react(); !a.OK {
		t.Fatal(a.Description)
	}
	for _, tt := range []struct {
		reactions []params
		want      string
	}{
		{[]params{fire, {"type": "emoji", "emoji": "👍"}}, "REACTIONS_TOO_MANY"},
		{[]params{{"type": "emoji", "emoji": "🦊"}}, "REACTION_INVALID"},
		{[]params{{"type": "custom_emoji", "custom_emoji_id": "5"}}, "REACTION_INVALID"},
		{[]params{{"type": "paid"}}, "REACTION_INVALID"},
	} {
		if a := react(tt.reactions...); a.Description != "Bad Request: "+tt.want {
			t.Errorf("%v answered %q, want %q", tt.reactions, a.Description, tt.want)
		}
	}
	if err := ann.React(m.MessageID, "🦊"); err == nil {
		t.Error("a person reacts with a fox")
	}
	if err := ann.React(999, "👍"); !errors.Is(err, ErrNoMessage) {
		t.Errorf("a reaction to nothing: %v", err)
	}
}

// TestBotSeesNoObserverFields checks that what only observers see stays out of answers
// and updates.
func TestBotSeesNoObserverFields(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	m := do(t, s, "sendMessage", params{
		"chat_id": ann.ID(), "text": "hello", "reply_markup": params{"keyboard": [][]params{{{"text": "Yes"}}}},
	}).message(t)
	if m.ReplyKeyboard != nil {
		t.Errorf("the bot sees the reply keyboard %+v", m.ReplyKeyboard)
	}
	if seen, _ := ann.Message(m.MessageID); seen.ReplyKeyboard == nil || seen.ReplyKeyboard.Keyboard[0][0].Text != "Yes" {
		t.Errorf("observers see the reply keyboard %+v", seen.ReplyKeyboard)
	}
	if err := ann.React(m.MessageID, "👍"); err != nil {
		t.Fatal(err)
	}
	do(t, s, "pinChatMessage", params{"chat_id": ann.ID(), "message_id": m.MessageID})
	if _, err := ann.Reply(m.MessageID, "hi"); err != nil {
		t.Fatal(err)
	}
	for _, u := range updatesOf(t, s, "message") {
		for _, told := range []*Message{u.Message, u.Message.ReplyToMessage, u.Message.PinnedMessage} {
			if told != nil && (told.Reactions != nil || told.ReplyKeyboard != nil || told.Pinned) {
				t.Errorf("the bot is told %+v", told)
			}
		}
	}
}

func TestPins(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	pinned := func() (ids []int64) {
		for _, m := range ann.Messages() {
			if m.Pinned {
				ids = append(ids, m.MessageID)
			}
		}
		return ids
	}
	var sent []int64
	for range 3 {
		id := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x"}).message(t).MessageID
		sent = append(sent, id)
		for range 2 { // twice is once
			if a := do(t, s, "pinChatMessage", params{"chat_id": ann.ID(), "message_id": id}); !a.OK {
				t.Fatal(a.Description)
			}
		}
	}
	if diff := cmp.Diff(sent, pinned()); diff != "" {
		t.Errorf("pinned (-want +got):\n%s", diff)
	}
	notes := 0
	for _, m := range ann.Messages() {
		if m.PinnedMessage != nil {
			notes++
		}
	}
	if notes != 3 {
		t.Errorf("%d notes about pins, want 3", notes)
	}
	do(t, s, "unpinChatMessage", params{"chat_id": ann.ID(), "message_id": sent[0]})
	do(t, s, "unpinChatMessage", params{"chat_id": ann.ID()})
	if diff := cmp.Diff(sent[1:2], pinned()); diff != "" {
		t.Errorf("pinned (-want +got):\n%s", diff)
	}
	do(t, s, "unpinAllChatMessages", params{"chat_id": ann.ID()})
	if left := pinned(); left != nil {
		t.Errorf("pinned after all: %v", left)
	}
}

// TestGroupRights checks what a bot may do in a group as a member and as an
// administrator.
func TestGroupRights(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	group := s.Group("Foxes", ann)
	pollOnce(t, s, params{"allowed_updates": []string{"message_reaction"}})
	m := do(t, s, "sendMessage", params{"chat_id": group.ID(), "text": "x"}).message(t)
	pin := params{"chat_id": group.ID(), "message_id": m.MessageID}
	const words = "Bad Request: not enough rights to manage pinned messages in the chat"
	for _, method := range []string{"pinChatMessage", "unpinChatMessage", "unpinAllChatMessages"} {
		p := params{"chat_id": group.ID()}
		if method == "pinChatMessage" {
			p = pin
		}
		if a := do(t, s, method, p); a.Description != words {
			t.Errorf("a member's %s answered %q", method, a.Description)
		}
	}
	react := func(emoji string) int {
		if err := ann.In(group).React(m.MessageID, emoji); err != nil {
			t.Fatal(err)
		}
		return len(updatesOf(t, s, "message_reaction"))
	}
	if n := react("👍"); n != 0 {
		t.Errorf("a member is told of %d reactions", n)
	}
	group.PromoteBot(ann, AdministratorRights{CanPinMessages: true})
	if n := react("🔥"); n != 1 {
		t.Errorf("an administrator is told of %d reactions", n)
	}
	if a := do(t, s, "pinChatMessage", pin); !a.OK {
		t.Errorf("an administrator's pin answered %q", a.Description)
	}
}
