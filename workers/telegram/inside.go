package telegram

import (
	"encoding/json"
	"slices"
	"strings"
)

// inside is content that this program does not know the form of, as Telegram wrote it down. It is empty for none.
type inside []byte

// UnmarshalJSON implements json.Unmarshaler.
func (i *inside) UnmarshalJSON(data []byte) error {
	if *i = nil; string(data) != "null" {
		*i = slices.Clone(data)
	}
	return nil
}

// Inside looks through a poll or a rich message, however deep: for what is marked, places and contacts among it, and for all words.
// It goes by the names that Telegram has for such things everywhere, so that it finds them where releases to come put them.
func (m *Message) Inside() (marks []Mark, words string) {
	var s search
	all := []inside{m.Rich}
	if m.Poll != nil {
		all = append(all, m.Poll.raw)
	}
	for _, one := range all {
		var v any // as deep as encoding/json reads
		if json.Unmarshal(one, &v) == nil {
			s.through(v)
		}
	}
	return s.marks, s.words.String()
}

// search is what was found so far.
type search struct {
	marks []Mark
	words strings.Builder
}

func (s *search) through(v any) {
	switch v := v.(type) {
	case string:
		s.words.WriteString(v + "\n")
	case []any:
		for _, one := range v {
			s.through(one)
		}
	case map[string]any:
		s.object(v)
		for name, one := range v {
			if list, ok := one.([]any); ok && strings.HasSuffix(name, "entities") {
				s.entities(v, name, list)
				continue
			}
			s.through(one)
		}
	}
}

// object notes what an object is by its fields: a marked text has a type, and what it leads to.
func (s *search) object(v map[string]any) {
	kind, _ := v["type"].(string)
	for _, field := range []string{"url", "phone_number", "email_address"} {
		if to, ok := v[field].(string); ok {
			s.marks = append(s.marks, Mark{Type: field, Text: to, URL: to})
		}
	}
	for _, field := range []string{"location", "venue", "contact"} {
		if v[field] != nil {
			s.marks = append(s.marks, Mark{Type: field})
		}
	}
	if d, ok := v["document"].(map[string]any); ok {
		mediaType, _ := d["mime_type"].(string)
		s.marks = append(s.marks, Mark{Type: "document", Text: mediaType})
	}
	if kind == "mention" || kind == "text_mention" {
		s.marks = append(s.marks, Mark{Type: kind})
	}
}

// entities notes the marked parts of a text that stands beside them.
func (s *search) entities(of map[string]any, name string, list []any) {
	text, _ := of[strings.TrimSuffix(name, "_entities")].(string)
	if name == "entities" {
		text, _ = of["text"].(string)
	}
	raw, err := json.Marshal(list)
	var all []Entity
	if err == nil && json.Unmarshal(raw, &all) == nil {
		s.marks = append(s.marks, marksOf(text, all)...)
	}
}
