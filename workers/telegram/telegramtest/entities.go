package telegramtest

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// utf16Len is the length of s as Telegram counts it.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// utf16Slice cuts s by UTF-16 units, staying within its bounds.
func utf16Slice(s string, offset, length int) string {
	u := utf16.Encode([]rune(s))
	offset = min(max(offset, 0), len(u))
	return string(utf16.Decode(u[offset:min(offset+max(length, 0), len(u))]))
}

// setLink makes e a link to an address, or to a person for tg://user?id=. It reports
// whether the address is one.
func setLink(e *Entity, address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return false
	}
	if u.Scheme == "tg" && u.Host == "user" {
		id, err := strconv.ParseInt(u.Query().Get("id"), 10, 64)
		e.Type, e.User = "text_mention", &User{ID: id}
		return err == nil
	}
	if u.Scheme == "" {
		u, err = url.Parse("http://" + strings.TrimSpace(address))
	}
	switch {
	case err != nil || u.Host == "":
		return false
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "tg" && u.Scheme != "ton" && u.Scheme != "tonsite":
		return false
	case !strings.Contains(u.Hostname(), ".") && u.Scheme != "tg" && u.Hostname() != "localhost":
		return false
	}
	if u.Path == "" && u.Scheme != "tg" {
		u.Path = "/"
	}
	e.Type, e.URL = "text_link", u.String()
	return true
}

// finders say how Telegram recognizes what people write; earlier ones win. The first
// group of an expression is the entity.
var finders = []struct {
	kind string
	rx   *regexp.Regexp
}{
	{"url", regexp.MustCompile(`(?i)((?:https?|ftp|tg|ton)://[^\s<>"']+[^\s<>"'.,:;!?)\]}])`)},
	{"email", regexp.MustCompile(`([\w.+-]+@[\w-]+(?:\.[\w-]+)+)`)},
	{"url", regexp.MustCompile(`(?i)(?:^|[^\w@./-])((?:[a-z0-9-]+\.)+(?:com|org|net|io|me|dev|app|info|de|ru|uk|eu)(?:/[^\s<>"']*[^\s<>"'.,:;!?)\]}])?)\b`)},
	{"bot_command", regexp.MustCompile(`(?:^|[^\w/@<>])(/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?:$|[^\w/@])`)},
	{"mention", regexp.MustCompile(`(?:^|[^\w@/])(@[A-Za-z0-9_]{3,32})`)},
	{"hashtag", regexp.MustCompile(`(?:^|[^\pL\d_#])(#[\pL\d_]*\pL[\pL\d_]*)`)},
}

// detect cleans a text as Telegram does, trims it, and adds what Telegram finds in
// it to the entities it came with.
func detect(text string, entities []Entity) (string, []Entity) {
	text, entities = trim(text, entities)
	if text == "" {
		return "", nil
	}
	for _, f := range finders {
		for _, at := range findAll(f.rx, text) {
			e := Entity{Type: f.kind, Offset: utf16Len(text[:at[0]]), Length: utf16Len(text[at[0]:at[1]])}
			if !slices.ContainsFunc(entities, func(other Entity) bool { return excludes(other, e) }) {
				entities = append(entities, e)
			}
		}
	}
	sortEntities(entities)
	return text, entities
}

// findAll finds the first group of rx everywhere; the character that ends one match
// may begin the next.
func findAll(rx *regexp.Regexp, text string) (found [][2]int) {
	for from := 0; from < len(text); {
		at := rx.FindStringSubmatchIndex(text[from:])
		if at == nil {
			break
		}
		found = append(found, [2]int{from + at[2], from + at[3]})
		from += at[3]
	}
	return found
}

// excludes reports whether an entity leaves no room for a found one: styles do, the
// rest do not.
func excludes(a, b Entity) bool {
	switch a.Type {
	case "bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote":
		return false
	}
	return a.Offset < b.Offset+b.Length && b.Offset < a.Offset+a.Length
}

// clean drops carriage returns and turns other control characters into spaces.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return -1
		case r < ' ' && r != '\n' || r == 0x7f:
			return ' '
		}
		return r
	}, s)
}

// trim cuts white space at both ends and moves the entities along.
func trim(text string, entities []Entity) (string, []Entity) {
	const space = " \n\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u3000"
	cut := strings.TrimLeft(text, space)
	shift := utf16Len(text) - utf16Len(cut)
	cut = strings.TrimRight(cut, space)
	size := utf16Len(cut)
	var kept []Entity
	for _, e := range entities {
		begin, end := max(e.Offset-shift, 0), min(e.Offset+e.Length-shift, size)
		if end > begin {
			e.Offset, e.Length = begin, end-begin
			kept = append(kept, e)
		}
	}
	return cut, kept
}

// formatted reads a text parameter with its parse_mode or entities and measures it.
func (s *Server) formatted(c *call, name, entitiesName string) (string, []Entity, error) {
	var given []Entity
	if err := c.decode(entitiesName, "entities", &given); err != nil {
		return "", nil, err
	}
	return s.format(c, c.str(name), c.str("parse_mode"), given)
}

// format applies a parse mode to a text. Telegram finds links and commands in bots'
// texts as in people's.
func (s *Server) format(c *call, text, mode string, given []Entity) (string, []Entity, error) {
	text = clean(text)
	entities := given
	switch strings.ToLower(mode) {
	case "", "none":
	case "html":
		var err error
		if text, entities, err = parseHTML(text); err != nil {
			return "", nil, err
		}
	case "markdown", "markdownv2":
		c.violate("this server speaks no " + mode)
		return "", nil, bad("unsupported parse_mode")
	default:
		return "", nil, bad("unsupported parse_mode")
	}
	text, entities = detect(text, entities)
	// A mention of somebody the bot has never met is plain text.
	entities = slices.DeleteFunc(entities, func(e Entity) bool { return e.User != nil && s.w.Users[e.User.ID] == nil })
	for i, e := range entities {
		if e.User != nil {
			entities[i].User = &s.w.Users[e.User.ID].User
		}
	}
	if len(entities) > 100 {
		entities = entities[:100]
	}
	return text, entities, nil
}

// addressed reports whether a command is for this bot: bare, or with its name.
func (s *Server) addressed(command string) bool {
	_, name, found := strings.Cut(command, "@")
	return !found || strings.EqualFold(name, s.opts.Bot.Username)
}
