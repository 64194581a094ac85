package telegramtest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxAnswer is the length of an answer to a press, in characters.
const maxAnswer = 200

// callbackState is a press and, once there is one, its answer.
type callbackState struct {
	ID      string         `json:"id"`
	UserID  int64          `json:"user_id"`
	ChatID  int64          `json:"chat_id"`
	Query   CallbackQuery  `json:"query"`
	Expires int64          `json:"expires"`
	Answer  CallbackResult `json:"answer"`
}

// CallbackResult is what the app shows after a press: a toast, an alert, nothing, or
// it opens URL.
type CallbackResult struct {
	Answered  bool   `json:"answered"`
	Text      string `json:"text"`
	ShowAlert bool   `json:"show_alert"`
	URL       string `json:"url"`
}

// Press is a press on an inline button.
type Press struct {
	s        *Server
	id       string
	updateID int64
}

// ID is the id of the callback query.
func (p *Press) ID() string { return p.id }

// UpdateID is the id of the update that told the bot.
func (p *Press) UpdateID() int64 { return p.updateID }

// Press presses the button of a message that has this label, or else this callback
// data.
func (p *Person) Press(id int64, button string) (*Press, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.s.w.Chats[p.chat].live(id)
	if m == nil {
		return nil, fmt.Errorf("%w: %d", ErrNoMessage, id)
	}
	b, ok := m.Button(button)
	if !ok {
		b, ok = m.buttonByData(button)
	}
	if !ok || b.CallbackData == "" {
		return nil, fmt.Errorf("telegramtest: message %d has no button %q to press", id, button)
	}
	return p.press(m, b.CallbackData), nil
}

// PressData sends a press with any data, for any message of the chat, deleted ones
// included: apps can be made to do that, so a bot must not trust it.
func (p *Person) PressData(id int64, data string) (*Press, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.s.w.Chats[p.chat].find(id)
	if m == nil {
		return nil, fmt.Errorf("%w: %d", ErrNoMessage, id)
	}
	return p.press(m, data), nil
}

func (m Message) buttonByData(data string) (Button, bool) {
	if m.ReplyMarkup == nil {
		return Button{}, false
	}
	for _, row := range m.ReplyMarkup.InlineKeyboard {
		for _, b := range row {
			if b.CallbackData == data {
				return b, true
			}
		}
	}
	return Button{}, false
}

func (p *Person) press(m *Message, data string) *Press {
	shown, inline := m, ""
	if m.ViaBot != nil {
		shown, inline = nil, inlineID(m)
	} else if m.Deleted { // what the Bot API calls an inaccessible message
		shown = &Message{MessageID: m.MessageID, Chat: m.Chat}
	}
	c := &callbackState{
		ID: strconv.FormatInt(p.s.w.newID(), 10), UserID: p.id, ChatID: p.chat, Expires: p.s.until(queryLife),
		Query: CallbackQuery{
			From: p.s.w.Users[p.id].User, Message: shown, InlineMessageID: inline, Data: data, ChatInstance: chatInstance(p.chat),
		},
	}
	c.Query.ID = c.ID
	p.s.w.Callbacks[c.ID] = c
	p.s.w.CallbackLog = append(p.s.w.CallbackLog, c.ID)
	if len(p.s.w.CallbackLog) > maxCallbacks {
		delete(p.s.w.Callbacks, p.s.w.CallbackLog[0])
		p.s.w.CallbackLog = p.s.w.CallbackLog[1:]
	}
	p.s.emit(Event{Kind: EventPressed, ChatID: p.chat, UserID: p.id, CallbackID: c.ID, Data: data, Message: m})
	return &Press{s: p.s, id: c.ID, updateID: p.s.push(queueOfQueries(p.id), Update{CallbackQuery: &c.Query})}
}

// Again delivers the same query once more, in an update with a new id.
func (p *Press) Again() *Press {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	again := *p
	if c := p.s.w.Callbacks[p.id]; c != nil {
		again.updateID = p.s.push(queueOfQueries(c.UserID), Update{CallbackQuery: &c.Query})
	}
	return &again
}

// Result is the answer so far; Answered is false before there is one.
func (p *Press) Result() CallbackResult {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if c := p.s.w.Callbacks[p.id]; c != nil {
		return c.Answer
	}
	return CallbackResult{}
}

// Wait returns the bot's answer, waiting for it until ctx ends.
func (p *Press) Wait(ctx context.Context) (CallbackResult, error) {
	for {
		p.s.mu.Lock()
		changed := p.s.changed
		p.s.mu.Unlock()
		if r := p.Result(); r.Answered {
			return r, nil
		}
		if !p.s.pause(ctx, changed) {
			return CallbackResult{}, fmt.Errorf("telegramtest: press not answered: %w", context.Cause(ctx))
		}
	}
}

// Must is Wait for tests: after a minute it fails t.
func (p *Press) Must(t TB) CallbackResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(p.s.ctx, waitLimit)
	defer cancel()
	r, err := p.Wait(ctx)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return r
}

func (s *Server) answerCallbackQuery(c *call) (any, error) {
	if utf8.RuneCountInString(c.str("text")) > maxAnswer {
		return nil, bad("MESSAGE_TOO_LONG")
	}
	q := s.w.Callbacks[c.str("callback_query_id")]
	if q == nil || q.Answer.Answered || s.past(q.Expires) {
		return nil, bad(wordsQueryOld)
	}
	// Games apart, only a link that starts this bot may be opened.
	own := "https://t.me/" + s.opts.Bot.Username + "?start="
	if u := c.str("url"); u != "" && !startParameter.MatchString(strings.TrimPrefix(u, own)) {
		return nil, bad("URL_INVALID")
	}
	q.Answer = CallbackResult{Answered: true, Text: c.str("text"), ShowAlert: c.flag("show_alert"), URL: c.str("url")}
	s.emit(Event{
		Kind: EventAnswered, ChatID: q.ChatID, UserID: q.UserID, CallbackID: q.ID,
		Text: q.Answer.Text, ShowAlert: q.Answer.ShowAlert, URL: q.Answer.URL,
	})
	return true, nil
}
