package playground

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// The bodies of what a person does with the messages of a chat.
type (
	reacting struct {
		who
		MessageID int64    `json:"message_id"`
		Emoji     []string `json:"emoji"` // none takes the reaction back
	}
	voting struct {
		who
		MessageID int64 `json:"message_id"`
		Options   []int `json:"options"` // none takes the vote back
	}
	forwarding struct {
		who
		FromChat  int64 `json:"from_chat"`
		MessageID int64 `json:"message_id"`
	}
	polling struct {
		who
		Question string   `json:"question"`
		Options  []string `json:"options"`
		Multiple bool     `json:"multiple"`
	}
)

func react(_ context.Context, p *telegramtest.Person, b reacting) (any, error) {
	return nil, p.React(b.MessageID, b.Emoji...)
}

func vote(_ context.Context, p *telegramtest.Person, b voting) (any, error) {
	return nil, p.Vote(b.MessageID, b.Options...)
}

// forward takes a message of one of the person's own chats into the one they act in.
func (pg *Playground) forward(_ context.Context, p *telegramtest.Person, b forwarding) (any, error) {
	if _, err := pg.sit(who{Person: p.ID(), Chat: b.FromChat}); err != nil {
		return nil, err
	}
	_, err := p.Forward(b.FromChat, b.MessageID)
	return nil, err
}

// resend sends a message once more as a new one, files and all.
func (pg *Playground) resend(_ context.Context, p *telegramtest.Person, b pointing) (any, error) {
	m, ok := p.Message(b.MessageID)
	if !ok || m.Deleted {
		return nil, telegramtest.ErrNoMessage
	}
	o := telegramtest.Outgoing{Text: m.Text, Caption: m.Caption, Location: m.Location, Venue: m.Venue, Contact: m.Contact, Story: m.Story}
	switch ids := m.FileIDs(); {
	case m.Venue != nil:
		o.Location = nil // a venue has one too
	case m.Dice != nil:
		o.Dice = m.Dice.Emoji
	case m.Poll != nil:
		o.Poll = &telegramtest.Poll{Question: m.Poll.Question, Options: m.Poll.Options, Type: m.Poll.Type, AllowsMultipleAnswers: m.Poll.AllowsMultipleAnswers, IsAnonymous: m.Poll.IsAnonymous}
	case len(ids) > 0:
		file, err := pg.fileOf(m, ids[0])
		if err != nil {
			return nil, err
		}
		o.Media = []telegramtest.Media{file}
	}
	_, err := p.Send(o)
	return nil, err
}

// fileOf is the file of a message as somebody would attach it again.
func (pg *Playground) fileOf(m telegramtest.Message, id string) (telegramtest.Media, error) {
	mediaType, content, ok := pg.tg.File(id)
	if !ok {
		return telegramtest.Media{}, bad("the file of that message is gone")
	}
	file := telegramtest.Media{Spoiler: m.HasMediaSpoiler}
	file.MimeType, file.Content = mediaType, content
	switch {
	case len(m.Photo) > 0:
		file.Kind = telegramtest.MediaPhoto
	case m.Animation != nil:
		file.Kind, file.Name, file.Width, file.Height, file.Duration = telegramtest.MediaAnimation, m.Animation.FileName, m.Animation.Width, m.Animation.Height, m.Animation.Duration
	case m.Video != nil:
		file.Kind, file.Name, file.Width, file.Height, file.Duration = telegramtest.MediaVideo, m.Video.FileName, m.Video.Width, m.Video.Height, m.Video.Duration
	case m.Audio != nil:
		file.Kind, file.Name, file.Title, file.Performer, file.Duration = telegramtest.MediaAudio, m.Audio.FileName, m.Audio.Title, m.Audio.Performer, m.Audio.Duration
	case m.Voice != nil:
		file.Kind, file.Duration = telegramtest.MediaVoice, m.Voice.Duration
	case m.VideoNote != nil:
		file.Kind, file.Width, file.Duration = telegramtest.MediaVideoNote, m.VideoNote.Length, m.VideoNote.Duration
	case m.Sticker != nil:
		file.Kind, file.Emoji = telegramtest.MediaSticker, m.Sticker.Emoji
	case m.Document != nil:
		file.Kind, file.Name = telegramtest.MediaDocument, m.Document.FileName
	default:
		return telegramtest.Media{}, bad("that kind of message cannot be sent again")
	}
	return file, nil
}

func poll(_ context.Context, p *telegramtest.Person, b polling) (any, error) {
	if n := utf8.RuneCountInString(strings.TrimSpace(b.Question)); n == 0 || n > 300 {
		return nil, bad("a question has 1 to 300 characters")
	}
	if len(b.Options) < 2 || len(b.Options) > 10 {
		return nil, bad("a poll has two to ten answers")
	}
	q := &telegramtest.Poll{Question: b.Question, AllowsMultipleAnswers: b.Multiple, AllowsRevoting: true}
	for _, text := range b.Options {
		if n := utf8.RuneCountInString(strings.TrimSpace(text)); n == 0 || n > 100 {
			return nil, bad("an answer has 1 to 100 characters")
		}
		q.Options = append(q.Options, telegramtest.PollOption{Text: text})
	}
	_, err := p.Send(telegramtest.Outgoing{Poll: q})
	return nil, err
}

// sendExtra sends what has no file of the person's own: the playground brings a sample.
func (pg *Playground) sendExtra(_ context.Context, p *telegramtest.Person, b extra) (any, error) {
	switch b.Kind {
	case "sticker":
		return nil, sample(p, telegramtest.Media{Kind: telegramtest.MediaSticker, Emoji: "🦊"}, "sticker.webp")
	case "voice":
		return nil, sample(p, telegramtest.Media{Kind: telegramtest.MediaVoice, Duration: 2}, "voice.oga")
	case "audio":
		return nil, sample(p, telegramtest.Media{Kind: telegramtest.MediaAudio, Duration: 2, Title: "Chime", Performer: "Imagika playground"}, "chime.wav")
	case "video_note":
		return nil, sample(p, telegramtest.Media{Kind: telegramtest.MediaVideoNote, Width: 240, Duration: 2}, "round.webm")
	case "location":
		p.Location()
	case "venue":
		p.Venue()
	case "contact":
		p.Contact()
	case "dice":
		p.Dice()
	default:
		return nil, bad("there is no such kind of message")
	}
	return nil, nil
}

// sample sends one of the files in samples.
func sample(p *telegramtest.Person, m telegramtest.Media, name string) error {
	content, err := samples.ReadFile("samples/" + name)
	if err != nil {
		return fmt.Errorf("playground: %w", err)
	}
	m.Name, m.Content = name, content
	_, err = p.Send(telegramtest.Outgoing{Media: []telegramtest.Media{m}})
	return err
}
