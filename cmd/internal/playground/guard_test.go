package playground_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/imagika/imagika/cmd/internal/playground"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// TestGuard asks without a network, so that the peer's address is ours to choose.
func TestGuard(t *testing.T) {
	t.Parallel()
	tg := telegramtest.NewTest(t)
	pg, err := playground.New(playground.Options{Server: tg})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Close() })
	const home = "localhost:8080"
	for _, c := range []struct {
		desc, method, path, peer, host string
		headers                        map[string]string
		want                           int
	}{
		{"page", "GET", "/play/", "127.0.0.1:9", home, nil, 200},
		{"short address", "GET", "/play", "127.0.0.1:9", home, nil, 302},
		{"script", "GET", "/play/assets/app.js", "[::1]:9", "[::1]:8080", nil, 200},
		{"v4 in v6", "GET", "/play/", "[::ffff:127.0.0.1]:9", "127.0.0.1", nil, 200},
		{"other loopback", "GET", "/play/", "127.0.0.2:9", "127.0.0.2:80", nil, 200},
		{"peer from elsewhere", "GET", "/play/", "192.168.1.7:9", home, nil, 403},
		{"peer unknown", "GET", "/play/", "@", home, nil, 403},
		{"rebound name", "GET", "/play/", "127.0.0.1:9", "evil.example:8080", nil, 403},
		{"name that begins well", "GET", "/play/", "127.0.0.1:9", "localhost.evil.example", nil, 403},
		{"address of the network", "GET", "/play/", "127.0.0.1:9", "192.168.1.7:8080", nil, 403},
		{"no name", "GET", "/play/", "127.0.0.1:9", "", nil, 403},
		{"rebound API", "GET", "/play/api/panel", "127.0.0.1:9", "evil.example:8080", nil, 403},
		{"link from elsewhere", "GET", "/play/", "127.0.0.1:9", home, map[string]string{"Sec-Fetch-Site": "cross-site"}, 200},
		{"API from elsewhere", "GET", "/play/api/panel", "127.0.0.1:9", home, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"API from another port", "GET", "/play/api/panel", "127.0.0.1:9", home, map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"API from the page", "GET", "/play/api/panel", "127.0.0.1:9", home, map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"post from the page", "POST", "/play/api/people", "127.0.0.1:9", home, map[string]string{"Origin": "http://" + home, "Content-Type": "application/json"}, 200},
		{"post without origin", "POST", "/play/api/people", "127.0.0.1:9", home, map[string]string{"Content-Type": "application/json"}, 403},
		{"post from another port", "POST", "/play/api/people", "127.0.0.1:9", home, map[string]string{"Origin": "http://localhost:3000", "Content-Type": "application/json"}, 403},
		{"post from nowhere", "POST", "/play/api/people", "127.0.0.1:9", home, map[string]string{"Origin": "null", "Content-Type": "application/json"}, 403},
		{"post as a form", "POST", "/play/api/people", "127.0.0.1:9", home, map[string]string{"Origin": "http://" + home, "Content-Type": "text/plain"}, 415},
		{"method of no use", "DELETE", "/play/api/people", "127.0.0.1:9", home, map[string]string{"Origin": "http://" + home, "Content-Type": "application/json"}, 405},
		{"no such file", "GET", "/play/assets/none.js", "127.0.0.1:9", home, nil, 404},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(`{"first_name":"Eve","language_code":"en"}`))
		r.RemoteAddr, r.Host = c.peer, c.host
		for name, value := range c.headers {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		pg.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d: %s", c.desc, w.Code, c.want, w.Body)
		}
		checkHeaders(t, c.desc, w.Header())
	}
	if n := len(tg.People()); n != 2 {
		t.Errorf("%d people, want the first and the one who was let in", n)
	}
}

func checkHeaders(t *testing.T, desc string, h http.Header) {
	t.Helper()
	policy := h.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("%s: the policy lacks %q: %q", desc, part, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("%s: the policy is loose: %q", desc, policy)
	}
	if h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%s: other origins are allowed", desc)
	}
}
