package telegramtest

import (
	"cmp"
	"fmt"
	"net/url"
	"unicode/utf8"
)

// Limits of an invoice in Stars.
const (
	maxInvoiceTitle       = 32  // characters
	maxInvoiceDescription = 255 // characters
	maxInvoicePayload     = 128 // bytes
	maxStars              = 100_000
	maxSubscriptionStars  = 10_000
	subscriptionPeriod    = 2_592_000 // seconds: the only one there is
)

// invoiceState is an invoice that was offered, in a chat or as a link.
type invoiceState struct {
	Invoice  Invoice `json:"invoice"`
	Payload  string  `json:"payload"`
	ChatID   int64   `json:"chat_id"`          // 0 for a link
	Period   int64   `json:"period,omitempty"` // seconds, of a subscription
	PhotoURL string  `json:"photo_url,omitempty"`
}

// labeledPrice is a line of an invoice; the amount is in Stars.
type labeledPrice struct {
	Label  string `json:"label"`
	Amount int    `json:"amount"`
}

// invoiceForm is what the invoice methods and inline invoices share.
type invoiceForm struct {
	Title          string         `json:"title"`
	Description    string         `json:"description"`
	Payload        string         `json:"payload"`
	ProviderToken  string         `json:"provider_token"`
	Currency       string         `json:"currency"`
	Prices         []labeledPrice `json:"prices"`
	PhotoURL       string         `json:"photo_url"`
	StartParameter string         `json:"-"`
	Period         int64          `json:"-"`
}

// ignoredForStars are the parameters that mean nothing when Stars are paid.
var ignoredForStars = []string{
	"need_name", "need_phone_number", "need_email", "need_shipping_address", "send_phone_number_to_provider",
	"send_email_to_provider", "is_flexible",
}

// invoice reads and checks what a call offers for sale.
func (c *call) invoice() (*invoiceState, error) {
	f := invoiceForm{
		Title: c.str("title"), Description: c.str("description"), Payload: c.str("payload"), Currency: c.str("currency"),
		ProviderToken: c.str("provider_token"), PhotoURL: c.str("photo_url"), StartParameter: c.str("start_parameter"),
		Period: c.num("subscription_period"),
	}
	if err := c.decode("prices", "prices", &f.Prices); err != nil {
		return nil, err
	}
	for _, name := range ignoredForStars {
		if c.flag(name) {
			c.violate(name + " means nothing for a payment in Stars")
		}
	}
	if c.num("max_tip_amount") != 0 {
		c.violate("there are no tips for a payment in Stars")
	}
	return f.state()
}

// state checks an invoice by the rules for Stars.
func (f invoiceForm) state() (*invoiceState, error) {
	switch {
	case !utf8Within(f.Title, 1, maxInvoiceTitle):
		return nil, bad("INVOICE_TITLE_INVALID")
	case !utf8Within(f.Description, 1, maxInvoiceDescription):
		return nil, bad("INVOICE_DESCRIPTION_INVALID")
	case f.Payload == "" || len(f.Payload) > maxInvoicePayload:
		return nil, bad("INVOICE_PAYLOAD_INVALID")
	case f.Currency != "XTR":
		return nil, bad("CURRENCY_INVALID")
	case f.ProviderToken != "":
		return nil, bad("PAYMENT_PROVIDER_INVALID")
	case len(f.Prices) != 1:
		return nil, bad("STARS_INVOICE_INVALID")
	case f.Prices[0].Amount < 1 || f.Prices[0].Amount > maxStars:
		return nil, bad("CURRENCY_TOTAL_AMOUNT_INVALID")
	case f.Period != 0 && f.Period != subscriptionPeriod:
		return nil, bad("SUBSCRIPTION_PERIOD_INVALID")
	case f.Period != 0 && f.Prices[0].Amount > maxSubscriptionStars:
		return nil, bad("CURRENCY_TOTAL_AMOUNT_INVALID")
	case f.StartParameter != "" && !startParameter.MatchString(f.StartParameter):
		return nil, bad("START_PARAM_INVALID")
	case !webURL(f.PhotoURL):
		return nil, bad("WEBDOCUMENT_URL_INVALID")
	}
	return &invoiceState{Payload: f.Payload, Period: f.Period, PhotoURL: f.PhotoURL, Invoice: Invoice{
		Title: f.Title, Description: f.Description, Currency: "XTR", TotalAmount: f.Prices[0].Amount, StartParameter: f.StartParameter,
	}}, nil
}

// utf8Within reports whether a text has from low to high characters.
func utf8Within(text string, low, high int) bool {
	n := utf8.RuneCountInString(text)
	return low <= n && n <= high
}

// webURL reports whether a text is empty or an address of the web.
func webURL(s string) bool {
	u, err := url.Parse(s)
	return s == "" || err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func invoiceKey(chat, message int64) string { return fmt.Sprintf("%d/%d", chat, message) }

func (s *Server) sendInvoice(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	in, err := c.invoice()
	if err != nil {
		return nil, err
	}
	if k, _, err := c.keyboard(); err != nil || k != nil && !k.InlineKeyboard[0][0].Pay {
		return nil, cmp.Or(err, bad("REPLY_MARKUP_BUY_EMPTY"))
	}
	m := &Message{Invoice: &in.Invoice}
	if err := s.send(c, chat, m); err != nil {
		return nil, err
	}
	s.offer(in, m)
	return m, nil
}

// offer makes a message in a chat one that can be paid.
func (s *Server) offer(in *invoiceState, m *Message) {
	if m.ReplyMarkup == nil {
		m.ReplyMarkup = payButton(in)
	}
	offered := *in
	offered.ChatID = m.Chat.ID
	s.w.Invoices[invoiceKey(m.Chat.ID, m.MessageID)] = &offered
}

// payButton is the keyboard of an invoice that brings none.
func payButton(in *invoiceState) *Keyboard {
	return &Keyboard{InlineKeyboard: [][]Button{{{Text: fmt.Sprintf("Pay ⭐️%d", in.Invoice.TotalAmount), Pay: true}}}}
}

// forwardedButton is the keyboard of a forwarded invoice: Pay, for anybody who sees it,
// or a link to the bot if the invoice has a start parameter.
func (s *Server) forwardedButton(src *Message) *Keyboard {
	in := s.w.Invoices[invoiceKey(src.Chat.ID, src.MessageID)]
	switch {
	case in == nil:
		return nil
	case in.Invoice.StartParameter == "":
		return payButton(in)
	}
	link := "https://t.me/" + s.opts.Bot.Username + "?start=" + in.Invoice.StartParameter
	return &Keyboard{InlineKeyboard: [][]Button{{{Text: "Pay", URL: link}}}}
}

// carryInvoice makes a forwarded invoice payable where it is.
func (s *Server) carryInvoice(src, dst *Message) {
	in := s.w.Invoices[invoiceKey(src.Chat.ID, src.MessageID)]
	if in == nil || dst.Invoice == nil || dst.MessageID == 0 {
		return
	}
	dst.ReplyMarkup = s.forwardedButton(src)
	if in.Invoice.StartParameter == "" {
		s.offer(in, dst)
	}
}

func (s *Server) createInvoiceLink(c *call) (any, error) {
	in, err := c.invoice()
	if err != nil {
		return nil, err
	}
	link := "https://t.me/$" + token(s.w.newID())
	s.w.Links[link] = in
	return link, nil
}
