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
	{"cashtag", regexp.MustCompile(`(?:^|[^$\pL\d_])(\$[A-Z]{1,8})(?:$|[^$\pL\d_])`)},
	{"hashtag", regexp.MustCompile(`(?:^|[^\pL\d_#])(#[\pL\d_]*\pL[\pL\d_]*)`)},
}

// dateFormat is how a date and time may be shown: relative, or by weekday, date and time.
var dateFormat = regexp.MustCompile(`^(?:r|w?[dD]?[tT]?)$`)

// setDate makes e a date and time. It reports whether both parts are right.
func setDate(e *Entity, unix, format string) bool {
	n, err := strconv.ParseInt(unix, 10, 64)
	e.UnixTime, e.DateTimeFormat = n, format
	return err == nil && n > 0 && dateFormat.MatchString(format)
}

// detect cleans a text as Telegram does, trims it, and adds what Telegram finds in
// it to the entities it came with.
func detect(text string, entities []Entity) (string, []Entity) {
	text, entities = trim(text, entities)
	if text == "" {
		return "", nil
	}
	for _, f := range finders {
		begin, units := 0, 0
		for _, at := range findAll(f.rx, text) {
			units += utf16Len(text[begin:at[0]])
			begin = at[0]
			e := Entity{Type: f.kind, Offset: units, Length: utf16Len(text[at[0]:at[1]])}
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
	return s.format(c.str(name), c.str("parse_mode"), given)
}

// maxSource is the length of a text with its markup, in bytes.
const maxSource = 1 << 15

// format applies a parse mode to a text. Telegram finds links and commands in bots'
// texts as in people's.
func (s *Server) format(text, mode string, given []Entity) (string, []Entity, error) {
	if len(text) > maxSource {
		return "", nil, bad("text is too long")
	}
	text = clean(text)
	var entities []Entity
	var err error
	switch mode = strings.ToLower(mode); {
	case text == "" || mode == "" || mode == "none":
		entities, err = givenEntities(given, text)
	case mode == "html":
		text, entities, err = parseHTML(text)
	case mode == "markdown":
		text, entities, err = parseMarkdown(text)
	case mode == "markdownv2":
		text, entities, err = parseMarkdownV2(text)
	default:
		err = bad("unsupported parse_mode")
	}
	if err != nil {
		return "", nil, err
	}
	text, entities = detect(text, outsideCode(entities))
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

// givenEntities checks the entities a bot gives itself. What Telegram finds on its own
// is dropped, and so are entities outside of the text; ends are cut.
func givenEntities(given []Entity, text string) ([]Entity, error) {
	var kept []Entity
	size := utf16Len(text)
	for _, e := range given {
		switch e.Type {
		case "bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "expandable_blockquote":
		case "text_link":
			if e.URL == "" {
				return nil, bad(`can't parse MessageEntity: Can't find field "url"`)
			}
			if !setLink(&e, e.URL) {
				continue
			}
		case "text_mention":
			if e.User == nil {
				return nil, bad(`can't parse MessageEntity: Can't find field "user"`)
			}
		case "custom_emoji":
			if n, err := strconv.ParseInt(e.CustomEmojiID, 10, 64); err != nil || n == 0 {
				return nil, bad(`can't parse MessageEntity: Can't find field "custom_emoji_id"`)
			}
		case "date_time":
			if e.UnixTime <= 0 || !dateFormat.MatchString(e.DateTimeFormat) {
				return nil, bad("can't parse MessageEntity: invalid date and time specified")
			}
		case "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number":
			continue
		default:
			return nil, bad("can't parse MessageEntity: Unsupported type specified")
		}
		if e.Offset < 0 || e.Length <= 0 || e.Offset >= size {
			continue
		}
		e.Length = min(e.Length, size-e.Offset)
		kept = append(kept, e)
	}
	sortEntities(kept)
	return kept, nil
}

// outsideCode takes styles and links out of code, which is shown as it is.
func outsideCode(entities []Entity) []Entity {
	var kept []Entity
	for _, e := range entities {
		parts := []Entity{e}
		for _, code := range entities {
			if code.Type == "code" || code.Type == "pre" {
				parts = cutOut(parts, code)
			}
		}
		kept = append(kept, parts...)
	}
	sortEntities(kept)
	return kept
}

// cutOut cuts the stretch of code out of entities. Quotations may have code in them.
func cutOut(entities []Entity, code Entity) []Entity {
	var kept []Entity
	end := code.Offset + code.Length
	for _, e := range entities {
		apart := e.Offset >= end || e.Offset+e.Length <= code.Offset
		switch e.Type {
		case "code", "pre", "blockquote", "expandable_blockquote":
			apart = true
		}
		if apart {
			kept = append(kept, e)
			continue
		}
		before, after := e, e
		before.Length = code.Offset - e.Offset
		after.Offset, after.Length = end, e.Offset+e.Length-end
		for _, part := range []Entity{before, after} {
			if part.Length > 0 {
				kept = append(kept, part)
			}
		}
	}
	return kept
}
