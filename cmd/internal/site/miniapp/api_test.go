package miniapp

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

const hostile = `<img src=x onerror="alert(1)">"'` + "\u2028 é { } \\"

// A picture from the wish to its end: painted, watched, shown, sent, shared, and deleted once.
func TestPicture(t *testing.T) {
	t.Parallel()
	d := newStudio(t)
	ann, ben := d.guest("Ann", 50), d.guest("Ben", 50)
	g := ann.wished(hostile, "wish-0001")
	if again := ann.wished(hostile, "wish-0001"); again.ID != g.ID || g.Prompt != hostile || g.Status != storage.StatusHeld || g.Price != 3 || g.Position != 1 || !g.Cancelable {
		t.Errorf("asked once: %+v\nand again: %+v", g, again)
	}
	d.want(ann.call("POST", "/generations", map[string]any{"prompt": "a hare"}, "wish-0001"), 409, "conflict")

	watched := make(chan answer)
	go func() { watched <- ann.call("GET", "/generations/"+g.ID+"/events", nil) }()
	d.work()
	if a := <-watched; a.StatusCode != http.StatusOK || !strings.Contains(a.text, "event: generation\ndata: {") || !strings.Contains(a.text, `"images":[{"n":0`) {
		t.Errorf("events: %d %s", a.StatusCode, a.text)
	}
	g = as[workers.Card](d, ann.call("GET", "/generations/"+g.ID, nil), 200)
	if len(g.Images) != 1 || g.Charged != 3 || g.Status != storage.StatusDelivered || !g.Repeatable || g.Images[0].Width != 64 {
		t.Fatalf("painted: %+v", g)
	}
	d.looks(g.Images[0])
	notTheirs(d, ben, g.ID)

	path := "/generations/" + g.ID
	for _, method := range []string{"PUT", "PUT", "DELETE", "DELETE", "PUT"} {
		d.want(ann.call(method, path+"/favorite", nil), 204, "")
	}
	edits := len(d.tg.CallsTo("editMessageReplyMarkup"))
	d.work()
	if n := len(d.tg.CallsTo("editMessageReplyMarkup")) - edits; n != 1 || !strings.Contains(d.tg.Transcript(ann.tg), "⭐") {
		t.Errorf("the star in the chat was drawn %d times:\n%s", n, d.tg.Transcript(ann.tg))
	}
	shown := len(ann.tg.Messages())
	for range 2 {
		d.want(ann.call("POST", path+"/send", map[string]any{"n": 0, "as": "file"}, "send-0001"), 204, "")
		d.work()
	}
	if got := ann.tg.Messages(); len(got) != shown+1 || got[shown].Document == nil {
		t.Errorf("sent once as a file: %d messages, then %d", shown, len(got))
	}
	d.want(ann.call("POST", path+"/send", map[string]any{"n": 1, "as": "file"}, "send-0002"), 404, "not_found")
	d.want(ann.call("POST", path+"/send", map[string]any{"as": "tin"}, "send-0003"), 400, "invalid")
	link := as[workers.Link](d, ann.call("POST", path+"/share", map[string]any{"n": 0}), 200)
	if _, body, err := d.picture(link.URL); err != nil || len(body) == 0 || time.Until(link.Expires) < 23*time.Hour {
		t.Errorf("shared %+v: %v", link, err)
	}
	d.shares(ann, path)

	other := as[workers.Card](d, ann.call("POST", path+"/again", nil, "again-001"), 202)
	if twice := as[workers.Card](d, ann.call("POST", path+"/again", nil, "again-001"), 202); twice.ID != other.ID || other.ID == g.ID || other.Prompt != g.Prompt {
		t.Errorf("again: %+v, then %+v", other, twice)
	}
	d.want(ann.call("DELETE", "/generations/"+other.ID, nil, "gone-0000"), 409, "conflict")
	if c := as[workers.Card](d, ann.call("POST", "/generations/"+other.ID+"/cancel", nil), 200); c.Status != storage.StatusCanceled || c.Message == "" || c.Charged != 0 {
		t.Errorf("canceled: %+v", c)
	}
	d.work()

	for range 2 {
		d.want(ann.call("DELETE", path, nil, "gone-0001"), 204, "")
	}
	d.work()
	d.want(ann.call("GET", path, nil), 404, "not_found")
	d.want(ann.call("DELETE", path, nil, "gone-0002"), 404, "not_found")
	if _, _, err := d.picture(g.Images[0].Thumb); err == nil {
		t.Error("a deleted picture is shown")
	}
	for _, m := range ann.tg.Messages() {
		if (len(m.Photo) > 0 || m.Document != nil) && !m.Deleted && m.ViaBot == nil { // what they sent on is theirs
			t.Errorf("a deleted picture is still in the chat: %+v", m)
		}
	}
	if me := as[workers.Me](d, ann.call("GET", "/me", nil), 200); me.Balance != (workers.Balance{Available: 47}) {
		t.Errorf("paid for one picture: %+v", me.Balance)
	}
}

