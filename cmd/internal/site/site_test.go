package site

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// named is a handler that says its name, with headers of its own.
func named(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", name+"'s own")
		_, _ = w.Write([]byte(name))
	})
}

// newSite returns a website.
func newSite(t *testing.T, o Options) http.Handler {
	t.Helper()
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ask makes one request.
func ask(t *testing.T, h http.Handler, method, target, body string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body)))
	return w.Result()
}

func read(t *testing.T, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	all := newSite(t, Options{Playground: named("playground"), Webhook: named("webhook")})
	none := newSite(t, Options{BotUsername: "imagika_bot"})
	tests := []struct {
		desc, method, target string
		site                 http.Handler
		status               int
		allow, holds         string
	}{
		{"home", "GET", "/", all, 200, "", "How it works"},
		{"home by HEAD", "HEAD", "/", all, 200, "", ""},
		{"home cannot be written", "POST", "/", all, 405, "GET, HEAD", ""},
		{"query is ignored", "GET", "/?start=1", all, 200, "", "How it works"},
		{"privacy", "GET", "/privacy", all, 200, "", "Privacy policy"},
		{"privacy cannot be deleted", "DELETE", "/privacy", all, 405, "GET, HEAD", ""},
		{"no such version of privacy", "GET", "/privacy/x", all, 404, "", ""},
		{"health", "GET", "/healthz", all, 204, "", ""},
		{"health is read only", "POST", "/healthz", all, 405, "GET, HEAD", ""},
		{"robots", "GET", "/robots.txt", all, 200, "", "User-agent"},
		{"old icon", "GET", "/favicon.ico", all, 302, "", ""},
		{"asset of another release", "GET", "/assets/site-0000000000000000.css", all, 404, "", "canvas is empty"},
		{"templates are not served", "GET", "/templates/home.html", all, 404, "", ""},
		{"nothing", "GET", "/nothing", all, 404, "", "canvas is empty"},
		{"nothing by POST", "POST", "/nothing", all, 404, "", ""},
		{"dots are cleaned", "GET", "/x/../privacy", all, 307, "", ""},
		{"playground", "GET", "/play", all, 200, "", "playground"},
		{"playground below", "POST", "/play/api/send", all, 200, "", "playground"},
		{"no prefix of playground", "GET", "/player", all, 404, "", ""},
		{"no playground", "GET", "/play/", none, 404, "", ""},
		{"webhook", "POST", "/telegram", all, 200, "", "webhook"},
		{"no webhook", "POST", "/telegram", none, 404, "", ""},
		{"no API", "GET", "/developers", none, 404, "", ""},
		{"no hooks", "POST", "/hooks/fake/01ARZ3NDEKTSV4RRFFQ69G5FAV", all, 404, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			res := ask(t, tt.site, tt.method, tt.target, "")
			if res.StatusCode != tt.status || res.Header.Get("Allow") != tt.allow {
				t.Errorf("%s %s = %d, Allow %q; want %d, %q", tt.method, tt.target, res.StatusCode, res.Header.Get("Allow"), tt.status, tt.allow)
			}
			if body := read(t, res); !strings.Contains(body, tt.holds) {
				t.Errorf("the body does not hold %q:\n%s", tt.holds, body)
			}
		})
	}
}

