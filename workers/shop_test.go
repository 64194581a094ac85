package workers

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/shop"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
	"github.com/imagika/imagika/workers/texts"
)

// counter is a chat with somebody who can buy things.
type counter struct {
	*chatBench
	s     *storage.Store
	ada   *telegramtest.Person
	ahead atomic.Int64 // of the store's clock
}

const packs = `packs:
  - {id: small, stars: 10, credits: 10, title: {en: Small}}
  - {id: large, stars: 100, credits: 100, bonus: 25, title: {en: Large}, about: {en: A hundred and more}}
  - {id: monthly, stars: 50, credits: 60, title: {en: Monthly}, subscription: true}
`

func newCounter(t *testing.T) *counter {
	t.Helper()
	b := &counter{}
	b.s = storagetest.Open(t, storagetest.Migrated(t, storagetest.OnSQLite), func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) })
	b.chatBench = newChatBench(t, b.s)
	all, err := shop.Parse([]byte(packs))
	if err != nil {
		t.Fatal(err)
	}
	b.w.Shop = shop.NewShelf(all)
	b.ada = b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"})
	b.agree(b.ada)
	t.Cleanup(func() {
		if bad, err := b.s.Verify(t.Context()); err == nil && len(bad) > 0 {
			t.Errorf("books: %v", bad)
		}
	})
	return b
}

func (b *counter) person(p *telegramtest.Person) storage.Person {
	b.t.Helper()
	who, err := b.s.PersonByTelegram(b.t.Context(), p.ID(), "en")
	if err != nil {
		b.t.Fatal(err)
	}
	return who
}

// owns holds what somebody can spend against what they should have.
func (b *counter) owns(p *telegramtest.Person, want int64) {
	b.t.Helper()
	acc, err := b.s.Account(b.t.Context(), b.person(p).ID)
	if err != nil || acc.Available() != want {
		b.t.Errorf("has %d credits, want %d; %v", acc.Available(), want, err)
	}
}

// last is the newest message that somebody sees of the bot.
func (b *counter) last(p *telegramtest.Person) telegramtest.Message {
	b.t.Helper()
	for _, m := range slices.Backward(p.Messages()) {
		if m.FromBot() && !m.Deleted {
			return m
		}
	}
	b.t.Fatal("no message")
	return telegramtest.Message{}
}

// choose orders a pack and returns its invoice, or the message with the link to it.
func (b *counter) choose(label string) telegramtest.Message {
	b.t.Helper()
	m := b.say(b.ada, "/buy")
	b.press(b.ada, m, label)
	return b.last(b.ada)
}

