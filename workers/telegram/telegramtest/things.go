package telegramtest

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

const (
	minLivePeriod  = 60     // seconds
	maxLivePeriod  = 86_400 // seconds, or math.MaxInt32 for ever
	maxVCard       = 2048   // bytes
	maxPaidStars   = 25_000 // of paid media
	maxPaidItems   = 10
	maxPaidPayload = 128 // bytes
)

// place reads a location out of a call.
func (c *call) place() (Location, error) {
	l := Location{
		LivePeriod: int(c.num("live_period")), Heading: int(c.num("heading")),
		ProximityAlertRadius: int(c.num("proximity_alert_radius")),
	}
	var err error
	for _, name := range []string{"latitude", "longitude"} {
		if strings.TrimSpace(c.str(name)) == "" {
			return l, bad("%s is empty", name)
		}
	}
	if l.Latitude, err = strconv.ParseFloat(c.str("latitude"), 64); err == nil {
		l.Longitude, err = strconv.ParseFloat(c.str("longitude"), 64)
	}
	l.HorizontalAccuracy, _ = strconv.ParseFloat(c.str("horizontal_accuracy"), 64)
	switch {
	case err != nil, math.Abs(l.Latitude) > 90, math.Abs(l.Longitude) > 180:
		return l, bad("invalid location specified")
	case l.LivePeriod != 0 && (l.LivePeriod < minLivePeriod || l.LivePeriod > maxLivePeriod && l.LivePeriod != math.MaxInt32):
		return l, bad("wrong live location period specified")
	case l.Heading != 0 && (l.Heading < 1 || l.Heading > 360):
		return l, bad("wrong live location heading specified")
	}
	return l, nil
}

func (s *Server) sendLocation(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	l, err := c.place()
	if err != nil {
		return nil, err
	}
	m := &Message{Location: &l}
	return m, s.send(c, chat, m)
}

func (s *Server) sendVenue(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	l, err := c.place()
	if err != nil {
		return nil, err
	}
	if err := c.required("title", "address"); err != nil {
		return nil, err
	}
	m := &Message{Location: &l, Venue: &Venue{
		Location: l, Title: c.str("title"), Address: c.str("address"), FoursquareID: c.str("foursquare_id"),
		FoursquareType: c.str("foursquare_type"), GooglePlaceID: c.str("google_place_id"), GooglePlaceType: c.str("google_place_type"),
	}}
	return m, s.send(c, chat, m)
}

func (s *Server) sendContact(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	if err := c.required("phone_number", "first_name"); err != nil {
		return nil, err
	}
	if len(c.str("vcard")) > maxVCard {
		return nil, bad("VCARD_TOO_LONG")
	}
	m := &Message{Contact: &Contact{
		PhoneNumber: c.str("phone_number"), FirstName: c.str("first_name"), LastName: c.str("last_name"), VCard: c.str("vcard"),
	}}
	return m, s.send(c, chat, m)
}

// required refuses a call that lacks one of the parameters.
func (c *call) required(names ...string) error {
	for _, name := range names {
		if c.str(name) == "" {
			return bad("parameter %q is required", name)
		}
	}
	return nil
}

func (s *Server) sendDice(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	emoji := c.str("emoji")
	if emoji == "" {
		emoji = "🎲"
	}
	if diceSides[emoji] == 0 {
		return nil, bad("EMOTICON_INVALID")
	}
	m := &Message{Dice: s.roll(chat.Chat.ID, emoji)}
	return m, s.send(c, chat, m)
}

func (s *Server) sendPaidMedia(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	items, err := c.paidItems()
	if err != nil {
		return nil, err
	}
	if err := c.need(items...); err != nil {
		return nil, err
	}
	m := &Message{
		PaidMedia: &PaidMediaInfo{StarCount: int(c.num("star_count"))}, PaidPayload: c.str("payload"),
		ShowCaptionAboveMedia: c.flag("show_caption_above_media"),
	}
	if m.Caption, m.CaptionEntities, err = s.caption(c); err != nil {
		return nil, err
	}
	for _, item := range items {
		one, err := s.media(c, item)
		if err != nil {
			return nil, err
		}
		m.PaidMedia.PaidMedia = append(m.PaidMedia.PaidMedia, PaidMedia{
			Type: string(item.Type), Photo: one.Photo, Video: one.Video, LivePhoto: one.LivePhoto,
		})
	}
	return m, s.send(c, chat, m)
}

