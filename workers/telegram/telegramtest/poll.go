package telegramtest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// maxPolls is how many polls are remembered; votes in older ones are refused.
const maxPolls = 1_000

// pollState is a poll, who sent it, how people voted, and which messages show it.
type pollState struct {
	Poll   Poll            `json:"poll"`
	ByBot  bool            `json:"by_bot"`
	Chat   int64           `json:"chat"`
	Votes  map[int64][]int `json:"votes"`  // by person
	Closes int64           `json:"closes"` // Unix milliseconds, 0 for never
	Shown  []messageAt     `json:"shown"`
}

// messageAt is where a message is.
type messageAt struct {
	Chat int64 `json:"chat"`
	ID   int64 `json:"id"`
}

// newPoll registers a poll of a person or, with chat 0, of the bot, and returns it as
// the message has it.
func (s *Server) newPoll(p Poll, chat int64) *Poll {
	p.ID = strconv.FormatInt(s.w.newID(), 10)
	if p.Type == "" {
		p.Type = "regular"
	}
	p.Options = slices.Clone(p.Options)
	for i := range p.Options {
		p.Options[i].PersistentID = strconv.Itoa(i)
		p.Options[i].VoterCount = 0
	}
	st := &pollState{Poll: p, ByBot: chat == 0, Chat: chat, Votes: map[int64][]int{}}
	switch {
	case p.OpenPeriod != 0:
		st.Closes = s.until(time.Duration(p.OpenPeriod) * time.Second)
	case p.CloseDate != 0:
		st.Closes = p.CloseDate * 1000
	}
	s.w.Polls = append(s.w.Polls, st)
	if len(s.w.Polls) > maxPolls {
		s.w.Polls = slices.Delete(s.w.Polls, 0, 1)
	}
	return &p
}

// pollOf finds the state of a message's poll; nil if there is none any more.
func (s *Server) pollOf(m *Message) *pollState {
	if m.Poll == nil {
		return nil
	}
	i := slices.IndexFunc(s.w.Polls, func(st *pollState) bool { return st.Poll.ID == m.Poll.ID })
	if i < 0 {
		return nil
	}
	return s.w.Polls[i]
}

// Vote votes in the poll of a message for the options by their number, from 0; no
// option takes the vote back. Closed polls, second votes where none is allowed and
// options that do not exist are errors. The bot is told how its own polls fare by
// poll, and by poll_answer if they are not anonymous.
func (p *Person) Vote(id int64, options ...int) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.s.w.Chats[p.chat].live(id)
	if m == nil {
		return fmt.Errorf("%w: %d", ErrNoMessage, id)
	}
	p.s.closePolls()
	st := p.s.pollOf(m)
	if st == nil {
		return fmt.Errorf("telegramtest: message %d has no poll", id)
	}
	if err := st.allows(p.id, options); err != nil {
		return err
	}
	delete(st.Votes, p.id)
	if len(options) > 0 {
		st.Votes[p.id] = slices.Sorted(slices.Values(options))
	}
	p.s.pollChanged(st)
	if st.ByBot && !st.Poll.IsAnonymous {
		p.s.push(queueOfVotes(p.id), Update{PollAnswer: st.answer(p.s.w.Users[p.id].User)})
	}
	p.s.touch()
	return nil
}

// allows says what the app would say to a vote.
func (st *pollState) allows(person int64, options []int) error {
	switch {
	case st.Poll.IsClosed:
		return errors.New("telegramtest: the poll is closed")
	case len(st.Votes[person]) > 0 && !st.Poll.AllowsRevoting:
		return errors.New("telegramtest: the poll takes one vote of each person")
	case len(options) > 1 && !st.Poll.AllowsMultipleAnswers:
		return errors.New("telegramtest: the poll takes one answer")
	}
	seen := map[int]bool{}
	for _, o := range options {
		if o < 0 || o >= len(st.Poll.Options) || seen[o] {
			return fmt.Errorf("telegramtest: the poll has no option %d to choose", o)
		}
		seen[o] = true
	}
	return nil
}

func (st *pollState) answer(u User) *PollAnswer {
	a := &PollAnswer{PollID: st.Poll.ID, User: &u, OptionIDs: []int{}, OptionPersistentIDs: []string{}}
	for _, o := range st.Votes[u.ID] {
		a.OptionIDs = append(a.OptionIDs, o)
		a.OptionPersistentIDs = append(a.OptionPersistentIDs, st.Poll.Options[o].PersistentID)
	}
	return a
}

// pollChanged counts the votes, shows the result in every message of the poll, and
// tells the bot about its own.
func (s *Server) pollChanged(st *pollState) {
	st.Poll.Options = slices.Clone(st.Poll.Options)
	for i := range st.Poll.Options {
		st.Poll.Options[i].VoterCount = 0
	}
	for _, options := range st.Votes {
		for _, o := range options {
			st.Poll.Options[o].VoterCount++
		}
	}
	st.Poll.TotalVoterCount = len(st.Votes)
	shown := st.Poll
	for _, at := range st.Shown {
		c := s.w.Chats[at.Chat]
		if c == nil || c.live(at.ID) == nil {
			continue
		}
		next := *c.live(at.ID)
		next.Poll = &shown
		s.swap(&next)
		s.emit(Event{Kind: EventEdited, ChatID: at.Chat, Message: &next})
	}
	if st.ByBot {
		s.push(queueOfPolls(st.Poll.ID), Update{Poll: st.Poll.bare()})
	}
}

// bare is the poll outside of a message, without its description.
func (p Poll) bare() *Poll {
	p.Description, p.DescriptionEntities = "", nil
	return &p
}

// closePolls closes the polls whose time is over.
func (s *Server) closePolls() {
	for _, st := range s.w.Polls {
		if st.Closes != 0 && !st.Poll.IsClosed && s.past(st.Closes) {
			st.Poll.IsClosed = true
			s.pollChanged(st)
		}
	}
}

// The queues of polls and votes, as the real server numbers them.
func queueOfVotes(person int64) int64 { return person + 5<<33 }

func queueOfPolls(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64)
	return n + 1<<33
}

// diceSides says how many values each dice has.
var diceSides = map[string]int{"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}

// roll is the dice that the next message of a chat shows. The value depends only on
// the message's id.
func (s *Server) roll(chat int64, emoji string) *Dice {
	n := uint32(s.w.Chats[chat].LastID+1) * 2_654_435_761
	return &Dice{Emoji: emoji, Value: int(n>>8)%diceSides[emoji] + 1}
}
