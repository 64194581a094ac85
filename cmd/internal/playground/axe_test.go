package playground_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
	"github.com/imagika/imagika/cmd/internal/site/sitetest"
)

// axe wants that the page as it stands breaks no rule. What covers or shortens what it shows, as a spoiler or a quote does,
// is named by what it is.
func axe(c *chat, source, when string) {
	c.t.Helper()
	c.Until(`document.querySelectorAll(".toast").length === 0`)
	c.Still()
	sitetest.Axe(c.t, c.Tab, source, when, "label-content-name-mismatch")
}

// TestAccessible runs axe-core over the page in each of its states, light and dark.
func TestAccessible(t *testing.T) {
	source := sitetest.AxeCore(t)
	browser := playgroundtest.Start(t)
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			c := openChat(t, browser)
			c.Theme(theme)
			c.Until(`document.documentElement.dataset.theme === ` + playgroundtest.Quote(theme))
			everyState(c, source)
		})
	}
}

func everyState(c *chat, source string) {
	boris := c.tg.People()[0]
	c.add("Boris", "ru")
	c.Seen(".empty-card", "What can this bot do?")
	axe(c, source, "an empty chat")
	c.Press(".person", "Ada")
	c.kinds()
	c.tg.Group("Foxes", boris)
	c.Do(chromedp.Reload())
	c.Until(`document.querySelectorAll(".msg").length > 10`)
	axe(c, source, "all kinds")
	c.Press(".person", "Add person")
	c.Until(`document.querySelector("#person-name")`)
	axe(c, source, "a form")
	c.Press("dialog button", "Cancel")
	c.Press("#calls", "API calls")
	c.Press(".call-open", "sendMessage")
	axe(c, source, "the calls")
	c.Press("[role=tab]", "Updates")
	c.Seen(".hook", "the bot polls")
	axe(c, source, "the updates")
	c.Press("[role=tab]", "Faults")
	c.Press(".preset", "Flood")
	c.Seen(".active-faults", "429")
	axe(c, source, "the faults")
	c.Press("#drawer .round", "Close")
	c.Press("#split", "Split view")
	axe(c, source, "two columns")
	c.Do(chromedp.EmulateViewport(390, 844))
	c.Until(`document.querySelectorAll(".pane").length === 1`)
	axe(c, source, "a phone")
	c.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#calls").click()`))
	axe(c, source, "a phone with the panel")
}

// kinds sends one of each kind that needs no file, by the bot and by Ada.
func (c *chat) kinds() {
	c.t.Helper()
	c.ada.Album([][]byte{fox(c.t, 1), fox(c.t, 2), fox(c.t, 3)}, "three of them")
	c.ada.Document("lighthouse.pdf", []byte("%PDF-1.7"), "")
	c.ada.Sticker()
	c.ada.Voice()
	c.ada.Audio("")
	c.ada.Location()
	c.ada.Venue()
	c.ada.Contact()
	c.ada.Dice()
	quoted := c.ada.Photo(fox(c.t, 1.5), "")
	c.tell("setMessageReaction", params{"message_id": quoted.MessageID, "reaction": []params{{"type": "emoji", "emoji": "❤"}}})
	c.say("sendMessage", params{
		"text":       "<b>bold</b> <i>italic</i> <code>code</code> <a href=\"https://example.org\">link</a> <tg-spoiler>hidden</tg-spoiler>\n<blockquote>said</blockquote>",
		"parse_mode": "HTML", "reply_parameters": params{"message_id": quoted.MessageID},
		"reply_markup": params{"inline_keyboard": [][]params{
			{{"text": "Yes", "callback_data": "y", "style": "success"}, {"text": "No", "callback_data": "n", "style": "danger"}},
			{{"text": "Site", "url": "https://example.org"}},
		}},
	})
	c.say("sendPoll", params{"question": "Which fox?", "options": []params{{"text": "Red"}, {"text": "Blue"}}})
	c.say("sendInvoice", params{
		"title": "20 credits", "description": "For a week of foxes", "payload": "p", "currency": "XTR",
		"prices": []params{{"label": "20 credits", "amount": 100}},
	})
}
