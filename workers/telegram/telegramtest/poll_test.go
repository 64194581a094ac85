package telegramtest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// options are answers of a poll as sendPoll takes them.
func options(texts ...string) []params {
	var list []params
	for _, text := range texts {
		list = append(list, params{"text": text})
	}
	return list
}

// updatesOf polls once and lists the updates of one kind.
func updatesOf(t *testing.T, s *Server, kind string) []Update {
	t.Helper()
	var found []Update
	for _, u := range pollOnce(t, s, params{"offset": 0}) {
		if k, _ := u.kind(); k == kind {
			found = append(found, u)
		}
	}
	return found
}

func TestPollIsVoted(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	bob := s.Person(PersonConfig{FirstName: "Bob"})
	group := s.Group("Foxes", ann, bob)
	m := do(t, s, "sendPoll", params{
		"chat_id": group.ID(), "question": "Color?", "options": options("red", "blue", "green"), "is_anonymous": false,
	}).message(t)
	if m.Poll.Type != "regular" || !m.Poll.AllowsRevoting || m.Poll.IsClosed || len(m.Poll.Options) != 3 {
		t.Fatalf("sent %+v", m.Poll)
	}
	vote := func(p *Person, option ...int) {
		t.Helper()
		if err := p.In(group).Vote(m.MessageID, option...); err != nil {
			t.Fatal(err)
		}
	}
	vote(ann, 1)
	vote(bob, 1)
	vote(ann, 2)
	vote(bob)
	seen, _ := ann.In(group).Message(m.MessageID)
	if p := seen.Poll; p.TotalVoterCount != 1 || p.Options[1].VoterCount != 0 || p.Options[2].VoterCount != 1 || seen.EditDate != 0 {
		t.Errorf("the poll shows %+v", p)
	}
	var answers [][]int
	for _, u := range updatesOf(t, s, "poll_answer") {
		answers = append(answers, u.PollAnswer.OptionIDs)
	}
	if diff := cmp.Diff([][]int{{1}, {1}, {2}, {}}, answers); diff != "" {
		t.Errorf("poll_answer (-want +got):\n%s", diff)
	}
	if n := len(updatesOf(t, s, "poll")); n != 4 {
		t.Errorf("%d updates of the poll, want 4", n)
	}

	forward := do(t, s, "forwardMessage", params{"chat_id": ann.ID(), "from_chat_id": group.ID(), "message_id": m.MessageID}).message(t)
	if forward.Poll.ID != m.Poll.ID {
		t.Error("a forwarded poll is another poll")
	}
	vote(bob, 0)
	if shown, _ := ann.Message(forward.MessageID); shown.Poll.TotalVoterCount != 2 {
		t.Errorf("the forwarded poll shows %+v", shown.Poll)
	}
	var closed Poll
	do(t, s, "stopPoll", params{"chat_id": group.ID(), "message_id": m.MessageID}).into(t, &closed)
	if !closed.IsClosed || closed.TotalVoterCount != 2 {
		t.Errorf("stopped %+v", closed)
	}
	if err := ann.In(group).Vote(m.MessageID, 0); err == nil {
		t.Error("a closed poll takes a vote")
	}
}

func TestPollClosesByItself(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	m := do(t, s, "sendPoll", params{
		"chat_id": ann.ID(), "question": "Now?", "options": options("yes"), "open_period": 60, "allows_revoting": false,
	}).message(t)
	if err := ann.Vote(m.MessageID, 0); err != nil {
		t.Fatal(err)
	}
	for name, vote := range map[string][]int{"second": {0}, "none": {}, "unknown": {1}, "two": {0, 0}} {
		if err := ann.Vote(m.MessageID, vote...); err == nil {
			t.Errorf("the poll takes a %s vote", name)
		}
	}
	s.Advance(61 * time.Second)
	if seen, _ := ann.Message(m.MessageID); !seen.Poll.IsClosed {
		t.Error("the poll is open after its time")
	}
	if err := ann.Vote(999, 0); !errors.Is(err, ErrNoMessage) {
		t.Errorf("a vote in no message: %v", err)
	}
}

func TestQuizAnswerIsHidden(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	group := s.Group("Foxes", ann)
	quiz := func(p *Person) Message {
		ms, err := p.Send(Outgoing{Poll: &Poll{
			Question: "2 + 2?", Type: "quiz", CorrectOptionIDs: []int{1}, Options: []PollOption{{Text: "3"}, {Text: "4"}},
		}, ReplyTo: 0})
		if err != nil {
			t.Fatal(err)
		}
		return ms[0]
	}
	private := quiz(ann)
	if u := updatesOf(t, s, "message"); u[len(u)-1].Message.Poll.CorrectOptionIDs == nil {
		t.Error("in the private chat the bot is not told the answer")
	}
	public := quiz(ann.In(group))
	if seen, _ := ann.In(group).Message(public.MessageID); seen.Poll.CorrectOptionIDs == nil {
		t.Error("observers do not see the answer")
	}
	for _, tt := range []struct {
		chat, id int64
		want     string
	}{{group.ID(), public.MessageID, "Bad Request: the message can't be copied"}, {ann.ID(), private.MessageID, ""}} {
		a := do(t, s, "copyMessage", params{"chat_id": ann.ID(), "from_chat_id": tt.chat, "message_id": tt.id})
		if a.Description != tt.want {
			t.Errorf("a copy of the quiz answered %q, want %q", a.Description, tt.want)
		}
	}
	ms := ann.Messages()
	if copied := ms[len(ms)-1]; copied.Poll.ID == private.Poll.ID || copied.Poll.Type != "quiz" {
		t.Errorf("the copy is %+v", copied.Poll)
	}
}

