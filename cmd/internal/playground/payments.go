package playground

import (
	"context"
	"errors"
	"strings"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// paying is a purchase: of the invoice of a message, or behind a link.
type paying struct {
	who
	MessageID int64  `json:"message_id"`
	Link      string `json:"link"`
}

func (b paying) form(p *telegramtest.Person) (telegramtest.PaymentForm, error) {
	if b.Link != "" {
		return p.LinkForm(b.Link)
	}
	return p.Form(b.MessageID)
}

func (b paying) begin(p *telegramtest.Person) (*telegramtest.Payment, error) {
	if b.Link != "" {
		return p.PayLink(b.Link)
	}
	return p.Pay(b.MessageID)
}

// unlock buys the media of a message.
func unlock(_ context.Context, p *telegramtest.Person, b pointing) (any, error) {
	return nil, p.BuyMedia(b.MessageID)
}

// formView is what the app shows before a person pays. Amounts are in Stars.
type formView struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Amount      int    `json:"amount"`
	Balance     int64  `json:"balance"`
	Period      int64  `json:"period,omitempty"` // of a subscription, in seconds
}

func form(_ context.Context, p *telegramtest.Person, b paying) (any, error) {
	f, err := b.form(p)
	if err != nil {
		return nil, err
	}
	return formView{Title: f.Title, Description: f.Description, Amount: f.Stars, Balance: f.Balance, Period: f.Period}, nil
}

// pay presses the Pay button and waits until the bot lets the purchase through. Stars
// cost nothing here.
func (pg *Playground) pay(ctx context.Context, p *telegramtest.Person, b paying) (any, error) {
	payment, err := b.begin(p)
	if err != nil {
		return nil, err
	}
	ctx, cancel := pg.patience(ctx)
	defer cancel()
	_, err = payment.Wait(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, bad("the bot did not confirm the purchase in time")
	case err != nil:
		return nil, bad("the purchase was not confirmed: " + strings.TrimPrefix(err.Error(), "telegramtest: "))
	}
	return nil, nil
}
