package telegram

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Message is what stands in a chat.
type Message struct {
	ID       int64 `json:"message_id"`
	ThreadID int64 `json:"message_thread_id"`
	// IsTopic tells a topic of a forum from a mere chain of replies, which has a ThreadID too.
	IsTopic bool  `json:"is_topic_message"`
	From    *User `json:"from"`
	// SenderChat wrote in place of a person: a channel, or the group itself for an anonymous administrator. From is one of
	// Telegram's own bots then.
	SenderChat *Chat `json:"sender_chat"`
	// IsAutoForward marks the post of a channel in its group of comments.
	IsAutoForward bool   `json:"is_automatic_forward"`
	Chat          Chat   `json:"chat"`
	Date          int64  `json:"date"` // Unix seconds
	EditDate      int64  `json:"edit_date"`
	Text          string `json:"text"`
	// Entities of Text.
	Entities        []Entity `json:"entities"`
	Caption         string   `json:"caption"`
	CaptionEntities []Entity `json:"caption_entities"`
	// Photo in several sizes, smallest first.
	Photo    []PhotoSize `json:"photo"`
	Document *Document   `json:"document"`
	// MediaGroupID is common to the items of an album.
	MediaGroupID string   `json:"media_group_id"`
	ReplyTo      *Message `json:"reply_to_message"`
	// External is the message of another chat that this one replies to: only its content, without an id.
	External *Message `json:"external_reply"`
	// Forward tells where a forwarded message comes from.
	Forward *Origin `json:"forward_origin"`
	// Quote is the part of ReplyTo that this message answers.
	Quote *Quote `json:"quote"`
	// Effect is shown when the message arrives.
	Effect string `json:"effect_id"`
	// Protected messages cannot be forwarded or saved.
	Protected bool `json:"has_protected_content"`
	// Location is a place; a venue has one too.
	Location *Location `json:"location"`
	// Poll is a poll or a quiz.
	Poll *Poll `json:"poll"`

	SuccessfulPayment *Payment `json:"successful_payment"`
	RefundedPayment   *Payment `json:"refunded_payment"`

	others
}

// Poll is what is asked.
type Poll struct {
	Type string `json:"type"` // regular or quiz
	// Correct are the right answers of a quiz, by their numbers; none where the bot is not told.
	Correct []int `json:"correct_option_ids"`
	Only    *int  `json:"correct_option_id"`

	raw inside
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Poll) UnmarshalJSON(data []byte) error {
	type plain Poll
	if err := json.Unmarshal(data, (*plain)(p)); err != nil {
		return err
	}
	return p.raw.UnmarshalJSON(data)
}

// Hidden reports whether it is a quiz whose answer the bot does not know: it cannot be copied.
func (p *Poll) Hidden() bool { return p.Type == "quiz" && len(p.Correct) == 0 && p.Only == nil }

// Origin is where a forwarded message comes from.
type Origin struct {
	// Sender is the person or bot who wrote it; nil for one who hides, and for chats.
	Sender *User `json:"sender_user"`
}

// Topic is the topic of a forum that the message stands in, 0 for none.
func (m *Message) Topic() int64 {
	if m.IsTopic {
		return m.ThreadID
	}
	return 0
}

// Entity is a marked part of a text. Offsets and lengths are in UTF-16 units.
type Entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	// URL is where a text_link leads.
	URL string `json:"url"`
}

// PhotoSize is one size of a photo.
type PhotoSize struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
	FileSize     int64  `json:"file_size"`
}

// Document is a file.
type Document struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	FileName     string `json:"file_name"`
	MediaType    string `json:"mime_type"`
	FileSize     int64  `json:"file_size"`
}

// Payment is a payment that happened, or was given back.
type Payment struct {
	Currency string `json:"currency"`
	// TotalAmount in the smallest unit of the currency; whole Stars for XTR.
	TotalAmount    int64  `json:"total_amount"`
	InvoicePayload string `json:"invoice_payload"`
	// ChargeID is Telegram's own, the key of everything about this payment.
	ChargeID         string `json:"telegram_payment_charge_id"`
	ProviderChargeID string `json:"provider_payment_charge_id"`
	// ExpiresAt of a subscription, Unix seconds, else 0.
	ExpiresAt int64 `json:"subscription_expiration_date"`
	Recurring bool  `json:"is_recurring"`
	First     bool  `json:"is_first_recurring"`
}

