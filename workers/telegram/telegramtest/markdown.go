package telegramtest

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// markText collects the text that is left when the markup is taken out of it. Offsets
// in refusals are bytes of the source, offsets of entities are UTF-16 units of the
// result.
type markText struct {
	src   string
	pos   int
	out   strings.Builder
	units int
}

// at is the byte n places on, 0 behind the end.
func (p *markText) at(n int) byte {
	if p.pos+n < len(p.src) {
		return p.src[p.pos+n]
	}
	return 0
}

// has reports whether the source goes on with word.
func (p *markText) has(word string) bool { return strings.HasPrefix(p.src[p.pos:], word) }

// copy takes one character over into the text.
func (p *markText) copy() {
	r, size := utf8.DecodeRuneInString(p.src[p.pos:])
	p.out.WriteRune(r)
	p.units += utf16Len(string(r))
	p.pos += size
}

// language skips the name of a language and the line end after the opening of a code
// block.
func (p *markText) language() string {
	end := p.pos
	for end < len(p.src) && !isSpace(p.src[end]) && p.src[end] != '`' {
		end++
	}
	name := ""
	if end != p.pos && end < len(p.src) && p.src[end] != '`' {
		name, p.pos = p.src[p.pos:end], end
	}
	if c := p.at(0); c == '\n' || c == '\r' {
		p.pos++
		if next := p.at(0); (next == '\n' || next == '\r') && next != c {
			p.pos++
		}
	}
	return name
}

// markdownV2 reads parse_mode MarkdownV2.
type markdownV2 struct {
	markText
	open     []openMark
	entities []Entity
	quoting  bool // within a block quotation
	fresh    bool // at the begin of a line, where a quotation may begin
}

// openMark is an entity that has begun: where, in the result and in the source.
type openMark struct {
	kind, language       string
	units, bytes, source int
}

// reservedV2 are the characters that mean something unless they are escaped.
const reservedV2 = "_*[]()~`>#+-=|{}.!\n"

// markNames are the entities in refusals.
var markNames = map[string]string{
	"bold": "Bold", "italic": "Italic", "underline": "Underline", "strikethrough": "Strikethrough", "spoiler": "Spoiler",
	"text_link": "TextUrl", "custom_emoji": "CustomEmoji", "code": "Code", "pre": "Pre", "blockquote": "BlockQuote",
}

func (m openMark) name() string {
	if m.kind == "pre" && m.language != "" {
		return "PreCode"
	}
	return markNames[m.kind]
}

// parseMarkdownV2 turns markup into text and entities, or refuses in Telegram's words.
func parseMarkdownV2(src string) (string, []Entity, error) {
	p := &markdownV2{markText: markText{src: src}, fresh: true}
	for p.pos < len(src) {
		if err := p.step(); err != nil {
			return "", nil, err
		}
	}
	if n := len(p.open); n > 0 && p.open[n-1].kind == "blockquote" {
		if err := p.end(""); err != nil {
			return "", nil, err
		}
	}
	if n := len(p.open); n > 0 {
		return "", nil, p.unended(p.open[n-1])
	}
	sortEntities(p.entities)
	return p.out.String(), p.entities, nil
}

func (p *markdownV2) unended(m openMark) error {
	return badEntities("Can't find end of %s entity at byte offset %d", m.name(), m.source)
}

// top is the kind of the innermost open entity.
func (p *markdownV2) top() string {
	if len(p.open) == 0 {
		return ""
	}
	return p.open[len(p.open)-1].kind
}

// step reads a character, or the begin or end of an entity.
func (p *markdownV2) step() error {
	reserved := reservedV2
	if p.top() == "code" || p.top() == "pre" {
		reserved = "`"
	}
	switch c := p.at(0); {
	case c == '\\' && p.at(1) > 0 && p.at(1) <= 126:
		p.pos++
		p.plain()
		return nil
	case strings.IndexByte(reserved, c) < 0:
		p.plain()
		return nil
	case c == '\n':
		return p.lineEnd()
	case p.ends():
		return p.close()
	}
	return p.begin()
}

func (p *markdownV2) plain() {
	p.copy()
	p.fresh = false
}

// lineEnd reads a line end. In a quotation it ends the quotation unless the next line
// is quoted too; nothing may be open in it then.
func (p *markdownV2) lineEnd() error {
	if p.quoting && p.at(1) != '>' {
		if p.top() != "blockquote" {
			return p.unended(p.open[len(p.open)-1])
		}
		p.copy()
		p.quoting, p.fresh = false, true
		return p.end("")
	}
	p.copy()
	if p.quoting {
		p.pos++ // the next line's mark
	}
	p.fresh = !p.quoting
	return nil
}