// shares has a picture become a message that its person sends on; where Telegram has none, there is the link.
func (d *door) shares(who *guest, path string) {
	d.Helper()
	prepared := func() workers.Shared {
		d.Helper()
		got := make(chan answer)
		go func() { got <- who.call("POST", path+"/share", map[string]any{"n": 0, "prepare": true}) }()
		return as[workers.Shared](d, d.worked(got), 200)
	}
	s := prepared()
	if m, err := who.tg.SendPrepared(s.Prepared); err != nil || m.Document == nil && len(m.Photo) == 0 || s.URL == "" {
		d.Errorf("shared %+v: %+v, %v", s, m, err)
	}
	d.tg.Fault(telegramtest.Fault{Method: "savePreparedInlineMessage", Code: 400, Description: "Bad Request: no", Times: 1})
	if s := prepared(); s.Prepared != "" || s.URL == "" {
		d.Errorf("Telegram refused, and shared %+v", s)
	}
}

// looks opens each link of an image.
func (d *door) looks(i workers.CardImage) {
	d.Helper()
	for url, form := range map[string]string{i.Thumb: "image/jpeg", i.Preview: "image/jpeg", i.URL: i.MediaType, i.Download: i.MediaType} {
		f, body, err := d.picture(url)
		if err != nil || f.MediaType != form || int64(len(body)) != f.Bytes || f.Shown.IsZero() != (url == i.Download) {
			d.Errorf("%s: %+v, %d bytes, %v", url, f, len(body), err)
		}
		if form == "image/jpeg" {
			if _, err := jpeg.Decode(bytes.NewReader(body)); err != nil {
				d.Errorf("%s: %v", url, err)
			}
		}
		for at := range len(url) - 3 { // each character of the token counts
			forged := url[:3+at] + "~" + url[4+at:]
			if _, _, err := d.picture(forged); err == nil && strings.LastIndex(forged, "/") == 2 {
				d.Errorf("%s is opened by %s", url, forged)
			}
		}
	}
}

// notTheirs tries everything with the id of another person's generation, and with one of nobody.
func notTheirs(d *door, who *guest, id string) {
	d.Helper()
	bodies := map[string]any{"/send": map[string]any{"as": "photo"}, "/share": map[string]any{"n": 0}}
	for _, r := range d.app.routes() {
		if !strings.Contains(r.pattern, "{id}") {
			continue
		}
		var told []string
		for _, one := range []string{id, someID} {
			path := strings.ReplaceAll(r.pattern, "{id}", one)
			a := who.call(r.method, path, bodies[r.pattern[strings.LastIndex(r.pattern, "/"):]], "other-0001")
			d.want(a, 404, "not_found")
			told = append(told, a.text)
		}
		if told[0] != told[1] {
			d.Errorf("%s %s tells what is there: %s", r.method, r.pattern, told)
		}
	}
	wish := map[string]any{"prompt": "mine now", "parent": map[string]any{"id": id, "n": 0}}
	d.want(who.call("POST", "/generations", wish, "other-0002"), 404, "not_found")
	d.want(who.call("POST", "/quote", wish), 404, "not_found")
	if page := as[workers.CardPage](d, who.call("GET", "/generations", nil), 200); len(page.Items) != 0 || page.Next != "" {
		d.Errorf("another person's history: %+v", page)
	}
}

