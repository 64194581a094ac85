package playground_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// miniApp is an app of the bot on a site of its own: it says what it is told on its page.
const miniApp = `<!doctype html><meta charset="utf-8"><title>app</title>
<script src="%stelegram-web-app.js"></script>
<body style="background: var(--tg-theme-bg-color); color: var(--tg-theme-text-color); font: 16px sans-serif; padding: 20px">
<h1>Paint something</h1><p id="log"></p>
<script>
const app = Telegram.WebApp, log = document.getElementById("log");
const say = (...words) => { log.append(words.join(" "), document.createElement("br")); fetch("/said", {method: "POST", body: words.join(" ")}); };
app.ready(); app.expand();
say("hello", app.initDataUnsafe.user?.first_name ?? "nobody", app.colorScheme, app.platform);
app.MainButton.setText("Paint it").show().onClick(() => app.showConfirm("Really?", (yes) => { say("confirmed", yes); app.CloudStorage.setItem("style", "ink", () => app.CloudStorage.getItem("style", (_, style) => say("stored", style))); }));
app.BackButton.show().onClick(() => app.showAlert("Nothing behind", () => say("alerted")));
app.SecondaryButton.setText("Send data").show().onClick(() => app.sendData("a fox"));
app.onEvent("themeChanged", () => say("theme", app.colorScheme));
if (new URLSearchParams(location.search).has("invoice")) app.openInvoice(new URLSearchParams(location.search).get("invoice"), (status) => say("invoice", status));
</script>`

// studio is the Mini App's site, and what the app has said on its page.
type studio struct {
	c    *chat
	url  string
	mu   sync.Mutex
	said []string
}

func (c *chat) studio() *studio {
	c.t.Helper()
	s := &studio{c: c}
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/said" {
			words, _ := io.ReadAll(r.Body) // what is lost is missed by hears
			s.mu.Lock()
			defer s.mu.Unlock()
			s.said = append(s.said, string(words))
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, miniApp, c.page)
	}))
	c.t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

// hears waits until the app has said something.
func (s *studio) hears(words string) {
	s.c.t.Helper()
	s.c.eventually("the app says "+words, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return slices.Contains(s.said, words)
	})
}

// app opens from the menu button and from a button, and talks with the page around it.
func app(c *chat) {
	s := c.studio()
	c.tell("setChatMenuButton", params{"menu_button": params{"type": "web_app", "text": "Studio", "web_app": params{"url": s.url}}})
	c.Press(".bot-menu", "Studio")
	s.hears("hello Ada light weba")
	want(c, `document.querySelector(".app-frame").sandbox.contains("allow-top-navigation")`, false)
	c.Press(".app-button", "Paint it")
	c.Seen("dialog.card p", "Really?")
	c.Press("dialog.card button", "OK")
	s.hears("confirmed true")
	s.hears("stored ink")
	c.Press(".app-back", "Back")
	c.Seen("dialog.card p", "Nothing behind")
	c.keys(enter)
	s.hears("alerted")
	c.Theme("dark")
	s.hears("theme dark")
	c.Still()
	c.Shot("app")
	c.Press(".app-bar button", "Close the app")
	c.Until(`!document.querySelector("dialog")`)

	var link string
	c.api.call(c.t.Context(), "createInvoiceLink", price(10), &link)
	c.say("sendMessage", params{"text": "Open", "reply_markup": params{"inline_keyboard": [][]params{{{"text": "Buy", "web_app": params{"url": s.url + "?invoice=" + url.QueryEscape(link)}}}}}})
	c.Press(".key", "Buy")
	c.Seen(".pay h2", "20 credits")
	c.Press(".pay button", "Close")
	s.hears("invoice cancelled")
	c.Press(".app-bar button", "Close the app")
}

// appData comes from an app that a key opened.
func appData(c *chat) {
	s := c.studio()
	c.say("sendMessage", params{"text": "Choose", "reply_markup": params{"keyboard": [][]params{{{"text": "Studio", "web_app": params{"url": s.url}}}}}})
	c.Press(".reply-key", "Studio")
	s.hears("hello nobody light weba")
	c.Press(".app-button", "Send data")
	c.eventually("the data", func() bool {
		d := c.last().WebAppData
		return d != nil && d.Data == "a fox" && d.ButtonText == "Studio"
	})
	c.Until(`!document.querySelector("dialog")`)
	c.Seen(".divider", "Data from the “Studio” button")
}

// TestBridgeForOthers is the one thing that pages of other origins may load.
func TestBridgeForOthers(t *testing.T) {
	t.Parallel()
	page, _ := serve(t)
	code, body := ask(t, "GET", page+"telegram-web-app.js", "", map[string]string{"Sec-Fetch-Site": "cross-site"})
	if code != 200 || !strings.Contains(body, "WebApp") {
		t.Errorf("the bridge is %d %.80s", code, body)
	}
	if code, _ := ask(t, "GET", page+"assets/app.js", "", map[string]string{"Sec-Fetch-Site": "cross-site"}); code != http.StatusForbidden {
		t.Errorf("another script is %d, want 403", code)
	}
}
