package playground_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/imagika/imagika/cmd/internal/playground"
	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// chat is Ada's chat in a tab, with both ends of it at hand: the page, and the bot.
type chat struct {
	*playgroundtest.Tab
	t    *testing.T
	tg   *telegramtest.Server
	ada  *telegramtest.Person
	api  *bot
	page string
}

// TestChat holds the chat view to what Telegram's apps do. Every test has a server and a
// tab of its own; the browser is shared.
func TestChat(t *testing.T) {
	browser := playgroundtest.Start(t)
	for name, test := range map[string]func(*chat){
		"kinds": kinds, "players": players, "albums": albums, "polls": polls, "reactions": reactions, "deeds": deeds,
		"quotes": quotes, "veils": veils, "buttons": buttons, "links": links, "keyboard": keyboard, "force reply": forceReply,
		"edits": edits, "drafts": drafts, "sheet": sheet, "line": line, "drops": drops, "roving": roving, "group": group,
		"purchase": purchase, "no purchase": noPurchase, "inline": inline, "app": app, "data": appData, "rich": rich, "touch": touch,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(openChat(t, browser))
		})
	}
}

func openChat(t *testing.T, browser *playgroundtest.Browser) *chat {
	t.Helper()
	tg := telegramtest.NewTest(t, telegramtest.Options{Bot: telegramtest.User{SupportsInlineQueries: true, HasMainWebApp: true}, InlineFeedback: true})
	pg, err := playground.New(playground.Options{Server: tg})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(pg.ServeHTTP))
	t.Cleanup(func() {
		if err := pg.Close(); err != nil {
			t.Error(err)
		}
		web.Close()
	})
	c := &chat{t: t, tg: tg, ada: tg.People()[0], page: web.URL + "/play/", api: &bot{t: t, base: tg.URL() + "/bot" + tg.Token() + "/"}}
	c.ada.Start("")
	c.Tab = browser.Open(t, c.page)
	c.Until(`document.querySelector(".msg.out")`)
	return c
}

// say calls a method for Ada's chat and returns the message.
func (c *chat) say(method string, p params) telegramtest.Message {
	c.t.Helper()
	var m telegramtest.Message
	p["chat_id"] = c.ada.ID()
	c.api.call(c.t.Context(), method, p, &m)
	return m
}

// tell is say for methods that answer true.
func (c *chat) tell(method string, p params) {
	c.t.Helper()
	p["chat_id"] = c.ada.ID()
	c.api.call(c.t.Context(), method, p, nil)
}

// upload is say with files; the names of the files are those of their parameters.
func (c *chat) upload(method string, fields map[string]string, files map[string][]byte) telegramtest.Message {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("chat_id", strconv.FormatInt(c.ada.ID(), 10)) // a buffer takes everything
	for name, value := range fields {
		_ = form.WriteField(name, value)
	}
	for name, content := range files {
		part, err := form.CreateFormFile(name, name)
		if err != nil {
			c.t.Fatal(err)
		}
		_, _ = part.Write(content)
	}
	_ = form.Close()
	var m telegramtest.Message
	c.api.post(c.t.Context(), method, form.FormDataContentType(), &body, &m)
	return m
}

// hear lets handle answer the bot's updates until the test ends.
func (c *chat) hear(handle func(ctx context.Context, u telegramtest.Update)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		var offset int64
		for ctx.Err() == nil {
			var updates []telegramtest.Update
			c.api.call(ctx, "getUpdates", params{"offset": offset, "timeout": 20, "allowed_updates": []string{
				"message", "callback_query", "pre_checkout_query", "inline_query", "chosen_inline_result", "poll_answer",
			}}, &updates)
			for _, u := range updates {
				offset = u.UpdateID + 1
				handle(ctx, u)
			}
		}
	}()
	c.t.Cleanup(func() { cancel(); <-done })
}

// last is the newest message of Ada's chat.
func (c *chat) last() telegramtest.Message {
	all := c.ada.Messages()
	return all[len(all)-1]
}

// eventually waits until the fake is in a state.
func (c *chat) eventually(what string, holds func() bool) {
	c.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			c.Shot("failed")
			c.t.Fatalf("it never came to: %s\n%s", what, c.tg.Transcript(c.ada))
		}
		<-time.After(20 * time.Millisecond)
	}
}

// want compares what an expression gives in the page.
func want[T comparable](c *chat, expression string, value T) {
	c.t.Helper()
	if got := playgroundtest.JS[T](c.Tab, expression); got != value {
		c.Shot("failed")
		c.t.Errorf("%s is %v, want %v", expression, got, value)
	}
}

// menu opens the menu of a message as the second mouse button does, again if the message moved away from under it.
func (c *chat) menu(id int64) {
	c.t.Helper()
	find := fmt.Sprintf(`document.querySelector(".msg[data-id='%d'] .bubble")`, id)
	type point struct{ X, Y float64 }
	for range 10 {
		c.Until("(() => { const node = " + find + "; node?.scrollIntoViewIfNeeded(); return Boolean(node); })()") // the page may be about to draw it anew
		c.Do(chromedp.Evaluate[chromedp.Void](`window.clicked = ""; addEventListener("contextmenu",
			(e) => { window.clicked = e.target.closest?.(".msg")?.dataset.id ?? "nothing"; }, {capture: true, once: true})`))
		at := playgroundtest.JS[point](c.Tab, "(() => { const r = "+find+"?.getBoundingClientRect(); return r ? {X: r.left + r.width / 2, Y: r.top + Math.min(r.height / 2, 40)} : {X: 1, Y: 1}; })()")
		c.Do(chromedp.MouseClickXY(at.X, at.Y, chromedp.ButtonRight))
		c.Until(`window.clicked !== ""`)
		if playgroundtest.JS[string](c.Tab, `window.clicked`) == strconv.FormatInt(id, 10) {
			c.Until(`document.querySelector(".menu:popover-open")`)
			return
		}
		c.keys(escape)
		c.Until(`!document.querySelector(".menu:popover-open")`)
	}
	c.t.Fatalf("the menu of %d cannot be hit", id)
}

// settled waits until the log has come to rest at its end.
func (c *chat) settled() {
	c.t.Helper()
	c.Still()
	c.Until(`(() => { const log = document.querySelector(".log"); const calm = log.scrollTop === window.lastTop && log.scrollHeight - log.scrollTop - log.clientHeight < 2; window.lastTop = log.scrollTop; return calm; })()`)
}

func (c *chat) keys(keys ...string) {
	c.t.Helper()
	for _, k := range keys {
		c.Do(chromedp.KeyEvent(k))
	}
}

func (c *chat) sees(selectors ...string) {
	c.t.Helper()
	for _, s := range selectors {
		c.Until(fmt.Sprintf("document.querySelector(%s)?.checkVisibility()", playgroundtest.Quote(s)))
	}
}

const escape, enter, down, up, tab = kb.Escape, kb.Enter, kb.ArrowDown, kb.ArrowUp, kb.Tab