// paidItems reads and checks what sendPaidMedia sells.
func (c *call) paidItems() ([]inputMedia, error) {
	var items []inputMedia
	if err := c.required("media"); err != nil {
		return nil, err
	}
	if err := c.decode("media", "media", &items); err != nil {
		return nil, err
	}
	switch stars := c.num("star_count"); {
	case stars < 1 || stars > maxPaidStars:
		return nil, bad("STARS_AMOUNT_INVALID")
	case len(items) == 0:
		return nil, bad("paid media must be non-empty")
	case len(items) > maxPaidItems:
		return nil, bad("too many paid media specified")
	case len(c.str("payload")) > maxPaidPayload:
		return nil, bad("payload is too long")
	}
	for _, item := range items {
		if albumFamily(item.Type) != "visual" {
			return nil, bad("can't parse InputPaidMedia: invalid type specified")
		}
	}
	return items, nil
}

// pin finds the message a pin or unpin is about; without message_id, nil.
func (s *Server) pin(c *call, what string) (*chatState, *Message, error) {
	chat, err := s.target(c)
	if err == nil {
		err = s.mayPin(chat)
	}
	if err != nil {
		return nil, nil, err
	}
	if !c.has("message_id") && what == "unpin" {
		return chat, nil, nil
	}
	m, err := s.message(c, chat, what)
	return chat, m, err
}

// mayPin refuses a bot without the right to pin in a group.
func (s *Server) mayPin(chat *chatState) error {
	if st := s.status(chat, s.opts.Bot.ID); chat.Chat.ID < 0 && (st.Rights == nil || !st.Rights.CanPinMessages) {
		return bad("not enough rights to manage pinned messages in the chat")
	}
	return nil
}

// setPinned shows a message as pinned or not. Only the chat changes, so a message's
// edit date stays.
func (s *Server) setPinned(m *Message, pinned bool) {
	next := *m
	next.Pinned = pinned
	s.swap(&next)
	s.emit(Event{Kind: EventEdited, ChatID: m.Chat.ID, Message: &next})
}

func (s *Server) pinChatMessage(c *call) (any, error) {
	chat, m, err := s.pin(c, "pin")
	if err != nil {
		return nil, err
	}
	if m.service() {
		return nil, bad("service message can't be pinned")
	}
	if m.Pinned {
		return true, nil
	}
	s.setPinned(m, true)
	from := s.botUser()
	note := &Message{From: &from, PinnedMessage: quoted(m)}
	s.append(chat.Chat.ID, note)
	s.push(queueOfChat(chat.Chat.ID), Update{Message: note})
	return true, nil
}

func (s *Server) unpinChatMessage(c *call) (any, error) {
	chat, m, err := s.pin(c, "unpin")
	if err != nil {
		return nil, err
	}
	if m == nil {
		m = chat.lastPinned()
	}
	if m == nil || !m.Pinned {
		return nil, bad("message to unpin not found")
	}
	s.setPinned(m, false)
	return true, nil
}

func (s *Server) unpinAllChatMessages(c *call) (any, error) {
	chat, err := s.target(c)
	if err == nil {
		err = s.mayPin(chat)
	}
	if err != nil {
		return nil, err
	}
	for m := chat.lastPinned(); m != nil; m = chat.lastPinned() {
		s.setPinned(m, false)
	}
	return true, nil
}

// lastPinned is the pinned message that was sent last; nil if there is none.
func (c *chatState) lastPinned() *Message {
	for _, m := range slices.Backward(c.Messages) {
		if m.Pinned && !m.Deleted {
			return m
		}
	}
	return nil
}
