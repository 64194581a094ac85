package bot

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// said is a Bot API that says one thing.
type said struct {
	status int
	body   string
}

func (s *said) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(s.body))}, nil
}

// FuzzUpdates: whatever answers in Telegram's place, the result is updates or an error that holds no token, and nobody waits for longer
// than an hour.
func FuzzUpdates(f *testing.F) {
	const token = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx"
	for _, s := range []string{
		`{"ok":true,"result":[{"update_id":1}]}`, `{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":99999999999}}`, `{"ok":true,"result":{}}`,
		`{"ok":false,"error_code":401,"description":"` + token + `"}`, `{"ok":true}`, `<html>`, ``, `null`, `{"ok":false}`, `{"ok":true,"result":[null,7]}`,
	} {
		f.Add(200, s)
		f.Add(502, s)
	}
	s := &said{}
	a := newAPI(Config{URL: "http://telegram.example", Token: token, HTTP: &http.Client{Transport: s}})
	f.Fuzz(func(t *testing.T, status int, body string) {
		s.status, s.body = status, body
		updates, err := a.getUpdates(t.Context(), 0, 1, time.Second, nil)
		if err == nil {
			for _, u := range updates {
				if !json.Valid(u) {
					t.Errorf("update %q", u)
				}
			}
			return
		}
		e, ok := err.(*callError) //nolint:errorlint // what it returns
		if !ok || e.retryAfter < 0 || e.retryAfter > time.Hour || strings.Contains(err.Error(), token[7:]) {
			t.Errorf("%#v: %v", err, err)
		}
	})
}
