package telegramtest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Limits of texts, in UTF-16 units after the entities were parsed.
const (
	maxMessageText = 4096
	maxCaption     = 1024
)

// chatActions are those that sendChatAction takes.
var chatActions = []string{
	"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
	"choose_sticker", "find_location", "record_video_note", "upload_video_note",
}

// chat finds the chat a parameter names, or refuses.
func (s *Server) chat(c *call, name string) (*chatState, error) {
	v := c.str(name)
	if v == "" {
		return nil, bad("%s is empty", name)
	}
	if strings.HasPrefix(v, "@") {
		for _, chat := range s.w.Chats {
			if chat.Chat.ID < 0 && strings.EqualFold(chat.Chat.Username, v[1:]) {
				return chat, nil
			}
		}
		return nil, bad("chat not found")
	}
	id, err := strconv.ParseInt(v, 10, 64)
	if chat := s.w.Chats[id]; err == nil && chat != nil {
		return chat, s.reachable(chat)
	}
	return nil, bad("chat not found")
}

// target is the chat a message goes to; it also has to take messages.
func (s *Server) target(c *call) (*chatState, error) {
	chat, err := s.chat(c, "chat_id")
	if err != nil {
		return nil, err
	}
	return chat, s.writable(chat)
}

// writable refuses chats the bot may not write to.
func (s *Server) writable(chat *chatState) error {
	if u := s.w.Users[chat.Chat.ID]; u != nil && u.Blocked {
		return &apiError{Code: 403, Description: "Forbidden: bot was blocked by the user"}
	}
	if u := s.w.Users[chat.Chat.ID]; u != nil && u.Gone {
		return &apiError{Code: 403, Description: "Forbidden: user is deactivated"}
	}
	if !chat.Started {
		return &apiError{Code: 403, Description: "Forbidden: bot can't initiate conversation with a user"}
	}
	return nil
}

// send puts the bot's messages into a chat, with the options all send methods share.
// Nothing happens unless everything is in order.
func (s *Server) send(c *call, chat *chatState, ms ...*Message) error {
	reply, err := s.replyTo(c, chat)
	if err != nil {
		return err
	}
	keys, custom, err := c.keyboard()
	if err != nil {
		return err
	}
	if c.has("message_effect_id") && chat.Chat.ID < 0 {
		return bad("EFFECT_ID_INVALID")
	}
	keyboard, err := c.replyKeyboard(custom)
	if err == nil && chat.Chat.ID < 0 {
		err = checkGroupKeys(keys, keyboard)
	}
	if err != nil {
		return err
	}
	if custom != nil {
		chat.Keyboard = custom
	}
	chat.Draft = nil
	from := s.botUser()
	for _, m := range ms {
		m.From, m.ReplyToMessage, m.Quote, m.ReplyMarkup, m.ReplyKeyboard = &from, quoted(reply.message), reply.quote, keys, keyboard
		m.HasProtectedContent, m.EffectID = c.flag("protect_content"), c.str("message_effect_id")
		s.append(chat.Chat.ID, m)
	}
	return nil
}

// answered is what a message replies to, and the part of it that is quoted.
type answered struct {
	message *Message
	quote   *TextQuote
}

// replyTo finds the message answered, in the new parameter or the legacy one.
func (s *Server) replyTo(c *call, chat *chatState) (answered, error) {
	var p struct {
		MessageID int64           `json:"message_id"`
		ChatID    json.RawMessage `json:"chat_id"` // telego sends an empty text for none
		Allow     bool            `json:"allow_sending_without_reply"`
		Quote     string          `json:"quote"`
		ParseMode string          `json:"quote_parse_mode"`
		Entities  []Entity        `json:"quote_entities"`
		Position  int             `json:"quote_position"`
	}
	if err := c.decode("reply_parameters", "reply parameters", &p); err != nil {
		return answered{}, err
	}
	if c.has("reply_to_message_id") {
		p.MessageID, p.Allow = c.num("reply_to_message_id"), c.flag("allow_sending_without_reply")
	}
	if p.MessageID == 0 {
		return answered{}, nil
	}
	if id := strings.Trim(string(p.ChatID), `"`); id != "" && id != strconv.FormatInt(chat.Chat.ID, 10) {
		c.violate("this server answers messages of the same chat only")
	}
	m := chat.live(p.MessageID)
	if m == nil && !p.Allow {
		return answered{}, bad("message to be replied not found")
	}
	if m == nil || p.Quote == "" {
		return answered{message: m}, nil
	}
	quote, entities, err := s.format(p.Quote, p.ParseMode, p.Entities)
	if err != nil {
		return answered{}, err
	}
	q := quoteOf(m, quote, p.Position)
	if q == nil {
		return answered{}, bad("QUOTE_TEXT_INVALID")
	}
	q.Entities = entities
	return answered{m, q}, nil
}

