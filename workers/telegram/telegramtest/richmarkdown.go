package telegramtest

import (
	"html"
	"regexp"
	"strings"
)

// richHTML turns the Markdown of rich messages into their HTML, a paragraph, list or
// table at a time. HTML within the Markdown passes.
func richHTML(src string) string { return richHTMLWithin(src, 0) }

func richHTMLWithin(src string, depth int) string {
	m := &richMarkdown{lines: strings.Split(src, "\n"), depth: depth}
	for len(m.lines) > 0 {
		m.next()
	}
	return m.out.String()
}

type richMarkdown struct {
	lines []string
	depth int // of quotations
	out   strings.Builder
}

var (
	mdFence   = regexp.MustCompile("^\\s*```\\s*(\\S*)\\s*$")
	mdHeading = regexp.MustCompile(`^\s*(#{1,6})\s*(.+?)\s*#*$`)
	mdRule    = regexp.MustCompile(`^\s*(?:-{3,}|\*{3,}|_{3,})\s*$`)
	mdBullet  = regexp.MustCompile(`^\s*[-*+]\s+(?:\[([ xX])\]\s+)?(.*)$`)
	mdNumber  = regexp.MustCompile(`^\s*(\d{1,9})[.)]\s+(.*)$`)
	mdQuote   = regexp.MustCompile(`^\s*>\s?(.*)$`)
	mdImage   = regexp.MustCompile(`^\s*!\[([^\]]*)\]\(\s*([^\s)]+)(?:\s+"([^"]*)")?\s*\)\s*$`)
	mdTable   = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$`)
	mdMath    = regexp.MustCompile(`^\s*\$\$(.+)\$\$\s*$`)
	mdBlock   = regexp.MustCompile(`^\s*</?(?:tg-|details|summary|table|t[rdh]\b|ul|ol|li|figure|footer|aside|hr|p\b|h[1-6]\b|pre|blockquote|img|video|audio)`)
)

// next translates what begins at the first line.
func (m *richMarkdown) next() {
	line := m.lines[0]
	switch {
	case strings.TrimSpace(line) == "":
		m.lines = m.lines[1:]
	case mdFence.MatchString(line):
		m.fence(mdFence.FindStringSubmatch(line)[1])
	case mdMath.MatchString(line):
		m.line("<tg-math-block>" + html.EscapeString(mdMath.FindStringSubmatch(line)[1]) + "</tg-math-block>")
	case mdRule.MatchString(line):
		m.line("<hr/>")
	case mdHeading.MatchString(line):
		g := mdHeading.FindStringSubmatch(line)
		level := string('0' + byte(len(g[1])))
		m.line("<h" + level + ">" + richInline(g[2]) + "</h" + level + ">")
	case mdImage.MatchString(line):
		m.line(mdPicture(mdImage.FindStringSubmatch(line)))
	case len(m.lines) > 1 && strings.Contains(line, "|") && strings.Contains(m.lines[1], "-") && mdTable.MatchString(m.lines[1]):
		m.table()
	case m.depth < maxRichDepth && mdQuote.MatchString(line):
		m.quote()
	case mdBullet.MatchString(line):
		m.list("ul", mdBullet)
	case mdNumber.MatchString(line):
		m.list("ol", mdNumber)
	case mdBlock.MatchString(line):
		m.line(line + "\n")
	default:
		m.paragraph()
	}
}

// line replaces the first line.
func (m *richMarkdown) line(markup string) {
	m.out.WriteString(markup)
	m.lines = m.lines[1:]
}

func mdPicture(g []string) string {
	img := `<img src="` + html.EscapeString(g[2]) + `"/>`
	if g[3] == "" {
		return img
	}
	return "<figure>" + img + "<figcaption>" + richInline(g[3]) + "</figcaption></figure>"
}

// fence translates a code block, or a formula; one without an end runs to the end.
func (m *richMarkdown) fence(language string) {
	var code []string
	m.lines = m.lines[1:]
	for len(m.lines) > 0 {
		line := m.lines[0]
		m.lines = m.lines[1:]
		if strings.TrimSpace(line) == "```" {
			break
		}
		code = append(code, line)
	}
	text := html.EscapeString(strings.Join(code, "\n"))
	if language == "math" {
		m.out.WriteString("<tg-math-block>" + text + "</tg-math-block>")
		return
	}
	m.out.WriteString(`<pre><code class="language-` + html.EscapeString(language) + `">` + text + "</code></pre>")
}