// Pages have each generation once, whatever comes meanwhile; a search finds words without regard to case and accents.
func TestPages(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann := d.guest("Ann", 100)
	want := []string{}
	for i := range 9 {
		prompt := fmt.Sprint("fox ", i)
		if i%3 == 0 {
			prompt = fmt.Sprint("Un RENARD élégant ", i)
		}
		want = append([]string{ann.wished(prompt, fmt.Sprint("wish-000", i)).ID}, want...)
	}
	read := func(query string) (ids []string, pages int) {
		for before := ""; pages < 20; pages++ {
			page := as[workers.CardPage](d, ann.call("GET", "/generations?limit=2&before="+before+query, nil), 200)
			for _, g := range page.Items {
				ids = append(ids, g.ID)
			}
			if pages == 1 && query == "" {
				ann.wished("one more", "wish-more")
			}
			if before = page.Next; before == "" {
				return ids, pages + 1
			}
		}
		return ids, pages
	}
	if got, pages := read(""); !slices.Equal(got, want) || pages != 5 {
		t.Errorf("in %d pages %v, want %v", pages, got, want)
	}
	if got, _ := read("&search=%C3%A9l%C3%A9g+renard"); len(got) != 3 || got[0] != want[2] {
		t.Errorf("found %v", got)
	}
	if got, _ := read("&search=ELEGANT"); len(got) != 3 {
		t.Errorf("without accents found %v", got)
	}
	d.want(ann.call("PUT", "/generations/"+want[4]+"/favorite", nil), 204, "")
	if got, _ := read("&favorite=true"); !slices.Equal(got, want[4:5]) {
		t.Errorf("favorites %v", got)
	}
	if got, _ := read("&open=true"); len(got) != 10 {
		t.Errorf("open %v", got)
	}
	for _, query := range []string{"limit=0", "limit=61", "limit=x", "before=x", "favorite=yes", "before=" + strings.ToLower(someID)} {
		d.want(ann.call("GET", "/generations?"+query, nil), 400, "invalid")
	}
}