// text reads and measures the text of a message.
func (s *Server) text(c *call) (string, []Entity, error) {
	if c.str("text") == "" {
		return "", nil, bad("message text is empty")
	}
	text, entities, err := s.formatted(c, "text", "entities")
	switch {
	case err != nil:
		return "", nil, err
	case text == "":
		return "", nil, bad("text must be non-empty")
	case utf16Len(text) > maxMessageText:
		return "", nil, bad("message is too long")
	}
	return text, entities, nil
}

// caption reads and measures a caption; none is fine.
func (s *Server) caption(c *call) (string, []Entity, error) {
	text, entities, err := s.formatted(c, "caption", "caption_entities")
	if err == nil && utf16Len(text) > maxCaption {
		err = bad("message caption is too long")
	}
	return text, entities, err
}

func (s *Server) sendMessage(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	m := &Message{}
	if m.Text, m.Entities, err = s.text(c); err != nil {
		return nil, err
	}
	if err := c.decode("link_preview_options", "link preview options", &m.LinkPreviewOptions); err != nil {
		return nil, err
	}
	return m, s.send(c, chat, m)
}

// sendKind is the handler of sendPhoto, sendVideo and their like.
func (s *Server) sendKind(kind MediaKind) handler {
	return func(c *call) (any, error) {
		chat, err := s.target(c)
		if err != nil {
			return nil, err
		}
		in, err := c.input(kind)
		if err != nil {
			return nil, err
		}
		if err := c.need(in); err != nil {
			return nil, err
		}
		m, err := s.media(c, in)
		if err != nil {
			return nil, err
		}
		return m, s.send(c, chat, m)
	}
}

func (s *Server) sendMediaGroup(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	if !c.has("media") {
		return nil, bad(`parameter "media" is required`)
	}
	var items []inputMedia
	if err := c.decode("media", "media", &items); err != nil {
		return nil, err
	}
	if err := checkAlbum(items); err != nil {
		return nil, err
	}
	if err := c.need(items...); err != nil {
		return nil, err
	}
	group := strconv.FormatInt(s.w.newID(), 10)
	var ms []*Message
	for i, item := range items {
		m, err := s.media(c, item)
		if err != nil {
			return nil, albumRefusal(err, i)
		}
		m.MediaGroupID = group
		ms = append(ms, m)
	}
	return ms, s.send(c, chat, ms...)
}

// albumRefusal says which item it is that Telegram's servers, in contrast to the Bot
// API's, refuse.
func albumRefusal(err error, i int) error {
	words, _ := strings.CutPrefix(err.Error(), "Bad Request: ")
	switch words {
	case "IMAGE_PROCESS_FAILED", "PHOTO_INVALID_DIMENSIONS":
	case "failed to get HTTP URL content", "wrong type of the web page content":
		words = map[byte]string{'f': "WEBPAGE_CURL_FAILED", 'w': "WEBPAGE_MEDIA_EMPTY"}[words[0]]
	default:
		return err
	}
	return bad("failed to send message #%d with the error message %q", i+1, words)
}

// checkAlbum holds an album to its size and to kinds that go together.
func checkAlbum(items []inputMedia) error {
	switch {
	case len(items) < 2:
		return bad("too few messages to send as an album")
	case len(items) > 10:
		return bad("too many messages to send as an album")
	}
	for _, item := range items {
		switch family := albumFamily(item.Type); {
		case item.Type == MediaAnimation:
			return bad(`can't parse InputMedia: type "animation" can't be used in sendMediaGroup`)
		case dirs[item.Type] == "" || family == "":
			return bad("can't parse InputMedia: type %q is unsupported", item.Type)
		case family != "visual" && slices.ContainsFunc(items, func(m inputMedia) bool { return m.Type != item.Type }):
			return bad("%s can't be mixed with other media types", item.Type)
		case family == "visual" && albumFamily(items[0].Type) == "visual" && item.Above != items[0].Above:
			return bad("parameter show_caption_above_media must be the same for all messages")
		}
	}
	return nil
}

func (s *Server) sendChatAction(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	action := c.str("action")
	if !slices.Contains(chatActions, action) {
		return nil, bad("wrong parameter action in request")
	}
	s.emit(Event{Kind: EventAction, ChatID: chat.Chat.ID, Action: action})
	return true, nil
}

// quoteOf is the part of a message that a reply quotes, looked for from a position on
// and then from the begin; nil for none, or for one that is not in it.
func quoteOf(m *Message, quote string, position int) *TextQuote {
	text := m.Content()
	skipped := utf16Slice(text, 0, position)
	at := strings.Index(text[min(len(skipped), len(text)):], quote)
	if at >= 0 {
		at += min(len(skipped), len(text))
	} else {
		at = strings.Index(text, quote)
	}
	if quote == "" || at < 0 {
		return nil
	}
	return &TextQuote{Text: quote, Position: utf16Len(text[:at]), IsManual: true}
}
