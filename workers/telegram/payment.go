package telegram

import (
	"context"
	"time"
)

// Stars is the currency of digital goods.
const Stars = "XTR"

// AnswerPreCheckout says yes to a payment if reason is empty, and otherwise no, with the reason in the person's words.
// Telegram waits ten seconds for it; TooOld says that it no longer does.
func (c *Client) AnswerPreCheckout(ctx context.Context, queryID, reason string) error {
	return c.call(ctx, "answerPreCheckoutQuery", 0, struct {
		QueryID string `json:"pre_checkout_query_id"`
		OK      bool   `json:"ok"`
		Reason  string `json:"error_message,omitempty"`
	}{queryID, reason == "", reason}, nil)
}

// Invoice offers something for Stars.
type Invoice struct {
	Title   string // 1–32 characters
	About   string // 1–255 characters
	Payload string // 1–128 bytes that come back with the payment
	Stars   int64  // 1–10000
	// Period of a subscription, only by a link; zero for a single payment.
	Period time.Duration
	// Start is what a forwarded invoice opens the bot with instead of being payable by whoever sees it. Only in a chat.
	Start string
}

type invoiceParams struct {
	ChatID        int64   `json:"chat_id,omitempty"`
	Title         string  `json:"title"`
	About         string  `json:"description"`
	Payload       string  `json:"payload"`
	ProviderToken string  `json:"provider_token"`
	Currency      string  `json:"currency"`
	Prices        []price `json:"prices"`
	Period        int64   `json:"subscription_period,omitempty"`
	Start         string  `json:"start_parameter,omitempty"`
}

type price struct {
	Label  string `json:"label"`
	Amount int64  `json:"amount"`
}

func (i Invoice) params() invoiceParams {
	return invoiceParams{
		Title: i.Title, About: i.About, Payload: i.Payload, Currency: Stars, Prices: []price{{i.Title, i.Stars}},
		Period: int64(i.Period / time.Second), Start: i.Start,
	}
}

// SendInvoice puts an invoice into a chat.
func (c *Client) SendInvoice(ctx context.Context, chat int64, i Invoice) (Sent, error) {
	p := i.params()
	p.ChatID = chat
	var sent Sent
	err := c.call(ctx, "sendInvoice", chat, p, &sent)
	return sent, err
}

// InvoiceLink makes a link to an invoice. It can be made again: what was not opened costs nobody anything.
func (c *Client) InvoiceLink(ctx context.Context, i Invoice) (link string, err error) {
	err = c.call(ctx, "createInvoiceLink", 0, i.params(), &link)
	return link, err
}

// EditSubscription stops the renewal of a person's subscription, or allows it again. It can be repeated.
func (c *Client) EditSubscription(ctx context.Context, user int64, charge string, canceled bool) error {
	return c.call(ctx, "editUserStarSubscription", 0, struct {
		UserID   int64  `json:"user_id"`
		Charge   string `json:"telegram_payment_charge_id"`
		Canceled bool   `json:"is_canceled"`
	}{user, charge, canceled}, nil)
}
