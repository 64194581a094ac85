package playground_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// pictures writes files to attach.
func (c *chat) pictures(names ...string) []string {
	c.t.Helper()
	dir := c.t.TempDir()
	var files []string
	for i, name := range names {
		files = append(files, filepath.Join(dir, name))
		if err := os.WriteFile(files[i], fox(c.t, float64(i+1)), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	return files
}

// sheet sends files: their order, removal, a caption, compressed or not.
func sheet(c *chat) {
	c.tell("sendMessage", params{"text": "Show me"})
	c.Seen(".msg", "Show me")
	files := c.pictures("one.png", "two.png", "three.png")
	pick := chromedp.SetUploadFiles(chromedp.CSS(".composer input[type=file]"), files)
	c.Do(pick)
	c.Seen(".album-sheet h2", "Send 3 photos")
	c.Still()
	c.Shot("sheet")
	c.Press(".staged button", "Move three.png forward")
	c.Press(".staged button", "Remove two.png")
	c.Seen(".album-sheet h2", "Send 2 photos")
	want(c, `[...document.querySelectorAll(".staged")].map((s) => s.title).join()`, "one.png,three.png")
	c.Do(chromedp.SendKeys(chromedp.CSS(".album-sheet textarea"), "both of them"))
	c.keys(enter)
	c.Until(`!document.querySelector("dialog") && document.querySelectorAll(".msg.out .album.n2 img").length === 2`)
	if ms := c.ada.Messages(); ms[len(ms)-2].Caption != "both of them" || ms[len(ms)-2].MediaGroupID == "" || ms[len(ms)-1].Caption != "" {
		c.t.Errorf("the album is %+v", ms[len(ms)-2:])
	}
	c.Do(pick)
	c.Press("#compress", "")
	c.Seen(".album-sheet h2", "Send 3 files")
	c.Still()
	c.Shot("sheet-files")
	c.Press(".album-sheet button", "Send")
	c.Until(`!document.querySelector("dialog") && document.querySelectorAll(".msg.out .doc").length === 3`)
	if m := c.last(); m.Document == nil || m.Document.FileName != "three.png" {
		c.t.Errorf("the last file is %+v", m)
	}
	c.Do(pick)
	c.Press("#spoiler", "")
	c.Press(".album-sheet button", "Send")
	c.eventually("veiled pictures", func() bool { return c.last().HasMediaSpoiler })
	c.Until(`!document.querySelector("dialog")`) // it goes when the answer is there, which is after the message
	c.Do(pick)
	c.Seen(".album-sheet h2", "Send 3 photos")
	c.keys(escape)
	c.Until(`!document.querySelector("dialog") && document.activeElement.matches("textarea")`)
}

// line is what a person does at the writing line: several lines, emoji, commands, edits, and a
// draft that survives a reload.
func line(c *chat) {
	c.api.call(c.t.Context(), "setMyCommands", params{"commands": []params{
		{"command": "balance", "description": "Your credits"}, {"command": "buy", "description": "Buy credits"}, {"command": "help", "description": "What I can do"},
	}}, nil)
	input := chromedp.CSS("textarea")
	value := `document.querySelector("textarea").value`
	c.Until(`document.querySelector(".line-in")?.checkVisibility()`)
	c.Do(chromedp.SendKeys(input, "/b"))
	c.Seen(".command-row", "/balance")
	c.Until(`document.querySelectorAll(".command-row").length === 2`)
	c.Still()
	c.Shot("commands")
	c.keys(down, tab)
	want(c, value, "/buy ")
	c.keys(kb.Backspace, enter)
	c.eventually("the command", func() bool { return c.last().Text == "/buy" })
	c.Press(".menu-room button", "Commands")
	c.Until(`document.querySelectorAll(".command-row").length === 3`)
	c.keys(escape, kb.Backspace)

	c.Do(chromedp.SendKeys(input, "first"), chromedp.KeyEvent(enter, chromedp.KeyModifiers(chromedp.ModifierShift)), chromedp.KeyEvent("second"))
	want(c, value, "first\nsecond")
	c.Press(".smile", "Emoji")
	c.Press(".emoji", "🦊")
	c.keys(escape)
	want(c, value, "first\nsecond🦊")
	c.Do(chromedp.Focus(input))
	c.keys(enter)
	c.eventually("two lines", func() bool { return c.last().Text == "first\nsecond🦊" })
	sent := c.last()
	c.Seen(".msg.out .text", "second🦊")
	c.Until(value + ` === ""`) // the line empties when the answer is there, which may be after the message
	c.keys(up)
	c.Seen(".strip", "Edit message")
	c.keys("!", enter)
	c.eventually("the edit", func() bool { m, _ := c.ada.Message(sent.MessageID); return m.Text == "first\nsecond🦊!" })
	if c.last().MessageID != sent.MessageID {
		c.t.Error("the edit came as a new message")
	}
	c.Until(value + ` === ""`)
	c.Do(chromedp.SendKeys(input, "not yet sent"), chromedp.Reload())
	c.Until(`document.querySelector("textarea")?.value === "not yet sent"`)
}

// drops are pictures pasted and dropped.
func drops(c *chat) {
	const transfer = `const data = new DataTransfer(); data.items.add(new File([Uint8Array.from(atob("%s"), (c) => c.charCodeAt(0))], "fox.png", {type: "image/png"}));`
	picture := fmt.Sprintf(transfer, base64.StdEncoding.EncodeToString(dot(c.t)))
	c.Do(chromedp.Evaluate[chromedp.Void](picture + `document.querySelector("textarea").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}))`))
	c.Seen(".album-sheet h2", "Send a photo")
	c.keys(enter)
	c.eventually("the pasted picture", func() bool { return len(c.last().Photo) > 0 })
	c.Until(`!document.querySelector("dialog")`)
	pasted := c.last()
	c.Do(chromedp.Evaluate[chromedp.Void]("{" + picture + `
		const pane = document.querySelector(".pane");
		pane.dispatchEvent(new DragEvent("dragenter", {dataTransfer: data, bubbles: true}));
		window.hinted = pane.classList.contains("dropping");
		pane.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})); }`))
	want(c, `window.hinted && !document.querySelector(".dropping")`, true)
	c.Seen(".album-sheet h2", "Send a photo")
	c.keys(enter)
	c.eventually("the dropped picture", func() bool { m := c.last(); return len(m.Photo) > 0 && m.MessageID != pasted.MessageID })
}

// buttons are inline: a toast, an alert, a text to copy, a link to confirm.
func buttons(c *chat) {
	c.allowClipboard()
	c.hear(func(ctx context.Context, u telegramtest.Update) {
		if q := u.CallbackQuery; q != nil {
			c.api.call(ctx, "answerCallbackQuery", params{"callback_query_id": q.ID, "text": "It was " + q.Data, "show_alert": q.Data == "loud"}, nil)
		}
	})
	c.say("sendMessage", params{"text": "Press", "reply_markup": params{"inline_keyboard": [][]params{
		{{"text": "Softly", "callback_data": "soft", "style": "success"}, {"text": "Loudly", "callback_data": "loud", "style": "danger"}},
		{{"text": "Copy it", "copy_text": params{"text": "promo-42"}}, {"text": "Terms", "url": "https://example.org/terms"}},
	}}})
	c.Press(".key", "Softly")
	c.Seen(".toast", "It was soft")
	c.Press(".key", "Loudly")
	c.Seen("dialog.card p", "It was loud")
	c.keys(enter)
	c.Until(`!document.querySelector("dialog")`)
	c.Press(".key", "Copy it")
	c.clipboard("promo-42")
	c.Press(".key", "Terms")
	c.Seen("dialog p", "https://example.org/terms")
	c.Press("dialog button", "Cancel")
	c.Until(`!document.querySelector("dialog")`)
}

// links of Telegram act here instead of leaving.
func links(c *chat) {
	c.say("sendMessage", params{"text": "Start with <a href=\"https://t.me/imagika_test_bot?start=gift-7\">this</a> or <a href=\"https://example.org/\">that</a>", "parse_mode": "HTML"})
	c.Press(".text a", "this")
	c.eventually("the deep link", func() bool { return c.last().Text == "/start gift-7" })
	c.settled()
	c.Press(".text a", "that")
	c.Seen("dialog p", "https://example.org/")
	c.keys(escape)
	c.Until(`!document.querySelector("dialog")`)
}

// keyboard is a reply keyboard with each kind of key.
func keyboard(c *chat) {
	c.say("sendMessage", params{"text": "Choose", "reply_markup": params{"resize_keyboard": true, "input_field_placeholder": "Choose or write", "keyboard": [][]params{
		{{"text": "A fox"}, {"text": "A moon"}},
		{{"text": "My phone", "request_contact": true}, {"text": "Here I am", "request_location": true}, {"text": "Ask all", "request_poll": params{}}},
	}}})
	c.sees(".reply-key")
	want(c, `document.querySelector("textarea").placeholder`, "Choose or write")
	c.Still()
	c.Shot("keyboard")
	c.Press(".reply-key", "A moon")
	c.eventually("the label as text", func() bool { return c.last().Text == "A moon" })
	c.Press(".reply-key", "My phone")
	c.eventually("the contact", func() bool { return c.last().Contact != nil })
	c.Press(".reply-key", "Here I am")
	c.eventually("the place", func() bool { return c.last().Location != nil })
	c.Press(".reply-key", "Ask all")
	c.Until(`document.querySelector("#poll-question")`)
	c.Do(chromedp.SendKeys(chromedp.CSS("#poll-question"), "Red?"), chromedp.SendKeys(chromedp.CSS("#poll-answers"), "yes\nno"))
	c.Press("dialog button", "Create")
	c.eventually("the poll", func() bool { p := c.last().Poll; return p != nil && p.Question == "Red?" && len(p.Options) == 2 })
	c.Press(".keys-toggle", "Keyboard")
	c.Until(`!document.querySelector(".reply-key")`)
	c.Press(".keys-toggle", "Keyboard")
	c.sees(".reply-key")
	c.say("sendMessage", params{"text": "Once", "reply_markup": params{"one_time_keyboard": true, "keyboard": [][]params{{{"text": "Only once"}}}}})
	c.Press(".reply-key", "Only once")
	c.Until(`!document.querySelector(".reply-key") && document.querySelector(".keys-toggle").checkVisibility()`)
	c.say("sendMessage", params{"text": "Gone", "reply_markup": params{"remove_keyboard": true}})
	c.Until(`!document.querySelector(".keys-toggle").checkVisibility()`)
}

// forceReply begins an answer.
func forceReply(c *chat) {
	asked := c.say("sendMessage", params{"text": "What is your name?", "reply_markup": params{"force_reply": true, "input_field_placeholder": "Your name"}})
	c.Seen(".strip", "What is your name?")
	c.keys("Ada", enter)
	c.eventually("the answer", func() bool {
		m := c.last()
		return m.Text == "Ada" && m.ReplyToMessage != nil && m.ReplyToMessage.MessageID == asked.MessageID
	})
	c.Until(`document.querySelector("textarea").placeholder === "Message"`)
}

// inline asks the bot while typing and sends what is chosen.
func inline(c *chat) {
	pictures := c.upload("sendPhoto", nil, map[string][]byte{"photo": fox(c.t, 1)}).FileIDs()
	c.hear(func(ctx context.Context, u telegramtest.Update) {
		q := u.InlineQuery
		if q == nil {
			return
		}
		c.api.call(ctx, "answerInlineQuery", params{"inline_query_id": q.ID, "cache_time": 0, "button": params{"text": "Buy credits", "start_parameter": "buy"}, "results": []params{
			{"type": "photo", "id": "1", "photo_file_id": pictures[0], "title": "A fox", "caption": "for " + q.Query},
			{"type": "article", "id": "2", "title": "Just words", "description": q.Query, "input_message_content": params{"message_text": "words about " + q.Query}},
		}}, nil)
	})
	c.Do(chromedp.SendKeys(chromedp.CSS("textarea"), "@imagika_test_bot foxes"))
	c.Seen(".inline-result", "Just words")
	c.Until(`document.querySelector(".inline-result img")?.naturalWidth > 0`)
	c.Still()
	c.Shot("inline")
	c.keys(down, kb.ArrowRight, enter)
	c.eventually("the chosen text", func() bool { m := c.last(); return m.Text == "words about foxes" && m.ViaBot != nil })
	c.Seen(".msg.out .via", "@imagika_test_bot")
	c.Until(`document.querySelector("textarea").value === "" && !document.querySelector(".inline-results").checkVisibility()`)
	c.Do(chromedp.SendKeys(chromedp.CSS("textarea"), "@imagika_test_bot moons"))
	c.Press(".inline-button", "Buy credits")
	c.eventually("the start from inline mode", func() bool { return c.last().Text == "/start buy" })
}

func price(stars int) params {
	return params{"title": "20 credits", "description": "Enough for a week of foxes", "payload": "order-1", "currency": "XTR", "prices": []params{{"label": "20 credits", "amount": stars}}}
}

// purchase pays an invoice, is refunded, and buys behind a link.
func purchase(c *chat) {
	var charge string
	paid := make(chan string, 2)
	c.hear(func(ctx context.Context, u telegramtest.Update) {
		switch {
		case u.PreCheckoutQuery != nil:
			c.api.call(ctx, "answerPreCheckoutQuery", params{"pre_checkout_query_id": u.PreCheckoutQuery.ID, "ok": true}, nil)
		case u.Message != nil && u.Message.SuccessfulPayment != nil:
			paid <- u.Message.SuccessfulPayment.TelegramPaymentChargeID
		}
	})
	before := c.ada.Stars()
	c.say("sendInvoice", price(100))
	c.Press(".key", "Pay")
	c.Seen(".pay h2", "20 credits")
	c.Seen(".pay-balance", "100,000")
	c.Still()
	c.Shot("pay")
	c.Press(".pay button", "Pay")
	c.Seen(".pay-done", "Payment successful")
	charge = <-paid
	if got := c.ada.Stars(); got != before-100 {
		c.t.Errorf("Ada has %d Stars after paying 100 of %d", got, before)
	}
	c.Press(".pay button", "Done")
	c.Seen(".divider", "You paid ⭐ 100")
	c.api.call(c.t.Context(), "refundStarPayment", params{"user_id": c.ada.ID(), "telegram_payment_charge_id": charge}, nil)
	c.Seen(".divider", "You were refunded ⭐ 100")
	var link string
	monthly := price(250)
	monthly["subscription_period"] = 2592000
	c.api.call(c.t.Context(), "createInvoiceLink", monthly, &link)
	c.say("sendMessage", params{"text": "Subscribe", "reply_markup": params{"inline_keyboard": [][]params{{{"text": "Every month", "url": link}}}}})
	c.Press(".key", "Every month")
	c.Seen(".pay-line", "every month")
	c.Press(".pay button", "Pay")
	c.Seen(".divider", "subscribed for a month")
}

// noPurchase is refused by the bot, and for want of Stars.
func noPurchase(c *chat) {
	c.hear(func(ctx context.Context, u telegramtest.Update) {
		if u.PreCheckoutQuery != nil {
			c.api.call(ctx, "answerPreCheckoutQuery", params{"pre_checkout_query_id": u.PreCheckoutQuery.ID, "ok": false, "error_message": "Sold out, sorry"}, nil)
		}
	})
	c.say("sendInvoice", price(100))
	c.Press(".key", "Pay")
	c.Press(".pay button", "Pay")
	c.Seen(".pay [role=alert]", "Sold out, sorry")
	c.keys(escape)
	c.Until(`!document.querySelector("dialog")`)
	c.ada.AddStars(-c.ada.Stars())
	c.Press(".key", "Pay")
	c.Seen(".pay", "Not enough Stars")
	c.Press(".pay button", "Pay")
	c.Until(`document.querySelector(".pay [role=alert]").textContent.includes("Stars")`)
	if n := len(c.tg.CallsTo("refundStarPayment")); n != 0 || strings.Contains(c.last().Content(), "paid") {
		c.t.Error("something was paid")
	}
}
