package playground

import (
	"fmt"
	"strings"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// The shapes the page reads. They are smaller than Telegram's and say what to draw, so
// that the page need not know the Bot API. Times are Unix seconds, sizes are bytes.
type (
	stateView struct {
		Bot         botView      `json:"bot"`
		People      []personView `json:"people"`
		Notice      string       `json:"notice"`
		Suggestions []string     `json:"suggestions"`
	}

	botView struct {
		ID       int64  `json:"id"`
		Name     string `json:"name"`
		Username string `json:"username"`
	}

	// personView is somebody and what their app knows of the bot, in their language.
	// Messages is nil in events, which tell of changes of the person alone.
	personView struct {
		ID          int64                     `json:"id"`
		Name        string                    `json:"name"`
		Language    string                    `json:"language"`
		Blocked     bool                      `json:"blocked"`
		Description string                    `json:"description"`
		Commands    []telegramtest.BotCommand `json:"commands"`
		Messages    []messageView             `json:"messages,omitzero"`
	}

	messageView struct {
		ID        int64                  `json:"id"`
		Date      int64                  `json:"date"`
		Edited    bool                   `json:"edited,omitempty"`
		Deleted   bool                   `json:"deleted,omitempty"`
		Out       bool                   `json:"out,omitempty"` // by the person, not the bot
		From      string                 `json:"from"`
		Forwarded string                 `json:"forwarded,omitempty"`
		Text      string                 `json:"text,omitempty"` // or the caption
		Entities  []telegramtest.Entity  `json:"entities,omitempty"`
		Group     string                 `json:"group,omitempty"`
		Above     bool                   `json:"above,omitempty"` // caption above the picture
		Reply     *replyView             `json:"reply,omitempty"`
		Keyboard  [][]keyView            `json:"keyboard,omitempty"`
		Reactions []string               `json:"reactions,omitempty"`
		Photo     *photoView             `json:"photo,omitempty"`
		Document  *documentView          `json:"document,omitempty"`
		Sticker   string                 `json:"sticker,omitempty"` // its emoji
		Voice     int                    `json:"voice,omitempty"`   // seconds
		Location  *telegramtest.Location `json:"location,omitempty"`
		Invoice   *invoiceView           `json:"invoice,omitempty"`
		Other     string                 `json:"other,omitempty"`   // content named rather than drawn
		Service   string                 `json:"service,omitempty"` // a line in the middle
	}

	replyView struct {
		ID    int64  `json:"id"`
		From  string `json:"from"`
		Text  string `json:"text"`
		Photo string `json:"photo,omitempty"`
	}

	photoView struct {
		File    string `json:"file"`
		Width   int    `json:"width"`
		Height  int    `json:"height"`
		Spoiler bool   `json:"spoiler,omitempty"`
	}

	documentView struct {
		File string `json:"file"`
		Name string `json:"name"`
		Size int64  `json:"size"`
	}

	invoiceView struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Currency    string `json:"currency"`
		Amount      int    `json:"amount"`
	}

	// keyView is an inline button; Kind names what pressing it does.
	keyView struct {
		Text  string `json:"text"`
		Kind  string `json:"kind"` // callback, url, copy, pay, web_app, other
		Value string `json:"value,omitempty"`
		Style string `json:"style,omitempty"`
	}
)

func (pg *Playground) state() stateView {
	return stateView{Bot: pg.bot(), People: pg.people(true), Notice: pg.opts.Notice, Suggestions: pg.opts.Suggestions}
}

func (pg *Playground) bot() botView {
	b := pg.tg.Bot()
	return botView{ID: b.ID, Name: b.FirstName, Username: b.Username}
}

func (pg *Playground) people(messages bool) []personView {
	views := []personView{}
	for _, p := range pg.tg.People() {
		v := viewPerson(p)
		if messages {
			v.Messages = []messageView{}
			for _, m := range p.Messages() {
				v.Messages = append(v.Messages, viewMessage(m))
			}
		}
		views = append(views, v)
	}
	return views
}

func viewPerson(p *telegramtest.Person) personView {
	u := p.User()
	return personView{
		ID: p.ID(), Name: fullName(&u), Language: u.LanguageCode, Blocked: p.Blocked(),
		Description: p.Description(), Commands: append([]telegramtest.BotCommand{}, p.Commands()...),
	}
}

func viewMessage(m telegramtest.Message) messageView {
	v := messageView{
		ID: m.MessageID, Date: m.Date, Edited: m.EditDate != 0, Deleted: m.Deleted, Out: !m.FromBot(), From: fullName(m.From),
		Text: m.Content(), Entities: m.Entities, Group: m.MediaGroupID, Above: m.ShowCaptionAboveMedia, Reactions: m.Reaction,
		Reply: viewReply(m.ReplyToMessage), Keyboard: viewKeyboard(m.ReplyMarkup), Location: m.Location, Service: serviceLine(m),
	}
	if m.Text == "" {
		v.Entities = m.CaptionEntities
	}
	if o := m.ForwardOrigin; o != nil {
		v.Forwarded = fullName(o.SenderUser)
	}
	v.addMedia(m)
	return v
}

func (v *messageView) addMedia(m telegramtest.Message) {
	switch {
	case len(m.Photo) > 0:
		v.Photo = viewPhoto(m)
	case m.Document != nil:
		v.Document = &documentView{File: m.Document.FileID, Name: m.Document.FileName, Size: m.Document.FileSize}
	case m.Sticker != nil:
		v.Sticker = m.Sticker.Emoji
	case m.Voice != nil:
		v.Voice = m.Voice.Duration
	case m.Video != nil:
		v.Other = fmt.Sprintf("Video, %d s", m.Video.Duration)
	case m.Contact != nil:
		v.Other = "Contact: " + m.Contact.FirstName + " " + m.Contact.PhoneNumber
	case m.Invoice != nil:
		i := m.Invoice
		v.Invoice = &invoiceView{Title: i.Title, Description: i.Description, Currency: i.Currency, Amount: i.TotalAmount}
	}
}

func viewPhoto(m telegramtest.Message) *photoView {
	best := m.Photo[len(m.Photo)-1]
	return &photoView{File: best.FileID, Width: best.Width, Height: best.Height, Spoiler: m.HasMediaSpoiler}
}

func viewReply(m *telegramtest.Message) *replyView {
	if m == nil {
		return nil
	}
	r := &replyView{ID: m.MessageID, From: fullName(m.From), Text: m.Content()}
	if len(m.Photo) > 0 {
		r.Photo = m.Photo[0].FileID
	}
	return r
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
	case b.Pay:
		v.Kind = "pay"
	}
	return v
}

// serviceLine words a service message as the app does, in the middle of the chat.
func serviceLine(m telegramtest.Message) string {
	switch {
	case m.SuccessfulPayment != nil:
		return "You paid " + price(m.SuccessfulPayment.TotalAmount, m.SuccessfulPayment.Currency)
	case m.RefundedPayment != nil:
		return "You were refunded " + price(m.RefundedPayment.TotalAmount, m.RefundedPayment.Currency)
	}
	return ""
}

func price(amount int, currency string) string {
	if currency == "XTR" {
		return fmt.Sprintf("⭐ %d", amount)
	}
	return fmt.Sprintf("%.2f %s", float64(amount)/100, currency)
}

func fullName(u *telegramtest.User) string {
	if u == nil {
		return ""
	}
	return strings.TrimSpace(u.FirstName + " " + u.LastName)
}
