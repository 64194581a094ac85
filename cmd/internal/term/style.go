package term

import (
	"strconv"
	"strings"
)

// A style is how text looks; without colors there is none.

// Bold is what the reader is to see first.
func (s Settings) Bold(text string) string { return s.style("1", "22", text) }

// Dim is what can be passed over.
func (s Settings) Dim(text string) string { return s.style("2", "22", text) }

// Red is what went wrong.
func (s Settings) Red(text string) string { return s.style("31", "39", text) }

// Green is what went well.
func (s Settings) Green(text string) string { return s.style("32", "39", text) }

// Yellow is what may go wrong.
func (s Settings) Yellow(text string) string { return s.style("33", "39", text) }

// Cyan is what can be typed or opened.
func (s Settings) Cyan(text string) string { return s.style("36", "39", text) }

// style ends only what it began, so styles nest.
func (s Settings) style(begin, end, text string) string {
	if s.Color == NoColor || text == "" {
		return text
	}
	return "\x1b[" + begin + "m" + text + "\x1b[" + end + "m"
}

// Link shows a text that opens an address where the terminal is known for that.
func (s Settings) Link(address, shown string) string {
	if !s.Links {
		return shown
	}
	return "\x1b]8;;" + address + "\x1b\\" + shown + "\x1b]8;;\x1b\\"
}

// Bar is a bar of so many cells, filled to a share of one.
func (s Settings) Bar(share float64, cells int) string {
	full := int(min(max(share, 0), 1) * float64(cells))
	done, rest := strings.Repeat("━", full), strings.Repeat("━", cells-full)
	if s.Color == NoColor { // then only the shape tells
		rest = strings.Repeat("·", cells-full)
	}
	return s.Green(done) + s.Dim(rest)
}

// Count is a number of things in words: "1 picture", "2 pictures".
func Count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