func TestPollRefusals(t *testing.T) {
	t.Parallel()
	s := lenient(t, Options{})
	ann := s.Person(PersonConfig{})
	ann.Start("")
	good := options("a", "b")
	for _, tt := range []struct {
		p    params
		want string
	}{
		{params{"options": good}, "text must be non-empty"},
		{params{"question": strings.Repeat("x", 301), "options": good}, "poll question length must not exceed 300"},
		{params{"question": "?"}, `parameter "options" is required`},
		{params{"question": "?", "options": "{"}, "can't parse options JSON object"},
		{params{"question": "?", "options": []params{}}, "poll must have at least 1 option"},
		{params{"question": "?", "options": make([]params, 13)}, "poll can't have more than 12 options"},
		{params{"question": "?", "options": options("a", "")}, "text must be non-empty"},
		{params{"question": "?", "options": options(strings.Repeat("x", 101))}, "poll options length must not exceed 100"},
		{params{"question": "?", "options": good, "type": "exam"}, "unsupported poll type specified"},
		{params{"question": "?", "options": good, "members_only": true}, "poll voters can be restricted only in channel chats"},
		{params{"question": "?", "options": good, "type": "quiz"}, "correct quiz option list must be non-empty"},
		{params{"question": "?", "options": good, "type": "quiz", "correct_option_ids": []int{1, 0}}, "correct quiz option list must be increasing"},
		{params{"question": "?", "options": good, "type": "quiz", "correct_option_ids": []int{2}}, "wrong quiz correct_option_id"},
		{params{"question": "?", "options": good, "type": "quiz", "correct_option_ids": []int{0}, "explanation": strings.Repeat("x", 201)}, "poll explanation length must not exceed 200"},
		{params{"question": "?", "options": good, "type": "quiz", "correct_option_ids": []int{0}, "explanation": "a\nb\nc\nd"}, "message is too long"},
	} {
		tt.p["chat_id"] = ann.ID()
		if a := do(t, s, "sendPoll", tt.p); a.Description != "Bad Request: "+tt.want {
			t.Errorf("sendPoll %v answered %q, want %q", tt.p, a.Description, tt.want)
		}
	}
	text := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x"}).message(t).MessageID
	hers := ann.Poll("?", "a").MessageID
	over := do(t, s, "sendPoll", params{"chat_id": ann.ID(), "question": "?", "options": good, "is_closed": true}).message(t).MessageID
	for id, want := range map[int64]string{
		999: "message with poll to stop not found", text: "message is not a poll", hers: "poll can't be stopped",
		over: "poll has already been closed",
	} {
		if a := do(t, s, "stopPoll", params{"chat_id": ann.ID(), "message_id": id}); a.Description != "Bad Request: "+want {
			t.Errorf("stopPoll answered %q, want %q", a.Description, want)
		}
	}
}

func TestPollViolations(t *testing.T) {
	t.Parallel()
	for _, p := range []params{
		{"open_period": 60, "close_date": 1}, {"open_period": 4}, {"close_date": 5}, {"allow_adding_options": true},
	} {
		r := &recorder{}
		s := NewTest(r)
		ann := s.Person(PersonConfig{})
		ann.Start("")
		p["chat_id"], p["question"], p["options"] = ann.ID(), "?", options("a")
		do(t, s, "sendPoll", p)
		if len(r.errors) == 0 {
			t.Errorf("sendPoll %v is no violation", p)
		}
		s.Close()
	}
}

// TestDice throws the same dice in the same place.
func TestDice(t *testing.T) {
	t.Parallel()
	throw := func() (values []int) {
		s, ann := started(t)
		for emoji, sides := range diceSides {
			m := do(t, s, "sendDice", params{"chat_id": ann.ID(), "emoji": emoji}).message(t)
			if m.Dice.Emoji != emoji || m.Dice.Value < 1 || m.Dice.Value > sides {
				t.Errorf("%s shows %+v", emoji, m.Dice)
			}
		}
		for range 20 {
			values = append(values, do(t, s, "sendDice", params{"chat_id": ann.ID()}).message(t).Dice.Value)
		}
		return append(values, ann.Dice().Dice.Value)
	}
	first := throw()
	if diff := cmp.Diff(first, throw()); diff != "" {
		t.Errorf("another run throws others:\n%s", diff)
	}
	seen := map[int]bool{}
	for _, v := range first {
		seen[v] = true
	}
	if len(seen) < 4 {
		t.Errorf("the dice is loaded: %v", first)
	}
}
