package playground

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

type (
	messageView struct {
		ID        int64                 `json:"id"`
		Chat      int64                 `json:"chat"`
		Date      int64                 `json:"date"`
		Edited    bool                  `json:"edited,omitempty"`
		Deleted   bool                  `json:"deleted,omitempty"`
		Out       bool                  `json:"out,omitempty"` // by a person, not the bot
		From      string                `json:"from"`
		FromID    int64                 `json:"from_id"`
		Via       string                `json:"via,omitempty"` // username of the bot it came through
		Forwarded string                `json:"forwarded,omitempty"`
		Text      string                `json:"text,omitempty"` // or the caption
		Entities  []telegramtest.Entity `json:"entities,omitempty"`
		Group     string                `json:"group,omitempty"`
		Above     bool                  `json:"above,omitempty"`     // caption above the picture
		Protected bool                  `json:"protected,omitempty"` // no copying, saving, forwarding
		Pinned    bool                  `json:"pinned,omitempty"`
		Effect    bool                  `json:"effect,omitempty"` // sent with a message effect
		Reply     *replyView            `json:"reply,omitempty"`
		Keyboard  [][]keyView           `json:"keyboard,omitempty"`
		Panel     *keysView             `json:"panel,omitempty"` // what it does to the person's keyboard
		Reactions []reactionView        `json:"reactions,omitempty"`
		Service   string                `json:"service,omitempty"` // a line in the middle
		mediaView
	}

	// replyView is the message answered. Text is the quoted part, if there is one.
	replyView struct {
		ID     int64  `json:"id"`
		From   string `json:"from"`
		FromID int64  `json:"from_id"`
		Text   string `json:"text"`
		Quoted bool   `json:"quoted,omitempty"`
		Photo  string `json:"photo,omitempty"`
	}

	// keyView is an inline button; Kind names what pressing it does.
	keyView struct {
		Text  string `json:"text"`
		Kind  string `json:"kind"` // callback, url, copy, pay, web_app, inline, inline_here, other
		Value string `json:"value,omitempty"`
		Style string `json:"style,omitempty"`
	}

	// keysView is a reply keyboard: keys to show, Remove, or Force, which begins a reply.
	keysView struct {
		Rows        [][]keyView `json:"rows,omitempty"` // Kind: text, contact, location, poll, web_app, other
		Remove      bool        `json:"remove,omitempty"`
		Force       bool        `json:"force,omitempty"`
		Resize      bool        `json:"resize,omitempty"`
		OneTime     bool        `json:"one_time,omitempty"`
		Persistent  bool        `json:"persistent,omitempty"`
		Placeholder string      `json:"placeholder,omitempty"`
	}

	// reactionView is an emoji and who reacted with it, the bot included.
	reactionView struct {
		Emoji string  `json:"emoji"`
		By    []int64 `json:"by"`
	}
)

func (pg *Playground) viewMessage(m telegramtest.Message) messageView {
	v := messageView{
		ID: m.MessageID, Chat: m.Chat.ID, Date: m.Date, Edited: m.EditDate != 0, Deleted: m.Deleted, Out: !m.FromBot(),
		From: fullName(m.From), Forwarded: forwardedFrom(m.ForwardOrigin), Text: m.Content(), Entities: m.Entities, Group: m.MediaGroupID,
		Above: m.ShowCaptionAboveMedia, Protected: m.HasProtectedContent, Pinned: m.Pinned, Effect: m.EffectID != "",
		Reply: viewReply(m), Keyboard: viewKeyboard(m.ReplyMarkup), Panel: viewKeys(m.ReplyKeyboard), Reactions: viewReactions(m.Reactions),
		Service: serviceLine(m), mediaView: viewMedia(m),
	}
	if m.From != nil {
		v.FromID = m.From.ID
	}
	if m.ViaBot != nil {
		v.Via = m.ViaBot.Username
	}
	if m.Text == "" {
		v.Entities = m.CaptionEntities
	}
	if v.Poll != nil {
		v.Poll.Votes = pg.tg.Votes(m)
	}
	return v
}

func forwardedFrom(o *telegramtest.ForwardOrigin) string {
	switch {
	case o == nil:
		return ""
	case o.SenderUser != nil:
		return fullName(o.SenderUser)
	}
	return o.SenderUserName
}

func viewReply(m telegramtest.Message) *replyView {
	to := m.ReplyToMessage
	if to == nil {
		return nil
	}
	r := &replyView{ID: to.MessageID, From: fullName(to.From), Text: to.Content()}
	if to.From != nil {
		r.FromID = to.From.ID
	}
	if r.Text == "" {
		r.Text = contentName(*to)
	}
	if m.Quote != nil {
		r.Text, r.Quoted = m.Quote.Text, true
	}
	if len(to.Photo) > 0 {
		r.Photo = to.Photo[0].FileID
	}
	return r
}

func viewReactions(all []telegramtest.Reaction) []reactionView {
	var views []reactionView
	for _, r := range all {
		emoji := r.Emoji
		if emoji == "" {
			emoji = "⭐"
		}
		at := slices.IndexFunc(views, func(v reactionView) bool { return v.Emoji == emoji })
		if at < 0 {
			at, views = len(views), append(views, reactionView{Emoji: emoji})
		}
		views[at].By = append(views[at].By, r.UserID)
	}
	return views
}

