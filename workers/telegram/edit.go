package telegram

import (
	"context"
	"strconv"
)

// Edits are idempotent: one without a change is a success, and one whose answer was lost is Transient. Their result is
// the message as it is now; where Telegram had nothing to change, only its ids.

// TextEdit replaces a text.
type TextEdit struct {
	ChatID, MessageID int64
	// HTML in Telegram's subset, 1–4096 characters without the tags.
	HTML string
	// Keyboard replaces the message's; nil removes it.
	Keyboard Keyboard
}

// EditText replaces the text of a message that has no media.
func (c *Client) EditText(ctx context.Context, e TextEdit) (Sent, error) {
	sent := Sent{ID: e.MessageID, ChatID: e.ChatID}
	err := c.call(ctx, "editMessageText", e.ChatID, struct {
		ChatID    int64    `json:"chat_id"`
		MessageID int64    `json:"message_id"`
		Text      string   `json:"text"`
		Mode      string   `json:"parse_mode"`
		Preview   preview  `json:"link_preview_options"`
		Keyboard  Keyboard `json:"reply_markup,omitempty"`
	}{e.ChatID, e.MessageID, e.HTML, parseMode, noPreview, e.Keyboard}, &sent)
	return sent, err
}

// CaptionEdit replaces a caption.
type CaptionEdit struct {
	ChatID, MessageID int64
	// Caption in Telegram's HTML, 0–1024 characters without the tags; empty removes it.
	Caption string
	// Keyboard replaces the message's; nil removes it.
	Keyboard Keyboard
}

// EditCaption replaces the caption of a message with media.
func (c *Client) EditCaption(ctx context.Context, e CaptionEdit) (Sent, error) {
	sent := Sent{ID: e.MessageID, ChatID: e.ChatID}
	err := c.call(ctx, "editMessageCaption", e.ChatID, struct {
		ChatID    int64    `json:"chat_id"`
		MessageID int64    `json:"message_id"`
		Caption   string   `json:"caption"`
		Mode      string   `json:"parse_mode"`
		Keyboard  Keyboard `json:"reply_markup,omitempty"`
	}{e.ChatID, e.MessageID, e.Caption, parseMode, e.Keyboard}, &sent)
	return sent, err
}

// MediaEdit puts a picture in place of a message's text or media.
type MediaEdit struct {
	ChatID, MessageID int64
	Media             Media
	// Document sends the picture as a file, with its bytes unchanged.
	Document bool
	// Caption in Telegram's HTML, 0–1024 characters without the tags.
	Caption string
	// Keyboard replaces the message's; nil removes it.
	Keyboard Keyboard
}

// EditMedia puts a picture into a message: the status message becomes the result.
func (c *Client) EditMedia(ctx context.Context, e MediaEdit) (Sent, error) {
	const method = "editMessageMedia"
	sent := Sent{ID: e.MessageID, ChatID: e.ChatID}
	if err := e.Media.check(); err != nil {
		return sent, &Error{Method: method, Class: Permanent, Err: err}
	}
	f := form{fields: []field{
		{"chat_id", strconv.FormatInt(e.ChatID, 10)},
		{"message_id", strconv.FormatInt(e.MessageID, 10)},
	}}
	item := f.attach(e.Media, e.Document, 0)
	if e.Caption != "" {
		item.Caption, item.Mode = e.Caption, parseMode
	}
	f.addJSON("media", item)
	f.addKeyboard(e.Keyboard)
	err := c.send(ctx, method, e.ChatID, f, &sent)
	return sent, err
}

// EditKeyboard replaces a message's keyboard; nil removes it.
func (c *Client) EditKeyboard(ctx context.Context, chatID, messageID int64, k Keyboard) (Sent, error) {
	sent := Sent{ID: messageID, ChatID: chatID}
	err := c.call(ctx, "editMessageReplyMarkup", chatID, struct {
		ChatID    int64    `json:"chat_id"`
		MessageID int64    `json:"message_id"`
		Keyboard  Keyboard `json:"reply_markup,omitempty"`
	}{chatID, messageID, k}, &sent)
	return sent, err
}

// DeleteMessage deletes a message. NotFound: it is gone already. Telegram refuses messages older than 48 hours, which
// is Permanent.
func (c *Client) DeleteMessage(ctx context.Context, chatID, messageID int64) error {
	return c.call(ctx, "deleteMessage", chatID, struct {
		ChatID    int64 `json:"chat_id"`
		MessageID int64 `json:"message_id"`
	}{chatID, messageID}, nil)
}

// Answer ends the waiting of a person who pressed a button.
type Answer struct {
	// QueryID of the callback query.
	QueryID string
	// Text of 0–200 characters, without markup; empty only ends the waiting.
	Text string
	// Alert shows the text in a box that has to be closed.
	Alert bool
}

// AnswerCallback answers a button press. TooOld: the person no longer waits.
func (c *Client) AnswerCallback(ctx context.Context, a Answer) error {
	return c.call(ctx, "answerCallbackQuery", 0, struct {
		QueryID string `json:"callback_query_id"`
		Text    string `json:"text,omitempty"`
		Alert   bool   `json:"show_alert,omitempty"`
	}{a.QueryID, a.Text, a.Alert}, nil)
}

// Action is what the chat's header says the bot is doing.
type Action string

// The actions.
const (
	ActionTyping         Action = "typing"
	ActionUploadPhoto    Action = "upload_photo"
	ActionUploadDocument Action = "upload_document"
)

// SendChatAction shows an action for at most 5 s: repeat it about every 4 s.
func (c *Client) SendChatAction(ctx context.Context, chatID int64, a Action) error {
	return c.call(ctx, "sendChatAction", chatID, struct {
		ChatID int64  `json:"chat_id"`
		Action Action `json:"action"`
	}{chatID, a}, nil)
}
