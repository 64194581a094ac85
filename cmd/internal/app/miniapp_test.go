package app_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
	"github.com/imagika/imagika/cmd/internal/site/sitetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// pixel is a Pixel 7.
var pixel = sitetest.Screen{Name: "phone", Width: 412, Height: 915}

// proxy stands where Telegram's app would, and keeps what the page says to it.
const proxy = `window.said = []; window.TelegramWebviewProxy = { postEvent: (type, data) => { window.said.push({ type, ...JSON.parse(data) }); } };
window.hears = (type, data) => window.Telegram.WebView.receiveEvent(type, data);`

// phone is somebody with the Mini App open on a phone.
type phone struct {
	*playgroundtest.Tab
	t   *testing.T
	axe string
	at  string

	mu     sync.Mutex
	faults []string
}

// newPhone is a browser that has nothing open yet.
func newPhone(t *testing.T, site string) *phone {
	t.Helper()
	f := &phone{Tab: playgroundtest.Start(t).Tab(t), t: t, axe: sitetest.AxeCore(t), at: site}
	if err := chromedp.Listen(f.Context(), f.hear); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, fault := range f.faults {
			t.Error(fault)
		}
	})
	return f
}

// openApp opens the Mini App as Telegram does: with a signed launch behind the address.
func openApp(t *testing.T, site string, p *telegramtest.Person) *phone {
	t.Helper()
	f := newPhone(t, site)
	if _, err := chromedp.Call(f.Context(), cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: proxy}); err != nil {
		t.Fatal(err)
	}
	sitetest.Show(f.Tab, pixel, sitetest.Dark)
	launch := url.Values{"tgWebAppData": {p.WebAppInitData("")}, "tgWebAppVersion": {"9.1"}, "tgWebAppPlatform": {"android"}, "tgWebAppThemeParams": {
		`{"bg_color":"#17212b","text_color":"#f5f5f5","hint_color":"#708499","link_color":"#6ab3f3","button_color":"#5288c1","button_text_color":"#ffffff","secondary_bg_color":"#232e3c","destructive_text_color":"#ec3942"}`,
	}}
	f.Do(chromedp.Navigate(site + "/app/#" + launch.Encode()))
	return f
}

// hear notes what the page must not do: ask anybody else, take a cookie.
func (f *phone) hear(event any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, f.at+"/") && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") {
			f.faults = append(f.faults, "a request leaves: "+u)
		}
	case *network.EventResponseReceivedExtraInfo:
		for name := range e.Headers {
			if strings.EqualFold(name, "Set-Cookie") {
				f.faults = append(f.faults, "an answer sets a cookie")
			}
		}
	}
}

func (f *phone) run(script string) {
	f.t.Helper()
	f.Do(chromedp.Evaluate[chromedp.Void](script))
}

// view goes to a view and looks at it: nobody is kept out of it, and it fits.
func (f *phone) view(hash, there string) {
	f.t.Helper()
	f.run("location.hash = " + playgroundtest.Quote(hash))
	f.look(hash, there)
}

func (f *phone) look(name, there string) {
	f.t.Helper()
	f.Until("document.querySelector(" + playgroundtest.Quote(there) + ")")
	f.Until(`!document.querySelector(".loading, .toast")`)
	f.Still()
	name = strings.NewReplacer("#", "", "/", "").Replace(name)
	sitetest.Axe(f.t, f.Tab, f.axe, "the view "+name)
	if playgroundtest.JS[bool](f.Tab, "document.documentElement.scrollWidth > innerWidth") {
		f.t.Errorf("the view %s is wider than the screen", name)
	}
	f.Shot("app-" + name)
}

// types writes into a field.
func (f *phone) types(field, text string) {
	f.t.Helper()
	f.Until("document.querySelector(" + playgroundtest.Quote(field) + ")")
	f.Do(chromedp.SendKeys(field, text))
}

// tile opens a picture of the gallery.
func (f *phone) tile(words string) {
	f.t.Helper()
	find := `[...document.querySelectorAll(".tile")].find((e) => e.checkVisibility() && e.querySelector("img")?.alt.includes(` + playgroundtest.Quote(words) + "))"
	f.Until(find)
	f.Do(chromedp.Click(chromedp.JSPath(find)))
}

