package telegramtest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

const (
	maxButtons      = 100
	maxCallbackData = 64       // bytes
	maxMarkup       = 10 << 10 // bytes
)

// keyboard reads reply_markup. An inline keyboard is returned; anything else, which
// is the person's own keyboard and not part of a message, is returned raw.
func (c *call) keyboard() (*Keyboard, json.RawMessage, error) {
	if !c.has("reply_markup") {
		return nil, nil, nil
	}
	raw := json.RawMessage(c.str("reply_markup"))
	var probe map[string]json.RawMessage
	if !json.Valid(raw) {
		return nil, nil, bad("can't parse reply keyboard markup JSON object")
	}
	if json.Unmarshal(raw, &probe) != nil {
		return nil, nil, bad("object expected as reply markup")
	}
	if probe["inline_keyboard"] == nil {
		return nil, raw, nil
	}
	var k Keyboard
	if json.Unmarshal(raw, &k) != nil {
		return nil, nil, bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
	}
	if err := c.checkKeyboard(&k, len(raw)); err != nil {
		return nil, nil, err
	}
	if len(k.InlineKeyboard) == 0 {
		return nil, nil, nil
	}
	return &k, nil, nil
}

func (c *call) checkKeyboard(k *Keyboard, size int) error {
	var rows [][]Button
	n := 0
	for _, row := range k.InlineKeyboard {
		for i := range row {
			if err := c.checkButton(row[i]); err != nil {
				return err
			}
			row[i].CallbackData = strings.ToValidUTF8(row[i].CallbackData, "")
		}
		if n += len(row); len(row) > 0 {
			rows = append(rows, row)
		}
	}
	if n > maxButtons || size > maxMarkup {
		return bad("REPLY_MARKUP_TOO_LONG")
	}
	k.InlineKeyboard = rows
	return nil
}

func (c *call) checkButton(b Button) error {
	if strings.TrimSpace(b.Text) == "" {
		return bad("REPLY_MARKUP_INVALID")
	}
	switch n := b.actions(); {
	case n == 0:
		return bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
	case n > 1:
		c.violate(fmt.Sprintf("the button %q has %d actions; Telegram takes one of them", b.Text, n))
	}
	return b.checkAction(c)
}

// checkAction checks the action Telegram takes: it stops at the first it finds in
// this order, so the others are never looked at.
func (b Button) checkAction(c *call) error {
	switch {
	case b.URL != "":
		if !validButtonURL(b.URL) {
			return bad("inline keyboard button URL '%s' is invalid: Wrong HTTP URL", b.URL)
		}
	case b.CallbackData != "":
		if len(b.CallbackData) > maxCallbackData {
			return bad("BUTTON_DATA_INVALID")
		}
	case b.Pay:
		if c.method != "sendInvoice" {
			return bad("BUTTON_INVALID")
		}
	case b.WebApp != nil:
		if !strings.HasPrefix(b.WebApp.URL, "https://") {
			return bad("inline keyboard button Web App URL '%s' is invalid: Only HTTPS links are allowed", b.WebApp.URL)
		}
	case b.CopyText != nil:
		if n := utf8.RuneCountInString(b.CopyText.Text); n < 1 || n > 256 {
			return bad("BUTTON_COPY_TEXT_INVALID")
		}
	}
	return nil
}

// actions counts what a button would do; it ought to be one thing.
func (b Button) actions() int {
	n := 0
	for _, set := range []bool{
		b.URL != "", b.CallbackData != "", b.WebApp != nil, b.LoginURL != nil, b.SwitchInlineQuery != nil,
		b.SwitchInlineQueryCurrentChat != nil, b.SwitchInlineQueryChosenChat != nil, b.CopyText != nil,
		b.CallbackGame != nil, b.Pay,
	} {
		if set {
			n++
		}
	}
	return n
}

func validButtonURL(s string) bool {
	var e Entity
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "tg" || setLink(&e, s))
}
