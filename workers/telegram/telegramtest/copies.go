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
		Text: m.Text, Entities: m.Entities, LinkPreviewOptions: m.LinkPreviewOptions, RichMessage: m.RichMessage,
		Animation: m.Animation, Audio: m.Audio, Document: m.Document, LivePhoto: m.LivePhoto, PaidMedia: m.PaidMedia, Photo: m.Photo,
		Sticker: m.Sticker, Story: m.Story, Video: m.Video, VideoNote: m.VideoNote, Voice: m.Voice, Contact: m.Contact, Dice: m.Dice,
		Poll: m.Poll, Venue: m.Venue, Location: m.Location, Invoice: m.Invoice, Caption: m.Caption,
		CaptionEntities: m.CaptionEntities, ShowCaptionAboveMedia: m.ShowCaptionAboveMedia, HasMediaSpoiler: m.HasMediaSpoiler,
	}
}

// service reports whether the message tells of an event instead of saying something.
func (m *Message) service() bool {
	return m.SuccessfulPayment != nil || m.RefundedPayment != nil || len(m.NewChatMembers) > 0 || m.LeftChatMember != nil ||
		m.NewChatTitle != "" || m.PinnedMessage != nil || m.WebAppData != nil || m.MigrateToChatID != 0 || m.MigrateFromChatID != 0
}

// copyable is false for what has no copy: service messages, invoices, paid media,
// stories, and quizzes whose answer the bot does not know.
func (s *Server) copyable(m *Message) bool {
	quiz := m.Poll != nil && m.Poll.Type == "quiz" && !m.knowsAnswer()
	return !m.service() && !m.HasProtectedContent && m.Invoice == nil && m.PaidMedia == nil && m.Story == nil && !quiz
}

// forwardable is false for service messages and protected ones.
func forwardable(m *Message) bool { return !m.service() && !m.HasProtectedContent }

// copied is the message without any link to it; a poll begins anew, and a place that moves stands still.
func (s *Server) copied(src *Message) *Message {
	m := content(src)
	if m.Location != nil && m.Location.LivePeriod != 0 {
		m.Location = &Location{Latitude: m.Location.Latitude, Longitude: m.Location.Longitude, HorizontalAccuracy: m.Location.HorizontalAccuracy}
	}
	if m.Poll != nil {
		poll := *m.Poll
		poll.IsClosed, poll.TotalVoterCount = false, 0
		m.Poll = s.newPoll(poll, 0)
	}
	return m
}

// captioned reports whether the message is of a kind that has a caption.
func (m *Message) captioned() bool {
	return m.Photo != nil || m.Video != nil || m.Document != nil || m.Audio != nil || m.Voice != nil || m.LivePhoto != nil ||
		m.PaidMedia != nil
}

// startVideo makes a video begin later.
func (m *Message) startVideo(at int) {
	if m.Video != nil && at > 0 {
		video := *m.Video
		video.StartTimestamp = at
		m.Video = &video
	}
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
	if !s.copyable(src) {
		return nil, bad("the message can't be copied")
	}
	m := s.copied(src)
	if _, given := c.values["caption"]; given && m.captioned() {
		m.ShowCaptionAboveMedia = c.flag("show_caption_above_media")
		if m.Caption, m.CaptionEntities, err = s.caption(c); err != nil {
			return nil, err
		}
	}
	m.startVideo(int(c.num("video_start_timestamp")))
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
	if !forwardable(src) {
		return nil, bad("the message can't be forwarded")
	}
	m := s.forwarded(src)
	m.startVideo(int(c.num("video_start_timestamp")))
	err = s.send(c, chat, m)
	s.carryInvoice(src, m)
	return m, err
}

// forwarded is the message with its link to its origin. A poll stays the same poll.
func (s *Server) forwarded(src *Message) *Message {
	m := content(src)
	m.PaidPayload = src.PaidPayload
	m.ForwardOrigin = src.ForwardOrigin
	if m.ForwardOrigin == nil {
		m.ForwardOrigin = &ForwardOrigin{Type: "user", Date: src.Date, SenderUser: src.From}
	}
	m.ReplyMarkup = s.forwardedButton(src)
	return m
}

func (s *Server) copyMessages(c *call) (any, error) {
	return s.many(c, func(m *Message) *Message {
		out := s.copied(m)
		if c.flag("remove_caption") {
			out.Caption, out.CaptionEntities = "", nil
		}
		return out
	}, s.copyable)
}

func (s *Server) forwardMessages(c *call) (any, error) {
	return s.many(c, s.forwarded, forwardable)
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
	src = slices.DeleteFunc(src, func(m *Message) bool { return !allowed(m) })
	var out []*Message
	for _, m := range src {
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
	ungroupLone(out)
	err = s.send(c, chat, out...)
	refs := []messageRef{}
	for i, m := range out {
		s.carryInvoice(src[i], m)
		refs = append(refs, messageRef{m.MessageID})
	}
	return refs, err
}

// ungroupLone takes messages out of albums of which nothing else is left.
func ungroupLone(ms []*Message) {
	size := map[string]int{}
	for _, m := range ms {
		size[m.MediaGroupID]++
	}
	for _, m := range ms {
		if size[m.MediaGroupID] == 1 {
			m.MediaGroupID = ""
		}
	}
}
