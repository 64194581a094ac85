package telegramtest

import "encoding/json"

// User is a Telegram user or bot as the Bot API shows it.
type User struct {
	ID           int64  `json:"id"`
	IsBot        bool   `json:"is_bot"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name,omitempty"`
	Username     string `json:"username,omitempty"`
	LanguageCode string `json:"language_code,omitempty"`
	IsPremium    bool   `json:"is_premium,omitempty"`

	// The following are set for the bot itself, in the answer to getMe.
	CanJoinGroups           bool `json:"can_join_groups,omitempty"`
	CanReadAllGroupMessages bool `json:"can_read_all_group_messages,omitempty"`
	SupportsInlineQueries   bool `json:"supports_inline_queries,omitempty"`
	HasMainWebApp           bool `json:"has_main_web_app,omitempty"`
}

// Chat is a private chat (its id is the person's) or a group (negative id).
type Chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"`
	Title     string `json:"title,omitempty"`
	Username  string `json:"username,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
}

// Entity marks a stretch of a text. Offset and Length count UTF-16 code units.
type Entity struct {
	Type          string `json:"type"`
	Offset        int    `json:"offset"`
	Length        int    `json:"length"`
	URL           string `json:"url,omitempty"`
	User          *User  `json:"user,omitempty"`
	Language      string `json:"language,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`

	// The following belong to "date_time": Unix seconds, and how they are shown.
	UnixTime       int64  `json:"unix_time,omitempty"`
	DateTimeFormat string `json:"date_time_format,omitempty"`
}

// Keyboard is an inline keyboard, rows of buttons.
type Keyboard struct {
	InlineKeyboard [][]Button `json:"inline_keyboard"`
}

// Button is one inline button. The pointers tell an empty value from an absent one.
type Button struct {
	Text                         string          `json:"text"`
	IconCustomEmojiID            string          `json:"icon_custom_emoji_id,omitempty"`
	Style                        string          `json:"style,omitempty"`
	URL                          string          `json:"url,omitempty"`
	CallbackData                 string          `json:"callback_data,omitempty"`
	WebApp                       *WebApp         `json:"web_app,omitempty"`
	LoginURL                     json.RawMessage `json:"login_url,omitempty"`
	SwitchInlineQuery            *string         `json:"switch_inline_query,omitempty"`
	SwitchInlineQueryCurrentChat *string         `json:"switch_inline_query_current_chat,omitempty"`
	SwitchInlineQueryChosenChat  json.RawMessage `json:"switch_inline_query_chosen_chat,omitempty"`
	CopyText                     *CopyText       `json:"copy_text,omitempty"`
	CallbackGame                 json.RawMessage `json:"callback_game,omitempty"`
	Pay                          bool            `json:"pay,omitempty"`
}

// WebApp names the Mini App a button opens.
type WebApp struct {
	URL string `json:"url"`
}

// CopyText is what a button copies to the clipboard.
type CopyText struct {
	Text string `json:"text"`
}

// ReplyKeyboard is what the bot puts in the place of the person's keyboard: keys
// (ReplyKeyboardMarkup), nothing again (RemoveKeyboard), or a reply to this message
// already begun (ForceReply).
type ReplyKeyboard struct {
	Keyboard              [][]KeyboardButton `json:"keyboard,omitempty"`
	IsPersistent          bool               `json:"is_persistent,omitempty"`
	ResizeKeyboard        bool               `json:"resize_keyboard,omitempty"`
	OneTimeKeyboard       bool               `json:"one_time_keyboard,omitempty"`
	RemoveKeyboard        bool               `json:"remove_keyboard,omitempty"`
	ForceReply            bool               `json:"force_reply,omitempty"`
	InputFieldPlaceholder string             `json:"input_field_placeholder,omitempty"`
	Selective             bool               `json:"selective,omitempty"`
}

// KeyboardButton is one key of a [ReplyKeyboard]. Pressing one without a request
// sends its text as a message.
type KeyboardButton struct {
	Text              string          `json:"text"`
	IconCustomEmojiID string          `json:"icon_custom_emoji_id,omitempty"`
	Style             string          `json:"style,omitempty"`
	RequestUsers      json.RawMessage `json:"request_users,omitempty"`
	RequestChat       json.RawMessage `json:"request_chat,omitempty"`
	RequestManagedBot json.RawMessage `json:"request_managed_bot,omitempty"`
	RequestContact    bool            `json:"request_contact,omitempty"`
	RequestLocation   bool            `json:"request_location,omitempty"`
	RequestPoll       *PollRequest    `json:"request_poll,omitempty"`
	WebApp            *WebApp         `json:"web_app,omitempty"`
}

// PollRequest narrows the poll that a key asks for to "quiz" or "regular"; empty
// means any.
type PollRequest struct {
	Type string `json:"type,omitempty"`
}

