package texts

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Clip shortens s to limit UTF-16 units, the last of them an ellipsis, and puts it on one line. What people see as one
// character, such as a letter with its accents, a flag or a family, stays whole or goes.
func Clip(limit int, s string) string {
	return Keep(limit, strings.Join(strings.Fields(s), " "))
}

// Keep is Clip with the lines as they are.
func Keep(limit int, s string) string {
	units, cut := 0, 0
	for i, r := range s {
		if units < limit && !continues(s, i) {
			cut = i
		}
		units += max(utf16.RuneLen(r), 1)
	}
	if units <= limit {
		return s
	}
	return strings.TrimRight(s[:cut], " ") + "…"
}

const (
	joiner   = '\u200d' // glues emoji together
	firstTag = 0xe0020  // tags make the flags of regions
	lastTag  = 0xe007f
)

// continues reports whether the rune at i belongs to the character before it. It is a part of Unicode's rules for
// grapheme clusters: enough to leave nothing that looks broken.
func continues(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	switch {
	case i == 0:
		return false
	case before == joiner, r == joiner, unicode.In(r, unicode.Mark), r >= firstTag && r <= lastTag:
		return true
	case r >= '🏻' && r <= '🏿': // skin tones
		return true
	case r >= '\u1160' && r <= '\u11ff': // the later parts of a Korean syllable
		return true
	}
	return regional(r) && flagLetters(s[:i])%2 == 1
}

// regional reports whether r is one of the two letters of a flag.
func regional(r rune) bool { return r >= '🇦' && r <= '🇿' }

// flagLetters counts them at the end of s.
func flagLetters(s string) (n int) {
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		if !regional(r) {
			break
		}
		n, s = n+1, s[:len(s)-size]
	}
	return n
}
