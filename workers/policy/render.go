package policy

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf16"
)

// marks are the inline ones; what they stand around is escaped already.
var marks = regexp.MustCompile("\\*\\*(.+?)\\*\\*|\\*(.+?)\\*|`(.+?)`|\\[([^\\]]+)\\]\\((https?://[^\\s()\"]+)\\)")

// inline renders the marks of a text with these tags.
func inline(text, bold, emphasis string) string {
	return marks.ReplaceAllStringFunc(html.EscapeString(text), func(s string) string {
		m := marks.FindStringSubmatch(s)
		switch {
		case m[1] != "":
			return "<" + bold + ">" + m[1] + "</" + bold + ">"
		case m[2] != "":
			return "<" + emphasis + ">" + m[2] + "</" + emphasis + ">"
		case m[3] != "":
			return "<code>" + m[3] + "</code>"
		}
		return `<a href="` + m[5] + `">` + m[4] + "</a>"
	})
}

// HTML renders a document for the website.
func (d Document) HTML() string {
	var b strings.Builder
	web := func(s string) string { return inline(s, "strong", "em") }
	for i, block := range d.Blocks {
		switch block.Kind {
		case Title:
			b.WriteString("<h1>" + web(block.Text) + "</h1>\n")
		case Heading:
			b.WriteString(`<h2 id="` + block.ID + `">` + web(block.Text) + "</h2>\n")
		case Paragraph:
			class := ""
			if i == 1 {
				class = ` class="lead"`
			}
			b.WriteString("<p" + class + ">" + web(block.Text) + "</p>\n")
		case List:
			b.WriteString("<ul>\n")
			for _, item := range block.List {
				b.WriteString("<li>" + web(item) + "</li>\n")
			}
			b.WriteString("</ul>\n")
		case Table:
			b.WriteString("<dl class=\"kept\">\n")
			for _, r := range block.Rows {
				b.WriteString("<div><dt>" + web(r.What) + "</dt><dd>" + web(r.Why) + "</dd><dd>" + web(r.Keep) + "</dd><dd class=\"ground\">" + web(r.Words) + "</dd></div>\n")
			}
			b.WriteString("</dl>\n")
		}
	}
	return b.String()
}

// messageLimit is the most that one message holds, in UTF-16 units; what is not shown counts here too.
const messageLimit = 4000

// Messages renders a document for the chat, in as many messages as it needs.
func (d Document) Messages() []string {
	var all []string
	for _, part := range d.parts() {
		last := len(all) - 1
		if last < 0 || units(all[last])+units(part)+2 > messageLimit {
			all = append(all, strings.TrimSpace(part))
			continue
		}
		all[last] += "\n" + part
	}
	return all
}

// parts are what is not torn apart.
func (d Document) parts() (all []string) {
	chat := func(s string) string { return inline(s, "b", "i") }
	for _, block := range d.Blocks {
		switch block.Kind {
		case Title, Heading:
			all = append(all, "\n<b>"+chat(block.Text)+"</b>")
		case Paragraph:
			all = append(all, chat(block.Text))
		case List:
			for _, item := range block.List {
				all = append(all, "• "+chat(item))
			}
		case Table:
			for _, r := range block.Rows {
				all = append(all, "\n<b>"+chat(r.What)+"</b>\n"+chat(r.Why)+"\n⏳ "+chat(r.Keep)+"\n<i>"+chat(r.Words)+"</i>")
			}
		}
	}
	return all
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }
