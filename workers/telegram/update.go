package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Update is something that happened, as Telegram tells it: exactly one of the pointers is set, or none for a kind this
// program does not ask for. Unknown fields are ignored.
type Update struct {
	ID               int64             `json:"update_id"`
	Message          *Message          `json:"message"`
	EditedMessage    *Message          `json:"edited_message"`
	CallbackQuery    *CallbackQuery    `json:"callback_query"`
	PreCheckoutQuery *PreCheckoutQuery `json:"pre_checkout_query"`
	MyChatMember     *ChatMember       `json:"my_chat_member"`
	InlineQuery      *InlineQuery      `json:"inline_query"`
	MessageReaction  *ReactionChange   `json:"message_reaction"`
}

// ParseUpdate reads the bytes of one update.
func ParseUpdate(raw []byte) (Update, error) {
	var u Update
	if err := json.Unmarshal(raw, &u); err != nil {
		// The JSON package's words may quote what a person wrote.
		return Update{}, fmt.Errorf("telegram: update of %d bytes is not readable: %w", len(raw), jsonFailure(err))
	}
	if u.ID == 0 {
		return Update{}, errors.New("telegram: update without an id")
	}
	return u, nil
}

// jsonFailure keeps where an update could not be read and drops what stood there.
func jsonFailure(err error) error {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("field %q at byte %d has another type", t.Field, t.Offset)
	}
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("malformed at byte %d", s.Offset)
	}
	return errors.New("malformed")
}

// ChatID returns the chat the update belongs to: for a button of a message that is not in a chat, and for a payment,
// the private chat with the person. 0 if the kind is unknown.
func (u Update) ChatID() int64 {
	switch {
	case u.Message != nil:
		return u.Message.Chat.ID
	case u.EditedMessage != nil:
		return u.EditedMessage.Chat.ID
	case u.CallbackQuery != nil && u.CallbackQuery.Message != nil:
		return u.CallbackQuery.Message.Chat.ID
	case u.CallbackQuery != nil:
		return u.CallbackQuery.From.ID
	case u.PreCheckoutQuery != nil:
		return u.PreCheckoutQuery.From.ID
	case u.MyChatMember != nil:
		return u.MyChatMember.Chat.ID
	case u.InlineQuery != nil:
		return u.InlineQuery.From.ID
	case u.MessageReaction != nil:
		return u.MessageReaction.Chat.ID
	}
	return 0
}

// Sender returns the person the update comes from, and false if there is none: a channel's post, an unknown kind.
func (u Update) Sender() (User, bool) {
	switch {
	case u.Message != nil && u.Message.From != nil:
		return *u.Message.From, true
	case u.EditedMessage != nil && u.EditedMessage.From != nil:
		return *u.EditedMessage.From, true
	case u.CallbackQuery != nil:
		return u.CallbackQuery.From, true
	case u.PreCheckoutQuery != nil:
		return u.PreCheckoutQuery.From, true
	case u.MyChatMember != nil:
		return u.MyChatMember.From, true
	case u.InlineQuery != nil:
		return u.InlineQuery.From, true
	case u.MessageReaction != nil && u.MessageReaction.User != nil:
		return *u.MessageReaction.User, true
	}
	return User{}, false
}

// Migration returns the ids of a group before and after it became a supergroup, if that is what the update tells: both
// chats do.
func (u Update) Migration() (from, to int64, ok bool) {
	switch m := u.Message; {
	case m == nil:
	case m.MigrateTo != 0:
		return m.Chat.ID, m.MigrateTo, true
	case m.MigrateFrom != 0:
		return m.MigrateFrom, m.Chat.ID, true
	}
	return 0, 0, false
}

// User is a person or a bot.
type User struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
	// LanguageCode is an IETF tag of the person's app, like "pt-br"; optional.
	LanguageCode string `json:"language_code"`
}

// ChatType says what a chat is.
type ChatType string

// The chat types.
const (
	ChatPrivate    ChatType = "private"
	ChatGroup      ChatType = "group"
	ChatSupergroup ChatType = "supergroup"
	ChatChannel    ChatType = "channel"
)

// Chat is where a message stands.
type Chat struct {
	ID    int64    `json:"id"`
	Type  ChatType `json:"type"`
	Title string   `json:"title"`
}

// CallbackQuery is a button press. It has to be answered within seconds.
type CallbackQuery struct {
	ID   string `json:"id"`
	From User   `json:"from"`
	// Message with the button. Nil for an inline message; without content (Date 0) if it is too old.
	Message         *Message `json:"message"`
	InlineMessageID string   `json:"inline_message_id"`
	// Data of the button: any bytes a client likes to send. See Signer.
	Data string `json:"data"`
}

// PreCheckoutQuery asks whether a payment may go on. It has to be answered within 10 s.
type PreCheckoutQuery struct {
	ID       string `json:"id"`
	From     User   `json:"from"`
	Currency string `json:"currency"`
	// TotalAmount in the smallest unit of the currency; whole Stars for XTR.
	TotalAmount    int64  `json:"total_amount"`
	InvoicePayload string `json:"invoice_payload"`
}

// ReactionChange tells what somebody thinks of a message now.
type ReactionChange struct {
	Chat      Chat       `json:"chat"`
	MessageID int64      `json:"message_id"`
	User      *User      `json:"user"`
	New       []Reaction `json:"new_reaction"`
}

// Reaction is a sign on a message.
type Reaction struct {
	// Type is emoji, custom_emoji or paid. Bots have only the first to give.
	Type  string `json:"type"`
	Emoji string `json:"emoji,omitempty"`
}

// ReactionEmoji is the Type of a reaction that bots can give.
const ReactionEmoji = "emoji"

// ChatMember tells that the bot's own standing in a chat changed.
type ChatMember struct {
	Chat Chat   `json:"chat"`
	From User   `json:"from"`
	Date int64  `json:"date"`
	Old  Member `json:"old_chat_member"`
	New  Member `json:"new_chat_member"`
}

// Member is a standing.
type Member struct {
	// Status is one of creator, administrator, member, restricted, left, kicked.
	Status string `json:"status"`
}

// Joined reports whether the bot came to the chat, which it had not been in before.
func (m *ChatMember) Joined() bool {
	was := m.Old.Status == "" || m.Old.Status == "left" || m.Old.Status == "kicked"
	return was && !m.Gone() && (m.Chat.Type == ChatGroup || m.Chat.Type == ChatSupergroup)
}

// Gone reports whether the bot can no longer write to the chat: blocked in a private chat, removed from a group.
func (m *ChatMember) Gone() bool { return m.New.Status == "kicked" || m.New.Status == "left" }
