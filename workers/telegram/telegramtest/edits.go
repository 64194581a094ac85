package telegramtest

import (
	"bytes"
	"encoding/json"
	"time"
)

// Words that clients match on.
const (
	wordsNotModified = "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
	wordsQueryOld    = "query is too old and response timeout expired or query ID is invalid"
)

// deletable is how long a bot may delete a message.
const deletable = 48 * time.Hour

// message finds a live message of a chat; what says for what, in the refusal.
func (s *Server) message(c *call, chat *chatState, what string) (*Message, error) {
	if c.num("message_id") <= 0 {
		return nil, bad("message identifier is not specified")
	}
	if m := chat.live(c.num("message_id")); m != nil {
		return m, nil
	}
	return nil, bad("message to %s not found", what)
}

// editable finds the bot's own message that an edit is about and returns a copy to
// change, with the keyboard already replaced: an edit without one removes it.
func (s *Server) editable(c *call) (old, next *Message, err error) {
	if c.has("inline_message_id") {
		return s.editableInline(c)
	}
	chat, err := s.target(c)
	if err != nil {
		return nil, nil, err
	}
	if old, err = s.message(c, chat, "edit"); err != nil {
		return nil, nil, err
	}
	if !old.FromBot() || old.ForwardOrigin != nil {
		return nil, nil, bad("message can't be edited")
	}
	copied := *old
	copied.ReplyMarkup, err = c.inlineKeyboard()
	return old, &copied, err
}

// editableInline is editable for a message that somebody sent via the bot. No file can
// be uploaded for it.
func (s *Server) editableInline(c *call) (old, next *Message, err error) {
	if old, err = s.inlineMessage(c.str("inline_message_id")); err != nil {
		return nil, nil, err
	}
	if len(c.files) > 0 {
		return nil, nil, bad("wrong file identifier/HTTP URL specified")
	}
	copied := *old
	copied.ReplyMarkup, err = c.inlineKeyboard()
	return old, &copied, err
}

// edit puts the changed message in place unless nothing has changed. Of a message sent
// via the bot it returns only that it did.
func (s *Server) edit(old, next *Message) (any, error) {
	if sameContent(old, next) {
		return nil, bad(wordsNotModified)
	}
	s.replace(next)
	if !next.FromBot() {
		return true, nil
	}
	return next, nil
}

func sameContent(a, b *Message) bool {
	// Compared as JSON, because a snapshot may have turned nil into empty.
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func (s *Server) editMessageText(c *call) (any, error) {
	old, next, err := s.editable(c)
	if err != nil {
		return nil, err
	}
	if old.Text == "" && old.RichMessage == nil {
		return nil, bad("there is no text in the message to edit")
	}
	m := &Message{}
	if c.has("rich_message") {
		m.RichMessage, err = s.richMessage(c, false)
	} else {
		m.Text, m.Entities, err = s.text(c)
	}
	if err != nil {
		return nil, err
	}
	if err := c.decode("link_preview_options", "link preview options", &m.LinkPreviewOptions); err != nil {
		return nil, err
	}
	next.become(m)
	return s.edit(old, next)
}

func (s *Server) editMessageCaption(c *call) (any, error) {
	old, next, err := s.editable(c)
	if err != nil {
		return nil, err
	}
	if !old.captioned() {
		return nil, bad("there is no caption in the message to edit")
	}
	next.ShowCaptionAboveMedia = c.flag("show_caption_above_media")
	if next.Caption, next.CaptionEntities, err = s.caption(c); err != nil {
		return nil, err
	}
	return s.edit(old, next)
}

func (s *Server) editMessageMedia(c *call) (any, error) {
	old, next, err := s.editable(c)
	if err != nil {
		return nil, err
	}
	var in inputMedia
	if err := c.required("media"); err != nil {
		return nil, err
	}
	if err := c.decode("media", "media", &in); err != nil {
		return nil, err
	}
	switch {
	case old.Voice != nil, old.PaidMedia != nil, !old.captioned() && old.Text == "" && old.RichMessage == nil:
		return nil, bad("message media can't be edited")
	case old.MediaGroupID != "" && albumFamily(in.Type) != albumFamily(old.mediaKind()):
		return nil, bad("can't change media type in the album")
	case in.Type == MediaVoice || in.Type == MediaVideoNote || in.Type == MediaSticker:
		return nil, bad("can't parse InputMedia: type %q is unsupported", in.Type)
	}
	if err := c.need(in); err != nil {
		return nil, err
	}
	m, err := s.media(c, in)
	if err != nil {
		return nil, err
	}
	// A text may become a picture: the progress message turns into the result.
	next.become(m)
	return s.edit(old, next)
}

// mediaKind is the kind of an album's message.
func (m *Message) mediaKind() MediaKind {
	switch {
	case m.Audio != nil:
		return MediaAudio
	case m.Document != nil:
		return MediaDocument
	}
	return MediaPhoto
}

// become gives the message the content of another and keeps what is not content.
func (m *Message) become(other *Message) {
	next := content(other)
	next.MessageID, next.From, next.Chat, next.Date, next.EditDate = m.MessageID, m.From, m.Chat, m.Date, m.EditDate
	next.ForwardOrigin, next.ReplyToMessage, next.Quote, next.ViaBot = m.ForwardOrigin, m.ReplyToMessage, m.Quote, m.ViaBot
	next.HasProtectedContent, next.MediaGroupID, next.EffectID = m.HasProtectedContent, m.MediaGroupID, m.EffectID
	next.ReplyMarkup, next.ReplyKeyboard, next.Reactions, next.Pinned = m.ReplyMarkup, m.ReplyKeyboard, m.Reactions, m.Pinned
	*m = *next
}

func (s *Server) editMessageReplyMarkup(c *call) (any, error) {
	old, next, err := s.editable(c)
	if err != nil {
		return nil, err
	}
	return s.edit(old, next)
}

func (s *Server) deleteMessage(c *call) (any, error) {
	chat, err := s.chat(c, "chat_id")
	if err != nil {
		return nil, err
	}
	m, err := s.message(c, chat, "delete")
	if err != nil {
		return nil, err
	}
	if !s.mayDelete(m) {
		return nil, bad("message can't be deleted for everyone")
	}
	s.remove(m, 0)
	return true, nil
}

// mayDelete holds the bot to 48 hours, and in groups to its own messages unless it is
// an administrator with the right to delete others'.
func (s *Server) mayDelete(m *Message) bool {
	young := s.now().Sub(time.Unix(m.Date, 0)) < deletable
	if m.Chat.ID > 0 || m.FromBot() {
		return young
	}
	st := s.status(s.w.Chats[m.Chat.ID], s.opts.Bot.ID)
	return st.Status == standingAdministrator && st.Rights.CanDeleteMessages
}

// deleteMessages skips what it does not find, as Telegram does.
func (s *Server) deleteMessages(c *call) (any, error) {
	chat, err := s.chat(c, "chat_id")
	if err != nil {
		return nil, err
	}
	ids, err := c.messageIDs()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if m := chat.live(id); m != nil && s.mayDelete(m) {
			s.remove(m, 0)
		}
	}
	return true, nil
}

// messageIDs reads message_ids: 1 to 100.
func (c *call) messageIDs() ([]int64, error) {
	var ids []int64
	if err := c.decode("message_ids", "message identifiers", &ids); err != nil {
		return nil, err
	}
	switch {
	case len(ids) == 0:
		return nil, bad("message identifiers are not specified")
	case len(ids) > 100:
		return nil, bad("too many message identifiers specified")
	}
	return ids, nil
}
