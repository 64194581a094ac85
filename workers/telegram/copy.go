package telegram

import (
	"context"
	"encoding/json"
	"errors"
)

// Copy is a message on its way to another chat, without a link to where it comes from.
type Copy struct {
	ChatID int64
	// FromID and MessageID say which. Telegram copies it as it is then.
	FromID, MessageID int64
	Reply             Reply
	// Effect is shown when it arrives; empty for none.
	Effect string
	// Bare leaves its caption out.
	Bare bool
}

// Reply is what a message answers.
type Reply struct {
	MessageID int64  // zero for nothing; if it is gone, the message is sent without a reply
	Quote     *Quote // of it, or nil
}

// target is the Bot API's ReplyParameters.
type quotedTarget struct {
	replyTarget
	Quote    string          `json:"quote,omitempty"`
	Entities json.RawMessage `json:"quote_entities,omitempty"`
	Position int             `json:"quote_position,omitempty"`
}

func (r Reply) target() *quotedTarget {
	if r.MessageID == 0 {
		return nil
	}
	t := &quotedTarget{replyTarget: *replyTo(r.MessageID)}
	if r.Quote != nil {
		t.Quote, t.Entities, t.Position = r.Quote.Text, r.Quote.Entities, r.Quote.Position
	}
	return t
}

// copied is what Telegram says about a copy: only its id.
type copied struct {
	ID int64 `json:"message_id"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *copied) UnmarshalJSON(data []byte) error {
	type plain copied
	if err := json.Unmarshal(data, (*plain)(c)); err != nil {
		return err
	}
	if c.ID == 0 {
		return errors.New("no message id")
	}
	return nil
}

// CopyMessage copies a message and returns the id of the copy. NotFound: there is nothing to copy any more. ReplyGone: what it
// quotes is not there; send it without.
func (c *Client) CopyMessage(ctx context.Context, m Copy) (int64, error) {
	var caption *string
	if m.Bare {
		caption = new("")
	}
	var sent copied
	err := c.call(ctx, "copyMessage", m.ChatID, struct {
		ChatID    int64         `json:"chat_id"`
		FromID    int64         `json:"from_chat_id"`
		MessageID int64         `json:"message_id"`
		Caption   *string       `json:"caption,omitempty"`
		Effect    string        `json:"message_effect_id,omitempty"`
		Reply     *quotedTarget `json:"reply_parameters,omitempty"`
	}{m.ChatID, m.FromID, m.MessageID, caption, m.Effect, m.Reply.target()}, &sent)
	return sent.ID, err
}

// CopyMessages copies messages whose ids ascend; those of an album stay one. Telegram leaves out what is gone, and the ids of
// the copies are of the others.
func (c *Client) CopyMessages(ctx context.Context, chat, from int64, messages []int64) ([]int64, error) {
	var sent []copied
	err := c.call(ctx, "copyMessages", chat, struct {
		ChatID   int64   `json:"chat_id"`
		FromID   int64   `json:"from_chat_id"`
		Messages []int64 `json:"message_ids"`
	}{chat, from, messages}, &sent)
	return idsOf(sent), err
}

func idsOf(sent []copied) (ids []int64) {
	for _, m := range sent {
		ids = append(ids, m.ID)
	}
	return ids
}

// SendContents sends the contents of an album again, where it has to reply to something.
func (c *Client) SendContents(ctx context.Context, chat int64, all []Content, reply Reply) ([]int64, error) {
	const method = "sendMediaGroup"
	items := make([]inputContent, 0, len(all))
	for _, one := range all {
		item, ok := one.input()
		if !ok {
			return nil, &Error{Method: method, Class: Permanent, Err: errors.New("not for an album")}
		}
		items = append(items, item)
	}
	var sent []copied
	err := c.call(ctx, method, chat, struct {
		ChatID int64          `json:"chat_id"`
		Media  []inputContent `json:"media"`
		Effect string         `json:"message_effect_id,omitempty"`
		Reply  *quotedTarget  `json:"reply_parameters,omitempty"`
	}{chat, items, all[0].Effect, reply.target()}, &sent)
	return idsOf(sent), err
}

// SendLocation shows a place; a copy of one that moves would stand still.
func (c *Client) SendLocation(ctx context.Context, chat int64, l Location, reply Reply) (int64, error) {
	var sent copied
	err := c.call(ctx, "sendLocation", chat, struct {
		ChatID int64 `json:"chat_id"`
		Location
		Reply *quotedTarget `json:"reply_parameters,omitempty"`
	}{chat, l, reply.target()}, &sent)
	return sent.ID, err
}

// EditContent makes a message say what another says now: its text, its media with the caption, or a place that moves.
// NotFound: it is gone, or is not of a kind that can be edited.
func (c *Client) EditContent(ctx context.Context, chat, message int64, now Content) error {
	at := place{chat, message}
	item, media := now.input()
	switch {
	case now.Location != nil:
		return c.moveLocation(ctx, at, *now.Location)
	case media:
		return c.call(ctx, "editMessageMedia", chat, struct {
			place
			Media inputContent `json:"media"`
		}{at, item}, nil)
	case now.Voice != nil:
		return c.call(ctx, "editMessageCaption", chat, struct {
			place
			Caption    string          `json:"caption"`
			Entities   json.RawMessage `json:"caption_entities,omitempty"`
			AboveMedia bool            `json:"show_caption_above_media,omitempty"`
		}{at, now.Caption, now.CaptionEntities, now.AboveMedia}, nil)
	case now.Text == "":
		return &Error{Method: "editMessageText", Class: Permanent, Err: errors.New("not of a kind that can be edited")}
	}
	return c.call(ctx, "editMessageText", chat, struct {
		place
		Text     string          `json:"text"`
		Entities json.RawMessage `json:"entities,omitempty"`
		Preview  json.RawMessage `json:"link_preview_options,omitempty"`
	}{at, now.Text, now.Entities, now.Preview}, nil)
}

// place is where a message stands.
type place struct {
	ChatID    int64 `json:"chat_id"`
	MessageID int64 `json:"message_id"`
}

// moveLocation moves a place, or ends that it moves.
func (c *Client) moveLocation(ctx context.Context, at place, l Location) error {
	if l.LivePeriod == 0 {
		return c.call(ctx, "stopMessageLiveLocation", at.ChatID, at, nil)
	}
	l.LivePeriod = 0 // as it was
	return c.call(ctx, "editMessageLiveLocation", at.ChatID, struct {
		place
		Location
	}{at, l}, nil)
}

// SetReaction puts the bot's reaction on a message, in the place of the one before; none takes it away.
func (c *Client) SetReaction(ctx context.Context, chat, message int64, r ...Reaction) error {
	return c.call(ctx, "setMessageReaction", chat, struct {
		place
		Reactions []Reaction `json:"reaction"`
	}{place{chat, message}, append([]Reaction{}, r...)}, nil)
}