// main waits until Telegram's button below the page can be pressed and says something, and presses it twice, as people do.
func (f *phone) main(words string) {
	f.t.Helper()
	f.Until(`(() => { const b = window.said.findLast((s) => s.type === "web_app_setup_main_button"); return b?.is_visible && b.is_active && b.text.includes(` + playgroundtest.Quote(words) + `); })()`)
	f.run(`hears("main_button_pressed"); hears("main_button_pressed")`)
}

// A person opens the Mini App on their phone and does everything there is to do.
func TestMiniApp(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a browser is slow")
	}
	w := newWorld(t, onEmbedded)
	w.env["IMAGIKA_PRICE"], w.env["IMAGIKA_LOCAL_DELAY"] = "6", "1s"
	a, _ := w.start()
	w.agree(w.person)
	const hostile = "a fox <img src=x onerror=alert(1)>"
	w.person.Text(hostile)
	w.picture(w.person, "a fox")
	f := openApp(t, "http://"+a.WebAddr, w.person)
	f.Until(`document.querySelector(".tile img")?.naturalWidth > 0`)
	if at := playgroundtest.JS[string](f.Tab, "location.href"); strings.Contains(at, "tgWebApp") {
		t.Errorf("the launch stays in the address: %s", at)
	}
	f.look("gallery", ".tile")
	f.looksAt(w, hostile)
	f.paints()
	f.buys(w)
	f.finds(hostile)
	f.deletes(w)
	f.rights()
	f.settles()
	w.books(w.store(), w.person)
}

// looksAt opens a picture, keeps it, and has it painted once more.
func (f *phone) looksAt(w *world, prompt string) {
	f.t.Helper()
	f.tile(prompt)
	f.Seen(".prompt p", prompt)
	f.Until(`document.querySelector(".strip img").naturalWidth > 0`)
	if playgroundtest.JS[bool](f.Tab, `Boolean(document.querySelector("[onerror]"))`) {
		f.t.Error("a prompt became a part of the page")
	}
	f.Press(".deeds .star", "Favorite")
	f.Until(`document.querySelector(".deeds .star").ariaPressed === "true"`)
	f.look("detail", ".deeds")
	f.shares(w)
	before := playgroundtest.JS[string](f.Tab, "location.hash")
	f.Press(".deeds .button", "Again")
	f.Until("location.hash !== " + playgroundtest.Quote(before) + ` && document.querySelector(".running progress")`)
	f.Shot("app-running")
	f.Until(`document.querySelector(".deeds") && document.querySelector(".strip img")?.naturalWidth > 0`)
}

// shares sends a picture on, by the message that Telegram has ready for that.
func (f *phone) shares(w *world) {
	f.t.Helper()
	const asked = `window.said.findLast((s) => s.type === "web_app_send_prepared_message")`
	f.Press(".deeds .round", "Share")
	f.Until(asked)
	if m, err := w.person.SendPrepared(playgroundtest.JS[string](f.Tab, asked+".id")); err != nil || len(m.Photo) == 0 || m.ViaBot == nil {
		f.t.Errorf("shared %+v, %v", m, err)
	}
	f.run(`hears("prepared_message_sent")`)
	f.Seen(".toast", "Sent")
}

// paints makes a picture, which costs the rest of the credits.
func (f *phone) paints() {
	f.t.Helper()
	f.view("#/create", "#prompt")
	f.types("#prompt", "a lighthouse in a storm")
	f.main("Create for 6 credits")
	f.Until(`document.querySelector(".deeds") && document.querySelector(".prompt p")?.innerText === "a lighthouse in a storm"`)
	f.run(`hears("back_button_pressed")`) // to where they came from
	f.Until(`document.querySelector(".prompt p")?.innerText.startsWith("a fox")`)
	f.run(`location.hash = "#/"`)
	f.Until(`document.querySelectorAll(".tile img").length === 3`) // pressed twice, painted once
}

// buys what is missing to the next picture, and pays in Telegram.
func (f *phone) buys(w *world) {
	f.t.Helper()
	f.view("#/create", "#prompt")
	f.types("#prompt", "mountains at dawn")
	f.Seen(".notice", "4 more credits")
	f.main("Get credits")
	f.look("wallet", ".pack")
	f.Seen(".balance", "2 credits")
	f.Press(".pack", "50")
	f.Until(`window.said.some((s) => s.type === "web_app_open_invoice")`)
	slug := playgroundtest.JS[string](f.Tab, `window.said.findLast((s) => s.type === "web_app_open_invoice").slug`)
	if _, err := w.person.PayLink("https://t.me/$" + slug); err != nil {
		f.t.Fatal(err)
	}
	f.run(`hears("invoice_closed", { slug: ` + playgroundtest.Quote(slug) + `, status: "paid" })`)
	f.Seen(".toast", "50 credits arrived")
	f.Seen(".balance", "52 credits")
	f.Seen(".list .plus", "50")
}

