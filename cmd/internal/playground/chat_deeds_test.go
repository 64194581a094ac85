package playground_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// reactions go both ways, and a press on one's own takes it back.
func reactions(c *chat) {
	m := c.say("sendMessage", params{"text": "Do you like it?"})
	c.menu(m.MessageID)
	c.Press(".menu .react", "React 🔥")
	c.eventually("Ada's reaction", func() bool {
		got, _ := c.ada.Message(m.MessageID)
		return len(got.Reactions) == 1 && got.Reactions[0].Emoji == "🔥" && got.Reactions[0].UserID == c.ada.ID()
	})
	c.sees(".reaction.mine")
	c.tell("setMessageReaction", params{"message_id": m.MessageID, "reaction": []params{{"type": "emoji", "emoji": "🔥"}}})
	c.Until(`document.querySelector(".reaction")?.ariaLabel === "🔥, 2, yours"`)
	c.Press(".reaction", "🔥")
	c.Until(`document.querySelector(".reaction")?.ariaLabel === "🔥, 1"`)
	c.menu(m.MessageID)
	c.Press(".menu .react", "More reactions")
	c.Press(".menu .react", "React 🏆")
	c.eventually("another reaction", func() bool {
		got, _ := c.ada.Message(m.MessageID)
		return slices.ContainsFunc(got.Reactions, func(r telegramtest.Reaction) bool { return r.Emoji == "🏆" })
	})
}

// deeds are the entries of a message's menu.
func deeds(c *chat) {
	c.allowClipboard()
	own := c.ada.Text("a fox in snow")
	c.menu(own.MessageID)
	c.Shot("menu")
	c.Press(".menu button", "Copy text")
	c.Seen(".toast", "Text copied")
	c.clipboard("a fox in snow")
	c.menu(own.MessageID)
	c.Press(".menu button", "Copy id")
	c.clipboard(strconv.FormatInt(own.MessageID, 10))
	c.menu(own.MessageID)
	c.Press(".menu button", "Send again")
	c.eventually("the text again", func() bool { m := c.last(); return m.Text == "a fox in snow" && m.MessageID != own.MessageID })
	c.menu(own.MessageID)
	c.Press(".menu button", "Edit")
	c.Seen(".strip", "Edit message")
	c.keys(" and ice", enter)
	c.eventually("the edit", func() bool { m, _ := c.ada.Message(own.MessageID); return m.Text == "a fox in snow and ice" })
	c.Seen(".msg.out .edited", "edited")
	photo := c.ada.Photo(fox(c.t, 1), "")
	c.menu(photo.MessageID)
	c.Press(".menu button", "Send again")
	c.eventually("the picture again", func() bool { m := c.last(); return len(m.Photo) > 0 && m.MessageID != photo.MessageID })
	c.menu(photo.MessageID)
	c.Press(".menu button", "Forward")
	c.Press(".chooser-row", "Imagika")
	c.eventually("the forward", func() bool { m := c.last(); return m.ForwardOrigin != nil && len(m.Photo) > 0 })
	c.Seen(".forwarded", "Forwarded from")
	c.menu(photo.MessageID)
	c.Press(".menu button", "Copy picture")
	c.Seen(".toast", "Picture copied")
	c.menu(photo.MessageID)
	c.Press(".menu button", "Delete")
	c.Press("dialog button", "Delete")
	c.eventually("the deletion", func() bool { m, _ := c.ada.Message(photo.MessageID); return m.Deleted })
	c.Until(fmt.Sprintf(`!document.querySelector(".msg[data-id='%d']")`, photo.MessageID))
}

// clipboard is one for all pages of the browser: tests that use it take turns.
var clipboard sync.Mutex

func (c *chat) allowClipboard() {
	c.t.Helper()
	clipboard.Lock()
	c.t.Cleanup(clipboard.Unlock)
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(c.Context(), browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted,
			Origin: strings.TrimSuffix(c.page, "/play/"), BrowserContextID: chromedp.FromContext(c.Context()).BrowserContextID,
		})
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

// clipboard waits for a text to be there.
func (c *chat) clipboard(text string) {
	c.t.Helper()
	c.Do(chromedp.Evaluate[chromedp.Void](`window.pasted = ""; (async () => { while (window.pasted !== ` + playgroundtest.Quote(text) +
		`) { window.pasted = await navigator.clipboard.readText(); await new Promise((r) => setTimeout(r, 30)); } })()`))
	c.Until(`window.pasted === ` + playgroundtest.Quote(text))
}

