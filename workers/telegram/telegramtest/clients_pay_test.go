package telegramtest

import (
	"context"
	"errors"
	"testing"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// seller is a bot of github.com/go-telegram/bot that sells for 50 Stars, refunds at
// once, and offers one thing in inline mode.
type seller struct {
	fail func(error)
}

func (sl seller) handle(ctx context.Context, b *bot.Bot, u *models.Update) {
	var err error
	switch {
	case u.PreCheckoutQuery != nil:
		_, err = b.AnswerPreCheckoutQuery(ctx, &bot.AnswerPreCheckoutQueryParams{PreCheckoutQueryID: u.PreCheckoutQuery.ID, OK: true})
	case u.InlineQuery != nil:
		_, err = b.AnswerInlineQuery(ctx, &bot.AnswerInlineQueryParams{
			InlineQueryID: u.InlineQuery.ID, Results: []models.InlineQueryResult{&models.InlineQueryResultArticle{
				ID: "a", Title: "Fox", InputMessageContent: &models.InputTextMessageContent{MessageText: "found " + u.InlineQuery.Query},
			}},
		})
	case u.Message != nil && u.Message.SuccessfulPayment != nil:
		_, err = b.RefundStarPayment(ctx, &bot.RefundStarPaymentParams{
			UserID: u.Message.From.ID, TelegramPaymentChargeID: u.Message.SuccessfulPayment.TelegramPaymentChargeID,
		})
	case u.Message != nil && u.Message.Text == "/buy":
		_, err = b.SendInvoice(ctx, &bot.SendInvoiceParams{
			ChatID: u.Message.Chat.ID, Title: "Credits", Description: "A hundred", Payload: "order", Currency: "XTR",
			Prices: []models.LabeledPrice{{Label: "Credits", Amount: 50}},
		})
	}
	if err != nil && ctx.Err() == nil { // the test may be over before the last answer is back
		sl.fail(err)
	}
}

// startBot runs a bot of github.com/go-telegram/bot until the test ends.
func startBot(t *testing.T, s *Server, handle bot.HandlerFunc) *bot.Bot {
	t.Helper()
	b, err := bot.New(s.Token(), bot.WithServerURL(s.URL()), bot.WithDefaultHandler(handle))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() { b.Start(ctx); close(stopped) }()
	t.Cleanup(func() { cancel(); <-stopped })
	return b
}

func TestGoTelegramBotSells(t *testing.T) {
	t.Parallel()
	s := NewTest(t, Options{Bot: User{SupportsInlineQueries: true}})
	b := startBot(t, s, seller{fail: func(err error) { t.Errorf("a handler failed: %v", err) }}.handle)
	ann := s.Person(PersonConfig{})
	ann.Text("/buy")
	invoice := s.WaitMessage(t, ann, func(m Message) bool { return m.Invoice != nil })
	pay, err := ann.Pay(invoice.MessageID)
	if err != nil {
		t.Fatal(err)
	}
	charge, err := pay.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	back := s.WaitMessage(t, ann, func(m Message) bool { return m.RefundedPayment != nil })
	if back.RefundedPayment.TelegramPaymentChargeID != charge || ann.Stars() != defaultStars {
		t.Errorf("refunded %+v, Ann has %d Stars", back.RefundedPayment, ann.Stars())
	}
	list, err := b.GetStarTransactions(t.Context(), &bot.GetStarTransactionsParams{})
	if err != nil || len(list.Transactions) != 2 || list.Transactions[1].ID != charge {
		t.Errorf("transactions %+v, %v", list, err)
	}
	if balance, err := b.GetMyStarBalance(t.Context()); err != nil || balance.Amount != 0 {
		t.Errorf("balance %+v, %v", balance, err)
	}
	found, err := ann.Inline(t.Context(), "foxes", "")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := ann.Choose(found.QueryID, "a"); err != nil || m.Text != "found foxes" {
		t.Errorf("chose %+v, %v", m, err)
	}
}

func TestGoTelegramBotErrors(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	b, err := bot.New(s.Token(), bot.WithServerURL(s.URL()))
	if err != nil {
		t.Fatal(err)
	}
	say := func(chat int64) error {
		_, err := b.SendMessage(t.Context(), &bot.SendMessageParams{ChatID: chat, Text: "x"})
		return err
	}
	group, old := s.Group("Foxes", ann), s.BasicGroup("Old foxes", ann)
	next := old.Upgrade()
	if m, err := b.GetChatMember(t.Context(), &bot.GetChatMemberParams{ChatID: group.ID(), UserID: ann.ID()}); err != nil || m.Owner == nil {
		t.Errorf("Ann is %+v, %v", m, err)
	}
	group.RemoveBot(ann)
	ann.Block()
	for _, chat := range []int64{ann.ID(), group.ID()} {
		if err := say(chat); !errors.Is(err, bot.ErrorForbidden) {
			t.Errorf("sent to %d: %v", chat, err)
		}
	}
	var moved *bot.MigrateError
	if err := say(old.ID()); !errors.As(err, &moved) || int64(moved.MigrateToChatID) != next.ID() {
		t.Errorf("a group that moved: %v", err)
	}
	s.Fault(Fault{Code: 401, Times: 1})
	if err := say(next.ID()); !errors.Is(err, bot.ErrorUnauthorized) {
		t.Errorf("401: %v", err)
	}
}
