package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Sent is a message the bot sent or edited.
type Sent struct {
	ID     int64
	ChatID int64
	// FileID sends the same file again without its bytes; it belongs to this bot. Empty for a text.
	FileID string
	// FileUniqueID is the same for all bots, and cannot be used to send.
	FileUniqueID string
	// AlbumID is Telegram's media_group_id, for items of an album.
	AlbumID string
}

// UnmarshalJSON reads a Message of the Bot API.
func (s *Sent) UnmarshalJSON(data []byte) error {
	var m Message
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	if m.ID == 0 {
		return errors.New("no message id")
	}
	*s = Sent{ID: m.ID, ChatID: m.Chat.ID, AlbumID: m.MediaGroupID}
	if photo, ok := m.LargestPhoto(); ok {
		s.FileID, s.FileUniqueID = photo.FileID, photo.FileUniqueID
	} else if m.Document != nil {
		s.FileID, s.FileUniqueID = m.Document.FileID, m.Document.FileUniqueID
	}
	return nil
}

// Text is a message without media.
type Text struct {
	ChatID int64
	// ThreadID is the topic of a forum, or 0.
	ThreadID int64
	// ReplyTo is the message replied to, or 0. If it is gone, the text is sent without a reply.
	ReplyTo int64
	// HTML in Telegram's subset, 1–4096 characters without the tags.
	HTML     string
	Keyboard Keyboard
	// ForceReply opens the person's field for a reply to this message, in place of a keyboard.
	ForceReply bool
	// Silent sends without a sound.
	Silent bool
}

// SendMessage sends a text.
func (c *Client) SendMessage(ctx context.Context, t Text) (Sent, error) {
	var sent Sent
	err := c.call(ctx, "sendMessage", t.ChatID, struct {
		ChatID   int64        `json:"chat_id"`
		ThreadID int64        `json:"message_thread_id,omitempty"`
		Text     string       `json:"text"`
		Mode     string       `json:"parse_mode"`
		Preview  preview      `json:"link_preview_options"`
		Reply    *replyTarget `json:"reply_parameters,omitempty"`
		Markup   any          `json:"reply_markup,omitempty"`
		Silent   bool         `json:"disable_notification,omitempty"`
	}{t.ChatID, t.ThreadID, t.HTML, parseMode, noPreview, replyTo(t.ReplyTo), t.markup(), t.Silent}, &sent)
	return sent, err
}

// markup is what stands below the text, or below the chat.
func (t Text) markup() any {
	switch {
	case t.ForceReply:
		return struct {
			ForceReply bool `json:"force_reply"`
			Selective  bool `json:"selective"` // in a group, only for the person replied to
		}{true, true}
	case t.Keyboard != nil:
		return t.Keyboard
	}
	return nil
}

// Picture is one image on its way to a chat.
type Picture struct {
	ChatID int64
	// ThreadID is the topic of a forum, or 0.
	ThreadID int64
	// ReplyTo is the message replied to, or 0. If it is gone, the picture is sent without a reply.
	ReplyTo int64
	Media   Media
	// Caption in Telegram's HTML, 0–1024 characters without the tags.
	Caption  string
	Keyboard Keyboard
	// Silent sends without a sound.
	Silent bool
}

// SendPhoto sends an image to be shown in the chat. BadPhoto: send it as a document.
func (c *Client) SendPhoto(ctx context.Context, p Picture) (Sent, error) {
	return c.sendPicture(ctx, "sendPhoto", "photo", p)
}

// SendDocument sends an image as a file, with its bytes unchanged.
func (c *Client) SendDocument(ctx context.Context, p Picture) (Sent, error) {
	return c.sendPicture(ctx, "sendDocument", "document", p)
}

func (c *Client) sendPicture(ctx context.Context, method, name string, p Picture) (Sent, error) {
	if err := p.Media.check(); err != nil {
		return Sent{}, &Error{Method: method, Class: Permanent, Err: err}
	}
	f := form{fields: []field{{"chat_id", strconv.FormatInt(p.ChatID, 10)}}}
	if p.Media.FileID != "" {
		f.add(name, p.Media.FileID)
	} else {
		f.parts = []part{{name, p.Media.Upload}}
	}
	if p.Caption != "" {
		f.add("caption", p.Caption)
		f.add("parse_mode", parseMode)
	}
	if name == "document" {
		f.add("disable_content_type_detection", "true")
	}
	f.addThread(p.ThreadID)
	f.addReply(p.ReplyTo)
	f.addKeyboard(p.Keyboard)
	f.addSilent(p.Silent)
	var sent Sent
	err := c.send(ctx, method, p.ChatID, f, &sent)
	return sent, err
}

