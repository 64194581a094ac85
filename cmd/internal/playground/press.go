package playground

import (
	"context"
	"time"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// pressLimit is how long a pressed button or a purchase waits for the bot. Telegram's
// apps give up on a button after about as long, and on a purchase after ten seconds.
const pressLimit = 15 * time.Second

// answerView is what to show after a press.
type answerView struct {
	Answered bool   `json:"answered"` // false: the bot let the time pass
	Text     string `json:"text,omitempty"`
	Alert    bool   `json:"alert,omitempty"`
	URL      string `json:"url,omitempty"`
}

// press presses a button and waits for the answer. The data must be that of a button the
// person sees: forging it is for tests, not for a chat page.
func (pg *Playground) press(ctx context.Context, p *telegramtest.Person, b pressing) (any, error) {
	pressed, err := p.Press(b.MessageID, b.Data)
	if err != nil {
		return nil, err
	}
	ctx, cancel := pg.patience(ctx)
	defer cancel()
	r, _ := pressed.Wait(ctx) // no answer in time is an outcome, which the page tells
	return answerView{Answered: r.Answered, Text: r.Text, Alert: r.ShowAlert, URL: r.URL}, nil
}

// patience bounds a wait for the bot, by Close too.
func (pg *Playground) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, pressLimit)
	stop := context.AfterFunc(pg.keeper.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}
