package telegramtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// call is all a bot needs: a form posted, an answer decoded into result.
func call(tg *telegramtest.Server, method string, p url.Values, result any) error {
	req, err := http.NewRequestWithContext(
		context.Background(), http.MethodPost, tg.URL()+"/bot"+tg.Token()+"/"+method, strings.NewReader(p.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return errors.New("no answer")
	}
	defer resp.Body.Close()
	answer := struct {
		OK          bool
		Description string
		Result      any
	}{Result: result}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if !answer.OK {
		return errors.New(answer.Description)
	}
	return nil
}

// listen is a fake Telegram with somebody who has started the bot.
func listen() (tg *telegramtest.Server, ann *telegramtest.Person, chat string) {
	tg = telegramtest.New(telegramtest.Options{})
	if err := tg.Listen("127.0.0.1:0"); err != nil {
		panic(err)
	}
	ann = tg.Person(telegramtest.PersonConfig{FirstName: "Ann", Stars: 80})
	ann.Start("")
	return tg, ann, strconv.FormatInt(ann.ChatID(), 10)
}

// A bot is anything that speaks HTTP; here it says one thing.
func Example() {
	tg, ann, chat := listen()
	defer tg.Close()
	for _, text := range []string{"What shall I <b>paint</b>?", "Try: a red <fox>"} {
		if err := call(tg, "sendMessage", url.Values{"chat_id": {chat}, "parse_mode": {"HTML"}, "text": {text}}, nil); err != nil {
			fmt.Println(err)
		}
	}
	ann.Text("a red fox")
	for _, m := range ann.Messages() {
		fmt.Println(m.From.FirstName+":", m.Text)
	}
	// Output:
	// Bad Request: can't parse entities: Unsupported start tag "fox" at byte offset 11
	// Ann: /start
	// Imagika: What shall I paint?
	// Ann: a red fox
}

// Somebody pays for an invoice. The bot's first answer to the pre-checkout query is cut
// off after Telegram has taken it: the bot cannot know, and must not charge twice.
func Example_purchase() {
	tg, ann, chat := listen()
	defer tg.Close()
	var invoice telegramtest.Message
	if err := call(tg, "sendInvoice", url.Values{
		"chat_id": {chat}, "title": {"100 credits"}, "description": {"For a hundred pictures"}, "payload": {"order-1"},
		"currency": {"XTR"}, "prices": {`[{"label":"100 credits","amount":50}]`},
	}, &invoice); err != nil {
		fmt.Println(err)
		return
	}
	payment, err := ann.Pay(invoice.MessageID)
	if err != nil {
		fmt.Println(err)
		return
	}
	tg.Fault(telegramtest.Fault{Kind: telegramtest.DropAfterEffect, Method: "answerPreCheckoutQuery", Times: 1})
	for range 2 {
		err := call(tg, "answerPreCheckoutQuery", url.Values{"pre_checkout_query_id": {payment.ID()}, "ok": {"true"}}, nil)
		fmt.Println("the bot heard:", err)
	}
	charge, err := payment.Wait(context.Background())
	fmt.Println("paid:", charge != "", err)
	_, err = ann.Pay(invoice.MessageID)
	fmt.Println("Ann has", ann.Stars(), "Stars left:", err)
	// Output:
	// the bot heard: no answer
	// the bot heard: Bad Request: query is too old and response timeout expired or query ID is invalid
	// paid: true <nil>
	// Ann has 30 Stars left: telegramtest: not enough Stars
}
