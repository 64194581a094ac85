package playground_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// TestFrame holds what stands around the chats: the side panel, people and groups, columns,
// the address, the theme.
func TestFrame(t *testing.T) {
	browser := playgroundtest.Start(t)
	for name, test := range map[string]func(*chat){
		"calls": callsPanel, "updates": updatesPanel, "faults": faultsPanel, "columns": columns, "people": peopleMenu,
		"groups": groupsList, "address": address, "themes": themes, "unread": unread, "deep link": deepLink, "export": exported,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(openChat(t, browser))
		})
	}
}

func count(c *chat, selector string) int {
	return playgroundtest.JS[int](c.Tab, fmt.Sprintf("document.querySelectorAll(%s).length", playgroundtest.Quote(selector)))
}

// fill puts text into a field as typing it would.
func (c *chat) fill(selector, text string) {
	c.t.Helper()
	c.Until(fmt.Sprintf("document.querySelector(%s)", playgroundtest.Quote(selector)))
	c.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const field = document.querySelector(%s);
		field.value = %s;
		for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
	})()`, playgroundtest.Quote(selector), playgroundtest.Quote(text))))
}

// tap opens a row of the people list by its menu.
func (c *chat) tap(title, item string) {
	c.t.Helper()
	c.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector('[aria-label=\"More about %s\"]').click()", title)))
	c.Press(".menu button", item)
}

func callsPanel(c *chat) {
	c.Press("#calls", "API calls")
	m := c.say("sendMessage", params{"text": "hello <b>you</b>", "parse_mode": "HTML"})
	c.tell("sendChatAction", params{"action": "typing"})
	c.tg.Fault(telegramtest.Fault{Kind: telegramtest.Refuse, Method: "sendDice", Code: 429, RetryAfter: 7, Times: 1})
	_, _ = ask(c.t, "POST", c.tg.URL()+"/bot"+c.tg.Token()+"/sendDice", fmt.Sprintf(`{"chat_id":%d}`, c.ada.ID()), nil)
	c.Seen(".call-open", "sendMessage")
	c.Seen(".troubled .call-open", "refuse")
	c.Seen(".troubled .code.late", "429")

	c.fill(".filter", "chataction")
	c.Until(`[...document.querySelectorAll(".calls li")].filter((e) => e.checkVisibility()).length === 1`)
	c.fill(".filter", "hello SENDMESSAGE")
	c.Until(`[...document.querySelectorAll(".calls li")].filter((e) => e.checkVisibility()).length === 1`)
	c.fill(".filter", "")
	c.Press(".part-row label", "Errors only")
	c.Until(`[...document.querySelectorAll("#part-calls .calls li")].filter((e) => e.checkVisibility()).length === 1`)
	c.Press(".part-row label", "Errors only")

	c.Press(".call-open", "sendMessage")
	c.Seen(".call-body pre", `"parse_mode": "HTML"`)
	c.Seen(".call-body pre", fmt.Sprintf(`"message_id": %d`, m.MessageID))
	c.Do(chromedp.Evaluate[chromedp.Void](`navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }`))
	c.Press(".call-body button", "Copy as curl")
	c.Until(`window.copied`)
	curl := playgroundtest.JS[string](c.Tab, "window.copied")
	if strings.Contains(curl, c.tg.Token()) || !strings.Contains(curl, "/bot$TOKEN/sendMessage") || !strings.Contains(curl, "'text=hello <b>you</b>'") {
		c.t.Errorf("the command is %s", curl)
	}
	c.Press(".call-line .round", fmt.Sprintf("Show message %d", m.MessageID))
	c.Until(fmt.Sprintf(`document.querySelector('[data-id="%d"]').classList.contains("flash")`, m.MessageID))

	c.Press(".part-row button", "Pause")
	c.say("sendMessage", params{"text": "while paused"})
	c.Seen(".part-row button", "Resume (1)")
	before := count(c, "#part-calls .calls li")
	c.Press(".part-row button", "Resume")
	c.Until(fmt.Sprintf(`document.querySelectorAll("#part-calls .calls li").length === %d`, before+1))
	c.Still()
	c.Shot("calls")
	c.Press(".part-row button", "Clear")
	c.Until(`document.querySelectorAll("#part-calls .calls li").length === 0`)
	c.Seen(".nothing", "No calls yet")
}

func updatesPanel(c *chat) {
	c.Do(chromedp.KeyEvent("u", chromedp.KeyModifiers(chromedp.ModifierAlt)))
	c.Seen("#part-updates .method", "message")
	c.Seen("#part-updates .code", "waiting")
	c.Seen(".hook", "the bot polls")
	c.Press("#part-updates .call-open", "message")
	c.Seen("#part-updates pre", `"text": "/start"`)
	ids := c.tg.PendingUpdates()
	c.api.call(c.t.Context(), "getUpdates", params{"offset": ids[len(ids)-1] + 1}, nil)
	c.Seen("#part-updates .code", "taken")
	if got := playgroundtest.JS[string](c.Tab, "location.hash"); !strings.Contains(got, "panel=updates") {
		c.t.Errorf("the address is %s", got)
	}
	c.Shot("updates")
}

func faultsPanel(c *chat) {
	send := func() int {
		code, _ := ask(c.t, "POST", c.tg.URL()+"/bot"+c.tg.Token()+"/sendMessage", fmt.Sprintf(`{"chat_id":%d,"text":"hi"}`, c.ada.ID()), nil)
		return code
	}
	c.Press("#faults", "Faults")
	c.Seen(".nothing", "Nothing is broken")
	c.Until(`document.querySelectorAll(".preset").length >= 5`)
	c.Until(`document.querySelector("#fault-code").checkVisibility() && !document.querySelector("#fault-delay").checkVisibility()`)
	c.fill("#fault-code", "403")
	c.fill("#fault-method", "sendMessage")
	c.fill("#fault-times", "2")
	c.Press(".wide", "Break it")
	c.Seen(".active-faults", "Refuse with 403")
	c.Seen(".active-faults", "2 left")
	if code := send(); code != 403 {
		c.t.Errorf("a call got %d, want 403", code)
	}
	c.Seen(".active-faults", "1 left")
	c.Still()
	c.Shot("faults")
	c.Press(".active-faults button", "Remove Refuse")
	c.Seen(".nothing", "Nothing is broken")
	if code := send(); code != 200 {
		c.t.Errorf("a mended call got %d", code)
	}
	c.Press(".preset", "Telegram is down")
	c.Seen(".active-faults", "502 page")
	c.Press(".slim", "Mend everything")
	c.Seen(".nothing", "Nothing is broken")
	c.Do(chromedp.KeyEvent(kb.Escape))
	c.Until(`document.querySelector("#drawer").hidden`)
}

func (c *chat) add(name, language string) {
	c.t.Helper()
	c.Press(".person", "Add person")
	c.Until(`document.querySelector("#person-name")`)
	c.fill("#person-name", name)
	c.fill("#person-language", language)
	c.Press("dialog button", "Add")
	c.Seen(".pane .as", strings.Fields(name)[0])
	c.Until(`!document.querySelector("dialog")`)
}

func columns(c *chat) {
	c.add("Boris", "ru")
	c.add("Carmen", "es")
	c.Until(`document.querySelectorAll(".pane").length === 1`)
	c.Press("#split", "Split view")
	c.Until(`document.querySelectorAll(".pane").length === 2`)
	c.tap("Boris", "Open beside")
	c.Until(`document.querySelectorAll(".pane").length === 3`)
	c.Do(chromedp.EmulateViewport(1440, 800))
	c.Still()
	c.Shot("columns")
	c.tap("Boris", "Close this column")
	c.Until(`document.querySelectorAll(".pane").length === 2`)
	c.Do(chromedp.Reload())
	c.Until(`document.querySelectorAll(".pane").length === 2`)
	c.Do(chromedp.EmulateViewport(390, 844))
	c.Until(`document.querySelectorAll(".pane").length === 1 && document.documentElement.scrollWidth <= innerWidth`)
	c.Still()
	c.Shot("columns-phone")
	c.Do(chromedp.EmulateViewport(1200, 800))
	c.Press("#split", "Split view")
	c.Until(`document.querySelectorAll(".pane").length === 1`)
}

func peopleMenu(c *chat) {
	c.tap("Ada", "Block the bot")
	c.Until(`document.querySelector(".snippet").innerText === "blocked the bot"`)
	if !c.ada.Blocked() {
		c.t.Error("Ada has not blocked the bot")
	}
	c.tap("Ada", "Unblock the bot")
	c.Until(`document.querySelector(".snippet").innerText !== "blocked the bot"`)
	c.tap("Ada", "Start over")
	c.Press("dialog button", "Cancel")
	if c.tg.People()[0].ID() != c.ada.ID() {
		c.t.Fatal("Cancel started over")
	}
	c.tap("Ada", "Start over")
	c.Press("dialog button", "Start over")
	c.Seen(".empty-card", "What can this bot do?")
	if again := c.tg.People(); len(again) != 1 || again[0].ID() == c.ada.ID() || again[0].User().FirstName != "Ada" {
		c.t.Errorf("the people are %v", again)
	}
	c.tg.People()[0].Start("")
	c.Seen(".msg.out", "/start")
	c.Press("#reset", "Start everybody over")
	c.Press("dialog button", "Start over")
	c.Seen(".empty-card", "What can this bot do?")
}

func groupsList(c *chat) {
	c.add("Boris", "ru")
	c.Press(".person", "New group")
	c.Until(`document.querySelector("#group-title")`)
	c.Shot("group-form")
	c.fill("#group-title", "Night foxes")
	c.Press("dialog button", "Make it")
	c.Seen(".pane .chat-head", "Night foxes")
	g := c.tg.Groups()[0]
	c.Write(0, "/hello from Ada")
	c.Until(`document.querySelector(".msg.out")`)
	c.Press(".speakers button", "Speak as Boris")
	c.Until(`document.querySelector(".pane").ariaLabel.includes("Boris")`)
	c.Until(`document.querySelector(".msg.in")`) // what Ada said is not his
	c.Write(0, "and from Boris")
	c.Seen(".msg.out", "and from Boris")
	c.api.call(c.t.Context(), "sendMessage", params{"chat_id": g.ID(), "text": "Good evening, foxes"}, nil)
	c.Seen(".msg.in", "Good evening, foxes")
	c.Still()
	c.Shot("group")
	c.tap("Night foxes", "Remove the bot")
	c.Until(`document.querySelector(".chat-head").innerText.includes("2 members")`)
	if g.BotStatus() == "member" {
		c.t.Error("the bot is still there")
	}
	c.tap("Night foxes", "Add the bot")
	c.Until(`document.querySelector(".chat-head").innerText.includes("3 members")`)
	if ms := g.Messages(); len(ms) < 4 {
		c.t.Errorf("the group has %d messages", len(ms))
	}
}

func address(c *chat) {
	boris := c.tg.Person(telegramtest.PersonConfig{FirstName: "Boris", LanguageCode: "ru"})
	g := c.tg.Group("Foxes", c.ada, boris)
	hash := fmt.Sprintf("#chats=%d,%d:%d&focus=%d&panel=faults", c.ada.ID(), g.ID(), boris.ID(), c.ada.ID())
	c.Do(chromedp.Navigate("about:blank"), chromedp.Navigate(c.page+hash))
	c.Until(`document.querySelectorAll(".pane").length === 2`)
	c.Seen(".preset", "Everything twice")
	if got := playgroundtest.JS[string](c.Tab, `[...document.querySelectorAll(".pane")].map((p) => p.ariaLabel).join("; ")`); got != "Ada's chat; Boris's chat, Foxes" {
		c.t.Errorf("the columns are %s", got)
	}
	c.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("location.hash = %q", fmt.Sprintf("#chats=%d", boris.ID()))))
	c.Until(`document.querySelectorAll(".pane").length === 1 && document.querySelector(".pane").ariaLabel === "Boris's chat" && document.querySelector("#drawer").hidden`)
	c.Do(chromedp.Evaluate[chromedp.Void](`location.hash = "#chats=12,nonsense&panel=nothing"`))
	c.Until(`document.querySelectorAll(".pane").length === 1`)
}

func themes(c *chat) {
	c.Theme("dark")
	c.Until(`document.documentElement.dataset.theme === "dark"`)
	c.Press("#theme", "Theme")
	c.Until(`document.documentElement.dataset.theme === "light"`)
	c.Do(chromedp.Reload())
	c.Until(`document.documentElement.dataset.theme === "light"`)
	c.Press("#theme", "Theme")
	c.Until(`document.documentElement.dataset.theme === "dark"`)
	c.Press("#theme", "Theme")
	c.Theme("light")
	c.Until(`document.documentElement.dataset.theme === "light"`)
}

func unread(c *chat) {
	boris := c.tg.Person(telegramtest.PersonConfig{FirstName: "Boris"})
	boris.Start("")
	c.Do(chromedp.Reload())
	c.Seen(".person", "Boris")
	c.api.call(c.t.Context(), "sendMessage", params{"chat_id": boris.ID(), "text": "psst"}, nil)
	c.Seen(".badge", "1")
	c.Until(`document.title.startsWith("(1) ")`)
	c.Press(".person", "Boris")
	c.Until(`!document.title.startsWith("(")`)
}

func deepLink(c *chat) {
	c.tap("Ada", "Open a link")
	c.Until(`document.querySelector("#deep-link")`)
	c.fill("#deep-link", "https://example.com")
	c.Press("dialog button", "Open")
	c.Seen("dialog .wrong", "begins with https://t.me/")
	c.fill("#deep-link", "t.me/"+c.tg.Bot().Username+"?start=fox-7")
	c.Press("dialog button", "Open")
	c.Seen(".msg.out", "/start fox-7")
	c.Until(`!document.querySelector("dialog")`)
}

func exported(c *chat) {
	c.say("sendMessage", params{"text": "hello"})
	c.Seen(".msg.in", "hello")
	c.Do(chromedp.Evaluate[chromedp.Void](`HTMLAnchorElement.prototype.click = function () { window.asked = this.href; }`))
	c.Do(chromedp.KeyEvent("e", chromedp.KeyModifiers(chromedp.ModifierAlt)))
	c.Until(`window.asked`)
	code, text := ask(c.t, "GET", playgroundtest.JS[string](c.Tab, "window.asked"), "", nil)
	if want := "person Ada, en\n\n> Ada: /start\n< hello\n"; code != 200 || text != want {
		c.t.Errorf("%d %q, want %q", code, text, want)
	}
}
