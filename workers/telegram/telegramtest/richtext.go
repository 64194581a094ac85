package telegramtest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// must is the text of nodes, empty or not.
func (b *richBuilder) must(nodes []*richNode) *RichText {
	t, _ := b.text(nodes)
	return t
}

// optional is the text of an element; nil for none.
func (b *richBuilder) optional(n *richNode) *RichText {
	if n == nil {
		return nil
	}
	t, ok := b.text(n.kids)
	if !ok {
		return nil
	}
	return t
}

// text is the formatted text of nodes, white space run together and cut at both ends;
// ok is false if nothing is left.
func (b *richBuilder) text(nodes []*richNode) (t *RichText, ok bool) {
	parts := b.parts(nodes)
	for len(parts) > 0 && parts[0].Type == "" {
		if parts[0].Plain = strings.TrimLeftFunc(parts[0].Plain, unicode.IsSpace); parts[0].Plain != "" {
			break
		}
		parts = parts[1:]
	}
	for n := len(parts); n > 0 && parts[n-1].Type == ""; n-- {
		if parts[n-1].Plain = strings.TrimRightFunc(parts[n-1].Plain, unicode.IsSpace); parts[n-1].Plain != "" {
			break
		}
		parts = parts[:n-1]
	}
	switch len(parts) {
	case 0:
		return &RichText{}, false
	case 1:
		return &parts[0], true
	}
	return &RichText{Parts: parts}, true
}

func (b *richBuilder) parts(nodes []*richNode) []RichText {
	var parts []RichText
	for _, n := range nodes {
		switch {
		case n.tag == "":
			parts = append(parts, b.words(n.text)...)
		case n.tag == "br":
			parts = append(parts, RichText{Plain: "\n"})
		case richTextTags[n.tag] != "":
			parts = append(parts, b.styled(n))
		default:
			parts = append(parts, b.parts(n.kids)...)
		}
	}
	return parts
}

// styled is the text of an inline element.
func (b *richBuilder) styled(n *richNode) RichText {
	t := RichText{Type: richTextTags[n.tag]}
	switch n.tag {
	case "tg-emoji":
		t.CustomEmojiID, t.AlternativeText = n.attrs["emoji-id"], n.plain()
		return t
	case "tg-math":
		t.Expression = strings.TrimSpace(n.plain())
		return t
	case "a":
		b.link(&t, n)
		if t.Type == "anchor" {
			return t
		}
	case "tg-time":
		t.UnixTime, _ = strconv.ParseInt(n.attrs["unix"], 10, 64)
		t.DateTimeFormat = n.attrs["format"]
	case "code":
		t.Text = &RichText{Plain: n.plain()}
		b.length += utf8.RuneCountInString(t.Text.Plain)
		return t
	}
	inner := b.parts(n.kids)
	if len(inner) == 1 {
		t.Text = &inner[0]
	} else {
		t.Text = &RichText{Parts: append([]RichText{}, inner...)}
	}
	return t
}

// link says what an a element is: a link, an anchor, or a link to one.
func (b *richBuilder) link(t *RichText, n *richNode) {
	address := n.attrs["href"]
	if name, ok := n.attrs["name"]; ok && address == "" {
		t.Type, t.Name = "anchor", name
		return
	}
	u, err := url.Parse(address)
	switch {
	case strings.HasPrefix(address, "#"):
		t.Type, t.AnchorName = "anchor_link", address[1:]
	case err != nil:
		t.URL = address
	case u.Scheme == "mailto":
		t.Type, t.EmailAddress = "email_address", u.Opaque
	case u.Scheme == "tel":
		t.Type, t.PhoneNumber = "phone_number", u.Opaque
	case u.Scheme == "tg" && u.Host == "user":
		id, _ := strconv.ParseInt(u.Query().Get("id"), 10, 64)
		if known := b.s.w.Users[id]; known != nil {
			t.Type, t.User = "text_mention", &known.User
		} else {
			t.URL = address
		}
	default:
		t.URL = address
	}
}

// words is a plain text with the links, mentions and the like that Telegram finds.
func (b *richBuilder) words(text string) []RichText {
	text = runTogether(text)
	b.length += utf8.RuneCountInString(text)
	if b.plain {
		return []RichText{{Plain: text}}
	}
	trimmed, found := detect(text, nil)
	if len(found) == 0 {
		return []RichText{{Plain: text}}
	}
	// Entities count from the trimmed text; what was cut off goes back to the ends.
	before, after, _ := strings.Cut(text, trimmed)
	var parts []RichText
	at := 0
	for _, e := range found {
		parts = append(parts, RichText{Plain: utf16Slice(trimmed, at, e.Offset-at)}, foundText(e, utf16Slice(trimmed, e.Offset, e.Length)))
		at = e.Offset + e.Length
	}
	parts = append(parts, RichText{Plain: utf16Slice(trimmed, at, utf16Len(trimmed)) + after})
	parts[0].Plain = before + parts[0].Plain
	return slices.DeleteFunc(parts, func(t RichText) bool { return t.Type == "" && t.Plain == "" })
}

// foundText is a part of a text that Telegram has recognized.
func foundText(e Entity, word string) RichText {
	t := RichText{Type: e.Type, Text: &RichText{Plain: word}}
	switch e.Type {
	case "url":
		t.URL = word
	case "email":
		t.Type, t.EmailAddress = "email_address", word
	case "mention":
		t.Username = word[1:]
	case "hashtag":
		t.Hashtag = word[1:]
	case "bot_command":
		t.BotCommand = word
	}
	return t
}

// runTogether makes every run of white space one space.
func runTogether(text string) string {
	joined := strings.Join(strings.Fields(text), " ")
	switch {
	case joined == "" && text != "":
		return " "
	case joined == "":
		return ""
	}
	if first, _ := utf8.DecodeRuneInString(text); unicode.IsSpace(first) {
		joined = " " + joined
	}
	if last, _ := utf8.DecodeLastRuneInString(text); unicode.IsSpace(last) {
		joined += " "
	}
	return joined
}
