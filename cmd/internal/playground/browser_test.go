package playground_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestBrowserConversation(t *testing.T) {
	hold := make(chan struct{})
	page, tg := serve(t)
	runBot(t, tg, hold)
	b := openTab(t, page)

	b.seen(".empty-card", "What can this bot do?")
	b.seen(".empty-card", "I paint it")
	b.still()
	b.shot("empty-light")
	b.press(".start", "Start")
	b.seen(".msg.in .bubble", "3 credits")
	if got := js[string](b, `document.querySelector(".msg.in .text strong").innerText`); got != "Hello!" {
		t.Errorf("bold text is %q, want Hello!", got)
	}
	b.press(".key", "Balance")
	b.seen("dialog.card", "A picture costs 1.")
	b.press("dialog button", "OK")

	b.write(0, "a red fox under a full moon")
	b.seen(".msg.in .bubble", "Painting, about 5 s left")
	b.seen(".state", "sending a photo")
	b.seen(".meta", "edited")
	hold <- struct{}{}
	b.until(`document.querySelector(".msg.in .photo img")?.naturalWidth > 0`)
	b.until(`![...document.querySelectorAll(".msg:not(.leaving)")].some((m) => m.innerText.includes("Painting, about"))`)
	b.press(".key", "Vary")
	b.seen(".toast", "Painting another one")
	b.seen(".msg.in .bubble", "a red fox under a full moon, once more")
	b.seen(".key", "Vary again")
	shots(b, "chat")
}

func TestBrowserTwoPeople(t *testing.T) {
	page, tg := serve(t)
	runBot(t, tg, nil)
	ada := tg.People()[0]
	ada.Start("")
	b := openTab(t, page)
	b.press(".person", "Add person")
	b.until(`document.querySelector("#person-name")`)
	b.do(chromedp.SetValue(chromedp.CSS("#person-name"), "Boris Novak"), chromedp.SetValue(chromedp.CSS("#person-language"), "de"))
	b.press("dialog button", "Add")
	b.seen(".pane .as", "Boris")
	b.press("#split", "Split")
	b.until(`document.querySelectorAll(".pane").length === 2`)
	b.write(0, "a lighthouse in a storm")
	b.press(".start", "Start")
	b.write(1, "ein Leuchtturm im Sturm")
	b.until(`document.querySelectorAll(".pane")[0].querySelector(".photo img")?.naturalWidth > 0`)
	b.until(`document.querySelectorAll(".pane")[1].querySelector(".photo img")?.naturalWidth > 0`)
	b.press("#calls", "API calls")
	b.seen(".method", "sendPhoto")
	b.do(chromedp.EmulateViewport(1440, 800))
	b.still()
	b.shot("two-light")
	b.press("#drawer .round", "Close")
	b.do(chromedp.EmulateViewport(390, 844))
	b.until(`document.querySelectorAll(".pane").length === 1`)
	for _, name := range []string{"Boris", "Ada"} {
		b.press(".person", name)
		b.until(fmt.Sprintf(`document.querySelector(".pane").ariaLabel.includes(%q)`, name))
	}
	b.still()
	b.shot("two-phone")
	if n := len(tg.People()); n != 2 {
		t.Errorf("there are %d people, want 2", n)
	}
	if got := tg.People()[1].User(); got.LastName != "Novak" || got.LanguageCode != "de" {
		t.Errorf("the new person is %+v", got)
	}
}

