package miniapp

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
)

// someID is the id of nothing.
const someID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

// aimed is a call of a route that is as it should be but for who makes it.
func aimed(r route) request {
	q := request{method: r.method, path: base + strings.NewReplacer("{id}", someID).Replace(r.pattern), header: map[string]string{}}
	if r.method == http.MethodPost || r.method == http.MethodPut || r.method == http.MethodPatch {
		q.body = "{}"
	}
	if r.keyed {
		q.header["Idempotency-Key"] = "0123456789abcdef"
	}
	return q
}

// Nobody gets through to any route but those that are open.
func TestEveryRouteWantsASession(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann := d.visitor("Ann", "en")
	over, kept := d.session(ann), d.session(ann)
	if err := d.store.EndWebSession(t.Context(), over); err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{
		"nothing": "", "no token": "Bearer", "an empty one": "Bearer ", "one that is over": "Bearer " + over, "half of one": "Bearer " + kept[:42],
		"a longer one": "Bearer " + kept + "A", "a changed one": "Bearer " + changed(kept), "two": "Bearer " + kept + " " + kept, "another scheme": "Basic " + kept,
		"a bare one": kept, "made up": "Bearer " + newToken(), "quoted": `Bearer "` + kept + `"`, "a launch": "Bearer " + ann.tg.WebAppInitData(""),
		"no encoding of ours": "Bearer " + strings.Repeat("=", 43),
	}
	open := 0
	for _, r := range d.app.routes() {
		if r.open {
			open++
			continue
		}
		d.advance(time.Second) // an address may not call as often
		for desc, header := range headers {
			called := false
			guarded := r
			guarded.handle = func(http.ResponseWriter, *http.Request, storage.Person) error { called = true; return nil }
			q := aimed(r)
			if header != "" {
				q.header["Authorization"] = header
			}
			if a := d.do(q); a.StatusCode != http.StatusUnauthorized || a.code() != "session_expired" {
				t.Errorf("%s %s with %s: %d %s", r.method, r.pattern, desc, a.StatusCode, a.text)
			}
			d.through(guarded, q)
			if called {
				t.Errorf("%s %s was called with %s", r.method, r.pattern, desc)
			}
		}
	}
	if open > 3 {
		t.Errorf("%d routes are open: each one more needs its reason here", open)
	}
	d.want(d.do(request{method: "POST", path: base + "/session/renew", token: kept}), 200, "")
}

// changed is a token with another last character that decodes as well.
func changed(token string) string {
	if token[0] == 'A' {
		return "B" + token[1:]
	}
	return "A" + token[1:]
}

// through calls a route that is not in the table.
func (d *door) through(r route, q request) answer {
	d.Helper()
	mux := http.NewServeMux()
	mux.Handle(base+r.pattern, d.app.gate(r))
	other := *d
	other.app = &app{
		Options: d.app.Options, mux: mux, addresses: byAddress(), tokens: byToken(), asks: byAsker(),
		streams: d.app.streams,
	}
	return other.do(q)
}

