package site

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/imagika/imagika/storage"
)

// linkedData begins what pages say to machines, which is no script.
const linkedData = `<script type="application/ld+json">`

// FuzzRequest: whatever is asked for, somebody is answered without an error of ours, without what they wrote becoming markup, and led
// nowhere but to this site. Only signed callbacks get through.
func FuzzRequest(f *testing.F) {
	for _, s := range [][2]string{
		{"GET", "/"},
		{"HEAD", "/de/prices"},
		{"POST", "/hooks/fal/01ARZ3NDEKTSV4RRFFQ69G5FAV?sig=00"},
		{"GET", "/f/x.0.1.2.AAAA"},
		{"GET", "/f/..%2f..%2fetc%2fpasswd"},
		{"GET", "//evil.example/%2e%2e"},
		{"GET", `/\evil.example`},
		{"GET", "/privacy/<script>alert(1)</script>"},
		{"GET", "/terms/../../etc/passwd"},
		{"GET", "/de/..;/x"},
		{"OPTIONS", "*"},
		{"BREW", "/%00"},
		{"GET", "/assets/style.css/.git/config"},
		{"GET", "/ru?x=%0d%0aSet-Cookie:%20a=b"},
	} {
		f.Add(s[0], s[1], "tr, <script>;q=1")
	}
	h, err := New(Options{
		PublicURL: "https://imagika.example", Security: "mail@imagika.example", Log: slog.New(slog.DiscardHandler),
		File: func(context.Context, string) (File, error) { return File{}, ErrNoFile },
		Hook: func(_ context.Context, c Callback) error {
			if !providerName.MatchString(c.Provider) || !storage.IsID(c.Attempt) {
				panic("a callback of nobody: " + c.Provider + " " + c.Attempt)
			}
			return ErrForged
		},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, target, languages string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || method == "" {
			return
		}
		r := (&http.Request{
			Method: method, URL: u, Host: "evil.example", RequestURI: target, ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody, RemoteAddr: "203.0.113.1:1",
			Header: http.Header{"Accept-Language": {languages}},
		}).WithContext(t.Context())
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s %q: %d", method, target, w.Code)
		}
		if to := w.Header().Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)) {
			t.Errorf("%s %q leads to %q", method, target, to)
		}
		if body := strings.ReplaceAll(w.Body.String(), linkedData, ""); strings.Contains(body, "<script") || strings.Contains(body, "evil.example") && !strings.Contains(target, "evil.example") {
			t.Errorf("%s %q shows what somebody wrote", method, target)
		}
	})
}
