package telegramtest

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// forSale is an invoice of 50 Stars, changed as told.
func forSale(change params) params {
	p := params{
		"title": "100 credits", "description": "A hundred", "payload": "order-1", "currency": "XTR",
		"prices": []params{{"label": "100 credits", "amount": 50}},
	}
	maps.Copy(p, change)
	return p
}

// link is an invoice link.
func link(t *testing.T, s *Server, change params) (address string) {
	t.Helper()
	do(t, s, "createInvoiceLink", forSale(change)).into(t, &address)
	return address
}

// allow answers the pre-checkout query of a payment and returns its charge.
func allow(t *testing.T, s *Server, pay *Payment, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, "answerPreCheckoutQuery", params{"pre_checkout_query_id": pay.ID(), "ok": true}).into(t, new(bool))
	charge, err := pay.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return charge
}

// lastPaid is the successful_payment of the latest update.
func lastPaid(t *testing.T, s *Server) SuccessfulPayment {
	t.Helper()
	us := pollOnce(t, s, params{"offset": -1})
	if len(us) != 1 || us[0].Message == nil || us[0].Message.SuccessfulPayment == nil {
		t.Fatalf("the latest update is %+v, want a payment", us)
	}
	return *us[0].Message.SuccessfulPayment
}

func TestInvoiceRules(t *testing.T) {
	t.Parallel()
	s := lenient(t, Options{})
	two := []params{{"label": "a", "amount": 1}, {"label": "b", "amount": 1}}
	price := func(n int) []params { return []params{{"label": "a", "amount": n}} }
	for _, test := range []struct {
		change params
		want   string
	}{
		{params{"title": ""}, "INVOICE_TITLE_INVALID"},
		{params{"title": strings.Repeat("ü", 33)}, "INVOICE_TITLE_INVALID"},
		{params{"title": strings.Repeat("ü", 32)}, ""},
		{params{"description": ""}, "INVOICE_DESCRIPTION_INVALID"},
		{params{"description": strings.Repeat("x", 256)}, "INVOICE_DESCRIPTION_INVALID"},
		{params{"payload": ""}, "INVOICE_PAYLOAD_INVALID"},
		{params{"payload": strings.Repeat("ü", 65)}, "INVOICE_PAYLOAD_INVALID"},
		{params{"payload": strings.Repeat("x", 128)}, ""},
		{params{"currency": "EUR"}, "CURRENCY_INVALID"},
		{params{"provider_token": "x"}, "PAYMENT_PROVIDER_INVALID"},
		{params{"prices": two}, "STARS_INVOICE_INVALID"},
		{params{"prices": price(0)}, "CURRENCY_TOTAL_AMOUNT_INVALID"},
		{params{"prices": price(100_001)}, "CURRENCY_TOTAL_AMOUNT_INVALID"},
		{params{"subscription_period": 86_400}, "SUBSCRIPTION_PERIOD_INVALID"},
		{params{"subscription_period": 2_592_000, "prices": price(10_001)}, "CURRENCY_TOTAL_AMOUNT_INVALID"},
		{params{"subscription_period": 2_592_000, "prices": price(10_000)}, ""},
		{params{"photo_url": "fox.png"}, "WEBDOCUMENT_URL_INVALID"},
		{params{"photo_url": "https://example.com/fox.png"}, ""},
	} {
		a := do(t, s, "createInvoiceLink", forSale(test.change))
		if got := strings.TrimPrefix(a.Description, "Bad Request: "); got != test.want {
			t.Errorf("%v: %q, want %q", test.change, got, test.want)
		}
	}
	if vs := s.Violations(); len(vs) != 0 {
		t.Errorf("violations %v", vs)
	}
	do(t, s, "createInvoiceLink", forSale(params{"need_email": true, "max_tip_amount": 5}))
	if vs := s.Violations(); len(vs) != 2 {
		t.Errorf("what Stars ignore is said %d times, want 2: %v", len(vs), vs)
	}
}