// Album is 2–10 images in one message. It cannot have a keyboard.
type Album struct {
	ChatID int64
	// ThreadID is the topic of a forum, or 0.
	ThreadID int64
	// ReplyTo is the message replied to, or 0. If it is gone, the album is sent without a reply.
	ReplyTo int64
	Items   []Media
	// Documents sends the items as files, with their bytes unchanged.
	Documents bool
	// Caption of the whole album in Telegram's HTML, 0–1024 characters without the tags.
	Caption string
	// Silent sends without a sound.
	Silent bool
}

// SendMediaGroup sends an album and returns one message per item, in order.
func (c *Client) SendMediaGroup(ctx context.Context, a Album) ([]Sent, error) {
	const method = "sendMediaGroup"
	f, err := a.form()
	if err != nil {
		return nil, &Error{Method: method, Class: Permanent, Err: err}
	}
	var sent []Sent
	err = c.send(ctx, method, a.ChatID, f, &sent)
	return sent, err
}

func (a Album) form() (form, error) {
	if len(a.Items) < 2 || len(a.Items) > MaxAlbum {
		return form{}, fmt.Errorf("an album has 2 to %d items, not %d", MaxAlbum, len(a.Items))
	}
	f := form{fields: []field{{"chat_id", strconv.FormatInt(a.ChatID, 10)}}}
	items := make([]inputMedia, 0, len(a.Items))
	for i, m := range a.Items {
		if err := m.check(); err != nil {
			return form{}, err
		}
		item := f.attach(m, a.Documents, i)
		// An album's caption is the one of its only captioned item: the first photo, or the last file.
		if at := captioned(a.Documents, len(a.Items)); i == at && a.Caption != "" {
			item.Caption, item.Mode = a.Caption, parseMode
		}
		items = append(items, item)
	}
	f.addJSON("media", items)
	f.addThread(a.ThreadID)
	f.addReply(a.ReplyTo)
	f.addSilent(a.Silent)
	return f, nil
}

func captioned(documents bool, count int) int {
	if documents {
		return count - 1
	}
	return 0
}

const parseMode = "HTML"

// preview turns link previews off: what people write must not make Telegram show a page.
type preview struct {
	Disabled bool `json:"is_disabled"`
}

var noPreview = preview{Disabled: true}

type replyTarget struct {
	MessageID int64 `json:"message_id"`
	Lenient   bool  `json:"allow_sending_without_reply"`
}

func replyTo(id int64) *replyTarget {
	if id == 0 {
		return nil
	}
	return &replyTarget{MessageID: id, Lenient: true}
}

type inputMedia struct {
	Type    string `json:"type"`
	Media   string `json:"media"`
	Caption string `json:"caption,omitempty"`
	Mode    string `json:"parse_mode,omitempty"`
	Plain   bool   `json:"disable_content_type_detection,omitempty"`
}

// attach adds the n-th item of a form and returns its description.
func (f *form) attach(m Media, document bool, n int) inputMedia {
	item := inputMedia{Type: "photo", Media: m.FileID}
	if document {
		item.Type, item.Plain = "document", m.FileID == ""
	}
	if m.FileID == "" {
		name := "file" + strconv.Itoa(n)
		item.Media = "attach://" + name
		f.parts = append(f.parts, part{name, m.Upload})
	}
	return item
}

func (f *form) add(name, value string) { f.fields = append(f.fields, field{name, value}) }

func (f *form) addJSON(name string, value any) {
	// The types given here always marshal.
	text, _ := json.Marshal(value)
	f.add(name, string(text))
}

func (f *form) addThread(id int64) {
	if id != 0 {
		f.add("message_thread_id", strconv.FormatInt(id, 10))
	}
}

func (f *form) addReply(id int64) {
	if id != 0 {
		f.addJSON("reply_parameters", replyTo(id))
	}
}

func (f *form) addKeyboard(k Keyboard) {
	if k != nil {
		f.addJSON("reply_markup", k)
	}
}

func (f *form) addSilent(silent bool) {
	if silent {
		f.add("disable_notification", "true")
	}
}
