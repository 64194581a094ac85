package app_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
)

// The first minute of a newcomer: "imagika run" with nothing set and nothing installed, the page, Start, a prompt, a
// picture. Nothing here is a stand-in but Telegram itself.
func TestFirstMinuteInTheBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser is slow")
	}
	w := &world{t: t, env: map[string]string{
		"IMAGIKA_DATA": t.TempDir(), "IMAGIKA_WEB_ADDR": "127.0.0.1:0", "IMAGIKA_ADMIN_ADDR": "127.0.0.1:0",
		"IMAGIKA_LOG_LEVEL": "error", "IMAGIKA_LOCAL_DELAY": "4s",
	}}
	c := w.spawn("")
	b := playgroundtest.Open(t, "http://"+c.Web+"/play/")
	b.Seen(".empty-card", "What can this bot do?")
	b.Still()
	b.Shot("1-empty")
	b.Press(".start", "Start")
	b.Seen(".msg.in .bubble", "Hi, I’m Imagika")
	b.Still()
	b.Shot("2-age")
	b.Write(0, born)
	b.Seen(".msg.in .bubble", "Tap Agree")
	b.Still()
	b.Shot("2-consent")
	b.Press(".key", "Agree")
	b.Seen(".msg.in .bubble", "20 credits")
	b.Write(0, "a red fox under a full moon --seed 5")
	b.Seen(".msg.in .bubble", "is painting")
	b.Still()
	b.Shot("3-progress")
	b.Until(`document.querySelector(".msg.in .photo img")?.naturalWidth > 0`)
	b.Seen(".msg.in .bubble", "not an AI model")
	b.Seen(".key", "Again")
	b.Do(chromedp.EmulateViewport(1200, 900))
	playgroundtest.Shots(b, "4-picture")

	// The page and the program are closed and opened again: the chat is still there, and goes on.
	time.Sleep(2 * time.Second) // the snapshot is written a moment later
	c.Kill()
	c = w.spawn("")
	b = playgroundtest.Open(t, "http://"+c.Web+"/play/")
	b.Until(`document.querySelector(".msg.in .photo img")?.naturalWidth > 0`)
	b.Write(0, "/balance")
	b.Seen(".msg.in .bubble", "19 credits")
	b.Still()
	b.Shot("5-again")
}