// finds a picture by its words, and by its star.
func (f *phone) finds(prompt string) {
	f.t.Helper()
	f.run(`location.hash = "#/"`)
	f.types("[type=search]", "lighthouse")
	f.Until(`location.hash.includes("q=lighthouse") && document.querySelectorAll(".tile").length === 1`)
	f.types("[type=search]", " zebra")
	f.Seen(".empty", "lighthouse zebra")
	f.run(`location.hash = "#/?favorite="`)
	f.Until(`document.querySelectorAll(".tile").length === 1 && document.querySelector(".tile img").alt === ` + playgroundtest.Quote(prompt))
}

// deletes a picture, thinks again, and deletes it after all.
func (f *phone) deletes(w *world) {
	f.t.Helper()
	s := w.store()
	count := func() int { return len(w.newest(s, w.person)) }
	before := count()
	f.run(`location.hash = "#/"`)
	for _, undo := range []bool{true, false} {
		f.tile("lighthouse")
		f.Press(".deeds .round", "Delete")
		f.Seen("dialog", "What they cost stays spent")
		f.Press("dialog .danger", "Delete")
		f.Seen(".toast", "Deleted")
		f.Until(`[...document.querySelectorAll(".grid li")].filter((e) => e.checkVisibility()).length === 2`)
		if undo {
			f.Press(".toast button", "Undo")
			f.Until(`[...document.querySelectorAll(".grid li")].filter((e) => e.checkVisibility()).length === 3`)
			if count() != before {
				f.t.Error("deleted before there was time to think again")
			}
		}
	}
	f.run(`dispatchEvent(new PageTransitionEvent("pagehide"))`) // nobody waits
	w.withinChat(w.person, 20*time.Second, "the deletion", func() bool { return count() == before-1 })
}

// rights are what somebody can do about their data.
func (f *phone) rights() {
	f.t.Helper()
	f.view("#/privacy", ".rights")
	f.Press(".rights button", "Get a copy")
	f.Seen(".toast", "comes to your chat")
	f.Press(".rights button", "Erase my account")
	f.Until(`document.querySelector("dialog .danger")?.disabled`)
	f.Still()
	sitetest.Axe(f.t, f.Tab, f.axe, "the dialog of an erasure")
	f.Shot("app-erase")
	f.run(`document.querySelector("dialog .tick input").click()`)
	f.Press("dialog .danger", "Erase everything")
	f.Seen(".notice", "Your account is erased on")
	f.Press(".notice button", "Keep my account")
	f.Until(`!document.querySelector(".stack .notice")`)
	f.run(`document.querySelector(".switch").click()`)
	f.Seen("#news", "frozen")
	f.Until(`document.querySelector(".switch:checked:enabled")`)
	f.run(`document.querySelector(".switch").click()`)
	f.Until(`!document.querySelector("#news .notice")`)
}

// settles changes the language, and lets the session end: nobody notices.
func (f *phone) settles() {
	f.t.Helper()
	f.view("#/settings", ".switch")
	f.run(`const s = document.querySelector("select"); s.value = "de"; s.dispatchEvent(new Event("change"))`)
	f.Until(`document.documentElement.lang === "de"`)
	f.Seen("#tabs", "Galerie")
	f.run(`sessionStorage.setItem("app.session", JSON.stringify({ token: "ended", end: "2020-01-01T00:00:00Z" }))`)
	f.run(`location.hash = "#/wallet"`)
	f.Seen(".balance", "52 Credits")
	f.run(`location.hash = "#/g/01JABCDEFGHJKMNPQRSTVWXYZ0"`)
	f.Until(`document.querySelector(".problem")`)
	f.run(`location.hash = "#/"`)
	f.Until(`document.querySelectorAll(".tile").length > 0`)
	sitetest.Show(f.Tab, sitetest.Desktop, sitetest.Light)
	f.look("desktop", ".tile")
}