func (m *richMarkdown) quote() {
	var lines []string
	for len(m.lines) > 0 && mdQuote.MatchString(m.lines[0]) {
		lines = append(lines, mdQuote.FindStringSubmatch(m.lines[0])[1])
		m.lines = m.lines[1:]
	}
	m.out.WriteString("<blockquote>" + richHTMLWithin(strings.Join(lines, "\n"), m.depth+1) + "</blockquote>")
}

func (m *richMarkdown) list(tag string, item *regexp.Regexp) {
	m.out.WriteString("<" + tag)
	if tag == "ol" {
		m.out.WriteString(` start="` + item.FindStringSubmatch(m.lines[0])[1] + `"`)
	}
	m.out.WriteString(">")
	for len(m.lines) > 0 && item.MatchString(m.lines[0]) {
		g := item.FindStringSubmatch(m.lines[0])
		m.lines = m.lines[1:]
		box := ""
		if tag == "ul" && g[1] != "" {
			box = `<input type="checkbox"/>`
			if g[1] != " " {
				box = `<input type="checkbox" checked/>`
			}
		}
		m.out.WriteString("<li>" + box + richInline(g[2]) + "</li>")
	}
	m.out.WriteString("</" + tag + ">")
}

func (m *richMarkdown) table() {
	aligns := cells(m.lines[1])
	header := cells(m.lines[0])
	m.lines = m.lines[2:]
	m.out.WriteString("<table bordered>")
	m.row("th", header, aligns)
	for len(m.lines) > 0 && strings.Contains(m.lines[0], "|") {
		m.row("td", cells(m.lines[0]), aligns)
		m.lines = m.lines[1:]
	}
	m.out.WriteString("</table>")
}

func (m *richMarkdown) row(tag string, texts, aligns []string) {
	m.out.WriteString("<tr>")
	for i, text := range texts {
		align := ""
		if i < len(aligns) && strings.HasSuffix(aligns[i], ":") {
			align = ` align="right"`
			if strings.HasPrefix(aligns[i], ":") {
				align = ` align="center"`
			}
		}
		m.out.WriteString("<" + tag + align + ">" + richInline(text) + "</" + tag + ">")
	}
	m.out.WriteString("</tr>")
}

func cells(line string) []string {
	line = strings.TrimSpace(line)
	line = strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|")
	var out []string
	for cell := range strings.SplitSeq(line, "|") {
		out = append(out, strings.TrimSpace(cell))
	}
	return out
}

// paragraph takes lines up to an empty one or to another block.
func (m *richMarkdown) paragraph() {
	lines := []string{m.lines[0]}
	for m.lines = m.lines[1:]; len(m.lines) > 0; m.lines = m.lines[1:] {
		line := m.lines[0]
		if strings.TrimSpace(line) == "" || mdFence.MatchString(line) || mdHeading.MatchString(line) || mdQuote.MatchString(line) ||
			mdBullet.MatchString(line) || mdNumber.MatchString(line) || mdBlock.MatchString(line) {
			break
		}
		lines = append(lines, line)
	}
	m.out.WriteString("<p>" + richInline(strings.Join(lines, "\n")) + "</p>")
}

// richInlines are the marks within a text and their tags; earlier ones win.
var richInlines = []struct {
	rx  *regexp.Regexp
	tag string
}{
	{regexp.MustCompile(`(?s)\*\*(.+?)\*\*`), "b"},
	{regexp.MustCompile(`(?s)__(.+?)__`), "b"},
	{regexp.MustCompile(`(?s)~~(.+?)~~`), "s"},
	{regexp.MustCompile(`(?s)\|\|(.+?)\|\|`), "tg-spoiler"},
	{regexp.MustCompile(`(?s)==(.+?)==`), "mark"},
	{regexp.MustCompile(`\$([^\s$][^$]*)\$`), "tg-math"},
	{regexp.MustCompile(`(?s)\*([^*\s][^*]*)\*`), "i"},
	{regexp.MustCompile(`(?s)\b_([^_\s][^_]*)_\b`), "i"},
}

var (
	mdCode = regexp.MustCompile("`([^`]+)`")
	mdLink = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)
)

// richInline translates the marks within a text. Code is set aside first, because
// nothing in it means anything.
func richInline(text string) string {
	pieces := mdCode.Split(text, -1)
	codes := mdCode.FindAllStringSubmatch(text, -1)
	var out strings.Builder
	for i, piece := range pieces {
		piece = mdLink.ReplaceAllString(piece, `<a href="$2">$1</a>`)
		for _, style := range richInlines {
			piece = style.rx.ReplaceAllString(piece, "<"+style.tag+">${1}</"+style.tag+">")
		}
		out.WriteString(piece)
		if i < len(codes) {
			out.WriteString("<code>" + html.EscapeString(codes[i][1]) + "</code>")
		}
	}
	return out.String()
}