func TestInvoiceKeyboards(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	other := params{"inline_keyboard": [][]params{{{"text": "Help", "callback_data": "help"}}}}
	if a := do(t, s, "sendInvoice", forSale(params{"chat_id": ann.ID(), "reply_markup": other})); a.Description != "Bad Request: REPLY_MARKUP_BUY_EMPTY" {
		t.Errorf("a keyboard without Pay: %q", a.Description)
	}
	if a := do(t, s, "sendInvoice", forSale(params{"chat_id": ann.ID(), "start_parameter": "a b"})); a.Description != "Bad Request: START_PARAM_INVALID" {
		t.Errorf("a start parameter with a space: %q", a.Description)
	}
	m := do(t, s, "sendInvoice", forSale(params{"chat_id": ann.ID(), "photo_url": "https://example.com/f.png"})).message(t)
	if got := m.ReplyMarkup.InlineKeyboard[0][0]; !got.Pay || got.Text != "Pay ⭐️50" {
		t.Errorf("the button is %+v", got)
	}
	form, err := ann.Form(m.MessageID)
	if err != nil {
		t.Fatal(err)
	}
	want := PaymentForm{Title: "100 credits", Description: "A hundred", PhotoURL: "https://example.com/f.png", Stars: 50, Balance: defaultStars}
	if form != want {
		t.Errorf("form %+v, want %+v", form, want)
	}
	slug := strings.TrimPrefix(link(t, s, params{"subscription_period": subscriptionPeriod}), "https://t.me/")
	if form, err := ann.LinkForm(slug); err != nil || form.Period != subscriptionPeriod {
		t.Errorf("behind %s: %+v, %v", slug, form, err)
	}
	if _, err := ann.LinkForm("https://t.me/$x"); err == nil {
		t.Error("a form behind a link that was never made")
	}
}

func TestPreCheckoutTakesTenSeconds(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	address := link(t, s, nil)
	pay, err := ann.PayLink(address)
	if err != nil {
		t.Fatal(err)
	}
	s.Advance(11 * time.Second)
	var refused *PaymentError
	if _, err := pay.Wait(t.Context()); !errors.As(err, &refused) || refused.Reason != wordsNoCheckout {
		t.Errorf("a payment nobody answered: %v", err)
	}
	late := do(t, s, "answerPreCheckoutQuery", params{"pre_checkout_query_id": pay.ID(), "ok": true})
	if late.Description != "Bad Request: "+wordsQueryOld {
		t.Errorf("a late answer: %q", late.Description)
	}
	second, err := ann.PayLink(address)
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, "answerPreCheckoutQuery", params{"pre_checkout_query_id": second.ID(), "ok": false, "error_message": "sold out"})
	if _, err := second.Wait(t.Context()); !errors.As(err, &refused) || refused.Reason != "sold out" {
		t.Errorf("a refused payment: %v", err)
	}
	if got := ann.Stars(); got != defaultStars {
		t.Errorf("Ann has %d Stars, want all of them", got)
	}
	var ends []string
	for _, e := range s.Events(0) {
		if e.Kind == EventPayment {
			ends = append(ends, e.Text)
		}
	}
	if diff := cmp.Diff([]string{wordsNoCheckout, "sold out"}, ends); diff != "" {
		t.Errorf("payment events (-want +got):\n%s", diff)
	}
}

