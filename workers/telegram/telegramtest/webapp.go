package telegramtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxWebAppData     = 4096 // bytes
	maxStartParameter = 64
	preparedLife      = 24 * time.Hour
	webAppPatience    = time.Hour // how long a query_id takes an answer
)

// startParameter is what a deep link may carry.
var startParameter = regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9_-]{1,%d}$`, maxStartParameter))

// WebAppData is what a Mini App opened from a reply keyboard sent to the bot.
type WebAppData struct {
	Data       string `json:"data"`
	ButtonText string `json:"button_text"`
}

// preparedState is a message that a Mini App may let its user send.
type preparedState struct {
	UserID  int64        `json:"user_id"`
	Result  InlineResult `json:"result"`
	Expires int64        `json:"expires"` // Unix seconds
	Private bool         `json:"private"`
	Groups  bool         `json:"groups"`
}

// webQueryState is a Mini App that was opened and may send one message.
type webQueryState struct {
	UserID  int64 `json:"user_id"`
	ChatID  int64 `json:"chat_id"`
	Expires int64 `json:"expires"` // Unix milliseconds
}

// WebAppInitData is the initData a Mini App gets when the person opens it, signed with
// the bot's token as Telegram signs it ("hash"). Without a start parameter the app was
// opened from a button in the chat and may answer by answerWebAppQuery (query_id); with
// one it was opened by a link t.me/<bot>?startapp=<startParam>. The field "signature",
// for those who do not know the token, is absent: only Telegram has the key to it.
func (p *Person) WebAppInitData(startParam string) string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	u := p.s.w.Users[p.id].User
	user, err := json.Marshal(struct {
		ID            int64  `json:"id"`
		FirstName     string `json:"first_name"`
		LastName      string `json:"last_name"`
		Username      string `json:"username,omitempty"`
		LanguageCode  string `json:"language_code,omitempty"`
		IsPremium     bool   `json:"is_premium,omitempty"`
		AllowsWriting bool   `json:"allows_write_to_pm,omitempty"`
	}{u.ID, u.FirstName, u.LastName, u.Username, u.LanguageCode, u.IsPremium, p.s.writable(p.s.w.Chats[p.id]) == nil})
	if err != nil {
		panic(err) // the type above marshals
	}
	fields := map[string]string{"user": string(user), "auth_date": strconv.FormatInt(p.s.now().Unix(), 10)}
	if startParam == "" {
		id := "AAH" + token(p.s.w.newID())
		p.s.w.WebQueries[id] = &webQueryState{UserID: p.id, ChatID: p.chat, Expires: p.s.until(webAppPatience)}
		fields["query_id"] = id
	} else {
		fields["start_param"], fields["chat_type"], fields["chat_instance"] = startParam, "sender", chatInstance(p.chat)
		if p.chat != p.id {
			fields["chat_type"] = p.s.w.Chats[p.chat].Chat.Type
		}
	}
	return signed(fields, p.s.opts.Token)
}

// chatInstance identifies a chat without naming it.
func chatInstance(chat int64) string { return strconv.FormatInt(chat*7919, 10) }

// signed is the fields as a query with the hash that core.telegram.org/bots/webapps
// describes.
func signed(fields map[string]string, botToken string) string {
	query := url.Values{}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		lines = append(lines, name+"="+fields[name])
		query.Set(name, fields[name])
	}
	key := sum([]byte("WebAppData"), botToken)
	query.Set("hash", hex.EncodeToString(sum(key, strings.Join(lines, "\n"))))
	return query.Encode()
}

func sum(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// SendWebAppData is what a Mini App does with sendData, when it was opened by this
// button of the reply keyboard: the bot gets a service message.
func (p *Person) SendWebAppData(button, data string) (Message, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if data == "" || len(data) > maxWebAppData {
		return Message{}, fmt.Errorf("telegramtest: a Mini App sends 1 to %d bytes", maxWebAppData)
	}
	var keys ReplyKeyboard
	if raw := p.s.w.Chats[p.chat].Keyboard; raw != nil && json.Unmarshal(raw, &keys) != nil {
		return Message{}, errors.New("telegramtest: the reply keyboard is damaged")
	}
	opens := func(k KeyboardButton) bool { return k.Text == button && k.WebApp != nil }
	if !slices.ContainsFunc(slices.Concat(keys.Keyboard...), opens) {
		return Message{}, fmt.Errorf("telegramtest: no button %q of the reply keyboard opens a Mini App", button)
	}
	return p.post([]*Message{{WebAppData: &WebAppData{Data: data, ButtonText: button}}})[0], nil
}

func (s *Server) answerWebAppQuery(c *call) (any, error) {
	q := s.w.WebQueries[c.str("web_app_query_id")]
	if q == nil || s.past(q.Expires) {
		return nil, bad("QUERY_ID_INVALID")
	}
	r, err := s.result(c, json.RawMessage(c.str("result")))
	if err != nil {
		return nil, err
	}
	delete(s.w.WebQueries, c.str("web_app_query_id"))
	p := &Person{s: s, id: q.UserID, chat: q.ChatID}
	_, id := p.sendVia(r)
	return struct {
		InlineMessageID string `json:"inline_message_id,omitempty"`
	}{id}, nil
}

func (s *Server) savePreparedInlineMessage(c *call) (any, error) {
	prepared := &preparedState{UserID: c.num("user_id"), Private: c.flag("allow_user_chats") || c.flag("allow_bot_chats"), Groups: c.flag("allow_group_chats")}
	switch {
	case s.w.Users[prepared.UserID] == nil:
		return nil, bad("user not found")
	case !prepared.Private && !prepared.Groups && !c.flag("allow_channel_chats"):
		return nil, bad("PEER_TYPES_INVALID")
	}
	var err error
	if prepared.Result, err = s.result(c, json.RawMessage(c.str("result"))); err != nil {
		return nil, err
	}
	prepared.Expires = s.now().Add(preparedLife).Unix()
	id := "prepared" + token(s.w.newID())
	s.w.Prepared[id] = prepared
	return struct {
		ID      string `json:"id"`
		Expires int64  `json:"expiration_date"`
	}{id, prepared.Expires}, nil
}

// SendPrepared is what a Mini App does with shareMessage: the person sends a message
// that the bot has prepared for them to the chat.
func (p *Person) SendPrepared(id string) (Message, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	prepared := p.s.w.Prepared[id]
	if prepared == nil || prepared.UserID != p.id || prepared.Expires < p.s.now().Unix() {
		return Message{}, fmt.Errorf("telegramtest: no prepared message %q", id)
	}
	if allowed := p.chat > 0 && prepared.Private || p.chat < 0 && prepared.Groups; !allowed {
		return Message{}, fmt.Errorf("telegramtest: the prepared message %q is not for this kind of chat", id)
	}
	m, _ := p.sendVia(prepared.Result)
	return m, nil
}
