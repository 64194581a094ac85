package bot

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTheTokenStaysInside(t *testing.T) {
	t.Parallel()
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	quoting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"ok":false,"error_code":400,"description":"` + r.URL.Path + `"}`))
	}))
	t.Cleanup(quoting.Close)
	for _, base := range []string{dead.URL, quoting.URL} {
		b := newBot(t, nil, &front{}, func(c *Config) { c.URL = base })
		_, err := b.api.getUpdates(t.Context(), 0, 1, 0, nil)
		if err == nil {
			t.Fatal("no error")
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), "canary") {
				t.Errorf("the token is in %q", e)
			}
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	called := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(other.Close)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(s.Close)
	b := newBot(t, nil, &front{}, func(c *Config) { c.URL = s.URL })
	if _, err := b.api.getUpdates(t.Context(), 0, 1, time.Second, nil); err == nil || called {
		t.Errorf("followed: %v, error %v", called, err)
	}
}
