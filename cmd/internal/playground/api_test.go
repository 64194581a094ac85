package playground_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/imagika/imagika/cmd/internal/playground"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// site is a playground behind a real listener. While down is set it answers 503.
type site struct {
	srv  *httptest.Server
	page string
	down atomic.Bool
	pg   *playground.Playground
}

// serve runs a playground over a fresh fake until the test ends and returns the address
// of the page.
func serve(t *testing.T) (string, *telegramtest.Server) {
	t.Helper()
	web, tg := serveWeb(t)
	return web.page, tg
}

func serveWeb(t *testing.T) (*site, *telegramtest.Server) {
	t.Helper()
	tg := telegramtest.NewTest(t)
	pg, err := playground.New(playground.Options{Server: tg})
	if err != nil {
		t.Fatal(err)
	}
	web := &site{pg: pg}
	web.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if web.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		pg.ServeHTTP(w, r)
	}))
	web.page = web.srv.URL + "/play/"
	t.Cleanup(func() {
		if err := pg.Close(); err != nil {
			t.Error(err)
		}
		web.srv.Close()
	})
	return web, tg
}

// ask sends a request as the page does; headers and Host may be overridden by set.
func ask(t *testing.T, method, url, body string, set map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", req.URL.Scheme+"://"+req.URL.Host)
	req.Header.Set("Content-Type", "application/json")
	for name, value := range set {
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestActs(t *testing.T) {
	t.Parallel()
	page, tg := serve(t)
	ada := tg.People()[0]
	ada.Start("")
	long := strings.Repeat("a", 4097)
	picture := base64.StdEncoding.EncodeToString(dot(t))
	for _, c := range []struct {
		desc, path, body string
		want             int
		says             string // in the answer
	}{
		{"text", "send", `{"person":@me,"text":"hello"}`, 200, "{}"},
		{"empty text", "send", `{"person":@me,"text":" \n"}`, 400, "nothing to send"},
		{"longest text", "send", `{"person":@me,"text":"` + long[1:] + `"}`, 200, ""},
		{"text too long", "send", `{"person":@me,"text":"` + long + `"}`, 400, "at most 4096"},
		{"astral characters count twice", "send", `{"person":@me,"text":"` + strings.Repeat("🦊", 2049) + `"}`, 400, "4098"},
		{"reply", "send", `{"person":@me,"text":"yes","reply_to":1}`, 200, ""},
		{"reply to nothing", "send", `{"person":@me,"text":"yes","reply_to":999}`, 404, "gone"},
		{"nobody", "send", `{"person":12,"text":"hello"}`, 404, "no such person"},
		{"misspelt field", "send", `{"person":@me,"txt":"hello"}`, 400, "JSON"},
		{"two objects", "send", `{"person":@me,"text":"a"}{}`, 400, "one JSON object"},
		{"no JSON", "send", `person=1`, 400, "JSON"},
		{"photo", "send", `{"person":@me,"text":"look","files":[{"name":"fox.png","kind":"photo","data":"` + picture + `"}]}`, 200, ""},
		{"photo and document", "send", `{"person":@me,"files":[{"name":"a.png","kind":"photo","data":"` + picture + `"},{"name":"b.txt","data":"aGk="}]}`, 200, ""},
		{"caption too long", "send", `{"person":@me,"text":"` + long[:1025] + `","files":[{"name":"b.txt","data":"aGk="}]}`, 400, "at most 1024"},
		{"no picture", "send", `{"person":@me,"files":[{"name":"fox.png","kind":"photo","data":"aGk="}]}`, 400, "not a picture"},
		{"empty file", "send", `{"person":@me,"files":[{"name":"b.txt","data":""}]}`, 400, "empty"},
		{"eleven files", "send", `{"person":@me,"files":[` + strings.Repeat(`{"name":"b","data":"aGk="},`, 10) + `{"name":"b","data":"aGk="}]}`, 400, "at most 10"},
		{"edit", "edit", `{"person":@me,"message_id":1,"text":"/start again"}`, 200, ""},
		{"edit nothing", "edit", `{"person":@me,"message_id":999,"text":"x"}`, 404, "gone"},
		{"delete", "delete", `{"person":@me,"message_id":2}`, 200, ""},
		{"delete again", "delete", `{"person":@me,"message_id":2}`, 404, "gone"},
		{"press nothing", "press", `{"person":@me,"message_id":1,"data":"x"}`, 400, "no button"},
		{"pay nothing", "pay", `{"person":@me,"message_id":1}`, 404, "gone"},
		{"sticker", "extra", `{"person":@me,"kind":"sticker"}`, 200, ""},
		{"no such kind", "extra", `{"person":@me,"kind":"dance"}`, 400, "kind"},
		{"start", "start", `{"person":@me,"payload":"from-a-link"}`, 200, ""},
		{"join", "people", `{"first_name":"Boris","language_code":"pt-br"}`, 200, `"id":`},
		{"join without a name", "people", `{"first_name":" ","language_code":"en"}`, 400, "name"},
		{"join with a strange language", "people", `{"first_name":"B","language_code":"<b>"}`, 400, "language"},
		{"block", "block", `{"person":@me}`, 200, "{}"},
		{"unblock", "unblock", `{"person":@me}`, 200, "{}"},
	} {
		body := strings.ReplaceAll(c.body, "@me", strconv.FormatInt(ada.ID(), 10))
		if code, got := ask(t, "POST", page+"api/"+c.path, body, nil); code != c.want || !strings.Contains(got, c.says) {
			t.Errorf("%s: %d %s, want %d with %q", c.desc, code, got, c.want, c.says)
		}
	}
	if code, _ := ask(t, "GET", page+"api/send", "", nil); code != http.StatusMethodNotAllowed {
		t.Errorf("GET of an act is answered %d", code)
	}
	if n := len(tg.People()); n != 2 {
		t.Errorf("%d people after one joined, want 2", n)
	}
}

func TestUploadReachesTheBot(t *testing.T) {
	t.Parallel()
	page, tg := serve(t)
	ada, picture := tg.People()[0], dot(t)
	body := fmt.Sprintf(`{"person":%d,"text":"my fox","files":[{"name":"../fox.png","kind":"document","data":%q}]}`, ada.ID(), base64.StdEncoding.EncodeToString(picture))
	if code, got := ask(t, "POST", page+"api/send", body, nil); code != 200 {
		t.Fatalf("%d %s", code, got)
	}
	ms := ada.Messages()
	m := ms[len(ms)-1]
	if m.Caption != "my fox" || m.Document == nil || m.Document.FileName != "fox.png" {
		t.Fatalf("the message is %+v", m)
	}
	_, stored, ok := tg.File(m.Document.FileID)
	if !ok || !bytes.Equal(stored, picture) {
		t.Error("the stored file is not the uploaded one")
	}
	if n := len(tg.PendingUpdates()); n != 1 {
		t.Errorf("%d updates wait for the bot, want 1", n)
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	page, tg := serve(t)
	id := tg.People()[0].ID()
	for path, size := range map[string]int{"send": 65 << 20, "edit": 65 << 10} {
		body := fmt.Sprintf(`{"person":%d,"text":"%s"}`, id, strings.Repeat("a", size))
		if code, got := ask(t, "POST", page+"api/"+path, body, nil); code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with %d bytes: %d %s", path, size, code, got)
		}
	}
	photo := base64.StdEncoding.EncodeToString(make([]byte, 10<<20+1))
	body := fmt.Sprintf(`{"person":%d,"files":[{"name":"a.png","kind":"photo","data":"%s"}]}`, id, photo)
	if code, got := ask(t, "POST", page+"api/send", body, nil); code != http.StatusRequestEntityTooLarge || !strings.Contains(got, "10 MB") {
		t.Errorf("a photo of 10 MB and a byte: %d %s", code, got)
	}
}

// TestFiles makes sure that nothing somebody sent can run as a page of ours.
func TestFiles(t *testing.T) {
	t.Parallel()
	page, tg := serve(t)
	ada := tg.People()[0]
	photo := ada.Photo(dot(t), "")
	html := ada.Document("page.html", []byte("<!doctype html><script>alert(1)</script>"), "")
	svg := ada.Document("x.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "")
	for _, c := range []struct {
		desc, path, wantType, wantDisposition string
		want                                  int
	}{
		{"photo", photo.FileIDs()[0], "image/png", "", 200},
		{"photo to keep", photo.FileIDs()[0] + "?download=1", "image/png", "attachment; filename=picture.png", 200},
		{"page", html.FileIDs()[0], "application/octet-stream", "attachment; filename=file", 200},
		{"drawing with a script", svg.FileIDs()[0], "application/octet-stream", "attachment; filename=file", 200},
		{"nothing", "nothing", "application/json", "", 404},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page+"api/files/"+c.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		h := resp.Header
		if resp.StatusCode != c.want || h.Get("Content-Type") != c.wantType || h.Get("Content-Disposition") != c.wantDisposition {
			t.Errorf("%s: %d %q %q", c.desc, resp.StatusCode, h.Get("Content-Type"), h.Get("Content-Disposition"))
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: headers are missing: %v", c.desc, h)
		}
	}
}

// TestPressAndPay lets the bot answer while the page waits.
func TestPressAndPay(t *testing.T) {
	t.Parallel()
	page, tg := serve(t)
	ada := tg.People()[0]
	ada.Start("")
	api := &bot{t: t, base: tg.URL() + "/bot" + tg.Token() + "/"}
	var menu, invoice telegramtest.Message
	api.call(t.Context(), "sendMessage", params{"chat_id": ada.ID(), "text": "?", "reply_markup": params{"inline_keyboard": [][]params{{{"text": "Yes", "callback_data": "y"}}}}}, &menu)
	api.call(t.Context(), "sendInvoice", params{
		"chat_id": ada.ID(), "title": "Credits", "description": "Ten", "payload": "p", "currency": "XTR", "prices": []params{{"label": "Ten", "amount": 50}},
	}, &invoice)
	go func() {
		for answered, offset := 0, int64(0); answered < 3; {
			var updates []telegramtest.Update
			api.call(t.Context(), "getUpdates", params{"offset": offset, "timeout": 20}, &updates)
			for _, u := range updates {
				offset = u.UpdateID + 1
				switch {
				case u.CallbackQuery != nil:
					api.call(t.Context(), "answerCallbackQuery", params{"callback_query_id": u.CallbackQuery.ID, "text": "Noted", "show_alert": true}, nil)
					answered++
				case u.PreCheckoutQuery != nil && answered == 1:
					api.call(t.Context(), "answerPreCheckoutQuery", params{"pre_checkout_query_id": u.PreCheckoutQuery.ID, "ok": false, "error_message": "Sold out"}, nil)
					answered++
				case u.PreCheckoutQuery != nil:
					api.call(t.Context(), "answerPreCheckoutQuery", params{"pre_checkout_query_id": u.PreCheckoutQuery.ID, "ok": true}, nil)
					answered++
				}
			}
		}
	}()
	for _, c := range []struct {
		path string
		id   int64
		more string
		code int
		want string
	}{
		{"press", menu.MessageID, `,"data":"y"`, 200, `{"answered":true,"text":"Noted","alert":true}`},
		{"pay", invoice.MessageID, "", 400, "Sold out"},
		{"pay", invoice.MessageID, "", 200, "{}"},
	} {
		body := fmt.Sprintf(`{"person":%d,"message_id":%d%s}`, ada.ID(), c.id, c.more)
		if code, got := ask(t, "POST", page+"api/"+c.path, body, nil); code != c.code || !strings.Contains(got, c.want) {
			t.Errorf("%s: %d %s, want %d %s", c.path, code, got, c.code, c.want)
		}
	}
	l := listen(t, page)
	messages := l.next("state").People[0].Messages
	if last := messages[len(messages)-1]; last.Service != "You paid ⭐ 50" {
		t.Errorf("the payment shows as %+v", last)
	}
}
