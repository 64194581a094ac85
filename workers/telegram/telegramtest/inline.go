package telegramtest

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of inline mode.
const (
	maxInlineQuery   = 256 // characters
	maxInlineResults = 50
	maxResultID      = 64 // bytes
	maxNextOffset    = 64 // bytes
	maxInlineQueries = 2_000
	inlineCache      = 300 // seconds, unless the bot says
)

// ErrNoInline is returned when the bot has no inline mode: see
// [User.SupportsInlineQueries] in [Options.Bot].
var ErrNoInline = errors.New("telegramtest: the bot has no inline mode")

// InlineQuery is what somebody has typed after the bot's name.
type InlineQuery struct {
	ID       string `json:"id"`
	From     User   `json:"from"`
	Query    string `json:"query"`
	Offset   string `json:"offset"`
	ChatType string `json:"chat_type,omitempty"` // sender, group, supergroup
}

// ChosenInlineResult tells which result was sent. InlineMessageID is set only if the
// message has an inline keyboard.
type ChosenInlineResult struct {
	ResultID        string `json:"result_id"`
	From            User   `json:"from"`
	InlineMessageID string `json:"inline_message_id,omitempty"`
	Query           string `json:"query"`
}

// InlineAnswer is what the app shows above the text field.
type InlineAnswer struct {
	QueryID    string         `json:"query_id"`
	Results    []InlineResult `json:"results"`
	NextOffset string         `json:"next_offset,omitempty"`
	Button     *InlineButton  `json:"button,omitempty"`
}

// InlineResult is one thing to choose. Message is what would be sent.
type InlineResult struct {
	ID           string   `json:"id"`
	Type         string   `json:"type"`
	Title        string   `json:"title,omitempty"`
	Description  string   `json:"description,omitempty"`
	URL          string   `json:"url,omitempty"`
	ThumbnailURL string   `json:"thumbnail_url,omitempty"`
	Message      *Message `json:"message"`

	Sale *invoiceState `json:"sale,omitempty"`
}

// InlineButton stands above the results: it opens a Mini App, or a chat with the bot
// where /start carries StartParameter.
type InlineButton struct {
	Text           string  `json:"text"`
	WebApp         *WebApp `json:"web_app,omitempty"`
	StartParameter string  `json:"start_parameter,omitempty"`
}

// inlineState is an inline query and, once there is one, its answer.
type inlineState struct {
	ID       string       `json:"id"`
	UserID   int64        `json:"user_id"`
	Query    string       `json:"query"`
	Offset   string       `json:"offset"`
	Expires  int64        `json:"expires"`
	Answered bool         `json:"answered"`
	Personal bool         `json:"personal"`
	Cached   int64        `json:"cached"` // until, in Unix milliseconds
	Answer   InlineAnswer `json:"answer"`
}

// Inline types "@bot query" in the chat and returns what the bot offers, waiting for it
// until ctx ends or the query is 30 seconds old. Like Telegram it does not ask the bot
// again while an answer may be cached.
func (p *Person) Inline(ctx context.Context, query, offset string) (InlineAnswer, error) {
	id, err := p.ask(query, offset)
	if err != nil {
		return InlineAnswer{}, err
	}
	for {
		p.s.mu.Lock()
		q, now, changed := *p.s.w.InlineQueries[id], p.s.now(), p.s.changed
		p.s.mu.Unlock()
		if q.Answered {
			return q.Answer, nil
		}
		wait, cancel := context.WithTimeout(ctx, time.UnixMilli(q.Expires).Sub(now))
		again := p.s.pause(wait, changed)
		err := context.Cause(wait)
		cancel()
		if !again {
			return InlineAnswer{}, fmt.Errorf("telegramtest: inline query not answered: %w", err)
		}
	}
}

// ask sends the query to the bot unless there is an answer already; it returns the
// query's id.
func (p *Person) ask(query, offset string) (string, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	switch {
	case !p.s.opts.Bot.SupportsInlineQueries:
		return "", ErrNoInline
	case utf8.RuneCountInString(query) > maxInlineQuery:
		return "", errors.New("telegramtest: an inline query has at most 256 characters")
	}
	if q := p.cached(query, offset); q != nil {
		return q.ID, nil
	}
	q := &inlineState{
		ID: strconv.FormatInt(p.s.w.newID(), 10), UserID: p.id, Query: query, Offset: offset, Expires: p.s.until(inlineLife),
	}
	p.s.keepInline(q)
	kind := "sender"
	if p.chat != p.id {
		kind = p.s.w.Chats[p.chat].Chat.Type
	}
	p.s.push(queueOfInline(p.id), Update{InlineQuery: &InlineQuery{
		ID: q.ID, From: p.s.w.Users[p.id].User, Query: query, Offset: offset, ChatType: kind,
	}})
	p.s.touch()
	return q.ID, nil
}

func (p *Person) cached(query, offset string) *inlineState {
	for _, q := range p.s.w.InlineQueries {
		if q.Answered && q.Query == query && q.Offset == offset && !p.s.past(q.Cached) && (!q.Personal || q.UserID == p.id) {
			return q
		}
	}
	return nil
}

func (s *Server) keepInline(q *inlineState) {
	s.w.InlineQueries[q.ID] = q
	s.w.InlineLog = append(s.w.InlineLog, q.ID)
	if len(s.w.InlineLog) > maxInlineQueries {
		delete(s.w.InlineQueries, s.w.InlineLog[0])
		s.w.InlineLog = s.w.InlineLog[1:]
	}
}

func (s *Server) answerInlineQuery(c *call) (any, error) {
	q := s.w.InlineQueries[c.str("inline_query_id")]
	if q == nil || q.Answered || s.past(q.Expires) {
		return nil, bad(wordsQueryOld)
	}
	a := InlineAnswer{QueryID: q.ID, NextOffset: c.str("next_offset")}
	var err error
	if a.Results, err = s.results(c); err != nil {
		return nil, err
	}
	if len(a.NextOffset) > maxNextOffset {
		return nil, bad("NEXT_OFFSET_INVALID")
	}
	if err := c.decode("button", "inline query results button", &a.Button); err != nil {
		return nil, err
	}
	if err := a.Button.check(); err != nil {
		return nil, err
	}
	q.Answer, q.Answered, q.Personal = a, true, c.flag("is_personal")
	q.Cached = s.until(time.Duration(c.clamp("cache_time", 0, 1<<31, inlineCache)) * time.Second)
	return true, nil
}

func (b *InlineButton) check() error {
	switch {
	case b == nil:
		return nil
	case b.Text == "":
		return bad("can't parse inline query results button: Text must be non-empty")
	case (b.WebApp == nil) == (b.StartParameter == ""):
		return bad("can't parse inline query results button: Button must have exactly one optional field")
	case b.WebApp != nil && !strings.HasPrefix(b.WebApp.URL, "https://"):
		return bad("inline query results button Web App URL '%s' is invalid: Only HTTPS links are allowed", b.WebApp.URL)
	case b.WebApp == nil && !startParameter.MatchString(b.StartParameter):
		return bad("START_PARAM_INVALID")
	}
	return nil
}

// Choose sends a result of an inline query to the chat, via the bot. A bot with
// [Options.InlineFeedback] is told by chosen_inline_result.
func (p *Person) Choose(queryID, resultID string) (Message, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	q := p.s.w.InlineQueries[queryID]
	if q == nil {
		return Message{}, fmt.Errorf("telegramtest: no inline query %q", queryID)
	}
	at := slices.IndexFunc(q.Answer.Results, func(r InlineResult) bool { return r.ID == resultID })
	if at < 0 {
		return Message{}, fmt.Errorf("telegramtest: inline query %q has no result %q", queryID, resultID)
	}
	m, id := p.sendVia(q.Answer.Results[at])
	if p.s.opts.InlineFeedback {
		p.s.push(queueOfChosen(p.id), Update{ChosenInlineResult: &ChosenInlineResult{
			ResultID: resultID, From: p.s.w.Users[p.id].User, Query: q.Query, InlineMessageID: id,
		}})
	}
	return m, nil
}

// sendVia sends a result to the chat. The id of the inline message is empty if it has
// no inline keyboard.
func (p *Person) sendVia(r InlineResult) (Message, string) {
	m, bot := *r.Message, p.s.botUser()
	m.ViaBot = &bot
	if r.Sale != nil && m.ReplyMarkup == nil {
		m.ReplyMarkup = payButton(r.Sale)
	}
	sent := p.post([]*Message{&m})[0]
	if r.Sale != nil {
		p.s.offer(r.Sale, &m)
	}
	if m.ReplyMarkup == nil {
		return sent, ""
	}
	return sent, inlineID(&m)
}

// inlineID is the inline_message_id of a message that was sent via the bot.
func inlineID(m *Message) string {
	b := binary.BigEndian.AppendUint64([]byte{4}, uint64(m.Chat.ID))
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(b, uint64(m.MessageID)))
}

// inlineMessage finds the message of an inline_message_id.
func (s *Server) inlineMessage(id string) (*Message, error) {
	b, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(b) != 17 {
		return nil, bad("MESSAGE_ID_INVALID")
	}
	chat := s.w.Chats[int64(binary.BigEndian.Uint64(b[1:]))]
	if chat == nil {
		return nil, bad("MESSAGE_ID_INVALID")
	}
	m := chat.live(int64(binary.BigEndian.Uint64(b[9:])))
	if m == nil || m.ViaBot == nil {
		return nil, bad("MESSAGE_ID_INVALID")
	}
	return m, nil
}
