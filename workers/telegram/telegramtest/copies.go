package telegramtest

import (
	"slices"
	"strconv"
)

// messageRef is the answer of the copy and forward methods that return ids.
type messageRef struct {
	MessageID int64 `json:"message_id"`
}

// source finds the messages to copy or forward, the missing ones skipped.
func (s *Server) source(c *call, ids []int64) ([]*Message, error) {
	from, err := s.chat(c, "from_chat_id")
	if err != nil {
		return nil, err
	}
	var ms []*Message
	for _, id := range ids {
		if m := from.live(id); m != nil {
			ms = append(ms, m)
		}
	}
	return ms, nil
}

// sourceOne is source for a single message, which must be there.
func (s *Server) sourceOne(c *call, what string) (*Message, error) {
	if c.num("message_id") <= 0 {
		return nil, bad("message identifier is not specified")
	}
	ms, err := s.source(c, []int64{c.num("message_id")})
	if err == nil && len(ms) == 0 {
		err = bad("message to %s not found", what)
	}
	if err != nil {
		return nil, err
	}
	return ms[0], nil
}

// content is a fresh message with the content of another: no link to its origin.
func content(m *Message) *Message {
	return &Message{
		Text: m.Text, Entities: m.Entities, LinkPreviewOptions: m.LinkPreviewOptions, Photo: m.Photo, Document: m.Document,
		Sticker: m.Sticker, Voice: m.Voice, Video: m.Video, Location: m.Location, Contact: m.Contact, Caption: m.Caption,
		CaptionEntities: m.CaptionEntities, ShowCaptionAboveMedia: m.ShowCaptionAboveMedia, HasMediaSpoiler: m.HasMediaSpoiler,
	}
}

// copyable is false for service messages and invoices.
func copyable(m *Message) bool {
	return m.Invoice == nil && m.SuccessfulPayment == nil && m.RefundedPayment == nil && m.NewChatMembers == nil
}

func (s *Server) copyMessage(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	src, err := s.sourceOne(c, "copy")
	if err != nil {
		return nil, err
	}
	if !copyable(src) || src.HasProtectedContent {
		return nil, bad("message can't be copied")
	}
	m := content(src)
	if _, given := c.values["caption"]; given && m.Text == "" {
		if m.Caption, m.CaptionEntities, err = s.caption(c); err != nil {
			return nil, err
		}
	}
	err = s.send(c, chat, m)
	return messageRef{m.MessageID}, err
}

func (s *Server) forwardMessage(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	src, err := s.sourceOne(c, "forward")
	if err != nil {
		return nil, err
	}
	if src.HasProtectedContent {
		return nil, bad("message can't be forwarded")
	}
	m := forwarded(src)
	return m, s.send(c, chat, m)
}

func forwarded(src *Message) *Message {
	m := content(src)
	m.ForwardOrigin = src.ForwardOrigin
	if m.ForwardOrigin == nil {
		m.ForwardOrigin = &ForwardOrigin{Type: "user", Date: src.Date, SenderUser: src.From}
	}
	return m
}

func (s *Server) copyMessages(c *call) (any, error) {
	return s.many(c, func(m *Message) *Message {
		out := content(m)
		if c.flag("remove_caption") {
			out.Caption, out.CaptionEntities = "", nil
		}
		return out
	}, func(m *Message) bool { return copyable(m) && !m.HasProtectedContent })
}

func (s *Server) forwardMessages(c *call) (any, error) {
	return s.many(c, forwarded, func(m *Message) bool { return !m.HasProtectedContent })
}

// many sends what make makes of each message, albums staying albums.
func (s *Server) many(c *call, make func(*Message) *Message, allowed func(*Message) bool) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	ids, err := c.messageIDs()
	if err != nil {
		return nil, err
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		return nil, bad("message identifiers must be in a strictly increasing order")
	}
	src, err := s.source(c, ids)
	if err != nil {
		return nil, err
	}
	groups := map[string]string{"": ""}
	var out []*Message
	for _, m := range src {
		if !allowed(m) {
			continue
		}
		if _, known := groups[m.MediaGroupID]; !known {
			groups[m.MediaGroupID] = strconv.FormatInt(s.w.newID(), 10)
		}
		next := make(m)
		next.MediaGroupID = groups[m.MediaGroupID]
		out = append(out, next)
	}
	if len(out) == 0 {
		return nil, bad("there are no messages to forward")
	}
	err = s.send(c, chat, out...)
	refs := []messageRef{}
	for _, m := range out {
		refs = append(refs, messageRef{m.MessageID})
	}
	return refs, err
}
