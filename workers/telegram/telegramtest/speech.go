package telegramtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf16"
)

// ErrNoMessage is returned when a person acts on a message that is not there, or
// not theirs to change.
var ErrNoMessage = errors.New("telegramtest: no such message")

// Attachment is a file a person sends. An empty MimeType is guessed from the name,
// then from the content.
type Attachment struct {
	Name     string
	MimeType string
	Content  []byte
}

// Outgoing is what a person sends at once: a text, or files with a caption, or one of
// the things without either. A text of more than 4096 UTF-16 units becomes several
// messages, several files become an album: photos and videos together, documents and
// audios each among themselves, the other kinds alone.
type Outgoing struct {
	Text    string
	Caption string
	// Entities mark stretches of Text or Caption, besides the links, commands and
	// mentions that Telegram finds itself.
	Entities  []Entity
	Photos    [][]byte     // short for Media of that kind
	Documents []Attachment // short for Media of that kind
	Media     []Media

	Location *Location
	Venue    *Venue
	Contact  *Contact
	Story    *Story
	Poll     *Poll  // Question, Options, Type and the like; the rest is filled in
	Dice     string // emoji

	// Preview is how the link in the text is shown, Above puts the caption above the media, Effect names what is shown when
	// the message arrives, and Protected keeps it from being forwarded and copied.
	Preview   json.RawMessage
	Above     bool
	Effect    string
	Protected bool

	// ForwardedFrom makes it a forward of somebody else's words; nil means the person's
	// own. See [Person.Forward] for messages that are there.
	ForwardedFrom *ForwardOrigin
	// ReplyTo is the message answered, 0 for none, and Quote the part of it that is
	// quoted.
	ReplyTo int64
	Quote   string
}

// Send sends o to the chat: one message, or one for each part and file. Empty
// messages, mixed kinds, more than ten files and a missing ReplyTo are errors, as the
// app would not send those. Blocked bots are unblocked first, as by the app's Restart
// button.
func (p *Person) Send(o Outgoing) ([]Message, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if o.ReplyTo != 0 && p.s.w.Chats[p.chat].live(o.ReplyTo) == nil {
		return nil, fmt.Errorf("%w: %d", ErrNoMessage, o.ReplyTo)
	}
	return p.post(p.compose(o)), nil
}

// parts cuts a text into messages of at most 4096 UTF-16 units, as the app does. The
// last one may be cut anywhere, but not within a surrogate pair.
func parts(text string) []string {
	var out []string
	for utf16Len(text) > maxMessageText {
		n, size := 0, 0
		for i, r := range text {
			if n += utf16.RuneLen(r); n > maxMessageText {
				size = i
				break
			}
		}
		out, text = append(out, text[:size]), text[size:]
	}
	return append(out, text)
}

// post writes the messages into the chat and tells the bot.
func (p *Person) post(ms []*Message) []Message {
	if p.chat == p.id {
		p.s.block(p.id, false)
	}
	out := make([]Message, 0, len(ms))
	for _, m := range ms {
		from := p.s.w.Users[p.id].User
		m.From = &from
		p.s.append(p.chat, m)
		if p.s.botHears(m) {
			p.s.push(queueOfChat(p.chat), Update{Message: m})
		}
		out = append(out, *m)
	}
	p.s.touch()
	return out
}

// all is Send for shapes that cannot be refused.
func (p *Person) all(o Outgoing) []Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.post(p.compose(o))
}

// Text sends a text. Commands, links, mentions and hashtags become entities.
func (p *Person) Text(text string) Message { return p.all(Outgoing{Text: text})[0] }

// Start presses the Start button: it sends "/start", with the payload of a deep link
// if there is one.
func (p *Person) Start(payload string) Message {
	if payload == "" {
		return p.Text("/start")
	}
	return p.Text("/start " + payload)
}

// Photo sends a picture as a photo.
func (p *Person) Photo(picture []byte, caption string) Message {
	return p.all(Outgoing{Photos: [][]byte{picture}, Caption: caption})[0]
}

// Album sends pictures as one album; the caption is the first one's.
func (p *Person) Album(pictures [][]byte, caption string) []Message {
	return p.all(Outgoing{Photos: pictures, Caption: caption})
}

// Document sends a file as it is.
func (p *Person) Document(name string, content []byte, caption string) Message {
	return p.all(Outgoing{Documents: []Attachment{{Name: name, Content: content}}, Caption: caption})[0]
}

// Reply sends a text that answers a message of the chat.
func (p *Person) Reply(to int64, text string) (Message, error) {
	ms, err := p.Send(Outgoing{Text: text, ReplyTo: to})
	if err != nil {
		return Message{}, err
	}
	return ms[0], nil
}

// Edit changes the text of the person's own message, or its caption if it carries a
// file; the bot gets edited_message.
func (p *Person) Edit(id int64, text string) (Message, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.s.w.Chats[p.chat].live(id)
	if m == nil || m.From.ID != p.id {
		return Message{}, fmt.Errorf("%w: %d", ErrNoMessage, id)
	}
	next := *m
	clean, entities := detect(text, nil)
	if m.Text != "" {
		next.Text, next.Entities = clean, entities
	} else {
		next.Caption, next.CaptionEntities = clean, entities
	}
	p.s.replace(&next)
	if p.s.botHears(&next) {
		p.s.push(queueOfChat(p.chat), Update{EditedMessage: &next})
	}
	p.s.touch()
	return next, nil
}

// Delete removes a message for both sides. Telegram does not tell bots.
func (p *Person) Delete(id int64) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.s.w.Chats[p.chat].live(id)
	if m == nil || p.chat != p.id && m.From.ID != p.id {
		return fmt.Errorf("%w: %d", ErrNoMessage, id)
	}
	p.s.remove(m, p.id)
	p.s.touch()
	return nil
}

// botHears says whether Telegram shows a person's message to the bot: in a group
// with privacy mode on, only commands, mentions of it and replies to it, unless it
// administers the group; nothing where it is no member.
func (s *Server) botHears(m *Message) bool {
	if m.Chat.ID > 0 {
		return true
	}
	c := s.w.Chats[m.Chat.ID]
	if s.reachable(c) != nil {
		return false
	}
	if s.opts.Bot.CanReadAllGroupMessages || s.status(c, s.opts.Bot.ID).Status == standingAdministrator {
		return true
	}
	if m.ViaBot != nil || m.ReplyToMessage != nil && m.ReplyToMessage.FromBot() {
		return true
	}
	es := slices.Concat(m.Entities, m.CaptionEntities)
	return slices.ContainsFunc(es, func(e Entity) bool {
		word := utf16Slice(m.Content(), e.Offset, e.Length)
		return e.Type == "bot_command" && s.addressed(word) || e.Type == "mention" && word == "@"+s.opts.Bot.Username
	})
}
