package telegramtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseHTMLRefuses(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`🏟 🏟&lt;<abac aba>`:                        `Unsupported start tag "abac" at byte offset 13`,
		`🏟 🏟&lt;<abac>`:                            `Unsupported start tag "abac" at byte offset 13`,
		`🏟 🏟&lt;<i   =aba>`:                        `Empty attribute name in the tag "i" at byte offset 13`,
		`🏟 🏟&lt;<i    aba>`:                        `Can't find end tag corresponding to start tag "i"`,
		`🏟 🏟&lt;<i    aba  =  `:                    `Unclosed start tag "i" at byte offset 13`,
		`🏟 🏟&lt;<i    aba  =  190azAz-.,`:          `Unexpected end of name token at byte offset 27`,
		`🏟 🏟&lt;<i    aba  =  "&lt;&gt;&quot;>`:    `Unclosed start tag at byte offset 13`,
		`🏟 🏟&lt;</`:                                `Unexpected end tag at byte offset 13`,
		`🏟 🏟&lt;<b></b></`:                         `Unexpected end tag at byte offset 20`,
		`🏟 🏟&lt;<i>a</i   `:                        `Unclosed end tag at byte offset 17`,
		`🏟 🏟&lt;<i>a</em   >`:                      `Unmatched end tag at byte offset 17, expected "</i>", found "</em>"`,
		`<b><i>x</b></i>`:                          `Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`,
		`1 < 2`:                                    `Unsupported start tag "" at byte offset 2`,
		`<b`:                                       `Unclosed start tag at byte offset 0`,
		`<p>x</p>`:                                 `Unsupported start tag "p" at byte offset 0`,
		`line<br/>`:                                `Unsupported start tag "br/" at byte offset 4`,
		`<span>x</span>`:                           `Tag "span" must have class "tg-spoiler" at byte offset 0`,
		`<tg-time unix="1" format="x">y</tg-time>`: `Invalid date and time specified`,
		`<tg-emoji>x</tg-emoji>`:                   `Invalid custom emoji identifier specified`,
	} {
		_, _, err := parseHTML(src)
		if err == nil || err.Error() != "Bad Request: can't parse entities: "+want {
			t.Errorf("parseHTML(%q) = %v, want %q", src, err, want)
		}
	}
}

