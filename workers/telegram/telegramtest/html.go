package telegramtest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// htmlTags maps the tags of parse_mode HTML to entity types.
var htmlTags = map[string]string{
	"a": "text_link", "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
	"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler", "tg-spoiler": "spoiler",
	"tg-emoji": "custom_emoji", "code": "code", "pre": "pre", "blockquote": "blockquote",
	"tg-time": "date_time",
}

// htmlParser reads parse_mode HTML. Offsets in refusals are bytes of the source,
// offsets of entities are UTF-16 units of the result.
type htmlParser struct {
	src      string
	pos      int
	out      strings.Builder
	units    int
	open     []openTag
	entities []Entity
}

type openTag struct {
	name, argument string
	format         string // of a tg-time
	offset, begin  int    // in UTF-16 units and in bytes of the result
	expandable     bool
}

// parseHTML turns markup into text and entities, or refuses in Telegram's words.
func parseHTML(src string) (string, []Entity, error) {
	p := &htmlParser{src: src}
	for p.pos < len(src) {
		var err error
		switch {
		case src[p.pos] == '&':
			p.reference()
		case strings.HasPrefix(src[p.pos:], "</"):
			err = p.closeTag()
		case src[p.pos] == '<':
			err = p.openTag()
		default:
			r, size := utf8.DecodeRuneInString(src[p.pos:])
			p.write(r)
			p.pos += size
		}
		if err != nil {
			return "", nil, err
		}
	}
	if n := len(p.open); n > 0 {
		return "", nil, badEntities("Can't find end tag corresponding to start tag %q", p.open[n-1].name)
	}
	sortEntities(p.entities)
	return p.out.String(), p.entities, nil
}

func badEntities(format string, args ...any) error {
	return bad("can't parse entities: "+format, args...)
}

// styles are the entities that come last among those of one stretch, in this order.
var styles = []string{"bold", "italic", "underline", "strikethrough", "spoiler", "custom_emoji"}

// rank orders the entities of one stretch: quotations, code, what is found or linked,
// styles.
func (e Entity) rank() int {
	switch e.Type {
	case "blockquote", "expandable_blockquote":
		return -3
	case "pre":
		return -2
	case "code":
		return -1
	}
	return slices.Index(styles, e.Type) + 1
}

func sortEntities(es []Entity) {
	slices.SortStableFunc(es, func(a, b Entity) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Length, a.Length), cmp.Compare(a.rank(), b.rank()))
	})
}

func (p *htmlParser) write(r rune) {
	p.out.WriteRune(r)
	p.units += utf16Len(string(r))
}

// reference writes what a character reference means; an unknown one stays text.
func (p *htmlParser) reference() {
	r, size := decodeReference(p.src[p.pos:])
	p.write(r)
	p.pos += size
}

// decodeReference reads the reference at the start of s, which begins with &.
func decodeReference(s string) (rune, int) {
	end := 1
	var r rune
	if strings.HasPrefix(s, "&#") {
		base, digits := 10, s[2:]
		if strings.HasPrefix(digits, "x") {
			base, digits = 16, digits[1:]
		}
		n := 0
		for n < len(digits) && isDigit(digits[n], base) {
			n++
		}
		code, err := strconv.ParseInt(digits[:n], base, 32)
		end = len(s) - len(digits) + n
		if err != nil || code == 0 || code >= 0x10ffff || !utf8.ValidRune(rune(code)) || end >= 10 {
			return '&', 1
		}
		r = rune(code)
	} else {
		for end < len(s) && unicode.IsLetter(rune(s[end])) && s[end] < utf8.RuneSelf {
			end++
		}
		r = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"'}[s[1:end]]
		if r == 0 {
			return '&', 1
		}
	}
	if end < len(s) && s[end] == ';' {
		end++
	}
	return r, end
}

func isDigit(c byte, base int) bool {
	_, err := strconv.ParseUint(string(c), base, 8)
	return err == nil
}

func (p *htmlParser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *htmlParser) skip(while func(c byte) bool) string {
	begin := p.pos
	for p.pos < len(p.src) && while(p.src[p.pos]) {
		p.pos++
	}
	return p.src[begin:p.pos]
}

func isSpace(c byte) bool   { return c == ' ' || c >= '\t' && c <= '\r' }
func isTagName(c byte) bool { return !isSpace(c) && c != '>' }

func (p *htmlParser) openTag() error {
	begin := p.pos
	p.pos++
	name := strings.ToLower(p.skip(isTagName))
	if p.pos == len(p.src) {
		return badEntities("Unclosed start tag at byte offset %d", begin)
	}
	if htmlTags[name] == "" {
		return badEntities("Unsupported start tag %q at byte offset %d", name, begin)
	}
	tag := openTag{name: name, offset: p.units, begin: p.out.Len()}
	for {
		p.skip(isSpace)
		if p.peek() == '>' {
			p.pos++
			break
		}
		if err := p.attribute(&tag, begin); err != nil {
			return err
		}
	}
	if name == "span" && tag.argument != "spoiler" {
		return badEntities(`Tag "span" must have class "tg-spoiler" at byte offset %d`, begin)
	}
	p.open = append(p.open, tag)
	return nil
}