// Message is a message as the Bot API shows it. Date and EditDate are in Unix seconds.
type Message struct {
	MessageID             int64              `json:"message_id"`
	From                  *User              `json:"from,omitempty"`
	Chat                  Chat               `json:"chat"`
	Date                  int64              `json:"date"`
	EditDate              int64              `json:"edit_date,omitempty"`
	ForwardOrigin         *ForwardOrigin     `json:"forward_origin,omitempty"`
	ReplyToMessage        *Message           `json:"reply_to_message,omitempty"`
	Quote                 *TextQuote         `json:"quote,omitempty"`
	ViaBot                *User              `json:"via_bot,omitempty"`
	HasProtectedContent   bool               `json:"has_protected_content,omitempty"`
	MediaGroupID          string             `json:"media_group_id,omitempty"`
	EffectID              string             `json:"effect_id,omitempty"`
	Text                  string             `json:"text,omitempty"`
	Entities              []Entity           `json:"entities,omitempty"`
	LinkPreviewOptions    json.RawMessage    `json:"link_preview_options,omitempty"`
	RichMessage           *RichMessage       `json:"rich_message,omitempty"`
	Animation             *Animation         `json:"animation,omitempty"`
	Audio                 *Audio             `json:"audio,omitempty"`
	Document              *Document          `json:"document,omitempty"` // an animation is one too
	LivePhoto             *LivePhoto         `json:"live_photo,omitempty"`
	PaidMedia             *PaidMediaInfo     `json:"paid_media,omitempty"`
	Photo                 []PhotoSize        `json:"photo,omitempty"`
	Sticker               *Sticker           `json:"sticker,omitempty"`
	Story                 *Story             `json:"story,omitempty"`
	Video                 *Video             `json:"video,omitempty"`
	VideoNote             *VideoNote         `json:"video_note,omitempty"`
	Voice                 *Voice             `json:"voice,omitempty"`
	Contact               *Contact           `json:"contact,omitempty"`
	Dice                  *Dice              `json:"dice,omitempty"`
	Poll                  *Poll              `json:"poll,omitempty"`
	Venue                 *Venue             `json:"venue,omitempty"`
	Location              *Location          `json:"location,omitempty"` // a venue has one too
	Caption               string             `json:"caption,omitempty"`
	CaptionEntities       []Entity           `json:"caption_entities,omitempty"`
	ShowCaptionAboveMedia bool               `json:"show_caption_above_media,omitempty"`
	HasMediaSpoiler       bool               `json:"has_media_spoiler,omitempty"`
	Invoice               *Invoice           `json:"invoice,omitempty"`
	SuccessfulPayment     *SuccessfulPayment `json:"successful_payment,omitempty"`
	RefundedPayment       *RefundedPayment   `json:"refunded_payment,omitempty"`
	NewChatMembers        []User             `json:"new_chat_members,omitempty"`
	LeftChatMember        *User              `json:"left_chat_member,omitempty"`
	NewChatTitle          string             `json:"new_chat_title,omitempty"`
	MigrateToChatID       int64              `json:"migrate_to_chat_id,omitempty"`
	MigrateFromChatID     int64              `json:"migrate_from_chat_id,omitempty"`
	WebAppData            *WebAppData        `json:"web_app_data,omitempty"`
	PinnedMessage         *Message           `json:"pinned_message,omitempty"`
	ReplyMarkup           *Keyboard          `json:"reply_markup,omitempty"`

	// The rest is for observers; the API never shows it.

	// Deleted says that the message is gone for everybody.
	Deleted bool `json:"deleted,omitempty"`
	// Reactions are those of people and of the bot, oldest first.
	Reactions []Reaction `json:"reactions,omitempty"`
	// ReplyKeyboard is the reply markup other than an inline keyboard that the message
	// came with.
	ReplyKeyboard *ReplyKeyboard `json:"reply_keyboard,omitempty"`
	// Pinned says that the message is pinned in its chat.
	Pinned bool `json:"pinned,omitempty"`
	// PaidPayload is the bot's payload of paid media, and BoughtBy who has paid.
	PaidPayload string  `json:"paid_media_payload,omitempty"`
	BoughtBy    []int64 `json:"bought_by,omitempty"`
	// Reaction holds the bot's reactions (emoji), for observers.
	Reaction []string `json:"bot_reaction,omitempty"`
}

// Content is the text of the message, or its caption.
func (m Message) Content() string {
	if m.Text != "" {
		return m.Text
	}
	return m.Caption
}

// FromBot reports whether the bot wrote the message.
func (m Message) FromBot() bool { return m.From != nil && m.From.IsBot }

// Button returns the first button whose label is text.
func (m Message) Button(text string) (Button, bool) {
	if m.ReplyMarkup == nil {
		return Button{}, false
	}
	for _, row := range m.ReplyMarkup.InlineKeyboard {
		for _, b := range row {
			if b.Text == text {
				return b, true
			}
		}
	}
	return Button{}, false
}