func TestParseHTML(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		src, text string
		entities  []Entity
	}{
		{"plain", "plain", nil},
		{"&ge;&lt;&gt;&amp;&quot;&laquo;&#12345678;", "&ge;<>&\"&laquo;&#12345678;", nil},
		{"&#39;&#x1F98A;&lt", "'🦊<", nil},
		{"➡️ ➡️<i>➡️ ➡️</i>", "➡️ ➡️➡️ ➡️", []Entity{{Type: "italic", Offset: 5, Length: 5}}},
		{"🦊<b>🦊</b>", "🦊🦊", []Entity{{Type: "bold", Offset: 2, Length: 2}}},
		{"<b></b>x", "x", nil},
		{"<b>a<i>b</i></b>", "ab", []Entity{{Type: "bold", Offset: 0, Length: 2}, {Type: "italic", Offset: 1, Length: 1}}},
		{"<STRONG>a</STRONG>", "a", []Entity{{Type: "bold", Offset: 0, Length: 1}}},
		{`<a href="https://example.com/?a=1&amp;b=2">x</a>`, "x", []Entity{{Type: "text_link", Offset: 0, Length: 1, URL: "https://example.com/?a=1&b=2"}}},
		{`<a href="example.com">x</a>`, "x", []Entity{{Type: "text_link", Offset: 0, Length: 1, URL: "http://example.com/"}}},
		{`<a href="nowhere">x</a>`, "x", nil},
		{`<a href="tg://user?id=7">x</a>`, "x", []Entity{{Type: "text_mention", Offset: 0, Length: 1, User: &User{ID: 7}}}},
		{`<span class="tg-spoiler">x</span>`, "x", []Entity{{Type: "spoiler", Offset: 0, Length: 1}}},
		{`<code class="language-go">x</code>`, "x", []Entity{{Type: "code", Offset: 0, Length: 1}}},
		{`<pre><code class="language-go">x</code></pre>`, "x", []Entity{{Type: "pre", Offset: 0, Length: 1, Language: "go"}}},
		{"<pre>x</pre>", "x", []Entity{{Type: "pre", Offset: 0, Length: 1}}},
		{"<blockquote expandable>x</blockquote>", "x", []Entity{{Type: "expandable_blockquote", Offset: 0, Length: 1}}},
		{`<tg-time unix="1647531900" format="wDT">then</tg-time>`, "then", []Entity{{Type: "date_time", Offset: 0, Length: 4, UnixTime: 1647531900, DateTimeFormat: "wDT"}}},
		{"<b>x</>", "x", []Entity{{Type: "bold", Offset: 0, Length: 1}}},
	} {
		text, entities, err := parseHTML(tt.src)
		if err != nil || text != tt.text {
			t.Errorf("parseHTML(%q) = %q, %v, want %q", tt.src, text, err, tt.text)
		}
		if diff := cmp.Diff(tt.entities, entities); diff != "" {
			t.Errorf("parseHTML(%q) entities (-want +got):\n%s", tt.src, diff)
		}
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in, text string
		want     []Entity
	}{
		{"/start", "/start", []Entity{{Type: "bot_command", Offset: 0, Length: 6}}},
		{"  /gen@my_bot fox\nline two ", "/gen@my_bot fox\nline two", []Entity{{Type: "bot_command", Offset: 0, Length: 11}}},
		{"🦊 /help", "🦊 /help", []Entity{{Type: "bot_command", Offset: 3, Length: 5}}},
		{"and/or 1/2 //x", "and/or 1/2 //x", nil},
		{"see https://example.com/a?b=c.", "see https://example.com/a?b=c.", []Entity{{Type: "url", Offset: 4, Length: 25}}},
		{"example.com!", "example.com!", []Entity{{Type: "url", Offset: 0, Length: 11}}},
		{"ann@example.com", "ann@example.com", []Entity{{Type: "email", Offset: 0, Length: 15}}},
		{"@ann_test and #fox2 #1", "@ann_test and #fox2 #1", []Entity{{Type: "mention", Offset: 0, Length: 9}, {Type: "hashtag", Offset: 14, Length: 5}}},
		{"$USD $usd a$USD", "$USD $usd a$USD", []Entity{{Type: "cashtag", Offset: 0, Length: 4}}},
		{"\u00a0", "", nil},
	} {
		text, got := detect(tt.in, nil)
		if text != tt.text {
			t.Errorf("detect(%q) text %q, want %q", tt.in, text, tt.text)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("detect(%q) (-want +got):\n%s", tt.in, diff)
		}
	}
}

func TestDetectKeepsOutOfCode(t *testing.T) {
	t.Parallel()
	_, got := detect("  a /b c", []Entity{{Type: "code", Offset: 2, Length: 4}})
	if diff := cmp.Diff([]Entity{{Type: "code", Offset: 0, Length: 4}}, got); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
}

// FuzzFormatting checks that no text panics and that entities lie within it.
func FuzzFormatting(f *testing.F) {
	for _, seed := range []string{
		"<b>x</b>", "<a href='x.com'>y</a>", "&#x1F98A;", "<", "</", "<i a=\"&lt;", "/start@bot #a @abc https://x.y/z", "<pre><code class=language-go>x</code></pre>",
		" \n<b> 🦊 </b>\n", "<b", "<b a", "<b a=", "<b a='",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		src = clean(strings.ToValidUTF8(src, ""))
		text, entities, err := parseHTML(src)
		if err != nil {
			return
		}
		text, entities = detect(text, entities)
		for _, e := range entities {
			if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > utf16Len(text) {
				t.Fatalf("%q: entity %+v outside of %q", src, e, text)
			}
		}
	})
}