func (p *htmlParser) attribute(tag *openTag, begin int) error {
	name := p.skip(func(c byte) bool { return !isSpace(c) && c != '=' && c != '>' })
	if name == "" {
		if p.pos == len(p.src) {
			return badEntities("Unclosed start tag %q at byte offset %d", tag.name, begin)
		}
		return badEntities("Empty attribute name in the tag %q at byte offset %d", tag.name, begin)
	}
	p.skip(isSpace)
	if p.peek() != '=' {
		if p.pos < len(p.src) {
			tag.take(name, "")
			return nil
		}
		return badEntities("Unclosed start tag %q at byte offset %d", tag.name, begin)
	}
	p.pos++
	p.skip(isSpace)
	if p.pos == len(p.src) {
		return badEntities("Unclosed start tag %q at byte offset %d", tag.name, begin)
	}
	value, err := p.value()
	if err != nil {
		return err
	}
	if p.pos == len(p.src) {
		return badEntities("Unclosed start tag at byte offset %d", begin)
	}
	tag.take(name, value)
	return nil
}

// value reads an attribute's value, bare or in quotes.
func (p *htmlParser) value() (string, error) {
	quote := p.peek()
	if quote != '"' && quote != '\'' {
		begin := p.pos
		v := p.skip(func(c byte) bool {
			return c < utf8.RuneSelf && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c))) || c == '.' || c == '-'
		})
		if c := p.peek(); !isSpace(c) && c != '>' {
			return "", badEntities("Unexpected end of name token at byte offset %d", begin)
		}
		return strings.ToLower(v), nil
	}
	p.pos++
	var v strings.Builder
	for p.pos < len(p.src) && p.src[p.pos] != quote {
		r, size := utf8.DecodeRuneInString(p.src[p.pos:])
		if r == '&' {
			r, size = decodeReference(p.src[p.pos:])
		}
		v.WriteRune(r)
		p.pos += size
	}
	if p.pos < len(p.src) {
		p.pos++
	}
	return v.String(), nil
}

// take keeps the attributes that mean something.
func (t *openTag) take(name, value string) {
	switch {
	case t.name == "a" && name == "href", t.name == "tg-emoji" && name == "emoji-id":
		t.argument = value
	case t.name == "tg-time" && name == "unix":
		t.argument = value
	case t.name == "tg-time" && name == "format":
		t.format = value
	case t.name == "code" && name == "class" && strings.HasPrefix(value, "language-"):
		t.argument = strings.TrimPrefix(value, "language-")
	case t.name == "span" && name == "class" && strings.HasPrefix(value, "tg-"):
		t.argument = strings.TrimPrefix(value, "tg-")
	case t.name == "blockquote" && name == "expandable":
		t.expandable = true
	}
}

func (p *htmlParser) closeTag() error {
	begin := p.pos
	if len(p.open) == 0 {
		return badEntities("Unexpected end tag at byte offset %d", begin)
	}
	p.pos += 2
	name := strings.ToLower(p.skip(isTagName))
	p.skip(isSpace)
	if p.peek() != '>' {
		return badEntities("Unclosed end tag at byte offset %d", begin)
	}
	p.pos++
	tag := p.open[len(p.open)-1]
	if name != "" && name != tag.name {
		return badEntities(`Unmatched end tag at byte offset %d, expected "</%s>", found "</%s>"`, begin, tag.name, name)
	}
	p.open = p.open[:len(p.open)-1]
	if p.units == tag.offset {
		return nil
	}
	return p.add(tag)
}

// add makes the entity of a tag that has ended.
func (p *htmlParser) add(tag openTag) error {
	e := Entity{Type: htmlTags[tag.name], Offset: tag.offset, Length: p.units - tag.offset}
	switch tag.name {
	case "a":
		url := cmp.Or(tag.argument, p.out.String()[tag.begin:])
		if !setLink(&e, url) {
			return nil // a link to nowhere is plain text
		}
	case "tg-emoji":
		if n, err := strconv.ParseInt(tag.argument, 10, 64); err != nil || n == 0 {
			return badEntities("Invalid custom emoji identifier specified")
		}
		e.CustomEmojiID = tag.argument
	case "tg-time":
		if !setDate(&e, tag.argument, tag.format) {
			return badEntities("Invalid date and time specified")
		}
	case "code", "pre":
		return p.addCode(e, tag.argument)
	case "blockquote":
		if tag.expandable {
			e.Type = "expandable_blockquote"
		}
	}
	p.entities = append(p.entities, e)
	return nil
}

// addCode joins <pre><code class="language-x"> into one entity.
func (p *htmlParser) addCode(e Entity, language string) error {
	if n := len(p.entities); n > 0 {
		last := &p.entities[n-1]
		same := last.Offset == e.Offset && last.Length == e.Length
		if e.Type == "pre" && same && last.Type == "code" {
			last.Type = "pre"
			return nil
		}
	}
	if e.Type == "code" && len(p.open) > 0 && p.open[len(p.open)-1].name == "pre" {
		e.Language = language
	}
	p.entities = append(p.entities, e)
	return nil
}
