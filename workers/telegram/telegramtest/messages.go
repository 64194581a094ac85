package telegramtest

import (
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
		return chat, nil
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
	if custom != nil {
		chat.Keyboard = custom
	}
	from := s.botUser()
	for _, m := range ms {
		m.From, m.ReplyToMessage, m.ReplyMarkup = &from, quoted(reply), keys
		m.HasProtectedContent, m.EffectID = c.flag("protect_content"), c.str("message_effect_id")
		s.append(chat.Chat.ID, m)
	}
	return nil
}

// replyTo finds the message answered, in the new parameter or the legacy one.
func (s *Server) replyTo(c *call, chat *chatState) (*Message, error) {
	var p struct {
		MessageID int64 `json:"message_id"`
		Allow     bool  `json:"allow_sending_without_reply"`
	}
	if err := c.decode("reply_parameters", "reply parameters", &p); err != nil {
		return nil, err
	}
	if c.has("reply_to_message_id") {
		p.MessageID, p.Allow = c.num("reply_to_message_id"), c.flag("allow_sending_without_reply")
	}
	if p.MessageID == 0 {
		return nil, nil
	}
	m := chat.live(p.MessageID)
	if m == nil && !p.Allow {
		return nil, bad("message to be replied not found")
	}
	return m, nil
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

func (s *Server) sendPhoto(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	m := &Message{ShowCaptionAboveMedia: c.flag("show_caption_above_media"), HasMediaSpoiler: c.flag("has_spoiler")}
	if m.Caption, m.CaptionEntities, err = s.caption(c); err != nil {
		return nil, err
	}
	if m.Photo, err = s.photoFrom(c, "photo", c.str("photo")); err != nil {
		return nil, err
	}
	return m, s.send(c, chat, m)
}

func (s *Server) sendDocument(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	m := &Message{}
	if m.Caption, m.CaptionEntities, err = s.caption(c); err != nil {
		return nil, err
	}
	if m.Document, err = s.documentFrom(c, "document", c.str("document")); err != nil {
		return nil, err
	}
	return m, s.send(c, chat, m)
}

// inputMedia is an item of sendMediaGroup, or what editMessageMedia puts in.
type inputMedia struct {
	Type            string   `json:"type"`
	Media           string   `json:"media"`
	Caption         string   `json:"caption"`
	ParseMode       string   `json:"parse_mode"`
	CaptionEntities []Entity `json:"caption_entities"`
	Above           bool     `json:"show_caption_above_media"`
	Spoiler         bool     `json:"has_spoiler"`
}

// media turns an item into a message without an id.
func (s *Server) media(c *call, in inputMedia) (*Message, error) {
	m := &Message{ShowCaptionAboveMedia: in.Above, HasMediaSpoiler: in.Spoiler}
	var err error
	m.Caption, m.CaptionEntities, err = s.format(c, in.Caption, in.ParseMode, in.CaptionEntities)
	if err != nil {
		return nil, err
	}
	if utf16Len(m.Caption) > maxCaption {
		return nil, bad("message caption is too long")
	}
	switch in.Type {
	case "photo":
		m.Photo, err = s.photoFrom(c, "", in.Media)
	case "document":
		m.Document, err = s.documentFrom(c, "", in.Media)
	case "video", "audio", "animation", "live_photo":
		c.violate("this server takes no media of type " + in.Type)
		err = bad("can't parse InputMedia: type must be photo or document here")
	default:
		err = bad("can't parse InputMedia: invalid type specified")
	}
	return m, err
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
	group := strconv.FormatInt(s.w.newID(), 10)
	var ms []*Message
	for _, item := range items {
		m, err := s.media(c, item)
		if err != nil {
			return nil, err
		}
		m.MediaGroupID = group
		ms = append(ms, m)
	}
	return ms, s.send(c, chat, ms...)
}

// checkAlbum holds an album to its size and to one kind.
func checkAlbum(items []inputMedia) error {
	switch {
	case len(items) < 2:
		return bad("too few messages to send as an album")
	case len(items) > 10:
		return bad("too many messages to send as an album")
	case slices.ContainsFunc(items, func(m inputMedia) bool { return m.Type == "document" }) &&
		slices.ContainsFunc(items, func(m inputMedia) bool { return m.Type != "document" }):
		return bad("document can't be mixed with other media types")
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