func TestPreCheckoutRunsOutByItself(t *testing.T) {
	t.Parallel()
	// A clock ten seconds fast at each look would be cheating: this one is real, and
	// the purchase is made nearly ten seconds ago.
	s, ann := started(t)
	pay, err := ann.PayLink(link(t, s, nil))
	if err != nil {
		t.Fatal(err)
	}
	s.Advance(checkoutLife - 100*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var refused *PaymentError
	if _, err := pay.Wait(ctx); !errors.As(err, &refused) {
		t.Errorf("the clock did not end the purchase: %v", err)
	}
}

func TestStarsOfPeople(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	bob := s.Person(PersonConfig{FirstName: "Bob", Stars: 60})
	bob.Start("")
	address := link(t, s, nil)
	first, err := bob.PayLink(address)
	if err != nil {
		t.Fatal(err)
	}
	second, err := bob.PayLink(address) // both forms are open
	allow(t, s, first, err)
	do(t, s, "answerPreCheckoutQuery", params{"pre_checkout_query_id": second.ID(), "ok": true})
	var refused *PaymentError
	if _, err := second.Wait(t.Context()); !errors.As(err, &refused) {
		t.Errorf("10 Stars paid 50: %v", err)
	}
	if _, err := bob.PayLink(address); !errors.Is(err, ErrNotEnoughStars) || bob.Stars() != 10 {
		t.Errorf("with %d Stars: %v", bob.Stars(), err)
	}
	if poor := s.Person(PersonConfig{Stars: -1}); poor.Stars() != 0 {
		t.Errorf("a person without Stars has %d", poor.Stars())
	}
	bob.AddStars(40)
	third, err := bob.PayLink(address)
	allow(t, s, third, err)
	if bob.Stars() != 0 {
		t.Errorf("Bob has %d Stars, want 0", bob.Stars())
	}
}

func TestForwardedInvoices(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	bob := s.Person(PersonConfig{FirstName: "Bob"})
	bob.Start("")
	open := do(t, s, "sendInvoice", forSale(params{"chat_id": ann.ID()})).message(t)
	deep := do(t, s, "sendInvoice", forSale(params{"chat_id": ann.ID(), "start_parameter": "buy"})).message(t)
	var ms []Message
	for _, m := range []Message{open, deep} {
		ms = append(ms, do(t, s, "forwardMessage", params{"chat_id": bob.ID(), "from_chat_id": ann.ID(), "message_id": m.MessageID}).message(t))
	}
	pay, err := bob.Pay(ms[0].MessageID)
	allow(t, s, pay, err)
	if got := lastPaid(t, s); got.InvoicePayload != "order-1" || bob.Stars() != defaultStars-50 || ann.Stars() != defaultStars {
		t.Errorf("paid %+v; Bob has %d, Ann %d", got, bob.Stars(), ann.Stars())
	}
	if b := ms[1].ReplyMarkup.InlineKeyboard[0][0]; b.URL != "https://t.me/imagika_test_bot?start=buy" || b.Pay {
		t.Errorf("the forwarded invoice with a start parameter has %+v", b)
	}
	if _, err := bob.Pay(ms[1].MessageID); err == nil {
		t.Error("a forwarded invoice with a start parameter was paid")
	}
	again, err := bob.Forward(ann.ID(), open.MessageID)
	if err != nil || !again.ReplyMarkup.InlineKeyboard[0][0].Pay {
		t.Fatalf("Bob forwarded %+v, %v", again, err)
	}
	pay, err = bob.Pay(again.MessageID)
	allow(t, s, pay, err)
	if a := do(t, s, "copyMessage", params{"chat_id": bob.ID(), "from_chat_id": ann.ID(), "message_id": open.MessageID}); a.OK {
		t.Error("an invoice was copied")
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	ann := s.Person(PersonConfig{Stars: 160})
	ann.Start("")
	pay, err := ann.PayLink(link(t, s, params{"subscription_period": subscriptionPeriod}))
	charge := allow(t, s, pay, err)
	first := lastPaid(t, s)
	if end := s.Now().Unix() + subscriptionPeriod; !first.IsRecurring || !first.IsFirstRecurring || first.SubscriptionExpirationDate < end-60 {
		t.Errorf("first payment %+v", first)
	}
	renewed, err := s.Renew(charge)
	if err != nil {
		t.Fatal(err)
	}
	if got := lastPaid(t, s); got.TelegramPaymentChargeID != renewed || !got.IsRecurring || got.IsFirstRecurring ||
		got.SubscriptionExpirationDate != first.SubscriptionExpirationDate+subscriptionPeriod || got.InvoicePayload != "order-1" {
		t.Errorf("renewal %+v after %+v", got, first)
	}
	s.Advance(2*subscriptionPeriod*time.Second + time.Minute)
	if got := ann.Subscriptions(); len(got) != 1 || ann.Stars() != 10 {
		t.Errorf("after 60 days: %+v, %d Stars; want a third payment", got, ann.Stars())
	}
	s.Advance(subscriptionPeriod * time.Second)
	if got := ann.Subscriptions(); len(got) != 0 {
		t.Errorf("10 Stars renewed 50: %+v", got)
	}
	edit := params{"user_id": ann.ID(), "telegram_payment_charge_id": charge, "is_canceled": true}
	if a := do(t, s, "editUserStarSubscription", edit); a.OK {
		t.Error("a subscription that is over was edited")
	}
}

func TestCanceledSubscriptions(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	pay, err := ann.PayLink(link(t, s, params{"subscription_period": subscriptionPeriod}))
	charge := allow(t, s, pay, err)
	edit := func(canceled bool) {
		do(t, s, "editUserStarSubscription", params{
			"user_id": ann.ID(), "telegram_payment_charge_id": charge, "is_canceled": canceled,
		}).into(t, new(bool))
	}
	edit(true)
	if _, err := s.Renew(charge); err == nil {
		t.Error("the bot canceled it, yet it renews")
	}
	if err := ann.CancelSubscription(charge, false); err == nil {
		t.Error("Ann allowed what the bot has canceled")
	}
	edit(false)
	if err := ann.CancelSubscription(charge, true); err != nil {
		t.Fatal(err)
	}
	want := []Subscription{{
		Charge: charge, Title: "100 credits", Stars: 50, Expires: lastPaid(t, s).SubscriptionExpirationDate, CanceledByOwner: true,
	}}
	if diff := cmp.Diff(want, ann.Subscriptions()); diff != "" {
		t.Errorf("subscriptions (-want +got):\n%s", diff)
	}
	if _, err := s.Renew(charge); err == nil {
		t.Error("Ann canceled it, yet it renews")
	}
	if err := ann.CancelSubscription(charge, false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Renew(charge); err != nil {
		t.Errorf("allowed again, it does not renew: %v", err)
	}
	do(t, s, "refundStarPayment", params{"user_id": ann.ID(), "telegram_payment_charge_id": charge}).into(t, new(bool))
	if got := ann.Subscriptions(); len(got) != 0 {
		t.Errorf("refunded, yet there is %+v", got)
	}
	for name, p := range map[string]params{
		"CHARGE_NOT_FOUND": {"user_id": ann.ID(), "telegram_payment_charge_id": "x", "is_canceled": true},
		"user not found":   {"user_id": 5, "telegram_payment_charge_id": charge, "is_canceled": true},
	} {
		if a := do(t, s, "editUserStarSubscription", p); a.Description != "Bad Request: "+name {
			t.Errorf("%q, want %s", a.Description, name)
		}
	}
}

type transactions struct {
	Transactions []struct {
		ID       string         `json:"id"`
		Amount   int64          `json:"amount"`
		Nano     int64          `json:"nanostar_amount"`
		Source   map[string]any `json:"source"`
		Receiver map[string]any `json:"receiver"`
	} `json:"transactions"`
}

// rows lists transactions as "id amount partner".
func (l transactions) rows(names map[string]string) (out []string) {
	for _, tr := range l.Transactions {
		p, dir := tr.Source, "from"
		if p == nil {
			p, dir = tr.Receiver, "to"
		}
		name := names[tr.ID]
		kind, _ := p["transaction_type"].(string)
		of, _ := p["type"].(string)
		out = append(out, strings.TrimSpace(strings.Join([]string{name, itoa(tr.Amount), dir, of, kind}, " ")))
	}
	return out
}

func TestStarTransactions(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	address := link(t, s, nil)
	charges, names := []string{}, map[string]string{}
	for _, name := range []string{"A", "B", "C"} {
		pay, err := ann.PayLink(address)
		charge := allow(t, s, pay, err)
		charges, names[charge] = append(charges, charge), name
	}
	do(t, s, "refundStarPayment", params{"user_id": ann.ID(), "telegram_payment_charge_id": charges[0]}).into(t, new(bool))
	if err := s.Chargeback(charges[1]); err != nil {
		t.Fatal(err)
	}
	if s.Chargeback(charges[1]) == nil || s.Chargeback(charges[0]) == nil || s.Chargeback("x") == nil {
		t.Error("a charge was taken back twice")
	}
	var list transactions
	do(t, s, "getStarTransactions", nil).into(t, &list)
	want := []string{
		"A 50 from user invoice_payment", "B 50 from user invoice_payment", "C 50 from user invoice_payment",
		"A 50 to user invoice_payment", "50 to other",
	}
	if diff := cmp.Diff(want, list.rows(names)); diff != "" {
		t.Errorf("transactions (-want +got):\n%s", diff)
	}
	list = transactions{}
	do(t, s, "getStarTransactions", params{"offset": 1, "limit": 2}).into(t, &list)
	if diff := cmp.Diff(want[1:3], list.rows(names)); diff != "" {
		t.Errorf("a page (-want +got):\n%s", diff)
	}
	var balance starAmount
	do(t, s, "getMyStarBalance", nil).into(t, &balance)
	if (balance != starAmount{Amount: 50}) || ann.Stars() != defaultStars-100 {
		t.Errorf("the bot has %+v, Ann %d", balance, ann.Stars())
	}
	if err := s.Chargeback(charges[2]); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.book(starEntry{ID: "x", Nano: 1, Out: true, For: "other"})
	s.mu.Unlock()
	do(t, s, "getMyStarBalance", nil).into(t, &balance)
	if (balance != starAmount{Nano: -1}) {
		t.Errorf("below zero: %+v", balance)
	}
}

func TestPaidBroadcasts(t *testing.T) {
	t.Parallel()
	start := time.Now()
	s := NewTest(t, Options{FloodLimits: true, Clock: func() time.Time { return start }})
	ann := s.Person(PersonConfig{})
	ann.Start("")
	crowd := make([]*Person, 45)
	for i := range crowd {
		crowd[i] = s.Person(PersonConfig{})
		crowd[i].Start("")
	}
	blast := func() (refused int) {
		s.Advance(time.Minute)
		for _, p := range crowd {
			if a := do(t, s, "sendMessage", params{"chat_id": p.ID(), "text": "news", "allow_paid_broadcast": true}); a.Code == 429 {
				refused++
			}
		}
		return refused
	}
	if blast() == 0 {
		t.Error("a poor bot broadcasts without a limit")
	}
	pay, err := ann.PayLink(link(t, s, params{"prices": []params{{"label": "much", "amount": 10_100}}}))
	allow(t, s, pay, err)
	if n := blast(); n != 0 {
		t.Errorf("a rich bot was refused %d times", n)
	}
	var list transactions
	do(t, s, "getStarTransactions", nil).into(t, &list)
	last := list.Transactions[len(list.Transactions)-1]
	if last.Receiver["type"] != "telegram_api" || last.Amount != 1 || last.Receiver["request_count"].(float64) < 10 {
		t.Errorf("the broadcast cost %+v", last)
	}
}

func TestPaidMediaIsBought(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	pic := ann.Photo(picture(t, 40, 30), "")
	sell := func(payload string) Message {
		return do(t, s, "sendPaidMedia", params{
			"chat_id": ann.ID(), "star_count": 20, "payload": payload, "media": []params{{"type": "photo", "media": pic.FileIDs()[0]}},
		}).message(t)
	}
	m, plain := sell("album-7"), sell("")
	for range 2 { // the second time it is hers already
		if err := ann.BuyMedia(m.MessageID); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := ann.Message(m.MessageID); !cmp.Equal(got.BoughtBy, []int64{ann.ID()}) || ann.Stars() != defaultStars-20 {
		t.Errorf("bought by %v, %d Stars left", got.BoughtBy, ann.Stars())
	}
	us := pollOnce(t, s, params{"offset": -1})
	if got := us[0].PurchasedPaidMedia; got == nil || got.PaidMediaPayload != "album-7" || got.From.ID != ann.ID() {
		t.Errorf("the bot heard %+v", us[0])
	}
	if err := ann.BuyMedia(plain.MessageID); err != nil {
		t.Fatal(err)
	}
	if again := pollOnce(t, s, params{"offset": -1}); again[0].UpdateID != us[0].UpdateID {
		t.Errorf("without a payload the bot heard %+v", again[0])
	}
	var list transactions
	do(t, s, "getStarTransactions", nil).into(t, &list)
	if p := list.Transactions[0].Source; p["transaction_type"] != "paid_media_payment" || p["paid_media_payload"] != "album-7" || p["paid_media"] == nil {
		t.Errorf("transaction %+v", p)
	}
	bob := s.Person(PersonConfig{Stars: 5})
	g := s.Group("Foxes", ann, bob)
	shared := do(t, s, "sendPaidMedia", params{
		"chat_id": g.ID(), "star_count": 20, "media": []params{{"type": "photo", "media": pic.FileIDs()[0]}},
	}).message(t)
	if err := bob.In(g).BuyMedia(shared.MessageID); !errors.Is(err, ErrNotEnoughStars) {
		t.Errorf("5 Stars bought for 20: %v", err)
	}
	if err := ann.BuyMedia(pic.MessageID); !errors.Is(err, ErrNoMessage) {
		t.Errorf("bought a photo: %v", err)
	}
}