func TestGate(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann := d.visitor("Ann", "ru")
	token := d.session(ann)
	handle := func(w http.ResponseWriter, r *http.Request, p storage.Person) error {
		switch r.PathValue("id") {
		case "":
			return reply(w, 200, map[string]any{"person": p.ID == ann.ID, "key": idempotencyKey(r)})
		default:
			return fmt.Errorf("a secret of the database: %w", io.ErrUnexpectedEOF)
		}
	}
	keyed := route{method: "POST", pattern: "/do", class: classSpend, handle: handle, keyed: true}
	for key, status := range map[string]int{"": 400, "short": 400, "01234567 ": 400, "0123456789'--": 400, strings.Repeat("x", 65): 400, "0123-4567_89": 200} {
		q := request{method: "POST", path: base + "/do", token: token, header: map[string]string{"Idempotency-Key": key}}
		if a := d.through(keyed, q); a.StatusCode != status || status == 200 && (a.json["key"] != key || a.json["person"] != true) {
			t.Errorf("key %q: %d %s", key, a.StatusCode, a.text)
		}
	}
	one := route{method: "GET", pattern: "/things/{id}", class: classRead, handle: handle}
	for _, id := range []string{"1", "..", "%2e%2e", "%2F", "01ARZ3NDEKTSV4RRFFQ69G5FAV%00", strings.ToLower(someID), someID + "X", "' OR 1=1 --", "é"} {
		a := d.through(one, request{method: "GET", path: base + "/things/" + strings.ReplaceAll(id, " ", "%20"), token: token})
		if a.StatusCode == http.StatusOK || a.StatusCode == http.StatusServiceUnavailable {
			t.Errorf("%q got through: %d %s", id, a.StatusCode, a.text)
		}
	}
	a := d.through(one, request{method: "GET", path: base + "/things/" + someID, token: token})
	d.want(a, 503, "unavailable")
	if strings.Contains(a.text, "secret") || !strings.Contains(d.logs.String(), "a secret of the database") || a.Header.Get("Retry-After") == "" {
		t.Errorf("told %s, logged %s", a.text, d.logs)
	}

	if _, _, err := d.store.Restrict(t.Context(), storage.Effect{User: ann.ID}, ann.ID, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	a = d.through(keyed, request{method: "POST", path: base + "/do", token: token, header: map[string]string{"Idempotency-Key": "01234567"}})
	d.want(a, 403, "restricted")
	if !strings.Contains(a.text, "Аккаунт заморожен") {
		t.Errorf("told %s", a.text)
	}
	keyed.resting = true
	d.want(d.through(keyed, request{method: "POST", path: base + "/do", token: token, header: map[string]string{"Idempotency-Key": "01234567"}}), 200, "")
}

// Nothing but routes is there, and every answer is data that only our page may read.
func TestPathsAndHeaders(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *Options) { o.Frames = []string{"http://localhost:8080"} })
	token := d.session(d.visitor("Ann", "en"))
	for _, q := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/app/api/session", 405, "DELETE, POST"},
		{"OPTIONS", "/app/api/session", 405, "DELETE, POST"},
		{"HEAD", "/app/api/session", 405, "DELETE, POST"},
		{"BREW", "/app/api/session", 405, "DELETE, POST"},
		{"POST", "/app/api/Session", 404, ""},
		{"POST", "/app/api/session/", 404, ""},
		{"GET", "/app/api/", 404, ""},
		{"GET", "/app/api/.git/config", 404, ""},
		{"GET", "/app/api/..%2f..%2fetc%2fpasswd", 404, ""},
		{"GET", "/app/api//session", 307, ""},
		{"GET", "/app/api/../../etc/passwd", 307, ""},
		{"GET", "/app/assets/../miniapp.go", 307, ""},
		{"GET", "/app/miniapp.go", 404, ""},
	} {
		a := d.do(request{method: q.method, path: q.path, token: token})
		if a.StatusCode != q.status || a.Header.Get("Allow") != q.allow {
			t.Errorf("%s %s: %d, Allow %q: %s", q.method, q.path, a.StatusCode, a.Header.Get("Allow"), a.text)
		}
		for _, name := range []string{"Access-Control-Allow-Origin", "Set-Cookie", "Access-Control-Allow-Headers"} {
			if v := a.Header.Get(name); v != "" {
				t.Errorf("%s %s: %s is %q", q.method, q.path, name, v)
			}
		}
	}
	api := d.do(request{method: "POST", path: "/app/api/session/renew", token: token}).Header
	page := d.do(request{method: "GET", path: "/app/no-such-file"}).Header
	for _, h := range []http.Header{api, page} {
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Strict-Transport-Security") == "" {
			t.Errorf("headers %v", h)
		}
	}
	if api.Get("Cache-Control") != "no-store" || !strings.Contains(api.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("headers of the API: %v", api)
	}
	csp := page.Get("Content-Security-Policy")
	for _, part := range []string{
		"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self';", "base-uri 'none'", "form-action 'none'",
		"frame-ancestors https://web.telegram.org https://*.telegram.org http://localhost:8080",
	} {
		if !strings.Contains(csp, part) {
			t.Errorf("the page's policy lacks %q: %s", part, csp)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("the page's policy: %s", csp)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for _, tt := range []struct {
		desc, kind, body string
		status           int
		code             string
	}{
		{"form", "application/x-www-form-urlencoded", "init_data=x", 415, "invalid"},
		{"text, which needs no preflight", "text/plain", `{"init_data":"x"}`, 415, "invalid"},
		{"another JSON", "application/json-patch+json", `{"init_data":"x"}`, 415, "invalid"},
		{"two types", "application/json, text/plain", `{"init_data":"x"}`, 415, "invalid"},
		{"with a charset", "application/json; charset=utf-8", `{"init_data":"x"}`, 401, "init_data_invalid"},
		{"not JSON", "", `init_data=x`, 400, "invalid"},
		{"half of it", "", `{"init_data":"x`, 400, "invalid"},
		{"another field", "", `{"init_data":"x","admin":true}`, 400, "invalid"},
		{"a field twice", "", `{"init_data":"x","init_data":"y"}`, 400, "invalid"},
		{"another type", "", `{"init_data":{"$gt":""}}`, 400, "invalid"},
		{"an array", "", `["x"]`, 400, "invalid"},
		{"null", "", `null`, 401, "init_data_invalid"},
		{"two values", "", `{"init_data":"x"}{"init_data":"y"}`, 400, "invalid"},
		{"garbage behind", "", `{"init_data":"x"} x`, 400, "invalid"},
		{"not UTF-8", "", "{\"init_data\":\"\xff\"}", 400, "invalid"},
		{"deep", "", `{"init_data":` + deep[:40_000] + `}`, 400, "invalid"},
		{"deep and closed", "", strings.Repeat("[", 17) + strings.Repeat("]", 17), 400, "invalid"},
		{"large", "", `{"init_data":"` + strings.Repeat("x", maxBody) + `"}`, 413, "too_large"},
		{"a large launch", "", `{"init_data":"` + strings.Repeat("x", maxBody-100) + `"}`, 401, "init_data_invalid"},
	} {
		a := d.do(request{method: "POST", path: base + "/session", body: tt.body, kind: tt.kind})
		if a.StatusCode != tt.status || a.code() != tt.code {
			t.Errorf("%s: %d %s, want %d %s: %s", tt.desc, a.StatusCode, a.code(), tt.status, tt.code, a.text)
		}
	}
	d.want(d.do(request{method: "POST", path: base + "/session"}), 415, "invalid")
}

// What people wrote is told as data: no browser takes it for a page.
func TestMarkupStaysData(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	token := d.session(d.visitor(`<img src=x onerror=alert(1)>`, "en"))
	for _, payload := range []string{`<script>alert(1)</script>`, `"><svg onload=alert(1)>`, "</title>\u2028alert(1)", `{{constructor.constructor('alert(1)')()}}`, "javascript:alert(1)//\x00"} {
		a := d.through(route{method: "GET", pattern: "/echo", class: classRead, handle: func(w http.ResponseWriter, _ *http.Request, _ storage.Person) error {
			return reply(w, 200, map[string]string{"prompt": payload})
		}}, request{method: "GET", path: base + "/echo", token: token})
		if a.json["prompt"] != payload || strings.ContainsAny(a.text, "<>\u2028\x00") || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%q became %s", payload, a.text)
		}
		b := d.do(request{method: "POST", path: base + "/session", body: `{` + fmt.Sprintf("%q", payload) + `:1}`})
		if b.StatusCode != http.StatusBadRequest || strings.ContainsAny(b.text, "<>\u2028\x00") {
			t.Errorf("%q was refused by %d %s", payload, b.StatusCode, b.text)
		}
	}
}