// ends reports whether the innermost entity ends here.
func (p *markdownV2) ends() bool {
	switch p.top() {
	case "bold":
		return p.at(0) == '*'
	case "italic":
		return p.at(0) == '_' && p.at(1) != '_'
	case "underline":
		return p.has("__")
	case "strikethrough":
		return p.at(0) == '~'
	case "spoiler":
		return p.has("||")
	case "code":
		return p.at(0) == '`'
	case "pre":
		return p.has("```")
	case "text_link", "custom_emoji":
		return p.at(0) == ']'
	case "blockquote":
		return p.has("||") && (p.at(2) == 0 || p.at(2) == '\n' && p.at(3) != '>')
	}
	return false
}

// marks are what begins an entity, longer ones first.
var marks = []struct{ mark, kind string }{
	{"__", "underline"},
	{"_", "italic"},
	{"*", "bold"},
	{"~", "strikethrough"},
	{"||", "spoiler"},
	{"```", "pre"},
	{"`", "code"},
	{"![", "custom_emoji"},
	{"[", "text_link"},
}

// begin opens an entity.
func (p *markdownV2) begin() error {
	m := openMark{units: p.units, bytes: p.out.Len(), source: p.pos}
	if p.at(0) == '>' && p.fresh && !p.quoting {
		m.kind, p.quoting, p.fresh = "blockquote", true, false
		p.pos++
		p.open = append(p.open, m)
		return nil
	}
	for _, known := range marks {
		if !p.has(known.mark) {
			continue
		}
		p.pos += len(known.mark)
		if m.kind = known.kind; m.kind == "pre" {
			m.language = p.language()
		}
		p.open = append(p.open, m)
		return nil
	}
	return badEntities(`Character '%c' is reserved and must be escaped with the preceding '\'`, p.at(0))
}

// close ends the innermost entity, with its mark and, of a link, its address.
func (p *markdownV2) close() error {
	switch kind := p.top(); kind {
	case "underline", "spoiler":
		p.pos += 2
	case "blockquote":
		p.pos += 2
		p.quoting = false
		p.open[len(p.open)-1].kind = "expandable_blockquote"
	case "pre":
		p.pos += 3
	case "text_link", "custom_emoji":
		p.pos++
		address, err := p.address(kind)
		if err != nil {
			return err
		}
		return p.end(address)
	default:
		p.pos++
	}
	return p.end("")
}

// address reads what stands in parentheses behind a link or a custom emoji. Without
// them a link's text is its address.
func (p *markdownV2) address(kind string) (string, error) {
	what := "URL"
	if kind == "custom_emoji" {
		what = "custom emoji URL"
	}
	if p.at(0) != '(' {
		if kind == "custom_emoji" {
			return "", badEntities("Custom emoji entity must contain a tg://emoji URL")
		}
		return p.out.String()[p.open[len(p.open)-1].bytes:], nil
	}
	p.pos++
	begin := p.pos
	var address strings.Builder
	for p.pos < len(p.src) && p.src[p.pos] != ')' {
		if p.src[p.pos] == '\\' && p.at(1) > 0 && p.at(1) <= 126 {
			p.pos++
		}
		address.WriteByte(p.src[p.pos])
		p.pos++
	}
	if p.pos == len(p.src) {
		return "", badEntities("Can't find end of a %s at byte offset %d", what, begin)
	}
	p.pos++
	return address.String(), nil
}

// end makes the innermost entity what it has become; an empty one is nothing.
func (p *markdownV2) end(address string) error {
	m := p.open[len(p.open)-1]
	p.open = p.open[:len(p.open)-1]
	e := Entity{Type: m.kind, Offset: m.units, Length: p.units - m.units, Language: m.language}
	keep := e.Length > 0
	switch m.kind {
	case "text_link":
		keep = keep && setLink(&e, address)
	case "custom_emoji":
		if err := e.setSpecial(address); err != nil {
			return err
		}
	}
	if keep {
		p.entities = append(p.entities, e)
	}
	return nil
}

// setSpecial makes e the custom emoji, or the date and time, of a tg:// address.
func (e *Entity) setSpecial(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "tg" || u.Host != "emoji" && u.Host != "time" {
		return badEntities("Custom emoji URL must have type tg://emoji")
	}
	if u.Host == "time" {
		e.Type = "date_time"
		if !setDate(e, u.Query().Get("unix"), u.Query().Get("format")) {
			return badEntities("Invalid date and time specified")
		}
		return nil
	}
	e.CustomEmojiID = u.Query().Get("id")
	if n, err := strconv.ParseInt(e.CustomEmojiID, 10, 64); err != nil || n == 0 {
		return badEntities("Invalid custom emoji identifier specified")
	}
	return nil
}