// quotes answer by a double click, and lead back to what they answer.
func quotes(c *chat) {
	first := c.say("sendMessage", params{"text": "the very first"})
	for i := range 30 {
		c.say("sendMessage", params{"text": fmt.Sprintf("number %d\nof many", i)})
	}
	c.Seen(".msg", "number 29")
	reply := c.say("sendMessage", params{"text": "see above", "reply_parameters": params{"message_id": first.MessageID, "quote": "very first"}})
	c.Seen(".quote", "very first")
	c.settled()
	c.Press(".quote", "very first")
	row := fmt.Sprintf(`document.querySelector(".msg[data-id='%d']")`, first.MessageID)
	c.Until(row + `.classList.contains("flash")`)
	c.Until(row + `.getBoundingClientRect().top > 100`)
	c.sees(".down.shown")
	c.Press(".down", "newest")
	c.Until(`!document.querySelector(".down.shown")`)
	c.Do(chromedp.DoubleClick(chromedp.JSPath(fmt.Sprintf(`document.querySelector(".msg[data-id='%d'] .text")`, reply.MessageID))))
	c.Seen(".strip", "Reply to Imagika")
	c.keys("got it", enter)
	c.eventually("the answer", func() bool {
		m := c.last()
		return m.Text == "got it" && m.ReplyToMessage != nil && m.ReplyToMessage.MessageID == reply.MessageID
	})
	c.Until(`!document.querySelector(".strip").checkVisibility()`)
}

// veils are spoilers, protected messages and folded quotations.
func veils(c *chat) {
	c.say("sendMessage", params{"parse_mode": "HTML", "text": "It was <tg-spoiler>the fox</tg-spoiler>."})
	c.upload("sendPhoto", map[string]string{"has_spoiler": "true"}, map[string][]byte{"photo": fox(c.t, 1)})
	long := strings.Repeat("A long line of a long story about a fox in the snow. ", 12)
	c.say("sendMessage", params{"parse_mode": "HTML", "text": "<blockquote expandable>" + long + "</blockquote>"})
	locked := c.upload("sendPhoto", map[string]string{"protect_content": "true", "caption": "mine alone"}, map[string][]byte{"photo": fox(c.t, 2)})
	c.Press(".spoiler", "the fox")
	c.sees(".spoiler.shown")
	c.Press(".photo.veiled", "Hidden picture")
	c.Until(`!document.querySelector(".veiled") && !document.querySelector("dialog")`)
	height := playgroundtest.JS[float64](c.Tab, `document.querySelector(".e-expandable_blockquote").offsetHeight`)
	c.Press(".fold", "Show the whole")
	c.Until(fmt.Sprintf(`document.querySelector(".e-expandable_blockquote").offsetHeight > %f + 40`, height))
	c.menu(locked.MessageID)
	want(c, `[...document.querySelectorAll(".menu [role=menuitem]")].some((b) => /Forward|Copy text|Copy picture/.test(b.textContent))`, false)
	c.keys(escape)
	paid := c.upload("sendPaidMedia", map[string]string{"star_count": "25", "media": `[{"type":"photo","media":"attach://picture"}]`}, map[string][]byte{"picture": fox(c.t, 3)})
	c.settled()
	c.Press(".paid", "Unlock for 25")
	c.Press("dialog button", "Pay")
	c.eventually("the paid picture", func() bool {
		m, _ := c.ada.Message(paid.MessageID)
		return slices.Contains(m.BoughtBy, c.ada.ID())
	})
	c.sees(".paid.open img")
	// Something else changes the row: what was shown stays shown.
	c.tell("setMessageReaction", params{"message_id": locked.MessageID - 3, "reaction": []params{{"type": "emoji", "emoji": "👍"}}})
	c.sees(".reaction", ".spoiler.shown")
}