// FileRef names a file somebody sent.
type FileRef struct {
	FileID       string
	FileUniqueID string
	// Size in bytes, 0 if unknown.
	Size int64
	// Width and Height in pixels, 0 if unknown.
	Width, Height int
}

// LargestPhoto returns the largest size of the photo, and false if there is none.
func (m *Message) LargestPhoto() (PhotoSize, bool) {
	if len(m.Photo) == 0 {
		return PhotoSize{}, false
	}
	return slices.MaxFunc(m.Photo, func(a, b PhotoSize) int {
		return cmp.Or(cmp.Compare(a.Width*a.Height, b.Width*b.Height), cmp.Compare(a.FileSize, b.FileSize))
	}), true
}

// Picture returns the picture of the message: a photo, or a document that says it is an image. Whether it is one, only
// its bytes tell.
func (m *Message) Picture() (FileRef, bool) {
	if p, ok := m.LargestPhoto(); ok {
		return FileRef{p.FileID, p.FileUniqueID, p.FileSize, p.Width, p.Height}, true
	}
	if d := m.Document; d != nil && m.Kind() == KindDocument && strings.HasPrefix(strings.ToLower(d.MediaType), "image/") {
		return FileRef{FileID: d.FileID, FileUniqueID: d.FileUniqueID, Size: d.FileSize}, true
	}
	return FileRef{}, false
}

// Words returns what the person wrote, as text or as caption.
func (m *Message) Words() string { return cmp.Or(m.Text, m.Caption) }

// Kind names the content of a message.
type Kind string

// The kinds.
const (
	KindText      Kind = "text"
	KindPhoto     Kind = "photo"
	KindDocument  Kind = "document"
	KindSticker   Kind = "sticker"
	KindVoice     Kind = "voice"
	KindVideo     Kind = "video"
	KindVideoNote Kind = "video_note"
	KindAnimation Kind = "animation"
	KindAudio     Kind = "audio"
	KindLocation  Kind = "location"
	KindVenue     Kind = "venue"
	KindContact   Kind = "contact"
	KindPoll      Kind = "poll"
	KindDice      Kind = "dice"
	KindGame      Kind = "game"
	KindStory     Kind = "story"
	KindPaidMedia Kind = "paid_media"
	KindLivePhoto Kind = "live_photo"
	KindRich      Kind = "rich_message"
	KindChecklist Kind = "checklist"
	KindInvoice   Kind = "invoice"
	KindGiveaway  Kind = "giveaway"
	KindPayment   Kind = "payment"
	KindRefund    Kind = "refund"
	// KindService: Telegram tells about the chat itself: members, titles, pins.
	KindService Kind = "service"
	// KindOther: content newer than this program, or none.
	KindOther Kind = "other"
)

// present notes that a field is there, whatever it holds.
type present bool

// UnmarshalJSON implements json.Unmarshaler.
func (p *present) UnmarshalJSON(data []byte) error {
	*p = string(data) != "null"
	return nil
}

// others are the contents this program does not look into, and the tidings about a chat.
type others struct {
	Sticker   present `json:"sticker"`
	Voice     present `json:"voice"`
	Video     present `json:"video"`
	VideoNote present `json:"video_note"`
	Animation present `json:"animation"`
	Audio     present `json:"audio"`
	Venue     present `json:"venue"`
	Contact   present `json:"contact"`
	Dice      present `json:"dice"`
	Game      present `json:"game"`
	Story     present `json:"story"`
	PaidMedia present `json:"paid_media"`
	LivePhoto present `json:"live_photo"`
	Rich      inside  `json:"rich_message"`
	Checklist present `json:"checklist"`
	Invoice   present `json:"invoice"`
	Giveaway  present `json:"giveaway"`
	Winners   present `json:"giveaway_winners"`

	NewMembers    present `json:"new_chat_members"`
	LeftMember    present `json:"left_chat_member"`
	NewTitle      present `json:"new_chat_title"`
	NewPhoto      present `json:"new_chat_photo"`
	DeletePhoto   present `json:"delete_chat_photo"`
	GroupCreated  present `json:"group_chat_created"`
	SuperCreated  present `json:"supergroup_chat_created"`
	AutoDelete    present `json:"message_auto_delete_timer_changed"`
	MigrateTo     int64   `json:"migrate_to_chat_id"`
	MigrateFrom   int64   `json:"migrate_from_chat_id"`
	Pinned        present `json:"pinned_message"`
	WriteAllowed  present `json:"write_access_allowed"`
	Website       present `json:"connected_website"`
	TopicCreated  present `json:"forum_topic_created"`
	TopicClosed   present `json:"forum_topic_closed"`
	TopicReopened present `json:"forum_topic_reopened"`
	VideoStarted  present `json:"video_chat_started"`
	VideoEnded    present `json:"video_chat_ended"`
	Boost         present `json:"boost_added"`
	Background    present `json:"chat_background_set"`

	tidings
}

