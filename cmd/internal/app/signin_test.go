package app_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
	"github.com/imagika/imagika/cmd/internal/site/sitetest"
	"github.com/imagika/imagika/workers/mail/mailtest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var (
	linkCode = regexp.MustCompile(`\b\d{6}\b`)
	doorCode = regexp.MustCompile(`\b\d{4} \d{4}\b`)
)

// Somebody links an address in the chat and then opens their gallery in a browser that knows nothing of Telegram.
func TestSignInByMailInTheBrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a browser is slow")
	}
	w, post := newWorld(t, onEmbedded), mailtest.New(t, mailtest.Options{Plain: true})
	w.env["IMAGIKA_SMTP_URL"], w.env["IMAGIKA_MAIL_FROM"] = post.URL, "bot@example.org"
	a, _ := w.start()
	w.agree(w.person)
	w.person.Text("a lighthouse in a storm")
	w.picture(w.person, "a lighthouse")
	w.links(post, "ada@example.org")

	f := newPhone(t, "http://"+a.WebAddr)
	sitetest.Show(f.Tab, pixel, sitetest.Light)
	f.Do(chromedp.Navigate(f.at + "/app/"))
	f.look("signin", ".signin .mail-room")
	f.Press(".mail-room button", "Sign in by e-mail")
	f.types("[type=email]", "ada@example.org\r")
	f.Seen(".mail-room p", "a code is on its way")
	f.look("signin-code", ".mail-room .digits")
	f.types(".mail-room .digits", "0000 0000\r")
	f.Seen(".toast", "")
	f.types(".mail-room .digits", doorCode.FindString(post.Await(2).Text)+"\r")
	f.Until(`document.querySelector(".tile img")?.naturalWidth > 0`)
	if shown := playgroundtest.JS[string](f.Tab, `document.querySelector(".tile img").alt`); shown != "a lighthouse in a storm" {
		t.Errorf("the gallery shows %q", shown)
	}
	f.look("signed-in", ".tile")
}

// links has the person link an address, by the code that is sent to it.
func (w *world) links(post *mailtest.Server, address string) {
	w.t.Helper()
	w.person.Text("/privacy")
	for _, button := range []string{"✏️ Correct", "📧 E-mail address"} {
		w.press(w.person, w.waitFor(w.person, 20*time.Second, func(m telegramtest.Message) bool { _, ok := m.Button(button); return ok }), button)
	}
	w.reply(w.has(w.person, "Which e-mail address?").MessageID, address)
	w.reply(w.has(w.person, "A code is on its way").MessageID, linkCode.FindString(post.Await(1).Subject))
	w.waitFor(w.person, 20*time.Second, telegramtest.Has("is linked"))
}

func (w *world) reply(to int64, text string) {
	w.t.Helper()
	if _, err := w.person.Reply(to, text); err != nil {
		w.t.Fatal(err)
	}
}