func viewKeyboard(k *telegramtest.Keyboard) [][]keyView {
	if k == nil {
		return nil
	}
	var rows [][]keyView
	for _, row := range k.InlineKeyboard {
		var keys []keyView
		for _, b := range row {
			keys = append(keys, viewKey(b))
		}
		rows = append(rows, keys)
	}
	return rows
}

func viewKey(b telegramtest.Button) keyView {
	v := keyView{Text: b.Text, Kind: "other", Style: b.Style}
	switch {
	case b.CallbackData != "":
		v.Kind, v.Value = "callback", b.CallbackData
	case b.URL != "":
		v.Kind, v.Value = "url", b.URL
	case b.CopyText != nil:
		v.Kind, v.Value = "copy", b.CopyText.Text
	case b.WebApp != nil:
		v.Kind, v.Value = "web_app", b.WebApp.URL
	case b.SwitchInlineQueryCurrentChat != nil:
		v.Kind, v.Value = "inline_here", *b.SwitchInlineQueryCurrentChat
	case b.SwitchInlineQuery != nil:
		v.Kind, v.Value = "inline", *b.SwitchInlineQuery
	case b.SwitchInlineQueryChosenChat != nil:
		v.Kind = "inline"
	case b.Pay:
		v.Kind = "pay"
	}
	return v
}

func viewKeys(k *telegramtest.ReplyKeyboard) *keysView {
	if k == nil {
		return nil
	}
	v := &keysView{
		Remove: k.RemoveKeyboard, Force: k.ForceReply, Resize: k.ResizeKeyboard, OneTime: k.OneTimeKeyboard,
		Persistent: k.IsPersistent, Placeholder: k.InputFieldPlaceholder,
	}
	for _, row := range k.Keyboard {
		var keys []keyView
		for _, b := range row {
			keys = append(keys, viewReplyKey(b))
		}
		v.Rows = append(v.Rows, keys)
	}
	return v
}

func viewReplyKey(b telegramtest.KeyboardButton) keyView {
	v := keyView{Text: b.Text, Kind: "text", Style: b.Style}
	switch {
	case b.RequestContact:
		v.Kind = "contact"
	case b.RequestLocation:
		v.Kind = "location"
	case b.RequestPoll != nil:
		v.Kind = "poll"
	case b.WebApp != nil:
		v.Kind, v.Value = "web_app", b.WebApp.URL
	case b.RequestUsers != nil || b.RequestChat != nil || b.RequestManagedBot != nil:
		v.Kind = "other"
	}
	return v
}

// serviceLine words a service message as the app does, in the middle of the chat.
func serviceLine(m telegramtest.Message) string {
	switch {
	case m.SuccessfulPayment != nil:
		return paidLine(m.SuccessfulPayment)
	case m.RefundedPayment != nil:
		return "You were refunded " + price(m.RefundedPayment.TotalAmount, m.RefundedPayment.Currency)
	case len(m.NewChatMembers) > 0:
		return joinedLine(m)
	case m.LeftChatMember != nil && m.From != nil && m.From.ID != m.LeftChatMember.ID:
		return fullName(m.From) + " removed " + fullName(m.LeftChatMember)
	case m.LeftChatMember != nil:
		return fullName(m.LeftChatMember) + " left the group"
	case m.NewChatTitle != "":
		return fmt.Sprintf("%s changed the group name to “%s”", fullName(m.From), m.NewChatTitle)
	case m.MigrateToChatID != 0:
		return "The group became a supergroup"
	case m.MigrateFromChatID != 0:
		return "The supergroup was made of a group"
	case m.WebAppData != nil:
		return fmt.Sprintf("Data from the “%s” button was sent to the bot", m.WebAppData.ButtonText)
	case m.PinnedMessage != nil:
		return pinnedLine(m)
	}
	return ""
}

func paidLine(p *telegramtest.SuccessfulPayment) string {
	line := "You paid " + price(p.TotalAmount, p.Currency)
	switch {
	case p.IsFirstRecurring:
		return line + " and subscribed for a month"
	case p.IsRecurring:
		return line + " for another month of your subscription"
	}
	return line
}

func joinedLine(m telegramtest.Message) string {
	var names []string
	for _, u := range m.NewChatMembers {
		names = append(names, fullName(&u))
	}
	if len(m.NewChatMembers) == 1 && m.From != nil && m.From.ID == m.NewChatMembers[0].ID {
		return names[0] + " joined the group"
	}
	return fullName(m.From) + " added " + strings.Join(names, ", ")
}

func pinnedLine(m telegramtest.Message) string {
	what := m.PinnedMessage.Content()
	if runes := []rune(what); len(runes) > 32 {
		what = string(runes[:31]) + "…"
	}
	if what == "" {
		return fullName(m.From) + " pinned " + strings.ToLower(contentName(*m.PinnedMessage))
	}
	return fmt.Sprintf("%s pinned “%s”", fullName(m.From), what)
}

func price(amount int, currency string) string {
	if currency == "XTR" {
		return fmt.Sprintf("⭐ %d", amount)
	}
	return fmt.Sprintf("%.2f %s", float64(amount)/100, currency)
}