// tidings are those that are no more than told.
type tidings struct {
	OwnerLeft       present `json:"chat_owner_left"`
	OwnerChanged    present `json:"chat_owner_changed"`
	ChannelCreated  present `json:"channel_chat_created"`
	UsersShared     present `json:"users_shared"`
	ChatShared      present `json:"chat_shared"`
	Gift            present `json:"gift"`
	UniqueGift      present `json:"unique_gift"`
	GiftUpgrade     present `json:"gift_upgrade_sent"`
	Passport        present `json:"passport_data"`
	Proximity       present `json:"proximity_alert_triggered"`
	TasksDone       present `json:"checklist_tasks_done"`
	TasksAdded      present `json:"checklist_tasks_added"`
	DirectPrice     present `json:"direct_message_price_changed"`
	TopicEdited     present `json:"forum_topic_edited"`
	GeneralHidden   present `json:"general_forum_topic_hidden"`
	GeneralShown    present `json:"general_forum_topic_unhidden"`
	GiveawayCreated present `json:"giveaway_created"`
	GiveawayEnded   present `json:"giveaway_completed"`
	ManagedBot      present `json:"managed_bot_created"`
	PaidPrice       present `json:"paid_message_price_changed"`
	OptionAdded     present `json:"poll_option_added"`
	OptionDeleted   present `json:"poll_option_deleted"`
	PostApproved    present `json:"suggested_post_approved"`
	PostFailed      present `json:"suggested_post_approval_failed"`
	PostDeclined    present `json:"suggested_post_declined"`
	PostPaid        present `json:"suggested_post_paid"`
	PostRefunded    present `json:"suggested_post_refunded"`
	VideoScheduled  present `json:"video_chat_scheduled"`
	VideoInvited    present `json:"video_chat_participants_invited"`
	WebAppData      present `json:"web_app_data"`
}

// Kind names the content. An animation also looks like a document, and a venue like a location: the narrower wins.
func (m *Message) Kind() Kind {
	for _, k := range []struct {
		has  bool
		kind Kind
	}{
		{m.Text != "", KindText},
		{len(m.Rich) > 0, KindRich},
		{len(m.Photo) > 0, KindPhoto}, // a live photo too, as Telegram shows it
		{bool(m.LivePhoto), KindLivePhoto},
		{bool(m.Animation), KindAnimation},
		{m.Document != nil, KindDocument},
		{bool(m.Sticker), KindSticker},
		{bool(m.Voice), KindVoice},
		{bool(m.VideoNote), KindVideoNote},
		{bool(m.Video), KindVideo},
		{bool(m.Audio), KindAudio},
		{bool(m.Venue), KindVenue},
		{m.Location != nil, KindLocation},
		{bool(m.Contact), KindContact},
		{m.Poll != nil, KindPoll},
		{bool(m.Dice), KindDice},
		{bool(m.Game), KindGame},
		{bool(m.Story), KindStory},
		{bool(m.PaidMedia), KindPaidMedia},
		{bool(m.Checklist), KindChecklist},
		{bool(m.Invoice), KindInvoice},
		{bool(m.Giveaway || m.Winners), KindGiveaway},
		{m.SuccessfulPayment != nil, KindPayment},
		{m.RefundedPayment != nil, KindRefund},
		{m.service(), KindService},
	} {
		if k.has {
			return k.kind
		}
	}
	return KindOther
}

func (o *others) service() bool {
	return o.tidings != tidings{} || bool(o.NewMembers || o.LeftMember || o.NewTitle || o.NewPhoto || o.DeletePhoto || o.GroupCreated ||
		o.SuperCreated || o.AutoDelete || o.Pinned || o.WriteAllowed || o.Website || o.TopicCreated || o.TopicClosed || o.TopicReopened || o.VideoStarted || o.VideoEnded || o.Boost || o.Background) ||
		o.MigrateTo != 0 || o.MigrateFrom != 0
}
