package workers

import (
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// The bodies of the outbox: what is to be sent, sealed in SQL until it is out. Fields are only ever added, because the
// rows outlive a release.

// messageBody is a new message.
type messageBody struct {
	Chat     int64               `json:"chat"`
	Thread   int64               `json:"thread,omitempty"` // the topic of a forum, zero for none
	ReplyTo  int64               `json:"reply_to,omitempty"`
	Text     string              `json:"text"` // Telegram's HTML
	Keyboard [][]telegram.Button `json:"keyboard,omitempty"`
	// Sheet, if set, is a picture that Text stands under.
	Sheet *sheetBody `json:"sheet,omitempty"`
	// Invoice, if set, is offered in place of Text; that of a subscription is a link below Text.
	Invoice *invoiceBody `json:"invoice,omitempty"`
	// Export, if set, is a part of an export: a file that Text stands under.
	Export *exportFile `json:"export,omitempty"`
	// Notice says that the message is itself about an uncertain one: there is no notice about a notice.
	Notice bool `json:"notice,omitempty"`
	// Asks opens the field for a reply to this message; there can be no keyboard then.
	Asks bool `json:"asks,omitempty"`
	// About is what a reply to the message, or a press under it, is about.
	About *storage.About `json:"about,omitempty"`
}

// answerBody is the answer to a press.
type answerBody struct {
	Query string `json:"query"`
	Text  string `json:"text,omitempty"`
}

// editBody changes a message: its text, or only its buttons.
type editBody struct {
	Chat     int64               `json:"chat"`
	Message  int64               `json:"message"`
	Text     string              `json:"text,omitempty"` // empty leaves the text or media as it is
	Keyboard [][]telegram.Button `json:"keyboard,omitempty"`
	// Sheet, if set, replaces the message's picture, and Text stands under it.
	Sheet *sheetBody `json:"sheet,omitempty"`
	// Menu, if set, changes the chat's menu of commands and no message.
	Menu *menuBody `json:"menu,omitempty"`
	// Renewal, if set, is a subscription: Telegram is told whether it is to renew, and no message changes.
	Renewal string `json:"renewal,omitempty"`
	// Invoice, if set, is an order that somebody wants to pay outside of the chat: the link is noted, and no message changes.
	Invoice *telegram.Invoice `json:"invoice,omitempty"`
	// Share, if set, is an image that somebody wants to send on: the message that Telegram prepares is noted, and none changes.
	Share *shareBody `json:"share,omitempty"`
	// Star, if set, is a generation: the buttons under its result are drawn as they are when this is sent.
	Star string `json:"star,omitempty"`
	// Webhook, if set, is a program that is told, and no message changes.
	Webhook *webhookBody `json:"webhook,omitempty"`
}

// invoiceBody is an invoice, and the words of a link to it.
type invoiceBody struct {
	telegram.Invoice
	Link string
}

// menuBody asks for the menu in the language of the person, as it is when it is sent.
type menuBody struct {
	App    string `json:"app"`              // language of the person's app, which has its own menu
	Always bool   `json:"always,omitempty"` // that language is not known
}

// deleteBody removes messages.
type deleteBody struct {
	Chat     int64    `json:"chat"`
	Messages []int64  `json:"messages"`
	Results  []string `json:"results,omitempty"` // generations whose results are removed, as the chat has them by then
}

// resultBody asks for a result in another way than the usual one. No body is the usual one.
type resultBody struct {
	// As is "show" for a result that is sent again, "original" for its files, "late" for one that came after all.
	As string `json:"as"`
	// From is the first image that is shown; those before it were shown already.
	From int `json:"from,omitempty"`
	// Chat that is to see it; zero is the one that asked.
	Chat int64 `json:"chat,omitempty"`
	// Part of it, from zero: what one call cannot show goes out in several.
	Part int `json:"part,omitempty"`
	// Only is the one image that is shown, from 1; zero is all.
	Only int `json:"only,omitempty"`
}

// The chats of the bodies: what goes to one keeps its order.

// Address implements storage.Addressed.
func (b messageBody) Address() int64 { return b.Chat }

// Address implements storage.Addressed.
func (b editBody) Address() int64 { return b.Chat }

// Address implements storage.Addressed.
func (b deleteBody) Address() int64 { return b.Chat }

// Address implements storage.Addressed.
func (b resultBody) Address() int64 { return b.Chat }

// The ways of resultBody.
const (
	asUsual    = ""
	asShow     = "show"
	asOriginal = "original"
	asLate     = "late"
)

// statusSend owes the status message of a new generation.
func statusSend(user, chat int64, generation string) storage.Send {
	return storage.Send{Key: "status:" + generation, User: user, Chat: chat, Generation: generation, Kind: storage.SendStatus}
}

// resultSend owes the end of a generation, whatever it is.
func resultSend(g storage.Generation) storage.Send {
	return storage.Send{Key: "result:" + g.ID, User: g.User, Chat: g.Request.Chat, Generation: g.ID, Kind: storage.SendResult}
}

// finalSends is what a person is told about the end of a generation: nothing if it is fetched instead.
func finalSends(g storage.Generation) []storage.Send {
	switch {
	case g.Form == storage.FormChat:
		return []storage.Send{resultSend(g)}
	case g.Request.Webhook != "":
		return []storage.Send{webhookSend(g)}
	}
	return nil
}

// answerTime is how long Telegram waits for the answer to a press; after it the answer is worth nothing.
const answerTime = 60 * time.Second

// answer ends the waiting of whoever pressed a button. An empty key shows nothing.
func (w *Workers) answer(in *incoming, p press, key texts.Key) { w.answerWith(in, p, key, nil) }

// answerWith is answer for a text with placeholders.
func (w *Workers) answerWith(in *incoming, p press, key texts.Key, data map[string]any) {
	body := answerBody{Query: p.query.ID}
	if key != "" {
		body.Text = in.texts.Plain(key, data)
	}
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		User: in.person.ID, Kind: storage.SendAnswer, Body: body, Expires: time.Now().Add(answerTime),
	})
}

// edit changes the message whose button was pressed.
func (w *Workers) edit(in *incoming, p press, text string, rows [][]telegram.Button) {
	if p.query.Message == nil {
		return // too old, or not ours
	}
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		User: in.person.ID, Kind: storage.SendEdit,
		Body: editBody{Chat: in.chat.ID, Message: p.query.Message.ID, Text: text, Keyboard: rows},
	})
}
