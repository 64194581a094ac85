package telegramtest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// files lists what o attaches, in order.
func (o Outgoing) files() []Media {
	var ms []Media
	for _, picture := range o.Photos {
		ms = append(ms, Media{Kind: MediaPhoto, Attachment: Attachment{Content: picture}})
	}
	for _, d := range o.Documents {
		ms = append(ms, Media{Kind: MediaDocument, Attachment: d})
	}
	return append(ms, o.Media...)
}

// things counts the contents that are neither text nor file.
func (o Outgoing) things() int {
	n := 0
	for _, set := range []bool{
		o.Location != nil, o.Venue != nil, o.Contact != nil, o.Story != nil, o.Poll != nil, o.Dice != "",
	} {
		if set {
			n++
		}
	}
	return n
}

// check refuses what no app would send.
func (o Outgoing) check() error {
	files, things := o.files(), o.things()
	switch {
	case len(files) == 0 && things == 0 && strings.TrimSpace(o.Text) == "":
		return errors.New("telegramtest: empty message")
	case things > 1 || things == 1 && (len(files) > 0 || o.Text != ""):
		return errors.New("telegramtest: more than one thing in a message")
	case len(files) > 10:
		return errors.New("telegramtest: more than ten files")
	case o.Dice != "" && diceSides[o.Dice] == 0:
		return fmt.Errorf("telegramtest: %s is no dice", o.Dice)
	case o.Poll != nil && (o.Poll.Question == "" || len(o.Poll.Options) == 0):
		return errors.New("telegramtest: a poll without question or options")
	}
	return checkKinds(files)
}

// checkKinds holds the files of a person to the kinds an album may mix.
func checkKinds(files []Media) error {
	for _, f := range files {
		switch family := albumFamily(f.Kind); {
		case dirs[f.Kind] == "":
			return fmt.Errorf("telegramtest: no media of kind %q", f.Kind)
		case len(files) > 1 && family == "":
			return fmt.Errorf("telegramtest: a %s in an album", f.Kind)
		case family != albumFamily(files[0].Kind):
			return fmt.Errorf("telegramtest: %ss and %ss in one album", files[0].Kind, f.Kind)
		}
	}
	return nil
}

// albumFamily groups the kinds that albums mix; it is empty for those that stand alone.
func albumFamily(kind MediaKind) string {
	switch kind {
	case MediaPhoto, MediaVideo, MediaLivePhoto:
		return "visual"
	case MediaDocument, MediaAudio:
		return string(kind)
	}
	return ""
}

// compose turns o into messages without ids.
func (p *Person) compose(o Outgoing) []*Message {
	var ms []*Message
	for _, file := range o.files() {
		ms = append(ms, p.s.mediaMessage(file))
	}
	switch {
	case len(ms) > 0:
		ms[0].Caption, ms[0].CaptionEntities = detect(o.Caption, slices.Clone(o.Entities))
	case o.things() > 0:
		ms = append(ms, p.s.thing(p.chat, o))
	default:
		for i, part := range parts(o.Text) {
			var marked []Entity
			if i == 0 {
				marked = slices.Clone(o.Entities)
			}
			text, entities := detect(part, marked)
			ms = append(ms, &Message{Text: text, Entities: entities})
		}
	}
	if len(ms) > 1 && ms[0].Text == "" {
		group := strconv.FormatInt(p.s.w.newID(), 10)
		for _, m := range ms {
			m.MediaGroupID = group
		}
	}
	for _, m := range ms {
		m.ForwardOrigin, m.EffectID, m.HasProtectedContent, m.LinkPreviewOptions = o.ForwardedFrom, o.Effect, o.Protected, o.Preview
		m.ShowCaptionAboveMedia = o.Above && len(o.files()) > 0
	}
	if o.ReplyTo != 0 {
		answered := p.s.w.Chats[p.chat].live(o.ReplyTo)
		ms[0].ReplyToMessage, ms[0].Quote = quoted(answered), quoteOf(answered, o.Quote, 0)
	}
	return ms
}

// mediaMessage is a message that shows a file of a person. What people send is not
// judged.
func (s *Server) mediaMessage(d Media) *Message {
	m := &Message{HasMediaSpoiler: d.Spoiler}
	if d.Kind == MediaPhoto {
		m.Photo = s.storePhoto(d.Content)
		return m
	}
	plausible := defaults[d.Kind]
	d.Name, d.MimeType = cmp.Or(d.Name, plausible.Name), cmp.Or(d.MimeType, plausible.MimeType)
	d.Duration = cmp.Or(d.Duration, plausible.Duration)
	if _, _, ok := dimensions(d.Content); !ok {
		d.Width, d.Height = cmp.Or(d.Width, plausible.Width), cmp.Or(d.Height, plausible.Height)
	}
	s.attach(m, d.Kind, s.store(d))
	return m
}

