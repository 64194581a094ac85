package telegramtest

import (
	"regexp"
	"slices"
	"strings"
)

var hole = regexp.MustCompile(`…|\{[A-Za-z_]+\}|\\\{`)

// literal is a text as a transcript writes it, so that no brace in it stands for something else.
func literal(text string) string {
	return hole.ReplaceAllStringFunc(text, func(found string) string {
		if found[0] == '{' {
			return `\` + found
		}
		return found
	})
}

// like reports whether text is what a transcript says it is.
func like(pattern, text string) bool {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	rest := pattern
	for at := hole.FindStringIndex(rest); at != nil; at = hole.FindStringIndex(rest) {
		b.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		switch rest[at[0]:at[1]] {
		case "…":
			b.WriteString(`.*`)
		case `\{`:
			b.WriteString(`\{`)
		default:
			b.WriteString(`\S+`)
		}
		rest = rest[at[1]:]
	}
	b.WriteString(regexp.QuoteMeta(rest) + `\z`)
	ok, err := regexp.MatchString(b.String(), text)
	return err == nil && ok
}

// fits reports whether it is what was wanted.
func (w wanted) fits(it item) bool {
	return like(w.item.head, it.head) && like(strings.Join(w.item.keys, "\n"), strings.Join(it.keys, "\n"))
}

// agree reports whether the bot brought what was wanted, in this order and nothing else.
func agree(want []wanted, got []item) bool {
	if len(want) == 1 && want[0].item.head == silence {
		return len(got) == 0
	}
	if len(want) != len(got) {
		return false
	}
	for i, w := range want {
		if !w.fits(got[i]) {
			return false
		}
	}
	return true
}

// diff shows what was wanted beside what came: lines with "-" are missing, lines with "+"
// are too many.
func diff(want []wanted, got []item) string {
	// longest[i][j] is how many items of want[i:] and got[j:] can be paired.
	longest := make([][]int, len(want)+1)
	for i := range longest {
		longest[i] = make([]int, len(got)+1)
	}
	for i, w := range slices.Backward(want) {
		for j, it := range slices.Backward(got) {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if w.fits(it) {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	var b strings.Builder
	for i, j := 0, 0; i < len(want) || j < len(got); {
		switch {
		case i < len(want) && j < len(got) && want[i].fits(got[j]):
			put(&b, "  ", got[j])
			i, j = i+1, j+1
		case j == len(got) || i < len(want) && longest[i+1][j] >= longest[i][j+1]:
			put(&b, "- ", want[i].item)
			i++
		default:
			put(&b, "+ ", got[j])
			j++
		}
	}
	return b.String()
}

func put(b *strings.Builder, mark string, it item) {
	for line := range strings.SplitSeq(it.String(), "\n") {
		b.WriteString("\t" + mark + line + "\n")
	}
}
