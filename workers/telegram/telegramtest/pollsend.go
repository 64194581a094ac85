package telegramtest

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of polls, in characters unless said otherwise.
const (
	maxQuestion        = 300
	maxOption          = 100
	maxOptions         = 12
	maxExplanation     = 200
	maxPollDescription = 1024
	minPollOpen        = 5         // seconds
	maxPollOpen        = 2_628_000 // seconds
	maxExplanationLF   = 2         // line feeds
)

// inputPollOption is an answer to a poll as a bot gives it.
type inputPollOption struct {
	Text      string   `json:"text"`
	ParseMode string   `json:"text_parse_mode"`
	Entities  []Entity `json:"text_entities"`
}

func (s *Server) sendPoll(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	p, err := s.inputPoll(c)
	if err != nil {
		return nil, err
	}
	if c.has("media") || c.has("explanation_media") {
		c.violate("this server's polls have no media")
	}
	m := &Message{Poll: s.newPoll(p, 0)}
	return m, s.send(c, chat, m)
}

// inputPoll reads and checks a poll.
func (s *Server) inputPoll(c *call) (Poll, error) {
	p := Poll{
		Type: c.str("type"), IsAnonymous: !c.has("is_anonymous") || c.flag("is_anonymous"), IsClosed: c.flag("is_closed"),
		AllowsMultipleAnswers: c.flag("allows_multiple_answers"), OpenPeriod: int(c.num("open_period")), CloseDate: c.num("close_date"),
	}
	p.AllowsRevoting = p.Type != "quiz"
	if c.has("allows_revoting") {
		p.AllowsRevoting = c.flag("allows_revoting")
	}
	var err error
	if p.Question, p.QuestionEntities, err = s.pollText(c, "question", maxQuestion); err != nil {
		return p, err
	}
	if p.Description, p.DescriptionEntities, err = s.pollText(c, "description", maxPollDescription); err != nil {
		return p, err
	}
	if p.Options, err = s.pollOptions(c); err != nil {
		return p, err
	}
	return p, s.checkPoll(c, &p)
}

// checkPoll checks what depends on the kind of a poll.
func (s *Server) checkPoll(c *call, p *Poll) error {
	switch {
	case p.Question == "":
		return bad("text must be non-empty")
	case c.flag("members_only") || c.has("country_codes") && c.str("country_codes") != "[]":
		return bad("poll voters can be restricted only in channel chats")
	case !slices.Contains([]string{"", "regular", "quiz"}, p.Type):
		return bad("unsupported poll type specified")
	}
	if p.OpenPeriod != 0 && p.CloseDate != 0 {
		c.violate("open_period and close_date exclude each other")
	}
	wait := p.CloseDate - s.now().Unix()
	if p.OpenPeriod != 0 && (p.OpenPeriod < minPollOpen || p.OpenPeriod > maxPollOpen) ||
		p.CloseDate != 0 && (wait < minPollOpen || wait > maxPollOpen) {
		c.violate("a poll is open for 5 to 2,628,000 seconds")
	}
	if c.flag("allow_adding_options") && (p.IsAnonymous || p.Type == "quiz") {
		c.violate("options can be added to public polls only")
	}
	if p.Type == "quiz" {
		return s.quiz(c, p)
	}
	return nil
}

// quiz reads the right answers of a quiz and what explains them.
func (s *Server) quiz(c *call, p *Poll) error {
	if err := c.decode("correct_option_ids", "correct option identifiers", &p.CorrectOptionIDs); err != nil {
		return err
	}
	ids := p.CorrectOptionIDs
	switch {
	case len(ids) == 0:
		return bad("correct quiz option list must be non-empty")
	case !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids):
		return bad("correct quiz option list must be increasing")
	case ids[0] < 0 || ids[len(ids)-1] >= len(p.Options):
		return bad("wrong quiz correct_option_id")
	}
	var err error
	p.Explanation, p.ExplanationEntities, err = s.pollText(c, "explanation", maxExplanation)
	if err == nil && strings.Count(p.Explanation, "\n") > maxExplanationLF {
		err = bad("message is too long")
	}
	return err
}

// pollText reads a text of a poll with its formatting.
func (s *Server) pollText(c *call, name string, most int) (string, []Entity, error) {
	var given []Entity
	if err := c.decode(name+"_entities", "entities", &given); err != nil {
		return "", nil, err
	}
	text, entities, err := s.format(c.str(name), c.str(name+"_parse_mode"), given)
	if err == nil && utf8.RuneCountInString(text) > most {
		err = bad("poll %s length must not exceed %d", name, most)
	}
	if name == "question" {
		entities = customEmoji(entities)
	}
	return text, entities, err
}

// customEmoji keeps the only entities that questions and options may have.
func customEmoji(entities []Entity) []Entity {
	return slices.DeleteFunc(entities, func(e Entity) bool { return e.Type != "custom_emoji" })
}

func (s *Server) pollOptions(c *call) ([]PollOption, error) {
	var given []inputPollOption
	if err := c.required("options"); err != nil {
		return nil, err
	}
	if err := c.decode("options", "options", &given); err != nil {
		return nil, err
	}
	switch {
	case len(given) == 0:
		return nil, bad("poll must have at least 1 option")
	case len(given) > maxOptions:
		return nil, bad("poll can't have more than %d options", maxOptions)
	}
	var options []PollOption
	for _, o := range given {
		text, entities, err := s.format(o.Text, o.ParseMode, o.Entities)
		switch {
		case err != nil:
			return nil, err
		case text == "":
			return nil, bad("text must be non-empty")
		case utf8.RuneCountInString(text) > maxOption:
			return nil, bad("poll options length must not exceed %d", maxOption)
		}
		options = append(options, PollOption{Text: text, TextEntities: customEmoji(entities)})
	}
	return options, nil
}

func (s *Server) stopPoll(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	m, err := s.message(c, chat, "stop")
	if err != nil {
		return nil, bad("message with poll to stop not found")
	}
	s.closePolls()
	st := s.pollOf(m)
	switch {
	case st == nil:
		return nil, bad("message is not a poll")
	case !m.FromBot() || !st.ByBot:
		return nil, bad("poll can't be stopped")
	case st.Poll.IsClosed:
		return nil, bad("poll has already been closed")
	}
	keys, err := c.inlineKeyboard()
	if err != nil {
		return nil, err
	}
	next := *chat.live(m.MessageID)
	next.ReplyMarkup = keys
	s.swap(&next)
	st.Poll.IsClosed = true
	s.pollChanged(st)
	return st.Poll.bare(), nil
}