// defaults are what the media of people look like unless they say so.
var defaults = map[MediaKind]Media{
	MediaVideo:     {Attachment: Attachment{Name: "video.mp4", MimeType: "video/mp4"}, Width: 640, Height: 360, Duration: 2},
	MediaAnimation: {Attachment: Attachment{Name: "animation.mp4", MimeType: "video/mp4"}, Width: 320, Height: 240, Duration: 2},
	MediaAudio:     {Attachment: Attachment{Name: "audio.mp3", MimeType: "audio/mpeg"}, Duration: 90},
	MediaVoice:     {Attachment: Attachment{MimeType: "audio/ogg"}, Duration: 3},
	MediaVideoNote: {Attachment: Attachment{MimeType: "video/mp4"}, Width: 240, Height: 240, Duration: 4},
	MediaSticker:   {Attachment: Attachment{MimeType: "image/webp"}, Width: 512, Height: 512},
	MediaLivePhoto: {Attachment: Attachment{MimeType: "video/mp4"}, Width: 1280, Height: 720, Duration: 3},
}

// thing is a message with the one content of o that is neither text nor file.
func (s *Server) thing(chat int64, o Outgoing) *Message {
	m := &Message{Location: o.Location, Contact: o.Contact, Story: o.Story}
	switch {
	case o.Venue != nil:
		m.Venue, m.Location = o.Venue, &o.Venue.Location
	case o.Dice != "":
		m.Dice = s.roll(chat, o.Dice)
	case o.Poll != nil:
		m.Poll = s.newPoll(*o.Poll, chat)
	}
	return m
}

// one sends what cannot be refused and returns its only message.
func (p *Person) one(o Outgoing) Message { return p.all(o)[0] }

// Sticker sends a small sticker.
func (p *Person) Sticker() Message {
	return p.one(Outgoing{Media: []Media{{Kind: MediaSticker, Attachment: Attachment{Content: []byte("RIFF sticker")}, Emoji: "🦊"}}})
}

// Voice sends a voice message of three seconds.
func (p *Person) Voice() Message {
	return p.one(Outgoing{Media: []Media{{Kind: MediaVoice, Attachment: Attachment{Content: []byte("OggS voice")}}}})
}

// Video sends a video of two seconds.
func (p *Person) Video(caption string) Message {
	return p.one(Outgoing{Caption: caption, Media: []Media{{Kind: MediaVideo, Attachment: Attachment{Content: []byte("ftyp video")}}}})
}

// Animation sends an animation of two seconds.
func (p *Person) Animation(caption string) Message {
	return p.one(Outgoing{Caption: caption, Media: []Media{{Kind: MediaAnimation, Attachment: Attachment{Content: []byte("ftyp animation")}}}})
}

// Audio sends a piece of music.
func (p *Person) Audio(caption string) Message {
	return p.one(Outgoing{Caption: caption, Media: []Media{{
		Kind: MediaAudio, Attachment: Attachment{Content: []byte("ID3 audio")}, Performer: "The Foxes", Title: "Blue",
	}}})
}

// VideoNote sends a round video of four seconds.
func (p *Person) VideoNote() Message {
	return p.one(Outgoing{Media: []Media{{Kind: MediaVideoNote, Attachment: Attachment{Content: []byte("ftyp note")}}}})
}

// Location sends a point on the map.
func (p *Person) Location() Message {
	return p.one(Outgoing{Location: &Location{Latitude: 52.5163, Longitude: 13.3777}})
}

// Venue sends a place with a name.
func (p *Person) Venue() Message {
	return p.one(Outgoing{Venue: &Venue{
		Location: Location{Latitude: 52.5163, Longitude: 13.3777}, Title: "Brandenburg Gate", Address: "Pariser Platz, Berlin",
	}})
}

// Contact shares a phone number.
func (p *Person) Contact() Message {
	return p.one(Outgoing{Contact: &Contact{PhoneNumber: "+10000000000", FirstName: p.User().FirstName, UserID: p.id}})
}

// Dice throws a dice. The value is always the same in the same place of a chat.
func (p *Person) Dice() Message { return p.one(Outgoing{Dice: "🎲"}) }

// Poll sends a regular, anonymous poll.
func (p *Person) Poll(question string, options ...string) Message {
	poll := &Poll{Question: question, IsAnonymous: true}
	for _, o := range options {
		poll.Options = append(poll.Options, PollOption{Text: o})
	}
	return p.one(Outgoing{Poll: poll})
}

// Story forwards a story of another account.
func (p *Person) Story() Message {
	return p.one(Outgoing{Story: &Story{Chat: Chat{ID: -1_001_000_000_001, Type: "channel", Title: "Foxes", Username: "foxes"}, ID: 1}})
}

// Forward forwards a message of another chat, or of this one, into the person's chat.
func (p *Person) Forward(from, id int64) (Message, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	var m *Message
	if c := p.s.w.Chats[from]; c != nil {
		m = c.live(id)
	}
	switch {
	case m == nil:
		return Message{}, fmt.Errorf("%w: %d", ErrNoMessage, id)
	case m.HasProtectedContent || m.service():
		return Message{}, fmt.Errorf("telegramtest: message %d can't be forwarded", id)
	}
	copied := p.s.forwarded(m)
	sent := p.post([]*Message{copied})[0]
	p.s.carryInvoice(m, copied)
	return sent, nil
}
