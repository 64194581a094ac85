package telegram

import (
	"html"
	"strings"
	"unicode/utf16"
)

// MaxCaption is the longest caption, in UTF-16 units after entities.
const MaxCaption = 1024

// TextLength returns the length of a text in Telegram's HTML as Telegram counts it: in UTF-16 units, without tags, and with
// every character reference as the character it means.
func TextLength(text string) (n int) {
	for text != "" {
		before, rest, tagged := strings.Cut(text, "<")
		n += Units(html.UnescapeString(before))
		if !tagged {
			return n
		}
		_, text, _ = strings.Cut(rest, ">")
	}
	return n
}

// Units returns how many UTF-16 units a text has.
func Units(text string) (n int) {
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}
