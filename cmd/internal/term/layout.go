package term

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width is how many cells a text takes. Escape sequences take none, East Asian characters two.
func Width(text string) (cells int) {
	for _, p := range pieces(text) {
		cells += p.cells
	}
	return cells
}

// piece is a character, or a sequence that shows nothing.
type piece struct {
	text  string
	cells int
}

// pieces takes a text apart: CSI sequences (colors), OSC sequences (links) and characters.
func pieces(text string) (all []piece) {
	for text != "" {
		n := sequence(text)
		if n > 0 {
			all = append(all, piece{text[:n], 0})
			text = text[n:]
			continue
		}
		for i, r := range text {
			if i > 0 {
				n = i
				break
			}
			n = len(text)
			all = append(all, piece{"", cellsOf(r)})
		}
		all[len(all)-1].text = text[:n]
		text = text[n:]
	}
	return all
}

// sequence is the length of the escape sequence a text begins with, 0 for none.
func sequence(text string) int {
	switch {
	case strings.HasPrefix(text, "\x1b["):
		for i := 2; i < len(text); i++ {
			if text[i] >= '@' && text[i] <= '~' {
				return i + 1
			}
		}
		return len(text)
	case strings.HasPrefix(text, "\x1b]"):
		if i := strings.Index(text, "\x1b\\"); i > 0 {
			return i + 2
		}
		return len(text)
	}
	return 0
}

func cellsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Cc):
		return 0
	case r >= 0x1f300 && r <= 0x1faff: // emoji, which the table calls neutral in part
		return 2
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// Truncate cuts a text to so many cells, with … for what is missing. Styles are kept, so what was begun ends.
func Truncate(text string, cells int) string {
	if Width(text) <= cells {
		return text
	}
	var b strings.Builder
	left, cut := cells-1, false
	for _, p := range pieces(text) {
		switch {
		case sequence(p.text) > 0:
			b.WriteString(p.text)
		case cut:
		case p.cells > left:
			cut = true
			if cells > 0 {
				b.WriteString("…")
			}
		default:
			b.WriteString(p.text)
			left -= p.cells
		}
	}
	return b.String()
}

// Pad fills a text to so many cells.
func Pad(text string, cells int) string {
	return text + strings.Repeat(" ", max(0, cells-Width(text)))
}

// Wrap breaks a text between words into lines of at most so many cells; a longer word has a line of its own. Line
// breaks stay, and so does the indentation of each line.
func Wrap(text string, cells int) (lines []string) {
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrapLine(paragraph, cells)...)
	}
	return lines
}

func wrapLine(text string, cells int) (lines []string) {
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	line := indent
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			line += word
		case Width(line)+1+Width(word) > cells:
			lines, line = append(lines, line), indent+word
		default:
			line += " " + word
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

// The layout of rows, in cells.
const (
	rowIndent = 2
	rowGap    = 3
	rowLeast  = 24 // of the last column, before it goes below
)

// Rows lays out rows of cells in aligned columns, each line indented by two. The last column is wrapped to the width;
// where too little is left for it, it goes below.
func (t *Terminal) Rows(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Width(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		line.WriteString(strings.Repeat(" ", rowIndent))
		for i, cell := range row[:len(row)-1] {
			line.WriteString(Pad(cell, widths[i]+rowGap))
		}
		lastColumn(&b, line.String(), row[len(row)-1], t.Columns())
	}
	return b.String()
}

// lastColumn puts the last cell behind the others, or below them.
func lastColumn(b *strings.Builder, line, last string, columns int) {
	hang := Width(line)
	if columns-hang < min(rowLeast, Width(last)) {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		hang = 2 * rowIndent
		line = strings.Repeat(" ", hang)
	}
	for _, text := range Wrap(last, columns-hang) {
		b.WriteString(strings.TrimRight(line+text, " ") + "\n")
		line = strings.Repeat(" ", hang)
	}
}