// Whoever sends a body slowly is not waited for, and an answer may take longer than its body.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *Options) { o.BodyTime = 100 * time.Millisecond })
	srv := httptest.NewServer(d.app)
	t.Cleanup(srv.Close)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = io.WriteString(conn, "POST /app/api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	said, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(said), "HTTP/1.1 400") {
		t.Errorf("%q, %v", said, err)
	}
}

// Ten thousand calls of one person are refused cheaply, and nobody else notices.
func TestFlood(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann, bob := d.session(d.visitor("Ann", "en")), d.session(d.visitor("Bob", "en"))
	var done, refused, odd atomic.Int64
	begun, most := time.Now(), rates(classWrite)
	var wg sync.WaitGroup
	for worker := range 10 {
		wg.Go(func() {
			for range 1000 {
				a := d.do(request{method: "POST", path: base + "/session/renew", token: ann, header: map[string]string{"X-Worker": strconv.Itoa(worker)}})
				switch {
				case a.StatusCode == http.StatusOK:
					done.Add(1)
				case a.StatusCode == http.StatusTooManyRequests && a.code() == "too_many" && a.Header.Get("Retry-After") != "":
					refused.Add(1)
				default:
					odd.Add(1)
				}
			}
		})
	}
	quiet := 0
	for range 15 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, base+"/session/renew", nil)
		r.RemoteAddr = "203.0.113.99:5000"
		r.Header.Set("Authorization", "Bearer "+bob)
		w := httptest.NewRecorder()
		d.app.ServeHTTP(w, r)
		if w.Code == 200 {
			quiet++
		}
	}
	wg.Wait()
	allowed := int64(most.burst) + int64(time.Since(begun)/most.every) + 1
	allowed += int64(strings.Count(d.logs.String(), "not counted")) // Redis was too busy to say
	if n := done.Load(); n > allowed || n == 0 || odd.Load() > 0 || done.Load()+refused.Load() != 10_000 {
		t.Errorf("%d done, %d refused, %d otherwise", done.Load(), refused.Load(), odd.Load())
	}
	if quiet != 15 {
		t.Errorf("the other one was let through %d times of 15", quiet)
	}
}
