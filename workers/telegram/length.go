package telegram

import (
	"html"
	"strings"
	"unicode/utf16"
)

// Telegram's limits for texts, in UTF-16 units after entities.
const (
	// MaxText is the longest text.
	MaxText = 4096
	// MaxCaption is the longest caption.
	MaxCaption = 1024
)

// TextLength returns the length of a text in Telegram's HTML as Telegram counts it: in UTF-16 units, without tags, and with
// every character reference as the character it means.
func TextLength(text string) (n int) {
	for text != "" {
		before, rest, tagged := strings.Cut(text, "<")
		for _, r := range html.UnescapeString(before) {
			n += max(utf16.RuneLen(r), 1)
		}
		if !tagged {
			return n
		}
		_, text, _ = strings.Cut(rest, ">")
	}
	return n
}
