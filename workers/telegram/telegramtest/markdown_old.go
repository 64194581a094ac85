package telegramtest

import "strings"

// parseMarkdown reads parse_mode Markdown, the old one without nesting.
func parseMarkdown(src string) (string, []Entity, error) {
	p := &markText{src: src}
	var entities []Entity
	for p.pos < len(src) {
		switch c := src[p.pos]; {
		case c == '\\' && p.pos+1 < len(src) && strings.IndexByte("_*`[", src[p.pos+1]) >= 0:
			p.pos++
			p.copy()
		case strings.IndexByte("_*`[", c) < 0:
			p.copy()
		default:
			e, ok, err := p.oldEntity()
			if err != nil {
				return "", nil, err
			}
			if ok {
				entities = append(entities, e)
			}
		}
	}
	return p.out.String(), entities, nil
}

// oldEntity reads one entity; ok is false for an empty one, and for a link to nowhere.
func (p *markText) oldEntity() (e Entity, ok bool, err error) {
	begin, units, from := p.pos, p.units, p.out.Len()
	e = Entity{Type: map[byte]string{'_': "italic", '*': "bold", '`': "code", '[': "text_link"}[p.at(0)], Offset: units}
	end := string(p.at(0))
	switch {
	case p.has("```"):
		end, e.Type = "```", "pre"
		p.pos += 3
		e.Language = p.language()
	case end == "[":
		end = "]"
		p.pos++
	default:
		p.pos++
	}
	for p.pos < len(p.src) && !p.has(end) {
		p.copy()
	}
	if p.pos == len(p.src) {
		return e, false, badEntities("Can't find end of the entity starting at byte offset %d", begin)
	}
	p.pos += len(end)
	e.Length, ok = p.units-units, p.units > units
	if e.Type == "text_link" {
		address := p.out.String()[from:]
		if ok && p.at(0) == '(' {
			address = p.oldAddress()
		}
		ok = ok && setLink(&e, address)
	}
	return e, ok, nil
}

// oldAddress reads the address of a link, in parentheses.
func (p *markText) oldAddress() string {
	p.pos++
	address, rest, _ := strings.Cut(p.src[p.pos:], ")")
	p.pos = len(p.src) - len(rest)
	return address
}
