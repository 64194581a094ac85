package telegramtest

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// inlineServer is a server whose bot has inline mode and feedback.
func inlineServer(t *testing.T) (*Server, *Person) {
	t.Helper()
	s := NewTest(t, Options{Bot: User{SupportsInlineQueries: true}, InlineFeedback: true})
	ann := s.Person(PersonConfig{FirstName: "Ann"})
	ann.Start("")
	return s, ann
}

// article is a result that sends a text.
func article(id, text string, change params) params {
	p := params{
		"type": "article", "id": id, "title": "A " + text,
		"input_message_content": params{"message_text": "<b>" + text + "</b>", "parse_mode": "HTML"},
	}
	maps.Copy(p, change)
	return p
}

// asked types a query and returns its id, without waiting for the answer.
func asked(t *testing.T, p *Person, query string) string {
	t.Helper()
	id, err := p.ask(query, "")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// offered types a query, answers it with results, and returns what the app shows.
func offered(t *testing.T, s *Server, p *Person, query string, results ...params) InlineAnswer {
	t.Helper()
	do(t, s, "answerInlineQuery", params{"inline_query_id": asked(t, p, query), "results": results}).into(t, new(bool))
	a, err := p.Inline(t.Context(), query, "")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestInlineQuery(t *testing.T) {
	t.Parallel()
	s, ann := inlineServer(t)
	g := s.Group("Foxes", ann)
	id := asked(t, ann.In(g), "fox")
	u := pollOnce(t, s, params{"offset": -1})[0]
	if diff := cmp.Diff(&InlineQuery{ID: id, From: ann.User(), Query: "fox", ChatType: "supergroup"}, u.InlineQuery); diff != "" {
		t.Errorf("inline_query (-want +got):\n%s", diff)
	}
	a := offered(t, s, ann, "fox",
		article("a", "red fox", params{"reply_markup": rows(1, "again")}), article("b", "blue fox", params{"description": "cold"}))
	if len(a.Results) != 2 || a.Results[0].Message.Text != "red fox" || a.Results[1].Description != "cold" {
		t.Fatalf("the app shows %+v", a)
	}
	m, err := ann.In(g).Choose(a.QueryID, "a")
	if err != nil {
		t.Fatal(err)
	}
	if m.ViaBot == nil || m.ViaBot.ID != s.Bot().ID || m.From.ID != ann.ID() || m.Entities[0].Type != "bold" {
		t.Errorf("sent %+v", m)
	}
	us := pollOnce(t, s, params{"offset": -2})
	chosen := us[1].ChosenInlineResult
	if us[0].Message == nil || us[0].Message.ViaBot == nil || chosen == nil || chosen.ResultID != "a" || chosen.Query != "fox" || chosen.InlineMessageID == "" {
		t.Errorf("the bot heard %+v", us)
	}
	if _, err := ann.Choose(a.QueryID, "b"); err != nil {
		t.Fatal(err)
	}
	if got := pollOnce(t, s, params{"offset": -1})[0].ChosenInlineResult; got.InlineMessageID != "" {
		t.Errorf("a message without a keyboard has the id %q", got.InlineMessageID)
	}
	for _, ids := range [][2]string{{a.QueryID, "c"}, {"1", "a"}} {
		if _, err := ann.Choose(ids[0], ids[1]); err == nil {
			t.Errorf("chose %v", ids)
		}
	}
}

func TestInlineMessagesAreEditedAndPressed(t *testing.T) {
	t.Parallel()
	s, ann := inlineServer(t)
	bob := s.Person(PersonConfig{FirstName: "Bob"})
	g := s.Group("Foxes", ann, bob)
	g.RemoveBot(ann) // inline mode needs no membership
	a := offered(t, s, ann, "fox", article("a", "working", params{"reply_markup": rows(1, "again")}))
	m, err := ann.In(g).Choose(a.QueryID, "a")
	if err != nil {
		t.Fatal(err)
	}
	id := pollOnce(t, s, params{"offset": -1})[0].ChosenInlineResult.InlineMessageID
	pic := ann.Photo(picture(t, 40, 30), "").FileIDs()[0]
	edit := params{"inline_message_id": id, "media": params{"type": "photo", "media": pic}, "reply_markup": rows(1, "again")}
	do(t, s, "editMessageMedia", edit).into(t, new(bool))
	if got, _ := bob.In(g).Message(m.MessageID); len(got.Photo) == 0 || got.Text != "" || got.From.ID != ann.ID() {
		t.Errorf("edited to %+v", got)
	}
	if a := do(t, s, "editMessageMedia", edit); a.Description != "Bad Request: "+wordsNotModified {
		t.Errorf("edited again: %q", a.Description)
	}
	press, err := bob.In(g).Press(m.MessageID, "1")
	if err != nil {
		t.Fatal(err)
	}
	q := pollOnce(t, s, params{"offset": -1})[0].CallbackQuery
	if q.InlineMessageID != id || q.Message != nil || q.From.ID != bob.ID() {
		t.Errorf("the press is %+v", q)
	}
	do(t, s, "answerCallbackQuery", params{"callback_query_id": press.ID(), "text": "Painting"}).into(t, new(bool))
	do(t, s, "editMessageCaption", params{"inline_message_id": id, "caption": "A fox"}).into(t, new(bool))
	for _, wrong := range []string{"nonsense", inlineID(&Message{MessageID: 1, Chat: Chat{ID: 5}}), inlineID(&Message{MessageID: 77, Chat: Chat{ID: g.ID()}})} {
		if a := do(t, s, "editMessageText", params{"inline_message_id": wrong, "text": "x"}); a.Description != "Bad Request: MESSAGE_ID_INVALID" {
			t.Errorf("%q: %q", wrong, a.Description)
		}
	}
	ct, body := form(t, map[string]string{"inline_message_id": id, "media": `{"type":"photo","media":"attach://p"}`}, map[string][]byte{"p": picture(t, 9, 9)})
	if a := post(t, s, "editMessageMedia", ct, body); a.OK {
		t.Error("a file was uploaded for an inline message")
	}
}

func TestInlineResults(t *testing.T) {
	t.Parallel()
	s, ann := inlineServer(t)
	pic := ann.Photo(picture(t, 40, 30), "").FileIDs()[0]
	doc := ann.Document("fox.txt", []byte("fox"), "").FileIDs()[0]
	sticker := ann.Sticker().FileIDs()[0]
	voice := ann.Voice().FileIDs()[0]
	a := offered(t, s, ann, "all",
		params{"type": "photo", "id": "photo", "photo_file_id": pic, "caption": "<i>fox</i>", "parse_mode": "HTML"},
		params{"type": "document", "id": "document", "title": "Fox", "document_file_id": doc},
		params{"type": "sticker", "id": "sticker", "sticker_file_id": sticker},
		params{"type": "voice", "id": "voice", "title": "Fox", "voice_file_id": voice},
		params{"type": "location", "id": "location", "title": "Here", "latitude": 1.5, "longitude": 2},
		params{"type": "venue", "id": "venue", "title": "Gate", "address": "Square", "latitude": 1, "longitude": 2},
		params{"type": "contact", "id": "contact", "phone_number": "+1", "first_name": "Fox"},
		article("invoice", "x", params{"input_message_content": forSale(nil)}),
	)
	want := map[string]func(Message) bool{
		"photo":    func(m Message) bool { return len(m.Photo) > 0 && m.Caption == "fox" },
		"document": func(m Message) bool { return m.Document != nil }, "sticker": func(m Message) bool { return m.Sticker != nil },
		"voice": func(m Message) bool { return m.Voice != nil }, "location": func(m Message) bool { return m.Location.Latitude == 1.5 },
		"venue": func(m Message) bool { return m.Venue.Address == "Square" }, "contact": func(m Message) bool { return m.Contact.FirstName == "Fox" },
		"invoice": func(m Message) bool { return m.Invoice.TotalAmount == 50 && m.ReplyMarkup != nil },
	}
	var invoice Message
	for id, holds := range want {
		m, err := ann.Choose(a.QueryID, id)
		if err != nil || !holds(m) {
			t.Errorf("%s sent %+v, %v", id, m, err)
		}
		if m.Invoice != nil {
			invoice = m
		}
	}
	pay, err := ann.Pay(invoice.MessageID)
	allow(t, s, pay, err)
}

func TestInlineResultsByURL(t *testing.T) {
	t.Parallel()
	fetched := 0
	s := NewTest(t, Options{Bot: User{SupportsInlineQueries: true}, Fetch: func(_ context.Context, address string) (string, []byte, error) {
		if fetched++; strings.HasSuffix(address, "gone.jpg") {
			return "", nil, errors.New("404")
		}
		return "image/png", picture(t, 40, 30), nil
	}})
	ann := s.Person(PersonConfig{})
	byURL := func(id, name string) params {
		return params{"type": "photo", "id": id, "photo_url": "https://example.com/" + name, "thumbnail_url": "https://example.com/t.jpg"}
	}
	a := offered(t, s, ann, "two", byURL("a", "a.jpg"), byURL("b", "b.jpg"))
	if m, err := ann.Choose(a.QueryID, "b"); err != nil || len(m.Photo) == 0 || fetched != 2 || a.Results[0].ThumbnailURL == "" {
		t.Errorf("after %d fetches sent %+v, %v", fetched, m, err)
	}
	gone := do(t, s, "answerInlineQuery", params{"inline_query_id": asked(t, ann, "gone"), "results": []params{byURL("a", "gone.jpg")}})
	if gone.Description != "Bad Request: failed to get HTTP URL content" {
		t.Errorf("a URL that serves nothing: %q", gone.Description)
	}
	rich := offered(t, s, ann, "rich", article("a", "x", params{"input_message_content": params{"rich_message": params{"html": "<h1>Fox</h1>"}}}))
	if m, err := ann.Choose(rich.QueryID, "a"); err != nil || m.RichMessage == nil {
		t.Errorf("sent %+v, %v", m, err)
	}
}

func TestInlineRefusals(t *testing.T) {
	t.Parallel()
	s, ann := inlineServer(t)
	many := make([]params, 51)
	for i := range many {
		many[i] = article(itoa(int64(i)), "x", nil)
	}
	one := []params{article("a", "x", nil)}
	for name, test := range map[string]struct {
		p    params
		want string
	}{
		"51 results": {params{"results": many}, "RESULTS_TOO_MUCH"},
		"twice":      {params{"results": []params{one[0], one[0]}}, "RESULT_ID_DUPLICATE"},
		"no id":      {params{"results": []params{article("", "x", nil)}}, "RESULT_ID_INVALID"},
		"long id":    {params{"results": []params{article(strings.Repeat("ü", 33), "x", nil)}}, "RESULT_ID_INVALID"},
		"offset":     {params{"results": one, "next_offset": strings.Repeat("x", 65)}, "NEXT_OFFSET_INVALID"},
		"no button":  {params{"results": one, "button": params{"text": "x"}}, "can't parse inline query results button: Button must have exactly one optional field"},
		"start":      {params{"results": one, "button": params{"text": "x", "start_parameter": "a b"}}, "START_PARAM_INVALID"},
		"http":       {params{"results": one, "button": params{"text": "x", "web_app": params{"url": "http://a.b"}}}, "inline query results button Web App URL 'http://a.b' is invalid: Only HTTPS links are allowed"},
		"file":       {params{"results": []params{{"type": "photo", "id": "a", "photo_file_id": "x"}}}, "wrong file identifier/HTTP URL specified"},
		"long text":  {params{"results": []params{article("a", strings.Repeat("x", 4097), nil)}}, "message is too long"},
		"html":       {params{"results": []params{article("a", "<x>", nil)}}, `can't parse entities: Unsupported start tag "x" at byte offset 3`},
		"no results": {params{}, `parameter "results" is required`},
	} {
		test.p["inline_query_id"] = asked(t, ann, name)
		if a := do(t, s, "answerInlineQuery", test.p); a.Description != "Bad Request: "+test.want {
			t.Errorf("%s: %q, want %q", name, a.Description, test.want)
		}
	}
	id := asked(t, ann, "late")
	s.Advance(31 * time.Second)
	if a := do(t, s, "answerInlineQuery", params{"inline_query_id": id, "results": one}); a.Description != "Bad Request: "+wordsQueryOld {
		t.Errorf("a late answer: %q", a.Description)
	}
	if us := pollOnce(t, s, params{"offset": -1}); us[0].InlineQuery != nil {
		t.Error("an inline query waits longer than 30 s")
	}
	if _, err := ann.Inline(t.Context(), strings.Repeat("x", 257), ""); err == nil {
		t.Error("typed 257 characters")
	}
	plain := NewTest(t)
	if _, err := plain.Person(PersonConfig{}).Inline(t.Context(), "x", ""); !errors.Is(err, ErrNoInline) {
		t.Errorf("without inline mode: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := ann.Inline(short, "nobody answers", ""); err == nil {
		t.Error("an answer came from nowhere")
	}
}

func TestInlineAnswersAreCached(t *testing.T) {
	t.Parallel()
	s, ann := inlineServer(t)
	bob := s.Person(PersonConfig{FirstName: "Bob"})
	ask := func(p *Person, query string) bool {
		p.s.mu.Lock()
		before := p.s.w.NextUpdate
		p.s.mu.Unlock()
		asked(t, p, query)
		p.s.mu.Lock()
		defer p.s.mu.Unlock()
		return p.s.w.NextUpdate > before
	}
	reply := func(query string, p params) {
		p["inline_query_id"], p["results"] = asked(t, ann, query), []params{}
		do(t, s, "answerInlineQuery", p).into(t, new(bool))
	}
	reply("shared", params{})
	reply("own", params{"is_personal": true})
	reply("never", params{"cache_time": 0})
	s.Advance(time.Millisecond)
	s.Advance(time.Second)
	got := []bool{ask(ann, "shared"), ask(bob, "shared"), ask(ann, "own"), ask(bob, "own"), ask(ann, "never")}
	if diff := cmp.Diff([]bool{false, false, false, true, true}, got); diff != "" {
		t.Errorf("the bot was asked (-want +got):\n%s", diff)
	}
	s.Advance(300 * time.Second)
	if !ask(ann, "shared") {
		t.Error("the cache lasts longer than 300 s")
	}
}
