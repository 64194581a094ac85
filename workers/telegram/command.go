package telegram

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Command reads a command at the start of the text or caption: its name in lower case without slash and bot, and
// everything after it, line breaks included, without the space around. It reports false when the message does not
// start with a command, or with one for another bot than username ("" takes all).
//
// Only what Telegram marked as a command is one: "/5 of the way" is a prompt.
func (m *Message) Command(username string) (name, args string, ok bool) {
	text, entities := m.marked()
	for _, e := range entities {
		if e.Type == "bot_command" && e.Offset == 0 {
			return splitCommand(text, e.Length, username)
		}
	}
	return "", "", false
}

// marked is the text or caption with what is marked in it.
func (m *Message) marked() (text string, entities []Entity) {
	if m.Text == "" {
		return m.Caption, m.CaptionEntities
	}
	return m.Text, m.Entities
}

// Mentions reads a text or caption that mentions the user name: it returns the words without the mentions, and reports
// false when there is none. Only what Telegram marked as a mention is one.
func (m *Message) Mentions(username string) (words string, ok bool) {
	text, entities := m.marked()
	for _, e := range slices.Backward(entities) {
		if e.Type != "mention" || e.Offset < 0 {
			continue
		}
		head, rest := cut(text, e.Offset)
		name, rest := cut(rest, e.Length)
		if !strings.EqualFold(name, "@"+username) {
			continue
		}
		ok = true
		head, rest = strings.TrimRight(head, " "), strings.TrimLeft(rest, " ,:")
		text = strings.TrimSpace(head + " " + rest)
	}
	return text, ok
}

// Mark is a marked part of a text or caption.
type Mark struct {
	Type string
	Text string
	URL  string // of a text_link
}

// Link is where the part leads, if it is a link.
func (m Mark) Link() string { return cmp.Or(m.URL, m.Text) }

// Marks are the marked parts of the text or caption.
func (m *Message) Marks() []Mark {
	return marksOf(m.marked())
}

func marksOf(text string, entities []Entity) (all []Mark) {
	for _, e := range entities {
		if e.Offset < 0 {
			continue
		}
		_, rest := cut(text, e.Offset)
		part, _ := cut(rest, e.Length)
		all = append(all, Mark{e.Type, part, e.URL})
	}
	return all
}

// Slashed reads a text or caption that begins with a slash, whatever Telegram marked: it marks nothing that is set as code, and of
// letters only Latin ones without accents. The name is the whole first word, in lower case without slash and bot; it may be empty.
func (m *Message) Slashed() (name, args string, ok bool) {
	text, ok := strings.CutPrefix(m.Words(), "/")
	if !ok {
		return "", "", false
	}
	name, args = text, ""
	if end := strings.IndexFunc(text, unicode.IsSpace); end >= 0 {
		name, args = text[:end], strings.TrimSpace(text[end:])
	}
	name, _, _ = strings.Cut(name, "@")
	return strings.ToLower(name), args, true
}

func splitCommand(text string, length int, username string) (name, args string, ok bool) {
	head, rest := cut(text, length)
	if next, _ := utf8.DecodeRuneInString(rest); unicode.In(next, unicode.L, unicode.M) { // marked up to a letter that is not Latin
		return "", "", false
	}
	name, bot, addressed := strings.Cut(strings.TrimPrefix(head, "/"), "@")
	if name == "" || !strings.HasPrefix(head, "/") {
		return "", "", false
	}
	if addressed && username != "" && !strings.EqualFold(bot, username) {
		return "", "", false
	}
	return strings.ToLower(name), strings.TrimSpace(rest), true
}

// cut splits s after the given number of UTF-16 units, never inside a character.
func cut(s string, units int) (head, rest string) {
	for i, r := range s {
		if units <= 0 {
			return s[:i], s[i:]
		}
		units -= utf16.RuneLen(r)
	}
	return s, ""
}
