package telegramtest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// Outgoing is what a person sends at once: a text, or files with a caption. A text of
// more than 4096 UTF-16 units becomes several messages, several files become an
// album; photos and documents do not mix.
type Outgoing struct {
	Text      string
	Caption   string
	Photos    [][]byte
	Documents []Attachment
	// ReplyTo is the message answered, 0 for none.
	ReplyTo int64
}

// Send sends o to the chat: one message, or one for each part and file. Empty messages, mixed
// kinds, more than ten files and a missing ReplyTo are errors, as the app would not
// send those. Blocked bots are unblocked first, as by the app's Restart button.
func (p *Person) Send(o Outgoing) ([]Message, error) {
	files := len(o.Photos) + len(o.Documents)
	switch {
	case files == 0 && strings.TrimSpace(o.Text) == "":
		return nil, errors.New("telegramtest: empty message")
	case files > 10:
		return nil, errors.New("telegramtest: more than ten files")
	case len(o.Photos) > 0 && len(o.Documents) > 0:
		return nil, errors.New("telegramtest: photos and documents in one album")
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if o.ReplyTo != 0 && p.s.w.Chats[p.chat].live(o.ReplyTo) == nil {
		return nil, fmt.Errorf("%w: %d", ErrNoMessage, o.ReplyTo)
	}
	return p.post(p.compose(o)), nil
}

// compose turns o into messages without ids.
func (p *Person) compose(o Outgoing) []*Message {
	var ms []*Message
	for _, picture := range o.Photos {
		ms = append(ms, &Message{Photo: p.s.storePhoto(picture)})
	}
	for _, d := range o.Documents {
		ms = append(ms, &Message{Document: p.s.storeDocument(d)})
	}
	if len(ms) == 0 {
		for _, part := range parts(o.Text) {
			text, entities := detect(part, nil)
			ms = append(ms, &Message{Text: text, Entities: entities})
		}
	} else {
		ms[0].Caption, ms[0].CaptionEntities = detect(o.Caption, nil)
	}
	if len(ms) > 1 && ms[0].Text == "" {
		group := strconv.FormatInt(p.s.w.newID(), 10)
		for _, m := range ms {
			m.MediaGroupID = group
		}
	}
	if o.ReplyTo != 0 {
		ms[0].ReplyToMessage = quoted(p.s.w.Chats[p.chat].live(o.ReplyTo))
	}
	return ms
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

// one sends what cannot fail and returns its only message.
func (p *Person) one(ms ...*Message) Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.post(ms)[0]
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

// Sticker sends a small sticker.
func (p *Person) Sticker() Message {
	f := p.store(Attachment{Name: "sticker.webp", MimeType: "image/webp", Content: []byte("RIFF sticker")}, "stickers")
	return p.one(&Message{Sticker: &Sticker{
		FileID: f.ID, FileUniqueID: f.UniqueID, Type: "regular", Width: 512, Height: 512, Emoji: "🦊", FileSize: f.Size,
	}})
}

// Voice sends a voice message of three seconds.
func (p *Person) Voice() Message {
	f := p.store(Attachment{Name: "voice.oga", MimeType: "audio/ogg", Content: []byte("OggS voice")}, "voice")
	return p.one(&Message{Voice: &Voice{
		FileID: f.ID, FileUniqueID: f.UniqueID, Duration: 3, MimeType: f.MimeType, FileSize: f.Size,
	}})
}

// Video sends a video of two seconds.
func (p *Person) Video(caption string) Message {
	f := p.store(Attachment{Name: "video.mp4", MimeType: "video/mp4", Content: []byte("ftyp video")}, "videos")
	return p.one(&Message{Caption: caption, Video: &Video{
		FileID: f.ID, FileUniqueID: f.UniqueID, Width: 640, Height: 360, Duration: 2, MimeType: f.MimeType, FileSize: f.Size,
	}})
}

// Location sends a point on the map.
func (p *Person) Location() Message {
	return p.one(&Message{Location: &Location{Latitude: 52.5163, Longitude: 13.3777}})
}

// Contact shares a phone number.
func (p *Person) Contact() Message {
	return p.one(&Message{Contact: &Contact{PhoneNumber: "+10000000000", FirstName: p.User().FirstName}})
}

func (p *Person) store(a Attachment, dir string) *fileState {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.storeFile(a, dir)
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
	p.s.remove(m)
	p.s.touch()
	return nil
}

// botHears says whether Telegram shows a person's message to the bot: in a group
// with privacy mode on, only commands, mentions of it and replies to it.
func (s *Server) botHears(m *Message) bool {
	if m.Chat.ID > 0 || s.opts.Bot.CanReadAllGroupMessages {
		return true
	}
	if m.ReplyToMessage != nil && m.ReplyToMessage.FromBot() {
		return true
	}
	es := slices.Concat(m.Entities, m.CaptionEntities)
	return slices.ContainsFunc(es, func(e Entity) bool {
		word := utf16Slice(m.Content(), e.Offset, e.Length)
		return e.Type == "bot_command" && s.addressed(word) || e.Type == "mention" && word == "@"+s.opts.Bot.Username
	})
}