// What the chat refuses is refused here, with the status that programs know.
func TestRefusals(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *Options) { o.Limits = nil })
	ann := d.guest("Ann", 10)
	wish := func(change map[string]any) answer {
		body := map[string]any{"prompt": "a fox"}
		maps.Copy(body, change)
		return ann.call("POST", "/generations", body, fmt.Sprint("wish-", time.Now().UnixNano()))
	}
	a := wish(map[string]any{"count": 4})
	if d.want(a, 402, "insufficient_credits"); !strings.Contains(a.text, `"price":12,"available":10`) {
		t.Errorf("told %s", a.text)
	}
	for field, value := range map[string]any{"model": "none", "aspect": "3:1", "quality": "high", "style": "beige", "count": 9, "seed": -1, "prompt": " "} {
		if a := wish(map[string]any{field: value}); a.StatusCode != http.StatusBadRequest || !strings.Contains(a.text, `"param":"`+field+`"`) {
			t.Errorf("%s %v: %d %s", field, value, a.StatusCode, a.text)
		}
	}
	d.want(wish(map[string]any{"surprise": 1}), 400, "invalid")
	q := as[workers.WebQuote](d, ann.call("POST", "/quote", map[string]any{"prompt": "a fox", "count": 4}), 200)
	if q.Price != 12 || q.Enough || !q.Confirm || q.Available != 10 || q.Model != "fake" {
		t.Errorf("quote %+v", q)
	}
	d.want(d.do(request{method: "POST", path: base + "/generations", token: ann.token, body: `{"prompt":"a fox"}`}), 400, "invalid") // no key

	if _, err := d.store.SetSettings(t.Context(), storage.Effect{}, ann.ID, storage.Settings{Cap: 2}); err != nil {
		t.Fatal(err)
	}
	d.want(wish(nil), 403, "capped")
	stranger := d.visitor("Zoe", "de")
	token := d.session(stranger)
	for path, status := range map[string]int{"/generations": 403, "/ledger": 403, "/models": 403, "/me": 200, "/privacy": 200, "/settings": 200} {
		if a := d.do(request{method: "GET", path: base + path, token: token}); a.StatusCode != status || status == 403 && a.code() != "consent_required" {
			t.Errorf("%s of who has not agreed: %d %s", path, a.StatusCode, a.text)
		}
	}

	g := as[workers.CardPage](d, ann.call("GET", "/generations", nil), 200)
	if len(g.Items) != 0 {
		t.Errorf("something was asked for: %+v", g)
	}
	d.want(ann.call("PUT", "/privacy/restrict", nil), 204, "")
	for path, status := range map[string]int{"/generations": 403, "/models": 403, "/me": 200, "/ledger": 200, "/privacy": 200} {
		if a := ann.call("GET", path, nil); a.StatusCode != status || status == 403 && a.code() != "restricted" {
			t.Errorf("%s of who is frozen: %d %s", path, a.StatusCode, a.text)
		}
	}
	d.want(ann.call("DELETE", "/privacy/restrict", nil), 204, "")
	d.want(ann.call("GET", "/generations", nil), 200, "")
	d.work()
	if said := ann.tg.Messages(); len(said) != 3 || !strings.Contains(said[1].Text, "frozen") || !strings.Contains(said[2].Text, "as it was before") { // after /start
		t.Errorf("the chat was told of the freezing and its end: %+v", said)
	}
	c := storage.Case{ID: someID, User: ann.ID, Kind: storage.CaseBan, Cause: storage.BanStrikes, Status: storage.CaseOpen}
	if _, err := d.store.Ban(t.Context(), storage.Effect{}, storage.Act{What: "ban"}, c, storage.Forever); err != nil {
		t.Fatal(err)
	}
	d.want(wish(nil), 403, "banned")
	d.want(ann.call("POST", "/invoices", map[string]any{"pack": "small"}, "buy-00001"), 403, "banned")
	d.want(ann.call("GET", "/generations", nil), 200, "")
}

// Rights work as they do in the chat, and the chat is told.
func TestRights(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann := d.guest("Ann", 10)
	ann.wished("a fox", "wish-0001")
	for range 2 {
		v := as[workers.WebPrivacy](d, ann.call("GET", "/privacy", nil), 200)
		asked := slices.DeleteFunc(v.Requests, func(r workers.WebRequest) bool { return r.Kind != storage.RightAccess })
		if len(v.Categories) < 4 || len(v.Categories[0].About) < 20 || len(asked) > 1 {
			t.Errorf("privacy %+v", v)
		}
	}
	as[workers.WebExport](d, ann.call("POST", "/privacy/export", nil), 202)
	d.want(ann.call("POST", "/privacy/export", nil), 409, "conflict")
	preview := as[workers.WebErasePreview](d, ann.call("GET", "/privacy/erase", nil), 200)
	if preview.Running != 1 || preview.Credits != 10 || preview.EraseAt != nil || preview.Grace != 86400 || strings.ContainsAny(preview.Text, "<>") {
		t.Errorf("preview %+v", preview)
	}
	d.want(ann.call("POST", "/privacy/erase", map[string]any{"confirm": false}), 400, "invalid")
	first := as[erasure](d, ann.call("POST", "/privacy/erase", map[string]any{"confirm": true}), 202)
	if again := as[erasure](d, ann.call("POST", "/privacy/erase", map[string]any{"confirm": true}), 202); again != first || time.Until(first.At) < 23*time.Hour {
		t.Errorf("erased at %v, then at %v", first, again)
	}
	if me := as[workers.Me](d, ann.call("GET", "/me", nil), 200); me.State.EraseAt == nil {
		t.Errorf("me %+v", me.State)
	}
	for range 2 {
		d.want(ann.call("DELETE", "/privacy/erase", nil), 204, "")
	}
	if me := as[workers.Me](d, ann.call("GET", "/me", nil), 200); me.State.EraseAt != nil {
		t.Errorf("called off: %+v", me.State)
	}
}