// TestBrowserKinds shows every kind of message the page draws, and fails for one that is
// drawn as nothing.
func TestBrowserKinds(t *testing.T) {
	page, tg := serve(t)
	ada := tg.People()[0]
	ada.Start("")
	b := openTab(t, page)
	b.until(`document.querySelector(".msg.out")`)
	api := &bot{t: t, base: tg.URL() + "/bot" + tg.Token() + "/"}
	say := func(method string, p params) {
		p["chat_id"] = ada.ID()
		api.call(t.Context(), method, p, nil)
	}
	ada.Album([][]byte{fox(t, 1), fox(t, 2), fox(t, 3)}, "three of them")
	ada.Document("lighthouse.pdf", []byte("%PDF-1.7"), "")
	ada.Sticker()
	ada.Voice()
	ada.Location()
	ada.Contact()
	say("sendMessage", params{"text": "<pre><code class=\"language-go\">fmt.Println(\"hi\")</code></pre>then <a href=\"https://example.org\">a link</a>, <u>under</u>, <s>over</s>", "parse_mode": "HTML"})
	say("sendMessage", params{"text": "<img src=x onerror=alert(1)> is text here"})
	say("sendInvoice", params{
		"title": "20 credits", "description": "Enough for a week of foxes", "payload": "order-1", "currency": "XTR",
		"prices": []params{{"label": "20 credits", "amount": 100}},
	})
	quoted := ada.Photo(fox(t, 1.5), "")
	say("setMessageReaction", params{"message_id": quoted.MessageID, "reaction": []params{{"type": "emoji", "emoji": "❤"}}})
	bare := ada.Photo(fox(t, 2), "")
	say("sendMessage", params{"text": "That one is lovely", "reply_parameters": params{"message_id": quoted.MessageID}})

	for _, selector := range []string{
		".album.n3 .tile", ".doc", ".big-emoji", ".voice", ".place", "pre code", ".text a[href^=https]", ".invoice .price", ".bare .photo", ".quote img", ".reactions",
	} {
		b.until(fmt.Sprintf("document.querySelector(%s)?.checkVisibility()", quote(selector)))
	}
	b.seen(".place", "Contact: Ada")
	b.seen(".key", "Pay")
	b.seen(".text", "<img src=x onerror=alert(1)> is text here")
	b.do(chromedp.EmulateViewport(1200, 2800))
	b.still()
	b.shot("kinds")
	b.do(chromedp.EmulateViewport(1200, 800))
	b.press(".album .tile", "Enlarge")
	b.until(`document.querySelector("dialog.lightbox img")?.naturalWidth > 0`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`!document.querySelector("dialog")`)
	say("deleteMessage", params{"message_id": bare.MessageID})
	b.until(`!document.querySelector(".bare .photo")`)
}

// TestBrowserComposer covers what a person does at the writing line.
func TestBrowserComposer(t *testing.T) {
	page, tg := serve(t)
	runBot(t, tg, nil)
	ada := tg.People()[0]
	ada.Start("")
	dir := t.TempDir()
	var files []string
	for i, name := range []string{"one.png", "two.png"} {
		files = append(files, filepath.Join(dir, name))
		if err := os.WriteFile(files[i], fox(t, float64(i)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := openTab(t, page)
	b.until(`document.querySelector(".line-in")?.checkVisibility()`)

	b.do(chromedp.SendKeys(chromedp.CSS("textarea"), "/b"))
	b.seen(".command-row", "/balance")
	b.until(`document.querySelectorAll(".command-row").length === 2`)
	b.shot("commands")
	b.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Tab))
	if got := js[string](b, `document.querySelector("textarea").value`); got != "/buy " {
		t.Errorf("Tab completed to %q, want /buy", got)
	}
	b.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace))

	b.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), files))
	b.until(`document.querySelectorAll(".staged img").length === 2`)
	b.still()
	b.shot("tray")
	b.write(0, "both of them")
	b.until(`document.querySelectorAll(".msg.out .album.n2 img").length === 2`)
	last := func() telegramtest.Message { ms := ada.Messages(); return ms[len(ms)-1] }
	tg.WaitMessage(t, ada, telegramtest.Has("A nice one"))
	b.until(`document.querySelectorAll(".staged").length === 0`)

	b.do(chromedp.SendKeys(chromedp.CSS("textarea"), "first"), chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)),
		chromedp.KeyEvent("second"))
	if got := js[string](b, `document.querySelector("textarea").value`); got != "first\nsecond" {
		t.Errorf("Shift and Enter wrote %q", got)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`[...document.querySelectorAll(".msg.out .text")].some((e) => e.innerText.startsWith("first\nsecond"))`)
	tg.WaitMessage(t, ada, func(m telegramtest.Message) bool { return m.Caption == "first\nsecond" })
	b.do(chromedp.Focus(chromedp.CSS("textarea")), chromedp.KeyEvent(kb.ArrowUp))
	b.seen(".strip", "Edit message")
	b.do(chromedp.KeyEvent("!"), chromedp.KeyEvent(kb.Enter))
	b.until(`[...document.querySelectorAll(".msg.out .text")].some((e) => e.innerText.startsWith("first\nsecond!"))`)
	if m := last(); m.Text == "first\nsecond!" {
		t.Error("the edit came as a new message")
	}
}

// TestBrowserReconnects loses the server and finds it again, with what happened meanwhile.
func TestBrowserReconnects(t *testing.T) {
	web, tg := serveWeb(t)
	b := openTab(t, web.page)
	b.seen(".empty-card", "What can this bot do?")
	web.down.Store(true)
	web.srv.CloseClientConnections()
	b.seen("#lost", "Reconnecting")
	tg.People()[0].Text("said while nobody looked")
	web.down.Store(false)
	b.seen(".msg.out", "said while nobody looked")
	b.until(`document.querySelector("#lost").innerText === ""`)
	b.do(chromedp.Reload())
	b.seen(".msg.out", "said while nobody looked")
}
