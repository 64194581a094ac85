package telegramtest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// A bot is anything that speaks HTTP; here it says one thing.
func Example() {
	tg := telegramtest.New(telegramtest.Options{})
	defer tg.Close()
	if err := tg.Listen("127.0.0.1:0"); err != nil {
		fmt.Println(err)
		return
	}
	ann := tg.Person(telegramtest.PersonConfig{FirstName: "Ann"})
	ann.Start("")
	for _, text := range []string{"What shall I <b>paint</b>?", "Try: a red <fox>"} {
		resp, err := http.PostForm(tg.URL()+"/bot"+tg.Token()+"/sendMessage", url.Values{
			"chat_id": {strconv.FormatInt(ann.ChatID(), 10)}, "parse_mode": {"HTML"}, "text": {text},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
	}
	ann.Text("a red fox")
	fmt.Print(tg.Transcript(ann))
	for _, call := range tg.CallsTo("sendMessage") {
		fmt.Println(call.Code, call.Params["text"])
	}
	// Output:
	// Ann: /start
	// bot: What shall I paint?
	// Ann: a red fox
	// 200 What shall I <b>paint</b>?
	// 400 Try: a red <fox>
}