// edits change a message without moving what is being read.
func edits(c *chat) {
	last := c.say("sendMessage", params{"text": "status"})
	top := last
	for i := range 40 {
		m := c.say("sendMessage", params{"text": fmt.Sprintf("number %d", i)})
		if i == 0 {
			top = m
		}
	}
	c.Seen(".msg", "number 39")
	c.settled()
	c.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".log").scrollTo(0, 400)`))
	c.sees(".down.shown")
	seen := `[...document.querySelectorAll(".msg")].find((m) => m.innerText.includes("number 12")).getBoundingClientRect().top`
	before := playgroundtest.JS[float64](c.Tab, seen)
	c.say("editMessageText", params{"message_id": top.MessageID, "text": strings.Repeat("much longer now\n", 9)})
	c.Seen(".msg", "much longer now")
	if after := playgroundtest.JS[float64](c.Tab, seen); after-before > 2 || before-after > 2 {
		c.t.Errorf("an edit above moved the text from %f to %f", before, after)
	}
	c.say("sendMessage", params{"text": "news"})
	c.Until(`document.querySelector(".down .badge").textContent === "1"`)
}

// drafts stream as a ghost until the message comes.
func drafts(c *chat) {
	c.tell("sendChatAction", params{"action": "upload_photo"})
	c.Seen(".state", "sending a photo")
	c.tell("sendMessageDraft", params{"draft_id": 7, "text": ""})
	c.Seen(".ghost", "Thinking")
	c.tell("sendMessageDraft", params{"draft_id": 7, "text": "Once upon"})
	c.tell("sendMessageDraft", params{"draft_id": 7, "text": "Once upon a time"})
	c.Seen(".ghost", "Once upon a time")
	c.say("sendMessage", params{"text": "Once upon a time there was a fox"})
	c.Until(`!document.querySelector(".ghost")`)
	c.Seen(".msg.in", "there was a fox")
}

// roving is the chat without a mouse.
func roving(c *chat) {
	c.say("sendMessage", params{"text": "one", "reply_markup": params{"inline_keyboard": [][]params{{{"text": "Press me", "callback_data": "x"}}}}})
	c.say("sendMessage", params{"text": "two"})
	c.Seen(".msg", "two")
	want(c, `document.querySelectorAll(".log [tabindex='0']").length`, 1)
	c.Do(chromedp.Focus(chromedp.CSS(".msg[tabindex='0']")))
	label := `document.activeElement.ariaLabel`
	want(c, label+`.startsWith("Imagika: two")`, true)
	c.keys(up)
	want(c, label+`.startsWith("Imagika: one")`, true)
	c.keys(tab, tab, tab)
	want(c, `document.activeElement.closest(".msg")?.ariaLabel.startsWith("Imagika: one")`, true)
	c.Do(chromedp.Focus(chromedp.CSS(".msg[tabindex='0']")))
	c.keys(enter)
	c.Until(`document.activeElement.getAttribute("role") === "menuitem"`)
	c.keys(down, escape)
	c.Until(`!document.querySelector(".menu") && document.activeElement.matches(".msg")`)
	c.keys(escape)
	want(c, `document.activeElement.matches("textarea")`, true)
	want(c, `document.querySelector(".log").getAttribute("aria-live")`, "polite")
}

// touch answers by a swipe.
func touch(c *chat) {
	m := c.say("sendMessage", params{"text": "swipe me"})
	c.Do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	c.Seen(".msg", "swipe me")
	c.Still()
	type point struct{ X, Y float64 }
	at := playgroundtest.JS[point](c.Tab, fmt.Sprintf(`(() => { const r = document.querySelector(".msg[data-id='%d'] .text").getBoundingClientRect(); return {X: r.left + r.width / 2, Y: r.top + 8}; })()`, m.MessageID))
	touch := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
		if _, err := chromedp.Call(c.Context(), input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points}); err != nil {
			c.t.Fatal(err)
		}
	}
	touch("touchStart", &input.TouchPoint{X: at.X, Y: at.Y})
	for dx := 0.0; dx <= 90; dx += 15 {
		touch("touchMove", &input.TouchPoint{X: at.X - dx, Y: at.Y})
	}
	touch("touchEnd")
	c.Seen(".strip", "Reply to Imagika")
	want(c, `document.documentElement.scrollWidth <= innerWidth`, true)
}

// group has names, faces and one's own side.
func group(c *chat) {
	boris := c.tg.Person(telegramtest.PersonConfig{FirstName: "Boris"})
	g := c.tg.Group("Fox club", c.ada, boris)
	boris.In(g).Text("hello all")
	c.ada.In(g).Text("hi Boris")
	c.api.call(c.t.Context(), "sendMessage", params{"chat_id": g.ID(), "text": "I am here too"}, nil)
	c.Do(chromedp.Reload())
	c.Press(".person, .people button", "Fox club")
	c.Seen(".pane .who", "Fox club")
	c.Seen(".sender", "Boris")
	c.Seen(".sender", "Imagika")
	c.Seen(".msg.out", "hi Boris")
	want(c, `[...document.querySelectorAll(".msg.in")].some((m) => m.innerText.includes("hi Boris"))`, false)
	c.Still()
	c.Shot("group")
	c.Write(0, "/start@imagika_test_bot")
	c.eventually("a command in the group", func() bool {
		ms := g.Messages()
		return ms[len(ms)-1].Text == "/start@imagika_test_bot" && ms[len(ms)-1].From.ID == c.ada.ID()
	})
}
