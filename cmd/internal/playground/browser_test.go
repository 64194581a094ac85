package playground_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
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
