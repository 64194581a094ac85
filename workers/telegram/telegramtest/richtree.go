package telegramtest

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// richNode is an element of rich HTML or, without a tag, a text.
type richNode struct {
	tag   string
	attrs map[string]string
	text  string
	kids  []*richNode
}

// The tags of rich messages. Blocks stand for themselves, the others within a text.
var (
	richBlockTags = strings.Fields(`p h1 h2 h3 h4 h5 h6 pre footer hr tg-math-block ul ol blockquote aside tg-collage
		tg-slideshow table details tg-map figure img video audio tg-thinking`)
	richPartTags = strings.Fields("li tr th td thead tbody caption summary figcaption cite input br")
	richTextTags = map[string]string{
		"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline", "s": "strikethrough",
		"strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "sub": "subscript", "sup": "superscript",
		"mark": "marked", "code": "code", "tg-emoji": "custom_emoji", "tg-math": "mathematical_expression", "a": "url",
		"tg-time": "date_time",
	}
	richVoidTags = strings.Fields("hr br img input")
)

// maxRichTags is how deep elements of all kinds may nest.
const maxRichTags = 100

// richParser reads rich HTML into a tree.
type richParser struct {
	src  string
	pos  int
	open []*richNode
}

// parseRichTree reads markup, or refuses in the words of parse_mode HTML.
func parseRichTree(src string) (*richNode, error) {
	root := &richNode{}
	p := &richParser{src: src, open: []*richNode{root}}
	for p.pos < len(src) {
		var err error
		switch {
		case strings.HasPrefix(src[p.pos:], "</"):
			err = p.closeTag()
		case src[p.pos] == '<':
			err = p.openTag()
		default:
			p.read()
		}
		if err != nil {
			return nil, err
		}
	}
	if n := len(p.open); n > 1 {
		return nil, badEntities("Can't find end tag corresponding to start tag %q", p.open[n-1].tag)
	}
	return root, nil
}

func (p *richParser) top() *richNode { return p.open[len(p.open)-1] }

// read takes text up to the next tag.
func (p *richParser) read() {
	var text strings.Builder
	for p.pos < len(p.src) && p.src[p.pos] != '<' {
		r, size := utf8.DecodeRuneInString(p.src[p.pos:])
		if r == '&' {
			r, size = decodeReference(p.src[p.pos:])
		}
		text.WriteRune(r)
		p.pos += size
	}
	p.top().kids = append(p.top().kids, &richNode{text: text.String()})
}

func (p *richParser) openTag() error {
	begin := p.pos
	end := strings.IndexByte(p.src[p.pos:], '>')
	if end < 0 {
		return badEntities("Unclosed start tag at byte offset %d", begin)
	}
	inner := p.src[p.pos+1 : p.pos+end]
	p.pos += end + 1
	inner, closed := strings.CutSuffix(inner, "/")
	name, rest, _ := strings.Cut(strings.TrimSpace(inner)+" ", " ")
	n := &richNode{tag: strings.ToLower(name), attrs: richAttrs(rest)}
	if richTextTags[n.tag] == "" && !slices.Contains(richBlockTags, n.tag) && !slices.Contains(richPartTags, n.tag) {
		return badEntities("Unsupported start tag %q at byte offset %d", n.tag, begin)
	}
	if len(p.open) > maxRichTags {
		return bad("rich message has too many nested blocks")
	}
	p.top().kids = append(p.top().kids, n)
	if !closed && !slices.Contains(richVoidTags, n.tag) {
		p.open = append(p.open, n)
	}
	return nil
}

// richAttrs reads attributes: names, and values bare or in quotes.
func richAttrs(s string) map[string]string {
	attrs := map[string]string{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		end := strings.IndexAny(s, "= \n\t")
		if end < 0 {
			attrs[strings.ToLower(s)] = ""
			break
		}
		name := strings.ToLower(s[:end])
		s = strings.TrimSpace(s[end:])
		value, assigned := strings.CutPrefix(s, "=")
		if !assigned {
			attrs[name] = ""
			continue
		}
		value = strings.TrimSpace(value)
		if quote := value; quote != "" && (quote[0] == '"' || quote[0] == '\'') {
			value, s, _ = strings.Cut(value[1:], quote[:1])
		} else {
			value, s, _ = strings.Cut(value, " ")
		}
		attrs[name] = unescapeHTML(value)
	}
	return attrs
}

// unescapeHTML resolves the references Telegram knows.
func unescapeHTML(s string) string {
	var b strings.Builder
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if r == '&' {
			r, size = decodeReference(s)
		}
		b.WriteRune(r)
		s = s[size:]
	}
	return b.String()
}

func (p *richParser) closeTag() error {
	begin := p.pos
	end := strings.IndexByte(p.src[p.pos:], '>')
	switch {
	case len(p.open) == 1:
		return badEntities("Unexpected end tag at byte offset %d", begin)
	case end < 0:
		return badEntities("Unclosed end tag at byte offset %d", begin)
	}
	name := strings.ToLower(strings.TrimSpace(p.src[p.pos+2 : p.pos+end]))
	if name != p.top().tag {
		return badEntities(`Unmatched end tag at byte offset %d, expected "</%s>", found "</%s>"`, begin, p.top().tag, name)
	}
	p.pos += end + 1
	p.open = p.open[:len(p.open)-1]
	return nil
}

// all walks the tree.
func (n *richNode) all(visit func(*richNode)) {
	visit(n)
	for _, kid := range n.kids {
		kid.all(visit)
	}
}

// plain is the text of the element with its white space.
func (n *richNode) plain() string {
	var text strings.Builder
	n.all(func(m *richNode) { text.WriteString(m.text) })
	return text.String()
}

// child finds the first child of a tag; nil if there is none.
func (n *richNode) child(tag string) *richNode {
	for _, kid := range n.kids {
		if kid.tag == tag {
			return kid
		}
	}
	return nil
}

// without lists the children except those of a tag.
func (n *richNode) without(tags ...string) []*richNode {
	return slices.DeleteFunc(slices.Clone(n.kids), func(kid *richNode) bool { return kid.tag != "" && slices.Contains(tags, kid.tag) })
}