// What is set in the app is what the chat goes by.
func TestSettings(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann := d.guest("Ann", 0)
	was := as[workers.WebSettings](d, ann.call("GET", "/settings", nil), 200)
	if was.Language != "en" || was.Model != "fake" || was.Count != 1 || !was.News || len(was.Options.Languages) != 5 || len(was.Options.Aspects) != 4 {
		t.Errorf("settings %+v", was)
	}
	now := as[workers.WebSettings](d, ann.call("PATCH", "/settings", map[string]any{
		"language": "de", "model": "fake", "aspect": "16:9", "style": "anime", "count": 2, "negative": " text ", "ask_above": 20, "cap": 50, "news": false, "reminders": false,
	}), 200)
	if now.Language != "de" || now.Aspect != "16:9" || now.Style != "anime" || now.Count != 2 || now.Negative != "text" || now.AskAbove != 20 || now.Cap != 50 || now.News || now.Reminders {
		t.Errorf("set %+v", now)
	}
	p, err := d.store.PersonByID(t.Context(), ann.ID)
	if err != nil || p.Lang != "de" || p.Settings.Ratio != "16:9" || p.Settings.Count != 2 || !p.NoNews || !p.NoReminders {
		t.Errorf("the chat has %+v, %v", p, err)
	}
	for field, value := range map[string]any{"language": "xx", "model": "none", "aspect": "7:1", "quality": "best", "style": "beige", "count": 99, "ask_above": 3, "cap": 7} {
		if a := ann.call("PATCH", "/settings", map[string]any{"count": 1, field: value}); a.StatusCode != http.StatusBadRequest || !strings.Contains(a.text, `"param":"`+field+`"`) {
			t.Errorf("%s %v: %d %s", field, value, a.StatusCode, a.text)
		}
	}
	if a := as[workers.WebSettings](d, ann.call("GET", "/settings", nil), 200); a.Count != 2 {
		t.Errorf("a change that is refused changed something: %+v", a)
	}
	if all := as[workers.WebModels](d, ann.call("GET", "/models", nil), 200); len(all.Models) != 1 || !all.Models[0].Chosen || !all.Models[0].Available || all.Models[0].Price.From != 3 || len(all.Styles) < 5 {
		t.Errorf("models %+v", all)
	}
}

// Credits are shown as they came and went; an invoice is a link that a worker asks Telegram for, once for a key.
func TestWallet(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann := d.guest("Ann", 10)
	ann.wished("a fox", "wish-0001")
	page := as[workers.WebLedger](d, ann.call("GET", "/ledger?limit=1", nil), 200)
	rest := as[workers.WebLedger](d, ann.call("GET", "/ledger?limit=50&before="+page.Next, nil), 200)
	if len(page.Items) != 1 || page.Items[0].Amount != -3 || page.Items[0].Balance != 7 || len(rest.Items) != 1 || rest.Items[0].Amount != 10 || rest.Next != "" {
		t.Errorf("ledger %+v, then %+v", page, rest)
	}
	if all := as[workers.WebPacks](d, ann.call("GET", "/packs", nil), 200); len(all.Packs) != 2 || all.Subscription != nil || !all.Packs[1].Subscription {
		t.Errorf("packs %+v", all)
	}
	d.want(ann.call("POST", "/invoices", map[string]any{"pack": "none"}, "buy-00000"), 404, "not_found")
	links := make(chan answer)
	for range 2 {
		go func() { links <- ann.call("POST", "/invoices", map[string]any{"pack": "small"}, "buy-00001") }()
	}
	var urls []string
	for len(urls) < 2 {
		select {
		case a := <-links:
			urls = append(urls, as[workers.Link](d, a, http.StatusOK).URL)
		case todo := <-d.todo:
			if err := d.app.Workers.Handlers()[todo.Type](t.Context(), todo.Payload); err != nil {
				t.Error(err)
			}
		}
	}
	if urls[0] != urls[1] || !strings.HasPrefix(urls[0], "https://t.me/") {
		t.Errorf("invoices %v", urls)
	}
}
