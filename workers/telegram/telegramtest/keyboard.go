package telegramtest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxButtons      = 100
	maxCallbackData = 64       // bytes
	maxMarkup       = 10 << 10 // bytes
	maxCopyText     = 256      // characters
	maxPlaceholder  = 64       // characters
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
	switch {
	case probe["inline_keyboard"] != nil:
	case probe["keyboard"] != nil, probe["remove_keyboard"] != nil, probe["force_reply"] != nil:
		return nil, raw, nil
	default:
		return nil, nil, nil
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
		return bad("reply markup is too long")
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
	if err := c.checkStyle(b.Text, b.Style); err != nil {
		return err
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
		if !c.takesApp(b.WebApp.URL) {
			return bad("inline keyboard button Web App URL '%s' is invalid: Only HTTPS links are allowed", b.WebApp.URL)
		}
	case b.CopyText != nil:
		if n := utf8.RuneCountInString(b.CopyText.Text); n < 1 || n > maxCopyText {
			return bad("BUTTON_COPY_TEXT_INVALID")
		}
	}
	return nil
}

// takesApp reports whether a Mini App may be there.
func (c *call) takesApp(address string) bool {
	return strings.HasPrefix(address, "https://") || c.insecure && strings.HasPrefix(address, "http://")
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

// checkKey checks a key of a reply keyboard: a text and at most one request.
func (c *call) checkKey(k KeyboardButton) error {
	if strings.TrimSpace(k.Text) == "" {
		return bad("REPLY_MARKUP_INVALID")
	}
	n := 0
	for _, set := range []bool{
		k.RequestContact, k.RequestLocation, k.RequestPoll != nil, k.RequestUsers != nil, k.RequestChat != nil,
		k.RequestManagedBot != nil, k.WebApp != nil,
	} {
		if set {
			n++
		}
	}
	switch {
	case n > 1:
		c.violate(fmt.Sprintf("the key %q makes %d requests; Telegram takes one of them", k.Text, n))
	case k.WebApp != nil && !c.takesApp(k.WebApp.URL):
		return bad("keyboard button Web App URL '%s' is invalid: Only HTTPS links are allowed", k.WebApp.URL)
	}
	return c.checkStyle(k.Text, k.Style)
}

// buttonStyles are the colors of buttons and keys.
var buttonStyles = []string{"", "danger", "success", "primary"}

// checkStyle refuses a color that Telegram has not.
func (c *call) checkStyle(text, style string) error {
	if !slices.Contains(buttonStyles, style) {
		return bad("can't parse inline keyboard button: invalid button style specified for %q", text)
	}
	return nil
}

func validButtonURL(s string) bool {
	var e Entity
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "tg" || setLink(&e, s))
}

// inlineKeyboard is keyboard for edits, which take no other markup.
func (c *call) inlineKeyboard() (*Keyboard, error) {
	keys, other, err := c.keyboard()
	if err == nil && other != nil {
		err = bad("inline keyboard expected")
	}
	return keys, err
}

// replyKeyboard reads a reply markup that is no inline keyboard.
func (c *call) replyKeyboard(raw json.RawMessage) (*ReplyKeyboard, error) {
	if raw == nil {
		return nil, nil
	}
	var k ReplyKeyboard
	if json.Unmarshal(raw, &k) != nil {
		return nil, bad("can't parse reply keyboard markup JSON object")
	}
	if utf8.RuneCountInString(k.InputFieldPlaceholder) > maxPlaceholder {
		c.violate(fmt.Sprintf("a placeholder has at most %d characters; Telegram cuts the rest", maxPlaceholder))
	}
	for _, row := range k.Keyboard {
		for _, key := range row {
			if err := c.checkKey(key); err != nil {
				return nil, err
			}
		}
	}
	return &k, nil
}

// checkGroupKeys refuses what keyboards can do in private chats only.
func checkGroupKeys(inline *Keyboard, reply *ReplyKeyboard) error {
	if inline != nil && slices.ContainsFunc(slices.Concat(inline.InlineKeyboard...), func(b Button) bool { return b.WebApp != nil }) {
		return bad("BUTTON_TYPE_INVALID")
	}
	if reply == nil {
		return nil
	}
	for _, key := range slices.Concat(reply.Keyboard...) {
		switch {
		case key.RequestContact:
			return bad("phone number can be requested in private chats only")
		case key.RequestLocation:
			return bad("location can be requested in private chats only")
		case key.RequestPoll != nil:
			return bad("poll can be requested in private chats only")
		case key.WebApp != nil:
			return bad("Web App buttons can be used in private chats only")
		}
	}
	return nil
}