// through answers the question before a payment and then takes the payment in.
func (b *counter) through(p *telegramtest.Payment, err error) (charge, refused string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	b.handle()
	charge, err = p.Wait(b.t.Context())
	if no, ok := errors.AsType[*telegramtest.PaymentError](err); ok {
		return "", no.Reason
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.handle()
	return charge, ""
}

func TestBuying(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	m := b.say(b.ada, "/buy")
	b.has(m, "You have 0 credits", "Small · 10 credits for 10 ⭐\n", "Large · 125 credits for 100 ⭐, with a bonus of 25\n", "Monthly · 60 credits for 50 ⭐, every month")
	b.press(b.ada, m, "125 🪙 · 100 ⭐ · +25%")
	bill := b.last(b.ada)
	if bill.Invoice == nil || bill.Invoice.Title != "Large" || bill.Invoice.Description != "A hundred and more" || bill.Invoice.TotalAmount != 100 || bill.Invoice.StartParameter != "buy_large" {
		t.Fatalf("the invoice: %+v", bill.Invoice)
	}
	b.press(b.ada, m, "125 🪙 · 100 ⭐ · +25%") // a second tap
	if again := b.last(b.ada); again.MessageID != bill.MessageID {
		t.Errorf("a double tap brings two invoices: %+v", again)
	}
	charge, refused := b.through(b.ada.Pay(bill.MessageID))
	if refused != "" {
		t.Fatal(refused)
	}
	b.owns(b.ada, 125)
	b.has(b.last(b.ada), "125 credits for 100 ⭐ are yours. You now have 125.", shortCharge(charge), "/paysupport")
	if who := b.person(b.ada); who.Tier != storage.TierPaid {
		t.Errorf("tier is %s", who.Tier)
	}
	if _, refused = b.through(b.ada.Pay(bill.MessageID)); !strings.Contains(refused, "paid for already") {
		t.Errorf("paid twice: %q", refused)
	}
	b.owns(b.ada, 125)
}

// A link opens an invoice at once; one to a pack that is gone, or to none, opens the list.
func TestBuyingByALink(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	for link, want := range map[string]bool{"buy_small": true, "buy_gone": false, "buy": false} {
		b.ada.Start(link)
		b.handle()
		if m := b.last(b.ada); (m.Invoice != nil) != want || !want && !strings.Contains(m.Text, "Which pack") {
			t.Errorf("%s: %+v", link, m)
		}
	}
	b.w.Shop = nil
	b.has(b.say(b.ada, "/buy"), "Nothing is for sale here")
	b.has(b.say(b.ada, "/subscription"), "Nothing is for sale here")
}

func TestWhatIsNotPayable(t *testing.T) {
	t.Parallel()
	now := time.Now()
	person := storage.Person{ID: 7}
	open := storage.Order{ID: "o", User: 7, Stars: 10, Status: storage.OrderOpen, Expires: now.Add(time.Minute)}
	paid := open
	paid.Status = storage.OrderPaid
	monthly := paid
	monthly.Period, monthly.Until = shop.Period, now.Add(time.Hour)
	asked := telegram.PreCheckoutQuery{Currency: "XTR", TotalAmount: 10}
	for _, tt := range []struct {
		desc   string
		order  storage.Order
		change func(*storage.Person, *storage.Order, *telegram.PreCheckoutQuery)
		want   texts.Key
	}{
		{"as offered", open, nil, ""},
		{"no order", storage.Order{}, nil, texts.AnswerPayGone},
		{"somebody else", open, func(p *storage.Person, _ *storage.Order, _ *telegram.PreCheckoutQuery) { p.ID = 8 }, texts.AnswerPayForeign},
		{"somebody we do not know", open, func(p *storage.Person, _ *storage.Order, _ *telegram.PreCheckoutQuery) { p.ID = 0 }, texts.AnswerPayForeign},
		{"somebody who is being erased", open, func(p *storage.Person, _ *storage.Order, _ *telegram.PreCheckoutQuery) { p.Erasing = true }, texts.AnswerPayErasing},
		{"somebody whose data rests", open, func(p *storage.Person, _ *storage.Order, _ *telegram.PreCheckoutQuery) { p.Restricted = true }, texts.AnswerPayRestricted},
		{"somebody who is banned", open, func(p *storage.Person, _ *storage.Order, _ *telegram.PreCheckoutQuery) {
			p.Ban.Until = now.Add(time.Hour)
		}, texts.AnswerPayBanned},
		{"another price", open, func(_ *storage.Person, _ *storage.Order, q *telegram.PreCheckoutQuery) { q.TotalAmount = 9 }, texts.AnswerPayPrice},
		{"another currency", open, func(_ *storage.Person, _ *storage.Order, q *telegram.PreCheckoutQuery) { q.Currency = "EUR" }, texts.AnswerPayPrice},
		{"too late", open, func(_ *storage.Person, o *storage.Order, _ *telegram.PreCheckoutQuery) {
			o.Expires = now.Add(-time.Second)
		}, texts.AnswerPayGone},
		{"paid", paid, nil, texts.AnswerPayPaid},
		{"a renewal", monthly, nil, ""},
		{"a subscription twice", monthly, func(_ *storage.Person, o *storage.Order, _ *telegram.PreCheckoutQuery) {
			o.Until = now.Add(48 * time.Hour)
		}, texts.AnswerPayPaid},
	} {
		p, o, q := person, tt.order, asked
		if tt.change != nil {
			tt.change(&p, &o, &q)
		}
		if reason, got := unpayable(p, o, q, now); got != tt.want || (reason == "ok") != (tt.want == "") {
			t.Errorf("%s: %q (%s), want %q", tt.desc, got, reason, tt.want)
		}
	}
}

// asks counts how often the bot answered a question before a payment.
func (b *counter) asks() (n int) {
	for _, c := range b.tg.Calls() {
		if c.Method == "answerPreCheckoutQuery" {
			n++
		}
	}
	return n
}

// A question that waited too long is not answered any more, and one that cannot be checked is put off, then refused.
func TestQuestionInTrouble(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	bill := b.choose("10 🪙 · 10 ⭐")
	ask := func(received time.Duration, hash string) (string, error) {
		t.Helper()
		payment, err := b.ada.Pay(bill.MessageID)
		if err != nil {
			t.Fatal(err)
		}
		parsed := telegram.Update{ID: 1, PreCheckoutQuery: &telegram.PreCheckoutQuery{
			ID: payment.ID(), From: telegram.User{ID: b.ada.ID(), LanguageCode: "en"}, Currency: "XTR", TotalAmount: 10, InvoicePayload: "any",
		}}
		before := b.asks()
		err = b.w.money(t.Context(), queue.Update{Hash: hash, Received: time.Now().Add(-received)}, parsed)
		if b.asks() == before {
			return "", err
		}
		_, no := payment.Wait(t.Context())
		return no.Error(), err
	}
	if said, err := ask(9*time.Second, "late"); said != "" || err != nil {
		t.Errorf("too late, and answered %q, %v", said, err)
	}
	if seen, _, err := b.s.Seen(t.Context(), "late", "00"); !seen || err != nil {
		t.Errorf("a late question is not noted: %v", err)
	}
	if err := b.s.Close(); err != nil {
		t.Fatal(err)
	}
	if said, err := ask(0, "away"); said != "" || err == nil {
		t.Errorf("answered %q without a database, %v", said, err)
	}
	if said, _ := ask(6*time.Second, "away"); !strings.Contains(said, "Something is stuck on my side") {
		t.Errorf("answered %q when there was no more time", said)
	}
}

// Whoever paid has what the Stars are worth, whatever is wrong with the payment; only for nobody there is nothing.
func TestPaymentsThatDoNotMatch(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	ben := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ben", LanguageCode: "en"})
	b.agree(ben)
	order := func(user int64) storage.Order {
		t.Helper()
		id, err := b.s.NewID()
		if err != nil {
			t.Fatal(err)
		}
		o := storage.Order{ID: id, User: user, Pack: id, Stars: 100, Credits: 125}
		if _, err := b.s.OpenOrder(t.Context(), storage.Effect{}, o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	paid := order(b.person(b.ada).ID)
	if err := b.w.book(t.Context(), storage.Effect{}, telegram.Payment{Currency: "XTR", TotalAmount: 100, InvoicePayload: paid.ID, ChargeID: "first"}, b.ada.ID(), time.Now()); err != nil {
		t.Fatal(err)
	}
	b.handle()
	desk := b.tg.Person(telegramtest.PersonConfig{FirstName: "Olga", LanguageCode: "en"})
	desk.Start("")
	b.handle()
	b.w.Settings.Operators = desk.ID()
	for _, tt := range []struct {
		problem       storage.Problem
		payload       string
		stars         int64
		who           int64
		credits       int64
		status        storage.PaymentStatus
		currency, say string
	}{
		{storage.ProblemNoOrder, "nothing", 10, b.ada.ID(), 10, storage.PaymentPaid, "XTR", "10 credits for 10 ⭐"},
		{storage.ProblemNoOrder, "a pack's price", 100, b.ada.ID(), 125, storage.PaymentPaid, "XTR", "125 credits for 100 ⭐"},
		{storage.ProblemAmount, order(b.person(b.ada).ID).ID, 50, b.ada.ID(), 62, storage.PaymentPaid, "XTR", "62 credits for 50 ⭐"},
		{storage.ProblemPerson, order(b.person(b.ada).ID).ID, 100, ben.ID(), 125, storage.PaymentPaid, "XTR", "125 credits for 100 ⭐"},
		{storage.ProblemAgain, paid.ID, 100, b.ada.ID(), 125, storage.PaymentPaid, "XTR", "125 credits for 100 ⭐"},
		{storage.ProblemErased, order(b.person(b.ada).ID).ID, 100, 99, 0, storage.PaymentUnmatched, "XTR", ""},
		{storage.ProblemCurrency, order(b.person(b.ada).ID).ID, 100, b.ada.ID(), 0, storage.PaymentUnmatched, "EUR", ""},
	} {
		charge := "charge-" + tt.payload
		told := telegram.Payment{Currency: tt.currency, TotalAmount: tt.stars, InvoicePayload: tt.payload, ChargeID: charge}
		before := len(b.owed)
		for range 2 {
			if err := b.w.book(t.Context(), storage.Effect{}, told, tt.who, time.Now()); err != nil {
				t.Fatalf("%s: %v", tt.problem, err)
			}
		}
		p, err := b.s.Payment(t.Context(), charge)
		if err != nil || p.Problem != tt.problem || p.Credits != tt.credits || p.Status != tt.status || (p.Payer == tt.who) != (tt.credits == 0) {
			t.Errorf("%s: %+v, %v", tt.problem, p, err)
		}
		if said := len(b.owed) - before; (said == 2) != (tt.say != "") {
			t.Errorf("%s: %d messages", tt.problem, said)
		}
		b.handle()
		b.has(b.last(desk), "not as ordered ("+string(tt.problem)+")", charge)
		if tt.say != "" && tt.who == b.ada.ID() {
			b.has(b.last(b.ada), tt.say)
		}
	}
	b.owns(b.ada, 125+10+125+62+125)
	b.owns(ben, 125)
	if _, err := b.s.KnownPerson(t.Context(), 99); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a payment made an account: %v", err)
	}
}

// A payment that reaches the program in the lane of its chat, because it is too large for a task of its own, counts too,
// also of somebody who was banned since.
func TestPaymentOfTheBanned(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	bill := b.choose("10 🪙 · 10 ⭐")
	payment, err := b.ada.Pay(bill.MessageID)
	if err != nil {
		t.Fatal(err)
	}
	b.handle()
	if _, err := payment.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	who := b.person(b.ada).ID
	ban := storage.Case{ID: "ban", User: who, Kind: storage.CaseBan, Cause: storage.BanOperator}
	if _, err := b.s.Ban(t.Context(), storage.Effect{User: who}, storage.Act{By: storage.By{Who: "ops"}, What: "ban"}, ban, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	b.handle()
	b.owns(b.ada, 10)
	b.ada.Start("buy_small")
	b.handle()
	if m := b.last(b.ada); m.Invoice != nil || !strings.Contains(m.Text, "I don’t paint for you") {
		t.Errorf("the banned are offered something: %q", m.Text)
	}
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	b.has(b.say(b.ada, "/subscription"), "You have no subscription")
	m := b.choose("🔁 60 🪙 · 50 ⭐")
	b.has(m, "60 credits every month for 50 ⭐")
	button, _ := m.Button("⭐ Subscribe")
	charge, refused := b.through(b.ada.PayLink(button.URL))
	if refused != "" {
		t.Fatal(refused)
	}
	b.owns(b.ada, 60)
	b.has(b.last(b.ada), "60 credits", "paid until")
	if _, refused = b.through(b.ada.PayLink(button.URL)); !strings.Contains(refused, "paid for already") {
		t.Errorf("subscribed twice: %q", refused)
	}
	b.has(b.choose("🔁 60 🪙 · 50 ⭐"), "Your subscription: 60 credits")

	canceled := func(want bool) {
		t.Helper()
		if all := b.ada.Subscriptions(); len(all) != 1 || all[0].CanceledByBot != want {
			t.Errorf("subscriptions: %+v, want canceled %v", all, want)
		}
	}
	m = b.say(b.ada, "/subscription")
	_, m = b.press(b.ada, m, "✖️ Cancel subscription")
	b.has(m, "doesn’t renew")
	canceled(true)
	_, m = b.press(b.ada, m, "↩️ Keep it after all")
	b.has(m, "renews then")
	canceled(false)
	if _, err := b.tg.Renew(charge); err != nil {
		t.Fatal(err)
	}
	b.handle()
	b.owns(b.ada, 120)
	lots, err := b.s.Lots(t.Context(), b.person(b.ada).ID)
	if err != nil || len(lots) != 2 || lots[1].Credits != 60 {
		t.Errorf("lots: %+v, %v", lots, err)
	}

	end := func() {
		t.Helper()
		if err := b.w.endSubscriptions(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.handle()
	}
	before := len(b.ada.Messages())
	b.ahead.Store(int64(2*shop.Period + lapseGrace/2))
	end()
	if n := len(b.ada.Messages()) - before; n != 0 {
		t.Errorf("%d messages within the grace", n)
	}
	b.ahead.Store(int64(2*shop.Period + 2*lapseGrace))
	end()
	end()
	if n := len(b.ada.Messages()) - before; n != 1 {
		t.Errorf("%d messages about the end", n)
	}
	b.has(b.last(b.ada), "Your subscription has ended")
	b.has(b.say(b.ada, "/subscription"), "You have no subscription")
}

// What Telegram does not let renew again is told, and is canceled here too.
func TestSubscriptionThatCannotComeBack(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	m := b.choose("🔁 60 🪙 · 50 ⭐")
	button, _ := m.Button("⭐ Subscribe")
	if _, refused := b.through(b.ada.PayLink(button.URL)); refused != "" {
		t.Fatal(refused)
	}
	m = b.say(b.ada, "/subscription")
	_, m = b.press(b.ada, m, "✖️ Cancel subscription")
	b.tg.Fault(telegramtest.Fault{Method: "editUserStarSubscription", Code: 400, Description: "Bad Request: CHARGE_NOT_FOUND", Times: 1})
	b.press(b.ada, m, "↩️ Keep it after all")
	b.has(b.last(b.ada), "Telegram doesn’t let your subscription renew again")
	b.has(b.say(b.ada, "/subscription"), "doesn’t renew")
}

// The receipt starts the wish that waited for it, and stays. When the price ran out meanwhile, the new one is said below it.
func TestReceiptStartsWhatWaited(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 5, func(t *testing.T, b *choosing) {
		all, err := shop.Parse([]byte(packs))
		if err != nil {
			t.Fatal(err)
		}
		b.w.Shop = shop.NewShelf(all)
		buy := func(words string) telegramtest.Message {
			t.Helper()
			m := b.say(b.ada, words)
			b.press(b.ada, m, "10 🪙 · 10 ⭐")
			messages := b.ada.Messages()
			bill := messages[len(messages)-1]
			if _, err := b.ada.Pay(bill.MessageID); err != nil {
				t.Fatal(err)
			}
			b.handle()
			b.handle()
			messages = b.ada.Messages()
			return messages[len(messages)-1]
		}
		receipt := buy("a red fox")
		if toast := b.tap(receipt, "🎨 Paint it now", 2); toast != "Already done." {
			t.Errorf("the second tap is answered %q", toast)
		}
		b.held(12, 1)
		if m, ok := b.ada.Message(receipt.MessageID); !ok || m.Deleted || m.ReplyMarkup != nil {
			t.Errorf("the receipt: %+v", m)
		}
		b.grant(5)
		receipt = buy("a blue fox")
		b.ahead.Store(int64(11 * time.Minute))
		b.prices(3, 11, 20)
		if toast := b.tap(receipt, "🎨 Paint it now", 1); toast != "That price had run out. Here is a fresh one." {
			t.Errorf("answered %q", toast)
		}
		b.held(12, 1)
		messages := b.ada.Messages()
		b.has(messages[len(messages)-1], "11 credits", "a blue fox")
		if m, ok := b.ada.Message(receipt.MessageID); !ok || m.Text != receipt.Text || m.ReplyMarkup != nil {
			t.Errorf("the receipt is %q", m.Text)
		}
	})
}

// An invoice whose sending may have failed is not sent again by itself, but offered; either can be paid, and only once.
func TestUncertainInvoice(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	m := b.say(b.ada, "/buy")
	b.tg.Fault(telegramtest.Fault{Kind: telegramtest.DropAfterEffect, Method: "sendInvoice", Times: 1})
	b.press(b.ada, m, "10 🪙 · 10 ⭐")
	messages := b.ada.Messages()
	bill, notice := messages[len(messages)-2], messages[len(messages)-1]
	b.has(notice, "may not have reached you")
	b.press(b.ada, notice, "👀 Show it")
	again := b.last(b.ada)
	if bill.Invoice == nil || again.Invoice == nil || again.MessageID == bill.MessageID {
		t.Fatalf("the invoices: %+v, %+v", bill, again)
	}
	if _, refused := b.through(b.ada.Pay(again.MessageID)); refused != "" {
		t.Fatal(refused)
	}
	if _, refused := b.through(b.ada.Pay(bill.MessageID)); !strings.Contains(refused, "paid for already") {
		t.Errorf("both invoices were paid: %q", refused)
	}
	b.owns(b.ada, 10)
}

// The longest pack beside a wish is all that a button's data holds; more would end the program.
func TestButtonsOfTheShopFit(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	quote, err := b.s.NewID()
	if err != nil {
		t.Fatal(err)
	}
	for op, data := range map[telegram.Op]string{
		telegram.OpBuy:          b.w.signer.Data(telegram.OpBuy, strings.Repeat("p", 16)+"-"+quote, 8_000_000_000, ""),
		telegram.OpStart:        b.w.signer.Data(telegram.OpStart, quote+"-0"+receiptMark, 8_000_000_000, newNonce()),
		telegram.OpSubscription: b.w.signer.Data(telegram.OpSubscription, quote+"-0", 8_000_000_000, ""),
	} {
		if p, err := b.w.signer.Parse(data, 8_000_000_000); err != nil || p.Op != op {
			t.Errorf("%s: %+v, %v", op, p, err)
		}
	}
}
