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

	// The following are set for the bot itself, in the answer to getMe.
	CanJoinGroups           bool `json:"can_join_groups,omitempty"`
	CanReadAllGroupMessages bool `json:"can_read_all_group_messages,omitempty"`
	SupportsInlineQueries   bool `json:"supports_inline_queries,omitempty"`
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
}

// PhotoSize is one size of a photo, smallest first in [Message.Photo].
type PhotoSize struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
	FileSize     int64  `json:"file_size,omitempty"`
}

// Document is a file sent as it is. FileSize is in bytes.
type Document struct {
	FileID       string     `json:"file_id"`
	FileUniqueID string     `json:"file_unique_id"`
	FileName     string     `json:"file_name,omitempty"`
	MimeType     string     `json:"mime_type,omitempty"`
	FileSize     int64      `json:"file_size,omitempty"`
	Thumbnail    *PhotoSize `json:"thumbnail,omitempty"`
}

// Sticker is a sticker a person sent.
type Sticker struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	Type         string `json:"type"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
	IsAnimated   bool   `json:"is_animated"`
	IsVideo      bool   `json:"is_video"`
	Emoji        string `json:"emoji,omitempty"`
	FileSize     int64  `json:"file_size,omitempty"`
}

// Voice is a voice message a person sent. Duration is in seconds.
type Voice struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	Duration     int    `json:"duration"`
	MimeType     string `json:"mime_type,omitempty"`
	FileSize     int64  `json:"file_size,omitempty"`
}

// Video is a video a person sent. Duration is in seconds.
type Video struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
	Duration     int    `json:"duration"`
	MimeType     string `json:"mime_type,omitempty"`
	FileSize     int64  `json:"file_size,omitempty"`
}

// Location is a point on the map, in degrees.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Contact is a phone contact a person shared.
type Contact struct {
	PhoneNumber string `json:"phone_number"`
	FirstName   string `json:"first_name"`
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

// Message is a message as the Bot API shows it. Date and EditDate are in Unix seconds.
type Message struct {
	MessageID             int64              `json:"message_id"`
	From                  *User              `json:"from,omitempty"`
	Chat                  Chat               `json:"chat"`
	Date                  int64              `json:"date"`
	EditDate              int64              `json:"edit_date,omitempty"`
	ForwardOrigin         *ForwardOrigin     `json:"forward_origin,omitempty"`
	ReplyToMessage        *Message           `json:"reply_to_message,omitempty"`
	HasProtectedContent   bool               `json:"has_protected_content,omitempty"`
	MediaGroupID          string             `json:"media_group_id,omitempty"`
	EffectID              string             `json:"effect_id,omitempty"`
	Text                  string             `json:"text,omitempty"`
	Entities              []Entity           `json:"entities,omitempty"`
	LinkPreviewOptions    json.RawMessage    `json:"link_preview_options,omitempty"`
	Photo                 []PhotoSize        `json:"photo,omitempty"`
	Document              *Document          `json:"document,omitempty"`
	Sticker               *Sticker           `json:"sticker,omitempty"`
	Voice                 *Voice             `json:"voice,omitempty"`
	Video                 *Video             `json:"video,omitempty"`
	Location              *Location          `json:"location,omitempty"`
	Contact               *Contact           `json:"contact,omitempty"`
	Caption               string             `json:"caption,omitempty"`
	CaptionEntities       []Entity           `json:"caption_entities,omitempty"`
	ShowCaptionAboveMedia bool               `json:"show_caption_above_media,omitempty"`
	HasMediaSpoiler       bool               `json:"has_media_spoiler,omitempty"`
	Invoice               *Invoice           `json:"invoice,omitempty"`
	SuccessfulPayment     *SuccessfulPayment `json:"successful_payment,omitempty"`
	RefundedPayment       *RefundedPayment   `json:"refunded_payment,omitempty"`
	NewChatMembers        []User             `json:"new_chat_members,omitempty"`
	ReplyMarkup           *Keyboard          `json:"reply_markup,omitempty"`

	// Deleted says that the message is gone for everybody. Only observers see such
	// messages; the API never shows one.
	Deleted bool `json:"deleted,omitempty"`
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

// FileIDs lists the files of the message: of a photo its largest size only.
func (m Message) FileIDs() []string {
	switch {
	case len(m.Photo) > 0:
		return []string{m.Photo[len(m.Photo)-1].FileID}
	case m.Document != nil:
		return []string{m.Document.FileID}
	case m.Sticker != nil:
		return []string{m.Sticker.FileID}
	case m.Voice != nil:
		return []string{m.Voice.FileID}
	case m.Video != nil:
		return []string{m.Video.FileID}
	}
	return nil
}

// ForwardOrigin says whom a forwarded message came from first.
type ForwardOrigin struct {
	Type       string `json:"type"`
	Date       int64  `json:"date"`
	SenderUser *User  `json:"sender_user,omitempty"`
}

// CallbackQuery is a press on an inline button.
type CallbackQuery struct {
	ID           string   `json:"id"`
	From         User     `json:"from"`
	Message      *Message `json:"message,omitempty"`
	ChatInstance string   `json:"chat_instance"`
	Data         string   `json:"data,omitempty"`
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
	Currency                string `json:"currency"`
	TotalAmount             int    `json:"total_amount"`
	InvoicePayload          string `json:"invoice_payload"`
	TelegramPaymentChargeID string `json:"telegram_payment_charge_id"`
	ProviderPaymentChargeID string `json:"provider_payment_charge_id"`
}

// RefundedPayment is the service message after a refund.
type RefundedPayment struct {
	Currency                string `json:"currency"`
	TotalAmount             int    `json:"total_amount"`
	InvoicePayload          string `json:"invoice_payload"`
	TelegramPaymentChargeID string `json:"telegram_payment_charge_id"`
}

// ChatMember is somebody's standing in a chat: member, left, kicked.
type ChatMember struct {
	User      User   `json:"user"`
	Status    string `json:"status"`
	UntilDate *int64 `json:"until_date,omitempty"`
}

// ChatMemberUpdated tells that the bot was blocked, unblocked, added or removed.
type ChatMemberUpdated struct {
	Chat          Chat       `json:"chat"`
	From          User       `json:"from"`
	Date          int64      `json:"date"`
	OldChatMember ChatMember `json:"old_chat_member"`
	NewChatMember ChatMember `json:"new_chat_member"`
}

// Update is one update. Exactly one of the pointers is set.
type Update struct {
	UpdateID         int64              `json:"update_id"`
	Message          *Message           `json:"message,omitempty"`
	EditedMessage    *Message           `json:"edited_message,omitempty"`
	CallbackQuery    *CallbackQuery     `json:"callback_query,omitempty"`
	PreCheckoutQuery *PreCheckoutQuery  `json:"pre_checkout_query,omitempty"`
	MyChatMember     *ChatMemberUpdated `json:"my_chat_member,omitempty"`
}

// BotCommand is one entry of the bot's command list.
type BotCommand struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}
