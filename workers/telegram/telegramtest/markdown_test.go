package telegramtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMarkdownV2Refuses(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"🏟 🏟_abacaba":                 "Can't find end of Italic entity at byte offset 9",
		"🏟 🏟_abac * asd ":             "Can't find end of Bold entity at byte offset 15",
		"🏟 🏟_abac * asd _":            "Can't find end of Italic entity at byte offset 21",
		"🏟 🏟`":                        "Can't find end of Code entity at byte offset 9",
		"🏟 🏟```":                      "Can't find end of Pre entity at byte offset 9",
		"🏟 🏟```go x":                  "Can't find end of PreCode entity at byte offset 9",
		"🏟 🏟[asd":                     "Can't find end of TextUrl entity at byte offset 9",
		"🏟 🏟[asd](":                   "Can't find end of a URL at byte offset 15",
		"a ![x](tg://emoji?id=5":      "Can't find end of a custom emoji URL at byte offset 7",
		"a ![x]":                      "Custom emoji entity must contain a tg://emoji URL",
		"a ![x](https://example.com)": "Custom emoji URL must have type tg://emoji",
		"a ![x](tg://emoji?id=x)":     "Invalid custom emoji identifier specified",
		"||a":                         "Can't find end of Spoiler entity at byte offset 0",
		"__a":                         "Can't find end of Underline entity at byte offset 0",
		"~a":                          "Can't find end of Strikethrough entity at byte offset 0",
		"*a\n>b*":                     "Can't find end of Bold entity at byte offset 5",
		">*a\nb*":                     "Can't find end of Bold entity at byte offset 1",
		"Costs 1.5":                   `Character '.' is reserved and must be escaped with the preceding '\'`,
		"a (b)":                       `Character '(' is reserved and must be escaped with the preceding '\'`,
		"a|b":                         `Character '|' is reserved and must be escaped with the preceding '\'`,
		"wow!":                        `Character '!' is reserved and must be escaped with the preceding '\'`,
		"a > b":                       `Character '>' is reserved and must be escaped with the preceding '\'`,
		"- a":                         `Character '-' is reserved and must be escaped with the preceding '\'`,
	} {
		_, _, err := parseMarkdownV2(src)
		if err == nil || err.Error() != "Bad Request: can't parse entities: "+want {
			t.Errorf("parseMarkdownV2(%q) = %v, want %q", src, err, want)
		}
	}
}

