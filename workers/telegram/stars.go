package telegram

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Stars of the bot: what it gives back, what moved, what it has. None of these calls shows a person anything twice, so that one
// whose answer was lost is a Transient failure and is made again.

// alreadyRefunded is how Telegram answers a refund that it made before.
const alreadyRefunded = "CHARGE_ALREADY_REFUNDED"

// errNoConfirmation is an answer that says it is one, and not that the refund was made.
var errNoConfirmation = errors.New("the answer does not confirm it")

// RefundStars gives a whole payment back to the person who made it; Telegram knows no partial refunds. One that was given
// back before is a success. Permanent and Blocked say that Telegram never will.
func (c *Client) RefundStars(ctx context.Context, user int64, charge string) error {
	var done bool
	err := c.call(ctx, "refundStarPayment", 0, struct {
		User   int64  `json:"user_id"`
		Charge string `json:"telegram_payment_charge_id"`
	}{user, charge}, &done)
	if e, ok := errors.AsType[*Error](err); ok && strings.Contains(e.Description, alreadyRefunded) {
		return nil
	}
	if err == nil && !done {
		return &Error{Method: "refundStarPayment", Code: 200, Class: Transient, Err: errNoConfirmation}
	}
	return err
}

// StarTransaction is a movement of the bot's Stars.
type StarTransaction struct {
	// ID is the charge id of a payment by a person. Its refund has the same.
	ID string
	// Stars that moved, whole ones; Nano is the rest, in billionths.
	Stars, Nano int64
	At          time.Time
	// Out says that they left the bot.
	Out bool
	// Partner is Telegram's type of the other side: "user", "fragment", "telegram_ads", "telegram_api", "other" and so on.
	Partner string
	// Invoice says that it is the payment of an invoice, or its refund. User and Payload are set then.
	Invoice bool
	// User is Telegram's id of the person, 0 if there is none.
	User int64
	// Payload is ours, of the invoice.
	Payload string
	// Period of a subscription, zero for a single payment.
	Period time.Duration
}

// MaxStarPage is the most transactions of a page.
const MaxStarPage = 100

// StarTransactions returns a page of the bot's transactions, the oldest first, after skipping offset of them. A page shorter
// than limit is the last one.
func (c *Client) StarTransactions(ctx context.Context, offset, limit int) ([]StarTransaction, error) {
	var page struct {
		All *[]wireTransaction `json:"transactions"`
	}
	err := c.call(ctx, "getStarTransactions", 0, struct {
		Offset int `json:"offset,omitempty"`
		Limit  int `json:"limit,omitempty"`
	}{offset, limit}, &page)
	if err != nil {
		return nil, err
	}
	if page.All == nil {
		return nil, &Error{Method: "getStarTransactions", Code: 200, Class: Transient, Err: errors.New("an answer without transactions")}
	}
	all := make([]StarTransaction, 0, len(*page.All))
	for _, t := range *page.All {
		all = append(all, t.plain())
	}
	return all, nil
}

// wireTransaction is the Bot API's StarTransaction.
type wireTransaction struct {
	ID       string       `json:"id"`
	Amount   int64        `json:"amount"`
	Nano     int64        `json:"nanostar_amount"`
	Date     int64        `json:"date"`
	Source   *wirePartner `json:"source"`
	Receiver *wirePartner `json:"receiver"`
}

type wirePartner struct {
	Type    string `json:"type"`
	For     string `json:"transaction_type"`
	User    *User  `json:"user"`
	Payload string `json:"invoice_payload"`
	Period  int64  `json:"subscription_period"`
}

func (t wireTransaction) plain() StarTransaction {
	s := StarTransaction{ID: t.ID, Stars: t.Amount, Nano: t.Nano, At: time.Unix(t.Date, 0), Out: t.Receiver != nil}
	other := t.Source
	if s.Out {
		other = t.Receiver
	}
	if other == nil {
		return s
	}
	s.Partner, s.Payload, s.Period = other.Type, other.Payload, time.Duration(other.Period)*time.Second
	s.Invoice = other.Type == "user" && (other.For == "invoice_payment" || other.For == "")
	if other.User != nil {
		s.User = other.User.ID
	}
	return s
}

// StarBalance returns the whole Stars that the bot has. It can be below zero.
func (c *Client) StarBalance(ctx context.Context) (int64, error) {
	var b struct {
		Amount *int64 `json:"amount"`
	}
	err := c.call(ctx, "getMyStarBalance", 0, nil, &b)
	if err == nil && b.Amount == nil {
		err = &Error{Method: "getMyStarBalance", Code: 200, Class: Transient, Err: errors.New("an answer without an amount")}
	}
	if err != nil {
		return 0, err
	}
	return *b.Amount, nil
}
