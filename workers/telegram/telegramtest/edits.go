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
		return nil, nil, bad("MESSAGE_ID_INVALID")
	}
	chat, err := s.target(c)
	if err != nil {
		return nil, nil, err
	}
	if old, err = s.message(c, chat, "edit"); err != nil {
		return nil, nil, err
	}
	if !old.FromBot() {
		return nil, nil, bad("message can't be edited")
	}
	copied := *old
	copied.ReplyMarkup, _, err = c.keyboard()
	return old, &copied, err
}

// edit puts the changed message in place unless nothing has changed.
func (s *Server) edit(old, next *Message) (any, error) {
	if sameContent(old, next) {
		return nil, bad(wordsNotModified)
	}
	s.replace(next)
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
	if old.Text == "" {
		return nil, bad("there is no text in the message to edit")
	}
	if next.Text, next.Entities, err = s.text(c); err != nil {
		return nil, err
	}
	if err := c.decode("link_preview_options", "link preview options", &next.LinkPreviewOptions); err != nil {
		return nil, err
	}
	return s.edit(old, next)
}

func (s *Server) editMessageCaption(c *call) (any, error) {
	old, next, err := s.editable(c)
	if err != nil {
		return nil, err
	}
	if old.Photo == nil && old.Document == nil {
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
	if !c.has("media") {
		return nil, bad(`parameter "media" is required`)
	}
	if err := c.decode("media", "media", &in); err != nil {
		return nil, err
	}
	if old.Invoice != nil {
		return nil, bad("message can't be edited")
	}
	m, err := s.media(c, in)
	if err != nil {
		return nil, err
	}
	if old.MediaGroupID != "" && (m.Photo == nil) != (old.Photo == nil) {
		return nil, bad("can't use the media of the specified type in the album")
	}
	// A text may become a picture: the progress message turns into the result.
	next.Text, next.Entities, next.LinkPreviewOptions = "", nil, nil
	next.Photo, next.Document, next.Caption, next.CaptionEntities = m.Photo, m.Document, m.Caption, m.CaptionEntities
	next.ShowCaptionAboveMedia, next.HasMediaSpoiler = m.ShowCaptionAboveMedia, m.HasMediaSpoiler
	return s.edit(old, next)
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
	s.remove(m)
	return true, nil
}

// mayDelete holds the bot to 48 hours, and in groups to its own messages: it is no
// administrator here.
func (s *Server) mayDelete(m *Message) bool {
	young := s.now().Sub(time.Unix(m.Date, 0)) < deletable
	return young && (m.Chat.ID > 0 || m.FromBot())
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
			s.remove(m)
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

func (s *Server) setMessageReaction(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	m, err := s.message(c, chat, "react")
	if err != nil {
		return nil, err
	}
	var reactions []struct {
		Type  string `json:"type"`
		Emoji string `json:"emoji"`
	}
	if err := c.decode("reaction", "reaction types", &reactions); err != nil {
		return nil, err
	}
	if len(reactions) > 1 {
		return nil, bad("REACTIONS_TOO_MANY")
	}
	next := *m
	next.Reaction = nil
	for _, r := range reactions {
		if r.Type != "emoji" || r.Emoji == "" {
			return nil, bad("REACTION_INVALID")
		}
		next.Reaction = append(next.Reaction, r.Emoji)
	}
	s.swap(&next)
	s.emit(Event{Kind: EventEdited, ChatID: chat.Chat.ID, Message: &next})
	return true, nil
}