// ForwardOrigin says whom a forwarded message came from first: "user", or
// "hidden_user" with a name only.
type ForwardOrigin struct {
	Type           string `json:"type"`
	Date           int64  `json:"date"`
	SenderUser     *User  `json:"sender_user,omitempty"`
	SenderUserName string `json:"sender_user_name,omitempty"`
}

// TextQuote is the part of a message that a reply answers. Position counts UTF-16
// code units.
type TextQuote struct {
	Text     string   `json:"text"`
	Entities []Entity `json:"entities,omitempty"`
	Position int      `json:"position"`
	IsManual bool     `json:"is_manual,omitempty"`
}

// ReactionType is a reaction as the Bot API shows it: "emoji", "custom_emoji" or "paid".
type ReactionType struct {
	Type          string `json:"type"`
	Emoji         string `json:"emoji,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`
}

// Reaction is one reaction of somebody, the bot included, as observers see it.
type Reaction struct {
	UserID int64 `json:"user_id"`
	ReactionType
}

// MessageReactionUpdated tells which reactions somebody has changed on a message.
type MessageReactionUpdated struct {
	Chat        Chat           `json:"chat"`
	MessageID   int64          `json:"message_id"`
	User        *User          `json:"user,omitempty"`
	Date        int64          `json:"date"`
	OldReaction []ReactionType `json:"old_reaction"`
	NewReaction []ReactionType `json:"new_reaction"`
}

// CallbackQuery is a press on an inline button.
type CallbackQuery struct {
	ID      string   `json:"id"`
	From    User     `json:"from"`
	Message *Message `json:"message,omitempty"`
	// InlineMessageID takes the place of Message when the message was sent through
	// inline mode.
	InlineMessageID string `json:"inline_message_id,omitempty"`
	ChatInstance    string `json:"chat_instance"`
	Data            string `json:"data,omitempty"`
}

// PreCheckoutQuery asks the bot whether a purchase may go ahead.
type PreCheckoutQuery struct {
	ID             string `json:"id"`
	From           User   `json:"from"`
	Currency       string `json:"currency"`
	TotalAmount    int    `json:"total_amount"`
	InvoicePayload string `json:"invoice_payload"`
}

// Invoice is what an invoice message shows. TotalAmount is in Stars.
type Invoice struct {
	Title          string `json:"title"`
	Description    string `json:"description"`
	StartParameter string `json:"start_parameter"`
	Currency       string `json:"currency"`
	TotalAmount    int    `json:"total_amount"`
}

// SuccessfulPayment is the service message after a purchase.
type SuccessfulPayment struct {
	Currency       string `json:"currency"`
	TotalAmount    int    `json:"total_amount"`
	InvoicePayload string `json:"invoice_payload"`
	// The following are set for subscriptions; the date is in Unix seconds.
	SubscriptionExpirationDate int64  `json:"subscription_expiration_date,omitempty"`
	IsRecurring                bool   `json:"is_recurring,omitempty"`
	IsFirstRecurring           bool   `json:"is_first_recurring,omitempty"`
	TelegramPaymentChargeID    string `json:"telegram_payment_charge_id"`
	ProviderPaymentChargeID    string `json:"provider_payment_charge_id"`
}

// RefundedPayment is the service message after a refund.
type RefundedPayment struct {
	Currency                string `json:"currency"`
	TotalAmount             int    `json:"total_amount"`
	InvoicePayload          string `json:"invoice_payload"`
	TelegramPaymentChargeID string `json:"telegram_payment_charge_id"`
}

// ChatMemberUpdated tells that the standing of somebody, or of the bot, has changed.
type ChatMemberUpdated struct {
	Chat          Chat       `json:"chat"`
	From          User       `json:"from"`
	Date          int64      `json:"date"`
	OldChatMember ChatMember `json:"old_chat_member"`
	NewChatMember ChatMember `json:"new_chat_member"`
}

// Update is one update. Exactly one of the pointers is set.
type Update struct {
	UpdateID           int64                   `json:"update_id"`
	Message            *Message                `json:"message,omitempty"`
	EditedMessage      *Message                `json:"edited_message,omitempty"`
	CallbackQuery      *CallbackQuery          `json:"callback_query,omitempty"`
	PreCheckoutQuery   *PreCheckoutQuery       `json:"pre_checkout_query,omitempty"`
	InlineQuery        *InlineQuery            `json:"inline_query,omitempty"`
	ChosenInlineResult *ChosenInlineResult     `json:"chosen_inline_result,omitempty"`
	PurchasedPaidMedia *PaidMediaPurchased     `json:"purchased_paid_media,omitempty"`
	MyChatMember       *ChatMemberUpdated      `json:"my_chat_member,omitempty"`
	ChatMember         *ChatMemberUpdated      `json:"chat_member,omitempty"`
	MessageReaction    *MessageReactionUpdated `json:"message_reaction,omitempty"`
	Poll               *Poll                   `json:"poll,omitempty"`
	PollAnswer         *PollAnswer             `json:"poll_answer,omitempty"`
}

// BotCommand is one entry of the bot's command list.
type BotCommand struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}
