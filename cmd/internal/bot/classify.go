package bot

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/imagika/imagika/queue"
)

// Kinds of updates, which are also the types of the metrics.
const (
	kindMessage     = "message"
	kindEdited      = "edited_message"
	kindCallback    = "callback_query"
	kindPreCheckout = "pre_checkout_query"
	kindMember      = "my_chat_member"
	kindInline      = "inline_query"
	kindReaction    = "message_reaction"
	kindPayment     = "payment"    // a message that tells of a payment or its refund
	kindOther       = "other"      // none of the above
	kindUnreadable  = "unreadable" // no update id
)

// classified is what this package has to know of an update.
type classified struct {
	queue.Incoming
	kind string
	date int64 // Unix seconds, 0 if the update has none
}

// inlineLane, added to a person's id, makes the lane of their inline queries: Telegram waits 30 s for an answer, which is too
// short to stand in line behind what they wrote to the bot.
const inlineLane = 1 << 60

type ref struct {
	ID int64 `json:"id"`
}

// content is the part of every kind of update that tells where it belongs.
type content struct {
	Chat     ref   `json:"chat"`
	From     ref   `json:"from"`
	Date     int64 `json:"date"`
	EditDate int64 `json:"edit_date"`
	Message  struct {
		Chat ref `json:"chat"`
	} `json:"message"`
	Paid     json.RawMessage `json:"successful_payment"`
	Refunded json.RawMessage `json:"refunded_payment"`
}

// classify finds an update's id, lane and urgency, and reports false if it has no id. It reads no more than it must:
// an update it cannot make sense of still goes to the workers, who keep what they cannot handle.
func classify(bot int64, raw []byte) (classified, bool) {
	u := classified{Incoming: queue.Incoming{Bot: bot, Raw: raw}, kind: kindUnreadable}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return u, false
	}
	if id, has := fields["update_id"]; !has || json.Unmarshal(id, &u.UpdateID) != nil || u.UpdateID == 0 {
		return u, false
	}
	u.kind = kindOther
	for name, body := range fields {
		if name == "update_id" || len(body) == 0 || body[0] != '{' {
			continue
		}
		if known(name) {
			u.kind = name
		}
		u.read(body)
	}
	return u, true
}

func known(name string) bool { return slices.Contains(DefaultUpdates(), name) }

// read takes what it can: a field of an unexpected type leaves the others readable.
func (u *classified) read(body []byte) {
	var c content
	_ = json.Unmarshal(body, &c)
	u.Chat = firstOf(c.Chat.ID, c.Message.Chat.ID, c.From.ID)
	switch u.kind {
	case kindMessage:
		u.date = c.Date
	case kindEdited:
		u.date = c.EditDate
	case kindPreCheckout:
		u.Payment = true
	case kindInline:
		u.Chat += inlineLane
	}
	if u.kind == kindMessage && (present(c.Paid) || present(c.Refunded)) {
		u.kind, u.Payment = kindPayment, true
	}
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) }

func firstOf(ids ...int64) int64 {
	for _, id := range ids {
		if id != 0 {
			return id
		}
	}
	return 0
}

// Incoming is an update as the front-end would push it; it reports false for what is none.
func Incoming(bot int64, raw []byte) (queue.Incoming, bool) {
	u, ok := classify(bot, raw)
	return u.Incoming, ok
}
