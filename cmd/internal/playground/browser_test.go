package playground_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestBrowserConversation(t *testing.T) {
	hold := make(chan struct{})
	page, tg := serve(t)
	runBot(t, tg, hold)
	b := playgroundtest.Open(t, page)

	b.Seen(".empty-card", "What can this bot do?")
	b.Seen(".empty-card", "I paint it")
	b.Still()
	b.Shot("empty-light")
	b.Press(".start", "Start")
	b.Seen(".msg.in .bubble", "3 credits")
	if got := playgroundtest.JS[string](b, `document.querySelector(".msg.in .text strong").innerText`); got != "Hello!" {
		t.Errorf("bold text is %q, want Hello!", got)
	}
	b.Press(".key", "Balance")
	b.Seen("dialog.card", "A picture costs 1.")
	b.Press("dialog button", "OK")

	b.Write(0, "a red fox under a full moon")
	b.Seen(".msg.in .bubble", "Painting, about 5 s left")
	b.Seen(".state", "sending a photo")
	b.Seen(".meta", "edited")
	hold <- struct{}{}
	b.Until(`document.querySelector(".msg.in .photo img")?.naturalWidth > 0`)
	b.Until(`![...document.querySelectorAll(".msg:not(.leaving)")].some((m) => m.innerText.includes("Painting, about"))`)
	b.Press(".key", "Vary")
	b.Seen(".toast", "Painting another one")
	b.Seen(".msg.in .bubble", "a red fox under a full moon, once more")
	b.Seen(".key", "Vary again")
	playgroundtest.Shots(b, "chat")
}

func TestBrowserTwoPeople(t *testing.T) {
	page, tg := serve(t)
	runBot(t, tg, nil)
	ada := tg.People()[0]
	ada.Start("")
	b := playgroundtest.Open(t, page)
	b.Press(".person", "Add person")
	b.Until(`document.querySelector("#person-name")`)
	b.Do(chromedp.SetValue(chromedp.CSS("#person-name"), "Boris Novak"), chromedp.SetValue(chromedp.CSS("#person-language"), "de"))
	b.Press("dialog button", "Add")
	b.Seen(".pane .as", "Boris")
	b.Press("#split", "Split")
	b.Until(`document.querySelectorAll(".pane").length === 2`)
	b.Write(0, "a lighthouse in a storm")
	b.Press(".start", "Start")
	b.Write(1, "ein Leuchtturm im Sturm")
	b.Until(`document.querySelectorAll(".pane")[0].querySelector(".photo img")?.naturalWidth > 0`)
	b.Until(`document.querySelectorAll(".pane")[1].querySelector(".photo img")?.naturalWidth > 0`)
	b.Press("#calls", "API calls")
	b.Seen(".method", "sendPhoto")
	b.Do(chromedp.EmulateViewport(1440, 800))
	b.Still()
	b.Shot("two-light")
	b.Press("#drawer .round", "Close")
	b.Do(chromedp.EmulateViewport(390, 844))
	b.Until(`document.querySelectorAll(".pane").length === 1`)
	for _, name := range []string{"Boris", "Ada"} {
		b.Press(".person", name)
		b.Until(fmt.Sprintf(`document.querySelector(".pane").ariaLabel.includes(%q)`, name))
	}
	b.Still()
	b.Shot("two-phone")
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
	b := playgroundtest.Open(t, page)
	b.Until(`document.querySelector(".msg.out")`)
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
		b.Until(fmt.Sprintf("document.querySelector(%s)?.checkVisibility()", playgroundtest.Quote(selector)))
	}
	b.Seen(".place", "Contact: Ada")
	b.Seen(".key", "Pay")
	b.Seen(".text", "<img src=x onerror=alert(1)> is text here")
	b.Do(chromedp.EmulateViewport(1200, 2800))
	b.Still()
	b.Shot("kinds")
	b.Do(chromedp.EmulateViewport(1200, 800))
	b.Press(".album .tile", "Enlarge")
	b.Until(`document.querySelector("dialog.lightbox img")?.naturalWidth > 0`)
	b.Do(chromedp.KeyEvent(kb.Escape))
	b.Until(`!document.querySelector("dialog")`)
	say("deleteMessage", params{"message_id": bare.MessageID})
	b.Until(`!document.querySelector(".bare .photo")`)
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
	b := playgroundtest.Open(t, page)
	b.Until(`document.querySelector(".line-in")?.checkVisibility()`)

	b.Do(chromedp.SendKeys(chromedp.CSS("textarea"), "/b"))
	b.Seen(".command-row", "/balance")
	b.Until(`document.querySelectorAll(".command-row").length === 2`)
	b.Shot("commands")
	b.Do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Tab))
	if got := playgroundtest.JS[string](b, `document.querySelector("textarea").value`); got != "/buy " {
		t.Errorf("Tab completed to %q, want /buy", got)
	}
	b.Do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace))

	b.Do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), files))
	b.Until(`document.querySelectorAll(".staged img").length === 2`)
	b.Still()
	b.Shot("tray")
	b.Write(0, "both of them")
	b.Until(`document.querySelectorAll(".msg.out .album.n2 img").length === 2`)
	last := func() telegramtest.Message { ms := ada.Messages(); return ms[len(ms)-1] }
	tg.WaitMessage(t, ada, telegramtest.Has("A nice one"))
	b.Until(`document.querySelectorAll(".staged").length === 0`)

	b.Do(chromedp.SendKeys(chromedp.CSS("textarea"), "first"), chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)),
		chromedp.KeyEvent("second"))
	if got := playgroundtest.JS[string](b, `document.querySelector("textarea").value`); got != "first\nsecond" {
		t.Errorf("Shift and Enter wrote %q", got)
	}
	b.Do(chromedp.KeyEvent(kb.Enter))
	b.Until(`[...document.querySelectorAll(".msg.out .text")].some((e) => e.innerText.startsWith("first\nsecond"))`)
	tg.WaitMessage(t, ada, func(m telegramtest.Message) bool { return m.Caption == "first\nsecond" })
	b.Do(chromedp.Focus(chromedp.CSS("textarea")), chromedp.KeyEvent(kb.ArrowUp))
	b.Seen(".strip", "Edit message")
	b.Do(chromedp.KeyEvent("!"), chromedp.KeyEvent(kb.Enter))
	b.Until(`[...document.querySelectorAll(".msg.out .text")].some((e) => e.innerText.startsWith("first\nsecond!"))`)
	if m := last(); m.Text == "first\nsecond!" {
		t.Error("the edit came as a new message")
	}
}

// TestBrowserReconnects loses the server and finds it again, with what happened meanwhile.
func TestBrowserReconnects(t *testing.T) {
	web, tg := serveWeb(t)
	b := playgroundtest.Open(t, web.page)
	b.Seen(".empty-card", "What can this bot do?")
	web.down.Store(true)
	web.srv.CloseClientConnections()
	b.Seen("#lost", "Reconnecting")
	tg.People()[0].Text("said while nobody looked")
	web.down.Store(false)
	b.Seen(".msg.out", "said while nobody looked")
	b.Until(`document.querySelector("#lost").innerText === ""`)
	b.Do(chromedp.Reload())
	b.Seen(".msg.out", "said while nobody looked")
}
