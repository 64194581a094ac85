package telegramtest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rich sends a rich message and returns its blocks as JSON, without file ids.
func rich(t *testing.T, s *Server, chat int64, message params) string {
	t.Helper()
	m := do(t, s, "sendRichMessage", params{"chat_id": chat, "rich_message": message}).message(t)
	raw, err := json.Marshal(m.RichMessage.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestRichHTML(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	for _, tt := range [][2]string{
		{"<p>Hello   <b>big <i>red</i></b>\nfox</p>", `[{"type":"paragraph","text":["Hello ",{"type":"bold","text":["big ",{"type":"italic","text":"red"}]}," fox"]}]`},
		{"<h2>Title</h2> text <hr/>", `[{"type":"heading","text":"Title","size":2},{"type":"paragraph","text":"text"},{"type":"divider"}]`},
		{`<pre><code class="language-go">a  b</code></pre>`, `[{"type":"pre","text":"a  b","language":"go"}]`},
		{"<ul><li>a</li><li><input type=checkbox checked/>b</li></ul>", `[{"type":"list","items":[{"label":"•","blocks":[{"type":"paragraph","text":"a"}]},{"label":"•","blocks":[{"type":"paragraph","text":"b"}],"has_checkbox":true,"is_checked":true}]}]`},
		{`<ol start="3"><li>a</li></ol>`, `[{"type":"list","items":[{"label":"3.","blocks":[{"type":"paragraph","text":"a"}],"value":3}]}]`},
		{"<blockquote>a<cite>Fox</cite></blockquote>", `[{"type":"blockquote","blocks":[{"type":"paragraph","text":"a"}],"credit":"Fox"}]`},
		{"<aside>a<cite>Fox</cite></aside>", `[{"type":"pullquote","text":"a","credit":"Fox"}]`},
		{"<details open><summary>More</summary><p>a</p></details>", `[{"type":"details","blocks":[{"type":"paragraph","text":"a"}],"summary":"More","is_open":true}]`},
		{`<table bordered><caption>C</caption><tr><th align="right">a</th></tr></table>`, `[{"type":"table","cells":[[{"text":"a","is_header":true,"align":"right","valign":"top"}]],"is_bordered":true,"caption":"C"}]`},
		{`<tg-map lat="1.5" long="2" zoom="14"/>`, `[{"type":"map","location":{"latitude":1.5,"longitude":2},"zoom":14,"width":600,"height":300}]`},
		{"<tg-math-block>x&lt;y</tg-math-block>", `[{"type":"mathematical_expression","expression":"x\u003cy"}]`},
		{`<a href="https://example.com/">a</a> <a href="#top">b</a>`, `[{"type":"paragraph","text":[{"type":"url","text":"a","url":"https://example.com/"}," ",{"type":"anchor_link","text":"b","anchor_name":"top"}]}]`},
		{`<a href="mailto:a@example.com">m</a><a href="tel:+1">t</a><a name="top"></a><a href="tg://user?id=1">u</a>`, `[{"type":"paragraph","text":[{"type":"email_address","text":"m","email_address":"a@example.com"},{"type":"phone_number","text":"t","phone_number":"+1"},{"type":"anchor","name":"top"},{"type":"url","text":"u","url":"tg://user?id=1"}]}]`},
		{"https://example.com/x #fox a@example.com", `[{"type":"paragraph","text":[{"type":"url","text":"https://example.com/x","url":"https://example.com/x"}," ",{"type":"hashtag","text":"#fox","hashtag":"fox"}," ",{"type":"email_address","text":"a@example.com","email_address":"a@example.com"}]}]`},
		{`<tg-time unix="5" format="r">then</tg-time> <tg-emoji emoji-id="7">🦊</tg-emoji>`, `[{"type":"paragraph","text":[{"type":"date_time","text":"then","unix_time":5,"date_time_format":"r"}," ",{"type":"custom_emoji","custom_emoji_id":"7","alternative_text":"🦊"}]}]`},
		{"see @fox_test and /help.", `[{"type":"paragraph","text":["see ",{"type":"mention","text":"@fox_test","username":"fox_test"}," and ",{"type":"bot_command","text":"/help","bot_command":"/help"},"."]}]`},
		{"<sub>a</sub><tg-math>x</tg-math><code>/x</code>", `[{"type":"paragraph","text":[{"type":"subscript","text":"a"},{"type":"mathematical_expression","expression":"x"},{"type":"code","text":"/x"}]}]`},
	} {
		src, want := tt[0], tt[1]
		if got := rich(t, s, ann.ID(), params{"html": src}); got != want {
			t.Errorf("%s became\n%s, want\n%s", src, got, want)
		}
	}
}

func TestRichMarkdown(t *testing.T) {
	t.Parallel()
	for _, tt := range [][2]string{
		{"# Title #\ntext\nmore", "<h1>Title</h1><p>text\nmore</p>"},
		{"a **b** *i* ~~s~~ ||p|| ==m== $x$", "<p>a <b>b</b> <i>i</i> <s>s</s> <tg-spoiler>p</tg-spoiler> <mark>m</mark> <tg-math>x</tg-math></p>"},
		{"`a*b*c` [l](https://example.com)", `<p><code>a*b*c</code> <a href="https://example.com">l</a></p>`},
		{"- a\n- [x] b\n- [ ] c", `<ul><li>a</li><li><input type="checkbox" checked/>b</li><li><input type="checkbox"/>c</li></ul>`},
		{"2. a\n3. b", `<ol start="2"><li>a</li><li>b</li></ol>`},
		{"> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"},
		{"```go\na < b\n```", `<pre><code class="language-go">a &lt; b</code></pre>`},
		{"```math\nx\n", "<tg-math-block>x\n</tg-math-block>"},
		{"$$x$$", "<tg-math-block>x</tg-math-block>"},
		{"---", "<hr/>"},
		{"| a | b |\n|:-:|--:|\n| 1 | 2 |", `<table bordered><tr><th align="center">a</th><th align="right">b</th></tr><tr><td align="center">1</td><td align="right">2</td></tr></table>`},
		{`![x](https://example.com/a.png "A fox")`, `<figure><img src="https://example.com/a.png"/><figcaption>A fox</figcaption></figure>`},
		{"<details>\n\na\n\n</details>", "<details>\n<p>a</p></details>\n"},
	} {
		src, want := tt[0], tt[1]
		if got := richHTML(src); got != want {
			t.Errorf("%q became\n%q, want\n%q", src, got, want)
		}
	}
}

func TestRichMedia(t *testing.T) {
	t.Parallel()
	fox, clip := picture(t, 40, 30), mp4Video
	s := NewTest(t, Options{Fetch: func(_ context.Context, url string) (string, []byte, error) {
		switch {
		case strings.HasSuffix(url, ".png"):
			return "image/png", fox, nil
		case strings.HasSuffix(url, ".gif"):
			return "image/gif", []byte("GIF89a\x10\x00\x08\x00\x00\x00\x00;"), nil
		case strings.HasSuffix(url, ".ogg"):
			return "audio/ogg", oggVoice, nil
		}
		return "video/mp4", clip, nil
	}})
	ann := s.Person(PersonConfig{})
	ann.Start("")
	m := do(t, s, "sendRichMessage", params{"chat_id": ann.ID(), "rich_message": params{"html": `
		<tg-slideshow><img src="https://example.com/1.png"/><video src="https://example.com/2.mp4"/><figcaption>Two <cite>me</cite></figcaption></tg-slideshow>
		<figure><img src="https://example.com/3.png" tg-spoiler/><figcaption>A fox</figcaption></figure>
		<video src="https://example.com/4.gif"></video><audio src="https://example.com/5.ogg"></audio>`}}).message(t)
	bs := m.RichMessage.Blocks
	if len(bs) != 4 || bs[0].Type != "slideshow" || len(bs[0].Blocks) != 2 || bs[0].Caption.Text.String() != "Two" || bs[0].Caption.Credit.String() != "me" {
		t.Fatalf("blocks %+v", bs)
	}
	if bs[0].Blocks[0].Photo == nil || bs[0].Blocks[1].Video == nil || !bs[1].HasSpoiler || bs[1].Caption.Text.String() != "A fox" || bs[2].Animation == nil || bs[3].VoiceNote == nil {
		t.Errorf("blocks %+v", bs)
	}
	// What the bot has read it can read again.
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var again Message
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, again, cmp.AllowUnexported(RichCaption{})); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}

func TestRichRefusals(t *testing.T) {
	t.Parallel()
	s := lenient(t, Options{})
	ann := s.Person(PersonConfig{})
	ann.Start("")
	for _, tt := range []struct {
		message params
		want    string
	}{
		{params{}, "exactly one of the fields html and markdown must be used"},
		{params{"html": "a", "markdown": "a"}, "exactly one of the fields html and markdown must be used"},
		{params{"html": " "}, "message text is empty"},
		{params{"html": strings.Repeat("a", maxRichText+1)}, "message is too long"},
		{params{"html": strings.Repeat("a", maxRichSource+1)}, "message is too long"},
		{params{"html": "<div>a</div>"}, `can't parse entities: Unsupported start tag "div" at byte offset 0`},
		{params{"html": "<p>a"}, `can't parse entities: Can't find end tag corresponding to start tag "p"`},
		{params{"html": "a</p>"}, "can't parse entities: Unexpected end tag at byte offset 1"},
		{params{"html": "<p>a</b>"}, `can't parse entities: Unmatched end tag at byte offset 4, expected "</p>", found "</b>"`},
		{params{"html": "<p"}, "can't parse entities: Unclosed start tag at byte offset 0"},
		{params{"html": "<p>a</p"}, "can't parse entities: Unclosed end tag at byte offset 4"},
		{params{"html": "<tg-thinking>a</tg-thinking>"}, "the block tg-thinking can be used in drafts only"},
		{params{"html": `<img src="AgAC"/>`}, "wrong HTTP URL specified"},
		{params{"html": `<img src="https://example.com/a.png"/>`}, "failed to get HTTP URL content"},
		{params{"html": strings.Repeat(`<img src="https://example.com/a.png"/>`, maxRichMedia+1)}, "rich message has too many media"},
		{params{"html": "<figure><figcaption>a</figcaption></figure>"}, "rich message has a figure without media"},
		{params{"html": "<tg-map/>"}, "invalid location specified"},
		{params{"html": strings.Repeat("<hr/>", maxRichBlocks+1)}, "rich message has too many blocks"},
		{params{"html": strings.Repeat("<details>", maxRichDepth+1) + "a" + strings.Repeat("</details>", maxRichDepth+1)}, "rich message has too many nested blocks"},
		{params{"html": strings.Repeat("<b>", maxRichTags+1)}, "rich message has too many nested blocks"},
		{params{"html": "<table><tr>" + strings.Repeat("<td>a</td>", maxRichColumns+1) + "</tr></table>"}, "rich message has a table with too many columns"},
	} {
		a := do(t, s, "sendRichMessage", params{"chat_id": ann.ID(), "rich_message": tt.message})
		if a.Description != "Bad Request: "+tt.want {
			t.Errorf("%.60v answered %q, want %q", tt.message, a.Description, tt.want)
		}
	}
}

func TestRichMessageIsEdited(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	m := do(t, s, "sendRichMessage", params{"chat_id": ann.ID(), "rich_message": params{"markdown": "*one*"}}).message(t)
	edit := func(p params) answer {
		p["chat_id"], p["message_id"] = ann.ID(), m.MessageID
		return do(t, s, "editMessageText", p)
	}
	if got := edit(params{"rich_message": params{"markdown": "two"}}).message(t); got.RichMessage.Blocks[0].Text.String() != "two" {
		t.Errorf("edited to %+v", got.RichMessage)
	}
	if a := edit(params{"rich_message": params{"markdown": "two"}}); a.Description != "Bad Request: "+wordsNotModified {
		t.Errorf("an edit without a change answered %q", a.Description)
	}
	if got := edit(params{"text": "three"}).message(t); got.Text != "three" || got.RichMessage != nil {
		t.Errorf("edited to %+v", got)
	}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	before := s.Seq()
	draft := func(method string, p params) {
		t.Helper()
		p["chat_id"], p["draft_id"] = ann.ID(), 7
		if a := do(t, s, method, p); !a.OK {
			t.Fatal(a.Description)
		}
	}
	draft("sendMessageDraft", params{})
	if d, ok := ann.Draft(); !ok || d.ID != 7 || d.Text != "" {
		t.Errorf("thinking: %+v, %v", d, ok)
	}
	draft("sendMessageDraft", params{"text": "<b>Once</b>", "parse_mode": "HTML"})
	if d, _ := ann.Draft(); d.Text != "Once" || len(d.Entities) != 1 {
		t.Errorf("draft %+v", d)
	}
	draft("sendRichMessageDraft", params{"rich_message": params{"html": "<tg-thinking>Painting</tg-thinking>"}})
	if d, _ := ann.Draft(); d.RichMessage == nil || d.RichMessage.Blocks[0].Type != "thinking" {
		t.Errorf("draft %+v", d)
	}
	shown := 0
	for _, e := range s.Events(before) {
		if e.Kind == EventDraft && e.Draft.ID == 7 && e.ChatID == ann.ID() {
			shown++
		}
	}
	if shown != 3 {
		t.Errorf("%d drafts were shown, want 3", shown)
	}
	do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "done"})
	if _, ok := ann.Draft(); ok {
		t.Error("the draft outlives the message")
	}
	draft("sendMessageDraft", params{"text": "again"})
	s.Advance(31 * time.Second)
	if _, ok := ann.Draft(); ok {
		t.Error("the draft outlives its 30 seconds")
	}
	group := s.Group("Foxes", ann)
	if a := do(t, s, "sendMessageDraft", params{"chat_id": group.ID(), "draft_id": 7, "text": "x"}); a.Description != "Bad Request: TEXTDRAFT_PEER_INVALID" {
		t.Errorf("a draft in a group answered %q", a.Description)
	}
}

// FuzzRich checks that no rich markup panics.
func FuzzRich(f *testing.F) {
	for _, seed := range []string{
		"<p>a", "# a", "> > a", "- a\n1. b", "|a|\n|-|\n|b|", "```\na", "<table><tr><td>a", "<a href=\"#x\">", "![a](b \"c\")", "$$x$$", "<img src='a", "<details><summary>",
		"<ul><li><input checked/>", "&#x1F98A;", "<b a=", "<tg-map lat=1 long=2/>",
	} {
		f.Add(seed)
	}
	s := New(Options{})
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, src string) {
		src = clean(strings.ToValidUTF8(src, ""))
		for _, markup := range []string{src, richHTML(src)} {
			root, err := parseRichTree(markup)
			if err != nil {
				continue
			}
			b := &richBuilder{s: s, c: &call{}, draft: true}
			if blocks, err := b.blocks(root.kids, 0); err == nil {
				if _, err := json.Marshal(blocks); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