func TestParseMarkdownV2(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		src, text string
		entities  []Entity
	}{
		{"plain", "plain", nil},
		{`1\.5 \*a\* \\`, `1.5 *a* \`, nil},
		{"*b*_i_", "bi", []Entity{{Type: "bold", Offset: 0, Length: 1}, {Type: "italic", Offset: 1, Length: 1}}},
		{"🦊*🦊*", "🦊🦊", []Entity{{Type: "bold", Offset: 2, Length: 2}}},
		{"__u__~s~||p||", "usp", []Entity{{Type: "underline", Offset: 0, Length: 1}, {Type: "strikethrough", Offset: 1, Length: 1}, {Type: "spoiler", Offset: 2, Length: 1}}},
		{"*b _i ~s~_*", "b i s", []Entity{{Type: "bold", Offset: 0, Length: 5}, {Type: "italic", Offset: 2, Length: 3}, {Type: "strikethrough", Offset: 4, Length: 1}}},
		{"___i_ u__", "i u", []Entity{{Type: "underline", Offset: 0, Length: 3}, {Type: "italic", Offset: 0, Length: 1}}},
		{"**", "", nil},
		{"`a*b`", "a*b", []Entity{{Type: "code", Offset: 0, Length: 3}}},
		{"```\na\n```", "a\n", []Entity{{Type: "pre", Offset: 0, Length: 2}}},
		{"```go\na```", "a", []Entity{{Type: "pre", Offset: 0, Length: 1, Language: "go"}}},
		{`[a](https://example.com/\))`, "a", []Entity{{Type: "text_link", Offset: 0, Length: 1, URL: "https://example.com/)"}}},
		{"[a](tg://user?id=7)", "a", []Entity{{Type: "text_mention", Offset: 0, Length: 1, User: &User{ID: 7}}}},
		{"[nowhere](x)", "nowhere", nil},
		{"![🦊](tg://emoji?id=5)", "🦊", []Entity{{Type: "custom_emoji", Offset: 0, Length: 2, CustomEmojiID: "5"}}},
		{"![then](tg://time?unix=5&format=r)", "then", []Entity{{Type: "date_time", Offset: 0, Length: 4, UnixTime: 5, DateTimeFormat: "r"}}},
		{">a\n>b\nc", "a\nb\nc", []Entity{{Type: "blockquote", Offset: 0, Length: 4}}},
		{"x\n>a *b*", "x\na b", []Entity{{Type: "blockquote", Offset: 2, Length: 3}, {Type: "bold", Offset: 4, Length: 1}}},
		{">a\n>b||", "a\nb", []Entity{{Type: "expandable_blockquote", Offset: 0, Length: 3}}},
		{">a\n**>b||", "a\nb", []Entity{{Type: "blockquote", Offset: 0, Length: 2}, {Type: "expandable_blockquote", Offset: 2, Length: 1}}},
		{">a ||b|| c", "a b c", []Entity{{Type: "blockquote", Offset: 0, Length: 5}, {Type: "spoiler", Offset: 2, Length: 1}}},
	} {
		text, entities, err := parseMarkdownV2(tt.src)
		if err != nil || text != tt.text {
			t.Errorf("parseMarkdownV2(%q) = %q, %v, want %q", tt.src, text, err, tt.text)
		}
		if diff := cmp.Diff(tt.entities, entities); diff != "" {
			t.Errorf("parseMarkdownV2(%q) entities (-want +got):\n%s", tt.src, diff)
		}
	}
}

func TestParseMarkdown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		src, text, refusal string
		entities           []Entity
	}{
		{"1.5 - (a) _i_ *b*", "1.5 - (a) i b", "", []Entity{{Type: "italic", Offset: 10, Length: 1}, {Type: "bold", Offset: 12, Length: 1}}},
		{`\_a \* \x`, `_a * \x`, "", nil},
		{"*a _b_*", "a _b_", "", []Entity{{Type: "bold", Offset: 0, Length: 5}}},
		{"`c` ```go\nx```", "c x", "", []Entity{{Type: "code", Offset: 0, Length: 1}, {Type: "pre", Offset: 2, Length: 1, Language: "go"}}},
		{"[a](example.com) [b] [c](d)", "a b c", "", []Entity{{Type: "text_link", Offset: 0, Length: 1, URL: "http://example.com/"}}},
		{"[🦊](tg://user?id=7)", "🦊", "", []Entity{{Type: "text_mention", Offset: 0, Length: 2, User: &User{ID: 7}}}},
		{"__", "", "", nil},
		{"🏟_a", "", "Can't find end of the entity starting at byte offset 4", nil},
		{"snake_case", "", "Can't find end of the entity starting at byte offset 5", nil},
		{"a [b", "", "Can't find end of the entity starting at byte offset 2", nil},
		{"```a", "", "Can't find end of the entity starting at byte offset 0", nil},
	} {
		text, entities, err := parseMarkdown(tt.src)
		if tt.refusal != "" {
			if err == nil || err.Error() != "Bad Request: can't parse entities: "+tt.refusal {
				t.Errorf("parseMarkdown(%q) = %v, want %q", tt.src, err, tt.refusal)
			}
			continue
		}
		if err != nil || text != tt.text {
			t.Errorf("parseMarkdown(%q) = %q, %v, want %q", tt.src, text, err, tt.text)
		}
		if diff := cmp.Diff(tt.entities, entities); diff != "" {
			t.Errorf("parseMarkdown(%q) entities (-want +got):\n%s", tt.src, diff)
		}
	}
}

// FuzzMarkdown checks that no text panics either parser, and that entities lie within
// it.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{
		"*b _i_*", "```go\nx```", "[a](b", "![x](tg://emoji?id=5)", ">a\n>b||", "**>a", "\\", "||", "__", "_", "`", "```", "[", "!", "![", ">\n>", "a\n>", "~\n", "[a](\\",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		src = clean(strings.ToValidUTF8(src, ""))
		for _, parse := range []func(string) (string, []Entity, error){parseMarkdown, parseMarkdownV2} {
			text, entities, err := parse(src)
			if err != nil {
				continue
			}
			text, entities = detect(text, entities)
			for _, e := range entities {
				if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > utf16Len(text) {
					t.Fatalf("%q: entity %+v outside of %q", src, e, text)
				}
			}
		}
	})
}