// TestAlmostAnAddress: a slash at the end and the case of letters are forgiven, and lead nowhere but to a page that is there.
func TestAlmostAnAddress(t *testing.T) {
	t.Parallel()
	h := newSite(t, everything())
	for from, to := range map[string]string{
		"/prices/": "/prices", "/Prices": "/prices", "/de/PRICES/": "/de/prices", "/DE": "/de", "/privacy/": "/privacy", "/privacy/requests/?a=b%20c&d": "/privacy/requests?a=b%20c&d",
		"/HELP?x": "/help?x", "/nothing/": "", "/xx/prices/": "", "/prices/more/": "", "/privacy/{version}/": "", "/%2F%2Fevil.example/": "", "/prices%2F": "/prices",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			res := ask(t, h, method, from, "")
			want := http.StatusMovedPermanently
			if to == "" {
				want = http.StatusNotFound
			}
			if res.StatusCode != want || res.Header.Get("Location") != to {
				t.Errorf("%s %s = %d to %q, want %q", method, from, res.StatusCode, res.Header.Get("Location"), to)
			}
		}
		if res := ask(t, h, "POST", from, ""); res.StatusCode == http.StatusMovedPermanently {
			t.Errorf("POST %s is moved", from)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	h := newSite(t, Options{Playground: named("playground"), Webhook: named("webhook"), PublicURL: "https://imagika.example/"})
	want := map[string]string{
		"Content-Security-Policy":   "default-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "no-referrer",
		"Strict-Transport-Security": "max-age=31536000",
	}
	for _, target := range []string{"/", "/privacy", "/nothing", "/healthz", "/robots.txt", "/favicon.ico"} {
		res := ask(t, h, "GET", target, "")
		for name, value := range want {
			if got := res.Header.Get(name); got != value {
				t.Errorf("%s: %s = %q, want %q", target, name, got, value)
			}
		}
		if c := res.Header.Values("Set-Cookie"); c != nil {
			t.Errorf("%s sets a cookie: %v", target, c)
		}
	}
	for target, name := range map[string]string{"/play": "playground", "/play/x": "playground", "/telegram": "webhook"} {
		got := ask(t, h, "POST", target, "").Header
		if diff := cmp.Diff(http.Header{"Content-Security-Policy": {name + "'s own"}, "Content-Type": got["Content-Type"]}, got); diff != "" {
			t.Errorf("%s: headers are not its own (-want +got):\n%s", target, diff)
		}
	}
}

func TestNoTLSNoHSTS(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"", "http://localhost:8080"} {
		res := ask(t, newSite(t, Options{PublicURL: public}), "GET", "/", "")
		if got := res.Header.Get("Strict-Transport-Security"); got != "" {
			t.Errorf("PublicURL %q: Strict-Transport-Security = %q", public, got)
		}
	}
}

func TestCaching(t *testing.T) {
	t.Parallel()
	h := newSite(t, Options{})
	res := ask(t, h, "GET", "/", "")
	if got := res.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("a page has Cache-Control %q", got)
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.Header.Set("If-None-Match", res.Header.Get("ETag"))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("an unchanged page = %d, want 304", w.Code)
	}
	for _, asset := range regexp.MustCompile(`/assets/[^"]+`).FindAllString(read(t, res), -1) {
		res := ask(t, h, "GET", asset, "")
		if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s = %d, Cache-Control %q", asset, res.StatusCode, res.Header.Get("Cache-Control"))
		}
	}
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc  string
		o     Options
		wants string
	}{
		{"name with an @", Options{BotUsername: "@imagika_bot"}, "bot username"},
		{"name that is a path", Options{BotUsername: "a/../b"}, "bot username"},
		{"negative price", Options{Price: -1}, "price"},
		{"negative gift", Options{Welcome: -1}, "welcome"},
		{"no scheme", Options{PublicURL: "imagika.example"}, "public url"},
		{"wrong scheme", Options{PublicURL: "ftp://imagika.example"}, "public url"},
		{"no host", Options{PublicURL: "https://"}, "public url"},
		{"two at once", Options{Price: -1, Welcome: -1}, "welcome"},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			if _, err := New(tt.o); err == nil || !strings.Contains(err.Error(), tt.wants) {
				t.Errorf("New = %v, want an error about %q", err, tt.wants)
			}
		})
	}
}

// The page shows the version in force, others by their name, and the last it knew while nobody knows.
func TestPolicyVersions(t *testing.T) {
	t.Parallel()
	var away error
	text := func(s string) map[string]string {
		return map[string]string{"en": "# Policy\n\n" + s, "de": "# Richtlinie\n\n" + s}
	}
	h := newSite(t, Options{Policy: func(_ context.Context, version string) (Policy, error) {
		switch version {
		case "":
			return Policy{"2031-01", text("in force {{.Version}}")}, away
		case "2031-02":
			return Policy{"2031-02", text("to come <b>")}, nil
		}
		return Policy{}, ErrNoPolicy
	}})
	for _, tt := range []struct {
		target string
		status int
		holds  string
	}{
		{"/privacy", 200, "in force 2031-01"},
		{"/de/privacy", 200, "Richtlinie"},
		{"/de/privacy/2031-02", 200, "to come &lt;b&gt;"},
		{"/privacy/2020-01", 404, ""},
		{"/es/privacy", 404, ""},
		{"/xx/privacy", 404, ""},
	} {
		res := ask(t, h, "GET", tt.target, "")
		if body := read(t, res); res.StatusCode != tt.status || !strings.Contains(body, tt.holds) {
			t.Errorf("%s = %d:\n%s", tt.target, res.StatusCode, body)
		}
	}
	away = errors.New("the database is away")
	if body := read(t, ask(t, h, "GET", "/privacy", "")); !strings.Contains(body, "in force 2031-01") {
		t.Errorf("while nobody knows: %s", body)
	}
}
